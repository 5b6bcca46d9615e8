import { describe, expect, test } from 'vitest'
import { judge, rankOfBound } from '../../../bench/load/rule.ts'

/** CPU of 5 KB mails after by before, measured: one ratio for each start of nine runs over equal code, other work on the machine with a load of 13 to 24. */
const MEASURED_NOISE = [
  1.07, 0.94, 1.2, 0.91, 1.38, 1.02, 1.2, 1, 0.82, 1.05, 0.97, 1, 0.88, 0.97, 0.95, 0.99, 0.94, 1.06, 0.94, 0.96,
  1.06, 0.9, 1.06, 0.95, 1.11, 0.92, 1.04, 1.14, 0.99, 1.04, 1.01, 1.07, 0.97, 1, 0.97, 1.08, 0.98, 0.88, 0.92, 1.03,
  1.02, 0.83, 0.96, 1.02, 1.04, 0.98, 0.99, 1.06, 0.98, 0.93, 0.94, 1.07, 0.98, 1.17, 1.02, 0.99, 0.97, 1.09, 1.06, 0.91,
  1.02, 0.95, 1.05, 1.14, 0.89, 1.02, 1.12, 0.98, 0.97, 0.98, 0.97, 0.93, 1.06, 0.94, 1.03, 1.06, 0.92, 0.86, 1.09, 1.1,
  1.07,
]

/** Runs of nine starts as the guard makes them, each drawn from what was measured, all by `factor` slower. */
function shareTold(factor: number, margin: number): number {
  let state = 1
  const draw = () => MEASURED_NOISE[(state = (state * 48_271) % 2_147_483_647) % MEASURED_NOISE.length]! * factor
  const runs = Array.from({ length: 5000 }, () => judge(Array.from({ length: 9 }, draw), margin).isRegression)
  return runs.filter(Boolean).length / runs.length
}

describe('when a commit is slower', () => {
  test.each([
    [5, 0],
    [6, 1],
    [8, 1],
    [9, 2],
    [12, 3],
    [20, 5],
  ])('of %i starts the ratio of rank %i bounds the median', (starts, rank) => {
    expect(rankOfBound(starts)).toBe(rank)
  })

  test('a fifth more in every start is told, whatever the noise', () => {
    const ratios = [1.31, 1.12, 1.22, 1.18, 1.09, 1.25, 1.2, 1.4, 1.15, 1.21, 1.17, 1.19]
    expect(judge(ratios, 1.05)).toEqual({ median: expect.closeTo(1.195), atLeast: 1.15, isRegression: true })
  })

  test('one wild start is not', () => {
    expect(judge([1, 0.98, 1.01, 9, 0.99, 1.02, 1, 0.97, 1.03, 1.01, 0.99, 1], 1.05).isRegression).toBe(false)
  })

  test('within the margin is not', () => {
    expect(judge(Array.from({ length: 12 }, () => 1.04), 1.05).isRegression).toBe(false)
  })

  test('too few starts tell nothing', () => {
    expect(() => judge([1.2, 1.2, 1.2], 1.05)).toThrow(RangeError)
  })

  test('equal commits are told apart in fewer than one of thirty runs, even without a margin', () => {
    let state = 1
    const noise = () => 0.8 + 0.4 * ((state = (state * 48_271) % 2_147_483_647) / 2_147_483_647)
    const runs = Array.from({ length: 3000 }, () => judge(Array.from({ length: 12 }, noise), 1).isRegression)
    expect(runs.filter(Boolean).length).toBeLessThan(100)
  })

  test('by the noise that was measured, equal commits are told apart in fewer than one of five hundred runs, a fifth more CPU in nine of ten', () => {
    expect(shareTold(1, 1.05)).toBeLessThan(0.002)
    expect(shareTold(1.2, 1.05)).toBeGreaterThan(0.9)
  })
})
