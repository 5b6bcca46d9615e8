/**
 * mailparser as the oracle of the verifier: it reads what we composed, and must see what was meant.
 *
 *   compose ──▶ message + manifest ──▶ [mailparser] ──▶ [] or what differs
 *
 * The verifier itself knows one grammar and forgives nothing (core/mime/composed-grammar.ts). This parser shares no code with our
 * own, and forgives as other programs do: what passes there must read alike here. The comparison with what was meant is the verifier's.
 */
import { Buffer } from 'node:buffer'
import { MailParser } from 'mailparser'
import type { Manifest } from '../../core/job.ts'
import type { ReadComposed, ReadFile } from '../../core/mime/composed-grammar.ts'
import { differencesFrom } from '../../core/mime/verify.ts'

/** Fields that a part of ours has; any other is one that nobody meant. */
const PART_FIELDS = new Set(['content-type', 'content-transfer-encoding', 'content-disposition'])
const OPTIONS = {
  skipHtmlToText: true,
  skipTextToHtml: true,
  skipImageLinks: true,
  skipTextLinks: true,
  checksumAlgo: false,
} as never

/** What mailparser sees beside that: our grammar has one form for each. */
type SeenFile = ReadFile & { readonly fields: readonly string[]; readonly detached: boolean }
type Seen = Omit<ReadComposed, 'files'> & { readonly rootType: string; readonly html: boolean; readonly files: readonly SeenFile[] }

/** As verifyComposed: what differs, [] when the message is what was meant. Never rejects: a message that cannot be read differs. */
export async function readByMailparser(message: Uint8Array, manifest: Manifest, allowedTypes: ReadonlySet<string>): Promise<string[]> {
  try {
    const seen = await read(message)
    return [...differencesFrom(manifest, seen, allowedTypes), ...formsOf(seen, manifest)]
  } catch (error) {
    return [`unreadable: ${error instanceof Error ? error.message : String(error)}`]
  }
}

function formsOf({ rootType, html, files }: Seen, manifest: Manifest): string[] {
  const different: string[] = []
  const wantedType = manifest.files.length > 0 ? 'multipart/mixed' : 'text/plain'
  if (rootType !== wantedType) different.push(`type: ${rootType} instead of ${wantedType}`)
  if (html) different.push('an HTML part')
  for (const [index, file] of files.entries()) {
    const extra = file.fields.filter(field => !PART_FIELDS.has(field))
    if (extra.length > 0) different.push(`file ${index + 1}: fields ${extra.join(' ')}`)
    if (!file.detached) different.push(`file ${index + 1}: not an attachment`)
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
