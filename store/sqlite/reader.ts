/**
 * Calls to the reader thread: what operators ask that changes nothing, and walking the audit chain.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Report } from '../../core/verdict.ts'
import { auditLine } from '../audit.ts'
import type {
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
import { readChain } from './chain.ts'
import { answerFor } from './channel.ts'
import { listMails, mailMessage } from './mails.ts'
import { listQuarantine, listQueue, reportsOf, trace } from './listing.ts'
import { readEmergency } from './opening.ts'
import type { Layout } from './layout.ts'
import { type OverviewCalls, readOverview } from './overview.ts'
import type { Answer, Call, OriginalKey } from './protocol.ts'
import type { Tallies } from './tallies.ts'
import { type Slice, verifySlice, type VerifyRules, type Walked } from './verifying.ts'
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
  verifySlice: [ask: VerifyAsk, answer: Slice]
  auditPage: [
    ask: { readonly fromSeq: number; readonly limit: number },
    answer: { readonly lines: readonly string[]; readonly nextSeq: number },
  ]
}

type VerifyAsk = Omit<VerifyRules, 'publicKey'> & { readonly walked: Walked | undefined }

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
    return { id: call.id, value: atOneMoment(room.database, () => read(room, call)) }
  } catch (error) {
    return answerFor(call.id, error)
  }
}

/** One read transaction: all that an answer is made of, as it stood at one moment; and the writer's pages are looked for once. */
function atOneMoment<T>(database: DatabaseSync, read: () => T): T {
  database.exec('BEGIN')
  try {
    return read()
  } finally {
    database.exec('COMMIT')
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
    case 'verifySlice':
      return sliceOf(database, publicKey, call.argument)
    case 'auditPage':
      return auditPage(database, call.argument.fromSeq, call.argument.limit)
    default:
      return readOverview(database, tallies, call)
  }
}

function sliceOf(database: DatabaseSync, publicKey: string, { walked, ...rules }: VerifyAsk): Slice {
  return verifySlice(database, { ...rules, publicKey }, walked)
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
