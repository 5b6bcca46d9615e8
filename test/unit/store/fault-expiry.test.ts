/** Expiry, purge and the start that mends a crash, cut off at each of their steps. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { realFiles } from '../../../store/sqlite/files.ts'
import { openStore, type SqliteStore } from '../../../store/sqlite/store.ts'
import {
  commitWithFault,
  countSteps,
  crashAndReopen,
  directory,
  emptyScratch,
  everyKind,
  expectNoOrphans,
  inScratchFolder,
  isWhole,
  openWith,
  settled,
  type Wanted,
} from './cut-off.ts'
import { PowerLossFiles } from './power-loss.ts'
import { BY, collect, delivered, SETTINGS, unseal } from './sample.ts'

inScratchFolder()

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
      emptyScratch()
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
    const { store, before, batch } = await commitWithFault({ atStep: beforeCommit, mode: 'stop' })
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
    emptyScratch()
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
