/**
 * The portal's door to Fastify: one listener, one face, its rows of the route table.
 *
 *   request ▸ route ▸ session ▸ rights ▸ same origin and CSRF ▸ step-up ▸ handler ▸ headers ▸ reply
 *                   └▶ token ▸ scope ▸ rate ──────────────────────────────▸ handler        (/api/v1/, portal/api/)
 *
 * Whoever may not come is known before a body is read. Texts of exceptions stay here; the visitor gets a page that says
 * what to do, and a number that stands in the log beside the error.
 */
import cookie from '@fastify/cookie'
import formbody from '@fastify/formbody'
import multipart from '@fastify/multipart'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { randomUUID } from 'node:crypto'
import type { AddressInfo, BlockList } from 'node:net'
import { Readable } from 'node:stream'
import { attachment } from '../../core/media/attachment-header.ts'
import { API_HEADERS } from '../../rest/headers.ts'
import { PROBLEM_TYPE } from '../../rest/problem.ts'
import type { Scope } from '../api/scopes.ts'
import type { SignedIn } from '../people/person.ts'
import type { Stage } from '../sign-in/sessions.ts'
import { fieldsOf } from './fields.ts'
import { problemPage } from './frame.ts'
import { isAtHome, type Place, placeOf } from './place.ts'
import { FILE_POLICY, pageHeaders } from './headers.ts'
import { isWithin, networksOf } from './networks.ts'
import { API_PATH, type Answer, type ApiToken, type Face, type Language, Refused, type Route, type SignedVisit, standsOn, type UploadedFile, type Visit } from './route.ts'
import { apiProblemOf, problemOf } from './problems.ts'
import { checkSameOrigin, checkToken } from './same-origin.ts'

/** A session in force; one that is not open yet is let in only where its stage goes on (`/second-factor`, `/enrol` …). */
export type Found = SignedIn & { readonly stage: Stage }

export type FaceOptions = {
  readonly face: Face
  readonly address: string
  readonly port: number
  /** `https://portal.example.lg.jp`: what browsers call us; '' makes it from address and port. */
  readonly origin: string
  readonly tls: { readonly key: string; readonly cert: string; readonly clientCa: string } | undefined
  /** Networks whose X-Forwarded-For and client-certificate header are believed. */
  readonly trustedProxies: readonly string[]
  readonly certificateHeader: string
  /** Who may connect at all; without any, everybody. */
  readonly clients: readonly string[]
  /** Addresses of towns with one of their own on this face; whoever comes by any other signs in as the first tenant. */
  readonly towns?: readonly Place[]
  readonly uploadBytes: number
  readonly routes: readonly Route[]
  readonly findSession: (cookie: string, face: Face) => Found | undefined
  /** Whoever this field names may make such a request now; the use is counted. @throws Problem */
  readonly admitToken: (authorization: string | undefined, use: TokenUse) => ApiToken
  readonly stepUpMs: number
  readonly nowMs: () => number
  /** Draws what is inside a page into the frame. */
  readonly frame: (page: Extract<Answer, { kind: 'page' }>, visit: Visit) => string
  /** Awaited before a page or an answer is made (pace.ts). */
  readonly turn?: () => Promise<void> | undefined
  readonly onRequest: (line: PortalLine) => void
  readonly onError: (requestId: string, error: unknown) => void
}

export type TokenUse = { readonly scope: Scope; readonly operation: string; readonly address: string; readonly nowMs: number }

/** For the log: who came where. */
export type PortalLine = {
  readonly requestId: string
  readonly face: Face
  readonly client: string
  readonly login: string
  readonly method: string
  readonly route: string
  readonly status: number
  readonly ms: number
}

export type FaceServer = { readonly face: Face; /** `address:port`. */ readonly at: string; readonly origin: string; close(): Promise<void> }

const LONGEST_REQUEST_MS = 600_000
const FORM_BYTES = 1 << 20
const NOTE_COOKIE = 'note'
const LANGUAGE_COOKIE = 'language'
const NOTE = /^[a-z][a-z0-9-]{0,40}$/

/** @throws when the table breaks an invariant: then nothing is served. */
export async function startFace(options: FaceOptions): Promise<FaceServer> {
  const { app, desk } = await faceApp(options)
  await app.listen({ host: options.address, port: options.port })
  const { address, port } = app.server.address() as AddressInfo
  const at = `${address.includes(':') ? `[${address}]` : address}:${port}`
  desk.origin = options.origin || `${options.tls ? 'https' : 'http'}://${at}`
  return { face: options.face, at, origin: desk.origin, close: () => app.close() }
}

/** The face without a listener. @throws as startFace */
export async function faceApp(options: FaceOptions): Promise<{ readonly app: FastifyInstance; readonly desk: { origin: string } }> {
  const routes = options.routes.filter(route => standsOn(route, options.face))
  if (options.face !== 'outer' && routes.some(route => route.givesOriginal)) throw new Error(`a route of the ${options.face} face could give out an original`)
  if (options.face === 'outer' && routes.some(route => route.who === 'token')) throw new Error('no route for tokens may stand on the outer face')
  const { tls } = options
  const https = tls && { key: tls.key, cert: tls.cert, minVersion: 'TLSv1.2' as const, ...(tls.clientCa === '' ? {} : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: false }) }
  const app = Fastify({
    genReqId: () => randomUUID(),
    requestTimeout: LONGEST_REQUEST_MS,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    bodyLimit: FORM_BYTES,
    trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
    https: https ?? null,
  }) as unknown as FastifyInstance
  await app.register(cookie)
  await app.register(formbody, { bodyLimit: FORM_BYTES })
  await app.register(multipart, {
    // A file that is too long is cut and says so (isCut): the others of the same form go on.
    throwFileSizeLimit: false,
    limits: { fileSize: options.uploadBytes, files: 50, fields: 50, fieldSize: FORM_BYTES },
  })
  // Read by the handler that wants them, within its own limit.
  app.addContentTypeParser('application/octet-stream', (_request, body, done) => done(null, body))
  // The browser's reports of what its policy forbade.
  app.addContentTypeParser(['application/csp-report', 'application/reports+json'], { parseAs: 'string', bodyLimit: 1 << 16 }, (_request, _body, done) => done(null, ''))
  const desk = new FaceDesk(options)
  desk.serve(app, routes)
  return { app, desk }
}

class FaceDesk {
  readonly #options: FaceOptions
  readonly #started = new WeakMap<FastifyRequest, number>()
  readonly #visits = new WeakMap<FastifyRequest, Visit>()
  readonly #tokens = new WeakMap<FastifyRequest, ApiToken>()
  readonly #clients: BlockList | undefined
  origin: string

  constructor(options: FaceOptions) {
    this.#options = options
    this.#clients = options.clients.length === 0 ? undefined : networksOf(options.clients)
    this.origin = options.origin
  }

  serve(app: FastifyInstance, routes: readonly Route[]): void {
    app.addHook('onRequest', async (request, reply) => {
      if (!this.#mayConnect(request)) return void request.raw.socket.destroy()
      this.#started.set(request, performance.now())
      reply.headers({ ...pageHeaders(isHttps(this.#placeOf(request))), ...(isApi(request) ? API_HEADERS : {}), 'x-request-id': request.id })
    })
    app.addHook('onResponse', async (request, reply) => this.#record(request, reply))
    app.setErrorHandler((error, request, reply) => this.#fail(error, request, reply))
    app.setNotFoundHandler((request, reply) => this.#fail(new Refused('not-found'), request, reply))
    for (const route of routes) {
      app.route({
        method: route.method,
        url: route.path,
        onRequest: async (request, reply) => this.#admit(route, request, reply),
        handler: async (request, reply) => this.#answer(route, request, reply),
      })
    }
  }

  #mayConnect(request: FastifyRequest): boolean {
    return this.#clients === undefined || isWithin(this.#clients, request.raw.socket.remoteAddress ?? '')
  }

  /** Everything that can be known before the body is read. */
  async #admit(route: Route, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    if (!('isSessionless' in route && route.isSessionless)) await this.#options.turn?.()
    const visit = this.#visitOf(request, route)
    this.#visits.set(request, visit)
    if (route.who === 'token') return void this.#tokens.set(request, this.#options.admitToken(request.headers.authorization, { ...route, address: visit.address, nowMs: visit.nowMs }))
    if (route.method === 'POST' && request.url !== '/csp') checkSameOrigin(request.headers, visit.origin)
    const { signedIn } = visit
    if (route.who === 'anyone') return
    if (!signedIn) return this.#toSignIn(visit, reply)
    const { stage } = signedIn as Found
    if (route.who === 'half-signed-in') return
    if (stage !== 'open') return reply.redirect(`/${stage}`, 303)
    if (route.roles && !route.roles.some(role => signedIn.person.roles.has(role))) throw new Refused('not-allowed')
    if (route.needsStepUp && !this.#hasSteppedUp(signedIn, visit.nowMs)) return this.#toStepUp(route, visit, request, reply)
  }

  async #answer(route: Route, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { signedIn } = this.#visits.get(request)!
    const visit: Visit = { ...this.#visits.get(request)!, params: request.params as Record<string, string>, form: fieldsOf(request.body), json: route.body === 'json' ? request.body : undefined }
    this.#visits.set(request, visit)
    if (route.who === 'token') return this.#send(await route.handle({ ...visit, token: this.#tokens.get(request)! }), visit, reply)
    if (route.method === 'POST' && signedIn && route.who !== 'anyone') checkToken(route, visit, request.headers, signedIn.session.csrfToken)
    if (route.who === 'anyone') return this.#send(await route.handle(visit), visit, reply)
    const signed: SignedVisit = { ...visit, signedIn: signedIn!, person: signedIn!.person, session: signedIn!.session }
    return this.#send(await route.handle(signed), visit, reply)
  }

  #send(answer: Answer, visit: Visit, reply: FastifyReply): FastifyReply {
    if ('sessionCookie' in answer && answer.sessionCookie !== undefined) this.#setCookie(reply, this.#cookieName(visit), answer.sessionCookie, visit)
    if ('flowCookie' in answer && answer.flowCookie !== undefined) this.#setCookie(reply, this.#cookieName(visit, '-flow'), answer.flowCookie, visit)
    switch (answer.kind) {
      case 'page':
        if (visit.said !== undefined) this.#setCookie(reply, NOTE_COOKIE, null, visit)
        return reply.code(answer.status ?? 200).type('text/html; charset=utf-8').send(this.#options.frame(answer, visit))
      case 'redirect':
        if (answer.say !== undefined) this.#setCookie(reply, NOTE_COOKIE, answer.say, visit)
        if (answer.language !== undefined) this.#setCookie(reply, LANGUAGE_COOKIE, answer.language, visit)
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

  /** A cookie counts for nothing where the route is for everybody alike, or for tokens. */
  #visitOf(request: FastifyRequest, route?: Route): Visit {
    const { face, nowMs, findSession } = this.#options
    const isSessionless = route?.who === 'token' || (route?.who === 'anyone' && route.isSessionless === true)
    const place = this.#placeOf(request)
    const sessionCookie = isSessionless ? undefined : request.cookies[this.#cookieName(place)]
    const found = sessionCookie === undefined ? undefined : findSession(sessionCookie, face)
    const signedIn = found && isAtHome(found.person.tenant, place, this.#options.towns ?? []) ? found : undefined
    const note = request.cookies[NOTE_COOKIE]
    return {
      requestId: request.id,
      face,
      language: languageOf(request, signedIn),
      nowMs: nowMs(),
      address: request.ip,
      userAgent: String(request.headers['user-agent'] ?? '').slice(0, 200),
      path: request.url.split('?')[0]!,
      search: request.url.includes('?') ? request.url.slice(request.url.indexOf('?')) : '',
      params: {},
      query: fieldsOf(request.query),
      form: fieldsOf(undefined),
      json: undefined,
      files: () => filesOf(request),
      octets: () => octetsOf(request),
      signedIn,
      certificate: this.#certificateOf(request),
      sessionCookie,
      flowCookie: isSessionless ? undefined : request.cookies[this.#cookieName(place, '-flow')],
      ...place,
      said: note !== undefined && NOTE.test(note) ? note : undefined,
    }
  }

  /** Of a checked client certificate only: of our own TLS, or of a listed proxy that checked it. */
  #certificateOf(request: FastifyRequest): string | undefined {
    const socket = request.raw.socket as { authorized?: boolean; getPeerCertificate?: () => { fingerprint256?: string } }
    if (socket.authorized && socket.getPeerCertificate) return socket.getPeerCertificate().fingerprint256?.replaceAll(':', '').toLowerCase()
    const { certificateHeader, trustedProxies } = this.#options
    // request.ips is there only when the peer itself is one of the listed proxies.
    if (certificateHeader === '' || trustedProxies.length === 0 || !request.ips || request.ips.length < 2) return undefined
    const value = String(request.headers[certificateHeader.toLowerCase()] ?? '').replaceAll(':', '').toLowerCase()
    return /^[0-9a-f]{64}$/.test(value) ? value : undefined
  }

  #hasSteppedUp({ session }: SignedIn, nowMs: number): boolean {
    return session.steppedUpAtMs !== undefined && nowMs - session.steppedUpAtMs < this.#options.stepUpMs
  }

  #toSignIn(visit: Visit, reply: FastifyReply): FastifyReply {
    return reply.redirect(`/sign-in${visit.path === '/' ? '' : `?to=${encodeURIComponent(visit.path)}`}`, 303)
  }

  /** After the second factor the visitor is back on the page that the form stood on. */
  #toStepUp(route: Route, visit: Visit, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const back = route.method === 'GET' ? visit.path : pathOfReferer(request.headers.referer, visit.origin)
    return reply.redirect(`/step-up?to=${encodeURIComponent(back)}`, 303)
  }

  #fail(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    if (!request.raw.complete) reply.header('connection', 'close')
    if (isApi(request)) return this.#failApi(error, request, reply)
    const visit = this.#visits.get(request) ?? this.#visitOf(request)
    const problem = problemOf(error)
    if (problem === 'failed') this.#options.onError(request.id, error)
    const page = problemPage(problem, visit)
    return reply.code(page.status ?? 500).type('text/html; charset=utf-8').send(this.#options.frame(page, visit))
  }

  #failApi(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const problem = apiProblemOf(error)
    if (problem.kind === 'internal') this.#options.onError(request.id, error)
    return reply.code(problem.status).headers(problem.headers).type(PROBLEM_TYPE).send(Buffer.from(JSON.stringify(problem.body(request.id))))
  }

  #record(request: FastifyRequest, reply: FastifyReply): void {
    const startedMs = this.#started.get(request) ?? performance.now()
    this.#options.onRequest({
      requestId: request.id,
      face: this.#options.face,
      client: request.ip,
      login: this.#tokens.has(request) ? `token:${this.#tokens.get(request)!.name}` : (this.#visits.get(request)?.signedIn?.person.login ?? ''),
      method: request.method,
      route: request.routeOptions.url ?? '',
      status: reply.statusCode,
      ms: Math.round(performance.now() - startedMs),
    })
  }

  #placeOf(request: FastifyRequest): Place {
    return placeOf(request.host, this.origin, this.#options.towns ?? [])
  }

  /** Ports do not keep cookies apart: the name does. */
  #cookieName(place: Pick<Place, 'origin'>, which: '' | '-flow' = ''): string {
    return `${isHttps(place) ? '__Host-' : ''}sekisho-${this.#options.face}${which}`
  }

  #setCookie(reply: FastifyReply, name: string, value: string | null, place: Pick<Place, 'origin'>): void {
    // Lax: a link in a webmail page must find whoever is signed in. Nothing is changed by a GET, and a POST is checked.
    const attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure: isHttps(place) } as const
    if (value === null) reply.clearCookie(name, attributes)
    else reply.setCookie(name, value, attributes)
  }
}

function isHttps({ origin }: Pick<Place, 'origin'>): boolean {
  return origin.startsWith('https:')
}

function languageOf(request: FastifyRequest, signedIn: SignedIn | undefined): Language {
  if (signedIn) return signedIn.person.language
  const chosen = request.cookies[LANGUAGE_COOKIE]
  if (chosen === 'ja' || chosen === 'en') return chosen
  return /^en\b/i.test(String(request.headers['accept-language'] ?? '')) ? 'en' : 'ja'
}

function isApi({ url }: FastifyRequest): boolean {
  return url.startsWith(API_PATH)
}

async function* jsonLines(values: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const value of values) yield `${JSON.stringify(value)}\n`
}

function pathOfReferer(referer: string | undefined, origin: string): string {
  if (!referer?.startsWith(`${origin}/`)) return '/'
  return referer.slice(origin.length).split(/[?#]/)[0]!
}

async function* octetsOf({ body }: FastifyRequest): AsyncIterable<Uint8Array> {
  if (!(body instanceof Readable)) throw new Refused('bad-request')
  yield* body
}

async function* filesOf(request: FastifyRequest): AsyncIterable<UploadedFile> {
  if (!request.isMultipart()) throw new Refused('bad-request')
  for await (const part of request.files()) {
    yield { untrustedName: part.filename ?? '', untrustedType: part.mimetype, octets: part.file, isCut: () => part.file.truncated, fieldBefore: name => fieldOf(part.fields, name) }
  }
}

function fieldOf(fields: Readonly<Record<string, unknown>>, name: string): string {
  const found = Object.hasOwn(fields, name) ? [fields[name]].flat()[0] : undefined
  const value = typeof found === 'object' && found !== null && 'value' in found ? found.value : undefined
  return typeof value === 'string' ? value.slice(0, 1_000).toWellFormed() : ''
}
