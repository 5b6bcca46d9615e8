/**
 * Dates, times and repetition rules of iCalendar in words that a clerk reads.
 *
 * UTC is turned into Japan time, which has had no summer time since 1951: nine hours, no table. Other zones are
 * shown as the sender wrote them, with their name, because guessing their rules would be worse than saying them.
 * Standards: RFC 5545 §3.3.4 (date), §3.3.5 (date-time), §3.3.6 (duration), §3.3.10 (recurrence).
 */
import type { ContentLine } from './content-line.ts'
import { makeHarmlessLine } from './harmless.ts'

export type Language = 'ja' | 'en'

/** A moment as written: `epoch` is its wall-clock time as if it were UTC, so that it can be counted with. */
export type Moment = { readonly epochMs: number; readonly isDate: boolean; readonly zone: string }

const JAPAN = { ja: '日本時間', en: 'Japan time' } as const
const JAPAN_OFFSET_MS = 9 * 3600 * 1000
const DAY_MS = 24 * 3600 * 1000
const JAPAN_NAMES = /^(?:\/.{0,80}\/)?(?:Asia\/Tokyo|Japan|JST|Tokyo Standard Time|.{0,20}(?:\+09:?00|Osaka).{0,40})$/i
const WEEKDAYS = { ja: '日月火水木金土'.split(''), en: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] } as const
const WEEKDAY_CODES = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA']
const MAX_ZONE_LENGTH = 60
const MAX_RULE_LENGTH = 300

/** Reads DTSTART, DTEND or DUE; undefined when it is no date. `floating` stands for "no zone given". */
export function momentOf(property: ContentLine, language: Language): Moment | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z)?)?$/.exec(property.value.trim())
  if (match === null) return undefined
  const [year, month, day, hour, minute] = match.slice(1, 6).map(digits => Number(digits ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
  ]
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59) return undefined
  const epochMs = Date.UTC(year, month - 1, day, hour, minute)
  if (match[4] === undefined) return { epochMs, isDate: true, zone: '' }
  if (match[7] === 'Z') return { epochMs: epochMs + JAPAN_OFFSET_MS, isDate: false, zone: JAPAN[language] }
  const zoneId = property.params.get('TZID')?.[0] ?? ''
  const zone = JAPAN_NAMES.test(zoneId) ? JAPAN[language] : makeHarmlessLine(zoneId, MAX_ZONE_LENGTH)
  return { epochMs, isDate: false, zone }
}

/** `start` moved by a DURATION value such as PT1H30M or P1D; undefined when it is none. */
export function momentAfter(start: Moment, duration: string): Moment | undefined {
  const match = /^\+?P(?:(\d{1,5})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,5})S)?)?$/.exec(
    duration.trim(),
  )
  if (match === null) return undefined
  const [weeks, days, hours, minutes, seconds] = match.slice(1).map(digits => Number(digits ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
  ]
  const lengthMs = (weeks * 7 + days) * DAY_MS + ((hours * 60 + minutes) * 60 + seconds) * 1000
  return { ...start, epochMs: start.epochMs + lengthMs }
}

/** From–to in one line; the end of an all-day event is the day before DTEND. */
export function periodText(start: Moment, end: Moment | undefined, language: Language): string {
  const to = language === 'ja' ? '〜' : ' – '
  if (start.isDate) {
    const lastDay = end === undefined ? start : { ...end, epochMs: end.epochMs - DAY_MS }
    const whole = language === 'ja' ? '（終日）' : ' (all day)'
    return lastDay.epochMs <= start.epochMs
      ? dateText(start, language) + whole
      : dateText(start, language) + to + dateText(lastDay, language) + whole
  }
  const from = momentText(start, language)
  if (end === undefined || (end.epochMs <= start.epochMs && end.zone === start.zone)) return withZone(from, start)
  if (end.zone !== start.zone) return withZone(from, start) + to + withZone(momentText(end, language), end)
  const isSameDay = Math.floor(start.epochMs / DAY_MS) === Math.floor(end.epochMs / DAY_MS)
  return withZone(from + to + (isSameDay ? clockText(end) : momentText(end, language)), start)
}

function withZone(text: string, { zone }: Moment): string {
  return zone === '' ? text : `${text} (${zone})`
}

function momentText(moment: Moment, language: Language): string {
  return moment.isDate ? dateText(moment, language) : `${dateText(moment, language)} ${clockText(moment)}`
}

function dateText(moment: Moment, language: Language): string {
  const date = new Date(moment.epochMs)
  const weekday = WEEKDAYS[language][date.getUTCDay()]!
  if (language === 'en') return `${weekday}, ${date.toISOString().slice(0, 10)}`
  return `${date.getUTCFullYear()}年${date.getUTCMonth() + 1}月${date.getUTCDate()}日(${weekday})`
}

function clockText(moment: Moment): string {
  return new Date(moment.epochMs).toISOString().slice(11, 16)
}

const UNITS = {
  DAILY: { ja: ['毎日', '日ごと'], en: ['every day', 'days'] },
  WEEKLY: { ja: ['毎週', '週間ごと'], en: ['every week', 'weeks'] },
  MONTHLY: { ja: ['毎月', 'か月ごと'], en: ['every month', 'months'] },
  YEARLY: { ja: ['毎年', '年ごと'], en: ['every year', 'years'] },
} as const

/** An RRULE in words for the common cases, else as it was written. */
export function recurrenceText(rule: string, language: Language): string {
  const parts = new Map(
    rule
      .slice(0, MAX_RULE_LENGTH)
      .toUpperCase()
      .split(';')
      .map(part => part.split('=') as [string, string]),
  )
  const frequency = parts.get('FREQ') ?? ''
  const days = daysText(parts, language)
  const known = ['FREQ', 'INTERVAL', 'BYDAY', 'BYMONTHDAY', 'COUNT', 'UNTIL', 'WKST', 'BYMONTH']
  if (!Object.hasOwn(UNITS, frequency) || days === undefined || [...parts.keys()].some(key => !known.includes(key))) {
    return makeHarmlessLine(rule, MAX_RULE_LENGTH)
  }
  const [every, units] = UNITS[frequency as keyof typeof UNITS][language]
  const interval = Number(parts.get('INTERVAL') ?? 1)
  const spoken = language === 'ja' ? `${interval}${units}` : `every ${interval} ${units}`
  return [interval > 1 ? spoken : every, days, endText(parts, language)].filter(part => part !== '').join(' ')
}

/** BYDAY and BYMONTHDAY in words; undefined for what has no short form. */
function daysText(parts: ReadonlyMap<string, string>, language: Language): string | undefined {
  const monthDay = parts.get('BYMONTHDAY')
  if (monthDay !== undefined)
    return /^\d{1,2}$/.test(monthDay) ? (language === 'ja' ? `${monthDay}日` : `on day ${monthDay}`) : undefined
  const byDay = parts.get('BYDAY')
  if (byDay === undefined) return ''
  const words = byDay.split(',').map(day => dayText(day, language))
  if (words.includes(undefined)) return undefined
  return language === 'ja' ? words.join('・') : `on ${words.join(', ')}`
}

/** `MO` → 月, `2TU` → 第2火曜, `-1FR` → 最終金曜. */
function dayText(day: string, language: Language): string | undefined {
  const match = /^([+-]?\d)?(SU|MO|TU|WE|TH|FR|SA)$/.exec(day)
  if (match === null) return undefined
  const name = WEEKDAYS[language][WEEKDAY_CODES.indexOf(match[2]!)]!
  const ordinal = Number(match[1] ?? 0)
  if (ordinal === 0) return name
  if (ordinal < -1) return undefined
  if (language === 'ja') return ordinal === -1 ? `最終${name}曜` : `第${ordinal}${name}曜`
  return ordinal === -1 ? `the last ${name}` : `${name} no. ${ordinal}`
}

function endText(parts: ReadonlyMap<string, string>, language: Language): string {
  const count = parts.get('COUNT')
  if (count !== undefined && /^\d{1,6}$/.test(count)) return language === 'ja' ? `（全${count}回）` : `(${count} times)`
  const until = momentOf({ group: '', name: 'UNTIL', params: new Map(), value: parts.get('UNTIL') ?? '' }, language)
  if (until === undefined) return ''
  return language === 'ja' ? `（${dateText(until, language)}まで）` : `(until ${dateText(until, language)})`
}
