import { describe, expect, test } from 'vitest'
import { judge, rankOfBound } from '../../../bench/load/rule.ts'

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
})
