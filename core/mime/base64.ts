/**
 * Streaming base64, aligned on quanta of four characters, with an account of everything a decoder may take
 * another way.
 *
 * Regular pieces (only the alphabet, lines of one length that is a multiple of four, each ended by CRLF) are decoded
 * natively and are proved regular by arithmetic: characters read minus characters decoded must be the line ends
 * counted. Everything else goes through a state machine that knows each octet. `-` and `_` are illegal here:
 * some decoders take them for the alphabet, some skip them, so a body can be two different files.
 * After `=` the decoding goes on: what stands there is content for some readers, so it must not be lost.
 * Standards: RFC 2045 §6.8, RFC 4648 §4 and §3.5.
 */
import type { Anomalies } from './anomalies.ts'
import type { LineCheck } from './lines.ts'
import { latin1 } from './octets.ts'

/** Largest piece decoded at once: it stays in the processor's cache, and bounds the output buffer. */
const PIECE_BYTES = 48 * 1024
const MINIMUM_FAST_BYTES = 64
const ENCODED_LINE_MAX = 76
/** A quantum may be cut by line ends, which take a turn each. */
const ALIGN_TRIES = 4

const CR = 0x0d
const LF = 0x0a
const PAD = 0x3d
const SKIP = 64
const BLANK = 65
const LINE_END = 66
const PADDING = 67

const CLASSES = classes()

export class Base64Decoder {
  readonly #anomalies: Anomalies
  readonly #lines: LineCheck
  readonly #emit: (decoded: Uint8Array) => void
  #out: Buffer | undefined
  #outLength = 0
  #bits = 0
  #sextets = 0
  #pads = 0
  #padsWanted = 0
  #ended = false
  /** Characters of the alphabet in the current line. */
  #lineChars = 0
  #oddLine = false

  constructor(anomalies: Anomalies, lines: LineCheck, emit: (decoded: Uint8Array) => void) {
    this.#anomalies = anomalies
    this.#lines = lines
    this.#emit = emit
  }

  write(window: Buffer, start: number, end: number): void {
    for (let at = start; at < end; at += PIECE_BYTES) this.#piece(window, at, Math.min(at + PIECE_BYTES, end))
  }

  end(): void {
    if (this.#sextets === 1) this.#anomalies.add('base64.length')
    else if (this.#sextets > 1) this.#anomalies.add('base64.padding-missing')
    this.#flushQuantum()
    if (this.#padsWanted > this.#pads) this.#anomalies.add('base64.padding-missing')
    this.#flush()
  }

  #piece(window: Buffer, start: number, end: number): void {
    const aligned = this.#align(window, start, end)
    const text = latin1(window, aligned, end)
    const slowStart = this.#decodeRegular(window, text, aligned, end)
    if (slowStart < text.length) this.#slowly(slowStart === 0 ? text : text.slice(slowStart))
    this.#flush()
  }

  /** Finishes the quantum and the line end that the last piece left open, so that the native way can go on. */
  #align(window: Buffer, start: number, end: number): number {
    let at = start
    for (let tries = 0; tries < ALIGN_TRIES && at < end; tries++) {
      const missing = (this.#lines.afterCr ? 1 : 0) + (this.#sextets === 0 ? 0 : 4 - this.#sextets)
      if (missing === 0) break
      const next = Math.min(at + missing, end)
      this.#slowly(latin1(window, at, next))
      at = next
    }
    return at
  }

  #slowly(text: string): void {
    this.#lines.check(text)
    this.#decodeSlowly(text)
  }

  /** Decodes natively as far as the piece is provably regular; returns the index where that ends. */
  #decodeRegular(window: Buffer, text: string, start: number, end: number): number {
    const clean =
      this.#sextets === 0 && !this.#ended && this.#padsWanted === 0 && !this.#oddLine && !this.#lines.afterCr
    if (!clean || end - start < MINIMUM_FAST_BYTES || this.#lines.column !== this.#lineChars) return 0
    const layout = regularLines(window, start, end, this.#lineChars)
    if (!layout) return 0
    const piece = layout.bytes === text.length ? text : text.slice(0, layout.bytes)
    const out = this.#output(layout.bytes)
    let written = 0
    let read = 0
    try {
      ;({ read, written } = setFromBase64(out.subarray(this.#outLength), piece))
    } catch {
      return 0
    }
    if (written % 3 !== 0 || read !== layout.bytes || (written / 3) * 4 !== read - 2 * layout.lineEnds) return 0
    this.#outLength += written
    this.#lineChars = layout.column
    this.#lines.skipTo(layout.column)
    return layout.bytes
  }

  #decodeSlowly(text: string): void {
    const out = this.#output(text.length)
    let length = this.#outLength
    for (let i = 0; i < text.length; i++) {
      const kind = CLASSES[text.charCodeAt(i)]!
      if (kind < SKIP) {
        if (this.#ended || this.#pads > 0) this.#resume()
        this.#lineChars++
        this.#bits = (this.#bits << 6) | kind
        if (++this.#sextets < 4) continue
        out[length++] = this.#bits >> 16
        out[length++] = this.#bits >> 8
        out[length++] = this.#bits
        this.#bits = 0
        this.#sextets = 0
        continue
      }
      this.#outLength = length
      if (kind === LINE_END) this.#endLine()
      else if (kind === PADDING) this.#pad()
      else this.#anomalies.add(kind === BLANK ? 'base64.blank' : 'base64.illegal')
      length = this.#outLength
    }
    this.#outLength = length
  }

  /** Alphabet after padding: a second base64 text, or content that a decoder stopping at `=` never sees. */
  #resume(): void {
    this.#anomalies.once('base64.after-padding')
    if (this.#padsWanted > this.#pads) this.#anomalies.add('base64.padding-missing')
    this.#ended = false
    this.#pads = 0
    this.#padsWanted = 0
  }

  #pad(): void {
    this.#lineChars++
    if (this.#sextets === 0) {
      this.#pads++
      if (this.#pads > this.#padsWanted) this.#anomalies.add('base64.excess-padding')
      this.#ended = true
      return
    }
    if (this.#sextets === 1) this.#anomalies.add('base64.length')
    this.#padsWanted = 4 - this.#sextets
    this.#pads = 1
    this.#ended = true
    this.#flushQuantum()
  }

  /** Writes the whole octets of an unfinished quantum. */
  #flushQuantum(): void {
    const out = this.#output(4)
    if (this.#sextets === 2) {
      out[this.#outLength++] = this.#bits >> 4
      if ((this.#bits & 0x0f) !== 0) this.#anomalies.add('base64.trailing-bits')
    } else if (this.#sextets === 3) {
      out[this.#outLength++] = this.#bits >> 10
      out[this.#outLength++] = this.#bits >> 2
      if ((this.#bits & 0x03) !== 0) this.#anomalies.add('base64.trailing-bits')
    }
    this.#bits = 0
    this.#sextets = 0
  }

  /** A short line is odd only when more lines follow: decoders that work line by line then lose the alignment. */
  #endLine(): void {
    if (this.#lineChars === 0) return
    if (this.#oddLine) this.#anomalies.once('base64.line-length')
    this.#oddLine = this.#lineChars % 4 !== 0
    if (this.#lineChars > ENCODED_LINE_MAX) this.#anomalies.once('base64.line-too-long')
    this.#lineChars = 0
  }

  /** The output buffer, with room for what `encodedBytes` can decode to. */
  #output(encodedBytes: number): Buffer {
    const needed = this.#outLength + ((encodedBytes * 3) >> 2) + 8
    if (!this.#out || this.#out.length < needed) {
      const grown = Buffer.allocUnsafe(needed)
      if (this.#out) this.#out.copy(grown, 0, 0, this.#outLength)
      this.#out = grown
    }
    return this.#out
  }

  #flush(): void {
    if (this.#outLength > 0) this.#emit(this.#out!.subarray(0, this.#outLength))
    this.#outLength = 0
  }
}

type Layout = { readonly bytes: number; readonly lineEnds: number; readonly column: number }

/**
 * How far the piece consists of CRLF lines of one length: steps from line end to line end, without looking between.
 * Leaves out the quantum with padding and the unfinished quantum at the end.
 */
function regularLines(window: Buffer, start: number, end: number, column: number): Layout | undefined {
  // Native searches run to the end of their buffer: give them the piece only, or the whole is quadratic.
  const piece = window.subarray(start, end)
  const pad = piece.indexOf(PAD)
  const limit = pad < 0 ? end : start + pad
  const firstLf = piece.indexOf(LF)
  let lineStart = start - column
  let lineEnds = 0
  if (firstLf >= 0 && start + firstLf < limit) {
    let at = start + firstLf
    const step = at - 1 - lineStart
    if (step > ENCODED_LINE_MAX || step < 4 || step % 4 !== 0 || at - 1 < start) return undefined
    for (; at < limit && window[at] === LF && window[at - 1] === CR; at += step + 2) {
      lineEnds++
      lineStart = at + 1
    }
  }
  const tail = limit - lineStart
  if (tail > ENCODED_LINE_MAX) return undefined
  const whole = tail - (tail % 4)
  const bytes = Math.max(lineStart + whole, start) - start
  return { bytes, lineEnds, column: lineStart + whole >= start ? whole : column }
}

type SetFromBase64 = (
  text: string,
  options: { lastChunkHandling: 'stop-before-partial' },
) => { read: number; written: number }

/** Throws on characters outside the alphabet; blanks and line ends are skipped. */
function setFromBase64(out: Uint8Array, text: string): { read: number; written: number } {
  return (out as Uint8Array & { setFromBase64: SetFromBase64 }).setFromBase64(text, {
    lastChunkHandling: 'stop-before-partial',
  })
}

/** Decodes one short text, e.g. of an encoded word. `clean` is false when any liberty was taken. */
export function decodeBase64Text(text: string): { bytes: Buffer; clean: boolean } {
  const compact = text.replace(/[^A-Za-z0-9+/]/g, '')
  const bytes = Buffer.from(compact, 'base64')
  return { bytes, clean: text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text) }
}

function classes(): Uint8Array {
  const table = new Uint8Array(256).fill(SKIP)
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  for (let i = 0; i < alphabet.length; i++) table[alphabet.charCodeAt(i)] = i
  table[0x20] = table[0x09] = table[0x0c] = table[0x0b] = BLANK
  table[CR] = table[LF] = LINE_END
  table[PAD] = PADDING
  return table
}
