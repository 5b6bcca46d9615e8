/** kill -9 under load, a few rounds; `node test/system/kill9.ts` for many. */
import { randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { complaints, kill9 } from './kill9.ts'

const ROUNDS = Number(process.env['SYSTEM_TEST_ROUNDS'] ?? 20)
const ROUND_MS = 15_000

test(`after ${ROUNDS} times kill -9 every accepted mail is delivered whole`, async () => {
  const seed = randomInt(2 ** 31)
  const report = await kill9({ rounds: ROUNDS, connections: 6, seed })
  process.stdout.write(`kill9 seed ${seed}: ${JSON.stringify({ ...report, lost: report.lost.length })}\n`)
  expect(complaints(report)).toEqual([])
  expect(report.accepted).toBeGreaterThan(ROUNDS)
}, 120_000 + ROUNDS * ROUND_MS)
