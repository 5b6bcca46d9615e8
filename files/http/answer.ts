/** What a request for a file is answered with: JSON, or JSON and the file in one multipart body (RFC 2046 §5.1.3). */
import { hash, randomBytes } from 'node:crypto'
import { attachment } from '../../core/media/attachment-header.ts'
import { renamed, safeFileName } from '../../core/media/filename.ts'
import type { Report } from '../../core/verdict.ts'
import type { Leaving, Sanitized } from '../desk.ts'

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
  /** Goes with the file, under an id of its own. */
  readonly beside?: { readonly id: string; readonly file: AnswerFile } | undefined
}

export function answerOf({ report, type, bytes, file, beside }: Sanitized, facts: { readonly requestId: string; readonly name: string; readonly expiresMs: number }): Answer {
  return {
    id: newId(),
    requestId: facts.requestId,
    report,
    type,
    bytes,
    expires: new Date(facts.expiresMs).toISOString(),
    file: file && answerFile(file, facts.name),
    beside: beside && { id: newId(), file: answerFile(beside, facts.name) },
  }
}

function newId(): string {
  return randomBytes(16).toString('hex')
}

function answerFile({ extension, mediaType, bytes }: Leaving, untrustedName: string): AnswerFile {
  const { name } = safeFileName(untrustedName, { fallback: `file.${extension}` })
  return { name: renamed(name, extension), mediaType, bytes, sha256: hash('sha256', bytes) }
}

export function asJson({ id, requestId, report, expires, file, beside }: Answer, withUrl: boolean): string {
  const shown = (each: AnswerFile, itsId: string) => ({
    name: each.name,
    mediaType: each.mediaType,
    bytes: each.bytes.length,
    sha256: each.sha256,
    ...(withUrl ? { url: `/api/v1/results/${itsId}`, expires } : {}),
  })
  const result = file ? shown(file, id) : null
  return JSON.stringify({ requestId, report, result, ...(beside ? { beside: shown(beside.file, beside.id) } : {}) })
}

export function asMultipart(answer: Answer): { readonly contentType: string; readonly body: Buffer } {
  const boundary = randomBytes(16).toString('hex')
  const part = (...fields: readonly string[]) => `\r\n--${boundary}\r\n${fields.join('\r\n')}\r\n\r\n`
  const pieces: (string | Uint8Array)[] = [part('Content-Type: application/json'), asJson(answer, false)]
  for (const file of [answer.file, answer.beside?.file].filter(each => each !== undefined)) pieces.push(part(`Content-Type: ${file.mediaType}`, `Content-Disposition: ${attachment(file.name)}`, `Content-Length: ${file.bytes.length}`), file.bytes)
  pieces.push(`\r\n--${boundary}--\r\n`)
  return { contentType: `multipart/mixed; boundary=${boundary}`, body: Buffer.concat(pieces.map(piece => Buffer.from(piece))) }
}
