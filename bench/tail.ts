/**
 * How long does the slowest hundredth of the senders wait for its 250 while a system runs at 70 % of what it can?
 *
 *   npm run bench -- tail [--seconds 10] [--rounds 3] [--systems sekisho,postfix] [--share 0.7]
 *
 * Each system's own limit comes first: S mails over 50 connections, a connection per mail, as many as it takes, the median of the rounds.
 * Then mails begin at the times of a Poisson process of that share of it, whatever the system does; what is told is the time from the
 * end of data to its reply. Systems take turns. One JSON line for each run, then the medians.
 */
import { parseArgs } from 'node:util'
import { type Cell, type Load, quantile, round } from './load/measure.ts'
import type { System } from './load/systems.ts'
import { warmUp } from './load/warm-up.ts'
import { inYard, takeTurns } from './load/yard.ts'

const { values: given } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    systems: { type: 'string', default: 'sekisho,postfix' },
    share: { type: 'string', default: '0.7' },
    'warm-up': { type: 'string', default: '8000' },
  },
})
const rounds = Number(given.rounds)
const atLimit: Cell = { mailClass: 'S', connections: 50, perConnection: 1, seconds: Number(given.seconds) }

await inYard(async ({ load, start }) => {
  const systems: System[] = []
  for (const name of given.systems.split(',')) systems.push(await start(name))
  for (const system of systems) await warmUp(system, load, Number(given['warm-up']))
  await compare(systems, load)
})

async function compare(systems: readonly System[], load: Load): Promise<void> {
  const limits = await takeTurns(systems, { rounds, load, cellFor: () => atLimit })
  const rateOf = (system: System) => quantile(limits.get(system)!.map(({ perSecond }) => perSecond), 0.5) * Number(given.share)
  const runs = await takeTurns(systems, { rounds, load, cellFor: system => ({ ...atLimit, ratePerSecond: rateOf(system) }) })
  for (const [system, measured] of runs) {
    const median = (key: 'ackP50Ms' | 'ackP99Ms' | 'ackP999Ms') => round(quantile(measured.map(each => each[key]), 0.5))
    console.log(JSON.stringify({ median: system.name, perSecond: round(rateOf(system)), ackP50Ms: median('ackP50Ms'), ackP99Ms: median('ackP99Ms'), ackP999Ms: median('ackP999Ms') }))
  }
}
