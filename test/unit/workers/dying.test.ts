/** A short form of test/system/workers/: messages that end their process, hang, lie or come piece by piece. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { JOBS, type LocalWorkshop, message, openLocalWorkshop, testJob, until } from './local-workshop.ts'

let local: LocalWorkshop
beforeAll(async () => {
  const modules = { sanitizer: join(JOBS, 'scripted-sanitizer.ts'), disarmers: join(JOBS, 'scripted-disarmers.ts'), extraCode: [JOBS] }
  local = await openLocalWorkshop({ workshop: { jobTimeoutMs: 1500, suspects: { ready: 1, most: 2 } }, launcher: { modules } })
})
afterAll(() => local.close())

const sanitize = (fields: Record<string, string>) => local.workshop.sanitize(testJob(), message(fields, 'The words.'))

test.each(['exit', 'loop'])('a message that ends its process (%s) comes out as plain text', async verb => {
  expect(await sanitize({ Do: verb, 'Do-Plain': 'ok' })).toMatchObject({ kind: 'done', degraded: 'plain', result: { summary: { from: 'plain' } } })
})

test('a message that fails in every way comes out as the fixed notice', async () => {
  expect(await sanitize({ Do: 'throw', 'Do-Plain': 'throw' })).toMatchObject({ kind: 'done', degraded: 'notice' })
})

test('a result that differs from its manifest goes nowhere', async () => {
  expect(await sanitize({ Lie: 'text' })).toMatchObject({ kind: 'done', degraded: 'notice', alarms: [expect.stringMatching(/^not verified: text differs/)] })
})

test('a message that comes piece by piece is read again from the caller when its process dies meanwhile', async () => {
  // Without a process it would wait for the next one, and lose none.
  await until(() => local.workshop.ready)
  const octets = Buffer.concat([message({}), Buffer.alloc(300_000, 'x')])
  const work = local.workshop.begin(testJob(), async function* () {
    yield octets
  })
  await work.write(octets.subarray(0, 100_000))
  const [pids, before] = [local.workshop.pids(), local.deaths.length]
  for (const pid of pids) process.kill(pid, 'SIGKILL')
  await until(() => local.deaths.slice(before).filter(({ cause }) => cause === 'SIGKILL').length === pids.length)
  await work.write(octets.subarray(100_000))
  expect(await work.finish()).toMatchObject({ kind: 'done', degraded: 'alone' })
  await until(() => local.workshop.ready)
})

test('a harmless message goes through whole, and nobody is sick', async () => {
  expect(await sanitize({})).toMatchObject({ kind: 'done', degraded: 'no' })
  expect([local.workshop.ready, local.alarms]).toEqual([true, []])
})
