/**
 * Time as offices count it: working days, and the hours in which somebody is there. Weekends, public holidays, the turn of
 * the year and the days that settings name do not count. All in Japan's time, which has no summer time.
 */
import { type Day, isHoliday, isTurnOfYear, nextDay, weekdayOf } from './holidays.ts'

export type WorkingHours = {
  /** `08:30` */
  readonly opens: string
  readonly closes: string
  /** Days on which this office is closed besides. */
  readonly closedDays: readonly Day[]
}

const JAPAN_MS = 9 * 3_600_000

export function dayInJapan(atMs: number): Day {
  return new Date(atMs + JAPAN_MS).toISOString().slice(0, 10)
}

export function isWorkingDay(day: Day, { closedDays }: WorkingHours): boolean {
  const weekday = weekdayOf(day)
  return weekday !== 0 && weekday !== 6 && !isHoliday(day) && !isTurnOfYear(day) && !closedDays.includes(day)
}

export function isWorkingTime(atMs: number, hours: WorkingHours): boolean {
  const local = new Date(atMs + JAPAN_MS).toISOString()
  const clock = local.slice(11, 16)
  return isWorkingDay(local.slice(0, 10), hours) && clock >= hours.opens && clock < hours.closes
}

/** Closing time of the `days`-th working day after the day of `fromMs`: the rest of a day is a gift, not a day. */
export function afterWorkingDays(fromMs: number, days: number, hours: WorkingHours): number {
  let day = dayInJapan(fromMs)
  // A calendar in which every day is closed would never end.
  for (let left = days, tried = 0; left > 0 && tried < 3660; tried++) {
    day = nextDay(day)
    if (isWorkingDay(day, hours)) left--
  }
  return Date.parse(`${day}T${hours.closes}:00+09:00`)
}
