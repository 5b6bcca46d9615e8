/**
 * Finds the end of DATA and takes the stuffed dots out, on the bytes as they came from the socket.
 *
 *   socket ──▶ [DotReader] ──▶ MessageReceiver ──▶ transaction
 *
 * Why our own: what ends a message is the one question on which client and server must not differ (SMTP
 * smuggling). Only CRLF makes a line here: `<CR><LF>.<CR><LF>`, and nothing else, ends data, however the bytes
 * are cut into packets; a dot after a bare LF or CR is content and stays.
 * Clean bytes are found by native search and handed on without a copy. Only a packet that holds stuffed dots is
 * compacted, in place: its bytes belong to nobody else yet.
 * Standards: RFC 5321 §4.1.1.4 (DATA), §4.5.2 (transparency).
 */

const CR = 0x0d
const LF = 0x0a
const DOT = 0x2e
const LINE_START_DOT = Buffer.from('\r\n.')
/** After a dot, bytes are looked at one by one for this long: cheaper than a search per line when dots are dense. */
const NEAR_BYTES = 64

/** Where the next byte stands. The dot of `lineDot` and `dotCr` is never content: stuffed or the end. */
type Place = 'midLine' | 'afterCr' | 'lineStart' | 'lineDot' | 'dotCr'

export class DotReader {
  /** The line of the DATA command itself ends before the first octet (RFC 5321 §4.1.1.4). */
  #place: Place = 'lineStart'
  readonly #emit: (content: Uint8Array) => void

  /** `emit` gets views of the given chunks, in order, and may keep them. */
  constructor(emit: (content: Uint8Array) => void) {
    this.#emit = emit
  }

  /**
   * Takes the next octets from the client. Returns the index just after the end of data, or -1 while it lasts.
   * Linear; may overwrite `chunk` before the returned index, never behind it.
   */
  push(chunk: Buffer): number {
    let read = 0
    let written = 0
    let nearUntil = 0
    while (read < chunk.length) {
      if (this.#place === 'midLine' && read >= nearUntil) {
        const found = chunk.indexOf(LINE_START_DOT, read)
        const until = found < 0 ? chunk.length : found + 2
        written = move(chunk, read, until, written)
        read = until
        this.#place = found < 0 ? placeAfter(chunk, written) : 'lineStart'
        continue
      }
      const byte = chunk[read++]!
      if (this.#place === 'lineStart' && byte === DOT) {
        this.#place = 'lineDot'
        nearUntil = read + NEAR_BYTES
        continue
      }
      if (this.#place === 'lineDot' && byte === CR) {
        this.#place = 'dotCr'
        continue
      }
      if (this.#place === 'dotCr') {
        if (byte === LF) {
          this.#flush(chunk, written)
          return read
        }
        // The CR that was kept back is content after all. Its room in this packet is that of the dot before it,
        // unless both came with an earlier packet.
        if (written + 1 < read) chunk[written++] = CR
        else this.#emit(Uint8Array.of(CR))
        this.#place = 'afterCr'
      }
      chunk[written++] = byte
      this.#place = byte === CR ? 'afterCr' : byte === LF && this.#place === 'afterCr' ? 'lineStart' : 'midLine'
    }
    this.#flush(chunk, written)
    return -1
  }

  #flush(chunk: Buffer, written: number): void {
    if (written > 0) this.#emit(chunk.subarray(0, written))
  }
}

/** Moves `from..until` down to `to`; returns the end of what was moved. */
function move(chunk: Buffer, from: number, until: number, to: number): number {
  if (from !== to) chunk.copyWithin(to, from, until)
  return to + until - from
}

/** The octet before the searched span was neither CR nor a line end, so the last two written octets tell. */
function placeAfter(chunk: Buffer, written: number): Place {
  if (chunk[written - 1] === CR) return 'afterCr'
  return chunk[written - 1] === LF && chunk[written - 2] === CR ? 'lineStart' : 'midLine'
}
