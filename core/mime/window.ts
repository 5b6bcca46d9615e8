/**
 * The octets that have come and are not yet used up: the only memory of the reader that depends on the input.
 *
 * A chunk is looked at where it stands when nothing is left over from the one before; otherwise it is appended to a
 * buffer of our own. What is left over is at most a header block (limited) or a piece of a delimiter line.
 */

import { NO_OCTETS } from './octets.ts'

const PIECE_BYTES = 64 * 1024

export class Window {
  /** Octets from the first unused one on. Views are valid until the next `feed`. */
  buffer: Buffer = NO_OCTETS
  /** Offset of `buffer[0]` in the message. */
  offset = 0
  #own: Buffer = NO_OCTETS
  #ownStart = 0

  /** Shows the chunk to `run` in pieces; `run` must drop what it has used. */
  feed(chunk: Uint8Array, run: () => void): void {
    const octets = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    if (this.buffer.length === 0) {
      this.buffer = octets
      run()
      this.#keepLeftover()
      return
    }
    for (let at = 0; at < octets.length; at += PIECE_BYTES) {
      this.#append(octets.subarray(at, at + PIECE_BYTES))
      run()
    }
  }

  /** Marks the first `count` octets of `buffer` as used. */
  drop(count: number): void {
    if (count === 0) return
    this.buffer = this.buffer.subarray(count)
    this.offset += count
    this.#ownStart += count
  }

  /** The chunk belongs to the caller: what is left of it has to be copied. */
  #keepLeftover(): void {
    const left = this.buffer
    this.#ownStart = 0
    if (left.length > this.#own.length) this.#own = Buffer.allocUnsafe(left.length)
    left.copy(this.#own, 0)
    this.buffer = this.#own.subarray(0, left.length)
  }

  #append(piece: Buffer): void {
    const length = this.buffer.length
    if (this.#ownStart + length + piece.length > this.#own.length) this.#makeRoom(length + piece.length)
    piece.copy(this.#own, this.#ownStart + length)
    this.buffer = this.#own.subarray(this.#ownStart, this.#ownStart + length + piece.length)
  }

  /** Doubles, so that a message in single octets costs no more than one in large chunks. */
  #makeRoom(needed: number): void {
    const target = needed * 2 > this.#own.length ? Buffer.allocUnsafe(needed * 2) : this.#own
    this.buffer.copy(target, 0)
    this.#own = target
    this.#ownStart = 0
  }
}
