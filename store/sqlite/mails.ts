/**
 * Lists of people's mail and one message of it: reads only, in the reader thread.
 *
 *   mailbox ──▶ recipients_mailbox, newest first ──▶ [candidates, a bounded number] ──▶ conditions ──▶ rows of a page
 *
 * Entries are numbered as they are accepted, so their number is the key of a page: a page costs the same at the end of
 * a million mails as at their beginning. A search looks at so many candidates and then says where it stands.
 * Invariant: no statement here scans a table (the tests ask the query planner).
 */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { QueueId } from '../../core/smtp/envelope.ts'
import type { Report } from '../../core/verdict.ts'
import type { MailMessage, MailPage, MailQuestion, MailRow } from '../mails.ts'
import type { RecipientState } from '../contract.ts'
import { prepared } from './prepared.ts'

type Row = Record<string, unknown>
type Sql = { readonly sql: string; readonly values: readonly SQLInputValue[] }

/** Mails that one question looks at, over all mailboxes. */
const MOST_LOOKED_AT = 5_000
const SEARCH_STEP = 1_000
/** The clock may have been set back between two messages by so much. */
const CLOCK_SLACK_MS = 3_600_000

const ROW = `e.entry_id, e.public_id, e.queue_id, e.tenant, e.mail_state, e.parts_kept, m.accepted_at_ms, m.header_from,
  m.reverse_path, m.subject, m.raw_bytes`
/** What has no original is ours: reports to senders, files that were asked for. */
const OF_OTHERS = "e.direction = 'inward' AND m.payload_id IS NOT NULL"

export function listMails(database: DatabaseSync, question: MailQuestion): MailPage {
  const { limit, mailboxes } = question
  const span = spanOf(database, question)
  const isSearch = conditionsOf(question).length > 1
  const rows: Row[] = []
  let lookedAt = 0
  let below = span.below
  let more = mailboxes === 'all' || mailboxes.length > 0
  while (more && rows.length <= limit && lookedAt < MOST_LOOKED_AT) {
    const step = isSearch ? SEARCH_STEP : limit + 1
    const candidates = candidatesSql(question, { above: span.above, below, step })
    const seen = prepared(database, `SELECT count(*) AS count, min(entry_id) AS lowest FROM (${candidates.sql})`).get(...candidates.values)
    const found = pageSql(question, candidates)
    rows.push(...prepared(database, found.sql).all(...found.values, limit + 1 - rows.length))
    more = Number(seen?.['count']) >= step
    lookedAt += Number(seen?.['count']) * (mailboxes === 'all' ? 1 : mailboxes.length)
    if (more) below = Number(seen?.['lowest'])
  }
  return pageOf(database, question, { rows, below, more })
}

type Walked = { readonly rows: readonly Row[]; readonly below: number; readonly more: boolean }

/** A page that is full goes on after its last row, a search that has looked long enough where it stopped looking. */
function pageOf(database: DatabaseSync, { mailboxes, limit }: MailQuestion, { rows, below, more }: Walked): MailPage {
  const shown = rows.slice(0, limit)
  const isFull = rows.length > limit
  const last = Number(shown.at(-1)?.['entry_id'])
  const next = isFull ? String(last) : more ? String(below) : undefined
  const searchedToMs = isFull || !more ? undefined : acceptedAt(database, below)
  return { rows: shown.map(row => mailRow(row, mailboxesOf(database, row, mailboxes))), next, searchedToMs }
}

/** The statement of a page, for the tests that ask the query planner. */
export function pageSql(question: MailQuestion, candidates: Sql): Sql {
  const conditions = conditionsOf(question)
  return {
    sql: `SELECT ${ROW} FROM (${candidates.sql}) c JOIN entries e ON e.entry_id = c.entry_id
      JOIN messages m ON m.queue_id = e.queue_id AND m.tenant = e.tenant
      WHERE ${conditions.map(({ sql }) => sql).join(' AND ')} ORDER BY c.entry_id DESC LIMIT ?`,
    values: [...candidates.values, ...conditions.flatMap(({ values }) => values)],
  }
}

/** The newest entries of the mailboxes between two numbers, each once. */
export function candidatesSql(
  { mailboxes }: Pick<MailQuestion, 'mailboxes'>,
  { above, below, step }: { readonly above: number; readonly below: number; readonly step: number },
): Sql {
  if (mailboxes === 'all') {
    const sql = 'SELECT entry_id FROM entries WHERE entry_id > ? AND entry_id < ? ORDER BY entry_id DESC LIMIT ?'
    return { sql, values: [above, below, step] }
  }
  const one = `SELECT entry_id FROM (SELECT DISTINCT entry_id FROM recipients
    WHERE mailbox = ? COLLATE NOCASE AND entry_id > ? AND entry_id < ? ORDER BY entry_id DESC LIMIT ?)`
  const sql = `SELECT entry_id FROM (${mailboxes.map(() => one).join(' UNION ')}) ORDER BY entry_id DESC LIMIT ?`
  return { sql, values: [...mailboxes.flatMap(mailbox => [mailbox, above, below, step]), step] }
}

function conditionsOf(question: MailQuestion): Sql[] {
  const { tenant, sender, subject, messageId, fileName, state, sinceMs, untilMs } = question
  const conditions: Sql[] = [{ sql: `e.tenant = ? AND ${OF_OTHERS}`, values: [tenant] }]
  const add = (sql: string, ...values: SQLInputValue[]) => conditions.push({ sql, values })
  if (sender) add("(m.header_from LIKE ? ESCAPE '\\' OR m.reverse_path LIKE ? ESCAPE '\\')", part(sender), part(sender))
  if (subject) add("m.subject LIKE ? ESCAPE '\\'", part(subject))
  if (messageId) add('m.message_header_id = ?', messageId)
  if (fileName) add("e.file_names LIKE ? ESCAPE '\\'", part(fileName))
  if (state && state !== 'any') add('e.mail_state = ?', state)
  if (sinceMs !== undefined) add('m.accepted_at_ms >= ?', sinceMs)
  if (untilMs !== undefined) add('m.accepted_at_ms <= ?', untilMs)
  return conditions
}

function part(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`
}

/** Between which entries the days that are asked for lie. */
function spanOf(database: DatabaseSync, { after, sinceMs, untilMs }: MailQuestion): { readonly above: number; readonly below: number } {
  const given = after === undefined ? Number.NaN : Number(after)
  const below = Number.isSafeInteger(given) ? given : Number.MAX_SAFE_INTEGER
  const first = (sql: string, atMs: number) => prepared(database, `${ENTRY_AT} ${sql}`).get(atMs)?.['entry_id']
  const later = untilMs === undefined ? undefined : first('m.accepted_at_ms > ? ORDER BY m.accepted_at_ms LIMIT 1', untilMs + CLOCK_SLACK_MS)
  const earlier = sinceMs === undefined ? undefined : first('m.accepted_at_ms < ? ORDER BY m.accepted_at_ms DESC LIMIT 1', sinceMs - CLOCK_SLACK_MS)
  return { above: Number(earlier ?? 0), below: Math.min(below, Number(later ?? Number.MAX_SAFE_INTEGER)) }
}

const ENTRY_AT = 'SELECT e.entry_id FROM messages m JOIN entries e ON e.queue_id = m.queue_id AND e.tenant = m.tenant WHERE'

function acceptedAt(database: DatabaseSync, entryId: number): number | undefined {
  const sql = 'SELECT m.accepted_at_ms AS at FROM entries e JOIN messages m ON m.queue_id = e.queue_id AND m.tenant = e.tenant WHERE e.entry_id = ?'
  const row = prepared(database, sql).get(entryId)
  return row ? Number(row['at']) : undefined
}

/** Undefined when there is none of this number, or no more. */
export function mailMessage(database: DatabaseSync, publicId: string): MailMessage | undefined {
  const row = prepared(database, MESSAGE).get(publicId)
  if (!row) return undefined
  const recipients = prepared(database, 'SELECT mailbox, state FROM recipients WHERE entry_id = ? ORDER BY position')
    .all(Number(row['entry_id']))
    .map(each => recipientOf(String(each['mailbox']), JSON.parse(String(each['state'])) as RecipientState))
  return {
    ...mailRow(row, recipients.map(({ mailbox }) => mailbox)),
    recipients,
    report: JSON.parse(String(row['report'])) as Report,
    rawSha256: String(row['raw_sha256']),
    clientAddress: String(row['client_address']),
    messageId: String(row['message_header_id']),
    originalUntilMs: row['has_original'] === 1 ? Number(row['expires_at_ms']) : undefined,
    textUntilMs: row['has_text'] === 1 ? Number(row['text_expires_at_ms']) : undefined,
  }
}

const MESSAGE = `SELECT ${ROW}, m.raw_sha256, m.client_address, m.message_header_id, m.expires_at_ms, m.age_header IS NOT NULL AS has_original,
  e.text_header IS NOT NULL AS has_text, e.text_expires_at_ms, r.report
  FROM entries e JOIN messages m ON m.queue_id = e.queue_id AND m.tenant = e.tenant JOIN reports r ON r.entry_id = e.entry_id
  WHERE e.public_id = ? AND ${OF_OTHERS}`

function recipientOf(mailbox: string, state: RecipientState): MailMessage['recipients'][number] {
  return { mailbox, state: state.kind, atMs: state.kind === 'scheduled' ? undefined : state.atMs }
}

function mailboxesOf(database: DatabaseSync, row: Row, asked: MailQuestion['mailboxes']): readonly string[] {
  const all = prepared(database, 'SELECT mailbox FROM recipients WHERE entry_id = ? ORDER BY position')
    .all(Number(row['entry_id']))
    .map(each => String(each['mailbox']))
  if (asked === 'all') return all
  const mine = new Set(asked.map(mailbox => mailbox.toLowerCase()))
  return all.filter(mailbox => mine.has(mailbox.toLowerCase()))
}

function mailRow(row: Row, mailboxes: readonly string[]): MailRow {
  return {
    publicId: String(row['public_id']),
    queueId: row['queue_id'] as QueueId,
    tenant: String(row['tenant']),
    acceptedAtMs: Number(row['accepted_at_ms']),
    headerFrom: String(row['header_from']),
    reversePath: row['reverse_path'] as string | null,
    subject: String(row['subject']),
    mailboxes,
    bytes: Number(row['raw_bytes']),
    state: row['mail_state'] as MailRow['state'],
    partsKept: Number(row['parts_kept']),
  }
}
