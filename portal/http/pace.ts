/**
 * How many pages a second are begun while the processor is short. Standing behind mail (workers/behind-mail.ts) is not enough: pages
 * in the gaps that mail leaves cost it its caches, a fifth of its rate where a hundred browsers ask without a pause.
 *
 *   each second: how long did this thread wait for a processor?  mostly ─▶ half as many pages, down to a floor
 *                                                                hardly ─▶ a quarter more, up to as many as come
 *
 * Who is beyond that waits a moment, in the order of coming; nobody is refused, but by a portal that stops. A floor of pages is more than the people of a town ask for.
 * The kernel's account of waiting (proc_pid_schedstat, sched-stats) is Linux's; elsewhere nobody waits.
 */
import { readFileSync } from 'node:fs'
import { Refused } from './route.ts'

const LOOK_MS = 1_000
const TICK_MS = 50
/** Of the time in which the thread could have run. */
const SHORT = 0.4
const EASY = 0.2
/** Beyond so many a second there is nothing to hold back. */
const PLENTY = 500

/** Nanoseconds since the start. */
export type ProcessorTime = { readonly ranNs: number; readonly waitedNs: number }

export class Pace {
  readonly #read: () => ProcessorTime | undefined
  readonly #floor: number
  readonly #nowMs: () => number
  readonly #waiting: { readonly go: () => void; readonly refuse: (why: Refused) => void }[] = []
  #isStopped = false
  #last: ProcessorTime | undefined
  #begun = 0
  #perSecond = Number.POSITIVE_INFINITY
  #allowed = 0
  #filledMs = 0
  #timer: NodeJS.Timeout | undefined

  /** `floor`: pages a second that are begun whatever else the machine does. `nowMs`: a clock that never goes back. */
  constructor(floor: number, read: () => ProcessorTime | undefined = ownProcessorTime, nowMs: () => number = () => performance.now()) {
    this.#floor = floor
    this.#read = read
    this.#nowMs = nowMs
    this.#last = read()
  }

  /** Looks from now on. */
  start(): this {
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref()
    return this
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#isStopped = true
    for (const { refuse } of this.#waiting.splice(0)) refuse(new Refused('unavailable'))
  }

  get perSecond(): number {
    return this.#perSecond
  }

  /** Undefined: at once. @throws Refused once the portal stops: what a page is made of may be gone already. */
  turn(): Promise<void> | undefined {
    if (this.#isStopped) throw new Refused('unavailable')
    this.#fill()
    if (this.#perSecond === Number.POSITIVE_INFINITY || (this.#waiting.length === 0 && this.#allowed >= 1)) return void this.#begin()
    return new Promise((go, refuse) => {
      this.#waiting.push({ go, refuse })
      if (this.#waiting.length === 1) this.#tick()
    })
  }

  /** Once a second. */
  look(): void {
    const [before, now] = [this.#last, this.#read()]
    this.#last = now
    const begun = this.#begun
    this.#begun = 0
    if (!before || !now) return
    const waited = now.waitedNs - before.waitedNs
    const share = waited / Math.max(1, waited + now.ranNs - before.ranNs)
    if (share > SHORT && begun > this.#floor) this.#slower(begun)
    else if (share < EASY && this.#perSecond !== Number.POSITIVE_INFINITY) this.#faster()
  }

  #slower(begun: number): void {
    this.#perSecond = Math.max(this.#floor, Math.min(this.#perSecond, begun) / 2)
    this.#allowed = 0
    this.#filledMs = this.#nowMs()
  }

  #faster(): void {
    this.#perSecond *= 1.25
    if (this.#perSecond > PLENTY) this.#perSecond = Number.POSITIVE_INFINITY
  }

  /** What was not used is kept for a second of the floor: who looks at a few pages at a time never waits. */
  #fill(): void {
    if (this.#perSecond === Number.POSITIVE_INFINITY) return
    const nowMs = this.#nowMs()
    this.#allowed = Math.min(this.#floor, this.#allowed + (this.#perSecond * (nowMs - this.#filledMs)) / 1000)
    this.#filledMs = nowMs
  }

  #tick(): void {
    setTimeout(() => {
      this.#fill()
      while (this.#waiting.length > 0 && this.#allowed >= 1) {
        this.#begin()
        this.#waiting.shift()!.go()
      }
      if (this.#waiting.length > 0) this.#tick()
    }, TICK_MS)
  }

  #begin(): void {
    this.#begun++
    if (this.#perSecond !== Number.POSITIVE_INFINITY) this.#allowed--
  }
}

function ownProcessorTime(): ProcessorTime | undefined {
  try {
    const [ranNs, waitedNs] = readFileSync('/proc/self/schedstat', 'latin1').split(' ').map(Number)
    return { ranNs: ranNs!, waitedNs: waitedNs! }
  } catch {
    return undefined
  }
}
