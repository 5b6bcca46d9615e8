/**
 * StoreOverview in the reader thread. Reads of mail.db only; the tallies have a file of their own (tallies.ts).
 */
import type { DatabaseSync } from 'node:sqlite'
import { storedParts } from '../../core/policy/explain.ts'
import type { Report } from '../../core/verdict.ts'
import type { AuditPage, AuditQuestion } from '../audit-page.ts'
import type { ExpiryDay, StoredMessage, StoredPage, StoredQuestion } from '../overview.ts'
import { type SeriesQuestion, slotAfter, slotOf, type Tally, type Top, type TopQuestion } from '../statistics.ts'
import { auditPageOf } from './audit-page.ts'
import { prepared } from './prepared.ts'
import type { Tallies } from './tallies.ts'

export type OverviewCalls = {
  series: [question: SeriesQuestion, answer: readonly Tally[]]
  top: [question: TopQuestion, answer: Top]
  expiries: [ask: { readonly tenant: string; readonly fromMs: number; readonly days: number }, answer: readonly ExpiryDay[]]
  auditRecords: [question: AuditQuestion, answer: AuditPage]
  storedMessages: [question: StoredQuestion, answer: StoredPage]
  catchUp: [ask: { readonly limit: number; readonly nowMs: number }, more: boolean]
}

type OverviewCall = { readonly [Name in keyof OverviewCalls]: { readonly name: Name; readonly argument: OverviewCalls[Name][0] } }[keyof OverviewCalls]

/** Records that a page counts first, so that it shows the last seconds too. */
const FRESHEN_RECORDS = 200

export function readOverview(database: DatabaseSync, tallies: () => Tallies, call: OverviewCall): unknown {
  switch (call.name) {
    case 'series':
      return freshened(tallies()).series(call.argument)
    case 'top':
      return freshened(tallies()).top(call.argument)
    case 'expiries':
      return expiries(database, freshened(tallies()), call.argument)
    case 'auditRecords':
      return auditPageOf(database, call.argument)
    case 'storedMessages':
      return storedMessages(database, call.argument)
    case 'catchUp': {
      const more = tallies().catchUp(call.argument.limit)
      if (!more) tallies().forgetHours(call.argument.nowMs)
      return more
    }
  }
}

function freshened(tallies: Tallies): Tallies {
  tallies.catchUp(FRESHEN_RECORDS)
  return tallies
}

/** Counted in the index alone where the store has one tenant. */
function expiries(database: DatabaseSync, tallies: Tallies, { tenant, fromMs, days }: OverviewCalls['expiries'][0]): ExpiryDay[] {
  const byTenant = prepared(database, "SELECT count(*) AS messages FROM messages INDEXED BY messages_expiry WHERE age_header IS NOT NULL AND expires_at_ms >= ? AND expires_at_ms < ? AND tenant = ?")
  const all = prepared(database, "SELECT count(*) AS messages FROM messages INDEXED BY messages_expiry WHERE age_header IS NOT NULL AND expires_at_ms >= ? AND expires_at_ms < ?")
  const isShared = tallies.hasOthers(tenant)
  return Array.from({ length: days }, (_, index) => {
    const dayMs = slotAfter(slotOf(fromMs, 'day'), 'day', index)
    const range = [dayMs, slotAfter(dayMs, 'day', 1)] as const
    const row = isShared ? byTenant.get(...range, tenant) : all.get(...range)
    return { dayMs, messages: Number(row?.['messages'] ?? 0) }
  })
}

function storedMessages(database: DatabaseSync, { tenant, sinceMs, before, limit }: StoredQuestion): StoredPage {
  const rows = prepared(
    database,
    `SELECT e.entry_id, e.public_id, e.queue_id, m.accepted_at_ms, r.report FROM entries e
     JOIN messages m ON m.queue_id = e.queue_id AND m.tenant = e.tenant JOIN reports r ON r.entry_id = e.entry_id
     WHERE e.entry_id < ? AND e.tenant = ? AND e.direction = 'inward' AND m.payload_id IS NOT NULL ORDER BY e.entry_id DESC LIMIT ?`,
  ).all(before ?? Number.MAX_SAFE_INTEGER, tenant, limit)
  const recipients = prepared(database, 'SELECT mailbox FROM recipients WHERE entry_id = ? ORDER BY position')
  const fresh = rows.filter(row => Number(row['accepted_at_ms']) >= sinceMs)
  const messages = fresh.map((row): StoredMessage => {
    const report = JSON.parse(String(row['report'])) as Report
    return {
      publicId: String(row['public_id']),
      queueId: String(row['queue_id']),
      acceptedAtMs: Number(row['accepted_at_ms']),
      recipients: recipients.all(Number(row['entry_id'])).map(each => String(each['mailbox'])),
      policyVersion: report.policyVersion,
      parts: storedParts(report.parts),
    }
  })
  const isLast = rows.length < limit || fresh.length < rows.length
  return { messages, next: isLast ? undefined : Number(rows.at(-1)!['entry_id']) }
}
