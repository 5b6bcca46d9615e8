/**
 * Takes the file out of a request: the body itself, or the part `file` of a form, with its passwords. In memory within
 * the limit, never on disk: an unsealed original leaves no trace here. Passwords come in a form only: an address or a header
 * field stands in logs on the way.
 */
import type { Readable } from 'node:stream'
import { Problem } from '../../rest/problem.ts'
import type { Secrets } from '../desk.ts'
import { isUsable, USABLE_WORDS } from '../lock.ts'

const MOST_PASSWORDS = 10

/** Of a request of Fastify, what is needed here. */
export type Request = {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly query: unknown
  readonly raw: Readable
  isMultipart(): boolean
  parts(options: { readonly limits: Readonly<Record<string, number>> }): AsyncIterableIterator<FilePart | FieldPart>
}
type FilePart = { readonly type: 'file'; readonly file: Readable; readonly filename: string; readonly mimetype: string }
type FieldPart = { readonly type: 'field'; readonly fieldname: string; readonly value: unknown }

export type Upload = { readonly untrustedName: string; readonly untrustedType: string; readonly octets: Uint8Array; readonly secrets: Secrets }

/** @throws Problem */
export async function uploadOf(request: Request, limitBytes: number): Promise<Upload> {
  if (request.isMultipart()) return fromForm(request, limitBytes)
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw tooLarge(limitBytes)
  const octets = await readWithin(request.raw, limitBytes)
  const untrustedType = String(request.headers['content-type'] ?? '').split(';')[0]!.trim()
  return { untrustedName: nameOf(request), untrustedType, octets, secrets: {} }
}

async function fromForm(request: Request, limitBytes: number): Promise<Upload> {
  // Room for the form itself; what counts is the file.
  const limits = { files: 1, parts: 20, fields: 19, fieldSize: 4096, headerPairs: 20, fileSize: limitBytes + 1 }
  const fields: FieldPart[] = []
  let file: Omit<Upload, 'secrets'> | undefined
  try {
    for await (const part of request.parts({ limits })) {
      if (part.type === 'field') fields.push(part)
      else file = { untrustedName: nameOf(request) || (part.filename ?? ''), untrustedType: part.mimetype, octets: await readWithin(part.file, limitBytes) }
    }
  } catch (error) {
    throw error instanceof Problem ? error : new Problem('bad-request', (error as Error).message)
  }
  if (!file) throw new Problem('bad-request', 'the form has no file')
  return { ...file, secrets: secretsOf(fields) }
}

/** Nothing of a password is in a problem. */
function secretsOf(fields: readonly FieldPart[]): Secrets {
  const valuesOf = (name: string) => fields.flatMap(({ fieldname, value }) => (fieldname === name && typeof value === 'string' && value !== '' ? [value] : []))
  const [passwords, [lockWith, ...more]] = [valuesOf('password'), valuesOf('lockPassword')]
  if (passwords.length > MOST_PASSWORDS) throw new Problem('bad-request', `at most ${MOST_PASSWORDS} passwords`)
  if (more.length > 0 || (lockWith !== undefined && !isUsable(lockWith))) throw new Problem('bad-request', `lockPassword must be one, of ${USABLE_WORDS}`)
  return { ...(passwords.length > 0 ? { passwords } : {}), ...(lockWith === undefined ? {} : { lockWith }) }
}

function nameOf({ query }: Request): string {
  const { name } = query as { readonly name?: unknown }
  return typeof name === 'string' ? name.slice(0, 1024) : ''
}

async function readWithin(stream: Readable, limitBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      bytes += chunk.length
      if (bytes > limitBytes) throw tooLarge(limitBytes)
      chunks.push(chunk)
    }
  } catch (error) {
    throw error instanceof Problem ? error : new Problem('bad-request', 'the body ended early')
  }
  return Buffer.concat(chunks)
}

function tooLarge(limitBytes: number): Problem {
  return new Problem('too-large', `at most ${limitBytes} bytes`)
}
