/**
 * Sealing in the writer thread: small originals before anything of them touches a disk, and delivered texts
 * before their plain copies are erased.
 */
import { parseRecipient, type Recipient, sealSmall, sealUnderKey } from '../../core/seal/age.ts'
import type { TenantId } from '../contract.ts'
import { drawRandom } from '../random.ts'

export type Sealed = {
  readonly headers: readonly { readonly tenant: TenantId; readonly ageHeader: Uint8Array }[]
  /** Pieces, in order. */
  readonly payload: readonly Uint8Array[]
  /** Of this payload, for another one under the same headers. Must not be written anywhere. */
  readonly fileKey: Uint8Array
}

export class Sealing {
  readonly #recipients: ReadonlyMap<TenantId, readonly Recipient[]>

  /** @throws when a recipient is not an age recipient: nothing is accepted that could not be opened later. */
  constructor(recipients: Readonly<Record<TenantId, readonly string[]>>) {
    this.#recipients = new Map(Object.entries(recipients).map(([tenant, texts]) => [tenant, texts.map(parseOrThrow)]))
  }

  canSealFor(tenant: TenantId): boolean {
    return (this.#recipients.get(tenant)?.length ?? 0) > 0
  }

  /** One payload, one header for each tenant. */
  seal(tenants: readonly TenantId[], plain: Uint8Array): Sealed {
    const { headers, payload, fileKey } = sealSmall(
      tenants.map(tenant => this.#recipientsOf(tenant)),
      plain,
      drawRandom,
    )
    return { headers: tenants.map((tenant, index) => ({ tenant, ageHeader: headers[index]! })), payload, fileKey }
  }

  sealUnderKey(fileKey: Uint8Array, plain: Uint8Array): readonly Uint8Array[] {
    return sealUnderKey(fileKey, plain, drawRandom)
  }

  #recipientsOf(tenant: TenantId): readonly Recipient[] {
    const recipients = this.#recipients.get(tenant)
    if (!recipients || recipients.length === 0) throw new Error(`no sealing key for tenant ${tenant}`)
    return recipients
  }
}

function parseOrThrow(text: string): Recipient {
  const recipient = parseRecipient(text)
  if (!recipient) throw new Error(`${JSON.stringify(text)} is not an age recipient`)
  return recipient
}
