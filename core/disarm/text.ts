/**
 * Plain text files: decoded, made harmless, written again as UTF-8 with CRLF.
 *
 * The byte order mark is there because Notepad and Excel of older Windows take UTF-8 without it for CP932.
 * What is binary under a text label decodes to noise; noise is 'malformed', never delivered.
 */
import { Buffer, isAscii } from 'node:buffer'
import { decodeText, type TextFinding } from '../text/charset.ts'
import { makeHarmless } from '../text/harmless.ts'
import type { Disarmed, Disarmer, DisarmInput } from './contract.ts'

/** Shares of characters that text may have and binary has not. */
const MAX_DAMAGED_SHARE = 0.05
const MAX_CONTROL_SHARE = 0.01
/** A few are allowed in the shortest file: an end-of-file mark (0x1A), a form feed that lost its page. */
const FREE_FLAWS = 2

/** What the finding counts, in words for the reader of the notice. */
const REMOVED_WORDS: Readonly<Partial<Record<TextFinding['code'], string>>> = {
  'text.controls': '制御文字',
  'text.escape-sequences': '端末の制御文字列',
  'text.bidi': '文字の向きを変える記号',
  'text.invisible': '見えない文字',
  'text.combining': '重なりすぎた記号',
}

export type ReadText = {
  /** Harmless text with LF line ends. */
  readonly text: string
  readonly findings: readonly TextFinding[]
  readonly removed: readonly string[]
}

/** Decodes a text file and makes it harmless; undefined when it is not text. Linear, never throws. */
export function readTextFile(input: DisarmInput): ReadText | undefined {
  const decoded = decodeText(input.untrustedBytes, input.declaredCharset)
  // Cut text would be a file that ends early and does not say so.
  if (decoded.findings.some(finding => finding.code === 'charset.cut')) return undefined
  if (!looksLikeText(decoded.text)) return undefined
  const harmless = makeHarmless(decoded.text)
  const removed = harmless.findings.flatMap(({ code, detail }) => {
    const words = REMOVED_WORDS[code]
    return words === undefined ? [] : [`${words}: ${detail ?? '1'}`]
  })
  return { text: harmless.text, findings: [...decoded.findings, ...harmless.findings], removed }
}

function looksLikeText(text: string): boolean {
  const damaged = countOf(text, /\ufffd/g)
  const controls = countOf(text, /[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f]/g)
  const isDamaged = damaged > FREE_FLAWS && damaged > text.length * MAX_DAMAGED_SHARE
  const isBinary = controls > FREE_FLAWS && controls > text.length * MAX_CONTROL_SHARE
  return !isDamaged && !isBinary
}

function countOf(text: string, pattern: RegExp): number {
  let count = 0
  pattern.lastIndex = 0
  while (pattern.test(text)) count++
  return count
}

/** UTF-8 octets of LF text as a Windows file: CRLF, and a byte order mark unless it is all ASCII. */
export function encodeTextFile(text: string, { alwaysMark }: { readonly alwaysMark: boolean }): Uint8Array {
  const body = Buffer.from(text.replaceAll('\n', '\r\n'), 'utf8')
  return new Uint8Array(alwaysMark || !isAscii(body) ? Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body]) : body)
}

export const textDisarmer: Disarmer = {
  mediaTypes: ['text/plain'],
  lane: 'light',
  disarm(input: DisarmInput): Disarmed {
    // Text of n octets becomes at most 3n; what cannot fit by far is not even decoded.
    if (input.untrustedBytes.length > 4 * input.limits.outputBytes) return { kind: 'cannot', reason: 'limit' }
    const read = readTextFile(input)
    if (read === undefined) return { kind: 'cannot', reason: 'malformed' }
    const bytes = encodeTextFile(read.text, { alwaysMark: false })
    if (bytes.length > input.limits.outputBytes) return { kind: 'cannot', reason: 'limit' }
    const { removed, findings } = read
    return { kind: 'rebuilt', bytes, mediaType: 'text/plain', extension: 'txt', removed, findings }
  },
}
