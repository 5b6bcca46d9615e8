/**
 * How long does each question of an administrator's page take in a large store?
 *
 *   npm run bench -- overview [ROWS]
 *
 * ROWS messages (200,000 unless told) over 75 days, each accepted and delivered in the chain, counted first. Reports the time
 * to count them all, then median and 95th percentile of each question, asked of the reader's functions in this thread. Not a test.
 */
import { rmSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { listQuarantine, listQueue, trace } from '../store/sqlite/listing.ts'
import { auditPageOf } from '../store/sqlite/audit-page.ts'
import { readOverview } from '../store/sqlite/overview.ts'
import { openForWriting } from '../store/sqlite/schema.ts'
import { Tallies } from '../store/sqlite/tallies.ts'
import { slotAfter, slotOf } from '../store/statistics.ts'
import { REPORT, scratchDirectory } from '../test/unit/store/sample.ts'
import { questionTimer } from './load/questions.ts'

const QUESTIONS = 50
const FIRST_MS = Date.UTC(2026, 3, 1)
const rows = Number(process.argv[2] ?? 200_000)
const STEP_MS = Math.floor((75 * 86_400_000) / rows)

function fill(database: DatabaseSync): void {
  const report = JSON.stringify(REPORT).replaceAll("'", "''")
  database.exec(`BEGIN;
    CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows}) SELECT i FROM n;
    INSERT INTO messages (message_id, tenant, queue_id, accepted_at_ms, confirmed, pinned, expires_at_ms, purged_at_ms, payload_id, age_header, client_address, helo,
      reverse_path, dsn_allowed, smtp_utf8, raw_bytes, raw_sha256, dedup_key, message_header_id, subject, header_from)
      SELECT i, 'default', 'q' || i, ${FIRST_MS} + i * ${STEP_MS}, 1, 0, ${FIRST_MS} + i * ${STEP_MS} + 2592000000, NULL, i, zeroblob(200), '192.0.2.1', 'mx',
      'sender' || (i % 997) || '@d' || (i % 1499) || '.example', 0, 0, 48000, printf('%064x', i), '', '<' || i || '@x>', 'お知らせ ' || i, 'sender' || (i % 997) || '@example.net' FROM n;
    INSERT INTO entries (entry_id, tenant, queue_id, group_id, direction, route, claimed, due_at_ms, attempts, delay_warned, may_be_duplicate, finished_at_ms,
      message_bytes, retention_class, public_id, check_code, parts_kept, mail_state, file_names)
      SELECT i, 'default', 'q' || i, 'g', 'inward', 'r', 0, 0, 1, 0, 0, iif(i % 10000 = 0, NULL, 1), 48000, '', 'P' || i, '1234', i % 7 = 0, iif(i % 7 = 0, 'kept', 'clean'), '資料' || i || '.zip' FROM n;
    INSERT INTO recipients SELECT i, 0, 'default', iif(i % 10 = 0, 'desk', 'user' || (i % 499)) || '@town.example.jp', 'delivered', 0, NULL, '{"kind":"delivered","atMs":1}' FROM n;
    INSERT INTO reports SELECT i, 'default', '${report}' FROM n;
    INSERT INTO part_digests SELECT printf('%064x', i % 5000), 'default', 'q' || i FROM n;
    INSERT INTO audit SELECT 2 * i - 1, ${FIRST_MS} + i * ${STEP_MS}, 'default', 'accept', 'system', 'q' || i, '{"client":"192.0.2.1","verdict":"relay"}', '', '' FROM n;
    INSERT INTO audit SELECT 2 * i, ${FIRST_MS} + i * ${STEP_MS} + 900, 'default', 'deliver', 'system', 'q' || i, '{"recipient":"desk@town.example.jp"}', '', '' FROM n;
    COMMIT`)
}

const measure = questionTimer(rows, QUESTIONS)
const directory = scratchDirectory()
const database = openForWriting(join(directory, 'mail.db'))
fill(database)
console.log(JSON.stringify({ machine: cpus()[0]?.model, node: process.version }))
const tallies = new Tallies(join(directory, 'tallies.db'), database)
const startMs = performance.now()
while (tallies.catchUp(500));
console.log(JSON.stringify({ name: 'counting everything', rows, ms: Math.round(performance.now() - startMs) }))

const monthMs = slotOf(FIRST_MS + 20 * 86_400_000, 'month')
const month = { tenant: 'default', fromMs: monthMs, untilMs: slotAfter(monthMs, 'month', 1) } as const
const overview = (call: Parameters<typeof readOverview>[2]) => readOverview(database, () => tallies, call)
measure('series of a day by hour', () => overview({ name: 'series', argument: { ...month, measure: 'in', grain: 'hour', untilMs: month.fromMs + 86_400_000 } }))
measure('senders of a month', () => overview({ name: 'top', argument: { ...month, measure: 'sender', grain: 'day', limit: 50 } }))
measure('recipients of 75 days', () => overview({ name: 'top', argument: { ...month, fromMs: 0, untilMs: 9e12, measure: 'mailbox', grain: 'day', limit: 1000 } }))
measure('when originals end, 14 days', () => overview({ name: 'expiries', argument: { tenant: 'default', fromMs: FIRST_MS + 40 * 86_400_000, days: 14 } }))
measure('queue', () => listQueue(database, { tenant: 'default', limit: 200 }))
measure('queue of one recipient', () => listQueue(database, { tenant: 'default', recipient: 'desk@town.example.jp', limit: 200 }))
measure('one message in the queue', index => listQueue(database, { queueId: `q${index + 1}`, limit: 200 }))
measure('rows of 50 originals', index => listQuarantine(database, { queueIds: Array.from({ length: 50 }, (_, i) => `q${index * 50 + i + 1}`), tenant: 'default', limit: 50 }))
measure('trace of one', index => trace(database, { queueId: `q${index * 97 + 1}`, limit: 1 }))
measure('trace by digest', index => trace(database, { tenant: 'default', sha256: (index + 1).toString(16).padStart(64, '0'), limit: 50 }))
measure('audit, first page', () => auditPageOf(database, { tenant: 'default', limit: 50 }))
measure('audit, a day in the middle', () => auditPageOf(database, { tenant: 'default', sinceMs: FIRST_MS + 30 * 86_400_000, untilMs: FIRST_MS + 31 * 86_400_000, limit: 50 }))
measure('audit, a search that finds nothing', () => auditPageOf(database, { tenant: 'default', text: 'nowhere', limit: 50 }))
measure('audit of one message', index => auditPageOf(database, { subject: `q${index + 1}`, limit: 50 }))
measure('a page of stored files', index => overview({ name: 'storedMessages', argument: { tenant: 'default', sinceMs: 0, before: rows - index * 250, limit: 250 } }))
tallies.close()
database.close()
rmSync(directory, { recursive: true })
