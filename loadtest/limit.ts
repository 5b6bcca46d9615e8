/**
 * `--find-limit`: the highest rate at which the bounds still hold.
 *
 * Trials of equal length: the rate doubles until one fails, then the gap between the last that passed and the first that
 * failed is halved until it is narrow. A trial passes when the quantile and the errors stay within their bounds, and when
 * the mails that were accepted also arrive: what only grows a queue is no rate that lasts. A tester that cannot keep up
 * itself ends the search and is named as the reason.
 */
import type { Limit, Trial } from './result.ts'
import type { Ran } from './run.ts'
import { numberOrNull, type Tally } from './tally.ts'

export type Bounds = { readonly p99Ms: number; readonly troubledPercent: number }

export type Staffing = {
  /** Share of a day's mails that come in its busiest hour. */
  readonly busyHourShare: number
  /** The busiest minutes of that hour against its mean. */
  readonly peakFactor: number
  /** Mails from outside per person and day. */
  readonly mailsPerPerson: number
}

export type Search = {
  readonly firstPerSecond: number
  readonly highestPerSecond: number
  /** The search ends when failed and passed rate are so close. */
  readonly withinShare: number
  readonly trial: (perSecond: number) => Promise<Trial>
  readonly stop: AbortSignal
}

/** Accepted mails of so many seconds may be under way at the end of a trial. */
const BACKLOG_SECONDS = 1
const LEAST_BACKLOG = 20

export async function findLimit({
  firstPerSecond,
  highestPerSecond,
  withinShare,
  trial,
  stop,
}: Search): Promise<{ trials: Trial[]; perSecond: number; atLeast: boolean }> {
  const trials: Trial[] = []
  const attempt = async (perSecond: number) => {
    const made = await trial(perSecond)
    trials.push(made)
    return made.ok
  }
  let [passed, failed] = [0, Number.POSITIVE_INFINITY]
  for (
    let rate = firstPerSecond;
    failed === Number.POSITIVE_INFINITY && passed < highestPerSecond && !stop.aborted;
    rate = Math.min(highestPerSecond, rate * 2)
  ) {
    if (await attempt(rate)) passed = rate
    else failed = rate
  }
  // Nothing passed yet: a slow server may still do a fraction of the first rate.
  while (failed - passed > failed * withinShare && failed > 0.1 && Number.isFinite(failed) && !stop.aborted) {
    const rate = passed === 0 ? failed / 4 : (passed + failed) / 2
    if (await attempt(rate)) passed = rate
    else failed = rate
  }
  return { trials, perSecond: passed, atLeast: failed === Number.POSITIVE_INFINITY }
}

export function judgeTrial({ tally, done, loadMs, backlog, verified }: Ran, perSecond: number, bounds: Bounds): Trial {
  const p99Ms = numberOrNull(tally.latency.answered.quantile(0.99))
  const troubledShare = tally.mails === 0 ? 1 : (tally.mails - tally.outcomes.accepted) / tally.mails
  const testerIsSlow = done.cpuSeconds / (loadMs / 1000) > 0.95 || tally.late.quantile(0.99) > bounds.p99Ms / 4
  const reasons: readonly (readonly [boolean, string])[] = [
    [tally.mails === 0, 'no mail was sent'],
    [testerIsSlow, 'the tester itself cannot keep up'],
    [troubledShare * 100 > bounds.troubledPercent, 'errors'],
    [p99Ms === null || p99Ms > bounds.p99Ms, 'p99'],
    [backlog > Math.max(LEAST_BACKLOG, perSecond * BACKLOG_SECONDS), 'mails pile up'],
    [verified && isWrong(tally), 'lost, doubled, mixed or unsanitized'],
  ]
  const why = reasons.find(([isBad]) => isBad)?.[1] ?? ''
  return { perSecond, seconds: loadMs / 1000, p99Ms, troubledShare, backlog, ok: why === '', why }
}

function isWrong(tally: Tally): boolean {
  const { lost, duplicated, mixed, unsanitized, unexpected } = tally.verification('sink')
  return lost + duplicated + mixed + unsanitized + unexpected > 0
}

export function limitOf(
  found: { readonly trials: readonly Trial[]; readonly perSecond: number; readonly atLeast: boolean },
  staffing: Staffing,
): Limit {
  const mailsPerDay = Math.floor((found.perSecond * 3600) / staffing.peakFactor / staffing.busyHourShare)
  return { ...found, ...staffing, mailsPerDay, staff: Math.floor(mailsPerDay / staffing.mailsPerPerson) }
}
