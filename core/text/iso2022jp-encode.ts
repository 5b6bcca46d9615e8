/**
 * Text to ISO-2022-JP, for next hops whose mailers cannot read UTF-8 (policy `bodyCharset`).
 *
 * Writes what Japanese mailers read under that label: ASCII and JIS X 0208 with the NEC and IBM characters that
 * Windows mailers have always sent (①, ㈱, 髙). Half-width katakana become full-width, as RFC 1468 asks.
 * Invariant: every line ends in ASCII; a text that does not fit gives undefined, never a question mark.
 */
import { CELLS, GAIJI, tableOf } from './jis.ts'

const TO_ASCII = [0x1b, 0x28, 0x42]
const TO_JISX0208 = [0x1b, 0x24, 0x42]

/** Unicode has two code points where JIS has one; the table knows the one that Windows writes. */
const SAME_IN_JIS: Readonly<Record<string, string>> = {
  '\u00a0': ' ',
  '\u00a2': '\uffe0',
  '\u00a3': '\uffe1',
  '\u00a5': '\uffe5',
  '\u00ac': '\uffe2',
  '\u2014': '\u2015',
  '\u2016': '\u2225',
  '\u203e': '\uffe3',
  '\u2212': '\uff0d',
  '\u301c': '\uff5e',
  // Sound marks left over when half-width katakana were composed.
  '\u3099': '\u309b',
  '\u309a': '\u309c',
}
const SAME_IN_JIS_ALL = new RegExp(`[${Object.keys(SAME_IN_JIS).join('')}]`, 'g')
const HALF_WIDTH_KANA = /[\uff61-\uff9f]+/g

let codes: Uint16Array | undefined

/** The same text with the characters that JIS has for it: what a reader of `encodeIso2022Jp(text)` sees. */
export function inJisCharacters(text: string): string {
  return text.replace(HALF_WIDTH_KANA, run => run.normalize('NFKC')).replace(SAME_IN_JIS_ALL, character => SAME_IN_JIS[character]!)
}

/** Octets of `text`, or undefined when a character has no place in ISO-2022-JP. Line ends are kept. Linear. */
export function encodeIso2022Jp(text: string): Uint8Array | undefined {
  const source = inJisCharacters(text)
  codes ??= invert()
  // Worst case: a switch before each character and one back behind it.
  const bytes = new Uint8Array(source.length * 8 + 3)
  let out = 0
  let inAscii = true
  for (let at = 0; at < source.length; at++) {
    const unit = source.charCodeAt(at)
    const code = unit < 0x80 ? 0 : codes[unit]!
    if ((unit >= 0x80 && code === 0) || isControlOfIso2022(unit)) return undefined
    if (inAscii !== unit < 0x80) {
      inAscii = unit < 0x80
      bytes.set(inAscii ? TO_ASCII : TO_JISX0208, out)
      out += 3
    }
    if (code > 0) bytes[out++] = code >> 8
    bytes[out++] = code > 0 ? code & 0xff : unit
  }
  if (!inAscii) bytes.set(TO_ASCII, out)
  return bytes.slice(0, inAscii ? out : out + 3)
}

/** ESC, SO and SI would be read as switches. */
function isControlOfIso2022(unit: number): boolean {
  return unit === 0x1b || unit === 0x0e || unit === 0x0f
}

/** UTF-16 unit → row and cell. Characters that stand twice keep their first place, the one of JIS X 0208 proper. */
function invert(): Uint16Array {
  const inverted = new Uint16Array(0x10000)
  const table = tableOf('jisx0208')
  for (let index = table.length - 1; index >= 0; index--) {
    const unit = table[index]!
    if (unit === GAIJI || unit === 0xfffd || unit < 0x80) continue
    inverted[unit] = ((Math.floor(index / CELLS) + 0x21) << 8) | ((index % CELLS) + 0x21)
  }
  return inverted
}
