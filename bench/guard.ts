/**
 * Is this commit slower than the one that it is based on?
 *
 *   npm run bench:guard [-- --base main] [--starts 9] [--seconds 2] [--classes S,M] [--connections 4]
 *
 *   sender ──▶ sekisho of this working tree ──▶ sink      both at the same time, started anew nine times:
 *   sender ──▶ sekisho of the merge base    ──▶ sink      whatever else the machine does hits both alike
 *
 * Per start and class two ratios, after by before: CPU of all processes per mail, and time per mail. No absolute times
 * count. A regression is told by load/rule.ts with a margin of 5 % for CPU and 15 % for time, which is noisier. Linux only
 * (/proc). Exit: 0 no regression, 1 a regression or a mail that was lost, 2 nothing to compare with, 3 it could not be run.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startSender, startSink } from '../loadtest/children.ts'
import { type BaseCommit, checkOutBase, NoBase } from './load/base-commit.ts'
import type { MailClass } from './load/mails.ts'
import { type Cell, type Load, type Measured, measure } from './load/measure.ts'
import { judge } from './load/rule.ts'
import { startSekisho, type System, systemsOf } from './load/systems.ts'

const MARGINS = { cpu: 1.05, time: 1.15 } as const
/** For each start and class. */
const WARM_UP_RUNS = 2
const RUNS = 2
const EXIT = { fine: 0, slower: 1, noBase: 2, notRun: 3 } as const

/** A commit that loses mail is not measured. */
class LostMails extends Error {
  override readonly name = 'LostMails'
}

const { values: given } = parseArgs({
  options: {
    base: { type: 'string' },
    starts: { type: 'string', default: '9' },
    seconds: { type: 'string', default: '2' },
    classes: { type: 'string', default: 'S,M' },
    connections: { type: 'string', default: '4' },
  },
})

type Side = { readonly system: System; readonly load: Load }
type Pair = { readonly after: Side; readonly before: Side }
type Start = typeof startSekisho
type What = keyof typeof MARGINS
/** After by before, one for each start. */
type Ratios = Readonly<Record<What, number[]>>

/** ^C ends it after the run under way, so that nothing is left behind. */
let isInterrupted = false

async function main(): Promise<number> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => (isInterrupted = true))
  const base = checkOutBase(given.base === undefined ? ['main', 'origin/main'] : [given.base])
  try {
    console.log(`base: ${base.commit}`)
    const ratios = new Map(given.classes.split(',').map(each => [each as MailClass, { cpu: [], time: [] } as Ratios]))
    const startBefore = await startOf(base)
    for (let start = 0; start < Number(given.starts); start++) await measureStart(startBefore, { ratios, afterFirst: start % 2 === 0 })
    const verdicts = [...ratios].flatMap(([mailClass, { cpu, time }]) => [tell(mailClass, 'cpu', cpu), tell(mailClass, 'time', time)])
    return verdicts.every(Boolean) ? EXIT.fine : EXIT.slower
  } finally {
    base.remove()
  }
}

/** Both anew: what a process has by luck (memory, the order in which code was compiled) it keeps for its life. */
async function measureStart(startBefore: Start, { ratios, afterFirst }: { readonly ratios: ReadonlyMap<MailClass, Ratios>; readonly afterFirst: boolean }): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sekisho-guard-'))
  const sides: Side[] = []
  try {
    for (const start of afterFirst ? [startSekisho, startBefore] : [startBefore, startSekisho]) sides.push(await startSide(start, join(folder, String(sides.length))))
    const [after, before] = afterFirst ? [sides[0]!, sides[1]!] : [sides[1]!, sides[0]!]
    for (const [mailClass, into] of ratios) await compare({ after, before }, mailClass, into)
  } finally {
    for (const side of sides) await stopSide(side)
    rmSync(folder, { recursive: true, force: true })
  }
}

async function startOf({ folder, commit }: BaseCommit): Promise<Start> {
  try {
    return (await systemsOf(folder)).startSekisho
  } catch (error) {
    throw new NoBase(`the base ${commit} cannot be measured: ${String(error)}`)
  }
}

async function startSide(start: Start, folder: string): Promise<Side> {
  const load = { source: startSender(), sink: await startSink({ host: '127.0.0.1', port: 0, look: 'id' }) }
  return { system: await start(folder, load.sink.port), load }
}

async function stopSide({ system, load }: Side): Promise<void> {
  await system.stop()
  load.source.end()
  load.sink.end()
}

/** @throws LostMails */
async function compare(pair: Pair, mailClass: MailClass, { cpu, time }: Ratios): Promise<void> {
  const cell: Cell = { mailClass, connections: Number(given.connections), perConnection: 50, seconds: Number(given.seconds) }
  const runs: [Measured, Measured][] = []
  for (let run = -WARM_UP_RUNS; run < RUNS; run++) {
    if (isInterrupted) throw new Error('interrupted')
    const both = await bothAtOnce(pair, cell)
    if (!both.every(isWhole)) throw new LostMails(`${mailClass}: mails were lost, doubled or refused: ${JSON.stringify(both)}`)
    if (run >= 0) runs.push(both)
  }
  const [after, before] = [runs.map(([each]) => each), runs.map(([, each]) => each)]
  cpu.push(cpuPerMail(after) / cpuPerMail(before))
  time.push(mailsOf(before) / mailsOf(after))
  console.log(`${mailClass} after by before: CPU ${cpu.at(-1)!.toFixed(3)}, time ${time.at(-1)!.toFixed(3)}, of ${mailsOf(after)} and ${mailsOf(before)} mails`)
}

function cpuPerMail(runs: readonly Measured[]): number {
  return runs.reduce((sum, { cpuSecondsPer1000, mails }) => sum + cpuSecondsPer1000 * mails, 0) / mailsOf(runs)
}

/** All runs are equally long. */
function mailsOf(runs: readonly Measured[]): number {
  return runs.reduce((sum, { mails }) => sum + mails, 0)
}

function bothAtOnce({ after, before }: Pair, cell: Cell): Promise<[Measured, Measured]> {
  return Promise.all([measure(after.system, cell, after.load), measure(before.system, cell, before.load)])
}

function isWhole({ lost, duplicates, errors }: Measured): boolean {
  return lost + duplicates + errors === 0
}

/** True when this commit is not slower. */
function tell(mailClass: MailClass, what: What, ratios: readonly number[]): boolean {
  const { median, atLeast, isRegression } = judge(ratios, MARGINS[what])
  const facts = `median ${median.toFixed(3)}, at least ${atLeast.toFixed(3)}, margin ${MARGINS[what]}`
  console.log(`${mailClass} ${what} per mail, after by before: ${facts}: ${isRegression ? 'SLOWER' : 'fine'}`)
  return !isRegression
}

try {
  process.exitCode = await main()
} catch (error) {
  const [code, text] =
    error instanceof NoBase ? [EXIT.noBase, error.message] : error instanceof LostMails ? [EXIT.slower, error.message] : [EXIT.notRun, (error as Error).stack ?? String(error)]
  console.error(`bench:guard: ${text}`)
  process.exitCode = code
}
