/**
 * 250 means durable, and nothing is half there: the writer is stopped between every two of its steps, each of them
 * is failed in turn, and what was not flushed is taken away. Then the store is opened again.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Sealer } from '../../../core/seal/age.ts'
import type { AcceptedMessage } from '../../../store/contract.ts'
import { realFiles } from '../../../store/sqlite/files.ts'
import { openStore, type SqliteStore } from '../../../store/sqlite/store.ts'
import {
  BY,
  collect,
  delivered,
  group,
  IDENTITY,
  message,
  plainOriginal,
  SETTINGS,
  scratchDirectory,
  unseal,
} from './sample.ts'
import { type Fault, PowerLossFiles } from './power-loss.ts'

let directory: string
beforeEach(() => {
  directory = scratchDirectory()
})
afterEach(() => rmSync(directory, { recursive: true }))

type Wanted = { readonly accepted: AcceptedMessage; readonly original: Uint8Array; readonly composed: Uint8Array }

function wanted(originalBytes: number, composedBytes: number): Wanted {
  const original = randomBytes(originalBytes)
  const composed = randomBytes(composedBytes)
  return {
    original,
    composed,
    accepted: message({ original: plainOriginal(original), groups: [group({ message: composed })] }),
  }
}

/** As receive does: sealed to a file in incoming/ while it arrived, not flushed. */
function wantedFromFile(originalBytes: number): Wanted {
  const original = randomBytes(originalBytes)
  const sealer = new Sealer([[IDENTITY.recipient]], randomBytes)
  const payload = Buffer.concat([...sealer.push(original), ...sealer.end()])
  const accepted = message()
  const tempPath = join(directory, 'incoming', accepted.queueId)
  mkdirSync(join(directory, 'incoming'), { recursive: true })
  writeFileSync(tempPath, payload)
  const headers = [{ tenant: 'default', ageHeader: sealer.headers[0]! }]
  const file = { kind: 'file', tempPath, bytes: payload.length, sha256: '' } as const
  return {
    original,
    composed: accepted.groups[0]!.message,
    accepted: { ...accepted, original: { headers, payload: file } },
  }
}

async function openWith(files: PowerLossFiles): Promise<{ store: SqliteStore; broken: Error[] }> {
  const broken: Error[] = []
  const store = await openStore({ directory, ...SETTINGS, files, onBroken: error => broken.push(error) })
  return { store, broken }
}

/** The process is gone, and with it what was not flushed; then it starts again. */
async function crashAndReopen(store: SqliteStore, files: PowerLossFiles): Promise<SqliteStore> {
  await store.close().catch(() => {})
  files.losePower()
  for (let tries = 0; ; tries++) {
    try {
      return await openStore({ directory, ...SETTINGS, files: realFiles })
    } catch (error) {
      if (tries > 50) throw error
      await sleep(5) // until the lock has been let go
    }
  }
}

/** Whole, or without a trace. Returns whether it is there. */
async function isWhole(store: SqliteStore, { accepted, original, composed }: Wanted): Promise<boolean> {
  const filter = { queueId: accepted.queueId, limit: 10 }
  const [queued] = await store.listQueue(filter)
  const lives = await store.trace(filter)
  if (lives.length === 0) {
    expect(queued).toBeUndefined()
    expect(await store.listQuarantine(filter)).toEqual([])
    return false
  }
  const sealed = await collect(store.exportOriginal(accepted.queueId, 'default', BY))
  expect(Buffer.from(unseal(sealed)).equals(original)).toBe(true)
  if (queued) expect(Buffer.from(await store.readMessage(queued.entryId)).equals(composed)).toBe(true)
  return true
}

/** Every file is named by a row, every segment ends where its row says. Call when the store is closed. */
function expectNoOrphans(): void {
  const database = new DatabaseSync(join(directory, 'mail.db'), { readOnly: true })
  const names = (sql: string) =>
    database
      .prepare(sql)
      .all()
      .map(row => String(row['name']))
      .sort()
  const there = (folder: string) => readdirSync(join(directory, folder)).sort()
  expect(there('incoming')).toEqual([])
  expect(there('originals')).toEqual(names("SELECT file AS name FROM payloads WHERE place = 'file'"))
  expect(there('outgoing')).toEqual(names('SELECT copy_file AS name FROM entries WHERE copy_file IS NOT NULL'))
  expect(there('segments')).toEqual(names('SELECT name FROM segments'))
  for (const row of database.prepare('SELECT name, committed_bytes FROM segments').all()) {
    expect(statSync(join(directory, 'segments', String(row['name']))).size).toBe(row['committed_bytes'])
  }
  const stored = database.prepare("SELECT sum(length) AS bytes FROM payloads WHERE place = 'segment'").get()
  const committed = database.prepare('SELECT sum(committed_bytes) AS bytes FROM segments').get()
  expect(stored?.['bytes']).toBe(committed?.['bytes'])
  database.close()
}

/** One of each kind: in the row, in the segment, a file of its own, arrived as a file, with a large composed copy. */
const everyKind = () => [
  wanted(500, 500),
  wanted(100_000, 500),
  wanted(1_500_000, 500),
  wantedFromFile(300_000),
  wanted(500, 100_000),
]

const settled = (results: readonly PromiseSettledResult<unknown>[]) =>
  results.map(result => result.status === 'fulfilled')

async function commitWithFault(fault?: Fault) {
  const files = new PowerLossFiles(directory)
  const { store, broken } = await openWith(files)
  const before = wanted(100_000, 500)
  await store.commit(before.accepted)
  const batch = everyKind()
  files.arm(fault)
  const results = settled(await Promise.allSettled(batch.map(({ accepted }) => store.commit(accepted))))
  return { files, store, broken, before, batch, results }
}

async function countSteps(): Promise<readonly string[]> {
  const { store, files } = await commitWithFault()
  await store.close()
  // What close does (its own commit) is not the batch's.
  const commitAt = files.steps.indexOf('commit')
  rmSync(directory, { recursive: true })
  mkdirSync(directory)
  return files.steps.slice(0, commitAt + 1)
}

describe('the steps of one commit', () => {
  test('contents are flushed before they are named, names before rows; one flush for the segment, one commit for all', async () => {
    const steps = await countSteps()
    const last = (name: string) => steps.findLastIndex(step => step.startsWith(name))
    const first = (name: string) => steps.findIndex(step => step.startsWith(name))
    expect(last('write')).toBeLessThan(first('rename'))
    expect(last('sync incoming')).toBeLessThan(first('rename'))
    expect(last('sync segments')).toBeLessThan(first('rename'))
    expect(last('rename')).toBeLessThan(first('sync directory'))
    expect(last('sync directory')).toBeLessThan(first('commit'))
    expect(steps.filter(step => step === 'sync segments')).toHaveLength(1)
    expect(steps.filter(step => step === 'sync incoming')).toHaveLength(3)
    expect(steps.filter(step => step === 'sync directory originals')).toHaveLength(1)
    expect(steps.filter(step => step === 'commit')).toHaveLength(1)
  })

  test.for(['stop', 'fail'] as const)(
    '%s at each step: whole or absent, no orphans, chain unbroken',
    { timeout: 60_000 },
    async mode => {
      const steps = await countSteps()
      expect(steps.length).toBeGreaterThan(12)
      for (let atStep = 0; atStep < steps.length; atStep++) {
        const { store, files, broken, before, batch, results } = await commitWithFault({ atStep, mode })
        expect(results, steps[atStep]).toEqual([false, false, false, false, false])
        expect(broken).toHaveLength(1)

        const again = await crashAndReopen(store, files)
        expect(await isWhole(again, before)).toBe(true)
        for (const one of batch) expect(await isWhole(again, one), steps[atStep]).toBe(false)
        expect(await again.verifyAudit()).toMatchObject({ ok: true })
        await again.close()
        expectNoOrphans()
        rmSync(directory, { recursive: true })
        mkdirSync(directory)
      }
    },
  )

  test('power lost right after the answer: everything is there, under way attempts are marked', async () => {
    const { store, files, batch, results } = await commitWithFault()
    expect(results).toEqual([true, true, true, true, true])
    const again = await crashAndReopen(store, files)
    for (const one of batch) expect(await isWhole(again, one)).toBe(true)
    expect((await again.claimDue(Date.now(), 10)).map(entry => entry.mayBeDuplicate)).toEqual([
      true,
      true,
      true,
      true,
      true,
      true,
    ])
    await again.close()
    expectNoOrphans()
  })

  test('after a failed flush nothing is tried again: no step is taken, every call is refused, once reported', async () => {
    const { store, files, broken } = await commitWithFault({ atStep: 3, mode: 'fail' })
    const taken = files.steps.length
    await expect(store.commit(wanted(100_000, 10).accepted)).rejects.toMatchObject({ name: 'StoreBroken' })
    await expect(store.settle([])).rejects.toMatchObject({ name: 'StoreBroken' })
    expect(files.steps).toHaveLength(taken)
    expect(broken).toHaveLength(1)
    await store.close().catch(() => {})
  })

  test('what was waiting behind the failed commit is refused, too, without a step', async () => {
    const files = new PowerLossFiles(directory)
    const { store } = await openWith(files)
    files.arm({ atStep: 2, mode: 'fail' })
    const first = store.commit(wanted(100_000, 10).accepted)
    await nextTurn()
    const waiting = store.commit(wanted(100_000, 10).accepted)
    expect(settled(await Promise.allSettled([first, waiting]))).toEqual([false, false])
    expect(files.steps).toEqual(['open segments', 'write segments', 'sync segments'])
    await store.close().catch(() => {})
  })
})

describe('the steps of settling', () => {
  test.for(['stop', 'fail'] as const)(
    '%s at each step: still queued, or delivered and sealed',
    { timeout: 60_000 },
    async mode => {
      for (let atStep = 0; ; atStep++) {
        const files = new PowerLossFiles(directory)
        const { store } = await openWith(files)
        const copies = [wanted(10, 500), wanted(10, 100_000), wanted(10, 1_500_000)]
        const entries = await Promise.all(
          copies.map(async ({ accepted }) => (await store.commit(accepted)).entries[0]!),
        )
        files.arm({ atStep, mode })
        const [result] = settled(
          await Promise.allSettled([store.settle(entries.map(entry => delivered(entry.entryId)))]),
        )
        const reached = files.steps.length > atStep
        const again = await crashAndReopen(store, files)
        const queued = await again.listQueue({ limit: 10 })
        expect(queued).toHaveLength(result ? 0 : 3)
        for (const one of copies) expect(await isWhole(again, one)).toBe(true)
        await again.close()
        expectNoOrphans()
        rmSync(directory, { recursive: true })
        mkdirSync(directory)
        if (!reached) break
      }
    },
  )
})

/** The original of one message: with all its octets, or gone with a record of why. Anything between is a fault. */
async function lifeOf(store: SqliteStore, { accepted, original }: Wanted): Promise<'there' | 'purged'> {
  const [row] = await store.listQuarantine({ queueId: accepted.queueId, limit: 1 })
  const [life] = await store.trace({ queueId: accepted.queueId, limit: 1 })
  const purges = life?.steps.filter(step => step.kind === 'purge').length
  expect(purges).toBe(row?.purged ? 1 : 0)
  const sealed = collect(store.exportOriginal(accepted.queueId, 'default', BY))
  if (row?.purged) {
    await expect(sealed).rejects.toThrow('purged')
    return 'purged'
  }
  expect(Buffer.from(unseal(await sealed)).equals(original)).toBe(true)
  return 'there'
}

const DAY_MS = 24 * 60 * 60 * 1000
const AFTER_ALL_MS = Date.now() + 3 * 365 * DAY_MS
const ENDINGS = {
  retention: (store: SqliteStore) => store.retain(Date.now() + 40 * DAY_MS),
  purge: (store: SqliteStore) => store.purge({ sender: 'sender@example.net', limit: 100 }, BY, false),
} as const

describe.for(['retention', 'purge'] as const)('the steps of %s', ending => {
  test.for(['stop', 'fail'] as const)('%s at each step: all there or all gone, with records', { timeout: 60_000 }, async mode => {
    let gone = 0
    for (let atStep = 0; ; atStep++) {
      const files = new PowerLossFiles(directory)
      const { store } = await openWith(files)
      const all = everyKind()
      for (const { accepted } of all) {
        const { entries } = await store.commit(accepted)
        // Delivered text is sealed as well, and expires, too.
        await store.settle(entries.map(entry => delivered(entry.entryId)))
      }
      files.arm({ atStep, mode })
      const [answered] = settled(await Promise.allSettled([ENDINGS[ending](store)]))
      const reached = files.steps.length > atStep
      const again = await crashAndReopen(store, files)
      const lives = new Set(await Promise.all(all.map(one => lifeOf(again, one))))
      expect([...lives]).toHaveLength(1)
      if (answered) expect([...lives]).toEqual(['purged'])
      if (lives.has('purged')) gone++
      await ENDINGS[ending](again)
      for (const one of all) expect(await lifeOf(again, one)).toBe('purged')
      expect(await again.verifyAudit()).toMatchObject({ ok: true })
      await again.close()
      expectNoOrphans()
      rmSync(directory, { recursive: true })
      mkdirSync(directory)
      if (!reached) break
    }
    // Some of the cuts came after the commit: those are the unlinks that a start has to make up for.
    expect(gone).toBeGreaterThan(1)
  })
})

test.for(['stop', 'fail'] as const)('%s at each step of a start that mends a crash: the next start mends the rest', { timeout: 60_000 }, async mode => {
  // Names are in place, rows are not.
  const beforeCommit = (await countSteps()).indexOf('commit')
  for (let atStep = 0; ; atStep++) {
    const { store, files, before, batch } = await commitWithFault({ atStep: beforeCommit, mode: 'stop' })
    await store.close().catch(() => {})
    const starting = new PowerLossFiles(directory)
    starting.arm({ atStep, mode })
    const started = await openWith(starting).catch(() => undefined)
    await started?.store.close().catch(() => {})
    starting.losePower()
    const again = await openStore({ directory, ...SETTINGS, files: realFiles })
    expect(await isWhole(again, before)).toBe(true)
    for (const one of batch) expect(await isWhole(again, one)).toBe(false)
    expect(await again.verifyAudit()).toMatchObject({ ok: true })
    await again.close()
    expectNoOrphans()
    rmSync(directory, { recursive: true })
    mkdirSync(directory)
    if (starting.steps.length > atStep) continue
    expect(starting.steps.filter(step => /^(unlink|truncate)/.test(step)).length).toBeGreaterThan(3)
    break
  }
})

test('long after, nothing of a message is left but the audit chain', async () => {
  const store = await openStore({ directory, ...SETTINGS, files: realFiles })
  const all = everyKind()
  for (const { accepted } of all) {
    const { entries } = await store.commit(accepted)
    await store.settle(entries.map(entry => delivered(entry.entryId)))
  }
  await store.retain(AFTER_ALL_MS)
  for (const { accepted } of all) expect(await store.trace({ queueId: accepted.queueId, limit: 1 })).toEqual([])
  expect(await store.verifyAudit()).toMatchObject({ ok: true })
  await store.close()
  expectNoOrphans()
  for (const folder of ['originals', 'outgoing', 'segments']) expect(readdirSync(join(directory, folder))).toEqual([])
})

test('any order of calls, cut off at any step: what was answered holds', { timeout: 60_000 }, async () => {
  const sizes = fc.constantFrom(100, 70_000, 1_100_000)
  const rounds = fc.array(
    fc.array(fc.record({ original: sizes, composed: sizes, settle: fc.boolean() }), { minLength: 1, maxLength: 4 }),
    { minLength: 1, maxLength: 4 },
  )
  await fc.assert(
    fc.asyncProperty(
      rounds,
      fc.nat(60),
      fc.constantFrom('stop' as const, 'fail' as const),
      async (plan, atStep, mode) => {
        const files = new PowerLossFiles(directory)
        const { store } = await openWith(files)
        files.arm({ atStep, mode })
        const answered: Wanted[] = []
        const asked: Wanted[] = []
        const finished = new Set<string>()
        for (const round of plan) {
          await Promise.allSettled(
            round.map(async ({ original, composed, settle }) => {
              const one = wanted(original, composed)
              asked.push(one)
              const { entries } = await store.commit(one.accepted)
              answered.push(one)
              if (!settle) return
              await store.settle(entries.map(entry => delivered(entry.entryId)))
              finished.add(one.accepted.queueId)
            }),
          )
        }
        const again = await crashAndReopen(store, files)
        for (const one of asked) if (!(await isWhole(again, one))) expect(answered).not.toContain(one)
        const queued = new Set((await again.listQueue({ limit: 100 })).map(row => row.queueId as string))
        for (const queueId of finished) expect(queued.has(queueId)).toBe(false)
        expect(await again.verifyAudit()).toMatchObject({ ok: true })
        await again.close()
        expectNoOrphans()
        rmSync(directory, { recursive: true })
        mkdirSync(directory)
      },
    ),
    { numRuns: 15 },
  )
})
