/**
 * MessageFilter as SQL over `messages m`. All given conditions must hold.
 */
import type { SQLInputValue } from 'node:sqlite'
import type { MessageFilter } from '../contract.ts'

export type Where = { readonly sql: string; readonly values: readonly SQLInputValue[] }

/** Conditions of a filter; `limit` is the asker's to apply. `isWalked`: few rows are looked at anyway, so ids need not be found first. */
export function whereFilter(filter: MessageFilter, isWalked = false): Where {
  const conditions: Where[] = []
  const add = (sql: string, ...values: SQLInputValue[]) => conditions.push({ sql, values })

  if (filter.queueId !== undefined) add('m.queue_id = ?', filter.queueId)
  if (filter.tenant !== undefined) add('m.tenant = ?', filter.tenant)
  if (filter.sinceMs !== undefined) add('m.accepted_at_ms >= ?', filter.sinceMs)
  if (filter.sha256 !== undefined) {
    // A digest may be known of the whole message or of one file in it. The ids come from indexes; rows of another tenant
    // of the same message are told apart afterwards (a pair on the left of IN would walk all messages).
    const sha256 = filter.sha256.toLowerCase()
    add('m.queue_id IN (SELECT queue_id FROM messages WHERE raw_sha256 = ? UNION SELECT queue_id FROM part_digests WHERE sha256 = ?)', sha256, sha256)
    add('(m.raw_sha256 = ? OR EXISTS (SELECT 1 FROM part_digests d WHERE d.sha256 = ? AND d.tenant = m.tenant AND d.queue_id = m.queue_id))', sha256, sha256)
  }
  if (filter.sender !== undefined) {
    // The reverse-path, or what the reader saw in From.
    const sender = filter.sender.toLowerCase()
    add('(lower(m.reverse_path) = ? OR instr(lower(m.header_from), ?) > 0)', sender, sender)
  }
  if (filter.recipient !== undefined) {
    if (!isWalked) add('m.queue_id IN (SELECT e.queue_id FROM recipients r JOIN entries e USING (entry_id) WHERE r.mailbox = ? COLLATE NOCASE)', filter.recipient)
    const groups = 'SELECT 1 FROM entries g JOIN recipients r USING (entry_id) WHERE g.queue_id = m.queue_id AND g.tenant = m.tenant'
    add(`EXISTS (${groups} AND +r.mailbox = ? COLLATE NOCASE)`, filter.recipient)
  }
  if (conditions.length === 0) return { sql: '1', values: [] }
  return {
    sql: conditions.map(condition => condition.sql).join(' AND '),
    values: conditions.flatMap(condition => condition.values),
  }
}
