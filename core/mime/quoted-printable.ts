/**
 * Streaming quoted-printable, with an account of everything a decoder may take another way.
 *
 * Line ends go through as they came. Blanks before a line end are deleted, as transports may have added them;
 * `=` followed by blanks and a line end is a soft break for the same reason. An illegal escape stands literally.
 * Standards: RFC 2045 §6.7.
 */
import type { Anomalies } from './anomalies.ts'
import type { LineCheck } from './lines.ts'
import { latin1, NO_OCTETS } from './octets.ts'

const ENCODED_LINE_MAX = 76
/** Blanks held back at most, to see whether a line end follows. */
const HELD_BLANKS_MAX = 1000

const CR = 0x0d
const LF = 0x0a
const EQUALS = 0x3d
const NO_DIGIT = 255
const LOWER_CASE = 16

const PLAIN = plainOctets()
const HEX = hexDigits()

type State = 'text' | 'escape' | 'digit' | 'soft-cr'

export class QuotedPrintableDecoder {
  readonly #anomalies: Anomalies
  readonly #lines: LineCheck
  readonly #emit: (decoded: Uint8Array) => void
  #out = NO_OCTETS
  #length = 0
  #state: State = 'text'
  #digit = 0
  #column = 0
  /** Where the run of blanks at the end of the output begins, -1 when there is none. */
  #blankStart = -1
  /** The run begins with an `=` that is a soft break if only blanks follow in the line. */
  #heldEquals = false

  constructor(anomalies: Anomalies, lines: LineCheck, emit: (decoded: Uint8Array) => void) {
    this.#anomalies = anomalies
    this.#lines = lines
    this.#emit = emit
  }

  write(window: Buffer, start: number, end: number): void {
    this.#reserve(end - start)
    let at = this.#skipRegular(window, start, end)
    this.#lines.check(latin1(window, at, end))
    while (at < end) {
      at = this.#octet(window[at]!, at)
      if (at < end && this.#inText) at = this.#copyRegular(window, at, end)
    }
    this.#flush()
  }

  /** Lines of the regular case need no check of their own. Only where a piece begins: one of many stops would have many checks. */
  #skipRegular(window: Buffer, start: number, end: number): number {
    if (!this.#inText || this.#lines.afterCr) return start
    const at = this.#copyRegular(window, start, end)
    if (at > start) this.#lines.skipTo(this.#column)
    return at
  }

  get #inText(): boolean {
    return this.#state === 'text' && this.#blankStart < 0
  }

  end(): void {
    this.#reserve(0)
    if (this.#state === 'escape' || this.#heldEquals) this.#anomalies.add('qp.soft-break-at-end')
    if (this.#state === 'digit') this.#literalEscape()
    this.#dropBlanks()
    this.#endLine()
    this.#flush()
  }

  /** The regular case in one tight loop: plain octets, single blanks, escapes, CRLF and soft breaks. */
  #copyRegular(window: Buffer, start: number, end: number): number {
    const out = this.#out
    let length = this.#length
    let lineStart = start - this.#column
    let at = start
    // Three octets of look-ahead: what is too near the end goes through the state machine.
    const last = end - 3
    while (at < last) {
      const octet = window[at]!
      if (PLAIN[octet] === 1) {
        out[length++] = octet
        at++
      } else if (octet === EQUALS) {
        const high = HEX[window[at + 1]!]!
        const low = HEX[window[at + 2]!]!
        if (high < LOWER_CASE && low < LOWER_CASE) {
          out[length++] = (high << 4) | low
          at += 3
        } else if (window[at + 1] === CR && window[at + 2] === LF && at + 1 - lineStart <= ENCODED_LINE_MAX) {
          at += 3
          lineStart = at
        } else break
      } else if (octet === CR && window[at + 1] === LF && at - lineStart <= ENCODED_LINE_MAX) {
        out[length++] = CR
        out[length++] = LF
        at += 2
        lineStart = at
      } else if ((octet === 0x20 || octet === 0x09) && (PLAIN[window[at + 1]!] === 1 || window[at + 1] === EQUALS)) {
        out[length++] = octet
        at++
      } else break
    }
    this.#column = at - lineStart
    this.#length = length
    return at
  }

  /** Takes one octet; returns the index of the next one, which is the same when the state changed first. */
  #octet(octet: number, at: number): number {
    switch (this.#state) {
      case 'text':
        this.#text(octet)
        return at + 1
      case 'escape':
        return this.#escape(octet, at)
      case 'digit':
        return this.#secondDigit(octet, at)
      case 'soft-cr':
        this.#state = 'text'
        this.#endLine()
        return octet === LF ? at + 1 : at
    }
  }

  #text(octet: number): void {
    this.#column++
    if (octet === EQUALS) {
      this.#commitBlanks()
      this.#state = 'escape'
    } else if (octet === 0x20 || octet === 0x09) this.#blank(octet)
    else if (octet === CR || octet === LF) this.#lineEnd(octet)
    else {
      this.#commitBlanks()
      if (PLAIN[octet] === 0) this.#anomalies.add('qp.illegal-octet')
      this.#out[this.#length++] = octet
    }
  }

  #blank(octet: number): void {
    if (this.#blankStart < 0) this.#blankStart = this.#length
    this.#out[this.#length++] = octet
    if (this.#length - this.#blankStart > HELD_BLANKS_MAX) this.#commitBlanks()
  }

  #lineEnd(octet: number): void {
    this.#column--
    const soft = this.#heldEquals
    this.#dropBlanks()
    if (soft) {
      this.#state = octet === CR ? 'soft-cr' : 'text'
      if (octet === LF) this.#endLine()
      return
    }
    this.#endLine()
    this.#out[this.#length++] = octet
  }

  #escape(octet: number, at: number): number {
    const digit = HEX[octet]!
    if (digit !== NO_DIGIT) {
      this.#digit = octet
      this.#state = 'digit'
      this.#column++
      return at + 1
    }
    if (octet === CR) {
      this.#state = 'soft-cr'
      return at + 1
    }
    this.#state = 'text'
    if (octet === LF) {
      this.#endLine()
      return at + 1
    }
    if (octet === 0x20 || octet === 0x09) {
      this.#heldEquals = true
      this.#blankStart = this.#length
    } else this.#anomalies.add('qp.illegal-escape')
    this.#out[this.#length++] = EQUALS
    return at
  }

  #secondDigit(octet: number, at: number): number {
    this.#state = 'text'
    const low = HEX[octet]!
    if (low === NO_DIGIT) {
      this.#literalEscape()
      return at
    }
    const high = HEX[this.#digit]!
    if (high >= LOWER_CASE || low >= LOWER_CASE) this.#anomalies.add('qp.lower-case')
    this.#out[this.#length++] = ((high % LOWER_CASE) << 4) | (low % LOWER_CASE)
    this.#column++
    return at + 1
  }

  #literalEscape(): void {
    this.#anomalies.add('qp.illegal-escape')
    this.#out[this.#length++] = EQUALS
    this.#out[this.#length++] = this.#digit
  }

  #commitBlanks(): void {
    if (this.#heldEquals) this.#anomalies.add('qp.illegal-escape')
    this.#heldEquals = false
    this.#blankStart = -1
  }

  #dropBlanks(): void {
    if (this.#blankStart < 0) return
    this.#anomalies.add(this.#heldEquals ? 'qp.soft-break-blank' : 'qp.trailing-blank')
    this.#length = this.#blankStart
    this.#blankStart = -1
    this.#heldEquals = false
  }

  #endLine(): void {
    if (this.#column > ENCODED_LINE_MAX) this.#anomalies.add('qp.line-too-long')
    this.#column = 0
  }

  /** Room for `encodedBytes` more, and for what a held escape may still put out. */
  #reserve(encodedBytes: number): void {
    const needed = this.#length + encodedBytes + 4
    if (this.#out.length >= needed) return
    const grown = Buffer.allocUnsafe(needed)
    this.#out.copy(grown, 0, 0, this.#length)
    this.#out = grown
  }

  /** Emits all but the blanks that are still in doubt. */
  #flush(): void {
    const ready = this.#blankStart < 0 ? this.#length : this.#blankStart
    if (ready === 0) return
    this.#emit(this.#out.subarray(0, ready))
    this.#out.copyWithin(0, ready, this.#length)
    this.#length -= ready
    if (this.#blankStart >= 0) this.#blankStart = 0
  }
}

function plainOctets(): Uint8Array {
  const table = new Uint8Array(256)
  for (let octet = 0x21; octet <= 0x7e; octet++) table[octet] = octet === EQUALS ? 0 : 1
  return table
}

function hexDigits(): Uint8Array {
  const table = new Uint8Array(256).fill(NO_DIGIT)
  for (let value = 0; value < 16; value++) {
    const digit = value.toString(16)
    table[digit.charCodeAt(0)] = value < 10 ? value : value + LOWER_CASE
    table[digit.toUpperCase().charCodeAt(0)] = value
  }
  return table
}
