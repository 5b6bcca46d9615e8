/**
 * How long does the slowest hundredth of the senders wait for its 250 while a system runs at 70 % of what it can?
 *
 *   npm run bench -- tail [--seconds 10] [--rounds 3] [--systems sekisho,postfix] [--share 0.7]
 *
 * Each system's own limit comes first: S mails over 50 connections, a connection per mail, as many as it takes, the median of the rounds.
 * Then mails begin at the times of a Poisson process of that share of it, whatever the system does; what is told is the time from the
 * end of data to its reply. Systems take turns. One JSON line for each run, then the medians.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startSender, startSink } from '../loadtest/children.ts'
import { type Cell, type Load, measure, quantile, round } from './load/measure.ts'
import { startSystem, type System } from './load/systems.ts'
import { warmUp } from './load/warm-up.ts'

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

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sekisho-bench-'))
  // Postfix works in it as a user of its own.
  chmodSync(folder, 0o755)
  const load: Load = { source: startSender(), sink: await startSink({ host: '127.0.0.1', port: 0, look: 'id' }) }
  const systems: System[] = []
  try {
    for (const name of given.systems.split(',')) {
      systems.push(await startSystem(name, { folder: join(folder, name), sinkPort: load.sink.port, settings: {} }))
    }
    for (const system of systems) await warmUp(system, load, Number(given['warm-up']))
    await compare(systems, load)
  } finally {
    for (const system of systems) await system.stop()
    load.source.end()
    load.sink.end()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function compare(systems: readonly System[], load: Load): Promise<void> {
  const limits = await runAll(systems, load, () => atLimit)
  const rateOf = (system: System) => quantile(limits.get(system)!.map(({ perSecond }) => perSecond), 0.5) * Number(given.share)
  const runs = await runAll(systems, load, system => ({ ...atLimit, ratePerSecond: rateOf(system) }))
  for (const [system, measured] of runs) {
    const median = (key: 'ackP50Ms' | 'ackP99Ms' | 'ackP999Ms') => round(quantile(measured.map(each => each[key]), 0.5))
    console.log(JSON.stringify({ median: system.name, perSecond: round(rateOf(system)), ackP50Ms: median('ackP50Ms'), ackP99Ms: median('ackP99Ms'), ackP999Ms: median('ackP999Ms') }))
  }
}

type Runs = ReadonlyMap<System, Awaited<ReturnType<typeof measure>>[]>

async function runAll(systems: readonly System[], load: Load, cellFor: (system: System) => Cell): Promise<Runs> {
  const runs: Runs = new Map(systems.map(system => [system, []]))
  for (let turn = 0; turn < rounds; turn++) {
    for (const system of turn % 2 === 0 ? systems : systems.toReversed()) {
      const measured = await measure(system, cellFor(system), load)
      runs.get(system)!.push(measured)
      console.log(JSON.stringify({ round: turn, system: system.name, ...cellFor(system), ...measured }))
    }
  }
  return runs
}

await main()
