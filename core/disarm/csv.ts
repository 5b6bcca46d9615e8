/**
 * CSV and TSV: parsed into cells, formulas made text, written again so that Excel opens it right.
 *
 * A cell that begins with = + - @ is a formula to a spreadsheet, and a formula can start programs (DDE) or send
 * the sheet away (HYPERLINK, WEBSERVICE). Such a cell gets an apostrophe, the spreadsheet's own sign for text.
 * Cells are judged after parsing and every cell with a sign in it is quoted, so no other reading of quotes or
 * separators can uncover a formula inside. An Excel `sep=` line, which changes the separator, is obeyed and dropped.
 *
 * Invariant: every row that came goes out, ragged or not; disarming the output changes nothing. Linear.
 * Standards: RFC 4180; IANA text/tab-separated-values; OWASP "CSV Injection".
 */
import type { Removed } from '../objects.ts'
import type { Disarmed, Disarmer, DisarmInput } from './contract.ts'
import { readTextFile, TextFileWriting } from './text.ts'

const SEPARATOR_LINE = /^"?sep=(.)"?[ \t]*(?:\n|$)/i
/** What would be taken for a separator line when it opens the rebuilt file. */
const DIRECTIVE = /^\s*sep=/i
/** The full-width forms are formulas too where Japanese input is on. */
const FORMULA_START = /^[=+\-@\t\n\uff1d\uff0b\uff0d\uff20]/
/** Digits with grouping, decimals, exponent, percent, currency: what a sheet reads as a number anyway. */
const PLAIN_NUMBER = /^[+-]?[\\$\u00a5\uffe5]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:e[+-]?\d{1,3})?%?$/i
/** Dashes that mean "nothing here" in Japanese tables. */
const DASHES = /^[-\uff0d]{1,10}$/
const NEEDS_QUOTES = /[",;\t\n|]|^\s|\s$/

const [QUOTE, EQUALS, AT] = [0x22, 0x3d, 0x40]
/** Longest cell that can be a number; longer ones are not tried. */
const MAX_NUMBER_LENGTH = 40

export const csvDisarmer: Disarmer = {
  table: [
    { object: 'cells and rows', becomes: 'rebuilt' },
    { object: 'cells that a spreadsheet would run as a formula', becomes: 'rebuilt', kind: 'csvFormulas' },
    { object: '`sep=` line', becomes: 'removed', kind: 'separatorLine' },
  ],
  disarm(input: DisarmInput): Disarmed {
    if (input.untrustedBytes.length > 4 * input.limits.outputBytes) return { kind: 'cannot', reason: 'limit' }
    const read = readTextFile(input)
    if (read === undefined) return { kind: 'cannot', reason: 'malformed' }
    const isTsv = input.detectedType === 'text/tab-separated-values'
    const rebuilt = rebuildTable(read.text, isTsv)
    // A separator line alone is no table.
    if (rebuilt === undefined) return { kind: 'cannot', reason: 'malformed' }
    const { bytes } = rebuilt
    if (bytes.length > input.limits.outputBytes) return { kind: 'cannot', reason: 'limit' }
    return {
      kind: 'rebuilt',
      bytes,
      mediaType: isTsv ? 'text/tab-separated-values' : 'text/csv',
      extension: isTsv ? 'tsv' : 'csv',
      removed: [...read.removed, ...rebuilt.removed],
      findings: read.findings,
    }
  },
}

function rebuildTable(text: string, isTsv: boolean): { bytes: Uint8Array; removed: Removed[] } | undefined {
  const { body, separator, hadLine } = chooseSeparator(text, isTsv)
  if (body === '') return undefined
  const out = isTsv ? '\t' : ','
  const file = new TextFileWriting()
  let formulas = 0
  let isFirst = true
  forEachCell(body, separator, (cell, endsRow) => {
    const isHarmless = !(isFirst && DIRECTIVE.test(cell)) && !isFormula(cell)
    if (!isHarmless) formulas++
    isFirst = false
    file.write(quoteIfNeeded(isHarmless ? cell : `'${cell}`) + (endsRow ? '\n' : out))
  })
  const removed: Removed[] = formulas > 0 ? [{ what: 'csvFormulas', count: formulas }] : []
  if (hadLine) removed.push({ what: 'separatorLine', count: 1 })
  return { bytes: file.finish(), removed }
}

type SeparatorChoice = { readonly body: string; readonly separator: string; readonly hadLine: boolean }

/** The separator of a `sep=` line, else the one that the first line uses; comma or tab when in doubt. */
function chooseSeparator(text: string, isTsv: boolean): SeparatorChoice {
  const line = SEPARATOR_LINE.exec(text)
  if (line !== null && line[1] !== '"') return { body: text.slice(line[0].length), separator: line[1]!, hadLine: true }
  const end = text.indexOf('\n')
  const unquoted = text.slice(0, end < 0 ? text.length : end).replace(/"[^"]*(?:"|$)/g, '')
  const candidates = isTsv ? ['\t', ',', ';'] : [',', '\t', ';']
  return { body: text, separator: candidates.find(each => unquoted.includes(each)) ?? candidates[0]!, hadLine: false }
}

/**
 * Calls `onCell` for each cell, quotes taken off, and says whether its row ends with it. A quote opens a cell only at its start; what
 * stands behind the closing quote is added to the cell. From a quote that never closes on, quotes are plain characters.
 */
function forEachCell(text: string, separator: string, onCell: (cell: string, endsRow: boolean) => void): void {
  let quotesMean = true
  let at = 0
  let [lineEnd, cellEnd] = [-1, -1]
  let isInRow = false
  while (at < text.length || isInRow) {
    let quotedPart = ''
    if (quotesMean && text.charCodeAt(at) === QUOTE) {
      const quoted = readQuoted(text, at)
      if (quoted === undefined) quotesMean = false
      else {
        quotedPart = quoted.cell
        at = quoted.end
      }
    }
    if (lineEnd < at) lineEnd = endAt(text, '\n', at)
    if (cellEnd < at) cellEnd = endAt(text, separator, at)
    const end = Math.min(lineEnd, cellEnd)
    isInRow = cellEnd < lineEnd
    onCell(quotedPart + text.slice(at, end), !isInRow)
    at = end + 1
  }
}

function endAt(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from)
  return at < 0 ? text.length : at
}

/** The quoted cell that opens at `start`; undefined when no quote closes it. `""` is a quote inside. */
function readQuoted(text: string, start: number): { cell: string; end: number } | undefined {
  const pieces: string[] = []
  let from = start + 1
  for (;;) {
    const close = text.indexOf('"', from)
    if (close < 0) return undefined
    if (text[close + 1] !== '"') {
      pieces.push(text.slice(from, close))
      return { cell: pieces.join(''), end: close + 1 }
    }
    pieces.push(text.slice(from, close + 1))
    from = close + 2
  }
}

function isFormula(cell: string): boolean {
  if (!FORMULA_START.test(cell) && !FORMULA_START.test(cell.trimStart())) return false
  const content = cell.trim()
  if (content === '') return false
  // No number begins with one of these.
  if (content.charCodeAt(0) === EQUALS || content.charCodeAt(0) === AT) return true
  if (DASHES.test(content)) return false
  if (content.length > MAX_NUMBER_LENGTH) return true
  const halfWidth = content.normalize('NFKC')
  return !(/\d/.test(halfWidth) && PLAIN_NUMBER.test(halfWidth))
}

function quoteIfNeeded(cell: string): string {
  return NEEDS_QUOTES.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}
