/**
 * mailparser as the oracle of the verifier: it reads what we composed, and must see what was meant.
 *
 *   compose ──▶ message + manifest ──▶ [mailparser] ──▶ [] or what differs
 *
 * The verifier itself knows one grammar and forgives nothing (core/mime/composed-grammar.ts). This parser shares no code with our
 * own, and forgives as other programs do: what passes there must read alike here. Everything is compared: the header
 * fields in order with no extras, decoded subject and message id, the text, each file's name, type, size and
 * digest, and that each type may leave at all.
 */
import { Buffer } from 'node:buffer'
import { hash } from 'node:crypto'
import { MailParser } from 'mailparser'
import type { Manifest } from '../../core/job.ts'

/** Fields that a part of ours has; any other is one that nobody meant. */
const PART_FIELDS = new Set(['content-type', 'content-transfer-encoding', 'content-disposition'])
const OPTIONS = {
  skipHtmlToText: true,
  skipTextToHtml: true,
  skipImageLinks: true,
  skipTextLinks: true,
  checksumAlgo: false,
} as never
const MOST_SHOWN_CHARS = 80

/** Both names, of Content-Type and of Content-Disposition: programs differ in which one they show. */
type SeenFile = {
  readonly names: readonly string[]
  readonly mediaType: string
  readonly bytes: Buffer
  readonly fields: readonly string[]
  readonly detached: boolean
}
type Seen = {
  readonly fields: readonly string[]
  readonly subject: string
  readonly messageId: string
  readonly rootType: string
  readonly text: string
  readonly html: boolean
  readonly files: readonly SeenFile[]
}

/**
 * What differs, in words for the operator; [] when the message is what was meant. `allowedTypes` are the media
 * types that a file may have. Never rejects: a message that cannot be read differs.
 */
export async function readByMailparser(
  message: Uint8Array,
  manifest: Manifest,
  allowedTypes: ReadonlySet<string>,
): Promise<string[]> {
  try {
    const seen = await read(message)
    return [
      ...compareHeader(seen, manifest),
      ...compareBody(seen, manifest),
      ...compareFiles(seen, manifest, allowedTypes),
    ]
  } catch (error) {
    return [`unreadable: ${error instanceof Error ? error.message : String(error)}`]
  }
}

function compareHeader(seen: Seen, manifest: Manifest): string[] {
  const different: string[] = []
  if (!sameList(seen.fields, manifest.fields))
    different.push(`fields: ${shown(seen.fields)} instead of ${shown(manifest.fields)}`)
  if (seen.subject !== manifest.subject)
    different.push(`subject: ${shown(seen.subject)} instead of ${shown(manifest.subject)}`)
  if (bare(seen.messageId) !== bare(manifest.messageId)) {
    different.push(`message id: ${shown(seen.messageId)} instead of ${shown(manifest.messageId)}`)
  }
  return different
}

function compareBody(seen: Seen, manifest: Manifest): string[] {
  const different: string[] = []
  const wantedType = manifest.files.length > 0 ? 'multipart/mixed' : 'text/plain'
  if (seen.rootType !== wantedType) different.push(`type: ${shown(seen.rootType)} instead of ${wantedType}`)
  if (seen.html) different.push('an HTML part')
  if (hash('sha256', seen.text.replace(/\n+$/, '')) !== manifest.textSha256) different.push('text differs')
  return different
}

function compareFiles(seen: Seen, manifest: Manifest, allowedTypes: ReadonlySet<string>): string[] {
  const different: string[] = []
  if (seen.files.length !== manifest.files.length)
    different.push(`${seen.files.length} files instead of ${manifest.files.length}`)
  for (const [index, file] of seen.files.entries()) {
    const meant = manifest.files[index]
    if (!allowedTypes.has(file.mediaType))
      different.push(`file ${index + 1}: type ${shown(file.mediaType)} may not leave`)
    const extra = file.fields.filter(field => !PART_FIELDS.has(field))
    if (extra.length > 0) different.push(`file ${index + 1}: fields ${shown(extra)}`)
    if (!file.detached) different.push(`file ${index + 1}: not an attachment`)
    if (!meant) continue
    const wrongName = file.names.find(name => name !== meant.name)
    if (wrongName !== undefined)
      different.push(`file ${index + 1}: name ${shown(wrongName)} instead of ${shown(meant.name)}`)
    if (file.mediaType !== meant.mediaType)
      different.push(`file ${index + 1}: type ${shown(file.mediaType)} instead of ${shown(meant.mediaType)}`)
    const same = file.bytes.length === meant.bytes && hash('sha256', file.bytes) === meant.sha256
    if (!same) different.push(`file ${index + 1}: content differs`)
  }
  return different
}

function read(message: Uint8Array): Promise<Seen> {
  const parser = new MailParser(OPTIONS)
  const files: SeenFile[] = []
  let text = ''
  let html = false
  const { promise, resolve, reject } = Promise.withResolvers<Seen>()
  parser.on('error', reject)
  parser.on('data', part => {
    if (part.type === 'text') {
      text = part.text ?? ''
      html = Boolean(part.html)
    } else collect(part, file => files.push(file))
  })
  parser.on('end', () => resolve({ ...headerOf(parser), text, html, files }))
  parser.end(Buffer.from(message.buffer, message.byteOffset, message.byteLength))
  return promise
}

type Attachment = Extract<Parameters<Parameters<MailParser['on']>[1]>[0], { type: 'attachment' }>

/** The parser goes on only after the part is read and released. */
function collect(part: Attachment, done: (file: SeenFile) => void): void {
  const chunks: Buffer[] = []
  const stream = part.content as unknown as NodeJS.ReadableStream
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  stream.on('end', () => {
    done({
      names: [
        parameterOf(part.headers.get('content-type'), 'name'),
        parameterOf(part.headers.get('content-disposition'), 'filename'),
      ],
      mediaType: bareValue(part.headers.get('content-type')),
      bytes: Buffer.concat(chunks),
      fields: [...part.headers.keys()],
      detached: part.contentDisposition === 'attachment',
    })
    part.release?.()
  })
}

function headerOf(parser: MailParser): Pick<Seen, 'fields' | 'subject' | 'messageId' | 'rootType'> {
  const headers = parser.headers || new Map<string, unknown>()
  return {
    fields: (parser.headerLines || []).map(line => line.key),
    subject: String(headers.get('subject') ?? ''),
    messageId: String(headers.get('message-id') ?? ''),
    rootType: bareValue(headers.get('content-type')),
  }
}

/** A structured field is an object with the bare value; one that could not be read is something else. */
function bareValue(field: unknown): string {
  return typeof field === 'object' && field !== null && 'value' in field ? String(field.value) : ''
}

function parameterOf(field: unknown, name: string): string {
  const params =
    typeof field === 'object' && field !== null && 'params' in field ? (field.params as Record<string, unknown>) : {}
  return Object.hasOwn(params, name) ? String(params[name]) : ''
}

function bare(messageId: string): string {
  return messageId.replace(/^<|>$/g, '')
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index])
}

function shown(value: string | readonly string[]): string {
  return JSON.stringify(value).slice(0, MOST_SHOWN_CHARS)
}
