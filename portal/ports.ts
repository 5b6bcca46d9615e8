/**
 * What the portal asks of the others: the gateway (mail and its queue) and the vault (everything that needs an original).
 *
 * The portal holds no key, opens no database but its own and parses no octet of a sender's. Answers are plain data that
 * a sealed process made, or facts of the store. `cli/portal-role.ts` puts the real ones behind these interfaces.
 */
import type { Classification } from '../core/classification.ts'
import type { StaffMail, StaffMailAnswer } from '../core/own-mail.ts'
import type { Policy } from '../core/policy/model.ts'
import type { Replay } from '../core/policy/replay.ts'
import type { PublicId } from '../core/purposes.ts'
import type { Report } from '../core/verdict.ts'
import type { ChainedRecord } from '../store/audit.ts'
import type { AuditPage, AuditQuestion } from '../store/audit-page.ts'
import type {
  Act,
  AuditCheckpoint,
  AuditVerdict,
  Emergency,
  MessageFilter,
  PurgeFilter,
  QuarantineFilter,
  QuarantineRow,
  QueueRow,
  TraceResult,
} from '../store/contract.ts'
import type { MailMessage, MailPage, MailQuestion } from '../store/mails.ts'
import type { ExpiryDay } from '../store/overview.ts'
import type { SeriesQuestion, Tally, Top, TopQuestion } from '../store/statistics.ts'

export type { StaffMail, StaffMailAnswer } from '../core/own-mail.ts'
export type * from '../core/purposes.ts'
export { MAIL_STATES } from '../store/mails.ts'
export type { MailMessage, MailPage, MailQuestion, MailRow, MailState } from '../store/mails.ts'

/** Addresses in lower case. */
export type ClassPiece = { readonly tenant: string; readonly isFirst: boolean; readonly isLast: boolean; readonly addresses: Readonly<Record<Classification, readonly string[]>> }

/** The gateway, asked over its control socket. */
export interface Mail {
  list(question: MailQuestion): Promise<MailPage>
  message(publicId: PublicId): Promise<MailMessage | undefined>
  notify(mail: StaffMail): Promise<StaffMailAnswer>
  /** Classes of a town's addresses, in pieces; whole with the last one (portal/people/class-book.ts). */
  tellClasses(piece: ClassPiece): Promise<boolean>
}

/** How the gateway is now. */
export type Health = {
  readonly version: string
  readonly startedAtMs: number
  readonly emergency: Emergency
  /** What stands against taking mail, in words for operators; empty means ready. */
  readonly reasons: readonly string[]
  readonly queuedMessages: number
  readonly oldestDueAtMs: number | undefined
  readonly freeBytes: number
  readonly originalBytes: number
  readonly quotaBytes: number
  /** Since the start of the gateway, at most two days: how long taking over took, and processes of the workshop that ended. */
  readonly hours: readonly { readonly hourMs: number; readonly acceptClasses: readonly number[]; readonly ended: number }[]
}

/** One group of recipients with the table that is in force for it. */
export type PolicyScope = { readonly tenant: string; /** '' for everybody who is in none. */ readonly group: string; readonly policy: Policy }
export type PolicyVersion = { readonly atMs: number; readonly actor: string; readonly reason: string; readonly version: string; /** The settings as YAML, to be put into the configuration again. */ readonly yaml: string }

export type ReplayAsk = { readonly tenant: string; /** The section `policy` (and `tenants`) of a configuration. */ readonly yaml: string; readonly sinceMs: number }
export type ReplayAnswer =
  | { readonly kind: 'replayed'; readonly replay: Replay; /** Where it stopped when there were too many. */ readonly reachedMs: number }
  | { readonly kind: 'problems'; readonly problems: readonly string[] }

/** Facts of the configuration and the host that the self-inspection judges; no secrets. */
export type InspectionFacts = {
  readonly routes: readonly { readonly name: string; readonly direction: string; readonly hops: readonly string[] }[]
  readonly listeners: readonly { readonly name: string; readonly address: string; readonly tls: boolean; readonly clients: number }[]
  readonly scopes: readonly PolicyScope[]
  readonly retention: { readonly originalDays: number; readonly textDays: number; readonly logDays: number; readonly auditYears: number; readonly logFileDays: number }
  readonly certificates: readonly { readonly file: string; readonly name: string; readonly untilMs: number | undefined; readonly problem: string }[]
  /** Public keys that originals are sealed to, by tenant. */
  readonly sealingKeys: Readonly<Record<string, number>>
  readonly antivirus: boolean
  readonly wall: string
  readonly syslog: string
  readonly contacts: readonly { readonly name: string; readonly from: string; readonly hasPath: boolean; /** Last day; '' for good. */ readonly until: string; readonly isOver: boolean }[]
  readonly lastBackupAtMs: number | undefined
  /** Whether a stamp of the backup is set at all. */
  readonly backupStampSet: boolean
}

/** One audit chain: each writing process has its own. */
export interface AuditSource {
  readonly name: 'gateway' | 'portal' | 'vault'
  page(question: AuditQuestion): Promise<AuditPage>
  verify(): Promise<AuditVerdict>
  checkpoint(): Promise<AuditCheckpoint>
  /** All from this number on, oldest first. */
  records(sinceSeq: number): AsyncIterable<ChainedRecord>
}

/** What administrators and auditors ask of the gateway. Acts are audited there, with actor and reason. */
export interface Operations {
  health(): Promise<Health>
  series(question: SeriesQuestion): Promise<readonly Tally[]>
  top(question: TopQuestion): Promise<Top>
  /** When originals end, by day from the day of `fromMs` on. */
  expiries(tenant: string, fromMs: number, days: number): Promise<readonly ExpiryDay[]>
  queue(filter: MessageFilter): Promise<readonly QueueRow[]>
  retry(filter: MessageFilter, by: Act): Promise<number>
  hold(filter: MessageFilter, by: Act): Promise<number>
  drop(filter: MessageFilter, by: Act): Promise<number>
  quarantine(filter: QuarantineFilter): Promise<readonly QuarantineRow[]>
  pin(queueId: string, tenant: string, pinned: boolean, by: Act): Promise<boolean>
  purge(filter: PurgeFilter, by: Act, dryRun: boolean): Promise<{ readonly messages: number; readonly bytes: number }>
  trace(filter: MessageFilter): Promise<readonly TraceResult[]>
  reports(queueId: string, tenant: string): Promise<readonly Report[]>
  policies(): Promise<readonly PolicyScope[]>
  policyVersions(limit: number): Promise<readonly PolicyVersion[]>
  replay(ask: ReplayAsk): Promise<ReplayAnswer>
  setEmergency(state: Emergency, by: Act): Promise<Emergency>
  inspection(): Promise<InspectionFacts>
  /** Where records can be handed over to; '' when no collector is set. */
  readonly collector: string
  /** Finished syslog messages to the collector; returns how many were handed over. Rejects when it cannot be reached. */
  forward(messages: AsyncIterable<string>): Promise<number>
  readonly audit: AuditSource
}
