/**
 * Takes the file out of a request: the body itself, or the part `file` of a form. In memory within the limit, never on
 * disk: an unsealed original leaves no trace here.
 */
import type { Readable } from 'node:stream'
import { Problem } from './problem.ts'

/** Of a request of Fastify, what is needed here. */
export type Request = {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly query: unknown
  readonly raw: Readable
  isMultipart(): boolean
  file(options: { readonly limits: Readonly<Record<string, number>> }): Promise<{ readonly file: Readable; readonly filename: string; readonly mimetype: string } | undefined>
}

export type Upload = { readonly untrustedName: string; readonly untrustedType: string; readonly octets: Uint8Array }

/** @throws Problem */
export async function uploadOf(request: Request, limitBytes: number): Promise<Upload> {
  if (request.isMultipart()) return fromForm(request, limitBytes)
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw tooLarge(limitBytes)
  const octets = await readWithin(request.raw, limitBytes)
  const untrustedType = String(request.headers['content-type'] ?? '').split(';')[0]!.trim()
  return { untrustedName: nameOf(request), untrustedType, octets }
}

async function fromForm(request: Request, limitBytes: number): Promise<Upload> {
  // Room for the form itself; what counts is the file.
  const limits = { files: 1, parts: 10, fields: 9, fieldSize: 4096, headerPairs: 20, fileSize: limitBytes + 1 }
  const part = await request.file({ limits }).catch(error => {
    throw new Problem('bad-request', (error as Error).message)
  })
  if (!part) throw new Problem('bad-request', 'the form has no file')
  const octets = await readWithin(part.file, limitBytes)
  return { untrustedName: nameOf(request) || (part.filename ?? ''), untrustedType: part.mimetype, octets }
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
