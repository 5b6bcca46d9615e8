/** Tallies, pages of the chain, stored files: what the pages of administrators are made of. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Mailbox, QueueId } from '../../../core/smtp/envelope.ts'
import type { Report } from '../../../core/verdict.ts'
import { HELD_UNTIL_MS } from '../../../store/contract.ts'
import { openStore, type SqliteStore } from '../../../store/sqlite/store.ts'
import { delayClass, type Grain, type Measure, slotOf } from '../../../store/statistics.ts'
import { ACCEPTED_AT_MS, BY, delivered, group, message, quarantinedPart, REPORT, scratchDirectory, SETTINGS } from './sample.ts'

const DAY_MS = 86_400_000
/** Deliveries are recorded at the moment of the commit. */
const LONG = { fromMs: 0, untilMs: Date.now() + 400 * DAY_MS }

let store: SqliteStore
let directory: string

beforeEach(async () => {
  directory = scratchDirectory()
  store = await openStore({ directory, ...SETTINGS })
})
afterEach(() => store.close())

const series = (measure: Measure, grain: Grain = 'day') => store.series({ tenant: 'default', measure, grain, ...LONG })
const top = (measure: Measure, limit = 10) => store.top({ tenant: 'default', measure, grain: 'day', limit, ...LONG })
const counts = async (measure: Measure) => Object.fromEntries((await top(measure)).rows.map(({ key, count }) => [key, count]))

describe('tallies', () => {
  test('count what came, by everything that is asked for', async () => {
    await store.commit(message({ groups: [group({ recipients: ['A@town.example.jp', 'b@town.example.jp'] as Mailbox[] })] }))
    await store.commit(message({ reversePath: null, groups: [group()] }))
    await store.commit(message({ reversePath: 'x@Other.Example' as Mailbox, groups: [group({ report: { ...REPORT, parts: [] } })] }))
    expect(await counts('in')).toEqual({ '': 3 })
    expect(await counts('verdict')).toEqual({ kept: 2, clean: 1 })
    expect(await counts('outcome')).toEqual({ quarantined: 2 })
    expect(await counts('reason')).toEqual({ encrypted: 2 })
    expect(await counts('type')).toEqual({ 'application/zip': 2 })
    expect(await counts('sender')).toEqual({ 'example.net': 2, 'other.example': 1 })
    expect(await counts('mailbox')).toEqual({ 'a@town.example.jp': 3, 'b@town.example.jp': 1 })
    expect((await series('in', 'hour')).map(({ slotMs, count }) => [slotMs, count])).toEqual([[slotOf(ACCEPTED_AT_MS, 'hour'), 3]])
    expect((await series('in', 'month'))[0]?.slotMs).toBe(slotOf(ACCEPTED_AT_MS, 'month'))
  })

  test('count deliveries with their time, and failures', async () => {
    const { entries } = await store.commit(message({ acceptedAtMs: Date.now() - 900 }))
    await store.settle([delivered(entries[0]!.entryId)])
    expect(await counts('out')).toEqual({ '': 1 })
    const [delay] = (await top('delay')).rows
    expect(Number(delay?.key)).toBeGreaterThanOrEqual(delayClass(900))
  })

  test('leave out what we made ourselves, what goes out, and other tenants', async () => {
    await store.commit(message({ original: undefined }))
    await store.commit(message({ groups: [group({ tenant: 'kita' })] }))
    expect(await counts('in')).toEqual({})
    expect((await store.top({ tenant: 'kita', measure: 'in', grain: 'day', limit: 5, ...LONG })).count).toBe(1)
  })

  test('count each record once, whenever they are looked at', async () => {
    for (let i = 0; i < 3; i++) {
      await store.commit(message())
      await store.catchUp()
      expect(await counts('in')).toEqual({ '': i + 1 })
    }
  })

  test('keep a bounded number of keys that senders choose', async () => {
    const parts = Array.from({ length: 2_100 }, (_, i) => ({ ...quarantinedPart('cd'.repeat(32)), detectedType: `application/x-${i}` }))
    await store.commit(message({ groups: [group({ report: { ...REPORT, parts } as Report })] }))
    const { keys, count, rows } = await top('type', 1)
    expect({ keys, count, first: rows[0]?.key }).toEqual({ keys: 2_001, count: 2_100, first: '*' })
  })

  test('are made again when the file is damaged, or follows another chain', async () => {
    await store.commit(message())
    expect(await counts('in')).toEqual({ '': 1 })
    await store.close()
    writeFileSync(join(directory, 'tallies.db'), 'no database')
    store = await openStore({ directory, ...SETTINGS })
    expect(await counts('in')).toEqual({ '': 1 })
    await store.close()
    const tallies = new DatabaseSync(join(directory, 'tallies.db'))
    tallies.exec("UPDATE seen SET hash = 'of another'; UPDATE tallies SET count = 77")
    tallies.close()
    store = await openStore({ directory, ...SETTINGS })
    expect(await counts('in')).toEqual({ '': 1 })
  })
})

describe('pages of the chain', () => {
  const page = (over: object = {}) => store.auditRecords({ limit: 10, ...over })

  test('newest first, one after the other, without a gap', async () => {
    for (let i = 0; i < 12; i++) await store.audit({ tenant: 'default', kind: 'alarm', actor: 'system', subject: `s${i}`, detail: { i } })
    const first = await page({ limit: 5 })
    const second = await page({ limit: 100, before: first.next })
    const seqs = [...first.records, ...second.records].map(({ seq }) => seq)
    expect(seqs).toEqual(Array.from({ length: 13 }, (_, i) => 13 - i))
    expect(second.next).toBeUndefined()
  })

  test('by kind, actor, subject, text and tenant', async () => {
    const record = { tenant: 'default', kind: 'alarm', actor: 'user:ito', subject: 'q7', detail: { what: '100%_done' } }
    await store.audit(record)
    await store.audit({ ...record, tenant: 'kita', kind: 'export', actor: 'os:root', subject: 'q8', detail: { what: '100x_done' } })
    const found = async (over: object) => (await page(over)).records.map(({ subject }) => subject)
    expect(await found({ kinds: ['alarm'] })).toEqual(['q7'])
    expect(await found({ actor: 'ITO' })).toEqual(['q7'])
    expect(await found({ subject: 'q8' })).toEqual(['q8'])
    expect(await found({ text: '100%_' })).toEqual(['q7'])
    expect(await found({ tenant: 'kita' })).toEqual(['q8'])
    expect(await found({ text: "' OR 1=1 --" })).toEqual([])
  })

  test('by time, found by halving', async () => {
    for (const atMs of [1, 2, 3, 4]) await store.commit(message({ acceptedAtMs: ACCEPTED_AT_MS + atMs * DAY_MS }))
    const { records } = await page({ sinceMs: ACCEPTED_AT_MS + 2 * DAY_MS, untilMs: ACCEPTED_AT_MS + 4 * DAY_MS })
    expect(records.map(({ atMs }) => (atMs - ACCEPTED_AT_MS) / DAY_MS)).toEqual([3, 2])
  })
})

test('stored files come newest first, each group once, back to a day', async () => {
  for (let i = 0; i < 5; i++) await store.commit(message({ acceptedAtMs: ACCEPTED_AT_MS + i * DAY_MS, groups: [group({ publicId: `P${i}`, message: Buffer.from('x') })] }))
  await store.commit(message({ acceptedAtMs: ACCEPTED_AT_MS + 9 * DAY_MS, groups: [group({ tenant: 'kita' })] }))
  const first = await store.storedMessages({ tenant: 'default', sinceMs: ACCEPTED_AT_MS + DAY_MS, limit: 3 })
  const second = await store.storedMessages({ tenant: 'default', sinceMs: ACCEPTED_AT_MS + DAY_MS, limit: 3, before: first.next! })
  expect([...first.messages, ...second.messages].map(({ publicId }) => publicId)).toEqual(['P4', 'P3', 'P2', 'P1'])
  expect(second.next).toBeUndefined()
  expect(first.messages[0]?.parts).toMatchObject([{ name: '資料.zip', rule: 'encrypted', disposition: 'quarantine' }])
})

test('when originals end, by day', async () => {
  for (const days of [0, 0, 3]) await store.commit(message({ acceptedAtMs: ACCEPTED_AT_MS + days * DAY_MS }))
  const ends = await store.expiries('default', ACCEPTED_AT_MS + 30 * DAY_MS, 5)
  expect(ends.map(({ messages }) => messages)).toEqual([2, 0, 0, 1, 0])
  await store.commit(message({ groups: [group({ tenant: 'kita' })] }))
  const [own] = await store.expiries('default', ACCEPTED_AT_MS + 30 * DAY_MS, 1)
  expect(own?.messages, 'those of another tenant are not counted').toBe(2)
})

test('a held entry waits until it is made due again; both stand in the chain', async () => {
  const { entries, ...rest } = await store.commit(message({ queueId: 'held' as QueueId }))
  const { entryId } = entries[0]!
  expect(rest.kind).toBe('committed')
  expect(await store.hold({ queueId: 'held', limit: 10 }, BY), 'under way: left alone').toBe(0)
  const dueAtMs = Date.now() - 1
  await store.settle([{ entryId, recipient: 'a@town.example.jp' as Mailbox, state: { kind: 'scheduled', dueAtMs, attempts: 1, lastReply: '451' }, possibleDuplicate: false }])
  expect(await store.hold({ queueId: 'held', limit: 10 }, BY)).toBe(1)
  expect(await store.claimDue(Date.now() + 365 * DAY_MS, 10)).toEqual([])
  expect((await store.listQueue({ limit: 10 }))[0]?.recipients[0]?.state).toMatchObject({ kind: 'scheduled', dueAtMs: HELD_UNTIL_MS })
  expect(await store.retry({ queueId: 'held', limit: 10 }, BY)).toBe(1)
  expect((await store.claimDue(Date.now() + 1000, 10)).map(entry => entry.entryId)).toEqual([entryId])
  expect((await store.auditRecords({ kinds: ['hold', 'retry'], limit: 5 })).records.map(({ kind }) => kind)).toEqual(['retry', 'hold', 'hold'])
})
