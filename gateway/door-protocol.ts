/**
 * What the vault asks of the running gateway, over a door of its own (rpc/protocol.ts). The portal does not reach it: who
 * could, could have mail committed that nobody has sanitized.
 */
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
}

/** `onceKey`: the same key again within two days is the same mail, and is not sent twice. */
export type OwnMail = {
  readonly queueId: string
  readonly tenant: string
  readonly mailbox: string
  readonly subject: string
  readonly messageId: string
  readonly onceKey: string
}

export type Submitted =
  | { readonly kind: 'queued'; readonly queueId: string }
  /** `not-inward`: not a mailbox of ours, or no way to it; `busy`: no room now; `faulty`: octets that are not canonical. */
  | { readonly kind: 'refused'; readonly reason: 'not-inward' | 'busy' | 'faulty'; readonly why: string }

/** A mail of ours in words only, composed by the gateway itself. */
export type StaffLetter = {
  readonly tenant: string
  readonly to: string
  readonly subject: string
  readonly text: string
  /** What was queued under this key before is not queued again. */
  readonly key: string
}

export type StaffAnswer = { readonly kind: 'queued'; readonly queueId: string } | { readonly kind: 'cannot'; readonly reason: 'not-inward' | 'busy' }
