/**
 * The queue as the relay sees it: claim what is due, read it, note a delay warning.
 *
 * A claimed entry is nobody else's until all its claimed recipients are settled, or until start-up, which
 * marks it: an attempt may have been under way.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Mailbox, QueueId, ReversePath } from '../../core/smtp/envelope.ts'
import { type Act, HELD_UNTIL_MS, type MessageFilter, type QueueEntry, type Settlement } from '../contract.ts'
import { whereFilter } from './filter.ts'
import type { StoredBytes } from './protocol.ts'
import { mayDeliver, type WriterState } from './state.ts'

type Row = Record<string, unknown>
const DIRECTIONS = ['inward', 'outward'] as const

const ENTRY = `SELECT e.entry_id, e.queue_id, e.tenant, e.group_id, e.route, e.direction, e.attempts, e.message_bytes, e.delay_warned,
  e.may_be_duplicate, e.due_at_ms, m.reverse_path, m.dsn_allowed, m.smtp_utf8, m.accepted_at_ms
  FROM entries e JOIN messages m ON m.queue_id = e.queue_id AND m.tenant = e.tenant`

export class Queue {
  readonly #state: WriterState
  readonly #database: DatabaseSync
  readonly #due: StatementSync
  readonly #claimEntry: StatementSync
  readonly #claimRecipients: StatementSync
  readonly #claimed: StatementSync
  readonly #copy: StatementSync
  readonly #warned: StatementSync
  readonly #census: StatementSync

  constructor(state: WriterState) {
    const { database } = state
    this.#state = state
    this.#database = database
    this.#due = database.prepare(
      `${ENTRY} WHERE e.direction = ? AND e.claimed = 0 AND e.due_at_ms <= ? AND e.finished_at_ms IS NULL ORDER BY e.due_at_ms LIMIT ?`,
    )
    this.#claimEntry = database.prepare('UPDATE entries SET claimed = 1 WHERE entry_id = ?')
    this.#claimRecipients = database.prepare(
      "UPDATE recipients SET claimed = 1 WHERE entry_id = ? AND kind = 'scheduled' AND due_at_ms <= ?",
    )
    this.#claimed = database.prepare(
      'SELECT mailbox FROM recipients WHERE entry_id = ? AND claimed = 1 ORDER BY position',
    )
    this.#copy = database.prepare(
      'SELECT e.copy_file, c.bytes FROM entries e LEFT JOIN copies c USING (entry_id) WHERE e.entry_id = ? AND e.finished_at_ms IS NULL',
    )
    this.#warned = database.prepare('UPDATE entries SET delay_warned = 1 WHERE entry_id = ?')
    this.#census = database.prepare(
      'SELECT count(*) AS entries, min(due_at_ms) AS due FROM entries WHERE finished_at_ms IS NULL',
    )
  }

  claimDue({ nowMs, limit }: { readonly nowMs: number; readonly limit: number }): readonly QueueEntry[] {
    const open = DIRECTIONS.filter(direction => mayDeliver(this.#state.emergency, direction))
    const rows: Row[] = open.flatMap(direction => this.#due.all(direction, nowMs, limit))
    rows.sort((a, b) => Number(a['due_at_ms']) - Number(b['due_at_ms']))
    return rows.slice(0, limit).map(row => this.#claim(row, nowMs))
  }

  /** Where the composed copy is. @throws when the entry is finished: its copy has been erased. */
  locateCopy(entryId: number): StoredBytes {
    const row = this.#copy.get(entryId)
    if (row === undefined) throw new Error(`entry ${entryId} is not in the queue`)
    if (row['bytes'] !== null) return { kind: 'memory', bytes: row['bytes'] as Uint8Array }
    const path = this.#state.layout.file('outgoing', String(row['copy_file']))
    return { kind: 'file', path, offset: 0, length: -1 }
  }

  markDelayWarned(entryId: number): void {
    this.#warned.run(entryId)
  }

  census(): { readonly queuedMessages: number; readonly oldestDueAtMs: number | undefined } {
    const row = this.#census.get()
    return {
      queuedMessages: Number(row?.['entries']),
      oldestDueAtMs: row?.['due'] === null ? undefined : Number(row?.['due']),
    }
  }

  /** Makes waiting entries due; what is being attempted right now is left alone. */
  retry(filter: MessageFilter, by: Act, nowMs: number): number {
    return this.#setDue({ kind: 'retry', dueAtMs: nowMs }, filter, by, nowMs)
  }

  hold(filter: MessageFilter, by: Act, nowMs: number): number {
    return this.#setDue({ kind: 'hold', dueAtMs: HELD_UNTIL_MS }, filter, by, nowMs)
  }

  #setDue({ kind, dueAtMs }: { readonly kind: 'retry' | 'hold'; readonly dueAtMs: number }, filter: MessageFilter, by: Act, nowMs: number): number {
    const entryIds = this.#openEntries(filter, 'AND e.claimed = 0')
    const entry = this.#database.prepare('UPDATE entries SET due_at_ms = ?1 WHERE entry_id = ?2')
    const recipients = this.#database.prepare(
      "UPDATE recipients SET due_at_ms = ?1 WHERE entry_id = ?2 AND kind = 'scheduled'",
    )
    for (const entryId of entryIds) {
      entry.run(dueAtMs, entryId)
      recipients.run(dueAtMs, entryId)
    }
    const record = {
      kind,
      actor: by.actor,
      subject: filter.queueId ?? 'queue',
      tenant: filter.tenant ?? 'default',
    }
    this.#state.chain.add(nowMs, { ...record, detail: { reason: by.reason, entries: entryIds.length } })
    return entryIds.length
  }

  /** What dropping these messages means, recipient by recipient. */
  dropSettlements(filter: MessageFilter, by: Act, nowMs: number): Settlement[] {
    const waiting = this.#database.prepare("SELECT mailbox FROM recipients WHERE entry_id = ? AND kind = 'scheduled'")
    const state = { kind: 'dropped', atMs: nowMs, by: by.actor, why: by.reason } as const
    return this.#openEntries(filter, '').flatMap(entryId => {
      const mailboxes = waiting.all(entryId).map(row => String(row['mailbox']) as Mailbox)
      const meant = mailboxes.filter(mailbox => filter.recipient === undefined || filter.recipient === mailbox)
      return meant.map(recipient => ({ entryId, recipient, state, possibleDuplicate: false }))
    })
  }

  #openEntries(filter: MessageFilter, more: string): number[] {
    const where = whereFilter(filter, true)
    const sql = `SELECT e.entry_id FROM entries e INDEXED BY entries_due JOIN messages m ON m.queue_id = e.queue_id AND m.tenant = e.tenant
      WHERE e.finished_at_ms IS NULL ${more} AND ${where.sql} ORDER BY e.entry_id LIMIT ?`
    return this.#database
      .prepare(sql)
      .all(...where.values, filter.limit)
      .map(row => Number(row['entry_id']))
  }

  #claim(row: Row, nowMs: number): QueueEntry {
    const entryId = Number(row['entry_id'])
    this.#claimEntry.run(entryId)
    this.#claimRecipients.run(entryId, nowMs)
    const recipients = this.#claimed.all(entryId).map(recipient => String(recipient['mailbox']) as Mailbox)
    return entryFrom(row, recipients)
  }
}

function entryFrom(row: Row, recipients: readonly Mailbox[]): QueueEntry {
  return {
    entryId: Number(row['entry_id']),
    queueId: row['queue_id'] as QueueId,
    tenant: String(row['tenant']),
    groupId: String(row['group_id']),
    route: String(row['route']),
    direction: row['direction'] as QueueEntry['direction'],
    reversePath: row['reverse_path'] as ReversePath,
    dsnAllowed: row['dsn_allowed'] === 1,
    smtpUtf8: row['smtp_utf8'] === 1,
    acceptedAtMs: Number(row['accepted_at_ms']),
    attempts: Number(row['attempts']),
    recipients,
    messageBytes: Number(row['message_bytes']),
    delayWarned: row['delay_warned'] === 1,
    mayBeDuplicate: row['may_be_duplicate'] === 1,
  }
}
