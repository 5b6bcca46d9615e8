/** A fault of ours must not turn mail into notices: 451, /ready false, until a harmless message works again. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { JOBS, type LocalWorkshop, message, openLocalWorkshop, testJob, until } from '../../unit/workers/local-workshop.ts'

const dir = mkdtempSync(join(tmpdir(), 'sekisho-fault-'))
const fault = join(dir, 'fault')
/** While the fault is there, every message fails in the way that the fault says. */
const FAULTY = `
import { existsSync, readFileSync } from 'node:fs'
import { beginSanitize as begin } from '${JOBS}/scripted-sanitizer.ts'
export function beginSanitize(job, tools) {
  const honest = begin(job, tools)
  if (!existsSync('${fault}')) return honest
  const way = readFileSync('${fault}', 'utf8')
  return { write: chunk => honest.write(chunk), async end() {
    if (way === 'exit') process.exit(9)
    if (way === 'throw') throw new Error('systemic')
    const result = await honest.end()
    return { ...result, groups: result.groups.map(group => ({ ...group, manifest: { ...group.manifest, textSha256: 'wrong' } })) }
  } }
}
`

let local: LocalWorkshop
beforeAll(async () => {
  const sanitizer = join(dir, 'faulty.mjs')
  writeFileSync(sanitizer, FAULTY)
  local = await openLocalWorkshop({
    workshop: { canaryRetryMs: 200 },
    launcher: { modules: { sanitizer, disarmers: join(JOBS, 'scripted-disarmers.ts'), extraCode: [JOBS, dir] } },
  })
})
afterEach(() => rmSync(fault, { force: true }))
afterAll(async () => {
  await local.close()
  rmSync(dir, { recursive: true })
})

describe.each(['exit', 'throw', 'lie'])('a fault that hits every message (%s)', way => {
  test('makes the workshop sick, no mail becomes a notice, and it recovers by itself', async () => {
    const alarmsBefore = local.alarms.length
    expect(await local.workshop.sanitize(testJob(), message({}))).toMatchObject({ kind: 'done', degraded: 'no' })
    writeFileSync(fault, way)
    const results = await Promise.all(Array.from({ length: 5 }, () => local.workshop.sanitize(testJob(), message({}))))
    expect(results.map(result => result.kind)).toEqual(Array(5).fill('sick'))
    expect(local.workshop.ready).toBe(false)
    expect(await local.workshop.sanitize(testJob(), message({}))).toMatchObject({ kind: 'sick' })
    const streamed = local.workshop.begin(testJob(), async function* () {})
    await streamed.write(Buffer.alloc(10))
    expect(await streamed.finish()).toMatchObject({ kind: 'sick' })
    rmSync(fault)
    await until(() => local.workshop.ready, 120_000)
    expect(await local.workshop.sanitize(testJob(), message({}))).toMatchObject({ kind: 'done', degraded: 'no' })
    expect(local.alarms.slice(alarmsBefore)).toEqual([
      expect.stringMatching(/fails on a harmless message/),
      expect.stringMatching(/works again/),
    ])
  })
})

test('memory outside the heap is watched from outside: the process is killed and the reason is told', async () => {
  const result = await local.workshop.sanitize(testJob(), message({ Do: 'buffers', 'Do-Plain': 'ok' }))
  expect(result).toMatchObject({ kind: 'done', degraded: 'plain' })
  await until(() => local.deaths.some(death => death.cause === 'memory'))
})

test('a poisonous message beside a healthy canary makes nobody sick', async () => {
  expect(await local.workshop.sanitize(testJob(), message({ Do: 'exit', 'Do-Plain': 'exit' }))).toMatchObject({
    kind: 'done',
    degraded: 'notice',
  })
  expect(local.workshop.ready).toBe(true)
})
