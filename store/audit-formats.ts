/**
 * Audit records as other programs read them: CSV, CEF, syslog. What a sender wrote (addresses, file names, replies) stands
 * in them, so every format escapes what would end its field, and no line holds a control character: a record is one line
 * whatever it says, and cannot pass for two.
 * Standards: RFC 4180; ArcSight Common Event Format 26; RFC 5424 (§6.3 structured data), RFC 6587 (framing, by the sender).
 */
import type { ChainedRecord } from './audit.ts'

export const AUDIT_FORMATS = ['jsonl', 'csv', 'cef', 'syslog'] as const
export type AuditFormat = (typeof AUDIT_FORMATS)[number]

const COLUMNS = ['seq', 'time', 'tenant', 'kind', 'actor', 'subject', 'detail', 'hash'] as const

/** Head of the file; '' where a format has none. The mark says UTF-8 to spreadsheets. */
export function auditFileHead(format: AuditFormat): string {
  return format === 'csv' ? `\ufeff${COLUMNS.join(',')}\r\n` : ''
}

/** One line with its end. */
export function auditFileLine(record: ChainedRecord, format: AuditFormat, hostname: string): string {
  if (format === 'csv') return csvLine([record.seq, timeOf(record), record.tenant, record.kind, record.actor, record.subject, JSON.stringify(record.detail), record.hash])
  if (format === 'cef') return `${cefOf(record, hostname)}\n`
  return format === 'syslog' ? `${syslogOf(record, hostname)}\n` : `${JSON.stringify(record)}\n`
}

const FORMULA_START = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/
const PLAIN_NUMBER = /^[+-]?\d{1,15}(?:\.\d{1,15})?$/

/** A cell that a spreadsheet would run gets the spreadsheet's own sign for text (OWASP "CSV Injection"). */
export function csvLine(cells: readonly (string | number)[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`
}

function csvCell(cell: string | number): string {
  if (typeof cell === 'number') return String(cell)
  const text = visible(cell)
  const inert = FORMULA_START.test(text) && !PLAIN_NUMBER.test(text) ? `'${text}` : text
  return /[",;'\t|]|^\s|\s$/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert
}

/** In the header a bar and a backslash are escaped, in the extension an equals sign and a backslash. */
export function cefOf(record: ChainedRecord, hostname: string): string {
  const header = ['Sekisho', 'Sekisho', '1', record.kind, record.kind, String(severityOf(record))].map(field => visible(field).replace(/[\\|]/g, '\\$&'))
  const extension = {
    rt: record.atMs,
    dvchost: hostname,
    externalId: record.seq,
    suser: record.actor,
    cs1Label: 'subject',
    cs1: record.subject,
    cs2Label: 'detail',
    cs2: JSON.stringify(record.detail),
    cs3Label: 'hash',
    cs3: record.hash,
    cs4Label: 'tenant',
    cs4: record.tenant,
  }
  const fields = Object.entries(extension).map(([key, value]) => `${key}=${visible(String(value)).replace(/[\\=]/g, '\\$&')}`)
  return `CEF:0|${header.join('|')}|${fields.join(' ')}`
}

/** Facility 13 is the audit log. The number of the enterprise is the one that RFC 5612 keeps for examples. */
const AUDIT_FACILITY = 13
const SYSLOG_SEVERITY = { 3: 6, 6: 5, 9: 2 } as const

/** CEF as most collectors take it: the text of a syslog message. */
export function cefSyslogOf(record: ChainedRecord, hostname: string): string {
  return `${syslogHead(record, hostname)} - ${cefOf(record, hostname)}`
}

export function syslogOf(record: ChainedRecord, hostname: string): string {
  const params = [
    ['seq', String(record.seq)],
    ['tenant', record.tenant],
    ['actor', record.actor],
    ['subject', record.subject],
    ['hash', record.hash],
  ].map(([name, value]) => `${name}="${visible(value!).replace(/["\\\]]/g, '\\$&')}"`)
  return `${syslogHead(record, hostname)} [audit@32473 ${params.join(' ')}] \ufeff${visible(JSON.stringify(record.detail))}`
}

function syslogHead(record: ChainedRecord, hostname: string): string {
  const priority = AUDIT_FACILITY * 8 + SYSLOG_SEVERITY[severityOf(record)]
  return `<${priority}>1 ${timeOf(record)} ${nameOf(hostname)} sekisho-audit - ${nameOf(record.kind)}`
}

/** CEF counts to 10: an alarm and the emergency are loud, what people did is plain, the rest is quiet. */
function severityOf({ kind, actor }: ChainedRecord): 3 | 6 | 9 {
  if (kind === 'alarm' || kind === 'emergency') return 9
  return actor === 'system' ? 3 : 6
}

function timeOf({ atMs }: ChainedRecord): string {
  return new Date(atMs).toISOString()
}

function nameOf(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, '').slice(0, 32) || '-'
}

/** Control characters, line separators and directions as what they are called, not as what they do. */
function visible(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
