/** Every way in which a message can end a really launched sanitizer, and what becomes of it and of its neighbours. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WorkResult } from '../../../workers/contract.ts'
import { JOBS, type LocalWorkshop, message, openLocalWorkshop, testJob, until } from '../../unit/workers/local-workshop.ts'

let local: LocalWorkshop
beforeAll(async () => {
  local = await openLocalWorkshop({
    workshop: { jobTimeoutMs: 1500, filesWithinMs: 10_000, suspects: { ready: 2, most: 3 } },
    launcher: {
      memoryMiB: 220,
      counts: { light: 1, heavy: 1, suspect: 2, verifier: 1 },
      modules: {
        sanitizer: join(JOBS, 'scripted-sanitizer.ts'),
        disarmers: join(JOBS, 'scripted-disarmers.ts'),
        verifier: join(JOBS, 'attacking-verifier.ts'),
        extraCode: [JOBS],
      },
    },
  })
})
afterAll(() => local.close())

const sanitize = (fields: Record<string, string>, body?: string) =>
  local.workshop.sanitize(testJob(), message(fields, body))
const bodyOf = (result: WorkResult) =>
  result.kind === 'done'
    ? Buffer.from(result.result.groups[0]!.message).toString('latin1').split('\r\n\r\n').slice(1).join('\n\n').trim()
    : result.kind

const WAYS: readonly [string, string, RegExp][] = [
  ['an endless loop', 'loop', /deadline/],
  ['a promise that never settles', 'never', /deadline/],
  ['memory of the JavaScript heap', 'heap', /process ended|deadline/],
  ['memory outside the heap', 'buffers', /process ended|deadline/],
  ['process.exit', 'exit', /process ended/],
  ['an exception', 'throw', /exception: .*scripted/],
]

describe('a message that dies alone as well', () => {
  test.each(WAYS)('of %s comes out as plain text', async (_name, verb, cause) => {
    const result = await sanitize({ Do: verb, 'Do-Plain': 'ok' }, 'The words.')
    expect(result).toMatchObject({ kind: 'done', degraded: 'plain', result: { summary: { from: 'plain' } } })
    expect(bodyOf(result)).toBe('The words.')
    if (result.kind === 'done') for (const alarm of result.alarms) expect(alarm).toMatch(cause)
  })

  test.each(WAYS.filter(([, verb]) => !['never', 'heap', 'buffers'].includes(verb)))(
    'of %s even as plain text comes out as the fixed notice',
    async (_name, verb) => {
      const result = await sanitize({ Do: verb, 'Do-Plain': verb }, 'The words.')
      expect(result).toMatchObject({ kind: 'done', degraded: 'notice' })
      expect(bodyOf(result)).toMatch(/^kept back: \d+ bytes$/)
      if (result.kind === 'done') expect(result.alarms.length).toBe(3)
    },
  )
})

test('what ends a process is told: a deadline, or how it exited', async () => {
  await until(() => local.deaths.some(death => death.cause === 'deadline'))
  expect(local.deaths.some(({ cause }) => /SIG|exit/.test(cause))).toBe(true)
  expect(local.alarms).toEqual([])
})

test.each(['loop', 'exit'])(
  'neighbours of a message that dies (%s) come through unharmed and undegraded in content',
  async verb => {
    const neighbours = Array.from({ length: 10 }, (_, i) =>
      sanitize({ Do: i === 9 ? 'sleep 200' : 'ok' }, `Neighbour ${i}.`),
    )
    const killer = sanitize({ Do: verb, 'Do-Plain': 'ok' })
    const more = Array.from({ length: 5 }, (_, i) => sanitize({}, `Later ${i}.`))
    const results = await Promise.all([...neighbours, ...more])
    expect(results.map(bodyOf)).toEqual([
      ...neighbours.map((_, i) => `Neighbour ${i}.`),
      ...more.map((_, i) => `Later ${i}.`),
    ])
    for (const result of results) expect(result).toMatchObject({ degraded: expect.stringMatching(/^(no|alone)$/) })
    expect(await killer).toMatchObject({ degraded: 'plain' })
  },
)

test('an exception harms nobody else: the process goes on', async () => {
  const before = local.workshop.pids()
  const [killer, neighbour] = await Promise.all([sanitize({ Do: 'throw', 'Do-Plain': 'ok' }), sanitize({})])
  expect([killer, neighbour]).toMatchObject([{ degraded: 'plain' }, { degraded: 'no' }])
  expect(local.workshop.pids()).toEqual(expect.arrayContaining([before[0]]))
})

test('a process killed from outside costs its message nothing but time', async () => {
  const light = () => local.workshop.status().lanes.find(lane => lane.name === 'light')!
  await until(() => light().processes === 1)
  const working = sanitize({ Do: 'sleep 400' }, 'Still here.')
  await until(() => light().inWork === 1)
  for (const pid of local.workshop.pids()) process.kill(pid, 'SIGKILL')
  expect(bodyOf(await working)).toBe('Still here.')
  expect(await working).toMatchObject({ kind: 'done', degraded: 'alone' })
  await until(() => local.workshop.ready)
})

describe('a result that is not what it claims to be', () => {
  test('differs from its manifest: the fixed notice and an alarm', async () => {
    const result = await sanitize({ Lie: 'text' })
    expect(result).toMatchObject({
      kind: 'done',
      degraded: 'notice',
      alarms: [expect.stringMatching(/^not verified: text differs/)],
    })
    expect(bodyOf(result)).toMatch(/^kept back/)
  })

  test('names another message: its process is ended, the message is handled like one that dies', async () => {
    expect(await sanitize({ Lie: 'queue' })).toMatchObject({
      degraded: 'notice',
      alarms: expect.arrayContaining([expect.stringMatching(/bad frame: queue id/)]),
    })
  })

  test.each(['exit', 'loop'])('kills the verifier (%s): asked once more alone, then the notice', async verb => {
    const result = await sanitize({ Subject: verb }, 'to the verifier')
    expect(result).toMatchObject({ degraded: 'notice', alarms: [expect.stringMatching(/verifier died/)] })
    await until(() => local.workshop.ready)
  })
})

describe('files in the heavy lane', () => {
  test('come back rebuilt, or with the reason why not', async () => {
    expect(bodyOf(await sanitize({ Do: 'heavy test/upper test/malformed test/unknown' }))).toBe(
      ['test/upper rebuilt ABC txt', 'test/malformed kept malformed', 'test/unknown kept cannot-disarm']
        .join('\n')
        .replaceAll('\n', '\r\n'),
    )
  })

  test('that kill their process kill it alone once more, then stay out; others come back', async () => {
    const text = bodyOf(await sanitize({ Do: 'heavy test/exit test/upper' }))
    expect(text).toContain('test/exit kept cannot-disarm')
    expect(text).toContain('test/upper rebuilt ABC txt')
  })

  test('that are not ready in time are pending, and the message goes out', async () => {
    const result = await sanitize({ Do: 'heavy test/loop' })
    expect(bodyOf(result)).toBe('test/loop pending')
    expect(result).toMatchObject({ degraded: 'no' })
  })
})

test('look-ups reach the gateway and come back', async () => {
  const text = bodyOf(await sanitize({ Do: 'lookup s._domainkey.example.jp evil.example.jp' }))
  expect(text).toContain('s._domainkey.example.jp []')
  expect(text).toContain('evil.example.jp EREFUSED')
})
