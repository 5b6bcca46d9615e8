/**
 * What the command line and the portal ask of the running gateway over its control socket (rpc/protocol.ts).
 */
import type { StaffMail, StaffMailAnswer } from '../core/own-mail.ts'
import type {
  Act,
  AuditCheckpoint,
  AuditVerdict,
  Emergency,
  MailMessage,
  MailPage,
  MailQuestion,
  MessageFilter,
  PurgeFilter,
  QuarantineFilter,
  QuarantineRow,
  QueueRow,
  TraceResult,
} from '../store/contract.ts'
import type { Report } from '../core/verdict.ts'
import type { ClassPiece } from './inbound/class-book.ts'
import type { OverviewMethods } from './overview-methods.ts'
import type { RecentHour } from './recent.ts'

export type GatewayStatus = {
  readonly version: string
  readonly pid: number
  readonly startedAtMs: number
  readonly emergency: Emergency
  /** What stands against taking mail; empty means ready. */
  readonly reasons: readonly string[]
  readonly queuedMessages: number
  /** When the entry that waits longest was due; left out when none waits. */
  readonly oldestDueAtMs?: number
  readonly freeBytes: number
  readonly originalBytes: number
  readonly quotaBytes: number
  /** Of the last two days, since the start. */
  readonly hours: readonly RecentHour[]
}

export type ReloadOutcome = {
  /** False: the old configuration stays in force, `problems` says why. */
  readonly ok: boolean
  readonly changed: readonly string[]
  readonly needRestart: readonly string[]
  readonly problems: readonly string[]
}

/** Every method: what is asked, what is answered. */
export type ControlMethods = OverviewMethods & {
  status: { params: Record<string, never>; result: GatewayStatus }
  'queue.list': { params: { filter: MessageFilter }; result: readonly QueueRow[] }
  'queue.retry': { params: { filter: MessageFilter; by: Act }; result: number }
  'queue.hold': { params: { filter: MessageFilter; by: Act }; result: number }
  'queue.drop': { params: { filter: MessageFilter; by: Act }; result: number }
  'quarantine.list': { params: { filter: QuarantineFilter }; result: readonly QuarantineRow[] }
  'quarantine.purge': {
    params: { filter: PurgeFilter; by: Act; dryRun: boolean }
    result: { readonly messages: number; readonly bytes: number }
  }
  'quarantine.pin': { params: { queueId: string; tenant: string; pinned: boolean; by: Act }; result: boolean }
  report: { params: { queueId: string; tenant: string }; result: readonly Report[] }
  trace: { params: { filter: MessageFilter }; result: readonly TraceResult[] }
  'mail.list': { params: { question: MailQuestion }; result: MailPage }
  'mail.notify': { params: { mail: StaffMail }; result: StaffMailAnswer }
  'mail.message': { params: { publicId: string }; result: MailMessage | null }
  'classes.tell': { params: { piece: ClassPiece }; result: boolean }
  'emergency.get': { params: Record<string, never>; result: Emergency }
  'config.reload': { params: { by: Act }; result: ReloadOutcome }
  'emergency.set': { params: { state: Emergency; by: Act }; result: Emergency }
  'audit.verify': { params: { anchor?: AuditCheckpoint }; result: AuditVerdict }
  'audit.checkpoint': { params: Record<string, never>; result: AuditCheckpoint }
}

/** Methods whose answer is bytes. */
export type ControlStreams = {
  'quarantine.export': { params: { queueId: string; tenant: string; by: Act } }
  'audit.export': { params: { sinceSeq: number } }
}

export type ControlMethod = keyof ControlMethods
export type ControlStream = keyof ControlStreams
