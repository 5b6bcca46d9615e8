/**
 * Files that stand inside text: uuencode, yEnc and BinHex 4.0 blocks leave the text and become files.
 *
 *   text part ──▶ [decodeTextWithFiles] ──┬▶ text, with `[添付: name]` where a block stood
 *                                         └▶ files, judged by policy like any attachment
 *
 * Why: Outlook and others turn such blocks into attachments by themselves, so what looks like text to a filter
 * is a program to the reader.
 *
 * Invariants: linear, because every line is read once and a broken block ends at its first line that is no data;
 * a block without an end is still a file; a line that looks like the begin of a block but is none is indented,
 * so that no mailer behind us starts decoding there. Extracting from the output finds nothing.
 */
import { Buffer } from 'node:buffer'
import { BINHEX_COMMENT, decodeBinHex, isBinHexLine } from './binhex.ts'
import { type DecodedText, decodeText, type TextFinding } from './charset.ts'
import { makeHarmlessLine } from './harmless.ts'
import { decodeUu, isBase64Line, isUuLine, isUuTerminator, UU_BEGIN } from './uu.ts'
import { decodeYenc, readYencHead, yencLineOctets, yencTrailerFits } from './yenc.ts'

export type EmbeddedFile = {
  /** As the sender gave it; '' when it gave none. */
  readonly name: string
  readonly kind: 'uuencode' | 'yenc' | 'binhex'
  readonly bytes: Uint8Array
  readonly findings: readonly TextFinding[]
}

export type Extracted = {
  readonly text: string
  readonly files: readonly EmbeddedFile[]
  readonly findings: readonly TextFinding[]
}

/** More blocks stay in the text, indented, with a finding. */
const MAX_FILES = 200
const MAX_BINHEX_BYTES = 64 * 1024 * 1024
const MAX_SHOWN_NAME = 100

const ANY_BEGIN = /^(?:begin(?:-base64)? +[0-7]{3,6} +\S|=ybegin [a-z]+=|\(This file must be converted with BinHex)/m
/** The same at the start of one line: what is indented where it begins no block. */
const LOOKS_LIKE_BEGIN = new RegExp(ANY_BEGIN.source)

/** A block found at some line: the file, and the first line behind it. */
type Block = { readonly file: EmbeddedFile; readonly next: number }

/** Takes the blocks out of decoded text (LF or CRLF line ends). Without a block the text is returned as it is. */
export function extractEmbedded(untrustedText: string): Extracted {
  if (!ANY_BEGIN.test(untrustedText)) return { text: untrustedText, files: [], findings: [] }
  const lines = untrustedText.split('\n').map(withoutCr)
  const kept: string[] = []
  const files: EmbeddedFile[] = []
  let isOverfull = false
  for (let at = 0; at < lines.length; ) {
    const line = lines[at]!
    const block = LOOKS_LIKE_BEGIN.test(line) ? readBlock(lines, at) : undefined
    if (block !== undefined && files.length < MAX_FILES) {
      files.push(block.file)
      kept.push(markerFor(block.file.name))
      at = block.next
      continue
    }
    isOverfull ||= block !== undefined
    kept.push(LOOKS_LIKE_BEGIN.test(line) ? ` ${line}` : line)
    at++
    for (; block !== undefined && at < block.next; at++) kept.push(lines[at]!)
  }
  return { text: kept.join('\n'), files, findings: findingsOf(files, isOverfull) }
}

/**
 * Decodes the bytes of a text part and takes the blocks out. Like extractEmbedded(decodeText(…)), but yEnc is read
 * from the octets themselves, because it does not survive any charset.
 */
export function decodeTextWithFiles(untrustedBytes: Uint8Array, label: string | undefined): DecodedText & Extracted {
  const octets = Buffer.from(untrustedBytes.buffer, untrustedBytes.byteOffset, untrustedBytes.length)
  if (octets.indexOf('=ybegin ') < 0) {
    const decoded = decodeText(untrustedBytes, label)
    const extracted = extractEmbedded(decoded.text)
    return { ...decoded, ...extracted, findings: [...decoded.findings, ...extracted.findings] }
  }
  const outer = extractEmbedded(octets.toString('latin1'))
  const files = outer.files.map(file => ({ ...file, name: decodeText(Buffer.from(file.name, 'latin1'), label).text }))
  const decoded = decodeText(Buffer.from(placeholders(outer), 'latin1'), label)
  let seen = 0
  const text = decoded.text.replace(/^\x02$/gm, mark => (seen < files.length ? markerFor(files[seen++]!.name) : mark))
  return { ...decoded, text, files, findings: [...decoded.findings, ...outer.findings] }
}

/** The latin1 text with each marker as a line of one STX, which is the same in every charset that carries yEnc. */
function placeholders(outer: Extracted): string {
  const withoutForged = outer.text.replace(/^\x02$/gm, '')
  let from = 0
  const pieces: string[] = []
  for (const file of outer.files) {
    const marker = markerFor(file.name)
    const at = withoutForged.indexOf(marker, from)
    pieces.push(withoutForged.slice(from, at), '\x02')
    from = at + marker.length
  }
  return pieces.join('') + withoutForged.slice(from)
}

function withoutCr(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}

function markerFor(name: string): string {
  return `[添付: ${makeHarmlessLine(name, MAX_SHOWN_NAME)}]`
}

function findingsOf(files: readonly EmbeddedFile[], isOverfull: boolean): TextFinding[] {
  const findings: TextFinding[] = []
  if (files.length > 0) findings.push({ code: 'embedded.file', detail: String(files.length) })
  if (isOverfull) findings.push({ code: 'embedded.too-many', detail: String(MAX_FILES) })
  return findings
}

function readBlock(lines: readonly string[], at: number): Block | undefined {
  const line = lines[at]!
  if (line.startsWith('=ybegin ')) return readYenc(lines, at)
  if (line.startsWith('(')) return readBinHex(lines, at)
  const uu = UU_BEGIN.exec(line)
  if (uu === null) return undefined
  return uu[1] === undefined ? readUu(lines, at, uu[2]!.trim()) : readBase64(lines, at, uu[2]!.trim())
}

function readUu(lines: readonly string[], at: number, name: string): Block | undefined {
  let next = at + 1
  while (next < lines.length && isUuLine(lines[next]!)) next++
  const data = lines.slice(at + 1, next)
  while (next < lines.length && next < at + data.length + 3 && isUuTerminator(lines[next]!)) next++
  const hasEnd = lines[next]?.trimEnd() === 'end'
  if (data.length === 0 && !hasEnd) return undefined
  if (!hasEnd) next = at + 1 + data.length
  return block('uuencode', name, decodeUu(data), { next: hasEnd ? next + 1 : next, flaw: hasEnd ? '' : 'no end' })
}

function readBase64(lines: readonly string[], at: number, name: string): Block | undefined {
  let next = at + 1
  while (next < lines.length && isBase64Line(lines[next]!)) next++
  const data = lines.slice(at + 1, next)
  const hasEnd = lines[next]?.trimEnd() === '===='
  if (data.length === 0 && !hasEnd) return undefined
  // Each line by itself: padding may stand in the middle.
  const bytes = Buffer.concat(data.map(line => Buffer.from(line, 'base64')))
  return block('uuencode', name, bytes, { next: hasEnd ? next + 1 : next, flaw: hasEnd ? '' : 'no end' })
}

function readYenc(lines: readonly string[], at: number): Block | undefined {
  const head = readYencHead(lines[at]!)
  if (head === undefined) return undefined
  let next = at + 1
  if (lines[next]?.startsWith('=ypart ')) next++
  const dataStart = next
  let octets = 0
  // Without an end the announced size ends the data, or the next begin.
  while (next < lines.length && octets < head.size && !/^=y(?:end|begin) /.test(lines[next]!)) {
    octets += yencLineOctets(lines[next++]!)
  }
  const data = lines.slice(dataStart, next)
  const hasEnd = lines[next]?.startsWith('=yend ') === true
  const bytes = decodeYenc(data)
  const fits = hasEnd && yencTrailerFits(lines[next]!, bytes) && (head.isPartial || bytes.length === head.size)
  const flaw = head.isPartial ? 'one part of several' : !hasEnd ? 'no end' : fits ? '' : 'size or checksum'
  return block('yenc', head.name, bytes, { next: hasEnd ? next + 1 : next, flaw })
}

function readBinHex(lines: readonly string[], at: number): Block | undefined {
  if (!BINHEX_COMMENT.test(lines[at]!)) return undefined
  let start = at + 1
  while (start < lines.length && start < at + 4 && lines[start]!.trim() === '') start++
  if (!lines[start]?.startsWith(':')) return undefined
  let next = start
  let hasEnd = false
  while (next < lines.length && !hasEnd && isBinHexLine(lines[next]!)) {
    hasEnd = lines[next]!.length > (next === start ? 1 : 0) && lines[next]!.endsWith(':')
    next++
  }
  if (next === start) return undefined
  const characters = lines.slice(start, next).join('').replaceAll(':', '')
  const { name, bytes, isIntact } = decodeBinHex(characters, MAX_BINHEX_BYTES)
  const flaw = !hasEnd ? 'no end' : isIntact ? '' : 'size or checksum'
  return block('binhex', name, bytes, { next, flaw })
}

type BlockEnd = { readonly next: number; readonly flaw: string }

function block(kind: EmbeddedFile['kind'], name: string, bytes: Uint8Array, { next, flaw }: BlockEnd): Block {
  const findings: TextFinding[] = flaw === '' ? [] : [{ code: 'embedded.broken', detail: flaw }]
  return { file: { name, kind, bytes, findings }, next }
}
