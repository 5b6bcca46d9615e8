/**
 * Where the delimiters of the open multiparts stand in the window.
 *
 * One native search per distinct boundary, its next hit remembered, so that each octet is scanned at most once per
 * boundary, however many delimiters there are. Which hit is a delimiter is decided here too: the boundary must begin
 * a line and fill it (but for blanks and the final `--`). RFC 2046 lets any line that begins with the boundary count;
 * parsers differ, so such lines are content here, and a finding.
 * Standards: RFC 2046 §5.1.1.
 */
import { CR_RUN_MAX } from './header.ts'

const CR = 0x0d
const LF = 0x0a
const DASH = 0x2d
/** Blanks after a boundary that are still looked through. */
const PADDING_MAX = 1000

type Needle = { readonly octets: Buffer; uses: number; hit: number; scannedTo: number }

/** `undecided`: the line goes on beyond the window. `no`: not a delimiter, for the reason given. */
export type Candidate =
  | { readonly kind: 'delimiter'; readonly final: boolean; readonly padded: boolean; readonly end: number }
  | { readonly kind: 'undecided' }
  | { readonly kind: 'no'; readonly reason: 'trailing-text' }

export class DelimiterSearch {
  readonly #needles: Needle[] = []
  #longest = 0

  /** Octets at the end of the window that may belong to a delimiter which is not yet whole. */
  get holdBytes(): number {
    return this.#longest === 0 ? 0 : this.#longest + 2
  }

  /** `delimiter` is the boundary with its two dashes. */
  add(delimiter: Buffer, fromOffset: number): void {
    const same = this.#needles.find(needle => needle.octets.equals(delimiter))
    if (same) same.uses++
    else this.#needles.push({ octets: delimiter, uses: 1, hit: -1, scannedTo: fromOffset })
    if (delimiter.length > this.#longest) this.#longest = delimiter.length
  }

  remove(delimiter: Buffer): void {
    const index = this.#needles.findIndex(needle => needle.octets.equals(delimiter))
    if (index < 0 || --this.#needles[index]!.uses > 0) return
    this.#needles.splice(index, 1)
    this.#longest = this.#needles.reduce((longest, needle) => Math.max(longest, needle.octets.length), 0)
  }

  clear(): void {
    this.#needles.length = 0
    this.#longest = 0
  }

  /** Index in the window of the first boundary at or after `from`, -1 when there is none. */
  next(window: Buffer, from: number, windowOffset: number): number {
    let nearest = -1
    for (const needle of this.#needles) {
      const at = advance(needle, window, from, windowOffset)
      if (at >= 0 && (nearest < 0 || at < nearest)) nearest = at
    }
    return nearest
  }
}

function advance(needle: Needle, window: Buffer, from: number, windowOffset: number): number {
  if (needle.hit >= windowOffset + from) return needle.hit - windowOffset
  const start = Math.max(from, needle.scannedTo - windowOffset)
  const at = window.indexOf(needle.octets, start)
  needle.hit = at < 0 ? -1 : at + windowOffset
  needle.scannedTo =
    at < 0 ? Math.max(needle.scannedTo, windowOffset + window.length - needle.octets.length + 1) : needle.hit
  return at
}

/** Whether the line that begins at `at` is a delimiter for `boundary`. `atEnd`: nothing follows the window. */
export function judgeDelimiter(window: Buffer, at: number, boundary: Buffer, atEnd: boolean): Candidate {
  if (window.length - at < boundary.length) return atEnd ? NOT_WHOLE : UNDECIDED
  if (boundary.compare(window, at, at + boundary.length) !== 0) return NOT_WHOLE
  let i = at + boundary.length
  let final = false
  if (window[i] === DASH) {
    if (i + 1 >= window.length) return atEnd ? NOT_WHOLE : UNDECIDED
    if (window[i + 1] !== DASH) return NOT_WHOLE
    final = true
    i += 2
  }
  const padding = i
  while (i < window.length && i - padding < PADDING_MAX && (window[i] === 0x20 || window[i] === 0x09)) i++
  const padded = i > padding
  if (i >= window.length) return atEnd ? { kind: 'delimiter', final, padded, end: i } : UNDECIDED
  if (window[i] !== CR && window[i] !== LF) return NOT_WHOLE
  const length = lineEndAt(window, i, atEnd)
  return length === 0 ? UNDECIDED : { kind: 'delimiter', final, padded, end: i + length }
}

const UNDECIDED: Candidate = { kind: 'undecided' }
const NOT_WHOLE: Candidate = { kind: 'no', reason: 'trailing-text' }

/**
 * Length of the line end that begins at `at`: CRLF, LF, a run of CRs before an LF, or a lone CR.
 * 0 when it cannot be told before more octets are there.
 */
export function lineEndAt(window: Buffer, at: number, atEnd: boolean): number {
  if (window[at] === LF) return 1
  let run = 1
  while (run <= CR_RUN_MAX && window[at + run] === CR) run++
  if (run > CR_RUN_MAX) return 1
  if (at + run >= window.length) return atEnd ? 1 : 0
  return window[at + run] === LF ? run + 1 : 1
}

/** Line ends other than CRLF before the delimiter at `at` and after it, up to `end`. */
export function oddLineEnds(buffer: Buffer, at: number, end: number): ('line.bare-cr' | 'line.bare-lf')[] {
  const codes: ('line.bare-cr' | 'line.bare-lf')[] = []
  if (endsInBareLf(buffer, at) || endsInBareLf(buffer, end)) codes.push('line.bare-lf')
  if (buffer[at - 1] === CR || endsInOddCr(buffer, end)) codes.push('line.bare-cr')
  return codes
}

function endsInBareLf(buffer: Buffer, end: number): boolean {
  return buffer[end - 1] === LF && buffer[end - 2] !== CR
}

/** Index where the line end before a delimiter begins: it belongs to the delimiter (RFC 2046 §5.1.1). */
export function lineEndBefore(buffer: Buffer, at: number): number {
  if (at === 0) return 0
  return at > 1 && buffer[at - 1] === LF && buffer[at - 2] === CR ? at - 2 : at - 1
}

/** A delimiter line ended by a lone CR, or by several before the LF. */
function endsInOddCr(buffer: Buffer, end: number): boolean {
  const last = buffer[end - 1]
  return last === CR || (last === LF && buffer[end - 2] === CR && buffer[end - 3] === CR)
}

/** What makes a boundary that parsers may cut or compare in different ways. */
export function boundaryProblem(boundary: string): 'empty' | 'too-long' | 'illegal' | 'odd' | undefined {
  if (boundary === '') return 'empty'
  if (boundary.length > BOUNDARY_MAX) return 'too-long'
  if (/^[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]$/.test(boundary)) {
    return /[ (),]/.test(boundary) ? 'odd' : undefined
  }
  return 'illegal'
}

/** Longer ones than the standard's 70 are flagged; beyond this the multipart is not taken apart. */
export const BOUNDARY_MAX = 250
