/** One light process runs; another is started when it has too much to do, or hangs. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LocalWorkshop, message, openLocalWorkshop, testJob, until } from './local-workshop.ts'

let local: LocalWorkshop
beforeAll(async () => {
  local = await openLocalWorkshop({ workshop: { jobTimeoutMs: 4000, onDemand: { light: 2 } } })
})
afterAll(() => local.close())

const lights = () => local.workshop.status().lanes.find(({ name }) => name === 'light')!.processes
const sanitize = (fields: Record<string, string>) => local.workshop.sanitize(testJob(), message(fields, 'The words.'))

test('mail goes on in another process while one hangs, long before that is ended', async () => {
  expect(lights()).toBe(1)
  const hanging = sanitize({ Do: 'loop', 'Do-Plain': 'ok' })
  await until(() => lights() === 2)
  expect(await sanitize({})).toMatchObject({ kind: 'done', degraded: 'no' })
  expect(local.deaths).toEqual([])
  expect(await hanging).toMatchObject({ kind: 'done', degraded: 'plain' })
  expect(local.deaths.map(({ lane, cause }) => [lane, cause])).toContainEqual(['light', 'deadline'])
})
