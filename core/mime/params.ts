/**
 * Values with parameters (Content-Type, Content-Disposition), read the strict way, every deviation told.
 *
 *   header field ──▶ [params] ──▶ entity (boundary, charset) and file names
 *
 * Of two parameters with one name the first is used. Boundaries are octets, so the undecoded form is kept
 * beside the text. Linear; no recursion, so nested comments cannot exhaust the stack.
 * Standards: RFC 2045 §5.1, RFC 2183, RFC 2231 (continuations, charset), RFC 5322 §3.2.2 (comments).
 */
import { isUtf8 } from 'node:buffer'
import { decodeText } from '../text/charset.ts'
import { type HeaderFinding, printable } from './header.ts'
import { type ExtendedSegment, type Joined, joinExtended } from './extended.ts'
import { decodeUnstructured } from './words.ts'

export type Parameterised = {
  /** The part before the first semicolon, as written, comments taken out. */
  readonly value: string
  /** Decoded values by lower-case name. */
  readonly params: ReadonlyMap<string, string>
  /** Undecoded octets (latin1) by lower-case name, of the form that was used. */
  readonly raw: ReadonlyMap<string, string>
  /** Names that came in RFC 2231 form. */
  readonly extended: ReadonlySet<string>
  readonly findings: readonly HeaderFinding[]
}

type Scan = { readonly text: string; at: number; readonly findings: HeaderFinding[] }
type Scanned = {
  readonly plain: Map<string, string>
  readonly segments: Map<string, ExtendedSegment[]>
}

const NO_NAMES: ReadonlySet<string> = new Set()
const MISSING: Parameterised = { value: '', params: new Map(), raw: new Map(), extended: NO_NAMES, findings: [] }
const NEEDS_DECODING = /=\?|[\x1b\x80-\xff]/
const EXTENDED_NAME = /^([^*]+)\*(?:(\d{1,4})(\*)?)?$/

/** Parses the unfolded latin1 value of a field, which may be missing. Never throws. */
export function parseParameterised(value: string | undefined): Parameterised {
  if (value === undefined) return MISSING
  const scan: Scan = { text: value, at: 0, findings: [] }
  const main = scanMainValue(scan)
  const scanned: Scanned = { plain: new Map(), segments: new Map() }
  while (scan.at < value.length) scanParameter(scan, scanned)
  if (scanned.segments.size === 0 && !NEEDS_DECODING.test(value)) {
    return { value: main, params: scanned.plain, raw: scanned.plain, extended: NO_NAMES, findings: scan.findings }
  }
  return { value: main, ...decodeAll(scanned, scan.findings), findings: scan.findings }
}

function scanMainValue(scan: Scan): string {
  skipBlanksAndComments(scan)
  const start = scan.at
  while (scan.at < scan.text.length) {
    const code = scan.text.charCodeAt(scan.at)
    if (code === SEMICOLON || code === OPEN || isBlank(code)) break
    scan.at++
  }
  const main = scan.text.slice(start, scan.at)
  skipBlanksAndComments(scan)
  expectSemicolon(scan)
  return main
}

/** Stands after `;`. Reads one parameter and the semicolon after it. */
function scanParameter(scan: Scan, scanned: Scanned): void {
  skipBlanksAndComments(scan)
  if (scan.at >= scan.text.length) return
  const start = scan.at
  while (scan.at < scan.text.length && !endsName(scan.text.charCodeAt(scan.at))) scan.at++
  const name = scan.text.slice(start, scan.at).toLowerCase()
  const nameEnd = scan.at
  skipBlanksAndComments(scan)
  if (name === '' || scan.text.charCodeAt(scan.at) !== EQUALS) {
    scan.findings.push({ code: 'type.parameter-malformed', detail: printable(name) })
    skipToSemicolon(scan)
    return
  }
  const equals = scan.at++
  skipBlanksAndComments(scan)
  if (equals !== nameEnd || scan.at !== equals + 1) {
    scan.findings.push({ code: 'type.space-around-equals', detail: printable(name) })
  }
  const value = scan.text.charCodeAt(scan.at) === QUOTE ? scanQuoted(scan, name) : scanToken(scan, name)
  expectSemicolon(scan)
  keep(scan, scanned, name, value)
}

function keep(scan: Scan, scanned: Scanned, name: string, value: string): void {
  const extended = name.includes('*') ? EXTENDED_NAME.exec(name) : null
  if (extended) {
    const base = extended[1]!
    const digits = extended[2]
    const segment = {
      number: digits === undefined ? 0 : Number(digits),
      whole: digits === undefined,
      encoded: digits === undefined || extended[3] !== undefined,
      value,
    }
    if (digits !== undefined && digits.length > 1 && digits.startsWith('0')) {
      scan.findings.push({ code: 'name.numbering', detail: printable(name) })
    }
    const segments = scanned.segments.get(base)
    if (segments) segments.push(segment)
    else scanned.segments.set(base, [segment])
    return
  }
  if (!TOKEN.test(name) || name.includes('*'))
    scan.findings.push({ code: 'type.parameter-malformed', detail: printable(name) })
  if (scanned.plain.has(name)) scan.findings.push({ code: 'type.duplicate-parameter', detail: printable(name) })
  else scanned.plain.set(name, value)
}

function scanQuoted(scan: Scan, name: string): string {
  const { text } = scan
  const start = ++scan.at
  let escaped = false
  while (scan.at < text.length) {
    const code = text.charCodeAt(scan.at)
    if (code === QUOTE) break
    if (code === BACKSLASH) {
      escaped = true
      scan.at++
    }
    scan.at++
  }
  const closed = scan.at < text.length
  const inner = text.slice(start, Math.min(scan.at, text.length))
  if (!closed) scan.findings.push({ code: 'type.half-quote', detail: printable(name) })
  scan.at = Math.min(scan.at + 1, text.length)
  skipBlanksAndComments(scan)
  return escaped ? unescapeQuoted(inner) : inner
}

/**
 * The inside of a quoted string (RFC 5322 §3.2.4). In raw Shift_JIS a backslash is the second octet of some kanji (表, 予),
 * and no escape; where the string ends is decided without that, as every reader does.
 */
export function unescapeQuoted(inner: string): string {
  if (!/[\x81-\x9f\xe0-\xfc]\\/.test(inner) || isUtf8(Buffer.from(inner, 'latin1'))) return inner.replace(/\\(.)/gs, '$1')
  return inner.replace(/[\x81-\x9f\xe0-\xfc][\x40-\x7e\x80-\xfc]|\\(.)/gs, (whole, escaped?: string) => escaped ?? whole)
}

/** An unquoted value runs to the semicolon: file names with blanks are often sent so, and are flagged. */
function scanToken(scan: Scan, name: string): string {
  const start = scan.at
  skipToSemicolonMark(scan)
  let end = scan.at
  while (end > start && isBlank(scan.text.charCodeAt(end - 1))) end--
  const value = scan.text.slice(start, end)
  if (!TOKEN.test(value)) {
    scan.findings.push({ code: value === '' ? 'type.parameter-malformed' : 'type.unquoted', detail: printable(name) })
    if (value.includes('(')) scan.findings.push({ code: 'type.comment', detail: printable(name) })
  }
  return value
}

function expectSemicolon(scan: Scan): void {
  if (scan.at >= scan.text.length) return
  if (scan.text.charCodeAt(scan.at) !== SEMICOLON) {
    scan.findings.push({ code: 'type.junk', detail: printable(scan.text.slice(scan.at)) })
    skipToSemicolonMark(scan)
  }
  scan.at++
}

function skipToSemicolon(scan: Scan): void {
  skipToSemicolonMark(scan)
  scan.at++
}

function skipToSemicolonMark(scan: Scan): void {
  const semicolon = scan.text.indexOf(';', scan.at)
  scan.at = semicolon < 0 ? scan.text.length : semicolon
}

function skipBlanksAndComments(scan: Scan): void {
  const { text } = scan
  for (;;) {
    while (isBlank(text.charCodeAt(scan.at))) scan.at++
    if (text.charCodeAt(scan.at) !== OPEN) return
    scan.findings.push({ code: 'type.comment' })
    const end = commentEnd(text, scan.at)
    if (end < 0) scan.findings.push({ code: 'type.half-comment' })
    scan.at = end < 0 ? text.length : end
  }
}

/** Index after the comment that opens at `at`, or -1 when it is never closed. Depth is a counter, not a stack. */
export function commentEnd(text: string, at: number): number {
  let depth = 0
  for (let i = at; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === BACKSLASH) i++
    else if (code === OPEN) depth++
    else if (code === CLOSE && --depth === 0) return i + 1
  }
  return -1
}

function decodeAll(scanned: Scanned, findings: HeaderFinding[]): Omit<Parameterised, 'value' | 'findings'> {
  const params = new Map<string, string>()
  const raw = new Map(scanned.plain)
  for (const [name, value] of scanned.plain) params.set(name, decodePlain(name, value, findings))
  for (const [name, segments] of scanned.segments) {
    const joined = joinExtended(name, segments, findings)
    const text = joined.encoded ? decodeAs(joined, findings) : decodePlain(name, joined.octets, findings)
    const plain = params.get(name)
    if (plain !== undefined) {
      const code = plain === text ? 'name.both-forms' : 'name.conflicting-forms'
      findings.push({ code, detail: printable(name) })
    }
    params.set(name, text)
    raw.set(name, joined.octets)
  }
  return { params, raw, extended: new Set(scanned.segments.keys()) }
}

function decodeAs({ octets, charset }: Joined, findings: HeaderFinding[]): string {
  const decoded = decodeText(Buffer.from(octets, 'latin1'), charset)
  findings.push(...decoded.findings)
  return decoded.text
}

/** Encoded words are not allowed in parameters (RFC 2047 §5), and are common in Japan all the same. */
function decodePlain(name: string, value: string, findings: HeaderFinding[]): string {
  if (!NEEDS_DECODING.test(value)) return value
  if (value.includes('=?')) {
    const decoded = decodeUnstructured(value)
    if (decoded.text !== value) {
      findings.push({ code: 'name.encoded-word', detail: printable(name) }, ...decoded.findings)
      return decoded.text
    }
  }
  if (!/[\x1b\x80-\xff]/.test(value)) return value
  findings.push({ code: 'name.raw-octets', detail: printable(name) })
  const decoded = decodeText(Buffer.from(value, 'latin1'), undefined)
  findings.push(...decoded.findings)
  return decoded.text
}

const TOKEN = /^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+$/
const SEMICOLON = 0x3b
const EQUALS = 0x3d
const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN = 0x28
const CLOSE = 0x29

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

function endsName(code: number): boolean {
  return code === EQUALS || code === SEMICOLON || code === OPEN || isBlank(code)
}
