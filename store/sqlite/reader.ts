/**
 * Calls to the reader thread: what operators ask that changes nothing, and walking the audit chain.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Report } from '../../core/verdict.ts'
import { auditLine, checkCheckpoint, verifyChain } from '../audit.ts'
import type {
  AuditCheckpoint,
  AuditVerdict,
  Emergency,
  MailMessage,
  MailPage,
  MailQuestion,
  MessageFilter,
  QuarantineFilter,
  QuarantineRow,
  QueueRow,
  TraceResult,
} from '../contract.ts'
import { auditCutoffMs, type RetentionSettings } from '../retention.ts'
import { readBase, readChain, readSignedBase } from './chain.ts'
import { answerFor } from './channel.ts'
import { listMails, mailMessage } from './mails.ts'
import { listQuarantine, listQueue, reportsOf, trace } from './listing.ts'
import { readEmergency } from './opening.ts'
import type { Layout } from './layout.ts'
import { type OverviewCalls, readOverview } from './overview.ts'
import type { Answer, Call, OriginalKey } from './protocol.ts'
import type { Tallies } from './tallies.ts'
import { type LocatedOriginal, type LocatedText, locateOriginal, locateText, pendingMails } from './sealed-reads.ts'

export type ReaderCalls = OverviewCalls & {
  listQueue: [filter: MessageFilter, answer: readonly QueueRow[]]
  listQuarantine: [filter: QuarantineFilter, answer: readonly QuarantineRow[]]
  trace: [filter: MessageFilter, answer: readonly TraceResult[]]
  report: [key: OriginalKey, answer: readonly Report[]]
  listMails: [question: MailQuestion, answer: MailPage]
  mailMessage: [publicId: string, answer: MailMessage | undefined]
  locateOriginal: [key: OriginalKey, answer: LocatedOriginal | undefined]
  locateText: [publicId: string, answer: LocatedText | undefined]
  pendingMails: [limit: number, answer: readonly string[]]
  emergency: [nothing: undefined, answer: Emergency]
  verifyAudit: [ask: VerifyAsk, answer: AuditVerdict]
  auditPage: [
    ask: { readonly fromSeq: number; readonly limit: number },
    answer: { readonly lines: readonly string[]; readonly nextSeq: number },
  ]
}

type VerifyAsk = {
  readonly anchor: AuditCheckpoint | undefined
  readonly retention: RetentionSettings
  readonly nowMs: number
}

export type ReaderRoom = {
  readonly database: DatabaseSync
  readonly layout: Layout
  /** Of this store's checkpoints. */
  readonly publicKey: string
  /** Opened when first asked for. */
  readonly tallies: () => Tallies
}

export function answerReader(room: ReaderRoom, call: Call<ReaderCalls>): Answer {
  try {
    return { id: call.id, value: read(room, call) }
  } catch (error) {
    return answerFor(call.id, error)
  }
}

function read({ database, layout, publicKey, tallies }: ReaderRoom, call: Call<ReaderCalls>): unknown {
  switch (call.name) {
    case 'listQueue':
      return listQueue(database, call.argument)
    case 'listQuarantine':
      return listQuarantine(database, call.argument)
    case 'trace':
      return trace(database, call.argument)
    case 'report':
      return reportsOf(database, call.argument.queueId, call.argument.tenant)
    case 'listMails':
      return listMails(database, call.argument)
    case 'mailMessage':
      return mailMessage(database, call.argument)
    case 'locateOriginal':
      return locateOriginal(database, layout, call.argument)
    case 'locateText':
      return locateText(database, layout, call.argument)
    case 'pendingMails':
      return pendingMails(database, call.argument)
    case 'emergency':
      return readEmergency(database)
    case 'verifyAudit':
      return verifyAudit(database, publicKey, call.argument)
    case 'auditPage':
      return auditPage(database, call.argument.fromSeq, call.argument.limit)
    default:
      return readOverview(database, tallies, call)
  }
}

/** One read transaction, so that a commit meanwhile does not look like a gap. */
function verifyAudit(database: DatabaseSync, publicKey: string, { anchor, retention, nowMs }: VerifyAsk): AuditVerdict {
  database.exec('BEGIN')
  try {
    const signedBase = readSignedBase(database)
    if (signedBase && (signedBase.publicKey !== publicKey || !checkCheckpoint(signedBase))) {
      return { ok: false, seq: signedBase.seq, problem: 'the base of the chain is not signed by this store' }
    }
    const problem = signedBase && problemOfBase(signedBase, anchor, auditCutoffMs(retention, nowMs))
    if (problem) return { ok: false, seq: signedBase.seq, problem }
    return verifyChain(readBase(database), readChain(database, 0), anchor)
  } finally {
    database.exec('COMMIT')
  }
}

/** Retention may cut the front of the chain, but only what was past its time. */
function problemOfBase(
  base: AuditCheckpoint,
  anchor: AuditCheckpoint | undefined,
  cutoffMs: number,
): string | undefined {
  if (base.atMs >= cutoffMs) return 'cut: records were removed before their time'
  if (anchor && anchor.seq <= base.seq && anchor.atMs >= cutoffMs) return 'cut: the checkpoint names a removed record'
  return undefined
}

function auditPage(database: DatabaseSync, fromSeq: number, limit: number): { lines: string[]; nextSeq: number } {
  let nextSeq = fromSeq
  const lines: string[] = []
  for (const record of readChain(database, fromSeq, limit)) {
    lines.push(auditLine(record))
    nextSeq = record.seq + 1
  }
  return { lines, nextSeq }
}
