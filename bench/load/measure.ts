/**
 * One run of load through one system: rate, waiting, CPU and memory of all its processes, and whether every mail came.
 *
 *   sender (own process) ──▶ system under test ──▶ sink (own process)
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { SenderChild, SinkChild } from '../../loadtest/children.ts'
import { OUTCOMES } from '../../loadtest/dialogue.ts'
import { newRunId } from '../../loadtest/mark.ts'
import { ROW, ROW_LENGTH } from '../../loadtest/records.ts'
import type { SendOrder } from '../../loadtest/sender.ts'
import { type MailClass, templatesOf } from './mails.ts'
import { rootPidsOf, type System } from './starting.ts'
import { cpuSecondsBetween, usageOf } from './usage.ts'

const DRAIN_MS = 180_000

export type Cell = {
  readonly mailClass: MailClass
  readonly connections: number
  readonly perConnection: number
  readonly seconds: number
  /** Mails begun per second at times of a Poisson process; undefined: each connection begins its next mail at once. */
  readonly ratePerSecond?: number
}
export type Measured = {
  readonly perSecond: number
  /** Octets received, in MB of 10^6. */
  readonly megabytesPerSecond: number
  readonly ackP50Ms: number
  readonly ackP99Ms: number
  readonly ackP999Ms: number
  readonly hopP50Ms: number
  readonly hopP99Ms: number
  readonly hopP999Ms: number
  readonly cpuSecondsPer1000: number
  readonly pssMiB: number
  readonly mails: number
  readonly lost: number
  readonly duplicates: number
  readonly errors: number
}

export type Load = { readonly source: SenderChild; readonly sink: SinkChild }

/** One run of one cell; waits for what is still in a queue at its end. Ack: from the end of data to its reply. */
export async function measure(system: System, cell: Cell, { source, sink }: Load): Promise<Measured> {
  const order = await orderFor(system, cell)
  await sink.reset(order.run)
  const roots = rootPidsOf(system)
  const before = usageOf(roots)
  const sent = await send(source, order)
  const { pssMiB } = usageOf(roots)
  await untilArrived(sink, sent.beganMs.size)
  const after = usageOf(roots)
  const arrivals = (await sink.take()).filter(({ number }) => number !== -1)
  const arrived = new Map(arrivals.toReversed().map(({ number, atMs }) => [number, atMs]))
  if (sent.errors.length > 0) console.error(`${system.name}: ${sent.errors[0]}`)
  const hopMs = [...sent.beganMs].flatMap(([number, beganMs]) => (arrived.has(number) ? [arrived.get(number)! - beganMs] : []))
  const lastMs = arrivals.reduce((last, { atMs }) => Math.max(last, atMs), 0)
  const perSecond = arrived.size / ((lastMs - sent.startedMs) / 1000)
  return {
    perSecond: round(perSecond),
    megabytesPerSecond: round((perSecond * meanOctets(order)) / 1e6),
    ackP50Ms: round(quantile(sent.ackMs, 0.5)),
    ackP99Ms: round(quantile(sent.ackMs, 0.99)),
    ackP999Ms: round(quantile(sent.ackMs, 0.999)),
    hopP50Ms: round(quantile(hopMs, 0.5)),
    hopP99Ms: round(quantile(hopMs, 0.99)),
    hopP999Ms: round(quantile(hopMs, 0.999)),
    cpuSecondsPer1000: round((cpuSecondsBetween(before, after) / arrived.size) * 1000),
    pssMiB: Math.round(pssMiB),
    mails: arrived.size,
    lost: sent.beganMs.size - hopMs.length,
    duplicates: arrivals.length - arrived.size,
    errors: sent.errors.length,
  }
}

function meanOctets({ templates, weights }: SendOrder): number {
  const whole = weights.reduce((sum, weight) => sum + weight, 0)
  return templates.reduce((sum, { octets }, i) => sum + (octets.length * weights[i]!) / whole, 0)
}

async function orderFor(system: System, { mailClass, connections, perConnection, seconds, ratePerSecond }: Cell): Promise<SendOrder> {
  return {
    habits: { target: { host: '127.0.0.1', port: system.port, name: '127.0.0.1' }, tls: 'off', helo: 'source.example', pipelining: true },
    from: 'yamada@sender.example',
    recipients: { pattern: 'staff@town.example.jp', mailboxes: 1, perMail: 1 },
    ...(await templatesOf(mailClass)),
    run: newRunId(Math.random),
    seed: 1,
    plan: ratePerSecond === undefined ? { kind: 'closed', thinkMs: 0 } : { kind: 'poisson', perSecond: ratePerSecond },
    durationMs: seconds * 1000,
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
      const began = rows[at + ROW.intendedMs]!
      if (OUTCOMES[rows[at + ROW.outcome]!] !== 'accepted') errors.push(troubles[rows[at + ROW.trouble]!]!)
      else {
        beganMs.set(rows[at + ROW.number]!, began)
        ackMs.push(rows[at + ROW.doneMs]! - rows[at + ROW.endOfDataMs]!)
      }
    }
  })
  return { startedMs, beganMs, ackMs, errors }
}

async function untilArrived(sink: SinkChild, count: number): Promise<void> {
  const untilMs = performance.now() + DRAIN_MS
  while ((await sink.count()) < count && performance.now() < untilMs) await delay(50)
}

export function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN
}

export function round(value: number): number {
  return Number(value.toPrecision(4))
}
