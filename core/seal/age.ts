/**
 * Sealed originals: age v1 files whose header and payload are made, kept and deleted apart.
 *
 *   received octets ──▶ [Sealer] ──▶ one payload        (row, segment or file)
 *                          └───────▶ one header per tenant (row)
 *
 * Each header wraps the same file key for its own recipients, so a header followed by the payload is a plain
 * age file, and deleting a tenant's header ends that tenant's access while the others keep theirs.
 * The mail-facing process has recipients (public keys) only: what it has sealed and let go of it cannot open.
 * Standards: C2SP age.md (age-encryption.org/v1).
 */
import { checkHeaderMac, formatHeader, parseHeader, x25519Stanzas } from './header.ts'
import { PAYLOAD_NONCE_BYTES, PayloadOpener, PayloadSealer, SealBroken, sealPayload } from './stream.ts'
import { FILE_KEY_BYTES, type Identity, type Recipient, unwrapFileKey, wrapFileKey } from './x25519.ts'

export { SealBroken, sealedLength } from './stream.ts'
export { generateIdentity, type Identity, parseIdentity, parseRecipient, type Recipient } from './x25519.ts'

const EPHEMERAL_BYTES = 32

/** A source of cryptographic random bytes, passed in because core/ has none. */
export type RandomBytes = (length: number) => Uint8Array

/** Seals one flow of bytes for several groups of recipients. */
export class Sealer {
  /** One age header per recipient group, in their order; complete from the start. */
  readonly headers: readonly Uint8Array[]
  /**
   * Opens this payload as long as the Sealer lives: for reading a temporary file again before it is committed.
   * Must not be written anywhere.
   */
  readonly fileKey: Uint8Array
  readonly #payload: PayloadSealer

  constructor(recipientGroups: readonly (readonly Recipient[])[], random: RandomBytes) {
    this.fileKey = random(FILE_KEY_BYTES)
    this.#payload = new PayloadSealer(this.fileKey, random(PAYLOAD_NONCE_BYTES))
    this.headers = headersFor(recipientGroups, this.fileKey, random)
  }

  /** Payload pieces that are ready, in order; they own their memory. */
  push(chunk: Uint8Array): Uint8Array[] {
    return this.#payload.push(chunk)
  }

  /** The last pieces. Call once. */
  end(): Uint8Array[] {
    return this.#payload.end()
  }
}

/** Seals what is in memory already. The payload comes in pieces, in order. */
export function sealSmall(
  recipientGroups: readonly (readonly Recipient[])[],
  bytes: Uint8Array,
  random: RandomBytes,
): { readonly headers: readonly Uint8Array[]; readonly payload: readonly Uint8Array[]; readonly fileKey: Uint8Array } {
  const fileKey = random(FILE_KEY_BYTES)
  const payload = sealUnderKey(fileKey, bytes, random)
  return { headers: headersFor(recipientGroups, fileKey, random), payload, fileKey }
}

/** A second payload under a file key (and so under a header) that is there already: the nonce makes its own key. */
export function sealUnderKey(fileKey: Uint8Array, bytes: Uint8Array, random: RandomBytes): readonly Uint8Array[] {
  return sealPayload(fileKey, random(PAYLOAD_NONCE_BYTES), bytes)
}

function headersFor(recipientGroups: readonly (readonly Recipient[])[], fileKey: Uint8Array, random: RandomBytes): Uint8Array[] {
  return recipientGroups.map(recipients => {
    if (recipients.length === 0) throw new RangeError('a header needs a recipient')
    return formatHeader(
      fileKey,
      recipients.map(to => wrapFileKey(fileKey, to, random(EPHEMERAL_BYTES))),
    )
  })
}

/** Reads a payload (without header) with the file key of the Sealer that is still at hand. @throws SealBroken */
export async function* openWithFileKey(
  fileKey: Uint8Array,
  payload: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const opener = new PayloadOpener(fileKey)
  for await (const piece of payload) yield* opener.push(piece)
  yield* opener.end()
}

/** Opens a whole age file (header, then payload) as it comes: what the vault does. */
export class Unsealer {
  readonly #identities: readonly Identity[]
  #head: Uint8Array = new Uint8Array(0)
  #payload: PayloadOpener | undefined

  constructor(identities: readonly Identity[]) {
    this.#identities = identities
  }

  /** Plain bytes whose chunk was found unchanged. @throws SealBroken */
  push(sealed: Uint8Array): Uint8Array[] {
    if (this.#payload) return this.#payload.push(sealed)
    this.#head = Buffer.concat([this.#head, sealed])
    const header = parseHeader(this.#head)
    if (!header) return []

    const stanzas = x25519Stanzas(header)
    const fileKey = firstDefined(
      this.#identities.flatMap(identity => stanzas.map(stanza => () => unwrapFileKey(stanza, identity))),
    )
    if (!fileKey) throw new SealBroken('sealed for somebody else')
    checkHeaderMac(fileKey, header)
    this.#payload = new PayloadOpener(fileKey)
    return this.#payload.push(this.#head.subarray(header.bytes))
  }

  /** Only after this has returned is the file known to be whole. @throws SealBroken */
  end(): Uint8Array[] {
    if (!this.#payload) throw new SealBroken('file ends in its header')
    return this.#payload.end()
  }
}

function firstDefined<T>(attempts: readonly (() => T | undefined)[]): T | undefined {
  for (const attempt of attempts) {
    const result = attempt()
    if (result !== undefined) return result
  }
  return undefined
}
