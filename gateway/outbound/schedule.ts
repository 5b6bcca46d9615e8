/**
 * When to try a recipient again, and when to give up.
 *
 * The next hop is our own site's server, so we begin sooner than the 30 minutes that RFC 5321 §4.5.4.1 asks
 * for towards strangers, and back off to the same two hours. Age counts from acceptance, not from the last
 * attempt: after a long outage the waits are long too, and an operator has `queue retry`.
 * Standards: RFC 5321 §4.5.4.1 (retry and give-up times).
 */

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

export type ScheduleRow = { readonly untilAgeMs: number; readonly waitMs: number }

export type Schedule = {
  /** The first row whose age is not yet reached decides. */
  readonly rows: readonly ScheduleRow[]
  /** Beyond the last row. */
  readonly longestWaitMs: number
  /** Older than this, a recipient that cannot be reached fails with 5.4.7. */
  readonly giveUpAfterMs: number
  /** Age at which the reverse-path is told once that it takes longer; undefined: never. */
  readonly warnAfterMs: number | undefined
}

export const DEFAULT_SCHEDULE: Schedule = {
  rows: [
    { untilAgeMs: 10 * MINUTE_MS, waitMs: 2 * MINUTE_MS }, // a restart or a deploy
    { untilAgeMs: HOUR_MS, waitMs: 15 * MINUTE_MS },
    { untilAgeMs: 6 * HOUR_MS, waitMs: 30 * MINUTE_MS },
  ],
  longestWaitMs: 2 * HOUR_MS,
  giveUpAfterMs: 5 * 24 * HOUR_MS,
  warnAfterMs: undefined,
}

/**
 * Milliseconds to wait, given how long ago the message was accepted.
 * Adds up to 10 % at random (`random` yields [0, 1)), so that a backlog does not come back all at once.
 */
export function retryWaitMs(schedule: Schedule, ageMs: number, random: () => number): number {
  const waitMs = schedule.rows.find(row => ageMs < row.untilAgeMs)?.waitMs ?? schedule.longestWaitMs
  return Math.round(waitMs * (1 + random() / 10))
}

export function isExpired(schedule: Schedule, ageMs: number): boolean {
  return ageMs >= schedule.giveUpAfterMs
}

export function isWarningDue(schedule: Schedule, ageMs: number): boolean {
  return schedule.warnAfterMs !== undefined && ageMs >= schedule.warnAfterMs
}
