/**
 * What the vault asks of the running gateway, over a door of its own (rpc/protocol.ts). The portal does not reach it: who
 * could, could have mail committed that nobody has sanitized.
 */
import type { OwnMail, Submitted } from '../core/own-mail.ts'
import type { AuditRecord, Emergency, MailMessage, PartAmendment } from '../store/contract.ts'

export type DoorState = { readonly emergency: Emergency; readonly configDigest: string }

export type DoorMethods = {
  message: { params: { publicId: string }; result: MailMessage | null }
  pending: { params: { limit: number }; result: readonly string[] }
  amend: { params: PartAmendment; result: boolean }
  /** A record in the mail's own chain, so that `trace` shows what the vault did with it. */
  record: { params: { record: Omit<AuditRecord, 'kind'> & { readonly kind: 'release' } }; result: null }
  /** Emergency state, and the digest of the configuration in force: the vault follows both. */
  state: { params: Record<string, never>; result: DoorState }
}

/** Answers are packets: JSON, then octets. */
export type DoorExchanges = {
  /** The age file of the original; `found` is false when it is gone. */
  original: { params: { queueId: string; tenant: string }; meta: { readonly found: boolean } }
  text: { params: { publicId: string }; meta: { readonly found: boolean; readonly sealed: boolean } }
  /** A message of ours, composed and verified: its octets follow the question. */
  submit: { params: OwnMail; meta: Submitted }
  /** One with an approved original, to a mailbox of the Internet side. */
  submitOutside: { params: OwnMail; meta: Submitted }
}
