import type { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Mailbox } from '../../../core/smtp/envelope.ts'
import type { PartReport, Report } from '../../../core/verdict.ts'
import { type MailQuestion, reportFacts } from '../../../store/mails.ts'
import { candidatesSql, listMails, pageSql } from '../../../store/sqlite/mails.ts'
import { openForWriting } from '../../../store/sqlite/schema.ts'
import { openStore, type SqliteStore } from '../../../store/sqlite/store.ts'
import { ACCEPTED_AT_MS, delivered, group, message, quarantinedPart, REPORT, scratchDirectory, SETTINGS } from './sample.ts'

const MINE = 'a@town.example.jp' as Mailbox
const CLEAN: Report = { ...REPORT, parts: [] }
const PART = quarantinedPart('cd'.repeat(32))

function rebuilt(over: Partial<PartReport>): PartReport {
  const { reason: _, ...part } = PART
  return { ...part, disposition: 'disarm', outcome: 'rebuilt', ...over }
}

let store: SqliteStore
let directory: string

beforeEach(async () => {
  directory = scratchDirectory()
  store = await openStore({ directory, ...SETTINGS })
})
afterEach(() => store.close())

function ask(over: Partial<MailQuestion> = {}) {
  return store.listMails({ tenant: 'default', mailboxes: [MINE], limit: 10, ...over })
}

async function subjects(over: Partial<MailQuestion> = {}): Promise<string[]> {
  return (await ask(over)).rows.map(row => row.subject)
}

async function accept(subject: string, over: Parameters<typeof group>[0] = {}, at = ACCEPTED_AT_MS) {
  const summary = { messageId: '<1@x>', subject, from: `${subject}@example.net`, receivedCount: 0, loopMarks: [] }
  const { entries } = await store.commit(message({ summary, acceptedAtMs: at, groups: [group({ publicId: `P${subject}`, ...over })] }))
  return entries[0]!.entryId
}

describe('a list shows', () => {
  test('the mails of the mailboxes, newest first, in any case of letters', async () => {
    await accept('one')
    await accept('other', { recipients: ['b@town.example.jp' as Mailbox] })
    await accept('two', { recipients: ['A@town.example.jp' as Mailbox] })
    expect(await subjects()).toEqual(['two', 'one'])
    expect(await subjects({ mailboxes: ['A@TOWN.example.jp'] })).toEqual(['two', 'one'])
    expect(await subjects({ mailboxes: [] })).toEqual([])
  })

  test('a mail to two mailboxes of one person once, and no recipient that was not asked for', async () => {
    await accept('both', { recipients: [MINE, 'desk@town.example.jp' as Mailbox, 'secret@town.example.jp' as Mailbox] })
    const { rows } = await ask({ mailboxes: [MINE, 'Desk@town.example.jp'] })
    expect(rows.map(row => row.mailboxes)).toEqual([[MINE, 'desk@town.example.jp']])
  })

  test('nothing of another tenant, of mail that goes out, and of mail that we made', async () => {
    await accept('theirs', { tenant: 'kita' })
    await accept('out', { direction: 'outward' })
    await store.commit(message({ original: undefined }))
    expect(await subjects({ mailboxes: 'all' })).toEqual([])
    expect(await subjects({ tenant: 'kita' })).toEqual(['theirs'])
  })

  test('every mail once when it is walked page by page, however many fit', async () => {
    for (let i = 0; i < 23; i++) await accept(`m${i}`, i % 5 === 0 ? { direction: 'outward' } : {})
    const seen: string[] = []
    for (let after: string | undefined, pages = 0; pages < 30; pages++) {
      const page = await ask({ limit: 4, ...(after === undefined ? {} : { after }) })
      seen.push(...page.rows.map(row => row.subject))
      after = page.next
      if (after === undefined) break
    }
    const wanted = Array.from({ length: 23 }, (_, i) => i).filter(i => i % 5 !== 0)
    expect(seen).toEqual(wanted.reverse().map(i => `m${i}`))
  })
})

describe('a search finds', () => {
  test.for<[string, Partial<MailQuestion>, string[]]>([
    ['a part of the sender', { sender: 'TWO@EX' }, ['two']],
    ['the reverse-path', { sender: 'sender@' }, ['three', 'two', 'one']],
    ['a part of the subject', { subject: 'ne' }, ['one']],
    ['a percent sign as itself', { subject: '%' }, []],
    ['a file by the name it was sent with', { fileName: '資料' }, ['three', 'two']],
    ['a file by the name it has now', { fileName: 'X.PDF' }, ['two']],
    ['a state', { state: 'kept' }, ['three']],
    ['losses', { state: 'changed' }, ['two']],
    ['clean mail', { state: 'clean' }, ['one']],
    ['from a time on', { sinceMs: ACCEPTED_AT_MS + 3_600_000 }, ['three', 'two']],
    ['up to a time', { untilMs: ACCEPTED_AT_MS + 3_600_000 }, ['two', 'one']],
    ['both at once', { fileName: '資料', state: 'kept' }, ['three']],
    ['for administrators', { mailboxes: 'all', subject: 'two' }, ['two']],
  ])('%s', async ([, over, wanted]) => {
    await accept('one', { report: CLEAN })
    const lossy = rebuilt({ deliveredName: 'x.pdf', removed: [{ what: 'macros', count: 1 }] })
    await accept('two', { report: { ...REPORT, parts: [lossy] } }, ACCEPTED_AT_MS + 3_600_000)
    await accept('three', {}, ACCEPTED_AT_MS + 9_000_000)
    expect(await subjects(over)).toEqual(wanted)
  })

  test('says where it stands when it has looked long enough', () => {
    const { rows, next, searchedToMs } = withManyMails(7_000, many => listMails(many, { tenant: 'default', mailboxes: [MINE], subject: 'none', limit: 5 }))
    expect(rows).toEqual([])
    expect(Number(next)).toBeGreaterThan(1_900)
    expect(searchedToMs).toBeGreaterThan(ACCEPTED_AT_MS)
  })
})

describe('a message', () => {
  test('is found by its public number, with its report and what became of each recipient', async () => {
    const entryId = await accept('one', { recipients: [MINE, 'b@town.example.jp' as Mailbox] })
    await store.settle([delivered(entryId)])
    const found = (await store.mailMessage('Pone'))!
    expect(found).toMatchObject({ subject: 'one', state: 'kept', partsKept: 1, report: REPORT, messageId: '<1@x>' })
    expect(found.recipients.map(({ state }) => state)).toEqual(['delivered', 'scheduled'])
    expect(found.originalUntilMs).toBeGreaterThan(ACCEPTED_AT_MS)
    expect(found.textUntilMs).toBeUndefined()
  })

  test('says until when its text is kept once everybody has it', async () => {
    await store.settle([delivered(await accept('one'))])
    expect((await store.mailMessage('Pone'))?.textUntilMs).toBeGreaterThan(ACCEPTED_AT_MS)
  })

  test('is not found by another number', async () => expect(await store.mailMessage('P')).toBeUndefined())
})

describe('the facts that a list is searched by', () => {
  const member = { ...PART, members: [], findings: [], outcome: 'quarantined' as const }
  test.for<[string, PartReport[], string]>([
    ['pending before kept', [PART, { ...PART, outcome: 'pending' }], 'pending'],
    ['a file kept inside of an archive', [rebuilt({ members: [member] })], 'kept'],
    ['losses', [rebuilt({ removed: [{ what: 'macros', count: 1 }] })], 'changed'],
    ['a file without losses', [rebuilt({})], 'clean'],
    ['nothing', [], 'clean'],
  ])('%s', ([, parts, wanted]) => expect(reportFacts({ ...REPORT, parts }).mailState).toBe(wanted))
})

describe('no question scans a table', () => {
  const questions: [string, Partial<MailQuestion>][] = [
    ['one mailbox', {}],
    ['three mailboxes', { mailboxes: ['a@x', 'b@x', 'c@x'] }],
    ['everybody', { mailboxes: 'all' }],
    ['a search', { sender: 'a', subject: 'b', fileName: 'c', state: 'kept', sinceMs: 1, untilMs: 2 }],
  ]
  test.each(questions)('%s', (_, over) => {
    const question = { tenant: 'default', mailboxes: [MINE], limit: 50, ...over } satisfies MailQuestion
    const database = openForWriting(join(scratchDirectory(), 'mail.db'))
    const candidates = candidatesSql(question, { above: 0, below: 1000, step: 51 })
    for (const { sql, values } of [{ sql: candidates.sql, values: candidates.values }, { ...pageSql(question, candidates), values: [...pageSql(question, candidates).values, 51] }]) {
      const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values).map(row => String(row['detail']))
      expect(plan.join('\n')).not.toMatch(/SCAN (e|m|r|entries|messages|recipients|reports)\b/)
      for (const step of plan.filter(each => / recipients\b/.test(each))) expect(step).toMatch(/^SEARCH recipients USING COVERING INDEX/)
    }
    database.close()
  })
})

function withManyMails<T>(count: number, use: (database: DatabaseSync) => T): T {
  const database = openForWriting(join(scratchDirectory(), 'mail.db'))
  database.exec(`
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
    INSERT INTO messages SELECT i, 'default', 'q' || i, ${ACCEPTED_AT_MS} + i, 1, 0, 0, NULL, 1, x'00', '', '', 'a@b', 0, 0, 1, '', '', '', 'hello', 'a@b' FROM n;
    INSERT INTO entries (entry_id, tenant, queue_id, group_id, direction, route, claimed, due_at_ms, attempts, delay_warned, may_be_duplicate,
      finished_at_ms, message_bytes, retention_class, public_id, check_code)
      SELECT message_id, tenant, queue_id, 'g', 'inward', 'r', 0, 0, 0, 0, 0, 1, 1, '', 'P' || message_id, '' FROM messages;
    INSERT INTO recipients SELECT entry_id, 0, 'default', '${MINE}', 'delivered', 0, NULL, '{"kind":"delivered"}' FROM entries;`)
  try {
    return use(database)
  } finally {
    database.close()
  }
}
