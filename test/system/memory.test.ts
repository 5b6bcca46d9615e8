/** An attachment that is only quarantined costs no memory: 10 MB and 200 MB have the same peak. */
import { expect, test } from 'vitest'
import { describeMemory, measureMemory, MOST_GROWTH_BYTES } from './memory.ts'

test('peak memory of all processes does not grow with the size of a quarantined attachment', async () => {
  const report = await measureMemory([10, 200], 2)
  process.stdout.write(`${describeMemory(report)}\n`)
  expect(report.growthBytes).toBeLessThan(MOST_GROWTH_BYTES)
}, 180_000)
