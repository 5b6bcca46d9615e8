/**
 * How long does a list of one person's mail take in a large store, and does the last page cost what the first does?
 *
 *   npm run bench -- mails [ROWS]
 *
 * ROWS messages (200,000 unless told) of 500 mailboxes, one of which has a tenth of them. Reports median and 95th percentile
 * over 200 questions of each kind, asked of the reader's function in this thread. Not a test.
 */
import { rmSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { MailQuestion } from '../store/mails.ts'
import { listMails, mailMessage } from '../store/sqlite/mails.ts'
import { openForWriting } from '../store/sqlite/schema.ts'
import { REPORT, scratchDirectory } from '../test/unit/store/sample.ts'
import { questionTimer } from './load/questions.ts'

const QUESTIONS = 200
const FIRST_MS = Date.UTC(2026, 3, 1)
const rows = Number(process.argv[2] ?? 200_000)

function fill(database: DatabaseSync): void {
  const report = JSON.stringify(REPORT).replaceAll("'", "''")
  database.exec(`BEGIN;
    CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows}) SELECT i FROM n;
    INSERT INTO messages SELECT i, 'default', 'q' || i, ${FIRST_MS} + i * 1000, 1, 0, 9e12, NULL, i, x'00', '192.0.2.1', 'mx', 'sender' || (i % 997) || '@example.net',
      0, 0, 48000, hex(i), '', '<' || i || '@x>', 'お知らせ ' || i, 'sender' || (i % 997) || '@example.net' FROM n;
    INSERT INTO entries (entry_id, tenant, queue_id, group_id, direction, route, claimed, due_at_ms, attempts, delay_warned, may_be_duplicate, finished_at_ms,
      message_bytes, retention_class, public_id, check_code, parts_kept, mail_state, file_names)
      SELECT i, 'default', 'q' || i, 'g', 'inward', 'r', 0, 0, 1, 0, 0, 1, 48000, '', 'P' || i, '1234', i % 7 = 0, iif(i % 7 = 0, 'kept', 'clean'), '資料' || i || '.zip' FROM n;
    INSERT INTO recipients SELECT i, 0, 'default', iif(i % 10 = 0, 'desk', 'user' || (i % 499)) || '@town.example.jp', 'delivered', 0, NULL, '{"kind":"delivered","atMs":1}' FROM n;
    INSERT INTO reports SELECT i, 'default', '${report}' FROM n;
    COMMIT`)
}

const measure = questionTimer(rows, QUESTIONS)
const directory = scratchDirectory()
const database = openForWriting(join(directory, 'mail.db'))
fill(database)
console.log(JSON.stringify({ machine: cpus()[0]?.model, node: process.version }))
const ask = (over: Partial<MailQuestion>) => listMails(database, { tenant: 'default', mailboxes: ['desk@town.example.jp'], limit: 50, ...over })
const user = (index: number) => [`user${index}@town.example.jp`, `user${index + 1}@town.example.jp`]
measure('first page, a large mailbox', () => ask({}))
measure('a page in the middle', () => ask({ after: String(Math.floor(rows / 2)) }))
measure('first page, two mailboxes of a person', index => ask({ mailboxes: user(index) }))
measure('everybody, first page', () => ask({ mailboxes: 'all' }))
measure('kept back only', () => ask({ state: 'kept' }))
measure('a search that finds nothing in a large mailbox', () => ask({ subject: 'nowhere', fileName: 'nowhere' }))
measure('a search of everybody that finds nothing', () => ask({ mailboxes: 'all', sender: 'nowhere' }))
measure('a day in the middle', () => ask({ sinceMs: FIRST_MS + rows * 500, untilMs: FIRST_MS + rows * 500 + 86_400_000 }))
measure('one message', index => mailMessage(database, `P${index * 997 + 1}`))
database.close()
rmSync(directory, { recursive: true })
