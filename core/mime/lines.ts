/**
 * Line ends, NUL and line length of a body, whatever its encoding.
 *
 * The regular case (every line ends in CRLF, none too long) is proved with native searches, two per line;
 * anything else is counted octet by octet, so that counts do not depend on how the body was cut into pieces.
 * Standards: RFC 5322 §2.1.1 (998 octets), §2.3; RFC 2045 §2.7 and §2.8.
 */
import type { Anomalies } from './anomalies.ts'

const LINE_MAX = 998
const CR = 0x0d
const LF = 0x0a

export class LineCheck {
  readonly #anomalies: Anomalies
  readonly #lineBytes: number
  readonly #regularMax: number
  #column = 0
  #afterCr = false

  constructor(anomalies: Anomalies, lineBytes: number) {
    this.#anomalies = anomalies
    this.#lineBytes = lineBytes
    this.#regularMax = Math.min(lineBytes, LINE_MAX)
  }

  /** Octets since the last line end. */
  get column(): number {
    return this.#column
  }

  get afterCr(): boolean {
    return this.#afterCr
  }

  /** For callers that have proved by other means that a piece is regular and ends `column` octets into a line. */
  skipTo(column: number): void {
    this.#column = column
    this.#afterCr = false
  }

  /** `text` is the latin1 form of the next piece of the body. */
  check(text: string): void {
    if (text.includes('\0')) this.#anomalies.add('line.nul', text.split('\0').length - 1)
    if (this.#afterCr || !this.#isRegular(text)) this.#count(text)
  }

  end(): void {
    if (this.#afterCr) this.#anomalies.add('line.bare-cr')
    this.#afterCr = false
    this.#endLine()
  }

  #isRegular(text: string): boolean {
    let start = 0
    for (;;) {
      const lf = text.indexOf('\n', start)
      const cr = text.indexOf('\r', start)
      if (lf < 0 && cr < 0) break
      if (lf < 1 || cr !== lf - 1) return false
      if (cr - start + (start === 0 ? this.#column : 0) > this.#regularMax) return false
      start = lf + 1
    }
    const rest = text.length - start
    this.#column = start === 0 ? this.#column + rest : rest
    return true
  }

  #count(text: string): void {
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code === LF) {
        if (!this.#afterCr) this.#anomalies.add('line.bare-lf')
        this.#afterCr = false
        this.#endLine()
      } else {
        if (this.#afterCr) this.#bareCr()
        this.#afterCr = code === CR
        if (code !== CR) this.#column++
      }
    }
  }

  #bareCr(): void {
    this.#anomalies.add('line.bare-cr')
    this.#endLine()
  }

  #endLine(): void {
    if (this.#column > LINE_MAX) this.#anomalies.add('line.too-long')
    if (this.#column > this.#lineBytes) this.#anomalies.add('limit.line-bytes')
    this.#column = 0
  }
}
