/**
 * Takes frames (protocol.ts) out of a stream of chunks, whatever the chunks' borders.
 *
 *   chunks ──▶ [FrameReader] ──▶ whole frames in memory of their own │ pieces of frames of one type, as they come
 *
 * A chunk is read during the call and not kept, so that whoever reads the socket can use its memory again: a buffer
 * for each read is what makes the collector run.
 */
import { type FrameType, HEADER_BYTES, ProtocolError } from './protocol.ts'

export type FrameHandler = (type: number, id: number, payload: Buffer) => void

export type FrameRules = {
  /** Longest payload that an honest peer sends. */
  readonly maxBytes: number
  /** Frames of this type may come in several pieces, as views that are valid during the call. */
  readonly inPieces?: FrameType
}

/** Memory that is taken on the word of a length field alone; more is taken as octets come. */
const TRUSTED_BYTES = 1024 * 1024

/** The frame whose payload is under way. */
type Begun = { readonly type: number; readonly id: number; readonly length: number }

export class FrameReader {
  readonly #onFrame: FrameHandler
  readonly #rules: FrameRules
  readonly #header = Buffer.alloc(HEADER_BYTES)
  #headerBytes = 0
  #begun: Begun | undefined
  /** Octets of the payload that were seen. */
  #taken = 0
  #body: Buffer | undefined

  constructor(onFrame: FrameHandler, rules: FrameRules) {
    this.#onFrame = onFrame
    this.#rules = rules
  }

  /** @throws ProtocolError on a length that no honest peer sends, and whatever the handler throws. */
  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) at = this.#begun ? this.#takePayload(this.#begun, chunk, at) : this.#takeHeader(chunk, at)
  }

  #takeHeader(chunk: Buffer, at: number): number {
    const copied = chunk.copy(this.#header, this.#headerBytes, at)
    this.#headerBytes += copied
    if (this.#headerBytes < HEADER_BYTES) return at + copied
    this.#headerBytes = 0
    const length = this.#header.readUInt32LE(0)
    if (length > this.#rules.maxBytes) throw new ProtocolError(`frame of ${length} bytes`)
    const begun = { type: this.#header.readUInt8(4), id: this.#header.readUInt32LE(5), length }
    if (length === 0) this.#onFrame(begun.type, begun.id, Buffer.alloc(0))
    else this.#begun = begun
    return at + copied
  }

  #takePayload(begun: Begun, chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + begun.length - this.#taken)
    const piece = chunk.subarray(at, end)
    this.#taken += piece.length
    const isLast = this.#taken === begun.length
    if (begun.type === this.#rules.inPieces) {
      if (isLast) this.#over()
      this.#onFrame(begun.type, begun.id, piece)
      return end
    }
    const body = this.#kept(begun.length, piece)
    if (isLast) {
      this.#over()
      this.#onFrame(begun.type, begun.id, body)
    }
    return end
  }

  #over(): void {
    this.#begun = undefined
    this.#body = undefined
    this.#taken = 0
  }

  /** What has come of the payload, `piece` being the last of it. */
  #kept(length: number, piece: Buffer): Buffer {
    if (this.#taken === piece.length && piece.length === length) return Buffer.from(piece)
    const before = this.#taken - piece.length
    if (!this.#body || this.#body.length < this.#taken) this.#body = grown(this.#body, before, Math.min(length, Math.max(TRUSTED_BYTES, 2 * this.#taken)))
    piece.copy(this.#body, before)
    return this.#body
  }
}

function grown(body: Buffer | undefined, used: number, bytes: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(bytes)
  body?.copy(larger, 0, 0, used)
  return larger
}
