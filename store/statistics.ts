/**
 * How much of what came when: tallies that are kept beside mail.db, so that no page ever counts mails.
 *
 *   audit chain ──▶ store/sqlite/tallies.ts (reader thread) ──▶ tallies.db ──▶ series and tops of pages
 *
 * A tally is derived: lost, it is made again from the chain. Hours for the dashboard, days and months for reports; all of
 * them begin by the clock of Japan, which knows no summer time.
 */
import type { TenantId } from './contract.ts'

export const GRAINS = ['hour', 'day', 'month'] as const
export type Grain = (typeof GRAINS)[number]

/**
 *   in        messages accepted from outside       out       recipients that a next hop took
 *   failed    recipients that failed for good      verdict   messages: clean, changed, kept, pending
 *   outcome   parts, by what became of them        reason    parts kept back, by reason
 *   type      files, by detected type              sender    messages, by domain of the sender
 *   mailbox   messages, by recipient               delay     deliveries, by time since acceptance (DELAY_EDGES_MS)
 */
export const MEASURES = ['in', 'out', 'failed', 'verdict', 'outcome', 'reason', 'type', 'sender', 'mailbox', 'delay'] as const
export type Measure = (typeof MEASURES)[number]

/** What is kept by the hour: few keys each. The others begin with the day. */
export const HOURLY: ReadonlySet<Measure> = new Set<Measure>(['in', 'out', 'failed', 'verdict', 'outcome', 'delay'])

export type Tally = { readonly slotMs: number; readonly key: string; readonly count: number; readonly bytes: number }

export type SeriesQuestion = {
  readonly tenant: TenantId
  readonly measure: Measure
  readonly grain: Grain
  readonly fromMs: number
  /** Not included. */
  readonly untilMs: number
}

export type TopQuestion = SeriesQuestion & { readonly limit: number }

export type Top = {
  /** Largest first. */
  readonly rows: readonly { readonly key: string; readonly count: number; readonly bytes: number }[]
  /** Of all keys, those that are not listed too. */
  readonly count: number
  readonly bytes: number
  readonly keys: number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const JST_OFFSET_MS = 9 * HOUR_MS

/** First moment of the hour, day or month that this moment is in. */
export function slotOf(atMs: number, grain: Grain): number {
  if (grain === 'hour') return atMs - (((atMs % HOUR_MS) + HOUR_MS) % HOUR_MS)
  const local = atMs + JST_OFFSET_MS
  if (grain === 'day') return local - (((local % DAY_MS) + DAY_MS) % DAY_MS) - JST_OFFSET_MS
  const date = new Date(local)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) - JST_OFFSET_MS
}

/** The slot `steps` after this one (before it, when negative). */
export function slotAfter(slotMs: number, grain: Grain, steps: number): number {
  if (grain !== 'month') return slotMs + steps * (grain === 'hour' ? HOUR_MS : DAY_MS)
  const date = new Date(slotMs + JST_OFFSET_MS)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + steps, 1) - JST_OFFSET_MS
}

/** Upper ends of the classes of times; what is longer falls into the class after the last. */
export const DELAY_EDGES_MS = [50, 100, 200, 300, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 7_500, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 900_000, 3_600_000, 14_400_000, 86_400_000, 432_000_000] as const

export function delayClass(ms: number): number {
  const index = DELAY_EDGES_MS.findIndex(edge => ms <= edge)
  return index < 0 ? DELAY_EDGES_MS.length : index
}

/**
 * The time within which `share` (0.5, 0.95, 0.99) of them were done, rounded up to the end of its class; undefined
 * without any. Infinity when it lies beyond the last class.
 */
export function percentileMs(countByClass: ReadonlyMap<number, number>, share: number): number | undefined {
  const total = [...countByClass.values()].reduce((sum, count) => sum + count, 0)
  if (total === 0) return undefined
  let below = 0
  for (const [index, edge] of DELAY_EDGES_MS.entries()) {
    below += countByClass.get(index) ?? 0
    if (below >= total * share) return edge
  }
  return Number.POSITIVE_INFINITY
}
