import { describe, expect, test } from 'vitest'
import { delayClass, percentileMs, slotAfter, slotOf } from '../../../store/statistics.ts'

const DAY_MS = 86_400_000

describe('slots begin by the clock of Japan', () => {
  test.each([
    ['2026-03-31T14:59:59Z', 'day', '2026-03-30T15:00:00Z'],
    ['2026-03-31T15:00:00Z', 'day', '2026-03-31T15:00:00Z'],
    ['2026-03-31T15:00:00Z', 'month', '2026-03-31T15:00:00Z'],
    ['2026-03-31T14:59:59Z', 'month', '2026-02-28T15:00:00Z'],
    ['2026-03-31T14:59:59Z', 'hour', '2026-03-31T14:00:00Z'],
  ] as const)('%s, %s', (at, grain, slot) => expect(new Date(slotOf(Date.parse(at), grain)).toISOString()).toBe(slot.replace('Z', '.000Z')))

  test('a month further is the first of the next', () => {
    const march = slotOf(Date.parse('2026-03-10T00:00:00Z'), 'month')
    expect(slotAfter(march, 'month', 1)).toBe(Date.parse('2026-04-01T00:00:00+09:00'))
    expect(slotAfter(march, 'month', -3)).toBe(Date.parse('2025-12-01T00:00:00+09:00'))
    expect(slotAfter(march, 'day', 1) - march).toBe(DAY_MS)
  })
})

describe('percentiles', () => {
  test('are the end of the class that holds them', () => {
    const classes = new Map([90, 9, 1].map((count, index) => [delayClass([100, 1_000, 60_000][index]!), count] as const))
    expect([0.5, 0.95, 0.99, 1].map(share => percentileMs(classes, share))).toEqual([100, 1_000, 1_000, 60_000])
  })
  test('of nothing are nothing, beyond the last class without end', () => {
    expect(percentileMs(new Map(), 0.5)).toBeUndefined()
    expect(percentileMs(new Map([[delayClass(1e12), 1]]), 0.5)).toBe(Number.POSITIVE_INFINITY)
  })
})
