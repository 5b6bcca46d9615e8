/**
 * How many mails a second cross the whole hop, beside Postfix as a plain relay on the same disk?
 *
 *   npm run bench -- hop [--seconds 4] [--rounds 3] [--classes S,M] [--connections 1,10,50] [--per-connection 1,50]
 *                        [--systems sekisho,postfix,mimedefang,afternoon] [--folder DIR] [--settings JSON]
 *
 *   source (own process) ──▶ system under test ──▶ sink (own process)
 *
 * The systems take turns within each round, so that other load on the machine hits both alike. A cell's rate is mails
 * at the sink by the time from the first connection to the last arrival: mails that wait in a queue at the end are
 * waited for. CPU and PSS are those of all processes of the system. One JSON line per cell, then the medians.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { cpus } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type SenderChild, type SinkChild, startSender, startSink } from '../loadtest/children.ts'
import { OUTCOMES } from '../loadtest/dialogue.ts'
import { newRunId } from '../loadtest/mark.ts'
import { ROW, ROW_LENGTH } from '../loadtest/records.ts'
import type { SendOrder } from '../loadtest/sender.ts'
import { type MailClass, mailTemplate } from './load/mails.ts'
import { startAfternoon, startMimedefang, startPostfix, startSekisho, type System } from './load/systems.ts'
import { usageOf } from './load/usage.ts'

const DRAIN_MS = 20_000

const { values: given } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    classes: { type: 'string', default: 'S,M' },
    connections: { type: 'string', default: '1,10,50' },
    'per-connection': { type: 'string', default: '1,50' },
    systems: { type: 'string', default: 'sekisho,postfix' },
    folder: { type: 'string', default: '/tmp' },
    settings: { type: 'string', default: '{}' },
  },
})

type Cell = { readonly mailClass: MailClass; readonly connections: number; readonly perConnection: number }
type Measured = {
  readonly perSecond: number
  readonly ackP50Ms: number
  readonly ackP99Ms: number
  readonly hopP50Ms: number
  readonly hopP99Ms: number
  readonly cpuSecondsPer1000: number
  readonly pssMiB: number
  readonly mails: number
  readonly lost: number
  readonly duplicates: number
  readonly errors: number
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(resolve(given.folder), 'sekisho-bench-'))
  // Postfix works in it as a user of its own.
  chmodSync(folder, 0o755)
  const [source, sink] = [startSender(), await startSink({ host: '127.0.0.1', port: 0, look: 'id' })]
  const systems: System[] = []
  try {
    for (const name of given.systems.split(',')) systems.push(await startSystem(name, join(folder, name), sink.port))
    const versions = Object.fromEntries(systems.map(({ name, version }) => [name, version]))
    console.log(JSON.stringify({ machine: cpus()[0]?.model, cores: cpus().length, versions, seconds: Number(given.seconds), rounds: Number(given.rounds) }))
    await compare(systems, { source, sink })
  } finally {
    for (const system of systems) await system.stop()
    source.end()
    sink.end()
    rmSync(folder, { recursive: true, force: true })
  }
}

function startSystem(name: string, folder: string, sinkPort: number): Promise<System> {
  if (name === 'postfix') return startPostfix(folder, sinkPort)
  if (name === 'mimedefang') return startMimedefang(folder, sinkPort)
  if (name === 'afternoon') return startAfternoon(sinkPort)
  return startSekisho(folder, sinkPort, JSON.parse(given.settings) as object)
}

type Load = { readonly source: SenderChild; readonly sink: SinkChild }

async function compare(systems: readonly System[], load: Load): Promise<void> {
  const warmUp: Cell = { mailClass: 'S', connections: 10, perConnection: 50 }
  for (const system of systems) await measure(system, warmUp, load)
  for (const cell of cells()) {
    const results = new Map<System, Measured[]>(systems.map(system => [system, []]))
    for (let round = 0; round < Number(given.rounds); round++) {
      const inTurn = round % 2 === 0 ? systems : systems.toReversed()
      for (const system of inTurn) {
        const measured = await measure(system, cell, load)
        results.get(system)!.push(measured)
        console.log(JSON.stringify({ round, system: system.name, ...cell, ...measured }))
      }
    }
    for (const [system, measured] of results) printMedian(system, cell, measured)
  }
}

function cells(): Cell[] {
  const numbers = (text: string) => text.split(',').map(Number)
  return given.classes.split(',').flatMap(mailClass =>
    numbers(given['per-connection']).flatMap(perConnection =>
      numbers(given.connections).map(connections => ({ mailClass: mailClass as MailClass, connections, perConnection })),
    ),
  )
}

async function measure(system: System, cell: Cell, { source, sink }: Load): Promise<Measured> {
  const order = orderFor(system, cell)
  await sink.reset(order.run)
  const before = usageOf(system.rootPid)
  const sent = await send(source, order)
  const { pssMiB } = usageOf(system.rootPid)
  await untilArrived(sink, sent.beganMs.size)
  const after = usageOf(system.rootPid)
  const arrivals = (await sink.take()).filter(({ number }) => number !== -1)
  const arrived = new Map(arrivals.toReversed().map(({ number, atMs }) => [number, atMs]))
  if (sent.errors.length > 0) console.error(`${system.name}: ${sent.errors[0]}`)
  const hopMs = [...sent.beganMs].flatMap(([number, beganMs]) => (arrived.has(number) ? [arrived.get(number)! - beganMs] : []))
  const lastMs = arrivals.reduce((last, { atMs }) => Math.max(last, atMs), 0)
  return {
    perSecond: round(arrived.size / ((lastMs - sent.startedMs) / 1000)),
    ackP50Ms: round(quantile(sent.ackMs, 0.5)),
    ackP99Ms: round(quantile(sent.ackMs, 0.99)),
    hopP50Ms: round(quantile(hopMs, 0.5)),
    hopP99Ms: round(quantile(hopMs, 0.99)),
    cpuSecondsPer1000: round(((after.cpuSeconds - before.cpuSeconds) / arrived.size) * 1000),
    pssMiB: Math.round(pssMiB),
    mails: arrived.size,
    lost: sent.beganMs.size - hopMs.length,
    duplicates: arrivals.length - arrived.size,
    errors: sent.errors.length,
  }
}

/** A closed loop: each connection has one mail under way. */
function orderFor(system: System, { mailClass, connections, perConnection }: Cell): SendOrder {
  return {
    habits: { target: { host: '127.0.0.1', port: system.port, name: '127.0.0.1' }, tls: 'off', helo: 'source.example', pipelining: true },
    from: 'yamada@sender.example',
    recipients: { pattern: 'staff@town.example.jp', mailboxes: 1, perMail: 1 },
    templates: [mailTemplate(mailClass)],
    weights: [1],
    run: newRunId(Math.random),
    seed: 1,
    plan: { kind: 'closed', thinkMs: 0 },
    durationMs: Number(given.seconds) * 1000,
    mostMails: Number.POSITIVE_INFINITY,
    connections,
    mailsPerConnection: perConnection,
    slow: { share: 0, bytesPerSecond: 1 },
    replyTimeoutMs: 60_000,
    graceMs: 0,
  }
}

type SentMails = { readonly startedMs: number; readonly beganMs: ReadonlyMap<number, number>; readonly ackMs: readonly number[]; readonly errors: readonly string[] }

async function send(source: SenderChild, order: SendOrder): Promise<SentMails> {
  const beganMs = new Map<number, number>()
  const ackMs: number[] = []
  const errors: string[] = []
  const troubles = ['']
  const { startedMs } = await source.run(order, ({ rows, troubles: told }) => {
    troubles.push(...told)
    for (let at = 0; at < rows.length; at += ROW_LENGTH) {
      const began = rows[at + ROW.startedMs]!
      if (OUTCOMES[rows[at + ROW.outcome]!] !== 'accepted') errors.push(troubles[rows[at + ROW.trouble]!]!)
      else {
        beganMs.set(rows[at + ROW.number]!, began)
        ackMs.push(rows[at + ROW.doneMs]! - began)
      }
    }
  })
  return { startedMs, beganMs, ackMs, errors }
}

async function untilArrived(sink: SinkChild, count: number): Promise<void> {
  const untilMs = performance.now() + DRAIN_MS
  while ((await sink.count()) < count && performance.now() < untilMs) await delay(50)
}

function printMedian(system: System, cell: Cell, measured: readonly Measured[]): void {
  const rates = measured.map(each => each.perSecond)
  const median = (key: keyof Measured) => middle(measured.map(each => each[key]))
  const keys = ['perSecond', 'ackP50Ms', 'ackP99Ms', 'hopP50Ms', 'hopP99Ms', 'cpuSecondsPer1000', 'pssMiB'] as const
  const medians = Object.fromEntries(keys.map(key => [key, median(key)]))
  const sums = Object.fromEntries((['mails', 'lost', 'duplicates', 'errors'] as const).map(key => [key, measured.reduce((sum, each) => sum + each[key], 0)]))
  console.log(JSON.stringify({ median: system.name, ...cell, ...medians, slowest: Math.min(...rates), fastest: Math.max(...rates), ...sums }))
}

function middle(values: readonly number[]): number {
  const [low, high] = [quantile(values, 0.5 - 1 / (2 * values.length)), quantile(values, 0.5)]
  return round(values.length % 2 === 0 ? (low + high) / 2 : high)
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN
}

function round(value: number): number {
  return Number(value.toPrecision(4))
}

await main()
