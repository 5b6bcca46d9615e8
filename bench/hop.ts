/**
 * How many mails a second cross the whole hop, beside Postfix as a plain relay on the same disk?
 *
 *   npm run bench -- hop [--seconds 4] [--rounds 3] [--classes S,M] [--connections 1,10,50] [--per-connection 1,50]
 *                        [--systems sekisho,postfix] [--warm-up 8000] [--folder DIR] [--settings JSON]
 *
 *   source (own process) ──▶ system under test ──▶ sink (own process)
 *
 * load/systems.ts has the systems, load/mails.ts the classes of mail. The systems take turns within each round, so that other
 * load on the machine hits both alike; before the first, each has taken `--warm-up` small mails (signed ones where only those are measured),
 * since a gateway runs for weeks and its first mails cost twice (compilation). A cell's rate is mails at the sink by the time from the first connection to the
 * last arrival: mails that wait in a queue at the end are waited for. CPU and PSS are those of all processes of the
 * system. One JSON line per cell, then the medians, then each system by the first: medians of the ratios of each round.
 *
 * Two states of the project: `--systems sekisho@../before,sekisho`.
 */
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import type { MailClass } from './load/mails.ts'
import { type Cell, type Load, type Measured, quantile, round } from './load/measure.ts'
import type { System } from './load/systems.ts'
import { warmUp } from './load/warm-up.ts'
import { inYard, takeTurns } from './load/yard.ts'

const { values: given } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    classes: { type: 'string', default: 'S,M' },
    connections: { type: 'string', default: '1,10,50' },
    'per-connection': { type: 'string', default: '1,50' },
    systems: { type: 'string', default: 'sekisho,postfix' },
    'warm-up': { type: 'string', default: '8000' },
    folder: { type: 'string', default: '/tmp' },
    settings: { type: 'string', default: '{}' },
  },
})

const [seconds, rounds] = [Number(given.seconds), Number(given.rounds)]

await inYard(async ({ load, start }) => {
  const systems: System[] = []
  const settings = JSON.parse(given.settings) as object
  for (const name of given.systems.split(',')) systems.push(await start(name, settings))
  const versions = Object.fromEntries(systems.map(({ name, version }) => [name, version]))
  console.log(JSON.stringify({ machine: cpus()[0]?.model, cores: cpus().length, versions, seconds, rounds }))
  await compare(systems, load)
}, given.folder)

async function compare(systems: readonly System[], load: Load): Promise<void> {
  const warmedBy = given.classes === 'signed' ? 'signed' : 'S'
  for (const system of systems) await warmUp(system, load, Number(given['warm-up']), warmedBy)
  for (const cell of cells()) {
    const results = await takeTurns(systems, { rounds, load, cellFor: () => cell })
    for (const [system, measured] of results) printMedian(system, cell, measured)
    const [[first, base], ...others] = [...results] as [[System, Measured[]], ...[System, Measured[]][]]
    for (const [system, measured] of others) printRatios(`${system.name} by ${first.name}`, cell, { measured, base })
  }
}

function cells(): Cell[] {
  const numbers = (text: string) => text.split(',').map(Number)
  return given.classes.split(',').flatMap(mailClass =>
    numbers(given['per-connection']).flatMap(perConnection =>
      numbers(given.connections).map(connections => ({ mailClass: mailClass as MailClass, connections, perConnection, seconds })),
    ),
  )
}

function printMedian(system: System, cell: Cell, measured: readonly Measured[]): void {
  const rates = measured.map(each => each.perSecond)
  const median = (key: keyof Measured) => middle(measured.map(each => each[key]))
  const keys = ['perSecond', 'megabytesPerSecond', 'ackP50Ms', 'ackP99Ms', 'ackP999Ms', 'hopP50Ms', 'hopP99Ms', 'hopP999Ms', 'cpuSecondsPer1000', 'pssMiB'] as const
  const medians = Object.fromEntries(keys.map(key => [key, median(key)]))
  const sums = Object.fromEntries((['mails', 'lost', 'duplicates', 'errors'] as const).map(key => [key, measured.reduce((sum, each) => sum + each[key], 0)]))
  console.log(JSON.stringify({ median: system.name, ...cell, ...medians, slowest: Math.min(...rates), fastest: Math.max(...rates), ...sums }))
}

/** Runs of one round stand at one place. */
function printRatios(ratios: string, { mailClass, connections, perConnection }: Cell, { measured, base }: { readonly measured: readonly Measured[]; readonly base: readonly Measured[] }): void {
  const median = (key: keyof Measured) => middle(measured.map((each, i) => each[key] / base[i]![key]))
  const keys = ['perSecond', 'cpuSecondsPer1000', 'pssMiB', 'ackP50Ms', 'ackP99Ms'] as const
  console.log(JSON.stringify({ ratios, mailClass, connections, perConnection, ...Object.fromEntries(keys.map(key => [key, median(key)])) }))
}

function middle(values: readonly number[]): number {
  const [low, high] = [quantile(values, 0.5 - 1 / (2 * values.length)), quantile(values, 0.5)]
  return round(values.length % 2 === 0 ? (low + high) / 2 : high)
}
