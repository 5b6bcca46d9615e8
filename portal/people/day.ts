/**
 * Days, as offices count them: text like 2027-04-01 in Japan's time, wherever this host is; comparing text compares days.
 * Read from what people and personnel systems write, Japanese years included.
 */

/** `YYYY-MM-DD`, a day that exists. */
export type Day = string

const DAY_MS = 86_400_000
/** Japan keeps no summer time. */
const JAPAN_MS = 9 * 3_600_000

export function dayOf(ms: number): Day {
  return new Date(ms + JAPAN_MS).toISOString().slice(0, 10)
}

export function addDays(day: Day, days: number): Day {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)
}

/** First year of each era, less one: 令和1年 is 2019. */
const ERAS: Readonly<Record<string, number>> = { 令和: 2018, R: 2018, 平成: 1988, H: 1988 }

const WRITTEN = /^(?:(?<era>令和|平成|[RH])(?<eraYear>\d{1,2}|元)|(?<year>\d{4}))(?:[-/.]|年)(?<month>\d{1,2})(?:[-/.]|月)(?<date>\d{1,2})日?$/
const PACKED = /^(?<year>\d{4})(?<month>\d{2})(?<date>\d{2})$/

/** `2027-04-01`, `2027/4/1`, `20270401`, `令和9年4月1日`, `R9.4.1`; undefined when it is no day. */
export function parseDay(untrusted: string): Day | undefined {
  const text = untrusted.normalize('NFKC').replace(/\s/g, '').toUpperCase()
  if (text.length > 20) return undefined
  const found = (WRITTEN.exec(text) ?? PACKED.exec(text))?.groups
  if (!found) return undefined
  const { era, eraYear, year, month, date } = found
  const western = era === undefined ? Number(year) : ERAS[era]! + (eraYear === '元' ? 1 : Number(eraYear))
  const day = `${String(western).padStart(4, '0')}-${month!.padStart(2, '0')}-${date!.padStart(2, '0')}`
  return isDay(day) ? day : undefined
}

export function isDay(text: string): text is Day {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  // 2027-02-30 would become 2 March.
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text)
}

/** Condition on a dated row `alias`, for SQL; `?` is the day, twice. */
export function inForce(alias: string): string {
  return `${alias}.from_date <= ? AND (${alias}.to_date IS NULL OR ${alias}.to_date >= ?)`
}
