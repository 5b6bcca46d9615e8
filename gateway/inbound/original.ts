/**
 * The original of a large message: sealed to disk while it arrives, readable again as long as we hold its key.
 *
 *   chunks ──▶ [LargeOriginal: seal ▸ temporary file] ──▶ store.commit
 *                        └─ replay() for another sanitizer, by unsealing
 *
 * Plain octets never touch the disk. The file key lives in memory only and goes with this object.
 */
import { createHash } from 'node:crypto'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { openWithFileKey, type RandomBytes, type Recipient, Sealer } from '../../core/seal/age.ts'
import { Refusal } from '../../core/smtp/reply.ts'
import type { SealedOriginal, TenantId } from '../../store/contract.ts'
import { writePieces } from '../../store/write-pieces.ts'

const READ_BYTES = 256 * 1024
const NO_ROOM = new Set(['ENOSPC', 'EDQUOT'])

/** One tenant and who can open its originals. */
export type SealFor = { readonly tenant: TenantId; readonly recipients: readonly Recipient[] }

export class LargeOriginal {
  readonly #path: string
  readonly #file: FileHandle
  readonly #sealer: Sealer
  readonly #tenants: readonly TenantId[]
  readonly #digest = createHash('sha256')
  #bytes = 0

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

  /** `chunk` is sealed before this returns, so the caller may hand it on at once. @throws Refusal storageFull */
  write(chunk: Uint8Array): Promise<void> {
    return this.#append(this.#sealer.push(chunk))
  }

  /** Writes the last pieces and closes. Flushing is the store's. */
  async end(): Promise<void> {
    await this.#append(this.#sealer.end())
    await this.#file.close()
  }

  /** The received octets from the start; only after `end`. */
  async *replay(): AsyncGenerator<Uint8Array> {
    const file = await open(this.#path, 'r')
    yield* openWithFileKey(this.#sealer.fileKey, file.createReadStream({ highWaterMark: READ_BYTES }))
  }

  sealed(): SealedOriginal {
    const headers = this.#tenants.map((tenant, i) => ({ tenant, ageHeader: this.#sealer.headers[i]! }))
    const sha256 = this.#digest.copy().digest('hex')
    return { headers, payload: { kind: 'file', tempPath: this.#path, bytes: this.#bytes, sha256 } }
  }

  /** Never rejects: what is left over is deleted at the next start. */
  async discard(): Promise<void> {
    await this.#file.close().catch(() => undefined)
    await unlink(this.#path).catch(() => undefined)
  }

  async #append(pieces: readonly Uint8Array[]): Promise<void> {
    if (pieces.length === 0) return
    for (const piece of pieces) {
      this.#digest.update(piece)
      this.#bytes += piece.length
    }
    const at = this.#bytes - pieces.reduce((sum, { length }) => sum + length, 0)
    await orRefuse(writePieces(this.#file, pieces, at))
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
