/**
 * Dates of the header: read generously, written one way.
 * Standards: RFC 5322 §3.3 and §4.3 (obsolete zones and two-digit years).
 */

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const ZONES: Readonly<Record<string, string>> = {
  UT: '+0000', GMT: '+0000', UTC: '+0000', Z: '+0000', JST: '+0900',
  EST: '-0500', EDT: '-0400', CST: '-0600', CDT: '-0500', MST: '-0700', MDT: '-0600', PST: '-0800', PDT: '-0700',
}
const DATE = /^(?:[A-Za-z]{3,9},? )?(\d{1,2}) ([A-Za-z]{3})[a-z]* (\d{2,4}) (\d{1,2}):(\d{2})(?::(\d{2}))? ?([+-]\d{4}|[A-Za-z]{1,5})?/

/** The canonical form with the sender's own offset, or undefined when there is no date in it. */
export function canonicalDate(untrusted: string): string | undefined {
  const match = DATE.exec(untrusted.slice(0, 200).replace(/\([^)]*\)/g, ' ').replace(/\s+/g, ' ').trim())
  if (!match) return undefined
  const [, day = '', monthName = '', yearText = '', hour = '', minute = '', second = '0', zoneText = 'UT'] = match
  const month = MONTHS.findIndex(each => each.toLowerCase() === monthName.toLowerCase())
  const zone = /^[+-]/.test(zoneText) ? zoneText : (ZONES[zoneText.toUpperCase()] ?? '-0000')
  const year = fullYear(Number(yearText))
  const date = new Date(Date.UTC(year, month, Number(day), Number(hour), Number(minute), Math.min(59, Number(second))))
  const exists = month >= 0 && date.getUTCDate() === Number(day) && Number(hour) < 24 && Number(minute) < 60
  if (!exists || Number(zone.slice(1, 3)) > 14 || Number(zone.slice(3)) > 59) return undefined
  const two = (value: number) => String(value).padStart(2, '0')
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`
  return `${DAYS[date.getUTCDay()]}, ${two(date.getUTCDate())} ${MONTHS[month]} ${year} ${time} ${zone}`
}

/** RFC 5322 §4.3: 00-49 is 20xx, 50-999 is 19xx. */
function fullYear(year: number): number {
  if (year < 50) return 2000 + year
  return year < 1000 ? 1900 + year : year
}
