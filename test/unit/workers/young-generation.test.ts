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

/** Most objects live for a while, so V8 gives them as much room as it may. Prints the most that it gave, in MiB. */
const FILL = `
  const { getHeapSpaceStatistics } = require('node:v8')
  const kept = []
  let most = 0
  for (let i = 0; i < 4e6; i++) {
    kept[i % 4e5] = { i }
    if (i % 1e4 === 0) most = Math.max(most, getHeapSpaceStatistics().find(space => space.space_name === 'new_space').space_size)
  }
  console.log(most / 2 ** 20)
`

function mostMiB(...flags: string[]): number {
  return Number(spawnSync(process.execPath, [...flags, '-e', FILL], { encoding: 'utf8' }).stdout)
}

test.each(Object.values(YOUNG_GENERATION))('%s is what V8 keeps to', flag => {
  const half = Number(flag.split('=')[1])
  expect(mostMiB(flag)).toBeLessThan(3 * half)
  expect(mostMiB()).toBeGreaterThan(3 * half)
})
