/**
 * A part that was still worked on when its message was taken over has its outcome now: the report, what lists are searched
 * by and the audit chain change together. Whatever else the report says of the part stays.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Report } from '../../core/verdict.ts'
import type { PartAmendment } from '../contract.ts'
import { reportFacts } from '../mails.ts'
import type { WriterState } from './state.ts'

/** False when there is no such part, or it has its outcome already: done twice is done once. */
export function amendPart({ database, chain }: WriterState, { publicId, partId, outcome, by }: PartAmendment, nowMs: number): boolean {
  const row = database.prepare(FIND).get(publicId)
  if (!row) return false
  const report = JSON.parse(String(row['report'])) as Report
  const part = report.parts.find(each => each.id === partId && each.outcome === 'pending')
  if (!part) return false
  const { reason: _reason, ...rest } = part
  const parts = report.parts.map(each => (each === part ? { ...rest, ...outcome } : each))
  write(database, Number(row['entry_id']), { ...report, parts })
  const [tenant, subject] = [String(row['tenant']), String(row['queue_id'])]
  const detail = { part: partId, outcome: outcome.outcome, cause: outcome.reason ?? '', reason: by.reason }
  chain.add(nowMs, { tenant, kind: 'verdict', actor: by.actor, subject, detail })
  return true
}

const FIND = 'SELECT e.entry_id, e.tenant, e.queue_id, r.report FROM entries e JOIN reports r ON r.entry_id = e.entry_id WHERE e.public_id = ?'

function write(database: DatabaseSync, entryId: number, report: Report): void {
  const { mailState, partsKept, fileNames } = reportFacts(report)
  database.prepare('UPDATE reports SET report = ? WHERE entry_id = ?').run(JSON.stringify(report), entryId)
  database
    .prepare('UPDATE entries SET mail_state = ?, parts_kept = ?, file_names = ? WHERE entry_id = ?')
    .run(mailState, partsKept, fileNames, entryId)
}
