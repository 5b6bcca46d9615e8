/**
 * Public holidays of Japan from 2022 on, computed from the law's own rules, so that no table runs out.
 *
 * Fixed days, Mondays, the two equinoxes, the day made up for a Sunday (振替休日, art. 3 para. 2) and the day between two
 * holidays (国民の休日, art. 3 para. 3). Equinoxes are announced by the National Astronomical Observatory in February of
 * the year before; the approximation holds for 1980 to 2099, and 2022 to 2030 were compared with what is announced.
 *
 * Sources: Act on National Holidays (国民の祝日に関する法律, Act No. 178 of 1948) as amended in 2018; for the equinoxes the
 * approximation of 新こよみ便利帳 (Kaijō Hoan-chō); for the turn of the year, Local Autonomy Act art. 4-2 para. 2.
 */

/** `YYYY-MM-DD` in Japan. */
export type Day = string

const FIXED = ['01-01', '02-11', '02-23', '04-29', '05-03', '05-04', '05-05', '08-11', '11-03', '11-23']
/** Month, and which Monday of it. */
const MONDAYS: readonly (readonly [month: number, which: number])[] = [
  [1, 2],
  [7, 3],
  [9, 3],
  [10, 2],
]
/** Offices are closed by ordinance, though most of these are no holidays. */
const TURN_OF_YEAR = ['12-29', '12-30', '12-31', '01-01', '01-02', '01-03']

const DAY_MS = 86_400_000
const years = new Map<number, ReadonlySet<Day>>()

export function isHoliday(day: Day): boolean {
  const year = Number(day.slice(0, 4))
  const known = years.get(year) ?? holidaysOf(year)
  years.set(year, known)
  return known.has(day)
}

export function isTurnOfYear(day: Day): boolean {
  return TURN_OF_YEAR.includes(day.slice(5))
}

/** 0 is Sunday. */
export function weekdayOf(day: Day): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay()
}

export function nextDay(day: Day, days = 1): Day {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)
}

export function holidaysOf(year: number): ReadonlySet<Day> {
  const named = new Set([...FIXED.map(each => `${year}-${each}`), ...MONDAYS.map(([month, which]) => mondayOf(year, month, which)), ...equinoxes(year)])
  const all = new Set(named)
  for (const day of named) {
    if (weekdayOf(day) === 0) {
      let instead = nextDay(day)
      while (named.has(instead)) instead = nextDay(instead)
      all.add(instead)
    }
    if (named.has(nextDay(day, 2)) && !named.has(nextDay(day))) all.add(nextDay(day))
  }
  return all
}

function mondayOf(year: number, month: number, which: number): Day {
  const first = `${year}-${two(month)}-01`
  const toMonday = (8 - weekdayOf(first)) % 7
  return nextDay(first, toMonday + (which - 1) * 7)
}

function equinoxes(year: number): Day[] {
  const since = year - 1980
  const date = (at1980: number) => two(Math.floor(at1980 + 0.242194 * since) - Math.floor(since / 4))
  return [`${year}-03-${date(20.8431)}`, `${year}-09-${date(23.2488)}`]
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}
