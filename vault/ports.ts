/**
 * What the vault asks of the gateway, by its own door. `cli/vault-role.ts` puts the real one behind it.
 */
import type { OwnMail, Submitted } from '../core/own-mail.ts'
import type { Emergency, MailMessage, PartAmendment } from '../store/contract.ts'

export type Release = {
  readonly tenant: string
  readonly actor: string
  /** Queue id. */
  readonly subject: string
  readonly detail: Readonly<Record<string, string | number>>
}

export interface Gateway {
  message(publicId: string): Promise<MailMessage | undefined>
  /** A plain age file; undefined when the original is gone. */
  original(queueId: string, tenant: string): Promise<AsyncIterable<Uint8Array> | undefined>
  /** The message as it was composed, sealed or not yet. */
  text(publicId: string): Promise<{ readonly sealed: boolean; readonly octets: AsyncIterable<Uint8Array> } | undefined>
  pending(limit: number): Promise<readonly string[]>
  amend(amendment: PartAmendment): Promise<boolean>
  /** So that a trace of the mail shows it. */
  recordRelease(release: Release): Promise<void>
  state(): Promise<{ readonly emergency: Emergency; readonly configDigest: string }>
  submit(mail: OwnMail, message: Uint8Array): Promise<Submitted>
  /** With an approved original; outward or not at all. */
  submitOutside(mail: OwnMail, message: Uint8Array): Promise<Submitted>
}
