/**
 * Looks through a mail that arrived: which marks stand in it, and what should not have come.
 *
 * A reader of its own on purpose. It judges the product whose parser stands in core/mime, and any other gateway; an
 * error that both shared would hide. It need not be right about every mail, only about what a gateway makes of ours: it
 * searches more generously than a mail program would, and what it cannot open it searches as it is.
 */
import { inflateSync } from 'node:zlib'
import { marksIn, type RunId } from './mark.ts'
import { readZip } from './unzip.ts'

/**
 * html: a part of type text/html that is no attachment. script, macro, program: what the hostile samples bring, by their canaries, by a VBA
 * project or by the head of a program. encrypted: a ZIP that nobody could look into.
 */
export const RULES = ['html', 'script', 'macro', 'program', 'encrypted'] as const
export type Rule = (typeof RULES)[number]

/** `marks` are those in texts and files; the header of the mail itself does not count. */
export type Looked = { readonly marks: readonly number[]; readonly broken: readonly Rule[] }

/** Words that stand only in what must not arrive; put together here so that this file is no sample itself. */
export const CANARIES: Readonly<Record<'script' | 'macro' | 'program', string>> = {
  script: 'sltcanary' + 'script',
  macro: 'sltcanary' + 'macro',
  program: 'sltcanary' + 'program',
}

const MOST_PARTS = 500
const DEEPEST = 8
const MOST_STREAMS = 500
const MOST_STREAM_BYTES = 8 * 2 ** 20

type Notes = {
  readonly run: RunId
  readonly rules: ReadonlySet<Rule>
  readonly marks: Set<number>
  readonly broken: Set<Rule>
  parts: number
}

export function lookAt(octets: Buffer, run: RunId, rules: readonly Rule[]): Looked {
  const notes: Notes = { run, rules: new Set(rules), marks: new Set(), broken: new Set(), parts: 0 }
  walk(octets, notes, 0)
  return { marks: [...notes.marks], broken: [...notes.broken].filter(rule => notes.rules.has(rule)) }
}

function walk(entity: Buffer, notes: Notes, depth: number): void {
  if (++notes.parts > MOST_PARTS || depth > DEEPEST) return
  const end = entity.indexOf('\r\n\r\n')
  const header = entity.toString('latin1', 0, end === -1 ? entity.length : end).replace(/\r\n[ \t]/g, ' ')
  const body = end === -1 ? Buffer.alloc(0) : entity.subarray(end + 4)
  if (depth > 0) for (const number of marksIn(Buffer.from(header, 'latin1'), notes.run)) notes.marks.add(number)
  const contentType = field(header, 'content-type')
  const boundary = /boundary="?([^";]+)/i.exec(contentType)?.[1]
  if (/^multipart\//i.test(contentType) && boundary !== undefined) {
    for (const part of partsOf(body, boundary)) walk(part, notes, depth + 1)
  } else if (/^message\/rfc822/i.test(contentType)) walk(body, notes, depth + 1)
  else {
    if (/^text\/html/i.test(contentType) && !/^attachment/i.test(field(header, 'content-disposition')))
      notes.broken.add('html')
    inspect(decoded(body, field(header, 'content-transfer-encoding')), notes, depth)
  }
}

function field(header: string, name: string): string {
  return new RegExp(`(?:^|\\r\\n)${name}:[ \\t]*([^\\r\\n]*)`, 'i').exec(header)?.[1] ?? ''
}

function* partsOf(body: Buffer, boundary: string): Generator<Buffer> {
  const delimiter = `--${boundary}`
  let from = body.indexOf(delimiter, 0, 'latin1')
  while (from !== -1) {
    from += delimiter.length
    const next = body.indexOf('\r\n' + delimiter, from, 'latin1')
    const lineEnd = body.indexOf('\r\n', from)
    if (lineEnd === -1 || body.toString('latin1', from, from + 2) === '--') return
    yield body.subarray(lineEnd + 2, next === -1 ? body.length : Math.max(next, lineEnd + 2))
    from = next === -1 ? -1 : next + 2
  }
}

function decoded(body: Buffer, encoding: string): Buffer {
  if (/^base64/i.test(encoding)) return Buffer.from(body.toString('latin1'), 'base64')
  if (!/^quoted-printable/i.test(encoding)) return body
  const text = body
    .toString('latin1')
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(text, 'latin1')
}

/** A file, or the text of a part. */
function inspect(file: Buffer, notes: Notes, depth: number): void {
  if (++notes.parts > MOST_PARTS || depth > DEEPEST) return
  search(file, notes)
  if (isProgram(file)) notes.broken.add('program')
  if (file.indexOf('PK\u0003\u0004', 0, 'latin1') === 0) {
    for (const { name, encrypted, content } of readZip(file)) {
      if (encrypted) notes.broken.add('encrypted')
      if (/vbaProject\.bin$/i.test(name)) notes.broken.add('macro')
      if (content) inspect(content, notes, depth + 1)
    }
  } else if (file.indexOf('%PDF-', 0, 'latin1') === 0) {
    for (const stream of streamsOf(file)) search(stream, notes)
  }
}

function search(octets: Buffer, { run, marks, broken }: Notes): void {
  for (const number of marksIn(octets, run)) marks.add(number)
  for (const [rule, canary] of Object.entries(CANARIES))
    if (octets.includes(canary, 0, 'latin1')) broken.add(rule as Rule)
}

function isProgram(file: Buffer): boolean {
  const head = file.toString('latin1', 0, 4)
  return head.startsWith('MZ') || head === '\u007fELF'
}

function* streamsOf(pdf: Buffer): Generator<Buffer> {
  let at = pdf.indexOf('stream')
  for (let count = 0; at !== -1 && count < MOST_STREAMS; count++) {
    const from = at + (pdf[at + 6] === 0x0d ? 8 : 7)
    const end = pdf.indexOf('endstream', from)
    if (end === -1) return
    try {
      yield inflateSync(pdf.subarray(from, end), { maxOutputLength: MOST_STREAM_BYTES })
    } catch {
      // Not deflated, or not to be read: it was searched as it is.
    }
    at = pdf.indexOf('stream', end + 9)
  }
}
