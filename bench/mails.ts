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
import type { MailQuestion } from '../store/mails.ts'
import { listMails, mailMessage } from '../store/sqlite/mails.ts'
import { openForWriting } from '../store/sqlite/schema.ts'
import { scratchDirectory } from '../test/unit/store/sample.ts'
import { fillStore } from './load/large-store.ts'
import { questionTimer } from './load/questions.ts'

const QUESTIONS = 200
const FIRST_MS = Date.UTC(2026, 3, 1)
const rows = Number(process.argv[2] ?? 200_000)

const measure = questionTimer(rows, QUESTIONS)
const directory = scratchDirectory()
const database = openForWriting(join(directory, 'mail.db'))
fillStore(database, { rows, firstMs: FIRST_MS, stepMs: 1000, waitingEvery: 0 })
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
