/**
 * Where a header block ends: the first empty line, whatever its line ends are made of.
 *
 * Two line ends in a row always contain LF LF, LF CR or CR CR, so three native searches find every candidate.
 * Standards: RFC 5322 §2.1.
 */
import { lineEndAt } from './boundary.ts'
import { CR_RUN_MAX, type HeaderFinding } from './header.ts'
import { latin1 } from './octets.ts'

const CR = 0x0d
const LF = 0x0a
const LF_CR = Buffer.from('\n\r')
const LF_LF = Buffer.from('\n\n')
const CR_CR = Buffer.from('\r\r')

/**
 * `end`: index after the last header line; `bodyStart`: index after the empty line. `block`: octets up to `end` as
 * latin1 text, where they were read for the search anyway.
 */
export type HeaderEnd = { readonly end: number; readonly bodyStart: number; readonly block: string | undefined }

/**
 * `view` begins at the header. Octets before `from` were searched earlier without success.
 * Returns undefined when the octets that would decide are not there yet, `none` when there is no empty line.
 */
export function findHeaderEnd(view: Buffer, from: number, atEnd: boolean): HeaderEnd | 'none' | undefined {
  if (view.length === 0) return atEnd ? 'none' : undefined
  if (view[0] === CR || view[0] === LF) return emptyLine(view, 0, atEnd)
  const lfCr = view.indexOf(LF_CR, from)
  const text = lfCr < 0 ? '' : latin1(view, from, lfCr + 1)
  if (lfCr >= 0 && isPlain(text)) return emptyLine(view, lfCr + 1, atEnd, from === 0 ? text : undefined)
  const before = lfCr < 0 ? view : view.subarray(0, lfCr + 1)
  const lfLf = before.indexOf(LF_LF, from)
  const crCr = findDoubleCr(lfLf < 0 ? before : before.subarray(0, lfLf + 1), view, { from, atEnd })
  if (crCr === undefined) return undefined
  if (crCr >= 0) return emptyLine(view, crCr + 1, atEnd)
  if (lfLf >= 0) return { end: lfLf + 1, bodyStart: lfLf + 2, block: undefined }
  if (lfCr >= 0) return emptyLine(view, lfCr + 1, atEnd)
  return atEnd ? 'none' : undefined
}

/** No empty line of another make comes before. */
function isPlain(text: string): boolean {
  return !text.includes('\n\n') && !text.includes('\r\r')
}

/** Where to go on searching when more octets have come: before anything that could not be decided. */
export function resumeFrom(view: Buffer): number {
  return Math.max(0, view.length - CR_RUN_MAX - 2)
}

function emptyLine(view: Buffer, end: number, atEnd: boolean, block?: string): HeaderEnd | undefined {
  const length = lineEndAt(view, end, atEnd)
  return length === 0 ? undefined : { end, bodyStart: end + length, block }
}

/** Two CRs that are two line ends, and not a run before one LF. Undefined when that cannot be told yet. */
function findDoubleCr(part: Buffer, view: Buffer, search: { from: number; atEnd: boolean }): number | undefined {
  for (let at = part.indexOf(CR_CR, search.from); at >= 0; ) {
    const length = lineEndAt(view, at, search.atEnd)
    if (length === 0) return undefined
    if (length === 1) return at
    at = part.indexOf(CR_CR, at + length)
  }
  return -1
}

/** What is odd about the empty line itself; `findings` already holds what the lines before it showed. */
export function noteSeparator(block: string, separator: string, findings: HeaderFinding[]): void {
  if (separator === '\r\n' || separator === '') return
  const code = separator === '\n' ? 'line.bare-lf' : 'line.bare-cr'
  if (!findings.some(finding => finding.code === code)) findings.push({ code, detail: 'header 1' })
  const mixed = block.includes('\r\n') || code === 'line.bare-cr'
  if (mixed && !findings.some(finding => finding.code === 'header.mixed-line-ends')) {
    findings.push({ code: 'header.mixed-line-ends' })
  }
}
