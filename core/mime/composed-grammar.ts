/**
 * Reads a composed message back by the one grammar that all of ours keep to; what is not in it is refused, never repaired.
 *
 *   message  = 1*field CRLF body          field = name ": " value CRLF *(continuation)
 *   last fields: MIME-Version, Content-Type, and Content-Transfer-Encoding unless there are files
 *   body     = text                                              text/plain: us-ascii as 7bit, utf-8 or iso-2022-jp as base64
 *            / delimiter text 1*(delimiter file) "--" boundary "--" CRLF       multipart/mixed, nothing before, between or after
 *   file     = Content-Type with name, base64, Content-Disposition: attachment with filename; no other field
 *
 * A parser that forgives can see what was meant where another program sees something else; here there is one way to
 * write each thing. Shares no code with compose.ts, encode.ts or our reader (test/unit/layers.test.ts): a mistake there is not made
 * twice. That mailparser reads whatever passes here the same way is what test/property/verify.property.test.ts tries.
 * Standards: RFC 5322 §2.2, RFC 2045 §6.8, RFC 2046 §5.1, RFC 2047, RFC 2231 §3-4.
 */
import { Buffer } from 'node:buffer'

export class NotOurGrammar extends Error {
  override readonly name = 'NotOurGrammar'
}

export type ReadFile = {
  /** Both names, of Content-Type and of Content-Disposition: programs differ in which one they show. */
  readonly names: readonly [string, string]
  readonly mediaType: string
  readonly bytes: Uint8Array
}
export type ReadComposed = {
  /** Lower-case names in their order. */
  readonly fields: readonly string[]
  readonly subject: string
  readonly messageId: string
  /** With LF line ends. */
  readonly text: string
  readonly files: readonly ReadFile[]
}

type Field = { readonly name: string; readonly value: string }
type Octets = { readonly buffer: Buffer; readonly start: number; readonly end: number }

const CRLF = '\r\n'
const END_OF_HEADER = '\r\n\r\n'
/** Octets of a full base64 line with its CRLF. */
const LINE = 78
const DECODERS = {
  'us-ascii': new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }),
  'utf-8': new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }),
  'iso-2022-jp': new TextDecoder('iso-2022-jp', { fatal: true }),
} as const
const STRUCTURE = ['mime-version', 'content-type', 'content-transfer-encoding']

/** @throws NotOurGrammar, with what stands where something else should. */
export function readComposedStrictly(message: Uint8Array): ReadComposed {
  const buffer = Buffer.from(message.buffer, message.byteOffset, message.byteLength)
  const { fields, bodyStart } = readHeader(buffer, 0)
  const structureAt = fields.findIndex(({ name }) => STRUCTURE.includes(name) || name.startsWith('content-'))
  const own = structureAt < 0 ? fields : fields.slice(0, structureAt)
  const structure = fields.slice(own.length)
  const body = { buffer, start: bodyStart, end: buffer.length }
  return {
    fields: fields.map(({ name }) => name),
    subject: decodeWords(onlyValue(own, 'subject')),
    messageId: onlyValue(own, 'message-id'),
    ...readBody(structure, body),
  }
}

function readBody([version, type, ...rest]: readonly Field[], body: Octets): Pick<ReadComposed, 'text' | 'files'> {
  if (version?.name !== 'mime-version' || version.value !== '1.0' || type?.name !== 'content-type') throw new NotOurGrammar('structural fields: not MIME-Version, Content-Type')
  const boundary = /^multipart\/mixed; boundary="(=_[0-9a-f]{32})"$/.exec(type.value)?.[1]
  if (boundary === undefined) return { text: readText([type, ...rest], body), files: [] }
  if (rest.length > 0) throw new NotOurGrammar(`structural fields: ${rest[0]!.name} of a multipart`)
  const [text, ...files] = partsOf(body, boundary)
  if (text === undefined || files.length === 0) throw new NotOurGrammar('multipart: without files')
  return { text: readTextPart(text), files: files.map(readFile) }
}

/** Between delimiters there are parts alone: no preamble, no epilogue, no line that only begins like a delimiter. */
function partsOf({ buffer, start, end }: Octets, boundary: string): Octets[] {
  const delimiter = `${CRLF}--${boundary}`
  const parts: Octets[] = []
  if (!isAt(buffer, start, delimiter.slice(CRLF.length) + CRLF)) throw new NotOurGrammar('multipart: does not begin with its boundary')
  let at = start + delimiter.length
  for (;;) {
    const next = buffer.indexOf(delimiter, at, 'latin1')
    if (next < 0) throw new NotOurGrammar('multipart: does not end with its boundary')
    const after = next + delimiter.length
    // The CRLF before a delimiter belongs to it, the one before that ends the part's last line.
    parts.push({ buffer, start: at, end: next })
    if (isAt(buffer, after, `--${CRLF}`) && after + 4 === end) return parts
    if (!isAt(buffer, after, CRLF)) throw new NotOurGrammar('multipart: octets behind a boundary')
    at = after + CRLF.length
  }
}

function readTextPart(part: Octets): string {
  const { fields, bodyStart } = readHeader(part.buffer, part.start, part.end)
  return readText(fields, { ...part, start: bodyStart })
}

function readText([type, encoding, ...more]: readonly Field[], body: Octets): string {
  const charset = /^text\/plain; charset=(us-ascii|utf-8|iso-2022-jp)$/.exec(type?.value ?? '')?.[1] as keyof typeof DECODERS | undefined
  if (charset === undefined) throw new NotOurGrammar(`type: ${JSON.stringify(type?.value.slice(0, 60))}`)
  if (type?.name !== 'content-type' || encoding?.name !== 'content-transfer-encoding' || more.length > 0) throw new NotOurGrammar('text: fields')
  if (encoding.value !== (charset === 'us-ascii' ? '7bit' : 'base64')) throw new NotOurGrammar(`text: encoding ${JSON.stringify(encoding.value.slice(0, 20))}`)
  return decode(charset, charset === 'us-ascii' ? plainOctets(body) : decodeBase64(body), 'text').replaceAll(CRLF, '\n')
}

function plainOctets({ buffer, start, end }: Octets): Buffer {
  if (start < end && !isAt(buffer, end - 2, CRLF)) throw new NotOurGrammar('text: does not end with CRLF')
  return buffer.subarray(start, end)
}

function readFile(part: Octets): ReadFile {
  const { fields, bodyStart } = readHeader(part.buffer, part.start, part.end)
  const [type, encoding, disposition] = fields
  const names = fields.map(({ name }) => name).join(' ')
  if (names !== 'content-type content-transfer-encoding content-disposition') throw new NotOurGrammar(`file: fields ${JSON.stringify(names.slice(0, 80))}`)
  if (encoding!.value !== 'base64') throw new NotOurGrammar('file: not base64')
  const [mediaType, typeName] = valueWithName(type!.value, 'name')
  const [kind, fileName] = valueWithName(disposition!.value, 'filename')
  if (kind !== 'attachment') throw new NotOurGrammar('file: not an attachment')
  if (!/^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/.test(mediaType)) throw new NotOurGrammar(`file: type ${JSON.stringify(mediaType.slice(0, 60))}`)
  return { names: [typeName, fileName], mediaType, bytes: decodeBase64({ ...part, start: bodyStart }) }
}

/** `value; key="plain"`, `value; key*=UTF-8''…` or the same in numbered sections; no other parameter. */
function valueWithName(written: string, key: string): [value: string, name: string] {
  const [, value = '', parameters = ''] = /^([^;]*); (.*)$/.exec(written) ?? []
  const plain = new RegExp(`^${key}="([^"\\\\]*)"$`).exec(parameters)?.[1]
  if (plain !== undefined) return [value, plain]
  if (parameters.startsWith(`${key}*=`)) return [value, decodeExtended(parameters.slice(key.length + 2))]
  const sections = parameters.split('; ').map((section, index) => (section.startsWith(`${key}*${index}*=`) ? section.slice(`${key}*${index}*=`.length) : undefined))
  if (sections.includes(undefined)) throw new NotOurGrammar(`name: ${JSON.stringify(written.slice(0, 80))}`)
  return [value, decodeExtended(sections.join(''))]
}

function decodeExtended(written: string): string {
  const encoded = /^UTF-8''((?:[A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-F]{2})*)$/.exec(written)?.[1]
  try {
    if (encoded !== undefined) return decodeURIComponent(encoded)
  } catch {
    // No UTF-8: as below.
  }
  throw new NotOurGrammar(`name: ${JSON.stringify(written.slice(0, 80))}`)
}

/** Fields up to the empty line. `end`: of the part, whose header may be all that it has. */
function readHeader(buffer: Buffer, start: number, end = buffer.length): { readonly fields: readonly Field[]; readonly bodyStart: number } {
  const found = buffer.indexOf(END_OF_HEADER, start, 'latin1')
  if (found < 0 || found + END_OF_HEADER.length > end) throw new NotOurGrammar('fields: no end of header')
  const fields: Field[] = []
  for (const line of buffer.toString('latin1', start, found).split(CRLF)) {
    if (line.startsWith(' ') && fields.length > 0) {
      const { name, value } = fields.pop()!
      fields.push({ name, value: `${value}${line}` })
      continue
    }
    const [, name, value] = /^([A-Za-z][A-Za-z0-9-]*):(?: ([\x20-\x7e\t]*))?$/.exec(line) ?? []
    if (name === undefined) throw new NotOurGrammar(`fields: ${JSON.stringify(line.slice(0, 60))}`)
    fields.push({ name: name.toLowerCase(), value: value ?? '' })
  }
  return { fields, bodyStart: found + END_OF_HEADER.length }
}

/** '' where there is none. */
function onlyValue(fields: readonly Field[], name: string): string {
  const [first, second] = fields.filter(field => field.name === name)
  if (second) throw new NotOurGrammar(`fields: ${name} twice`)
  return first?.value ?? ''
}

/** All of it encoded words of UTF-8 in base64, or none of it. */
function decodeWords(written: string): string {
  if (!written.includes('=?')) return written
  return written
    .split(' ')
    .map(word => {
      const encoded = /^=\?UTF-8\?B\?([A-Za-z0-9+/]+={0,2})\?=$/.exec(word)?.[1]
      if (encoded === undefined || word.length > 75) throw new NotOurGrammar(`subject: ${JSON.stringify(word.slice(0, 80))}`)
      return decode('utf-8', strictBase64(encoded), 'subject')
    })
    .join('')
}

function decode(charset: keyof typeof DECODERS, octets: Uint8Array, where: string): string {
  try {
    return DECODERS[charset].decode(octets)
  } catch {
    throw new NotOurGrammar(`${where}: is not ${charset}`)
  }
}

/** Lines of 76 characters, the last one shorter, each with CRLF; padding at the very end; or nothing at all. */
function decodeBase64({ buffer, start, end }: Octets): Uint8Array {
  const octets = end - start
  const rest = octets % LINE
  for (let at = start + LINE - 2; at < end; at += LINE) if (buffer[at] !== 0x0d || buffer[at + 1] !== 0x0a) throw new NotOurGrammar('base64: line length')
  if (rest !== 0 && (rest < 6 || rest % 4 !== 2 || !isAt(buffer, end - 2, CRLF))) throw new NotOurGrammar('base64: last line')
  const characters = octets - 2 * Math.ceil(octets / LINE)
  const padding = characters === 0 ? 0 : buffer[end - 4] === 0x3d ? 2 : buffer[end - 3] === 0x3d ? 1 : 0
  const decoded = strictBase64(buffer.toString('latin1', start, end))
  // White space within a line would be skipped, and show here.
  if (decoded.length !== (characters / 4) * 3 - padding) throw new NotOurGrammar('base64: white space')
  return decoded
}

function strictBase64(text: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(text, { lastChunkHandling: 'strict' })
  } catch {
    throw new NotOurGrammar('base64: characters')
  }
}

function isAt(buffer: Buffer, at: number, text: string): boolean {
  return at >= 0 && buffer.toString('latin1', at, at + text.length) === text
}
