/**
 * One run: the load, what arrives, and the result.
 *
 *   order ──▶ sender ──▶ rows ─────┐
 *               │                  ├──▶ tally ──▶ Result
 *             server ──▶ inbox ──▶ arrivals
 *
 * When the last reply is there the run waits for the mails that are still on their way (`drainMs` at most), and then a
 * little longer for those that come twice.
 */
import { cpus, release } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import type { SenderChild } from './children.ts'
import { monotonicMs } from './clock.ts'
import { check, type Rule } from './checks.ts'
import type { Histogram } from './histogram.ts'
import type { Inbox } from './inbox.ts'
import { newRunId, type RunId } from './mark.ts'
import type { Probed } from './probe.ts'
import { LATENCIES, type Latency, type LatencyName, type Limit, RESULT_VERSION, type Result } from './result.ts'
import type { SendOrder } from './sender.ts'
import type { SenderDone } from './sender-process.ts'
import { numberOrNull, Tally } from './tally.ts'

export type Load = Omit<SendOrder, 'run'> & {
  readonly drainMs: number
  readonly settleMs: number
}

/** Everything that outlives a run. */
export type Crew = {
  readonly sender: SenderChild
  readonly inbox: Inbox | undefined
  /** Mails in the queue of the server under test. */
  readonly queue: (() => Promise<number | undefined>) | undefined
  /** Aborted when the person wants to see what there is. */
  readonly stop: AbortSignal
}

export type Glimpse = {
  readonly tally: Tally
  readonly elapsedS: number
  readonly phase: 'load' | 'drain'
  readonly waiting: number
  readonly connections: number
  readonly queue: number | undefined
}

export type Ran = {
  readonly run: RunId
  readonly tally: Tally
  readonly startedAt: Date
  readonly loadMs: number
  readonly done: SenderDone
  /** Copies that were still to come when the last reply was there. */
  readonly backlog: number
  /** Somebody looked at what arrived. */
  readonly verified: boolean
}

const LOOK_MS = 250
const MOMENTS = 120

export async function runOnce(load: Load, crew: Crew, glimpse: (now: Glimpse) => void): Promise<Ran> {
  const run = newRunId(Math.random)
  await crew.inbox?.reset(run)
  const startedAt = new Date()
  const orderedMs = monotonicMs()
  const tally = new Tally({
    recipients: load.recipients,
    seed: load.seed,
    momentMs: Math.max(1000, Math.ceil(load.durationMs / MOMENTS / 1000) * 1000),
    kinds: load.templates.map(({ kind }) => kind),
    sizes: load.templates.map(({ octets }) => octets.length),
  })
  const watch = new Watch({ tally, crew, glimpse, orderedMs })
  const stop = () => crew.sender.stop()
  crew.stop.addEventListener('abort', stop)
  try {
    const { drainMs: _drain, settleMs: _settle, ...order } = load
    const done = await crew.sender.run({ ...order, run }, batch => watch.heard(batch))
    const loadMs = monotonicMs() - tally.startedMs
    const backlog = crew.inbox ? await watch.drain(load) : 0
    tally.measureArrivals()
    return { run, tally, startedAt, loadMs, done, backlog, verified: crew.inbox !== undefined }
  } finally {
    crew.stop.removeEventListener('abort', stop)
    await watch.close()
  }
}

type Watched = {
  readonly tally: Tally
  readonly crew: Crew
  readonly glimpse: (now: Glimpse) => void
  readonly orderedMs: number
}

/** Looks at inbox and queue now and then while the load runs. */
class Watch {
  readonly #watched: Watched
  readonly #looking: Promise<void>
  #closed = false
  #phase: Glimpse['phase'] = 'load'
  #waiting = 0
  #connections = 0
  #queue: number | undefined

  constructor(watched: Watched) {
    this.#watched = watched
    this.#looking = this.#look()
  }

  heard(batch: Parameters<Tally['addRows']>[0] & { readonly waiting: number; readonly connections: number }): void {
    this.#watched.tally.addRows(batch)
    this.#waiting = batch.waiting
    this.#connections = batch.connections
  }

  /** Gives how many copies were still under way at its beginning. */
  async drain({ drainMs, settleMs }: Load): Promise<number> {
    this.#phase = 'drain'
    const { tally, crew } = this.#watched
    tally.addArrivals(await crew.inbox!.take())
    const backlog = tally.missing()
    const untilMs = monotonicMs() + drainMs
    while (tally.missing() > 0 && monotonicMs() < untilMs && !crew.stop.aborted) await delay(LOOK_MS)
    await delay(settleMs, undefined, { signal: crew.stop }).catch(() => undefined)
    tally.addArrivals(await crew.inbox!.take())
    return backlog
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#looking
  }

  async #look(): Promise<void> {
    const { tally, crew, glimpse, orderedMs } = this.#watched
    for (let turn = 0; !this.#closed; turn++) {
      if (crew.inbox) tally.addArrivals(await crew.inbox.take())
      if (crew.queue && turn % 4 === 0) {
        this.#queue = await crew.queue()
        if (this.#queue !== undefined) tally.addQueue(monotonicMs(), this.#queue)
      }
      if (turn % 4 === 0)
        glimpse({
          tally,
          elapsedS: (monotonicMs() - orderedMs) / 1000,
          phase: this.#phase,
          waiting: this.#waiting,
          connections: this.#connections,
          queue: this.#queue,
        })
      await delay(LOOK_MS)
    }
  }
}

export type About = {
  readonly settings: Result['settings']
  readonly address: string
  readonly probed: Probed
  readonly inbox: Inbox | undefined
  readonly rules: readonly Rule[]
  readonly limit: Limit | null
}

export function resultOf({ run, tally, startedAt, loadMs, done }: Ran, about: About): Result {
  const seconds = Math.max(0.001, (tally.lastDoneMs - tally.startedMs) / 1000)
  const arrivedSeconds = Math.max(0.001, (tally.lastArrivalMs - tally.startedMs) / 1000)
  const cpuShare = done.cpuSeconds / (loadMs / 1000)
  const lateP99Ms = numberOrNull(tally.late.quantile(0.99))
  const judged = {
    version: RESULT_VERSION as typeof RESULT_VERSION,
    kind: 'smtp' as const,
    startedAt: startedAt.toISOString(),
    run,
    settings: about.settings,
    server: { address: about.address, greeting: about.probed.greeting, extensions: about.probed.extensions },
    machine: machine(),
    durationS: seconds,
    mails: tally.mails,
    outcomes: tally.outcomes,
    recipients: tally.recipients,
    bytesSent: tally.bytesSent,
    acceptedPerSecond: tally.outcomes.accepted / seconds,
    arrivedPerSecond: about.inbox ? tally.arrivals / arrivedSeconds : null,
    latency: Object.fromEntries(LATENCIES.map(name => [name, latencyOf(tally.latency[name])])) as Record<
      LatencyName,
      Latency | null
    >,
    overTime: tally.moments(),
    troubles: [...tally.troubles].map(([text, count]) => ({ text, count })).sort((a, b) => b.count - a.count),
    kinds: [...tally.kinds].map(([kind, { mails, accepted, answered }]) => ({
      kind,
      mails,
      accepted,
      p50Ms: numberOrNull(answered.quantile(0.5)),
      p99Ms: numberOrNull(answered.quantile(0.99)),
    })),
    verification: about.inbox ? tally.verification(about.inbox.source) : null,
    tester: { lateP99Ms, cpuShare, limited: cpuShare > 0.9 || (lateP99Ms ?? 0) > 50 },
    limit: about.limit,
  }
  const checks = about.rules.map(rule => check(judged, rule))
  return { ...judged, checks, passed: checks.every(({ ok }) => ok) }
}

export function latencyOf(histogram: Histogram): Latency | null {
  if (histogram.count === 0) return null
  const at = (share: number) => Number(histogram.quantile(share).toPrecision(5))
  return {
    count: histogram.count,
    meanMs: Number(histogram.meanMs.toPrecision(5)),
    minMs: Number(histogram.minMs.toPrecision(5)),
    p50Ms: at(0.5),
    p90Ms: at(0.9),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
    p999Ms: at(0.999),
    maxMs: Number(histogram.maxMs.toPrecision(5)),
    buckets: histogram.buckets(),
  }
}

export function machine(): Result['machine'] {
  return {
    cpu: cpus()[0]?.model ?? '',
    cores: cpus().length,
    node: process.version,
    system: `${process.platform} ${release()}`,
  }
}
