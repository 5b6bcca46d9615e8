/**
 * Several ways to do the same small thing, side by side: which is faster, and what does each allocate?
 *
 * Rounds of all contenders are interleaved; before the first, each runs for a while. Per contender one line of JSON:
 * median and slowest round, MB of input a second, and octets that V8 allocated per run (objects of its own heap; native buffers
 * are not among them). Peak memory is that of the whole process: one contest, one process.
 */
import { cpus } from 'node:os'
import { getHeapStatistics } from 'node:v8'
import { quantile } from './measure.ts'

const ROUND_MS = 150
const WARM_UP_ROUNDS = 3

export type Contest = {
  readonly name: string
  /** Octets that one run works on. */
  readonly bytes: number
  readonly contenders: Readonly<Record<string, () => unknown>>
}

export async function hold(contests: readonly Contest[], rounds = Number(process.argv[2] ?? 9)): Promise<void> {
  console.log(JSON.stringify({ node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, rounds }))
  for (const contest of contests) await holdOne(contest, rounds)
  console.log(JSON.stringify({ peakMiB: Math.round(process.resourceUsage().maxRSS / 1024) }))
}

type Round = { readonly us: number; readonly allocatedBytes: number }

async function holdOne({ name, bytes, contenders }: Contest, rounds: number): Promise<void> {
  const results = new Map<string, Round[]>(Object.keys(contenders).map(contender => [contender, []]))
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    for (const [contender, run] of Object.entries(contenders)) {
      const result = await oneRound(run)
      if (round >= 0) results.get(contender)!.push(result)
    }
  }
  const base = quantile(results.get(Object.keys(contenders)[0]!)!.map(({ us }) => us), 0.5)
  for (const [contender, all] of results) {
    const us = all.map(each => each.us)
    const median = quantile(us, 0.5)
    console.log(
      JSON.stringify({
        case: name,
        contender,
        bytes,
        medianUs: shown(median),
        slowestUs: shown(Math.max(...us)),
        perSecond: Math.round(1e6 / median),
        MBps: shown(bytes / median),
        allocatedKiB: shown(quantile(all.map(each => each.allocatedBytes), 0.5) / 1024),
        timesOurTime: shown(median / base),
      }),
    )
  }
}

async function oneRound(run: () => unknown): Promise<Round> {
  const before = getHeapStatistics().total_allocated_bytes
  const start = performance.now()
  let runs = 0
  do {
    const result = run()
    if (result instanceof Promise) await result
    runs++
  } while (performance.now() - start < ROUND_MS)
  const us = ((performance.now() - start) * 1000) / runs
  return { us, allocatedBytes: (getHeapStatistics().total_allocated_bytes - before) / runs }
}

function shown(value: number): number {
  return Number(value.toPrecision(3))
}
