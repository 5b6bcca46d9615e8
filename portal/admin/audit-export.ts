/**
 * Audit records for others: as a file, or handed over to a collector. Both walk the chain once, oldest first, and leave a
 * record of their own in the portal's chain first.
 */
import { Readable } from 'node:stream'
import { html } from '../http/html.ts'
import type { SignedRoute, SignedVisit } from '../http/route.ts'
import type { ChainedRecord } from '../../store/audit.ts'
import { AUDIT_FORMATS, type AuditFormat, auditFileHead, auditFileLine, cefSyslogOf, syslogOf } from '../../store/audit-formats.ts'
import { lineOf, sealedExport } from '../../store/audit-file.ts'
import type { AuditQuestion } from '../../store/audit-page.ts'
import type { AuditSource } from '../ports.ts'
import { auditTexts } from '../texts/audit.ts'
import { auditQuestionOf, chainOf } from './audit.ts'
import { type AdminHouse, needing } from './house.ts'
import { noticeBox, number } from './widgets.ts'

const MEDIA_TYPES: Readonly<Record<AuditFormat, string>> = { jsonl: 'application/jsonl', csv: 'text/csv; charset=utf-8', cef: 'text/plain; charset=utf-8', syslog: 'text/plain; charset=utf-8' }
const EXTENSIONS: Readonly<Record<AuditFormat, string>> = { jsonl: 'jsonl', csv: 'csv', cef: 'cef.txt', syslog: 'log' }

export function auditExportRoutes(house: AdminHouse): SignedRoute[] {
  return [
    { ...needing('audit.see'), method: 'POST', path: '/audit/export', handle: visit => save(house, visit) },
    { ...needing('audit.see'), method: 'POST', path: '/audit/forward', handle: visit => forward(house, visit) },
  ]
}

function save(house: AdminHouse, visit: SignedVisit) {
  const { form } = visit
  const chain = chainOf(house, form.get('chain'))
  const format = AUDIT_FORMATS.find(each => each === form.get('format')) ?? 'jsonl'
  const question = auditQuestionOf(visit, form.get)
  remember(house, visit, { chain: chain.name, to: 'file', format })
  const bytes = Readable.from(format === 'jsonl' ? sealedFileOf(house, visit, chain, question) : fileOf(chain, question, format, house.hostname))
  return { kind: 'file', name: `audit-${chain.name}.${EXTENSIONS[format]}`, mediaType: MEDIA_TYPES[format], bytes } as const
}

async function* fileOf(chain: AuditSource, question: Omit<AuditQuestion, 'limit'>, format: AuditFormat, hostname: string): AsyncGenerator<Buffer> {
  yield Buffer.from(auditFileHead(format))
  for await (const record of matching(chain, question)) yield Buffer.from(auditFileLine(record, format, hostname))
}

/** As over the API: the last line lets anybody see whether a line was changed, added or taken away since. */
async function* sealedFileOf({ seal }: AdminHouse, { person }: SignedVisit, chain: AuditSource, question: Omit<AuditQuestion, 'limit'>): AsyncGenerator<Buffer> {
  const about = { tenant: person.tenant, actor: `user:${person.login}`, detail: { chain: chain.name, to: 'file', format: 'jsonl', from: 0, conditions: JSON.stringify(question) } }
  const wanted = { isWanted: (record: ChainedRecord) => matches(record, question), limit: Number.MAX_SAFE_INTEGER }
  for await (const value of sealedExport(chain.records(0), wanted, about, seal)) yield Buffer.from(lineOf(value))
}

async function forward(house: AdminHouse, visit: SignedVisit) {
  const { form, language } = visit
  const texts = auditTexts(language).forward
  const chain = chainOf(house, form.get('chain'))
  const write = form.get('format') === 'cef' ? cefSyslogOf : syslogOf
  remember(house, visit, { chain: chain.name, to: house.operations.collector, format: form.get('format') === 'cef' ? 'cef' : 'syslog' })
  try {
    const count = await house.operations.forward(messagesOf(matching(chain, auditQuestionOf(visit, form.get)), record => write(record, house.hostname)))
    return { kind: 'page', title: texts.title, body: noticeBox('done', html`<p role="status">${texts.done(number(count, language))}</p><p><a href="/audit">${auditTexts(language).title}</a></p>`) } as const
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { kind: 'page', status: 503, title: texts.title, body: noticeBox('problem', html`<p>${texts.failed}</p><p lang="en">${why}</p><p><a href="/audit">${auditTexts(language).title}</a></p>`) } as const
  }
}

async function* messagesOf(records: AsyncIterable<ChainedRecord>, write: (record: ChainedRecord) => string): AsyncGenerator<string> {
  for await (const record of records) yield write(record)
}

async function* matching(chain: AuditSource, question: Omit<AuditQuestion, 'limit'>): AsyncGenerator<ChainedRecord> {
  for await (const record of chain.records(0)) if (matches(record, question)) yield record
}

/** The same conditions as those of a page (store/sqlite/audit-page.ts). */
export function matches({ kind, actor, subject, tenant, atMs, detail }: ChainedRecord, question: Omit<AuditQuestion, 'limit'>): boolean {
  const holds = (text: string, part: string) => text.toLowerCase().includes(part.toLowerCase())
  if (question.kinds && !question.kinds.includes(kind)) return false
  if (question.tenant && question.tenant !== tenant) return false
  if (question.actor && !holds(actor, question.actor)) return false
  if (question.subject && question.subject !== subject) return false
  if (question.text && !holds(JSON.stringify(detail), question.text) && !holds(subject, question.text)) return false
  return (question.sinceMs === undefined || atMs >= question.sinceMs) && (question.untilMs === undefined || atMs < question.untilMs)
}

function remember({ record }: AdminHouse, { person }: SignedVisit, detail: Readonly<Record<string, string>>): void {
  record({ tenant: person.tenant, kind: 'handover', actor: `user:${person.login}`, subject: 'audit', detail })
}
