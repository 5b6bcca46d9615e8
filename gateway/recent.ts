/**
 * What the last two days were like in the workshop, hour by hour: how long taking over took, how many processes ended.
 * In memory, for the dashboard; Prometheus has the same numbers for longer.
 */
import { delayClass, slotOf, DELAY_EDGES_MS } from '../store/statistics.ts'
import type { Metrics } from './metrics.ts'

export type RecentHour = { readonly hourMs: number; readonly acceptClasses: readonly number[]; readonly ended: number }

const MOST_HOURS = 48

type Hour = { readonly hourMs: number; readonly acceptClasses: number[]; ended: number }

export class Recent {
  readonly #nowMs: () => number
  readonly #hours: Hour[] = []

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** The same metrics, listened to. */
  listening(metrics: Metrics): Metrics {
    return {
      ...metrics,
      observe: (name, seconds, ...labels) => {
        if (name === 'accept_seconds') this.#hour().acceptClasses[delayClass(seconds * 1000)]!++
        metrics.observe(name, seconds, ...labels)
      },
      count: (name, amount, ...labels) => {
        if (name === 'sanitizer_ended_total') this.#hour().ended += amount
        metrics.count(name, amount, ...labels)
      },
    }
  }

  /** Oldest first; hours in which nothing happened are not there. */
  hours(): readonly RecentHour[] {
    return this.#hours
  }

  #hour(): Hour {
    const hourMs = slotOf(this.#nowMs(), 'hour')
    const last = this.#hours.at(-1)
    if (last?.hourMs === hourMs) return last
    const hour = { hourMs, acceptClasses: Array.from({ length: DELAY_EDGES_MS.length + 1 }, () => 0), ended: 0 }
    this.#hours.push(hour)
    if (this.#hours.length > MOST_HOURS) this.#hours.shift()
    return hour
  }
}
