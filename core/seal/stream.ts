/**
 * The payload of an age file: ChaCha20-Poly1305 over chunks of 64 KiB, in the STREAM construction.
 *
 * A chunk's nonce is its number and a flag that only the last one carries, so chunks cannot be reordered,
 * left out or cut off unseen. Memory: one chunk, whatever the length.
 * Standards: C2SP age.md "Payload"; RFC 8439; Hoang, Reyhanitabar, Rogaway, Vizár 2015 (STREAM).
 */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'

export const CHUNK_BYTES = 64 * 1024
export const PAYLOAD_NONCE_BYTES = 16
const TAG_BYTES = 16
const SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES
const ALGORITHM = 'chacha20-poly1305'
const NOTHING = new Uint8Array(0)

/** Thrown when sealed bytes are not what was sealed: cut, changed, reordered, or for another key. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken'
}

/** Length of a payload that holds `plainBytes`, its nonce included. */
export function sealedLength(plainBytes: number): number {
  return PAYLOAD_NONCE_BYTES + plainBytes + TAG_BYTES * Math.max(1, Math.ceil(plainBytes / CHUNK_BYTES))
}

export function sealAead(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array): Uint8Array {
  return Buffer.concat(sealPieces(key, nonce, plain))
}

/** The plain bytes, or undefined when they were not sealed with this key and nonce. */
export function openAead(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < TAG_BYTES) return undefined
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  const plain = decipher.update(sealed.subarray(0, -TAG_BYTES))
  try {
    decipher.final()
    return plain
  } catch {
    return undefined
  }
}

/** A whole payload at once, of bytes that are in memory already, as pieces in order. `nonce16` is fresh random. */
export function sealPayload(fileKey: Uint8Array, nonce16: Uint8Array, plain: Uint8Array): Uint8Array[] {
  const key = derivePayloadKey(fileKey, nonce16)
  const counter = new ChunkNonce()
  const pieces = [nonce16]
  for (let at = 0; at === 0 || at < plain.length; at += CHUNK_BYTES) {
    const last = at + CHUNK_BYTES >= plain.length
    pieces.push(...sealPieces(key, counter.next(last), plain.subarray(at, at + CHUNK_BYTES)))
  }
  return pieces
}

/** Seals bytes as they come. The first piece of the first answer is the payload's nonce. */
export class PayloadSealer {
  readonly #key: Uint8Array
  readonly #counter = new ChunkNonce()
  #unsent: Uint8Array[]
  #held = new Held(CHUNK_BYTES)

  /** `nonce16` is fresh random. */
  constructor(fileKey: Uint8Array, nonce16: Uint8Array) {
    this.#key = derivePayloadKey(fileKey, nonce16)
    this.#unsent = [nonce16]
  }

  /** The pieces that are ready; they own their memory. `plain` is not kept beyond the call. */
  push(plain: Uint8Array): Uint8Array[] {
    // A full chunk is sealed only when a byte follows it: the last one has another nonce.
    this.#held.cut(plain, chunk => this.#seal(chunk, false))
    return this.#take()
  }

  end(): Uint8Array[] {
    this.#seal(this.#held.rest(), true)
    return this.#take()
  }

  #seal(chunk: Uint8Array, last: boolean): void {
    this.#unsent.push(...sealPieces(this.#key, this.#counter.next(last), chunk))
  }

  #take(): Uint8Array[] {
    const pieces = this.#unsent
    this.#unsent = []
    return pieces
  }
}

/** Opens a payload as it comes. Plain bytes come out only after their chunk was found unchanged. */
export class PayloadOpener {
  readonly #fileKey: Uint8Array
  readonly #counter = new ChunkNonce()
  #held = new Held(SEALED_CHUNK_BYTES)
  #head: Uint8Array = NOTHING
  #key: Uint8Array | undefined
  #opened = 0

  constructor(fileKey: Uint8Array) {
    this.#fileKey = fileKey
  }

  /** @throws SealBroken */
  push(sealed: Uint8Array): Uint8Array[] {
    const body = this.#key ? sealed : this.#takeNonce(sealed)
    const opened: Uint8Array[] = []
    this.#held.cut(body, chunk => opened.push(this.#open(chunk, false)))
    return opened
  }

  /** Only after this has returned is the payload known to be whole. @throws SealBroken */
  end(): Uint8Array[] {
    if (!this.#key) throw new SealBroken('payload ends in its nonce')
    const plain = this.#open(this.#held.rest(), true)
    if (plain.length === 0 && this.#opened > 1) throw new SealBroken('empty last chunk')
    return plain.length > 0 ? [plain] : []
  }

  #takeNonce(sealed: Uint8Array): Uint8Array {
    const missing = PAYLOAD_NONCE_BYTES - this.#head.length
    this.#head = Buffer.concat([this.#head, sealed.subarray(0, missing)])
    if (this.#head.length === PAYLOAD_NONCE_BYTES) this.#key = derivePayloadKey(this.#fileKey, this.#head)
    return sealed.subarray(missing)
  }

  #open(chunk: Uint8Array, last: boolean): Uint8Array {
    const plain = this.#key && openAead(this.#key, this.#counter.next(last), chunk)
    if (!plain) throw new SealBroken(`chunk ${this.#opened} cannot be opened`)
    this.#opened++
    return plain
  }
}

/** 11 bytes of counter, big-endian, then 1 for the last chunk. */
class ChunkNonce {
  readonly #bytes = Buffer.alloc(12)
  #count = 0

  /** The view is valid until the next call. */
  next(last: boolean): Uint8Array {
    this.#bytes.writeUIntBE(this.#count++, 5, 6)
    this.#bytes[11] = last ? 1 : 0
    return this.#bytes
  }
}

/**
 * Cuts a flow into pieces of one size, always keeping at least one byte back for the end. What is kept stands in memory of
 * its own that is used again: a buffer for each piece made the collector go over the whole heap for every large mail.
 */
class Held {
  readonly #size: number
  #kept: Buffer | undefined
  #length = 0

  constructor(size: number) {
    this.#size = size
  }

  /** `use` gets views that are valid during the call. `input` is not kept. */
  cut(input: Uint8Array, use: (chunk: Uint8Array) => void): void {
    let from = 0
    while (this.#length + input.length - from > this.#size) {
      const taken = input.subarray(from, from + this.#size - this.#length)
      from += taken.length
      if (this.#length === 0) use(taken)
      else {
        this.#keep(taken)
        use(this.rest())
        this.#length = 0
      }
    }
    if (from < input.length) this.#keep(input.subarray(from))
  }

  /** A view of what is kept. */
  rest(): Uint8Array {
    return this.#kept?.subarray(0, this.#length) ?? NOTHING
  }

  #keep(bytes: Uint8Array): void {
    this.#kept ??= Buffer.allocUnsafeSlow(this.#size)
    this.#kept.set(bytes, this.#length)
    this.#length += bytes.length
  }
}

function sealPieces(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array): Uint8Array[] {
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES })
  const sealed = cipher.update(plain)
  cipher.final()
  return [sealed, cipher.getAuthTag()]
}

function derivePayloadKey(fileKey: Uint8Array, nonce: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', fileKey, nonce, 'payload', 32))
}
