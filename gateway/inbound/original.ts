/**
 * The original of a large message: sealed to disk while it arrives, readable again as long as we hold its key.
 *
 *   chunks ──▶ [LargeOriginal: seal ▸ temporary file] ──▶ store.commit
 *                        └─ replay() for another sanitizer, by unsealing
 *
 * Plain octets never touch the disk. The file key lives in memory only and goes with this object.
 */
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { openWithFileKey, type RandomBytes, type Recipient, Sealer } from '../../core/seal/age.ts'
import { Refusal } from '../../core/smtp/reply.ts'
import type { SealedOriginal, TenantId } from '../../store/contract.ts'
import { writePieces } from '../../store/write-pieces.ts'

const READ_BYTES = 256 * 1024
/** So much goes to the disk at once: each write wakes a thread that waits for such work, which costs as much as 64 KiB. */
const WRITE_BYTES = 512 * 1024
const NO_ROOM = new Set(['ENOSPC', 'EDQUOT'])

/** One tenant and who can open its originals. */
export type SealFor = { readonly tenant: TenantId; readonly recipients: readonly Recipient[] }

export class LargeOriginal {
  readonly #path: string
  readonly #file: FileHandle
  readonly #sealer: Sealer
  readonly #tenants: readonly TenantId[]
  #held: Uint8Array[] = []
  #heldBytes = 0
  /** Octets of the file that are written, or being written. */
  #bytes = 0
  #writing: Promise<void> = Promise.resolve()

  private constructor(path: string, file: FileHandle, sealFor: readonly SealFor[], random: RandomBytes) {
    this.#path = path
    this.#file = file
    this.#tenants = sealFor.map(({ tenant }) => tenant)
    this.#sealer = new Sealer(sealFor.map(({ recipients }) => recipients), random)
  }

  /** @throws Refusal storageFull */
  static async create(path: string, sealFor: readonly SealFor[], random: RandomBytes): Promise<LargeOriginal> {
    const file = await orRefuse(open(path, 'wx', 0o600))
    return new LargeOriginal(path, file, sealFor, random)
  }

  /**
   * `chunk` is sealed before this returns, so the caller may hand it on at once. Resolves when there is room for more:
   * one write is under way while the pieces of the next are sealed. @throws Refusal storageFull
   */
  async write(chunk: Uint8Array): Promise<void> {
    this.#hold(this.#sealer.push(chunk))
    if (this.#heldBytes >= WRITE_BYTES) await this.#writeOut()
  }

  /** Writes the last pieces and closes. Flushing is the store's. @throws Refusal storageFull */
  async end(): Promise<void> {
    this.#hold(this.#sealer.end())
    await this.#writeOut()
    await this.#writing
    await this.#file.close()
  }

  /** The received octets from the start; only after `end`. */
  async *replay(): AsyncGenerator<Uint8Array> {
    const file = await open(this.#path, 'r')
    yield* openWithFileKey(this.#sealer.fileKey, file.createReadStream({ highWaterMark: READ_BYTES }))
  }

  sealed(): SealedOriginal {
    const headers = this.#tenants.map((tenant, i) => ({ tenant, ageHeader: this.#sealer.headers[i]! }))
    return { headers, payload: { kind: 'file', tempPath: this.#path, bytes: this.#bytes } }
  }

  /** Never rejects: what is left over is deleted at the next start. */
  async discard(): Promise<void> {
    await this.#file.close().catch(() => undefined)
    await unlink(this.#path).catch(() => undefined)
  }

  #hold(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      this.#held.push(piece)
      this.#heldBytes += piece.length
    }
  }

  /** Resolves when the write before has ended and this one has begun. */
  async #writeOut(): Promise<void> {
    const pieces = this.#held
    const at = this.#bytes
    this.#bytes += this.#heldBytes
    this.#held = []
    this.#heldBytes = 0
    await this.#writing
    this.#writing = orRefuse(writePieces(this.#file, pieces, at))
    // Whoever writes next, or ends, hears of it.
    this.#writing.catch(() => undefined)
  }
}

async function orRefuse<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    if (NO_ROOM.has(code)) throw new Refusal('storageFull', { reason: code, cause })
    throw cause
  }
}
