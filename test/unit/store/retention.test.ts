import { describe, expect, test } from 'vitest'
import {
  auditCutoffMs,
  DEFAULT_RETENTION,
  dayInJapan,
  logCutoffMs,
  originalExpiresAtMs,
  textExpiresAtMs,
} from '../../../store/retention.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const japan = (text: string) => Date.parse(`${text}+09:00`)

describe('audit records are kept five years from the 1 April after their fiscal year', () => {
  test.for([
    { madeAt: '2020-04-01T00:00', keptUntil: '2026-04-01T00:00' },
    { madeAt: '2021-03-31T23:59', keptUntil: '2026-04-01T00:00' },
    { madeAt: '2021-04-01T00:00', keptUntil: '2027-04-01T00:00' },
    { madeAt: '2020-12-31T12:00', keptUntil: '2026-04-01T00:00' },
  ])('made $madeAt: until $keptUntil', ({ madeAt, keptUntil }) => {
    expect(auditCutoffMs(DEFAULT_RETENTION, japan(keptUntil) - 1)).toBeLessThanOrEqual(japan(madeAt))
    expect(auditCutoffMs(DEFAULT_RETENTION, japan(keptUntil))).toBeGreaterThan(japan(madeAt))
  })
})

test('originals, texts and log by default: 30, 7 and 365 days', () => {
  expect(originalExpiresAtMs(DEFAULT_RETENTION, 'any', 0)).toBe(30 * DAY_MS)
  expect(textExpiresAtMs(DEFAULT_RETENTION, 'any', 0)).toBe(7 * DAY_MS)
  expect(logCutoffMs(DEFAULT_RETENTION, 366 * DAY_MS)).toBe(DAY_MS)
})

test('a retention class may have its own times', () => {
  const retention = { ...DEFAULT_RETENTION, classes: { short: { originalDays: 3, textDays: 0 } } }
  expect(originalExpiresAtMs(retention, 'short', 0)).toBe(3 * DAY_MS)
  expect(textExpiresAtMs(retention, 'short', 5)).toBe(5)
  expect(originalExpiresAtMs(retention, 'standard', 0)).toBe(30 * DAY_MS)
})

test('days begin at midnight in Japan', () => {
  expect(dayInJapan(Date.UTC(2026, 2, 31, 14, 59))).toBe('2026-03-31')
  expect(dayInJapan(Date.UTC(2026, 2, 31, 15, 0))).toBe('2026-04-01')
})
