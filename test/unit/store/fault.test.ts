/**
 * 250 means durable, and nothing is half there: the writer is stopped between every two of its steps, each of them
 * is failed in turn, and what was not flushed is taken away. Then the store is opened again.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  commitWithFault,
  countSteps,
  crashAndReopen,
  directory,
  emptyScratch,
  expectNoOrphans,
  inScratchFolder,
  isWhole,
  openWith,
  settled,
  type Wanted,
  wanted,
} from './cut-off.ts'
import { PowerLossFiles } from './power-loss.ts'
import { delivered } from './sample.ts'

inScratchFolder()

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
        emptyScratch()
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
        emptyScratch()
        if (!reached) break
      }
    },
  )
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
        emptyScratch()
      },
    ),
    { numRuns: 15 },
  )
})
