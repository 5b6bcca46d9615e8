/**
 * Content lines as we write them: UTF-8, CRLF, folded after 75 octets.
 *
 * Invariants: no fold stands inside a character; what was written is read as the same again. Old versions get text beyond
 * ASCII as quoted-printable in UTF-8, said so in the line: their readers take anything else for the charset of the machine.
 * Standards: RFC 5545 §3.1, §3.2; RFC 6350 §3.2, §3.3; RFC 6868; vCard 2.1 §2.1.
 */
import { Buffer, isAscii } from 'node:buffer'
import type { LineStyle } from '../../text/content-line.ts'

export type OutLine = {
  readonly group: string
  readonly name: string
  /** In the order in which they are written. Values are harmless, of one line. */
  readonly params: readonly (readonly [key: string, values: readonly string[]])[]
  readonly value: string
}

const LINE_OCTETS = 75

export function writeLine(line: OutLine, style: LineStyle): string {
  const head = line.group === '' ? line.name : `${line.group}.${line.name}`
  if (style === 'new') return folded(`${head}${line.params.map(([key, values]) => `;${key}=${values.map(quoted).join(',')}`).join('')}:${line.value}`)
  const words = oldParams(line)
  const octets = Buffer.from(line.value)
  if (isAscii(octets) && !line.value.includes('\n')) return `${head}${words}:${line.value}\r\n`
  return `${head}${words};CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:${quotedPrintable(octets)}\r\n`
}

/** Base64 of a picture or a file, by the name that this format has for it. The old versions end it with an empty line. */
export function writeBinaryLine(line: OutLine, style: LineStyle, encoding: 'b' | 'BASE64'): string {
  if (style === 'new') return writeLine({ ...line, params: [...line.params, ['ENCODING', [encoding]]] }, style)
  return `${line.name}${oldParams(line)};ENCODING=BASE64:\r\n ${line.value.replace(/.{72}(?=.)/g, '$&\r\n ')}\r\n\r\n`
}

/** Readers of the old versions know types as bare words. */
function oldParams({ params }: OutLine): string {
  return params.flatMap(([key, values]) => values.map(value => (key === 'TYPE' ? `;${value}` : `;${key}=${value}`))).join('')
}

const CARETS: Readonly<Record<string, string>> = { '\n': '^n', '^': '^^', '"': "^'" }

function quoted(value: string): string {
  const carried = value.replace(/[\n^"]/g, each => CARETS[each]!)
  return /[:;,]/.test(carried) ? `"${carried}"` : carried
}

function folded(line: string): string {
  const pieces: string[] = []
  let start = 0
  let octets = 0
  for (let at = 0; at < line.length; at++) {
    const unit = line.charCodeAt(at)
    const isPair = unit >= 0xd800 && unit < 0xdc00
    const size = unit < 0x80 ? 1 : unit < 0x800 ? 2 : isPair ? 4 : 3
    if (octets + size > LINE_OCTETS) {
      pieces.push(line.slice(start, at))
      start = at
      octets = 1
    }
    octets += size
    if (isPair) at++
  }
  return `${[...pieces, line.slice(start)].join('\r\n ')}\r\n`
}

const HEX = Array.from({ length: 256 }, (_, octet) => `=${octet.toString(16).toUpperCase().padStart(2, '0')}`)

/** Soft line breaks keep lines within 76 octets; line ends of the text are CRLF. */
function quotedPrintable(octets: Uint8Array): string {
  const pieces: string[] = []
  let column = 0
  for (const octet of octets) {
    const isPlain = octet >= 0x20 && octet < 0x7f && octet !== 0x3d
    const piece = octet === 0x0a ? '=0D=0A' : isPlain ? String.fromCharCode(octet) : HEX[octet]!
    if (column + piece.length > LINE_OCTETS - 1) {
      pieces.push('=\r\n')
      column = 0
    }
    pieces.push(piece)
    column += piece.length
  }
  const written = pieces.join('')
  // A blank at the end of a line may be lost on its way.
  return written.endsWith(' ') ? `${written.slice(0, -1)}=20` : written
}
