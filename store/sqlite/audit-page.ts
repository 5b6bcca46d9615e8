/**
 * Pages of an audit chain (store/audit-page.ts) over the table that holds it: reads only.
 *
 * Records are numbered in the order of time, so a time is found by halving and no index on it is needed. A search looks at
 * a bounded number of records and says how far it came.
 */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { AuditPage, AuditQuestion } from '../audit-page.ts'
import type { ChainedRecord } from '../audit.ts'
import { recordFrom } from './chain.ts'
import { prepared } from './prepared.ts'

const MOST_LOOKED_AT = 20_000

export function auditPageOf(database: DatabaseSync, question: AuditQuestion): AuditPage {
  const { limit, before, sinceMs, untilMs } = question
  const lowest = sinceMs === undefined ? 0 : seqFrom(database, sinceMs)
  const below = Math.min(before ?? Number.MAX_SAFE_INTEGER, untilMs === undefined ? Number.MAX_SAFE_INTEGER : seqFrom(database, untilMs))
  const { sql, values } = conditions(question)
  if (question.subject) return pageOf(database, { sql: `subject = ? AND seq >= ? AND seq < ? AND ${sql}`, values: [question.subject, lowest, below, ...values] }, limit)

  const floor = floorOf(database, below)
  const from = sql === '1' ? lowest : Math.max(lowest, floor)
  const page = pageOf(database, { sql: `seq >= ? AND seq < ? AND ${sql}`, values: [from, below, ...values] }, limit)
  if (page.next !== undefined || from === lowest) return page
  const atMs = prepared(database, 'SELECT at_ms FROM audit WHERE seq >= ? ORDER BY seq LIMIT 1').get(from)?.['at_ms']
  return { records: page.records, next: from, searchedToMs: atMs === undefined ? undefined : Number(atMs) }
}

type Where = { readonly sql: string; readonly values: readonly SQLInputValue[] }

function conditions({ kinds, actor, text, tenant }: AuditQuestion): Where {
  const found: Where[] = []
  if (kinds && kinds.length > 0) found.push({ sql: `kind IN (${kinds.map(() => '?').join(', ')})`, values: kinds })
  if (tenant) found.push({ sql: 'tenant = ?', values: [tenant] })
  if (actor) found.push({ sql: "actor LIKE ? ESCAPE '\\'", values: [within(actor)] })
  if (text) found.push({ sql: "(detail LIKE ? ESCAPE '\\' OR subject LIKE ? ESCAPE '\\')", values: [within(text), within(text)] })
  return { sql: found.map(({ sql }) => sql).join(' AND ') || '1', values: found.flatMap(({ values }) => values) }
}

function within(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`
}

function pageOf(database: DatabaseSync, { sql, values }: Where, limit: number): AuditPage {
  const records: ChainedRecord[] = prepared(database, `SELECT * FROM audit WHERE ${sql} ORDER BY seq DESC LIMIT ?`)
    .all(...values, limit + 1)
    .map(recordFrom)
  const shown = records.slice(0, limit)
  return { records: shown, next: records.length > limit ? shown.at(-1)!.seq : undefined, searchedToMs: undefined }
}

/** Numbers have no gaps but at the front, so the record that is so many below is found by its number. */
function floorOf(database: DatabaseSync, below: number): number {
  const highest = Number(prepared(database, 'SELECT max(seq) AS seq FROM audit').get()?.['seq'] ?? 0)
  return Math.min(below, highest + 1) - MOST_LOOKED_AT
}

/** The first record made at this time or later; beyond the last when there is none. */
function seqFrom(database: DatabaseSync, atMs: number): number {
  const ends = prepared(database, 'SELECT (SELECT min(seq) FROM audit) AS low, (SELECT max(seq) FROM audit) AS high').get()
  let low = Number(ends?.['low'] ?? 0)
  let high = Number(ends?.['high'] ?? -1) + 1
  const at = prepared(database, 'SELECT at_ms FROM audit WHERE seq = ?')
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (Number(at.get(middle)?.['at_ms'] ?? 0) < atMs) low = middle + 1
    else high = middle
  }
  return low
}
