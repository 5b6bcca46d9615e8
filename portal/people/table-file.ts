/**
 * Tables that personnel systems and Excel write: CSV in UTF-8 or CP932, column names in Japanese or English, in any order.
 * What is wrong is said with its line, its column and its value, everything at once; a file is taken whole or not at all.
 * Standards: RFC 4180 (CSV); WHATWG Encoding (shift_jis is what Excel calls CP932).
 */

/** `column` as it stands in the file; '' for a whole line. `problem` is a key of texts/people-import.ts. */
export type TableProblem = { readonly line: number; readonly column: string; readonly problem: string; readonly value: string }

export type TableRow<F extends string> = {
  readonly line: number
  /** NFKC-normalised, blanks and line breaks as one blank; '' when the column is missing or empty. */
  readonly get: (field: F) => string
  /** Name of the column as it stands in the file. */
  readonly column: (field: F) => string
}

export type Columns<F extends string> = Readonly<Record<F, { readonly names: readonly string[]; readonly required?: true }>>

export type Table<F extends string> = { readonly kind: 'table'; readonly rows: readonly TableRow<F>[] } | { readonly kind: 'problems'; readonly problems: readonly TableProblem[] }

export const LARGEST_BYTES = 16 * 2 ** 20
const MOST_ROWS = 50_000
const MOST_PROBLEMS = 100
const LONGEST_CELL = 500

export function readTable<F extends string>(untrusted: Uint8Array, columns: Columns<F>): Table<F> {
  if (untrusted.length > LARGEST_BYTES) return failed({ line: 0, column: '', problem: 'too-large', value: '' })
  const text = decoded(untrusted)
  if (text === undefined) return failed({ line: firstBadLine(untrusted), column: '', problem: 'encoding', value: '' })
  const lines = cellsOf(text)
  if ('problem' in lines) return failed(lines)
  const [head, ...body] = lines
  if (!head) return failed({ line: 1, column: '', problem: 'empty', value: '' })
  if (body.length > MOST_ROWS) return failed({ line: MOST_ROWS, column: '', problem: 'too-many', value: String(body.length) })
  return tableOf(head.cells, body, columns)
}

const YES = ['1', '○', '〇', '◯', 'はい', '有', 'yes', 'true', 'y']
const NO = ['', '0', '×', '-', 'いいえ', '無', 'no', 'false', 'n']

/** What offices write into a column of ticks. */
export function yesOrNo(written: string): boolean | 'unknown' {
  const word = written.toLowerCase()
  return YES.includes(word) ? true : NO.includes(word) ? false : 'unknown'
}

/** UTF-8 where it is that, else CP932; undefined when it is neither. */
function decoded(bytes: Uint8Array): string | undefined {
  for (const encoding of bytes[0] === 0xff && bytes[1] === 0xfe ? ['utf-16le'] : ['utf-8', 'shift_jis']) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes)
    } catch {}
  }
  return undefined
}

/** Where neither encoding goes on: for the person who looks for it. */
function firstBadLine(bytes: Uint8Array): number {
  let line = 1
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, start)
    const stop = end === -1 ? bytes.length : end + 1
    if (decoded(bytes.subarray(start, stop)) === undefined) return line
    start = stop
  }
  return 1
}

type Line = { readonly line: number; readonly cells: string[] }

/** One pass; empty lines are left out. */
function cellsOf(text: string): Line[] | TableProblem {
  const lines: Line[] = []
  const token = /"([^"]*(?:""[^"]*)*)"|([^",\r\n]*)/y
  let [at, line] = [0, 1]
  while (at < text.length) {
    const cells: string[] = []
    const startLine = line
    for (;;) {
      token.lastIndex = at
      const found = token.exec(text)!
      const cell = found[1]?.replaceAll('""', '"') ?? found[2]!
      line += found[1] === undefined ? 0 : countOf(cell, '\n')
      cells.push(cell)
      at += found[0].length
      if (text[at] !== ',') break
      at++
    }
    if (at < text.length && text[at] !== '\r' && text[at] !== '\n') return { line, column: '', problem: 'quotes', value: text.slice(at, at + 20) }
    at += text.startsWith('\r\n', at) ? 2 : 1
    if (cells.some(cell => cell.trim() !== '')) lines.push({ line: startLine, cells })
    line++
  }
  return lines
}

function tableOf<F extends string>(head: readonly string[], body: readonly Line[], columns: Columns<F>): Table<F> {
  const wanted = Object.entries(columns) as [F, Columns<F>[F]][]
  const places = new Map<F, number>()
  for (const [field, { names }] of wanted) {
    const place = head.findIndex(each => names.some(name => plain(name) === plain(each)))
    if (place !== -1) places.set(field, place)
  }
  const missing = wanted.filter(([field, { required }]) => required && !places.has(field))
  if (missing.length > 0) return failed(...missing.map(([, { names }]) => ({ line: 1, column: names[0]!, problem: 'no-column', value: head.join(', ').slice(0, 200) })))
  const problems = body.flatMap(({ line, cells }) => cells.flatMap((cell, index) => (cell.length > LONGEST_CELL ? [{ line, column: head[index] ?? '', problem: 'too-long', value: cell.slice(0, 20) }] : [])))
  if (problems.length > 0) return failed(...problems)
  const rows = body.map(({ line, cells }): TableRow<F> => ({
    line,
    get: field => (cells[places.get(field) ?? -1] ?? '').normalize('NFKC').replace(/\s+/g, ' ').trim(),
    column: field => head[places.get(field) ?? -1]?.trim() ?? columns[field].names[0]!,
  }))
  return { kind: 'table', rows }
}

/** The byte order mark, blanks and small differences of writing do not make another column. */
function plain(name: string): string {
  return name.normalize('NFKC').replace(/[\s\ufeff_-]/g, '').toLowerCase()
}

function failed(...problems: readonly TableProblem[]): { readonly kind: 'problems'; readonly problems: readonly TableProblem[] } {
  return { kind: 'problems', problems: problems.slice(0, MOST_PROBLEMS) }
}

function countOf(text: string, character: string): number {
  let count = 0
  for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1)) count++
  return count
}
