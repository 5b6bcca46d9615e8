/**
 * Acts on sealed originals: pin, export (still sealed), purge, and expiry of all that retention covers.
 * Deleting the header is the purge; every act is in the audit chain, in the same transaction.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Act, PurgeFilter } from '../contract.ts'
import { auditCutoffMs, logCutoffMs } from '../retention.ts'
import type { Batch } from './batch.ts'
import { whereFilter } from './filter.ts'
import type { OriginalKey, Retained, StoredBytes } from './protocol.ts'
import type { WriterState } from './state.ts'

type Row = Record<string, unknown>
/** Rows of one kind that one transaction expires: mail must not wait behind housekeeping. */
const SLICE = 200
const BY_RETENTION: Act = { actor: 'system', reason: 'retention' }

export class Originals {
  readonly #state: WriterState
  readonly #database: DatabaseSync
  readonly #message: StatementSync
  readonly #dropHeader: StatementSync
  readonly #dropText: StatementSync
  readonly #textsOf: StatementSync

  constructor(state: WriterState) {
    const { database } = state
    this.#state = state
    this.#database = database
    this.#message = database.prepare(
      'SELECT message_id, payload_id, age_header, pinned FROM messages WHERE queue_id = ? AND tenant = ?',
    )
    this.#dropHeader = database.prepare('UPDATE messages SET age_header = NULL, purged_at_ms = ? WHERE message_id = ?')
    this.#dropText = database.prepare(
      'UPDATE entries SET text_header = NULL, text_payload_id = NULL WHERE entry_id = ?',
    )
    this.#textsOf = database.prepare(
      'SELECT entry_id, text_payload_id FROM entries WHERE queue_id = ? AND tenant = ? AND text_header IS NOT NULL',
    )
  }

  pin(
    { queueId, tenant, pinned, by }: OriginalKey & { readonly pinned: boolean; readonly by: Act },
    nowMs: number,
  ): boolean {
    const row = this.#message.get(queueId, tenant)
    if (!row || row['age_header'] === null) return false
    this.#database
      .prepare('UPDATE messages SET pinned = ? WHERE message_id = ?')
      .run(Number(pinned), Number(row['message_id']))
    const detail = { pinned, reason: by.reason }
    this.#state.chain.add(nowMs, { tenant, kind: 'pin', actor: by.actor, subject: queueId, detail })
    return true
  }

  /**
   * Header and place of the payload; the act is recorded before anything leaves.
   * @throws when there is no such original, or not any more.
   */
  exportOriginal(
    { queueId, tenant, by }: OriginalKey & { readonly by: Act },
    nowMs: number,
  ): { header: Uint8Array; payload: StoredBytes } {
    const row = this.#message.get(queueId, tenant)
    if (!row) throw new Error(`no message ${queueId} of tenant ${tenant}`)
    if (row['age_header'] === null) throw new Error('this original has been purged, or was never kept')
    this.#state.chain.add(nowMs, {
      tenant,
      kind: 'export',
      actor: by.actor,
      subject: queueId,
      detail: { reason: by.reason },
    })
    return { header: row['age_header'] as Uint8Array, payload: this.#state.payloads.locate(Number(row['payload_id'])) }
  }

  purge(
    filter: PurgeFilter,
    by: Act,
    { dryRun, nowMs, batch }: { dryRun: boolean; nowMs: number; batch: Batch },
  ): { messages: number; bytes: number } {
    const where = whereFilter(filter)
    const before = filter.olderThanMs === undefined ? nowMs : nowMs - filter.olderThanMs
    const rows: Row[] = this.#database
      .prepare(
        `SELECT m.message_id, m.queue_id, m.tenant, m.payload_id, p.length FROM messages m JOIN payloads p USING (payload_id)
         WHERE m.age_header IS NOT NULL AND m.pinned = 0 AND m.accepted_at_ms <= ? AND ${where.sql} ORDER BY m.message_id LIMIT ?`,
      )
      .all(before, ...where.values, filter.limit)
    if (!dryRun) {
      for (const row of rows) this.#purgeMessage(row, { by, nowMs, batch })
      this.#state.payloads.dropIdleSegments(nowMs, batch)
    }
    return { messages: rows.length, bytes: rows.reduce((sum, row) => sum + Number(row['length']), 0) }
  }

  /** One slice of expiry; `more` when there is another. */
  retain(nowMs: number, batch: Batch): Retained {
    const originals = this.#expireOriginals(nowMs, batch)
    const texts = this.#expireTexts(nowMs, batch)
    const log = this.#expireLog(nowMs)
    const audit = this.#state.chain.cutBefore(auditCutoffMs(this.#state.settings.retention, nowMs), nowMs, SLICE * 10)
    const more = [originals, texts, log].includes(SLICE) || audit === SLICE * 10
    if (!more) this.#state.payloads.dropIdleSegments(nowMs, batch)
    return { originals, texts, log, more }
  }

  #expireOriginals(nowMs: number, batch: Batch): number {
    const rows: Row[] = this.#database
      .prepare(
        'SELECT message_id, queue_id, tenant, payload_id FROM messages WHERE age_header IS NOT NULL AND expires_at_ms <= ? AND pinned = 0 LIMIT ?',
      )
      .all(nowMs, SLICE)
    for (const row of rows) this.#purgeHeader(row, { by: BY_RETENTION, nowMs, batch })
    return rows.length
  }

  #expireTexts(nowMs: number, batch: Batch): number {
    const rows: Row[] = this.#database
      .prepare(
        'SELECT entry_id, text_payload_id FROM entries WHERE text_header IS NOT NULL AND text_expires_at_ms <= ? LIMIT ?',
      )
      .all(nowMs, SLICE)
    for (const row of rows) this.#purgeText(row, batch)
    return rows.length
  }

  /** Rows of messages of which nothing is kept, queued or pinned any more. */
  #expireLog(nowMs: number): number {
    const rows: Row[] = this.#database
      .prepare(
        `SELECT m.message_id, m.queue_id, m.tenant FROM messages m WHERE m.accepted_at_ms < ? AND m.age_header IS NULL AND NOT EXISTS
         (SELECT 1 FROM entries e WHERE e.queue_id = m.queue_id AND e.tenant = m.tenant AND (e.finished_at_ms IS NULL OR e.text_header IS NOT NULL))
         LIMIT ?`,
      )
      .all(logCutoffMs(this.#state.settings.retention, nowMs), SLICE)
    for (const row of rows) this.#deleteMessage(row)
    return rows.length
  }

  /** An operator's purge takes the delivered text along. */
  #purgeMessage(row: Row, act: { readonly by: Act; readonly nowMs: number; readonly batch: Batch }): void {
    this.#purgeHeader(row, act)
    for (const text of this.#textsOf.all(String(row['queue_id']), String(row['tenant'])))
      this.#purgeText(text, act.batch)
  }

  #purgeHeader(
    row: Row,
    { by, nowMs, batch }: { readonly by: Act; readonly nowMs: number; readonly batch: Batch },
  ): void {
    this.#dropHeader.run(nowMs, Number(row['message_id']))
    this.#state.textKeys.forget(String(row['queue_id']))
    const bytes = this.#state.payloads.release(Number(row['payload_id']), batch)
    const record = { tenant: String(row['tenant']), kind: 'purge', actor: by.actor, subject: String(row['queue_id']) }
    this.#state.chain.add(nowMs, { ...record, detail: { reason: by.reason, bytes } })
  }

  #purgeText(row: Row, batch: Batch): void {
    this.#dropText.run(Number(row['entry_id']))
    this.#state.payloads.release(Number(row['text_payload_id']), batch)
  }

  #deleteMessage(row: Row): void {
    const key = [String(row['queue_id']), String(row['tenant'])] as const
    const ofEntries = 'entry_id IN (SELECT entry_id FROM entries WHERE queue_id = ? AND tenant = ?)'
    this.#database.prepare(`DELETE FROM recipients WHERE ${ofEntries}`).run(...key)
    this.#database.prepare(`DELETE FROM reports WHERE ${ofEntries}`).run(...key)
    this.#database.prepare('DELETE FROM entries WHERE queue_id = ? AND tenant = ?').run(...key)
    this.#database.prepare('DELETE FROM part_digests WHERE queue_id = ? AND tenant = ?').run(...key)
    this.#database.prepare('DELETE FROM messages WHERE message_id = ?').run(Number(row['message_id']))
  }
}
