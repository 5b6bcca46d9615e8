/** Days of Japanese offices, against what is announced. */
import { describe, expect, test } from 'vitest'
import { holidaysOf } from '../../../../portal/requests/holidays.ts'
import { afterWorkingDays, isWorkingTime, type WorkingHours } from '../../../../portal/requests/working-time.ts'

const HOURS: WorkingHours = { opens: '08:30', closes: '17:15', closedDays: ['2026-06-15'] }
const at = (text: string) => Date.parse(`${text}:00+09:00`)
const shown = (ms: number) => new Date(ms + 9 * 3_600_000).toISOString().slice(0, 16)

// Cabinet Office, 国民の祝日 (the official list of each year).
test.each([
  [2024, '01-01 01-08 02-11 02-12 02-23 03-20 04-29 05-03 05-04 05-05 05-06 07-15 08-11 08-12 09-16 09-22 09-23 10-14 11-03 11-04 11-23'],
  [2025, '01-01 01-13 02-11 02-23 02-24 03-20 04-29 05-03 05-04 05-05 05-06 07-21 08-11 09-15 09-23 10-13 11-03 11-23 11-24'],
  [2026, '01-01 01-12 02-11 02-23 03-20 04-29 05-03 05-04 05-05 05-06 07-20 08-11 09-21 09-22 09-23 10-12 11-03 11-23'],
  [2027, '01-01 01-11 02-11 02-23 03-21 03-22 04-29 05-03 05-04 05-05 07-19 08-11 09-20 09-23 10-11 11-03 11-23'],
])('the holidays of %i', (year, days) => expect([...holidaysOf(year)].sort()).toEqual(days.split(' ').map(day => `${year}-${day}`)))

// The day between 敬老の日 and 秋分の日, and the equinox of a leap year.
test('the day between two holidays is one', () => {
  expect(holidaysOf(2032).has('2032-09-21')).toBe(true)
  expect(holidaysOf(2028).has('2028-09-22')).toBe(true)
})

describe('working days end at closing time', () => {
  test.each([
    ['an ordinary week', '2026-04-07T10:00', 3, '2026-04-10T17:15'],
    ['early in the morning', '2026-04-07T00:10', 3, '2026-04-10T17:15'],
    ['over a weekend', '2026-04-10T16:00', 1, '2026-04-13T17:15'],
    ['from a Saturday on', '2026-04-11T16:00', 1, '2026-04-13T17:15'],
    ['over the holidays of May', '2026-05-01T09:00', 3, '2026-05-11T17:15'],
    ['over the turn of the year', '2026-12-28T09:00', 1, '2027-01-04T17:15'],
    ['over a day of this office', '2026-06-12T09:00', 1, '2026-06-16T17:15'],
    ['none: today', '2026-04-07T10:00', 0, '2026-04-07T17:15'],
  ])('%s', (_, from, days, want) => expect(shown(afterWorkingDays(at(from), days, HOURS))).toBe(want))

  test('a calendar in which every day is closed does end', () => {
    const closedDays = Array.from({ length: 4000 }, (_, index) => new Date(Date.parse('2026-04-07T00:00:00Z') + index * 86_400_000).toISOString().slice(0, 10))
    expect(afterWorkingDays(at('2026-04-07T10:00'), 1, { ...HOURS, closedDays })).toBeGreaterThan(at('2035-01-01T00:00'))
  })
})

test.each([
  ['2026-04-07T08:29', false],
  ['2026-04-07T08:30', true],
  ['2026-04-07T17:14', true],
  ['2026-04-07T17:15', false],
  ['2026-04-11T10:00', false],
  ['2026-04-29T10:00', false],
])('whether somebody is there at %s: %s', (when, is) => expect(isWorkingTime(at(when), HOURS)).toBe(is))
