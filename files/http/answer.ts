/** What a request for a file is answered with: JSON, or JSON and the file in one multipart body (RFC 2046 §5.1.3). */
import { hash, randomBytes } from 'node:crypto'
import { attachment } from '../../core/media/attachment-header.ts'
import { renamed, safeFileName } from '../../core/media/filename.ts'
import type { Report } from '../../core/verdict.ts'
import type { Sanitized } from '../desk.ts'

export type AnswerFile = { readonly name: string; readonly mediaType: string; readonly bytes: Uint8Array; readonly sha256: string }
export type Answer = {
  /** 128 random bits: who has it may fetch the file, with the token that sent it. */
  readonly id: string
  readonly requestId: string
  readonly report: Report
  readonly type: string
  readonly bytes: number
  readonly expires: string
  readonly file: AnswerFile | undefined
}

export function answerOf({ report, type, bytes, file }: Sanitized, facts: { readonly requestId: string; readonly name: string; readonly expiresMs: number }): Answer {
  return {
    id: randomBytes(16).toString('hex'),
    requestId: facts.requestId,
    report,
    type,
    bytes,
    expires: new Date(facts.expiresMs).toISOString(),
    file: file && {
      name: renamed(safeFileName(facts.name, { fallback: `file.${file.extension}` }).name, file.extension),
      mediaType: file.mediaType,
      bytes: file.bytes,
      sha256: hash('sha256', file.bytes),
    },
  }
}

export function asJson({ id, requestId, report, expires, file }: Answer, withUrl: boolean): string {
  const result = file && {
    name: file.name,
    mediaType: file.mediaType,
    bytes: file.bytes.length,
    sha256: file.sha256,
    ...(withUrl ? { url: `/api/v1/results/${id}`, expires } : {}),
  }
  return JSON.stringify({ requestId, report, result: result ?? null })
}

export function asMultipart(answer: Answer): { readonly contentType: string; readonly body: Buffer } {
  const boundary = randomBytes(16).toString('hex')
  const part = (...fields: readonly string[]) => `\r\n--${boundary}\r\n${fields.join('\r\n')}\r\n\r\n`
  const { file } = answer
  const pieces: (string | Uint8Array)[] = [part('Content-Type: application/json'), asJson(answer, false)]
  if (file) pieces.push(part(`Content-Type: ${file.mediaType}`, `Content-Disposition: ${attachment(file.name)}`, `Content-Length: ${file.bytes.length}`), file.bytes)
  pieces.push(`\r\n--${boundary}--\r\n`)
  return { contentType: `multipart/mixed; boundary=${boundary}`, body: Buffer.concat(pieces.map(piece => Buffer.from(piece))) }
}
