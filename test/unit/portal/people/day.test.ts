/** Days as offices write them. */
import { expect, test } from 'vitest'
import { addDays, dayOf, isDay, parseDay } from '../../../../portal/people/day.ts'

test.each([
  ['2027-04-01', '2027-04-01'],
  ['2027/4/1', '2027-04-01'],
  ['２０２７／４／１', '2027-04-01'],
  ['20270401', '2027-04-01'],
  ['2027年4月1日', '2027-04-01'],
  ['令和9年4月1日', '2027-04-01'],
  ['令和元年5月1日', '2019-05-01'],
  ['R9.4.1', '2027-04-01'],
  ['r9/4/1', '2027-04-01'],
  ['平成31年4月30日', '2019-04-30'],
  ['2028-02-29', '2028-02-29'],
  ['2027-02-29', undefined],
  ['2027-13-01', undefined],
  ['27/4/1', undefined],
  ['明日', undefined],
  ['', undefined],
  ['9'.repeat(1000), undefined],
])('%s', (written, day) => expect(parseDay(written)).toBe(day))

test('the day of an instant is the one in Japan, and days are counted over months', () => {
  expect(dayOf(Date.parse('2027-03-31T23:59:59+09:00'))).toBe('2027-03-31')
  expect(dayOf(Date.parse('2027-03-31T15:00:00Z'))).toBe('2027-04-01')
  expect(addDays('2027-03-31', 1)).toBe('2027-04-01')
  expect(addDays('2027-03-01', -1)).toBe('2027-02-28')
  expect(isDay('2027-4-1')).toBe(false)
})
