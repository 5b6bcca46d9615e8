/**
 * Catches quadratic code without a stopwatch limit: twice the input may take at most thrice the processor time of this thread.
 * A busy machine may spoil one comparison (cold caches), hardly all of them; quadratic growth spoils every one.
 */
import { expect } from 'vitest'

const ROUNDS = 5
const ATTEMPTS = 4
/** What the machine's own jitter may add. */
const SLACK_MS = 30

/** `run` gets the input that `make` builds for a size; building is not measured. */
export function expectLinear<Input>(make: (size: number) => Input, run: (input: Input) => unknown, size: number): void {
  const [once, twice] = [make(size), make(2 * size)]
  run(once)
  let excessMs = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < ATTEMPTS && excessMs > 0; attempt++) {
    let [bestOnceMs, bestTwiceMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
    // In turns, so that a busy machine slows both.
    for (let round = 0; round < ROUNDS; round++) {
      bestOnceMs = Math.min(bestOnceMs, timeOf(run, once))
      bestTwiceMs = Math.min(bestTwiceMs, timeOf(run, twice))
    }
    excessMs = Math.min(excessMs, bestTwiceMs - 3 * bestOnceMs - SLACK_MS)
  }
  expect(excessMs, 'milliseconds over thrice the time for twice the input').toBeLessThanOrEqual(0)
}

function timeOf<Input>(run: (input: Input) => unknown, input: Input): number {
  const before = process.threadCpuUsage()
  run(input)
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}
