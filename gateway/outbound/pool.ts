/**
 * The connections to one next hop: at most so many, reused while they are good, opened only when somebody
 * waits. After a failed connection new ones are held off for a while, so that a dead hop costs nothing.
 *
 * One sweep timer per pool keeps every limit of time (idle, waiting, transaction): no timer per message.
 */
import { performance } from 'node:perf_hooks'
import { Held } from './outcome.ts'
import { hopLabel, type SmtpHop } from './routes.ts'
import { HopUnavailable, openSmtp, type SmtpLimits, type SmtpSession } from './smtp-client.ts'

export type PoolLimits = SmtpLimits & {
  readonly maxConnections: number
  /** Transactions on one connection before it is closed: some hops refuse more. */
  readonly maxTransactions: number
  readonly idleMs: number
  /** How long a delivery waits for a connection to become free. */
  readonly acquireMs: number
  /** A whole transaction, however busy the hop looks. */
  readonly transactionMs: number
  /** Pause after the first failed connection; doubles up to the longest. */
  readonly backOffMs: number
  readonly longestBackOffMs: number
}

export const DEFAULT_POOL_LIMITS: PoolLimits = {
  connectMs: 30_000,
  replyMs: 600_000, // RFC 5321 §4.5.3.2.6
  chunking: true,
  maxConnections: 16,
  maxTransactions: 1000,
  idleMs: 30_000,
  acquireMs: 60_000,
  transactionMs: 1_200_000,
  backOffMs: 1000,
  longestBackOffMs: 30_000,
}

const LONGEST_SWEEP_MS = 1000

type Waiter = {
  readonly sinceMs: number
  /** Only a connection that has served nobody yet will do. */
  readonly fresh: boolean
  resolve(session: SmtpSession): void
  reject(error: HopUnavailable | Held): void
}

export class SmtpPool {
  readonly hop: SmtpHop
  readonly #limits: PoolLimits
  readonly #onGreeted: (session: SmtpSession) => void
  readonly #stop = new AbortController()
  readonly #sweep: NodeJS.Timeout
  readonly #idle: { readonly session: SmtpSession; readonly sinceMs: number }[] = []
  readonly #busy = new Set<SmtpSession>()
  readonly #waiting: Waiter[] = []
  #opening = 0
  #failures = 0
  #heldOffUntilMs = 0
  #lastFailure = ''

  constructor(hop: SmtpHop, limits: PoolLimits, onGreeted: (session: SmtpSession) => void = () => undefined) {
    this.hop = hop
    this.#onGreeted = onGreeted
    this.#limits = hop.maxConnections === undefined ? limits : { ...limits, maxConnections: hop.maxConnections }
    const shortest = Math.min(limits.idleMs, limits.acquireMs, limits.transactionMs, limits.backOffMs)
    this.#sweep = setInterval(() => this.#keepTimes(), Math.max(10, Math.min(shortest / 2, LONGEST_SWEEP_MS))).unref()
  }

  /** An operator asked for a try now: the pause after failures is over. */
  forgetFailures(): void {
    this.#failures = 0
    this.#heldOffUntilMs = 0
  }

  get connections(): number {
    return this.#idle.length + this.#busy.size + this.#opening
  }

  /** A session for one transaction, to be given back by `release`. Rejects with HopUnavailable, or Held when closed. */
  acquire(): Promise<SmtpSession> {
    if (this.#stop.signal.aborted) return Promise.reject(new Held('relay is stopping'))
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.session.alive) return Promise.resolve(this.#take(idle.session))
    }
    return this.#wait(false)
  }

  /** As `acquire`, after a reused connection turned out to be at its end: the other used ones are as old. */
  acquireFresh(): Promise<SmtpSession> {
    if (this.#stop.signal.aborted) return Promise.reject(new Held('relay is stopping'))
    for (const { session } of this.#idle.splice(0)) session.quit()
    return this.#wait(true)
  }

  #wait(fresh: boolean): Promise<SmtpSession> {
    if (this.#busy.size + this.#opening === 0 && this.#isHeldOff()) {
      return Promise.reject(new HopUnavailable(this.#lastFailure))
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ sinceMs: performance.now(), fresh, resolve, reject })
      this.#open()
    })
  }

  release(session: SmtpSession): void {
    this.#busy.delete(session)
    if (this.#stop.signal.aborted || session.transactions >= this.#limits.maxTransactions) session.quit()
    if (session.alive) this.#hand(session)
    else this.#open()
  }

  /** Idle connections say QUIT; busy ones and waiters are dropped, so call it when deliveries have ended or must. */
  close(): void {
    this.#stop.abort()
    clearInterval(this.#sweep)
    for (const { session } of this.#idle.splice(0)) session.quit()
    for (const session of this.#busy) session.abort('relay is stopping')
    for (const waiter of this.#waiting.splice(0)) waiter.reject(new Held('relay is stopping'))
  }

  #open(): void {
    while (
      this.#opening < this.#waiting.length &&
      this.connections < this.#limits.maxConnections &&
      !this.#isHeldOff()
    ) {
      this.#opening++
      openSmtp(this.hop, this.#limits, this.#stop.signal).then(
        session => {
          this.#opening--
          this.#failures = 0
          this.#heldOffUntilMs = 0
          this.#onGreeted(session)
          if (this.#stop.signal.aborted) session.quit()
          else this.#hand(session)
        },
        error => this.#openFailed(error),
      )
    }
  }

  #openFailed(error: unknown): void {
    this.#opening--
    this.#failures++
    const { backOffMs, longestBackOffMs } = this.#limits
    this.#heldOffUntilMs = performance.now() + Math.min(backOffMs * 2 ** (this.#failures - 1), longestBackOffMs)
    this.#lastFailure = error instanceof Error ? error.message : String(error)
    // With other connections at work the hop only limits their number: whoever waits gets one of those.
    if (this.#opening + this.#busy.size > 0) return
    for (const waiter of this.#waiting.splice(0)) waiter.reject(new HopUnavailable(this.#lastFailure, { cause: error }))
  }

  #hand(session: SmtpSession): void {
    const isFresh = session.transactions === 0
    const index = this.#waiting.findIndex(({ fresh }) => isFresh || !fresh)
    const [waiter] = index === -1 ? [] : this.#waiting.splice(index, 1)
    if (waiter !== undefined) waiter.resolve(this.#take(session))
    else if (this.#waiting.length === 0) this.#idle.push({ session, sinceMs: performance.now() })
    else {
      // Whoever waits wants a new connection, and this one takes its place.
      session.quit()
      this.#open()
    }
  }

  #take(session: SmtpSession): SmtpSession {
    this.#busy.add(session)
    return session
  }

  #isHeldOff(): boolean {
    return performance.now() < this.#heldOffUntilMs
  }

  #keepTimes(): void {
    const nowMs = performance.now()
    const { idleMs, acquireMs, transactionMs } = this.#limits
    while (this.#idle[0] !== undefined && (!this.#idle[0].session.alive || nowMs - this.#idle[0].sinceMs >= idleMs)) {
      this.#idle.shift()?.session.quit()
    }
    for (const session of this.#busy) {
      if (session.busySinceMs !== undefined && nowMs - session.busySinceMs >= transactionMs)
        session.abort('transaction took too long')
    }
    while (this.#waiting[0] !== undefined && nowMs - this.#waiting[0].sinceMs >= acquireMs) {
      this.#waiting.shift()?.reject(new HopUnavailable(`no free connection to ${hopLabel(this.hop)}`))
    }
    this.#open()
  }
}
