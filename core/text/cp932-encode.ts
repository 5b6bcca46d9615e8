/** Text as CP932 octets, as Windows writes it: the reverse of what the platform decodes. Standard: WHATWG Shift_JIS. */
import { Buffer } from 'node:buffer'

const LEAD_RANGES = [[0x81, 0x9f], [0xe0, 0xfc]] as const
let table: ReadonlyMap<string, number> | undefined

/** Undefined when a character has no place in CP932. */
export function encodeCp932(text: string): Uint8Array | undefined {
  const octets: number[] = []
  for (const character of text) {
    const code = character.codePointAt(0)!
    const pair = code < 0x80 ? code : halfWidthKana(code) ?? (table ??= readTable()).get(character)
    if (pair === undefined) return undefined
    if (pair > 0xff) octets.push(pair >> 8)
    octets.push(pair & 0xff)
  }
  return new Uint8Array(octets)
}

function halfWidthKana(code: number): number | undefined {
  return code >= 0xff61 && code <= 0xff9f ? code - 0xff61 + 0xa1 : undefined
}

/** The first place of a character wins, but the NEC row 13 and IBM extensions as Windows writes them stand later. */
function readTable(): Map<string, number> {
  const decoder = new TextDecoder('shift_jis')
  const places = new Map<string, number>()
  for (const [first, last] of LEAD_RANGES) {
    for (let lead = first; lead <= last; lead++) {
      for (let trail = 0x40; trail <= 0xfc; trail++) {
        const character = decoder.decode(Buffer.from([lead, trail]))
        if ([...character].length !== 1 || character === '\ufffd' || isNecSelected(lead)) continue
        if (!places.has(character)) places.set(character, (lead << 8) | trail)
      }
    }
  }
  return places
}

/** NEC's selection of IBM extensions: read, never written (WHATWG Encoding §14.2.2). */
function isNecSelected(lead: number): boolean {
  return lead === 0xed || lead === 0xee
}
