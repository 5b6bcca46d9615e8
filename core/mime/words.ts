/**
 * Encoded words in unstructured header text, with the breakages that mail from Japan really has.
 *
 *   header value (latin1, one char per octet) ──▶ [words] ──▶ text
 *
 * Octets of neighbouring words of one charset are joined before they are decoded, because many mailers cut in
 * the middle of a character. Raw 8-bit text and raw ISO-2022-JP between words is decoded by guess, and told.
 * Linear: the end mark is searched once, whatever the number of beginnings.
 * Standards: RFC 2047 (encoded words), RFC 2231 §5 (language suffix).
 */
import { decodeText } from '../text/charset.ts'
import { decodeBase64Text } from './base64.ts'
import type { HeaderFinding } from './header.ts'

export type DecodedWords = { readonly text: string; readonly findings: readonly HeaderFinding[] }

type Word = { readonly start: number; readonly end: number; readonly charset: string; readonly octets: string }

const RAW_OCTETS = /[\x1b\x80-\xff]/
const CONTROLS = /[\x00-\x08\x0a-\x1a\x1c-\x1f\x7f]/
const NO_FINDINGS: readonly HeaderFinding[] = []
const WORD_HEAD = /=\?([^?\s\x00-\x1f]{1,60})\?([bBqQ])\?/y

/** Decodes the value of an unstructured field (or a phrase). Never throws. */
export function decodeUnstructured(value: string): DecodedWords {
  if (!value.includes('=?') && !RAW_OCTETS.test(value)) return { text: value, findings: NO_FINDINGS }
  const findings = new Findings()
  const pieces: string[] = []
  let at = 0
  for (const run of wordRuns(value, findings)) {
    pieces.push(literal(value.slice(at, run.start), findings))
    pieces.push(decodeRun(run, findings))
    at = run.end
  }
  pieces.push(literal(value.slice(at), findings))
  return { text: pieces.join(''), findings: findings.list }
}

/** Words of one charset with only blanks between them, their octets joined. */
type Run = { readonly start: number; end: number; readonly charset: string; readonly octets: string[] }

function wordRuns(value: string, findings: Findings): Run[] {
  const runs: Run[] = []
  let last: Run | undefined
  for (const word of findWords(value, findings)) {
    const between = last ? value.slice(last.end, word.start) : 'x'
    const adjacent = last !== undefined && /^[ \t]*$/.test(between)
    if (adjacent && between === '') findings.add('header.word-unseparated')
    if (last && adjacent && sameCharset(last.charset, word.charset)) {
      last.octets.push(word.octets)
      last.end = word.end
      continue
    }
    // Blanks between two words are not text (RFC 2047 §6.2): the new run begins where the last one ended.
    last = { start: adjacent ? last!.end : word.start, end: word.end, charset: word.charset, octets: [word.octets] }
    runs.push(last)
  }
  return runs
}

function* findWords(value: string, findings: Findings): Generator<Word> {
  let terminator = 0
  for (let start = value.indexOf('=?'); start >= 0; start = value.indexOf('=?', start)) {
    WORD_HEAD.lastIndex = start
    const head = WORD_HEAD.exec(value)
    if (!head) {
      start += 2
      continue
    }
    const textStart = WORD_HEAD.lastIndex
    if (terminator < textStart) terminator = value.indexOf('?=', textStart)
    if (terminator < 0) {
      findings.add('header.word-malformed')
      return
    }
    const text = value.slice(textStart, terminator)
    if (/[\s?]/.test(text)) findings.add('header.word-malformed')
    if (gluedToText(value, start, terminator + 2)) findings.add('header.word-unseparated')
    const charset = head[1]!
    const octets = head[2]!.toLowerCase() === 'b' ? base64Octets(text, findings) : qOctets(text, findings)
    yield { start, end: terminator + 2, charset, octets }
    start = terminator + 2
  }
}

/** A word must stand between blanks, or begin or end the text (RFC 2047 §5). */
function gluedToText(value: string, start: number, end: number): boolean {
  const before = start === 0 ? ' ' : value[start - 1]!
  const after = end >= value.length ? ' ' : value[end]!
  return !/[\s("=]/.test(before) || !/[\s)"=]/.test(after)
}

function base64Octets(text: string, findings: Findings): string {
  const { bytes, clean } = decodeBase64Text(text)
  if (!clean) findings.add('header.word-malformed')
  return bytes.toString('latin1')
}

function qOctets(text: string, findings: Findings): string {
  if (/=(?![0-9a-fA-F]{2})/.test(text)) findings.add('header.word-malformed')
  return text
    .replaceAll('_', ' ')
    .replace(/=([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function decodeRun(run: Run, findings: Findings): string {
  const decoded = decodeText(Buffer.from(run.octets.join(''), 'latin1'), charsetOf(run.charset))
  for (const finding of decoded.findings) findings.add(finding.code, finding.detail)
  if (CONTROLS.test(decoded.text)) findings.add('header.word-control')
  return decoded.text
}

function literal(text: string, findings: Findings): string {
  if (!RAW_OCTETS.test(text)) return text
  findings.add('header.raw-octets')
  const decoded = decodeText(Buffer.from(text, 'latin1'), undefined)
  for (const finding of decoded.findings) findings.add(finding.code, finding.detail)
  return decoded.text
}

function charsetOf(label: string): string {
  const star = label.indexOf('*')
  return star < 0 ? label : label.slice(0, star)
}

function sameCharset(a: string, b: string): boolean {
  return charsetOf(a).toLowerCase() === charsetOf(b).toLowerCase()
}

/** One finding per kind: a long Subject is no reason for a thousand lines of report. */
class Findings {
  readonly list: HeaderFinding[] = []

  add(code: HeaderFinding['code'], detail?: string): void {
    if (this.list.some(finding => finding.code === code)) return
    this.list.push(detail === undefined ? { code } : { code, detail })
  }
}
