/**
 * Content lines: what iCalendar and vCard are made of. The grammar only, no meaning.
 *
 *   text ──▶ [unfoldLines] ──▶ [readContentLine] ──▶ ics.ts (invitations as text) │ core/disarm/directory (files)
 *
 * Invariants: linear; what is no content line is undefined; at most MAX_PARAMS parameters are read. Nothing is made
 * harmless here.
 * Standards: RFC 5545 §3.1, §3.3.11; RFC 6350 §3.3, §3.4; RFC 6868 (carets in parameters); vCard 2.1 and
 * vCalendar 1.0 (parameters without a name, quoted-printable over several lines).
 */

export type ContentLine = {
  /** `item1` of `item1.TEL`, '' without. */
  readonly group: string
  /** Upper case. */
  readonly name: string
  /** Keys in upper case; words of the old versions that stand without a key are under ''. */
  readonly params: ReadonlyMap<string, readonly string[]>
  /** Raw value: text values still carry their backslashes (see textOf). */
  readonly value: string
}

/**
 * `old`: vCard 2.1 and vCalendar 1.0, where folding keeps the blank and quoted-printable goes over several lines;
 * `new`: everything later.
 */
export type LineStyle = 'old' | 'new'

const [TAB, SPACE] = [0x09, 0x20]
const MAX_PARAMS = 50
const NAME = /(?:([A-Za-z0-9-]{1,60})\.)?([A-Za-z0-9_-]{1,60})/y
const WORD = /[A-Za-z0-9_-]{1,60}/y
const QUOTED_PRINTABLE = /^[^:]*[;=]QUOTED-PRINTABLE[;:]/i

/** Logical lines: a line that begins with a space or tab continues the one before. */
export function* unfoldLines(text: string, style: LineStyle = 'new'): Generator<string> {
  let line: string | undefined
  let isQuoted = false
  let continues = false
  for (const rawLine of rawLines(text)) {
    const first = rawLine.charCodeAt(0)
    const joined = continues || first === SPACE || first === TAB
    if (!joined) {
      if (line !== undefined) yield line
      line = ''
      isQuoted = style === 'old' && QUOTED_PRINTABLE.test(rawLine)
    }
    const folded = joined && !continues
    continues = isQuoted && rawLine.endsWith('=')
    // Cut off before it is joined: cutting the whole line each time copies all of it.
    const piece = continues ? rawLine.slice(0, -1) : rawLine
    line = (line ?? '') + (folded ? withoutFold(piece, style) : piece)
  }
  yield line ?? ''
}

function withoutFold(piece: string, style: LineStyle): string {
  return style === 'new' ? piece.slice(1) : piece.replace('\t', ' ')
}

/** One after the other: a list of all lines takes as much as the text several times. */
function* rawLines(text: string): Generator<string> {
  const breaks = text.includes('\r') ? /\r\n|\n|\r/g : undefined
  let at = 0
  while (at <= text.length) {
    const found = breaks ? breaks.exec(text) : undefined
    const plain = breaks ? -1 : text.indexOf('\n', at)
    const end = found?.index ?? (plain < 0 ? text.length : plain)
    yield text.slice(at, end)
    at = end + (found ? found[0].length : 1)
  }
}

const NO_PARAMS = new Map<string, readonly string[]>()

export function readContentLine(line: string): ContentLine | undefined {
  NAME.lastIndex = 0
  const match = NAME.exec(line)
  if (match === null) return undefined
  let at = match[0].length
  const params = line[at] === ';' ? new Map<string, readonly string[]>() : NO_PARAMS
  for (let count = 0; line[at] === ';' && count < MAX_PARAMS; count++) {
    const param = readParam(line, at + 1)
    params.set(param.key, [...(params.get(param.key) ?? []), ...param.values])
    at = param.end
  }
  if (line[at] !== ':') return undefined
  return { group: match[1] ?? '', name: match[2]!.toUpperCase(), params, value: line.slice(at + 1) }
}

type Param = { readonly key: string; readonly values: readonly string[]; readonly end: number }

/** One parameter; a quoted value may hold `;`, `:` and `,`. */
function readParam(line: string, start: number): Param {
  WORD.lastIndex = start
  const word = WORD.exec(line)?.[0] ?? ''
  let at = start + word.length
  if (line[at] !== '=') return { key: '', values: word === '' ? [] : [word], end: endOfJunk(line, at) }
  const values: string[] = []
  do {
    const close = line[at + 1] === '"' ? line.indexOf('"', at + 2) : -1
    const end = close < 0 ? endOfValue(line, at + 1) : close
    values.push(withoutCarets(close < 0 ? line.slice(at + 1, end) : line.slice(at + 2, close)))
    at = close < 0 ? end : endOfValue(line, close + 1)
  } while (line[at] === ',')
  return { key: word.toUpperCase(), values, end: at }
}

function endOfValue(line: string, start: number): number {
  return endAt(line, start, /[,;:]/g)
}

function endOfJunk(line: string, start: number): number {
  return endAt(line, start, /[;:]/g)
}

function endAt(line: string, start: number, marks: RegExp): number {
  marks.lastIndex = start
  return marks.exec(line)?.index ?? line.length
}

const CARETS: Readonly<Record<string, string>> = { '^n': '\n', '^^': '^', "^'": '"' }

function withoutCarets(value: string): string {
  return value.includes('^') ? value.replace(/\^[n^']/g, each => CARETS[each]!) : value
}

/** A TEXT value without its escapes: `\n`, `\,`, `\;`, `\\`. */
export function textOf(value: string): string {
  return value.replace(/\\(.)/gs, (_, escaped: string) => (escaped === 'n' || escaped === 'N' ? '\n' : escaped))
}
