/**
 * Streaming uuencode as a transfer encoding (`x-uuencode` and its relatives), line by line.
 *
 * There is no standard to be strict about, so every part that comes this way has a finding anyway, and lines
 * that do not have the length they announce are counted. Text outside begin and end is no content for a decoder,
 * and is counted as such.
 */
import type { Anomalies } from './anomalies.ts'
import { latin1 } from './octets.ts'

/** A data line has at most 1 + 84 characters; more than this is no data line, and is not collected. */
const LINE_MAX = 128
const BEGIN = /^begin(?:-[a-z]+)? [0-7]{3,4} /

export class UuDecoder {
  readonly #anomalies: Anomalies
  readonly #emit: (decoded: Uint8Array) => void
  #line = ''
  #place: 'before' | 'inside' | 'after' = 'before'

  constructor(anomalies: Anomalies, emit: (decoded: Uint8Array) => void) {
    this.#anomalies = anomalies
    this.#emit = emit
  }

  write(window: Buffer, start: number, end: number): void {
    const out: number[] = []
    let at = start
    while (at < end) {
      const lf = window.subarray(at, end).indexOf(0x0a)
      const lineEnd = lf < 0 ? end : at + lf
      if (this.#line.length <= LINE_MAX) {
        this.#line += latin1(window, at, Math.min(lineEnd, at + LINE_MAX + 2))
      }
      if (lf >= 0) this.#endLine(out)
      at = lineEnd + 1
    }
    if (out.length > 0) this.#emit(Uint8Array.from(out))
  }

  end(): void {
    const out: number[] = []
    if (this.#line !== '') this.#endLine(out)
    if (out.length > 0) this.#emit(Uint8Array.from(out))
    if (this.#place !== 'after') this.#anomalies.once('uuencode.unterminated')
  }

  #endLine(out: number[]): void {
    const line = this.#line.endsWith('\r') ? this.#line.slice(0, -1) : this.#line
    this.#line = ''
    if (this.#place === 'inside') this.#inside(line, out)
    else if (this.#place === 'before' && BEGIN.test(line)) this.#place = 'inside'
    else if (line.trim() !== '') this.#anomalies.add('uuencode.outside')
  }

  #inside(line: string, out: number[]): void {
    if (line === 'end') {
      this.#place = 'after'
      return
    }
    const bytes = line === '' ? 0 : (line.charCodeAt(0) - 0x20) & 0x3f
    const wanted = Math.ceil(bytes / 3) * 4
    if (line.length - 1 > wanted || (line.length - 1 < wanted && line.length > 0)) this.#anomalies.add('uuencode.line')
    for (let i = 0; i < bytes; i++) {
      const at = 1 + Math.floor(i / 3) * 4 + (i % 3)
      const shift = 2 * (i % 3) + 2
      out.push(((sextet(line, at) << shift) | (sextet(line, at + 1) >> (6 - shift))) & 0xff)
    }
  }
}

function sextet(line: string, at: number): number {
  return at < line.length ? (line.charCodeAt(at) - 0x20) & 0x3f : 0
}
