/**
 * The store, as the rest of the house sees it. Two engines are meant to keep this contract: the embedded
 * one (SQLite and files, store/sqlite/) and, later, a shared one for several nodes.
 *
 * Promises: `commit` resolves only when everything it names is durable (files and directories flushed, then
 * one database commit). A failed flush is never tried again: the promise rejects with StoreBroken and the
 * process must end. Every row carries its tenant.
 */
import type { Mailbox, QueueId, ReversePath } from '../core/smtp/envelope.ts'
import type { MessageSummary } from '../core/job.ts'
import type { PartReport, Report } from '../core/verdict.ts'
import type { PublicId } from '../core/purposes.ts'
import type { MailMessage, MailPage, MailQuestion } from './mails.ts'

export { MAIL_STATES } from './mails.ts'
export type { MailMessage, MailPage, MailQuestion } from './mails.ts'

export type TenantId = string

/** An original, sealed to age recipients while it arrived: one payload, one header per tenant over it. */
export type SealedOriginal = {
  /** Empty for a `plain` payload: the store makes one header for each tenant of the message's groups. */
  readonly headers: readonly { readonly tenant: TenantId; readonly ageHeader: Uint8Array }[]
  readonly payload: /** Not sealed yet: the store's writer seals it before anything touches a disk. Best for small mail. */
    | { readonly kind: 'plain'; readonly bytes: Uint8Array }
    /** Sealed payload, its age header apart. */
    | { readonly kind: 'memory'; readonly bytes: Uint8Array }
    /** A file in the store's incoming folder, complete but not yet flushed. `commit` flushes and renames it. */
    | { readonly kind: 'file'; readonly tempPath: string; readonly bytes: number }
}

export type QueuedGroup = {
  readonly groupId: string
  readonly tenant: TenantId
  readonly recipients: readonly Mailbox[]
  /** Where the relay sends this group's recipients; settled by the gateway before commit. */
  readonly route: string
  /** 'inward' towards the staff, 'outward' for DSNs. */
  readonly direction: 'inward' | 'outward'
  readonly message: Uint8Array
  readonly report: Report
  /** Notice link number and check code, so that the portal can find the message. */
  readonly publicId: string
  readonly checkCode: string
  readonly retentionClass: string
}

export type AcceptedMessage = {
  readonly queueId: QueueId
  readonly acceptedAtMs: number
  readonly clientAddress: string
  readonly helo: string
  readonly reversePath: ReversePath
  /** Whether a DSN may be sent to the reverse-path (a sender check vouches for it, or settings allow any). */
  readonly dsnAllowed: boolean
  readonly smtpUtf8: boolean
  readonly rawBytes: number
  /** Hex digest of the received octets. */
  readonly rawSha256: string
  /** Digest over client, envelope and rawSha256: finds the copy that a client sends after a lost 250. */
  readonly dedupKey: string
  readonly summary: MessageSummary
  /** Undefined for messages we made ourselves (DSNs, notices of late parts). */
  readonly original: SealedOriginal | undefined
  readonly groups: readonly QueuedGroup[]
}

export type CommitResult = { readonly kind: 'committed' } | { readonly kind: 'duplicate'; readonly of: QueueId }

export type RecipientState =
  | { readonly kind: 'scheduled'; readonly dueAtMs: number; readonly attempts: number; readonly lastReply: string }
  | { readonly kind: 'delivered'; readonly atMs: number; readonly nextHop: string; readonly reply: string }
  | {
      readonly kind: 'failed'
      readonly atMs: number
      readonly nextHop: string
      readonly reply: string
      readonly status: string
    }
  | { readonly kind: 'dropped'; readonly atMs: number; readonly by: string; readonly why: string }

/** One unit of relay work: one composed message for the recipients of one group that are still due. */
/** Due time of what an operator holds: not before somebody says so. */
export const HELD_UNTIL_MS = Date.UTC(9999, 0, 1)

export type QueueEntry = {
  readonly entryId: number
  readonly queueId: QueueId
  readonly tenant: TenantId
  readonly groupId: string
  readonly route: string
  readonly direction: 'inward' | 'outward'
  readonly reversePath: ReversePath
  readonly dsnAllowed: boolean
  readonly smtpUtf8: boolean
  readonly acceptedAtMs: number
  readonly attempts: number
  readonly recipients: readonly Mailbox[]
  readonly messageBytes: number
  readonly delayWarned: boolean
  /** An attempt was cut off before we knew its end, by the next hop or by ours: a delivery now may be a second one. */
  readonly mayBeDuplicate: boolean
}

export type Settlement = {
  readonly entryId: number
  readonly recipient: Mailbox
  readonly state: RecipientState
  /** Recorded when a delivery may have happened twice; for a deferred recipient the entry says it from then on. */
  readonly possibleDuplicate: boolean
}

export type StoreSpace = {
  readonly freeBytes: number
  readonly originalBytes: number
  readonly quotaBytes: number
  readonly queuedMessages: number
  readonly oldestDueAtMs: number | undefined
}

export interface Store {
  /** Resolves with the entries that the relay may start at once, or says that the message is here already. */
  commit(message: AcceptedMessage): Promise<CommitResult & { readonly entries: readonly QueueEntry[] }>
  /** The client went on after our 250: the same message again would be a new one. Needs no flush of its own. */
  confirmReply(queueId: QueueId): void
  /** Claims due entries, oldest first; a claimed entry is not handed out again until settled or restarted. */
  claimDue(nowMs: number, limit: number): Promise<readonly QueueEntry[]>
  readMessage(entryId: number): Promise<Uint8Array>
  /** Resolves when durable. Erases the plain composed copy once every recipient is final. */
  settle(settlements: readonly Settlement[]): Promise<void>
  markDelayWarned(entryId: number): Promise<void>
  /** A new temporary file in the store's incoming folder, on the same file system as its final place. */
  incomingPath(name: string): string
  space(): Promise<StoreSpace>
  audit(record: AuditRecord): Promise<void>
  close(): Promise<void>
}

/** Thrown when a flush failed: what is on disk is unknown, so the process ends and start-up recovers. */
export class StoreBroken extends Error {
  override readonly name = 'StoreBroken'
}

/** Thrown by `commit` when quota or disk leave no room: nothing was written, the client keeps the message (452 4.3.1). */
export class StoreFull extends Error {
  override readonly name = 'StoreFull'
}

/** Kinds are a closed list; docs/audit.md is printed from AUDIT_KINDS in store/audit.ts. */
export type AuditRecord = {
  readonly tenant: TenantId
  readonly kind: string
  /** Who did it: 'system', 'os:root', 'user:…'. */
  readonly actor: string
  /** Queue id, entry or setting that it is about. */
  readonly subject: string
  readonly detail: Readonly<Record<string, string | number | boolean | null>>
}

/** Filters that `trace`, `queue list` and `quarantine list` share; all given ones must hold. */
export type MessageFilter = {
  readonly queueId?: string
  readonly sha256?: string
  readonly sender?: string
  readonly recipient?: string
  readonly tenant?: TenantId
  readonly sinceMs?: number
  readonly limit: number
}

/** `keptOnly`: messages of which a part was kept back; without it, every original that is stored. */
export type QuarantineFilter = MessageFilter & { readonly keptOnly?: boolean; /** Only these: rows of a page that was found otherwise. */ readonly queueIds?: readonly string[] }
export type PurgeFilter = MessageFilter & { readonly olderThanMs?: number }

export type QueueRow = {
  readonly queueId: QueueId
  readonly entryId: number
  readonly tenant: TenantId
  readonly route: string
  readonly reversePath: ReversePath
  readonly acceptedAtMs: number
  readonly messageBytes: number
  readonly recipients: readonly { readonly mailbox: Mailbox; readonly state: RecipientState }[]
}

export type QuarantineRow = {
  readonly queueId: QueueId
  readonly tenant: TenantId
  readonly acceptedAtMs: number
  readonly reversePath: ReversePath
  readonly subject: string
  readonly bytes: number
  readonly rawSha256: string
  readonly expiresAtMs: number
  readonly pinned: boolean
  readonly purged: boolean
  /** Parts that were kept back: name, type, reason. */
  readonly parts: readonly {
    readonly id: string
    readonly name: string
    readonly detectedType: string
    readonly reason: string
  }[]
}

/** One step in a message's life, for `trace`: accepted, delivered, exported, purged … */
export type TraceStep = {
  readonly atMs: number
  readonly kind: string
  readonly actor: string
  readonly detail: Readonly<Record<string, unknown>>
}

export type TraceResult = {
  readonly queueId: QueueId
  readonly tenant: TenantId
  readonly reversePath: ReversePath
  readonly recipients: readonly Mailbox[]
  readonly subject: string
  readonly rawSha256: string
  readonly steps: readonly TraceStep[]
}

export type Emergency = 'none' | 'hold' | 'isolate'

export type AuditVerdict =
  | { readonly ok: true; readonly records: number; readonly headSeq: number; readonly headHash: string }
  | { readonly ok: false; readonly seq: number; readonly problem: string }

/** What operators ask of the store: by the control socket, never by the mail path. Every act takes actor and reason and is audited. */
export interface StoreAdmin {
  listQueue(filter: MessageFilter): Promise<readonly QueueRow[]>
  /** Makes entries due now; returns how many. */
  retry(filter: MessageFilter, by: Act): Promise<number>
  /** Keeps waiting entries from being tried until they are made due again (`retry`); returns how many. */
  hold(filter: MessageFilter, by: Act): Promise<number>
  drop(filter: MessageFilter, by: Act): Promise<number>
  listQuarantine(filter: QuarantineFilter): Promise<readonly QuarantineRow[]>
  /** The plain age file of one sealed original, in pieces. */
  exportOriginal(queueId: string, tenant: TenantId, by: Act): AsyncIterable<Uint8Array>
  /** Deletes the age headers (the purge), then frees space where it can. `dryRun` only counts. */
  purge(
    filter: PurgeFilter,
    by: Act,
    dryRun: boolean,
  ): Promise<{ readonly messages: number; readonly bytes: number }>
  /** Pinned originals outlive their retention and any purge, until unpinned. False when there is no such original. */
  pin(queueId: string, tenant: TenantId, pinned: boolean, by: Act): Promise<boolean>
  trace(filter: MessageFilter): Promise<readonly TraceResult[]>
  report(queueId: string, tenant: TenantId): Promise<readonly Report[]>
  emergency(): Promise<Emergency>
  setEmergency(state: Emergency, by: Act): Promise<void>
  verifyAudit(anchor?: AuditCheckpoint): Promise<AuditVerdict>
  exportAudit(sinceSeq: number): AsyncIterable<string>
  checkpoint(): Promise<AuditCheckpoint>
  /** Expires what is past its retention; called daily and at start. */
  retain(nowMs: number): Promise<{ readonly originals: number; readonly texts: number; readonly log: number }>
}

/** What people look at. Read in the reader's thread: a search never holds up a commit. */
export interface MailReads {
  listMails(question: MailQuestion): Promise<MailPage>
  mailMessage(publicId: PublicId): Promise<MailMessage | undefined>
}

/** What the vault needs of the mail: octets that are sealed, work that is left over, and a place for its outcome. */
export interface SealedReads {
  /** The plain age file of an original; undefined when it is gone. Not audited here: the vault does that before it asks. */
  sealedOriginal(queueId: string, tenant: TenantId): Promise<AsyncIterable<Uint8Array> | undefined>
  /** The message as composed for one group: an age file, or not sealed as long as it is in the queue. */
  composedText(publicId: PublicId): Promise<{ readonly sealed: boolean; readonly octets: AsyncIterable<Uint8Array> } | undefined>
  /** Messages of which a part is still worked on, oldest first. */
  pendingMails(limit: number): Promise<readonly PublicId[]>
  /** False when the part has its outcome already. */
  amendPart(amendment: PartAmendment): Promise<boolean>
}

/** What became of a part that was `pending`. */
export type PartAmendment = {
  readonly publicId: PublicId
  readonly partId: string
  readonly outcome: PartOutcome
  readonly by: Act
}

export type PartOutcome = Pick<PartReport, 'outcome' | 'reason' | 'deliveredName' | 'besideName' | 'object' | 'removed' | 'findings' | 'members'>

export type Act = { readonly actor: string; readonly reason: string }

/** A signed head of the audit chain, to be kept outside this host. */
export type AuditCheckpoint = {
  readonly seq: number
  readonly hash: string
  readonly atMs: number
  readonly publicKey: string
  readonly signature: string
}
