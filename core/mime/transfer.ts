/**
 * Transfer encodings: from the field's claim to a streaming decoder.
 *
 *   reader (body slices, as received) ──▶ [transfer] ──▶ decoded octets
 *
 * Only the exact names of the standard decode. A comment is legal and is flagged; anything else that some parser
 * may take for base64 (quotes, lists, encoded words, misspellings) is `unknown`: kept as received, as octets.
 * Standards: RFC 2045 §6.
 */
import { isAscii } from 'node:buffer'
import type { FindingCode } from '../finding.ts'
import { Anomalies } from './anomalies.ts'
import { Base64Decoder } from './base64.ts'
import { type HeaderFinding, printable, trimBlanks } from './header.ts'
import { LineCheck } from './lines.ts'
import { commentEnd } from './params.ts'
import type { TransferEncoding } from './part.ts'
import { QuotedPrintableDecoder } from './quoted-printable.ts'
import { UuDecoder } from './uuencode.ts'
import { latin1 } from './octets.ts'

const ENCODINGS: ReadonlyMap<string, TransferEncoding> = new Map([
  ['7bit', '7bit'],
  ['8bit', '8bit'],
  ['binary', 'binary'],
  ['base64', 'base64'],
  ['quoted-printable', 'quoted-printable'],
])

/** Misspellings of mailers in use that change nothing, and the names of uuencode. */
const ALIASES: ReadonlyMap<string, TransferEncoding> = new Map([
  ['7-bit', '7bit'],
  ['7bits', '7bit'],
  ['7 bit', '7bit'],
  ['8-bit', '8bit'],
  ['8bits', '8bit'],
  ['8 bit', '8bit'],
  ['x-uuencode', 'uuencode'],
  ['x-uue', 'uuencode'],
  ['uuencode', 'uuencode'],
  ['uue', 'uuencode'],
])

/** Reads the value of Content-Transfer-Encoding; a missing field is 7bit. */
export function transferEncodingOf(value: string | undefined, findings: HeaderFinding[]): TransferEncoding {
  if (value === undefined) return '7bit'
  const name = value.toLowerCase()
  const known = ENCODINGS.get(name)
  if (known) return known
  const bare = withoutComments(name, findings)
  const commented = bare === name ? undefined : ENCODINGS.get(bare)
  if (commented) return commented
  const alias = ALIASES.get(bare)
  findings.push({ code: alias ? 'type.encoding-alias' : 'type.encoding-unknown', detail: printable(value) })
  return alias ?? 'unknown'
}

/** Only comments before and after the name: one inside it splits it for some parsers and not for others. */
function withoutComments(name: string, findings: HeaderFinding[]): string {
  let text = name
  while (text.startsWith('(')) {
    const end = commentEnd(text, 0)
    if (end < 0) break
    text = trimBlanks(text.slice(end))
  }
  const open = text.indexOf('(')
  if (open > 0 && commentEnd(text, open) === text.length) text = trimBlanks(text.slice(0, open))
  if (text.includes('(') || text.includes(')')) findings.push({ code: 'type.half-comment', detail: printable(name) })
  if (text !== name) findings.push({ code: 'type.comment', detail: printable(name) })
  return text
}

interface Decoder {
  write(window: Buffer, start: number, end: number): void
  end(): void
}

type Emit = (decoded: Uint8Array) => void

/** Decodes one body. Slices may be cut anywhere; the output and the anomalies do not depend on it. */
export class TransferDecoder {
  readonly #anomalies = new Anomalies()
  readonly #lines: LineCheck
  readonly #decoder: Decoder | undefined
  readonly #emit: Emit
  readonly #encoding: TransferEncoding

  constructor(encoding: TransferEncoding, emit: Emit, lineBytes: number) {
    this.#encoding = encoding
    this.#emit = emit
    this.#lines = new LineCheck(this.#anomalies, lineBytes)
    if (encoding === 'base64') this.#decoder = new Base64Decoder(this.#anomalies, this.#lines, emit)
    else if (encoding === 'quoted-printable')
      this.#decoder = new QuotedPrintableDecoder(this.#anomalies, this.#lines, emit)
    else if (encoding === 'uuencode') this.#decoder = new UuDecoder(this.#anomalies, emit)
  }

  get anomalies(): Anomalies {
    return this.#anomalies
  }

  write(window: Buffer, start: number, end: number): void {
    if (start >= end) return
    if (this.#encoding === 'base64') return this.#decoder!.write(window, start, end)
    for (let at = start; at < end; at += PIECE_BYTES) this.#piece(window, at, Math.min(at + PIECE_BYTES, end))
  }

  #piece(window: Buffer, start: number, end: number): void {
    // Quoted-printable proves its lines while it decodes, as base64 does.
    if (this.#encoding !== 'binary' && this.#encoding !== 'quoted-printable') this.#lines.check(latin1(window, start, end))
    if (this.#decoder) return this.#decoder.write(window, start, end)
    const slice = window.subarray(start, end)
    if (this.#encoding === '7bit' && !isAscii(slice)) this.#anomalies.once('type.octets-in-7bit')
    this.#emit(slice)
  }

  end(): void {
    this.#lines.end()
    this.#decoder?.end()
  }

  report(tell: (code: FindingCode, detail: string) => void): void {
    this.#anomalies.report(tell)
  }
}

const PIECE_BYTES = 64 * 1024
