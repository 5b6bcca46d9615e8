/**
 * MessageFilter as SQL over `messages m`. All given conditions must hold.
 */
import type { SQLInputValue } from 'node:sqlite'
import type { MessageFilter } from '../contract.ts'

export type Where = { readonly sql: string; readonly values: readonly SQLInputValue[] }

/** Conditions of a filter; `limit` is the asker's to apply. */
export function whereFilter(filter: MessageFilter): Where {
  const conditions: Where[] = []
  const add = (sql: string, ...values: SQLInputValue[]) => conditions.push({ sql, values })

  if (filter.queueId !== undefined) add('m.queue_id = ?', filter.queueId)
  if (filter.tenant !== undefined) add('m.tenant = ?', filter.tenant)
  if (filter.sinceMs !== undefined) add('m.accepted_at_ms >= ?', filter.sinceMs)
  if (filter.sha256 !== undefined) {
    // A digest may be known of the whole message or of one file in it.
    const known =
      'SELECT queue_id, tenant FROM messages WHERE raw_sha256 = ? UNION SELECT queue_id, tenant FROM part_digests WHERE sha256 = ?'
    add(`(m.queue_id, m.tenant) IN (${known})`, filter.sha256.toLowerCase(), filter.sha256.toLowerCase())
  }
  if (filter.sender !== undefined) {
    // The reverse-path, or what the reader saw in From.
    const sender = filter.sender.toLowerCase()
    add('(lower(m.reverse_path) = ? OR instr(lower(m.header_from), ?) > 0)', sender, sender)
  }
  if (filter.recipient !== undefined) {
    const groups = 'SELECT e.queue_id, e.tenant FROM recipients r JOIN entries e USING (entry_id) WHERE r.mailbox = ? COLLATE NOCASE'
    add(`(m.queue_id, m.tenant) IN (${groups})`, filter.recipient)
  }
  if (conditions.length === 0) return { sql: '1', values: [] }
  return {
    sql: conditions.map(condition => condition.sql).join(' AND '),
    values: conditions.flatMap(condition => condition.values),
  }
}
