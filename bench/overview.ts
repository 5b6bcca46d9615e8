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
import { listQuarantine, listQueue, trace } from '../store/sqlite/listing.ts'
import { auditPageOf } from '../store/sqlite/audit-page.ts'
import { readOverview } from '../store/sqlite/overview.ts'
import { openForWriting } from '../store/sqlite/schema.ts'
import { Tallies } from '../store/sqlite/tallies.ts'
import { slotAfter, slotOf } from '../store/statistics.ts'
import { scratchDirectory } from '../test/unit/store/sample.ts'
import { fillStore, largeStoreId } from './load/large-store.ts'
import { questionTimer } from './load/questions.ts'

const QUESTIONS = 50
const FIRST_MS = Date.UTC(2026, 3, 1)
const rows = Number(process.argv[2] ?? 200_000)
const STEP_MS = Math.floor((75 * 86_400_000) / rows)

const measure = questionTimer(rows, QUESTIONS)
const directory = scratchDirectory()
const database = openForWriting(join(directory, 'mail.db'))
fillStore(database, { rows, firstMs: FIRST_MS, stepMs: STEP_MS, waitingEvery: 10_000 })
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
measure('one message in the queue', index => listQueue(database, { queueId: largeStoreId(index + 1), limit: 200 }))
measure('rows of 50 originals', index => listQuarantine(database, { queueIds: Array.from({ length: 50 }, (_, i) => largeStoreId(index * 50 + i + 1)), tenant: 'default', limit: 50 }))
measure('trace of one', index => trace(database, { queueId: largeStoreId(index * 97 + 1), limit: 1 }))
measure('trace by digest', index => trace(database, { tenant: 'default', sha256: (index + 1).toString(16).padStart(64, '0'), limit: 50 }))
measure('audit, first page', () => auditPageOf(database, { tenant: 'default', limit: 50 }))
measure('audit, a day in the middle', () => auditPageOf(database, { tenant: 'default', sinceMs: FIRST_MS + 30 * 86_400_000, untilMs: FIRST_MS + 31 * 86_400_000, limit: 50 }))
measure('audit, a search that finds nothing', () => auditPageOf(database, { tenant: 'default', text: 'nowhere', limit: 50 }))
measure('audit of one message', index => auditPageOf(database, { subject: largeStoreId(index + 1), limit: 50 }))
measure('a page of stored files', index => overview({ name: 'storedMessages', argument: { tenant: 'default', sinceMs: 0, before: rows - index * 250, limit: 250 } }))
tallies.close()
database.close()
rmSync(directory, { recursive: true })
