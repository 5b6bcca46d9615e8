/**
 * What operators look at: queue, quarantine, traces, reports. Reads only, in the reader thread, so that a
 * search through a year of mail never holds up a commit.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Mailbox, QueueId, ReversePath } from '../../core/smtp/envelope.ts'
import type { Report } from '../../core/verdict.ts'
import type { MessageFilter, QuarantineFilter, QuarantineRow, QueueRow, RecipientState, TraceResult, TraceStep } from '../contract.ts'
import { whereFilter } from './filter.ts'
import { prepared } from './prepared.ts'

type Row = Record<string, unknown>

export function listQueue(database: DatabaseSync, filter: MessageFilter): readonly QueueRow[] {
  const where = whereFilter(filter, true)
  const rows: Row[] = prepared(
    database,
    `SELECT e.entry_id, e.queue_id, e.tenant, e.route, e.message_bytes, m.reverse_path, m.accepted_at_ms
     FROM entries e INDEXED BY entries_due JOIN messages m ON m.queue_id = e.queue_id AND m.tenant = e.tenant
     WHERE e.finished_at_ms IS NULL AND ${where.sql} ORDER BY e.entry_id LIMIT ?`,
  ).all(...where.values, filter.limit)
  return rows.map(row => ({
    queueId: row['queue_id'] as QueueId,
    entryId: Number(row['entry_id']),
    tenant: String(row['tenant']),
    route: String(row['route']),
    reversePath: row['reverse_path'] as ReversePath,
    acceptedAtMs: Number(row['accepted_at_ms']),
    messageBytes: Number(row['message_bytes']),
    recipients: recipientsOf(database, Number(row['entry_id'])),
  }))
}

const KEPT_BACK =
  'EXISTS (SELECT 1 FROM entries e WHERE e.queue_id = m.queue_id AND e.tenant = m.tenant AND e.parts_kept > 0)'

/** Newest first. */
export function listQuarantine(database: DatabaseSync, filter: QuarantineFilter): readonly QuarantineRow[] {
  const where = whereFilter(filter)
  const { queueIds } = filter
  const isOneOf = queueIds ? `m.queue_id IN (${queueIds.map(() => '?').join(', ')})` : '1'
  const rows: Row[] = prepared(
    database,
    `SELECT m.queue_id, m.tenant, m.accepted_at_ms, m.reverse_path, m.subject, m.raw_bytes, m.raw_sha256, m.expires_at_ms, m.pinned,
     m.purged_at_ms FROM messages m WHERE m.payload_id IS NOT NULL AND ${filter.keptOnly ? KEPT_BACK : '1'} AND ${isOneOf} AND ${where.sql} ORDER BY ${newest(filter)} DESC LIMIT ?`,
  ).all(...(queueIds ?? []), ...where.values, filter.limit)
  return rows.map(row => ({
    queueId: row['queue_id'] as QueueId,
    tenant: String(row['tenant']),
    acceptedAtMs: Number(row['accepted_at_ms']),
    reversePath: row['reverse_path'] as ReversePath,
    subject: String(row['subject']),
    bytes: Number(row['raw_bytes']),
    rawSha256: String(row['raw_sha256']),
    expiresAtMs: Number(row['expires_at_ms']),
    pinned: row['pinned'] === 1,
    purged: row['purged_at_ms'] !== null,
    parts: keptBack(reportsOf(database, String(row['queue_id']), String(row['tenant']))),
  }))
}

/** What an index finds is few and sorted afterwards (the plus); anything else is walked in the order of time. */
function newest({ queueId, sha256, queueIds }: QuarantineFilter): string {
  return queueId !== undefined || sha256 !== undefined || queueIds !== undefined ? '+m.accepted_at_ms' : 'm.accepted_at_ms'
}

export function reportsOf(database: DatabaseSync, queueId: string, tenant: string): readonly Report[] {
  return prepared(
    database,
    'SELECT report FROM reports JOIN entries e USING (entry_id) WHERE e.queue_id = ? AND e.tenant = ? ORDER BY entry_id',
  )
    .all(queueId, tenant)
    .map(row => JSON.parse(String(row['report'])) as Report)
}

/** The whole life of each message that the filter finds, newest message first. */
export function trace(database: DatabaseSync, filter: MessageFilter): readonly TraceResult[] {
  const where = whereFilter(filter)
  const rows: Row[] = prepared(
    database,
    `SELECT m.queue_id, m.tenant, m.reverse_path, m.subject, m.raw_sha256 FROM messages m
     WHERE ${where.sql} ORDER BY ${newest(filter)} DESC LIMIT ?`,
  ).all(...where.values, filter.limit)
  return rows.map(row => {
    const queueId = row['queue_id'] as QueueId
    const tenant = String(row['tenant'])
    return {
      queueId,
      tenant,
      reversePath: row['reverse_path'] as ReversePath,
      recipients: mailboxesOf(database, queueId, tenant),
      subject: String(row['subject']),
      rawSha256: String(row['raw_sha256']),
      steps: stepsOf(database, queueId, tenant),
    }
  })
}

function recipientsOf(database: DatabaseSync, entryId: number): QueueRow['recipients'] {
  return prepared(database, 'SELECT mailbox, state, due_at_ms FROM recipients WHERE entry_id = ? ORDER BY position')
    .all(entryId)
    .map(row => ({ mailbox: String(row['mailbox']) as Mailbox, state: stateOf(row) }))
}

/** When it is due now: an operator may have changed that since it was written. */
function stateOf(row: Row): RecipientState {
  const state = JSON.parse(String(row['state'])) as RecipientState
  return state.kind === 'scheduled' && row['due_at_ms'] !== null ? { ...state, dueAtMs: Number(row['due_at_ms']) } : state
}

function mailboxesOf(database: DatabaseSync, queueId: string, tenant: string): readonly Mailbox[] {
  return prepared(
    database,
    'SELECT r.mailbox FROM recipients r JOIN entries e USING (entry_id) WHERE e.queue_id = ? AND e.tenant = ? ORDER BY e.entry_id, r.position',
  )
    .all(queueId, tenant)
    .map(row => String(row['mailbox']) as Mailbox)
}

function stepsOf(database: DatabaseSync, queueId: string, tenant: string): readonly TraceStep[] {
  return prepared(database, 'SELECT at_ms, kind, actor, detail FROM audit WHERE subject = ? AND tenant = ? ORDER BY seq')
    .all(queueId, tenant)
    .map(row => ({
      atMs: Number(row['at_ms']),
      kind: String(row['kind']),
      actor: String(row['actor']),
      detail: JSON.parse(String(row['detail'])) as TraceStep['detail'],
    }))
}

/** Groups of one message may keep back the same part for the same reason: it is listed once. */
function keptBack(reports: readonly Report[]): QuarantineRow['parts'] {
  const parts = new Map<string, QuarantineRow['parts'][number]>()
  for (const part of reports.flatMap(report => report.parts)) {
    if (part.outcome !== 'quarantined' && part.outcome !== 'pending') continue
    const { id, name, detectedType } = part
    parts.set(id, { id, name, detectedType, reason: part.reason ?? part.rule })
  }
  return [...parts.values()]
}
