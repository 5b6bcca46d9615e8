/**
 * Plain text files: decoded, made harmless, written again as UTF-8 with CRLF.
 *
 * The byte order mark is there because Notepad and Excel of older Windows take UTF-8 without it for CP932.
 * What is binary under a text label decodes to noise; noise is 'malformed', never delivered. So is a file that has no
 * character left, as one of a byte order mark alone: nobody could tell an empty file from a lost one.
 */
import { Buffer, isAscii } from 'node:buffer'
import { lastExtension } from '../media/filename.ts'
import { decodeText, type TextFinding } from '../text/charset.ts'
import type { ObjectKind, Removed } from '../objects.ts'
import { makeHarmless } from '../text/harmless.ts'
import type { Disarmed, Disarmer, DisarmInput } from './contract.ts'

/** Shares of characters that text may have and binary has not. */
const MAX_DAMAGED_SHARE = 0.05
const MAX_CONTROL_SHARE = 0.01
/** A few are allowed in the shortest file: an end-of-file mark (0x1A), a form feed that lost its page. */
const FREE_FLAWS = 2

/** What the finding counts. */
export const REMOVED_KINDS: Readonly<Partial<Record<TextFinding['code'], ObjectKind>>> = {
  'text.controls': 'controlCharacters',
  'text.escape-sequences': 'escapeSequences',
  'text.bidi': 'directionMarks',
  'text.invisible': 'invisibleCharacters',
  'text.combining': 'combiningMarks',
}

/** Plain text that is called something else and opens as text everywhere. */
const KEPT_EXTENSIONS = new Set(['md', 'markdown', 'log', 'text', 'yaml', 'yml', 'toml', 'srt', 'tex'])

export type ReadText = {
  /** Harmless text with LF line ends. */
  readonly text: string
  readonly findings: readonly TextFinding[]
  readonly removed: readonly Removed[]
}

/** Decodes a text file and makes it harmless; undefined when it is not text, or no character of it is left. Linear, never throws. */
export function readTextFile(input: Pick<DisarmInput, 'untrustedBytes' | 'declaredCharset'>): ReadText | undefined {
  const decoded = decodeText(input.untrustedBytes, input.declaredCharset)
  // Cut text would be a file that ends early and does not say so.
  if (decoded.findings.some(finding => finding.code === 'charset.cut')) return undefined
  if (!looksLikeText(decoded.text)) return undefined
  const harmless = makeHarmless(decoded.text)
  // Judged again by what is left: else a file could come out that is noise to the next reader.
  if (harmless.text === '' || isDamaged(harmless.text)) return undefined
  const removed = harmless.findings.flatMap(({ code, detail }) => {
    const what = REMOVED_KINDS[code]
    return what === undefined ? [] : [{ what, count: Number(detail ?? 1) }]
  })
  return { text: harmless.text, findings: [...decoded.findings, ...harmless.findings], removed }
}

function looksLikeText(text: string): boolean {
  const controls = countOf(text, /[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f]/g)
  const isBinary = controls > FREE_FLAWS && controls > text.length * MAX_CONTROL_SHARE
  return !isDamaged(text) && !isBinary
}

function isDamaged(text: string): boolean {
  const damaged = countOf(text, /\ufffd/g)
  return damaged > FREE_FLAWS && damaged > text.length * MAX_DAMAGED_SHARE
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

const PIECE_LENGTH = 65_536

/** A text file with a mark, written in pieces: each is octets as soon as it is long enough, so that no list of them grows. */
export class TextFileWriting {
  readonly #octets: Buffer[] = [Buffer.from([0xef, 0xbb, 0xbf])]
  #piece = ''

  /** Whole characters with LF line ends. */
  write(text: string): void {
    this.#piece += text
    if (this.#piece.length > PIECE_LENGTH) this.#flush()
  }

  finish(): Uint8Array {
    this.#flush()
    return new Uint8Array(Buffer.concat(this.#octets))
  }

  #flush(): void {
    this.#octets.push(Buffer.from(this.#piece.replaceAll('\n', '\r\n')))
    this.#piece = ''
  }
}

export const textDisarmer: Disarmer = {
  table: [
    { object: 'characters and lines', becomes: 'rebuilt' },
    { object: 'control characters', becomes: 'removed', kind: 'controlCharacters' },
    { object: 'terminal escape sequences', becomes: 'removed', kind: 'escapeSequences' },
    { object: 'direction overrides', becomes: 'removed', kind: 'directionMarks' },
    { object: 'zero-width and other invisible characters', becomes: 'removed', kind: 'invisibleCharacters' },
    { object: 'heaps of combining marks', becomes: 'removed', kind: 'combiningMarks' },
  ],
  disarm(input: DisarmInput): Disarmed {
    // Text of n octets becomes at most 3n; what cannot fit by far is not even decoded.
    if (input.untrustedBytes.length > 4 * input.limits.outputBytes) return { kind: 'cannot', reason: 'limit' }
    const read = readTextFile(input)
    if (read === undefined) return { kind: 'cannot', reason: 'malformed' }
    const bytes = encodeTextFile(read.text, { alwaysMark: false })
    if (bytes.length > input.limits.outputBytes) return { kind: 'cannot', reason: 'limit' }
    const { removed, findings } = read
    return { kind: 'rebuilt', bytes, mediaType: 'text/plain', extension: extensionFor(input.name), removed, findings }
  },
}

function extensionFor(name: string): string {
  const extension = lastExtension(name)
  return KEPT_EXTENSIONS.has(extension) ? extension : 'txt'
}
