/**
 * iCalendar text to components and properties: what an invitation shows, no more.
 *
 * Invariants: linear; at most MAX_PROPERTIES properties of MAX_LINE characters are kept, whatever comes in; missing
 * or crossed BEGIN and END lines never lose a property, it goes to the component that is open.
 * Standards: RFC 5545 §3.4, §3.6 (components).
 */
import { type ContentLine, readContentLine, unfoldLines } from './content-line.ts'

/** One VEVENT, VTODO …; parts of it like VALARM are left out. */
export type IcsComponent = { readonly kind: string; readonly properties: readonly ContentLine[] }

export type Ics = { readonly calendar: readonly ContentLine[]; readonly components: readonly IcsComponent[] }

const MAX_CHARACTERS = 2 * 1024 * 1024
const MAX_PROPERTIES = 5000
const MAX_COMPONENTS = 100
const MAX_LINE = 20_000
/** Components with something to show; everything inside others (VTIMEZONE, VALARM) is not for people. */
const SHOWN = new Set(['VEVENT', 'VTODO', 'VJOURNAL', 'VFREEBUSY'])

/** Reads the first VCALENDAR of `untrustedText`; undefined when there is none. Never throws. */
export function readIcs(untrustedText: string): Ics | undefined {
  const calendar: ContentLine[] = []
  const components: { kind: string; properties: ContentLine[] }[] = []
  const open: string[] = []
  let isCalendar = false
  let kept = 0
  for (const line of unfoldLines(untrustedText.slice(0, MAX_CHARACTERS))) {
    const boundary = /^(BEGIN|END):([A-Z0-9-]{1,40})[ \t]*$/i.exec(line)
    if (boundary !== null) {
      const kind = boundary[2]!.toUpperCase()
      if (boundary[1]!.toUpperCase() === 'BEGIN') {
        isCalendar ||= kind === 'VCALENDAR'
        if (SHOWN.has(kind) && components.length >= MAX_COMPONENTS) break
        if (SHOWN.has(kind)) components.push({ kind, properties: [] })
        // Only depth matters, and depth has an end.
        if (open.length < 10) open.push(kind)
      } else if (open.includes(kind)) open.length = open.lastIndexOf(kind)
      continue
    }
    const owner = open.at(-1) ?? ''
    const target = owner === 'VCALENDAR' ? calendar : SHOWN.has(owner) ? components.at(-1)?.properties : undefined
    const property = target && isCalendar ? readContentLine(line.slice(0, MAX_LINE)) : undefined
    if (property === undefined || kept >= MAX_PROPERTIES) continue
    target!.push(property)
    kept++
  }
  return isCalendar ? { calendar, components } : undefined
}
