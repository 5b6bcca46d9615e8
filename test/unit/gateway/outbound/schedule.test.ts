import { describe, expect, test } from 'vitest'
import { DEFAULT_SCHEDULE, isExpired, isWarningDue, retryWaitMs } from '../../../../gateway/outbound/schedule.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

describe('the first row whose age is not yet reached decides', () => {
  test.for([
    { ageMs: 0, waitMs: 2 * MINUTE },
    { ageMs: 10 * MINUTE - 1, waitMs: 2 * MINUTE },
    { ageMs: 10 * MINUTE, waitMs: 15 * MINUTE },
    { ageMs: HOUR, waitMs: 30 * MINUTE },
    { ageMs: 6 * HOUR, waitMs: 2 * HOUR },
    { ageMs: 100 * HOUR, waitMs: 2 * HOUR },
    { ageMs: -5 * MINUTE, waitMs: 2 * MINUTE },
  ])('at age $ageMs: $waitMs', ({ ageMs, waitMs }) => {
    expect(retryWaitMs(DEFAULT_SCHEDULE, ageMs, () => 0)).toBe(waitMs)
  })

  test('up to a tenth is added at random, never taken away', () => {
    expect(retryWaitMs(DEFAULT_SCHEDULE, 0, () => 0.5)).toBe(2.1 * MINUTE)
    expect(retryWaitMs(DEFAULT_SCHEDULE, 0, () => 0.999_999)).toBeLessThanOrEqual(2.2 * MINUTE)
  })
})

test('expiry begins at the limit', () => {
  expect(isExpired(DEFAULT_SCHEDULE, DEFAULT_SCHEDULE.giveUpAfterMs - 1)).toBe(false)
  expect(isExpired(DEFAULT_SCHEDULE, DEFAULT_SCHEDULE.giveUpAfterMs)).toBe(true)
})

test('delay warnings are off by default', () => {
  expect(isWarningDue(DEFAULT_SCHEDULE, 100 * HOUR)).toBe(false)
  expect(isWarningDue({ ...DEFAULT_SCHEDULE, warnAfterMs: HOUR }, HOUR)).toBe(true)
  expect(isWarningDue({ ...DEFAULT_SCHEDULE, warnAfterMs: HOUR }, HOUR - 1)).toBe(false)
})
