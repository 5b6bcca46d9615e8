/**
 * How much memory do all processes have at their peak?
 *
 *   npm run bench -- memory [--seconds 8] [--rounds 6] [--classes S,M,mix] [--systems sekisho] [--sizes 10,1000]
 *
 * Under load of 50 connections, 50 mails on each: PSS of all processes of a system, looked at twice a second until the last mail has arrived,
 * and the largest of it; median of the rounds. Then single mails with an attachment of so many MB, profile text-only: the sum of the peaks of all
 * processes (VmHWM), the smallest of three runs (test/system/memory.ts). One JSON line for each.
 */
import { parseArgs } from 'node:util'
import { measureMemory } from '../test/system/memory.ts'
import type { MailClass } from './load/mails.ts'
import { type Cell, type Load, measure, quantile } from './load/measure.ts'
import { rootPidsOf, type System } from './load/starting.ts'
import { usageOf } from './load/usage.ts'
import { warmUp } from './load/warm-up.ts'
import { inYard } from './load/yard.ts'

const { values: given } = parseArgs({
  options: {
    seconds: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '6' },
    classes: { type: 'string', default: 'S,M,mix' },
    systems: { type: 'string', default: 'sekisho' },
    sizes: { type: 'string', default: '10,1000' },
    'warm-up': { type: 'string', default: '8000' },
  },
})
const LOOK_EVERY_MS = 500
const SIZE_RUNS = 3
const MIB = 2 ** 20

for (const name of given.systems.split(',')) await underLoad(name)
await bySize(given.sizes.split(',').map(Number))

async function underLoad(name: string): Promise<void> {
  await inYard(async ({ load, start }) => {
    const system = await start(name)
    await warmUp(system, load, Number(given['warm-up']))
    const idlePssMiB = Math.round(pssOf(system))
    for (const mailClass of given.classes.split(',') as MailClass[]) {
      const cell: Cell = { mailClass, connections: 50, perConnection: 50, seconds: Number(given.seconds) }
      const peaks: number[] = []
      for (let round = 0; round < Number(given.rounds); round++) peaks.push(await peakDuring(system, cell, load))
      console.log(JSON.stringify({ peakOf: name, mailClass, connections: cell.connections, peakPssMiB: Math.round(quantile(peaks, 0.5)), peaks: peaks.map(Math.round), idlePssMiB }))
    }
  })
}

async function peakDuring(system: System, cell: Cell, load: Load): Promise<number> {
  let peak = 0
  const look = setInterval(() => {
    peak = Math.max(peak, pssOf(system))
  }, LOOK_EVERY_MS)
  try {
    await measure(system, cell, load)
  } finally {
    clearInterval(look)
  }
  return peak
}

function pssOf(system: System): number {
  return usageOf(rootPidsOf(system)).pssMiB
}

async function bySize(megabytes: readonly number[]): Promise<void> {
  const { rows, growthBytes } = await measureMemory(megabytes, SIZE_RUNS)
  for (const row of rows) console.log(JSON.stringify({ messageMB: row.megabytes, peakMiB: Math.round(row.allBytes / MIB), seconds: row.seconds }))
  console.log(JSON.stringify({ growthMiB: Math.round(growthBytes / MIB) }))
}
