/**
 * The relay: mail out. Reads as the list of its steps: claim → attempt → settle.
 *
 *   commit ──▶ offer (message still in memory) ─┐
 *                                               ├─▶ attempt ──▶ DSN if need be ──▶ settle ──▶ log
 *   store.claimDue (timer, wake-up, start) ─────┘
 *
 * Bounded: so many entries in flight, so many octets of offered messages in memory, so many entries waiting.
 * What does not fit is given back to the store, which hands it out again when there is room.
 * Invariant: an entry is in hand exactly once, and leaves by a settlement for each of its recipients; an entry
 * whose settlement was not taken stays claimed, and the next start resumes it as a possible duplicate.
 */
import { type QueueEntry, StoreBroken } from '../../store/contract.ts'
import { deliver, type DeliveryDeps, type DeliveryHost, release } from './delivery.ts'
import type { AlarmKind } from './relay-log.ts'
import { createTransports, type OnGreeted, type TransportLimits } from './transports.ts'

export type RelayLimits = TransportLimits & {
  /** Entries being attempted or settled at once. More than the connections, so that settling holds none. */
  readonly maxInFlight: number
  /** Octets of messages held in memory since their commit; beyond it the store is read again. */
  readonly maxOfferedBytes: number
  /** Entries (without their messages) that wait here for room. */
  readonly maxWaiting: number
  /** How often the store is asked what is due. */
  readonly pollMs: number
}

export type RelayDeps = DeliveryDeps & {
  readonly limits: RelayLimits
  readonly onGreeted?: OnGreeted
}

/** What may change while the relay runs. */
export type RelayPlan = Pick<RelayDeps, 'routes' | 'schedule' | 'limits'>

export type RelayStatus = {
  readonly inFlight: number
  readonly waiting: number
  readonly connections: number
  readonly paused: boolean
}

export interface Relay {
  /** Claims and delivers until `close`. Rejects with StoreBroken: the process must end. */
  run(): Promise<void>
  /** Takes an entry that the store has just committed and handed out, with its message. Never throws, never waits. */
  offer(entry: QueueEntry, message: Uint8Array): void
  /** Something may have become due: an operator's retry, a release. */
  wake(): void
  /** An operator's retry: also hops that failed a moment ago are tried. */
  retryNow(): void
  /** Emergency hold: nothing more begins. Transactions that run already end as they may. */
  pause(): void
  resume(): void
  /** Other settings for every attempt that begins from now on; time-outs of connections stay. */
  adopt(plan: RelayPlan): void
  /** Stops; what is in flight has `graceMs` to end, then its connections are dropped and it is deferred. */
  close(graceMs: number): Promise<void>
  status(): RelayStatus
}

export function createRelay(deps: RelayDeps): Relay {
  return new QueueRelay(deps)
}

class QueueRelay implements Relay {
  #deps: RelayDeps
  readonly #transports: ReturnType<typeof createTransports>
  readonly #host: DeliveryHost
  readonly #inFlight = new Set<Promise<void>>()
  #waiting: QueueEntry[] = []
  #offeredBytes = 0
  #paused = false
  #closing = false
  /** The last claim was full: there is more in the store. */
  #moreDue = false
  #broken: { readonly error: unknown } | undefined
  #alarmClock = Promise.withResolvers<void>()
  #running: Promise<void> = Promise.resolve()

  constructor(deps: RelayDeps) {
    this.#deps = deps
    const naming = { clock: deps.clock, random: deps.random, hostname: deps.identity.hostname }
    this.#transports = createTransports(deps.limits, naming, deps.onGreeted ?? (() => undefined))
    this.#host = {
      deps: () => this.#deps,
      isPaused: () => this.#paused,
      transportFor: hop => this.#transports.for(hop),
      offer: (entry, message) => this.offer(entry, message),
      failed: (kind, entry, error) => this.#failed(kind, entry, error),
    }
  }

  run(): Promise<void> {
    this.#running = this.#loop()
    return this.#running
  }

  async #loop(): Promise<void> {
    while (!this.#closing && this.#broken === undefined) {
      await this.#startWhatIsDue()
      await this.#sleep()
    }
    if (this.#broken !== undefined) throw this.#broken.error
  }

  async #startWhatIsDue(): Promise<void> {
    while (this.#hasRoom()) {
      const entry = this.#waiting.shift()
      if (entry !== undefined) this.#start(entry, undefined)
      else if ((await this.#claim()) === 0) return
    }
  }

  /** Returns how many were claimed. */
  async #claim(): Promise<number> {
    const { store, clock, limits } = this.#deps
    const room = limits.maxInFlight - this.#inFlight.size
    try {
      const entries = await store.claimDue(clock(), room)
      this.#moreDue = entries.length >= room
      for (const entry of entries) this.#start(entry, undefined)
      return entries.length
    } catch (error) {
      this.#failed('claim-failed', undefined, error)
      return 0
    }
  }

  offer(entry: QueueEntry, message: Uint8Array): void {
    const { limits } = this.#deps
    if (this.#hasRoom() && this.#offeredBytes + message.length <= limits.maxOfferedBytes) {
      this.#start(entry, message)
    } else if (!this.#closing && this.#waiting.length < limits.maxWaiting) {
      this.#waiting.push(entry)
    } else {
      this.#track(release([entry], this.#host))
      this.#moreDue = true
    }
  }

  #hasRoom(): boolean {
    return (
      !this.#paused &&
      !this.#closing &&
      this.#broken === undefined &&
      this.#inFlight.size < this.#deps.limits.maxInFlight
    )
  }

  #start(entry: QueueEntry, message: Uint8Array | undefined): void {
    const offeredBytes = message?.length ?? 0
    this.#offeredBytes += offeredBytes
    this.#track(
      deliver(entry, message, this.#host).finally(() => {
        this.#offeredBytes -= offeredBytes
      }),
    )
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch(error => this.#failed('not-settled', undefined, error))
      .finally(() => {
        this.#inFlight.delete(tracked)
        if (this.#waiting.length > 0 || this.#moreDue || this.#broken !== undefined) this.wake()
      })
    this.#inFlight.add(tracked)
  }

  /** An alarm; what breaks the store ends everything. */
  #failed(kind: AlarmKind, entry: QueueEntry | undefined, error: unknown): void {
    if (error instanceof StoreBroken) this.#broken ??= { error }
    const detail = error instanceof Error ? error.message : String(error)
    this.#deps.log.alarm({ kind, queueId: entry?.queueId, tenant: entry?.tenant, detail })
  }

  wake(): void {
    this.#alarmClock.resolve()
  }

  retryNow(): void {
    this.#transports.forgetFailures()
    this.wake()
  }

  async #sleep(): Promise<void> {
    const timer = setTimeout(() => this.wake(), this.#deps.limits.pollMs)
    await this.#alarmClock.promise
    clearTimeout(timer)
    this.#alarmClock = Promise.withResolvers()
  }

  pause(): void {
    this.#paused = true
  }

  adopt(plan: RelayPlan): void {
    this.#deps = { ...this.#deps, ...plan }
    this.wake()
  }

  resume(): void {
    this.#paused = false
    this.wake()
  }

  async close(graceMs: number): Promise<void> {
    this.#closing = true
    this.wake()
    await this.#running.catch(() => undefined)
    await Promise.race([this.#drained(), new Promise(resolve => setTimeout(resolve, graceMs).unref())])
    this.#transports.close()
    await this.#drained()
    if (this.#waiting.length > 0) await release(this.#waiting.splice(0), this.#host)
  }

  async #drained(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight)
  }

  status(): RelayStatus {
    return {
      inFlight: this.#inFlight.size,
      waiting: this.#waiting.length,
      connections: this.#transports.connections(),
      paused: this.#paused,
    }
  }
}
