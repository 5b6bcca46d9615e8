/**
 * Counts line ends that are no line ends, in the bytes as they came: bare CR, bare LF, and NUL.
 *
 * Strangers are refused for any of them (RFC 5321 §2.3.8, SMTP smuggling); behind a listed upstream nobody asks,
 * the reader normalises and notes them. One comparison per octet, state across packets.
 */

const CR = 0x0d
const LF = 0x0a

export type LineEnds = { readonly bareCr: number; readonly bareLf: number; readonly nul: number }

export class LineWatch implements LineEnds {
  bareCr = 0
  bareLf = 0
  nul = 0
  #afterCr = false

  /** Returns true while everything seen so far was clean. */
  push(chunk: Uint8Array): boolean {
    let afterCr = this.#afterCr
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i]!
      if (byte > CR && !afterCr) continue
      if (byte === LF) {
        if (!afterCr) this.bareLf++
        afterCr = false
        continue
      }
      if (afterCr) this.bareCr++
      if (byte === 0) this.nul++
      afterCr = byte === CR
    }
    this.#afterCr = afterCr
    return this.clean
  }

  get clean(): boolean {
    return this.bareCr + this.bareLf + this.nul === 0
  }
}
