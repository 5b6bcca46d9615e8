/**
 * What a run has found, as it is written to loadtest.json and read by the report and by `compare`.
 * Milliseconds and seconds are said in the names; times are from the start of the load.
 */
import type { Outcome } from './dialogue.ts'

export const RESULT_VERSION = 1

export type Latency = {
  readonly count: number
  readonly meanMs: number
  readonly minMs: number
  readonly p50Ms: number
  readonly p90Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  readonly maxMs: number
  /** Middle of a bucket, count: everything that a plot needs. */
  readonly buckets: readonly (readonly [number, number])[]
}

/**
 * answered: from the time meant to start to the last reply; what stands in acceptance tests. Mails that were given up are in
 * it with the time until then, refused ones are not. service: from the real start,
 * as a closed loop would have it. data: from the end of the data to its reply. arrived: from the time meant to the arrival.
 */
export const LATENCIES = ['answered', 'service', 'data', 'arrived'] as const
export type LatencyName = (typeof LATENCIES)[number]

export type Moment = {
  readonly atS: number
  readonly intended: number
  readonly accepted: number
  readonly troubled: number
  readonly arrived: number
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  readonly queue: number | null
}

export type Verification = {
  readonly source: 'sink' | 'maildir'
  readonly arrivals: number
  /** Accepted for a recipient, and never came. */
  readonly lost: number
  /** Came again for a recipient who had it. */
  readonly duplicated: number
  /** Came with something of another mail in it, or for somebody else. */
  readonly mixed: number
  readonly unsanitized: number
  readonly unsanitizedBy: Readonly<Record<string, number>>
  /** Came although no 250 was given. */
  readonly unexpected: number
  /** Mails without a mark of this run: notices, reports, mails of others. */
  readonly strangers: number
  /** Known by their Message-ID only: their text did not come through. */
  readonly withoutText: number
  /** The numbers of the first few of each, for those who want to look. */
  readonly examples: Readonly<Record<string, readonly number[]>>
}

export type Check = { readonly rule: string; readonly value: number | null; readonly ok: boolean }

export type Trial = {
  readonly perSecond: number
  readonly seconds: number
  readonly p99Ms: number | null
  readonly troubledShare: number
  readonly backlog: number
  readonly ok: boolean
  readonly why: string
}

export type Limit = {
  readonly trials: readonly Trial[]
  readonly perSecond: number
  readonly mailsPerDay: number
  readonly staff: number
  readonly busyHourShare: number
  readonly peakFactor: number
  readonly mailsPerPerson: number
  /** True when the highest rate that was tried still passed. */
  readonly atLeast: boolean
}

export type Result = {
  readonly version: typeof RESULT_VERSION
  readonly kind: 'smtp' | 'portal'
  readonly startedAt: string
  readonly run: string
  readonly settings: Readonly<Record<string, string | number | boolean>>
  readonly server: { readonly address: string; readonly greeting: string; readonly extensions: readonly string[] }
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string; readonly system: string }
  readonly durationS: number
  readonly mails: number
  readonly outcomes: Readonly<Record<Outcome, number>>
  readonly recipients: { readonly accepted: number; readonly refused: number }
  readonly bytesSent: number
  readonly acceptedPerSecond: number
  readonly arrivedPerSecond: number | null
  readonly latency: Readonly<Record<LatencyName, Latency | null>>
  readonly overTime: readonly Moment[]
  readonly troubles: readonly { readonly text: string; readonly count: number }[]
  readonly kinds: readonly {
    readonly kind: string
    readonly mails: number
    readonly accepted: number
    readonly p50Ms: number | null
    readonly p99Ms: number | null
  }[]
  readonly verification: Verification | null
  /** Of the tester itself: how late it began mails for which a connection was free, and what it used. */
  readonly tester: { readonly lateP99Ms: number | null; readonly cpuShare: number; readonly limited: boolean }
  readonly limit: Limit | null
  readonly checks: readonly Check[]
  readonly passed: boolean
}
