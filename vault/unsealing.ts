/**
 * Opens what is sealed to a tenant, and cuts one part out of an original by the place that the report names.
 *
 *   age file ──▶ [open] ──▶ received octets ──▶ [cut: offset, length ▸ transfer encoding] ──▶ octets of the part
 *
 * Nothing is parsed here: where a part lies was found out in a sealed process when it came, and the digest of the report
 * says whether the cut is right. Few at once, since each is held in memory.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { parseIdentity, Unsealer } from '../core/seal/age.ts'
import type { TransferEncoding } from '../core/mime/part.ts'
import { TransferDecoder } from '../core/mime/transfer.ts'
import type { PartReport } from '../core/verdict.ts'
import type { MailMessage } from '../store/contract.ts'
import { identityPath } from '../store/keys.ts'
import type { Gateway } from './ports.ts'

/** The original is gone, or is not what the report says. */
export class Gone extends Error {
  override readonly name = 'Gone'
}

const LINE_BYTES = 64 * 1024
const MOST_AT_ONCE = 3

export class Unsealing {
  readonly #gateway: Gateway
  readonly #keys: string
  #atWork = 0
  readonly #waiting: (() => void)[] = []

  /** `keys` is the folder that has `identities/`. */
  constructor(gateway: Gateway, keys: string) {
    this.#gateway = gateway
    this.#keys = keys
  }

  /** @throws Gone */
  async part(message: MailMessage, part: PartReport): Promise<Uint8Array> {
    return this.#inTurn(async () => {
      const sealed = await this.#gateway.original(message.queueId, message.tenant)
      if (!sealed) throw new Gone('the original is not kept any more')
      const octets = await cutPart(this.open(message.tenant, sealed), part)
      if (part.sha256 !== '' && createHash('sha256').update(octets).digest('hex') !== part.sha256) throw new Gone('the part is not what the report says')
      return octets
    })
  }

  /** The message as it was delivered. @throws Gone */
  async composed({ publicId, tenant }: Pick<MailMessage, 'publicId' | 'tenant'>): Promise<Uint8Array> {
    return this.#inTurn(async () => {
      const text = await this.#gateway.text(publicId)
      if (!text) throw new Gone('the text is not kept any more')
      return collect(text.sealed ? this.open(tenant, text.octets) : text.octets)
    })
  }

  /** @throws SealBroken, or when there is no key. */
  async *open(tenant: string, sealed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const identity = parseIdentity(await readFile(identityPath(this.#keys, tenant), 'utf8'))
    if (!identity) throw new Error(`no identity of tenant ${tenant}`)
    const unsealer = new Unsealer([identity])
    for await (const piece of sealed) yield* unsealer.push(piece)
    yield* unsealer.end()
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    while (this.#atWork >= MOST_AT_ONCE) await new Promise<void>(resolve => this.#waiting.push(resolve))
    this.#atWork++
    try {
      return await work()
    } finally {
      this.#atWork--
      this.#waiting.shift()?.()
    }
  }
}

export type Place = Pick<PartReport, 'offset' | 'length' | 'transferEncoding'>

/** Stops reading where the part ends. */
export async function cutPart(octets: AsyncIterable<Uint8Array>, { offset, length, transferEncoding }: Place): Promise<Uint8Array> {
  const decoded: Uint8Array[] = []
  const decoder = new TransferDecoder(transferEncoding as TransferEncoding, piece => decoded.push(new Uint8Array(piece)), LINE_BYTES)
  let at = 0
  for await (const chunk of octets) {
    const start = Math.max(0, offset - at)
    const end = Math.min(chunk.length, offset + length - at)
    if (end > start) decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength), start, end)
    at += chunk.length
    if (at >= offset + length) break
  }
  decoder.end()
  return Buffer.concat(decoded)
}

export async function collect(octets: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return Buffer.concat(await Array.fromAsync(octets))
}
