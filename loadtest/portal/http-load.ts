/**
 * Load on a web portal by autocannon: many connections that ask for pages by their weights, all in one session.
 *
 * autocannon sends at a rate per connection and waits for each answer, so one slow page keeps those behind it from being
 * asked for. What they would have waited is added to "answered" (a response of several intervals stands for the ones it
 * kept from starting); "service" has the plain times.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import autocannon, { type Client, type Request } from 'autocannon'
import { noOutcomes } from '../dialogue.ts'
import { Histogram } from '../histogram.ts'
import { chanceOf, randomFrom } from '../random.ts'
import type { Result } from '../result.ts'
import type { Page } from './visit.ts'

export type PortalLoad = {
  readonly url: string
  /** Host field, when the address in `url` is not the portal's name. */
  readonly host: string
  readonly cookie: string
  readonly pages: readonly Page[]
  readonly connections: number
  /** Requests a second over all connections; undefined: as fast as answers come. */
  readonly perSecond: number | undefined
  readonly durationMs: number
  readonly seed: number
}

export type PageTally = { requests: number; fine: number; readonly answered: Histogram }
export type Second = { fine: number; troubled: number; readonly answered: Histogram }

export type PortalRan = {
  readonly startedAt: Date
  readonly durationS: number
  readonly bytes: number
  readonly outcomes: Result['outcomes']
  readonly answered: Histogram
  readonly service: Histogram
  readonly kinds: ReadonlyMap<string, PageTally>
  readonly seconds: readonly Second[]
  readonly troubles: ReadonlyMap<string, number>
  readonly lateP99Ms: number
  readonly cpuShare: number
}

const SEQUENCE = 400
const TIMEOUT_S = 60

export async function loadPortal(
  load: PortalLoad,
  glimpse: (requests: number, troubled: number) => void,
): Promise<PortalRan> {
  const notes = new Notes(load)
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  const [startedAt, cpu, startedMs] = [new Date(), process.cpuUsage(), performance.now()]
  let client = 0
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>()
  const running = autocannon(
    {
      url: load.url,
      connections: load.connections,
      duration: load.durationMs / 1000,
      timeout: TIMEOUT_S,
      // It corrects only where there is a rate, and refuses to be told not to where there is none.
      ...(load.perSecond === undefined ? {} : { overallRate: load.perSecond, ignoreCoordinatedOmission: true }),
      setupClient: (each: Client) => each.setRequests(notes.sequence(load, client++)),
      requests: notes.sequence(load, 0),
    },
    error => (error ? reject(error as Error) : resolve()),
  )
  running.on('response', (_client, status, bytes, ms) =>
    notes.response(status, bytes, ms, performance.now() - startedMs),
  )
  running.on('reqError', error =>
    notes.failed((error as NodeJS.ErrnoException).code ?? error.message, performance.now() - startedMs),
  )
  const timer = setInterval(() => glimpse(notes.requests, notes.requests - notes.outcomes.accepted), 1000)
  await ended
  clearInterval(timer)
  delay.disable()
  const { user, system } = process.cpuUsage(cpu)
  const durationS = (performance.now() - startedMs) / 1000
  return {
    startedAt,
    durationS,
    ...notes.all(),
    lateP99Ms: Math.max(0, delay.percentile(99) / 1e6 - 5),
    cpuShare: (user + system) / 1e6 / durationS,
  }
}

class Notes {
  readonly outcomes = noOutcomes()
  readonly #intervalMs: number | undefined
  readonly #answered = new Histogram()
  readonly #service = new Histogram()
  readonly #kinds = new Map<string, PageTally>()
  readonly #seconds: Second[] = []
  readonly #troubles = new Map<string, number>()
  #kind = ''
  #bytes = 0
  requests = 0

  constructor({ connections, perSecond }: PortalLoad) {
    this.#intervalMs = perSecond === undefined ? undefined : (Math.min(connections, perSecond) / perSecond) * 1000
  }

  /** A sequence of its own for each connection, so that they do not all ask for one page at once. */
  sequence({ pages, cookie, host, seed }: PortalLoad, client: number): Request[] {
    const chance = randomFrom(seed ^ Math.floor(chanceOf(seed, client) * 2 ** 31))
    const total = pages.reduce((sum, { weight }) => sum + weight, 0)
    return Array.from({ length: SEQUENCE }, () => {
      let rest = chance() * total
      const page = pages.find(({ weight }) => (rest -= weight) < 0) ?? pages[0]!
      // Called just before the event "response" of the same answer, which does not say what was asked for.
      return {
        method: 'GET',
        path: page.path,
        headers: { cookie, host, 'accept-language': 'ja' },
        onResponse: () => void (this.#kind = page.kind),
      }
    })
  }

  response(status: number, bytes: number, ms: number, atMs: number): void {
    const kind = this.#kindOf(this.#kind)
    const second = this.#secondAt(atMs)
    this.requests++
    this.#bytes += bytes
    kind.requests++
    this.#service.add(ms)
    if (status >= 200 && status < 300) {
      this.outcomes.accepted++
      kind.fine++
      second.fine++
      for (const histogram of [this.#answered, kind.answered, second.answered])
        addCorrected(histogram, ms, this.#intervalMs)
      return
    }
    second.troubled++
    // A redirect means that the session is over, 429 and 503 that there is too much to do.
    this.outcomes[status === 429 || status === 503 ? 'deferred' : 'refused']++
    this.#trouble(`${this.#kind}: HTTP ${status}`)
  }

  failed(why: string, atMs: number): void {
    this.requests++
    this.outcomes.failed++
    this.#secondAt(atMs).troubled++
    this.#trouble(`connection: ${why}`)
  }

  all(): Pick<PortalRan, 'bytes' | 'outcomes' | 'answered' | 'service' | 'kinds' | 'seconds' | 'troubles'> {
    return {
      bytes: this.#bytes,
      outcomes: this.outcomes,
      answered: this.#answered,
      service: this.#service,
      kinds: this.#kinds,
      seconds: this.#seconds,
      troubles: this.#troubles,
    }
  }

  #trouble(text: string): void {
    this.#troubles.set(text, (this.#troubles.get(text) ?? 0) + 1)
  }

  #kindOf(name: string): PageTally {
    let kind = this.#kinds.get(name)
    if (!kind) this.#kinds.set(name, (kind = { requests: 0, fine: 0, answered: new Histogram() }))
    return kind
  }

  #secondAt(atMs: number): Second {
    return (this.#seconds[Math.floor(atMs / 1000)] ??= { fine: 0, troubled: 0, answered: new Histogram() })
  }
}

/** A response that took several intervals, and those that would have started meanwhile. */
export function addCorrected(histogram: Histogram, ms: number, intervalMs: number | undefined): void {
  for (let waited = ms; waited > 0; waited -= intervalMs) {
    histogram.add(waited)
    if (intervalMs === undefined || intervalMs <= 0) return
  }
}
