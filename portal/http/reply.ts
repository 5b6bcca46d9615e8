/**
 * An answer of a handler as a response: status, type, cookies, and the policy that goes with each kind.
 */
import type { FastifyReply } from 'fastify'
import { Readable } from 'node:stream'
import { attachment } from '../../core/media/attachment-header.ts'
import { cookieName, LANGUAGE_COOKIE, NOTE_COOKIE, setCookie } from './cookies.ts'
import type { FaceOptions } from './face.ts'
import { FILE_POLICY } from './headers.ts'
import type { Answer, Visit } from './route.ts'

/** `frame` draws what is inside a page into the frame. */
export function sendAnswer(answer: Answer, visit: Visit, { reply, frame }: { readonly reply: FastifyReply; readonly frame: FaceOptions['frame'] }): FastifyReply {
  if ('sessionCookie' in answer && answer.sessionCookie !== undefined) setCookie(reply, cookieName(visit), answer.sessionCookie, visit)
  if ('flowCookie' in answer && answer.flowCookie !== undefined) setCookie(reply, cookieName(visit, '-flow'), answer.flowCookie, visit)
  switch (answer.kind) {
    case 'page':
      if (visit.said !== undefined) setCookie(reply, NOTE_COOKIE, null, visit)
      return reply.code(answer.status ?? 200).type('text/html; charset=utf-8').send(frame(answer, visit))
    case 'redirect':
      if (answer.say !== undefined) setCookie(reply, NOTE_COOKIE, answer.say, visit)
      if (answer.language !== undefined) setCookie(reply, LANGUAGE_COOKIE, answer.language, visit)
      return reply.redirect(answer.to, 303)
    case 'file':
      reply.headers({ 'content-security-policy': FILE_POLICY, 'content-disposition': attachment(answer.name) })
      if (answer.size !== undefined) reply.header('content-length', answer.size)
      return reply.type(answer.mediaType).send(answer.bytes instanceof Uint8Array ? Buffer.from(answer.bytes) : answer.bytes)
    case 'picture':
      return reply.type('image/png').send(Buffer.from(answer.png))
    case 'asset':
      return reply.header('cache-control', 'public, max-age=31536000, immutable').type(answer.mediaType).send(Buffer.from(answer.bytes))
    case 'json':
      return reply.code(answer.status ?? 200).type('application/json').send(Buffer.from(JSON.stringify(answer.value)))
    case 'lines':
      return reply.type('application/jsonl').send(Readable.from(jsonLines(answer.lines)))
    case 'nothing':
      return reply.code(204).send()
  }
}

async function* jsonLines(values: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const value of values) yield `${JSON.stringify(value)}\n`
}
