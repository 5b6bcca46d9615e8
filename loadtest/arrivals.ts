/**
 * When mails are meant to start. In an open loop the times do not depend on the server: whoever answers slowly gets the
 * next mail at the same moment all the same, and each mail's latency counts from the time that stands here.
 *
 *   constant   evenly
 *   poisson    independent senders: the gaps are exponential
 *   curve      a recorded day, pressed into the duration, Poisson within each step
 *   burst      constant, and every so often many at one moment
 *   closed     no times at all: each connection sends its next mail when it has the reply
 */
import { randomFrom } from './random.ts'

export type Plan =
  | { readonly kind: 'closed'; readonly thinkMs: number }
  | { readonly kind: 'constant' | 'poisson'; readonly perSecond: number }
  | { readonly kind: 'curve'; readonly perSecond: number; readonly steps: readonly number[] }
  | { readonly kind: 'burst'; readonly perSecond: number; readonly burstMails: number; readonly everyMs: number }

export type OpenPlan = Exclude<Plan, { readonly kind: 'closed' }>

/**
 * Mails from outside by the hour at an office with working hours from 8:30 to 17:15, as shares of the busiest hour.
 * A shape for trying things, not a measurement: bring the counts of your own mail log (`--curve`) before a rollout.
 */
export const OFFICE_DAY: readonly number[] = [
  8, 6, 5, 5, 6, 9, 14, 30, 72, 100, 92, 80, 52, 78, 84, 82, 76, 58, 34, 24, 18, 15, 12, 10,
]

/** Milliseconds from the start, ascending, all below the duration. */
export function* arrivalsOf(plan: OpenPlan, durationMs: number, seed: number): Generator<number> {
  if (plan.kind === 'constant') yield* evenly(plan.perSecond, durationMs)
  else if (plan.kind === 'burst') yield* merged(evenly(plan.perSecond, durationMs), bursts(plan, durationMs))
  else {
    const steps = plan.kind === 'curve' ? plan.steps : [1]
    yield* poisson(plan.perSecond, steps, durationMs, randomFrom(seed))
  }
}

function* evenly(perSecond: number, durationMs: number): Generator<number> {
  if (perSecond <= 0) return
  const gapMs = 1000 / perSecond
  for (let i = 0; i * gapMs < durationMs; i++) yield i * gapMs
}

function* bursts(
  { burstMails, everyMs }: OpenPlan & { readonly kind: 'burst' },
  durationMs: number,
): Generator<number> {
  for (let atMs = everyMs; atMs < durationMs; atMs += everyMs) for (let i = 0; i < burstMails; i++) yield atMs
}

/** `perSecond` is the rate of the highest step. Candidates at that rate, thinned where the curve is lower. */
function* poisson(
  perSecond: number,
  steps: readonly number[],
  durationMs: number,
  random: () => number,
): Generator<number> {
  const highest = Math.max(...steps)
  if (perSecond <= 0 || highest <= 0) return
  for (let atMs = 0; ; ) {
    atMs += (-Math.log(1 - random()) / perSecond) * 1000
    if (atMs >= durationMs) return
    const step = steps[Math.floor((atMs / durationMs) * steps.length)]!
    if (random() * highest < step) yield atMs
  }
}

function* merged(a: Generator<number>, b: Generator<number>): Generator<number> {
  let [left, right] = [a.next(), b.next()]
  while (!left.done || !right.done) {
    if (right.done || (!left.done && left.value <= right.value)) {
      yield left.value as number
      left = a.next()
    } else {
      yield right.value as number
      right = b.next()
    }
  }
}
