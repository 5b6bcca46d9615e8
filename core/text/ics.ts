/**
 * iCalendar text to components and properties: the grammar only, no meaning.
 *
 * Invariants: linear; at most MAX_PROPERTIES properties of MAX_VALUE characters are kept, whatever comes in; missing
 * or crossed BEGIN and END lines never lose a property, it goes to the component that is open.
 * Standards: RFC 5545 §3.1 (lines, folding, parameters), §3.3.11 (escapes).
 */

export type IcsProperty = {
  /** Upper case. */
  readonly name: string
  readonly params: ReadonlyMap<string, string>
  /** Raw value: text values still carry their backslashes (see textOf). */
  readonly value: string
}

/** One VEVENT, VTODO …; parts of it like VALARM are left out. */
export type IcsComponent = { readonly kind: string; readonly properties: readonly IcsProperty[] }

export type Ics = { readonly calendar: readonly IcsProperty[]; readonly components: readonly IcsComponent[] }

const MAX_CHARACTERS = 2 * 1024 * 1024
const MAX_PROPERTIES = 5000
const MAX_COMPONENTS = 100
const MAX_VALUE = 20_000
const MAX_PARAMS = 20
/** Components with something to show; everything inside others (VTIMEZONE, VALARM) is not for people. */
const SHOWN = new Set(['VEVENT', 'VTODO', 'VJOURNAL', 'VFREEBUSY'])

/** Reads the first VCALENDAR of `untrustedText`; undefined when there is none. Never throws. */
export function readIcs(untrustedText: string): Ics | undefined {
  const calendar: IcsProperty[] = []
  const components: { kind: string; properties: IcsProperty[] }[] = []
  const open: string[] = []
  let isCalendar = false
  let kept = 0
  for (const line of unfold(untrustedText.slice(0, MAX_CHARACTERS))) {
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
    const property = target && isCalendar ? readProperty(line) : undefined
    if (property === undefined || kept >= MAX_PROPERTIES) continue
    target!.push(property)
    kept++
  }
  return isCalendar ? { calendar, components } : undefined
}

/** Logical lines: a line that begins with a space or tab continues the one before. */
function* unfold(text: string): Generator<string> {
  let pieces: string[] = []
  for (const rawLine of text.split(/\r\n|\n|\r/)) {
    if (rawLine.startsWith(' ') || rawLine.startsWith('\t')) pieces.push(rawLine.slice(1))
    else {
      if (pieces.length > 0) yield pieces.join('')
      pieces = [rawLine]
    }
  }
  yield pieces.join('')
}

function readProperty(line: string): IcsProperty | undefined {
  const name = /^[A-Za-z0-9-]{1,60}/.exec(line)?.[0]
  if (name === undefined) return undefined
  const params = new Map<string, string>()
  let at = name.length
  while (line[at] === ';' && params.size < MAX_PARAMS) {
    const param = readParam(line, at + 1)
    params.set(param.key, param.value)
    at = param.end
  }
  if (line[at] !== ':') return undefined
  return { name: name.toUpperCase(), params, value: line.slice(at + 1, at + 1 + MAX_VALUE) }
}

/** One parameter; a quoted value may hold `;` and `:`. */
function readParam(line: string, start: number): { key: string; value: string; end: number } {
  const matcher = /([A-Za-z0-9-]{0,60})=(?:"([^"]*)"|([^;:"]*))[^;:]*/y
  matcher.lastIndex = start
  const match = matcher.exec(line)
  if (match === null) return { key: '', value: '', end: line.length }
  return { key: match[1]!.toUpperCase(), value: match[2] ?? match[3] ?? '', end: matcher.lastIndex }
}

/** A TEXT value without its escapes: `\n`, `\,`, `\;`, `\\`. */
export function textOf(value: string): string {
  return value.replace(/\\(.)/gs, (_, escaped: string) => (escaped === 'n' || escaped === 'N' ? '\n' : escaped))
}
