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

/** What V8 would give a half of it at once, in MiB: the least that is asked for here, or the most that it may have. */
function halfMiB(...flags: string[]): number {
  const print = "const { space_available_size, space_used_size } = require('node:v8').getHeapSpaceStatistics().find(space => space.space_name === 'new_space'); console.log((space_available_size + space_used_size) / 2 ** 20)"
  return Number(spawnSync(process.execPath, ['--min-semi-space-size=16', ...flags, '-e', print], { encoding: 'utf8' }).stdout)
}

test.each(Object.entries(YOUNG_GENERATION))('that of the %s, %s, is what V8 keeps to', (_process, flag) => {
  expect(Math.round(halfMiB(flag))).toBe(Number(flag.split('=')[1]))
  expect(Math.round(halfMiB())).toBe(16)
})
