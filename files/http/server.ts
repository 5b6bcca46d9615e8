/**
 * The only door to Fastify here: files over HTTP.
 *
 *   POST /api/v1/sanitize      token ▸ rate ▸ room ▸ upload ▸ desk ──▶ JSON │ multipart/mixed
 *   GET  /api/v1/results/{id}  token ▸ once ──▶ the rebuilt file
 *   GET  /api/v1/openapi.json  /health  /metrics (from this host only)
 *
 * Whoever asks is known before a body is read. Nothing of what was sent is ever in an answer: there is no path to it,
 * the octets are dropped with the request. Errors are problems (problem.ts); texts of exceptions stay here.
 */
import multipart from '@fastify/multipart'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { createHmac, hash, randomBytes, randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { attachment } from '../../core/media/attachment-header.ts'
import { API_HEADERS } from '../../rest/headers.ts'
import { PROBLEM_TYPE, Problem } from '../../rest/problem.ts'
import { type Brought, type Sanitized, type Secrets, Unavailable } from '../desk.ts'
import { summaryOf } from '../results.ts'
import { Access, type Token } from './access.ts'
import { type Answer, answerOf, asJson, asMultipart } from './answer.ts'
import { Counts } from './counts.ts'
import { openApi } from './openapi.ts'
import { Shelf } from './shelf.ts'
import { type Upload, uploadOf } from './upload.ts'

export type ApiOptions = {
  readonly address: string
  readonly port: number
  readonly version: string
  readonly tokens: readonly Token[]
  /** Largest file whatever the token may. */
  readonly fileBytes: number
  readonly filesAtOnce: number
  readonly heldBytes: number
  readonly resultMs: number
  readonly nowMs: () => number
  readonly sanitize: (brought: Brought, token: Token, secrets: Secrets) => Promise<Sanitized>
  readonly onRequest: (line: RequestLine) => void
  readonly onError: (error: unknown) => void
}

/** For the record: who sent what and what became of it. */
export type RequestLine = {
  readonly requestId: string
  readonly token: string
  readonly client: string
  readonly method: string
  readonly path: string
  readonly status: number
  readonly ms: number
  readonly bytes?: number
  readonly sha256?: string
  readonly type?: string
  readonly result?: string
}

export type ApiServer = { readonly address: string; readonly port: number; close(): Promise<void> }

const LONGEST_REQUEST_MS = 300_000
const RETRY_SECONDS = 5
const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1'])
const KEY = /^[\x21-\x7e]{1,255}$/

export async function startApi(options: ApiOptions): Promise<ApiServer> {
  const app = Fastify({ genReqId: () => randomUUID(), requestTimeout: LONGEST_REQUEST_MS, forceCloseConnections: 'idle', exposeHeadRoutes: false })
  await app.register(multipart)
  // Bodies are read by upload.ts, once it is known who sends them.
  app.removeContentTypeParser(['application/json', 'text/plain'])
  app.addContentTypeParser('*', (_request, _body, done) => done(null))
  new Desk(options).serve(app)
  await app.listen({ host: options.address, port: options.port })
  const { address, port } = app.server.address() as AddressInfo
  return { address, port, close: () => app.close() }
}

type Known = { token?: Token; readonly startedMs: number; facts: Partial<RequestLine> }

class Desk {
  readonly #options: ApiOptions
  readonly #access: Access
  readonly #shelf: Shelf
  readonly #counts = new Counts()
  readonly #key = randomBytes(32)
  readonly #known = new WeakMap<FastifyRequest, Known>()
  #inWork = 0

  constructor(options: ApiOptions) {
    this.#options = options
    this.#access = new Access(options.tokens, options.nowMs)
    this.#shelf = new Shelf(options)
  }

  serve(app: FastifyInstance): void {
    app.addHook('onRequest', async (request, reply) => {
      this.#known.set(request, { startedMs: performance.now(), facts: {} })
      reply.headers({ ...API_HEADERS, 'x-request-id': request.id })
    })
    app.addHook('onResponse', async (request, reply) => this.#record(request, reply))
    app.setErrorHandler((error, request, reply) => this.#problem(problemOf(error, this.#options.onError), request, reply))
    app.setNotFoundHandler((request, reply) => this.#problem(new Problem('not-found'), request, reply))
    const identify = async (request: FastifyRequest) => void this.#identify(request)
    app.post('/api/v1/sanitize', { onRequest: identify }, (request, reply) => this.#sanitize(request, reply))
    app.get('/api/v1/results/:id', { onRequest: identify }, (request, reply) => this.#result(request, reply))
    app.get('/api/v1/openapi.json', (_request, reply) => reply.type('application/json').send(Buffer.from(JSON.stringify(openApi(this.#options.version)))))
    app.get('/health', (_request, reply) => reply.type('text/plain').send('ok\n'))
    app.get('/metrics', (request, reply) => this.#metrics(request, reply))
  }

  #identify(request: FastifyRequest): void {
    const token = this.#access.tokenOf(request.headers.authorization)
    this.#known.get(request)!.token = token
    this.#access.spend(token)
  }

  async #sanitize(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    if (this.#inWork >= this.#options.filesAtOnce) throw new Problem('unavailable', 'too many files at once', RETRY_SECONDS)
    this.#inWork++
    try {
      const answer = await this.#answer(request)
      if (wantsMultipart(request)) {
        const { contentType, body } = asMultipart(answer)
        return reply.type(contentType).send(body)
      }
      return reply.type('application/json').send(Buffer.from(asJson(answer, true)))
    } finally {
      this.#inWork--
    }
  }

  async #answer(request: FastifyRequest): Promise<Answer> {
    const known = this.#known.get(request)!
    const token = known.token!
    const key = idempotencyKey(request)
    const upload = await uploadOf(request, Math.min(token.maxBytes, this.#options.fileBytes))
    const sha256 = hash('sha256', upload.octets)
    known.facts = { bytes: upload.octets.length, sha256 }
    const same = this.#sameness([sha256, upload.untrustedName, upload.untrustedType, upload.secrets])
    const answer = await this.#shelf.answer({ token: token.name, key, sha256: same }, () => this.#make(request.id, upload, token))
    const { type, result } = summaryOf(answer)
    known.facts = { ...known.facts, type, result }
    return answer
  }

  /** What a repeated request must be equal in; keyed, so that what is remembered tells nobody a password. */
  #sameness(facts: readonly unknown[]): string {
    return createHmac('sha256', this.#key).update(JSON.stringify(facts)).digest('hex')
  }

  async #make(requestId: string, { octets, untrustedName, untrustedType, secrets }: Upload, token: Token): Promise<Answer> {
    const { sanitize, nowMs, resultMs } = this.#options
    const open = async function* () {
      yield octets
    }
    const sanitized = await sanitize({ untrustedName, untrustedType, open }, token, secrets)
    return answerOf(sanitized, { requestId, name: untrustedName, expiresMs: nowMs() + resultMs })
  }

  #result(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const { id } = request.params as { readonly id: string }
    const { name, mediaType, bytes, sha256 } = this.#shelf.fetch(id, this.#known.get(request)!.token!.name)
    this.#known.get(request)!.facts = { sha256, result: 'fetched' }
    return reply.type(mediaType).header('content-disposition', attachment(name)).send(Buffer.from(bytes))
  }

  #metrics(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    if (!LOOPBACK.has(request.ip)) throw new Problem('not-found')
    return reply.type('text/plain; version=0.0.4').send(this.#counts.exposition({ inWork: this.#inWork, heldBytes: this.#shelf.heldBytes }))
  }

  /** A body that was not read to its end ends the connection with it. */
  #problem(problem: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    if (!request.raw.complete) reply.header('connection', 'close')
    return reply.code(problem.status).headers(problem.headers).type(PROBLEM_TYPE).send(Buffer.from(JSON.stringify(problem.body(request.id))))
  }

  #record(request: FastifyRequest, reply: FastifyReply): void {
    const { token, startedMs, facts } = this.#known.get(request)!
    const ms = Math.round(performance.now() - startedMs)
    const path = request.url.split('?')[0]!.replace(/[0-9a-f]{32}/, '{id}').slice(0, 100)
    this.#counts.add(token?.name ?? '', reply.statusCode, { bytes: facts.bytes ?? 0, seconds: ms / 1000 })
    this.#options.onRequest({
      requestId: request.id,
      token: token?.name ?? '',
      client: request.ip,
      method: request.method,
      path,
      status: reply.statusCode,
      ms,
      ...facts,
    })
  }
}

function problemOf(error: unknown, onError: (error: unknown) => void): Problem {
  if (error instanceof Problem) return error
  if (error instanceof Unavailable) return new Problem('unavailable', '', RETRY_SECONDS)
  const { statusCode } = error as { readonly statusCode?: number }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return new Problem('bad-request')
  onError(error)
  return new Problem('internal')
}

function wantsMultipart({ headers }: FastifyRequest): boolean {
  return /(?:^|[\s,])multipart\/mixed(?:[\s,;]|$)/i.test(headers.accept ?? '')
}

/** @see draft-ietf-httpapi-idempotency-key-header */
function idempotencyKey({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key !== 'string' || !KEY.test(key)) throw new Problem('bad-request', 'Idempotency-Key must be 1 to 255 visible ASCII characters')
  return key
}
