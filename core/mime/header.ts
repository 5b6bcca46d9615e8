/**
 * A header block, octet for octet: from lines to fields, and every liberty taken on the way.
 *
 *   reader (finds where the block ends) ──▶ [header] ──▶ entity (what the fields mean)
 *
 * Line ends other than CRLF are accepted, because another parser will accept them too, and flagged,
 * because a third one will not. Nothing is decoded here: values stay latin1, one char per octet.
 * Standards: RFC 5322 §2.2 (fields), §2.2.3 (folding), §3.6 (which may occur once); RFC 6532 (8-bit).
 */
import type { FindingCode } from '../finding.ts'
import type { HeaderField } from './part.ts'

/** Usual spellings, so that most fields need neither checking nor conversion. */
const KNOWN_KEYS: ReadonlyMap<string, string> = new Map(
  [
    'Received',
    'From',
    'To',
    'Cc',
    'Subject',
    'Date',
    'Message-ID',
    'Message-Id',
    'MIME-Version',
    'Mime-Version',
    'Content-Type',
    'Content-Transfer-Encoding',
    'Content-Disposition',
    'Content-ID',
    'Content-Id',
    'Return-Path',
    'Reply-To',
    'In-Reply-To',
    'References',
    'Sender',
    'DKIM-Signature',
    'Authentication-Results',
    'X-Mailer',
    'User-Agent',
    'Delivered-To',
    'List-Unsubscribe',
  ].map(name => [name, name.toLowerCase()]),
)

/** A finding before it is known which part it belongs to. */
export type HeaderFinding = { readonly code: FindingCode; readonly detail?: string }

export type ParsedHeader = {
  readonly fields: HeaderField[]
  readonly findings: HeaderFinding[]
  readonly truncated: number
}

/** CRs in front of one LF that still count as one line end: mailers that convert line ends twice make such runs. */
export const CR_RUN_MAX = 64

const UNUSUAL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\xff]/
const CONTROL = /[\x01-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]/
const NOT_ASCII = /[\x1b\x80-\xff]/
const FIELD_NAME = /^[!-9;-~]+$/
const SUSPECT_FOLD = /\n[ \t]+(?:\r|$|content-|mime-)/i
const MIME_FIELD_IN_FOLD = /\n[ \t]+(?:content-(?:type|transfer-encoding|disposition)|mime-version)[ \t]*:/i
const BLANK_FOLD = /\n[ \t]+(?:\r|$)/
const CONTENT_FIELD = /^(?:content-(?:type|transfer-encoding|disposition|id)|mime-version)$/i

/**
 * Parses one header block, without the empty line that ends it.
 *
 * `block` is latin1 text; at most `maxFields` fields are taken, and `truncated` is then the index in the
 * block where the rest begins (otherwise -1). Linear; never throws.
 */
export function parseHeader(block: string, maxFields = Number.POSITIVE_INFINITY): ParsedHeader {
  const canonical = parseCanonical(block, maxFields)
  if (canonical) return canonical
  const findings: HeaderFinding[] = []
  const { text, starts } = canonicalizeHeaderLines(block, findings)
  const parsed = parseCanonical(text, maxFields)!
  const truncated = parsed.truncated < 0 ? -1 : starts(parsed.truncated)
  return { fields: parsed.fields, findings: [...findings, ...parsed.findings], truncated }
}

/** All values of a field, in order of occurrence. `key` is lower-case. */
export function headerValues(header: readonly HeaderField[], key: string): string[] {
  const values: string[] = []
  for (const field of header) if (field.key === key) values.push(field.value)
  return values
}

/** The first value of a field, the one that this project always uses when a field is repeated. */
export function headerValue(header: readonly HeaderField[], key: string): string | undefined {
  for (const field of header) if (field.key === key) return field.value
  return undefined
}

/** Undefined when a line does not end in a lone CRLF: then the block has to be made canonical first. */
function parseCanonical(block: string, maxFields: number): ParsedHeader | undefined {
  const fields: HeaderField[] = []
  const findings: HeaderFinding[] = []
  const into: Parsing = { fields, findings, unusual: UNUSUAL.test(block) }
  let longest = 0
  let start = 0
  while (start < block.length) {
    let folded = false
    let lineStart = start
    let lineEnd = -1
    for (;;) {
      const lf = block.indexOf('\n', lineStart)
      const cr = block.indexOf('\r', lineStart)
      if (lf < 0 && cr < 0) lineEnd = block.length
      else if (lf < 1 || cr !== lf - 1) return undefined
      else lineEnd = cr
      if (lineEnd - lineStart > longest) longest = lineEnd - lineStart
      const next = block.charCodeAt(lf < 0 ? block.length : lf + 1)
      lineStart = lf < 0 ? block.length : lf + 1
      if (next !== 0x20 && next !== 0x09) break
      folded = true
    }
    if (fields.length >= maxFields) return { fields, findings, truncated: start }
    const raw = block.slice(start, lineEnd)
    if (start > 0 || !noteFirstLine(raw, findings)) addField(folded ? unfold(raw, findings) : raw, into)
    start = lineStart
  }
  if (longest > 998) findings.push({ code: 'header.line-too-long', detail: String(longest) })
  return { fields, findings, truncated: -1 }
}

type Parsing = { readonly fields: HeaderField[]; readonly findings: HeaderFinding[]; readonly unusual: boolean }

function unfold(raw: string, findings: HeaderFinding[]): string {
  if (SUSPECT_FOLD.test(raw)) noteFold(raw, findings)
  return raw.replaceAll('\r\n', '')
}

function addField(text: string, { fields, findings, unusual }: Parsing): void {
  const colon = text.indexOf(':')
  if (colon < 0) {
    findings.push({ code: 'header.no-colon', detail: printable(text) })
    return
  }
  const rawName = text.slice(0, colon)
  const known = KNOWN_KEYS.get(rawName)
  const name = known === undefined ? fieldName(rawName, findings) : rawName
  const key = known ?? name.toLowerCase()
  const value = trimBlanks(text.slice(colon + 1))
  if (unusual) noteOctets(key, value, findings)
  fields.push({ name, key, value })
}

function noteFold(raw: string, findings: HeaderFinding[]): void {
  if (MIME_FIELD_IN_FOLD.test(raw)) findings.push({ code: 'header.hidden-field' })
  if (BLANK_FOLD.test(raw)) findings.push({ code: 'header.blank-fold' })
}

/** True when the first line is no field at all: the envelope line of an mbox file. */
function noteFirstLine(raw: string, findings: HeaderFinding[]): boolean {
  const first = raw.charCodeAt(0)
  if (first === 0x20 || first === 0x09) findings.push({ code: 'header.leading-blank', detail: printable(raw) })
  if (!/^>?From [^:\s]/.test(raw)) return false
  findings.push({ code: 'header.mbox-from' })
  return true
}

function fieldName(raw: string, findings: HeaderFinding[]): string {
  const name = trimBlanks(raw)
  if (name === '') findings.push({ code: 'header.empty-name' })
  else if (!FIELD_NAME.test(name)) findings.push({ code: 'header.bad-name', detail: printable(name) })
  const letters = name.replace(/[^A-Za-z-]/g, '')
  if (letters !== name && CONTENT_FIELD.test(letters)) findings.push({ code: 'header.hidden-field', detail: letters })
  if (name.length !== raw.length && name !== '')
    findings.push({ code: 'header.space-before-colon', detail: printable(name) })
  return name
}

function noteOctets(key: string, value: string, findings: HeaderFinding[]): void {
  if (!UNUSUAL.test(value)) return
  const detail = printable(key)
  if (value.includes('\0')) findings.push({ code: 'header.nul', detail })
  if (CONTROL.test(value)) findings.push({ code: 'header.control', detail })
  if (NOT_ASCII.test(value)) findings.push({ code: 'header.raw-octets', detail })
}

/**
 * Makes every line end CRLF. `starts` maps an index of the canonical text back to the block.
 * Lone CRs and LFs are counted; when several kinds of line end are mixed, that alone is suspicious.
 */
function canonicalizeHeaderLines(
  block: string,
  findings: HeaderFinding[],
): { text: string; starts: (index: number) => number } {
  const lines: string[] = []
  const offsets: number[] = []
  const count = { crlf: 0, lf: 0, cr: 0 }
  let start = 0
  for (const match of block.matchAll(/\r{1,64}\n|\r|\n/g)) {
    lines.push(block.slice(start, match.index))
    offsets.push(start)
    if (match[0] === '\r\n') count.crlf++
    else if (match[0] === '\n') count.lf++
    else count.cr++
    start = match.index + match[0].length
  }
  if (start < block.length) {
    lines.push(block.slice(start))
    offsets.push(start)
  }
  if (count.lf > 0) findings.push({ code: 'line.bare-lf', detail: `header ${count.lf}` })
  if (count.cr > 0) findings.push({ code: 'line.bare-cr', detail: `header ${count.cr}` })
  if (count.cr > 0 || (count.lf > 0 && count.crlf > 0)) findings.push({ code: 'header.mixed-line-ends' })
  const text = lines.map(line => `${line}\r\n`).join('')
  return { text, starts: index => offsets[lineNumber(text, index)] ?? block.length }
}

function lineNumber(text: string, index: number): number {
  let line = 0
  for (let at = text.indexOf('\n'); at >= 0 && at < index; at = text.indexOf('\n', at + 1)) line++
  return line
}

/** Strips SPACE and TAB only: `trim()` would also eat the octet A0 of an 8-bit text. */
export function trimBlanks(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return start === 0 && end === text.length ? text : text.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

/** Short and harmless form of sender-given text for the detail of a finding. */
export function printable(untrusted: string): string {
  return untrusted.slice(0, 60).replace(/[^\x20-\x7e]/g, c => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
