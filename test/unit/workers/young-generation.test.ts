/** The young generation of V8 is a flag of the command line: given by the supervisor, and by the gateway's unit. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { YOUNG_GENERATION } from '../../../workers/collector.ts'

const UNIT = readFileSync(join(import.meta.dirname, '../../../config/systemd/sekisho-gateway.service'), 'utf8')

test("the gateway's unit names the same size as the supervisor", () => {
  expect(/^Environment="NODE_OPTIONS=(.*)"$/m.exec(UNIT)?.[1]?.split(' ')).toContain(YOUNG_GENERATION.gateway)
})

/** Fills the young generation many times over and prints the most that it ever had, in MiB. */
const FILL = `
  const { getHeapSpaceStatistics } = require('node:v8')
  let most = 0
  let kept = []
  for (let i = 0; i < 3e6; i++) {
    kept.push({ i })
    if (i % 3e4 === 0) kept = []
    if (i % 1e4 === 0) most = Math.max(most, getHeapSpaceStatistics().find(space => space.space_name === 'new_space').space_size)
  }
  console.log(most / 2 ** 20)
`

test.each(Object.values(YOUNG_GENERATION))('%s is what V8 keeps to', flag => {
  const { stdout, stderr } = spawnSync(process.execPath, [flag, '-e', FILL], { encoding: 'utf8' })
  expect(stderr).toBe('')
  // Two halves, and one more while they are exchanged.
  expect(Number(stdout)).toBeLessThanOrEqual(3 * Number(flag.split('=')[1]) + 2)
  expect(Number(stdout)).toBeGreaterThan(1)
})
