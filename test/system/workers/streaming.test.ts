/** Messages that arrive piece by piece, lanes that are full, processes that come and go. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WorkResult } from '../../../workers/contract.ts'
import { startLauncher } from '../../../workers/launcher.ts'
import { WINDOW_BYTES } from '../../../workers/protocol.ts'
import { type LocalWorkshop, message, openLocalWorkshop, testJob, until } from '../../unit/workers/local-workshop.ts'

const bodyOf = (result: WorkResult) =>
  result.kind === 'done'
    ? Buffer.from(result.result.groups[0]!.message).toString('latin1').split('\r\n\r\n')[1]?.trim()
    : result.kind
const alive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
async function* none(): AsyncGenerator<Uint8Array> {}

describe('a large message', () => {
  let local: LocalWorkshop
  beforeAll(async () => void (local = await openLocalWorkshop({ workshop: { jobTimeoutMs: 3000 } })))
  afterAll(() => local.close())

  test('given whole arrives whole', async () => {
    const large = Buffer.concat([message({}), Buffer.alloc(5_000_000, 'x')])
    expect(bodyOf(await local.workshop.sanitize(testJob(), large))).toBe(`${large.length} bytes`)
  })

  test('waits for a slow reader: no more than the window is ahead of it', async () => {
    const work = local.workshop.begin(testJob(), none)
    const chunk = Buffer.alloc(65_536, 'x')
    chunk.write('Subject: s\r\nSlow: yes\r\n\r\n')
    let written = 0
    let done = false
    const writing = (async () => {
      for (let i = 0; i < 64; i++) {
        await work.write(Buffer.from(chunk))
        written += chunk.length
      }
      done = true
    })()
    await new Promise(resolve => setTimeout(resolve, 250))
    expect(done).toBe(false)
    expect(written).toBeLessThan(2 * WINDOW_BYTES)
    await writing
    expect(bodyOf(await work.finish())).toBe(`${64 * 65_536} bytes`)
  })

  test('whose sender pauses longer than the deadline holds nobody up', async () => {
    const work = local.workshop.begin(testJob(), none)
    await work.write(message({}, 'Slowly.'))
    expect(bodyOf(await local.workshop.sanitize(testJob(), message({}, 'Meanwhile.')))).toBe('Meanwhile.')
    await new Promise(resolve => setTimeout(resolve, 3500))
    expect(await work.finish()).toMatchObject({ kind: 'done', degraded: 'no' })
  })

  test('that is given up midway leaves nothing behind', async () => {
    const work = local.workshop.begin(testJob(), none)
    await work.write(Buffer.alloc(200_000))
    work.abort()
    expect(await work.finish()).toEqual({ kind: 'aborted' })
    expect(local.workshop.status().lanes.every(lane => lane.inWork === 0)).toBe(true)
    expect(bodyOf(await local.workshop.sanitize(testJob(), message({}, 'Next.')))).toBe('Next.')
  })

  test('whose process dies meanwhile is read again from the caller', async () => {
    const octets = Buffer.concat([message({}), Buffer.alloc(300_000, 'x')])
    let replays = 0
    const work = local.workshop.begin(testJob(), async function* () {
      replays++
      yield octets
    })
    await work.write(octets.subarray(0, 100_000))
    for (const pid of local.workshop.pids()) process.kill(pid, 'SIGKILL')
    await until(() => local.deaths.length > 0)
    await work.write(octets.subarray(100_000))
    const result = await work.finish()
    expect(result).toMatchObject({ kind: 'done', degraded: 'alone' })
    expect(bodyOf(result)).toBe(`${octets.length} bytes`)
    // Twice when the kill also met the process that had taken it over: that one is tried alone once more.
    expect(replays).toBeGreaterThanOrEqual(1)
    expect(replays).toBeLessThanOrEqual(2)
    await until(() => local.workshop.ready)
  })

  test('that cannot be read again is nobody’s fault: the client keeps it', async () => {
    const work = local.workshop.begin(testJob(), () => {
      throw new Error('file is gone')
    })
    await work.write(message({ Do: 'exit' }))
    expect(await work.finish()).toMatchObject({ kind: 'sick', reason: expect.stringMatching(/file is gone/) })
  })
})

describe('processes', () => {
  let local: LocalWorkshop
  beforeAll(
    async () =>
      void (local = await openLocalWorkshop({
        workshop: { recycleAfterJobs: 20, startWithinMs: 3000, mostWaiting: 60 },
      })),
  )
  afterAll(() => local.close())

  test('are replaced after their number of messages, and no message notices', async () => {
    const before = local.workshop.pids()[0]
    const results: WorkResult[] = []
    for (let i = 0; i < 100; i++) results.push(await local.workshop.sanitize(testJob(), message({})))
    expect(results.every(result => result.kind === 'done' && result.degraded === 'no')).toBe(true)
    await until(() => !local.workshop.pids().includes(before!))
    expect(local.deaths).toEqual([])
  })

  test('that have grown are replaced before they have to be killed', async () => {
    const before = local.workshop.pids()
    expect(await local.workshop.sanitize(testJob(), message({ Do: 'keep 340' }))).toMatchObject({
      kind: 'done',
      degraded: 'no',
    })
    await until(() => before.some(pid => !local.workshop.pids().includes(pid)))
    expect(local.deaths).toEqual([])
  })

  test('that are gone for a while make messages wait, then busy, and the line is bounded', async () => {
    await local.launcher.close()
    await until(() => !local.workshop.ready)
    const results = await Promise.all(Array.from({ length: 70 }, () => local.workshop.sanitize(testJob(), message({}))))
    expect(new Set(results.map(result => result.kind))).toEqual(new Set(['busy']))
    expect(local.workshop.status().lanes.every(lane => lane.waiting === 0)).toBe(true)
  })

  test('come back with a new launcher', async () => {
    const launcher = await startLauncher(local.launcherOptions)
    await until(() => local.workshop.ready)
    expect(bodyOf(await local.workshop.sanitize(testJob(), message({}, 'Again.')))).toBe('Again.')
    const pids = [...launcher.pids]
    await launcher.close()
    expect(pids.some(alive)).toBe(false)
  })
})

test('children end by themselves when the gateway is gone, however busy, and the launcher waits for the next', async () => {
  const local = await openLocalWorkshop()
  void local.workshop.sanitize(testJob(), message({ Do: 'loop' }))
  await until(() => local.workshop.status().lanes.some(lane => lane.inWork > 0))
  const pids = [...local.launcher.pids]
  await local.workshop.close()
  await until(() => !pids.some(alive))
  await local.close()
})

test('code that cannot be loaded leaves the workshop not ready, and is tried again with back-off', async () => {
  const local = await openLocalWorkshop({
    awaitReady: false,
    launcher: { modules: { sanitizer: '/nonexistent/sanitizer.ts' } },
  })
  const seen = new Set<number>()
  const startedMs = Date.now()
  // Two kinds of process start with this code; each has to come a second time.
  await until(() => {
    for (const pid of local.launcher.pids) seen.add(pid)
    return seen.size > 3
  }, 60_000)
  expect(local.workshop.ready).toBe(false)
  // Without back-off there would be a hundred a second.
  expect(seen.size).toBeLessThan(10 + (Date.now() - startedMs) / 100)
  await local.close()
})
