/**
 * What happens to each request of a face: who may come, whom the handler sees, and what is told when something fails.
 *
 *   request ▸ route ▸ session ▸ rights ▸ same origin and CSRF ▸ step-up ▸ handler ▸ headers ▸ reply
 *                   └▶ token ▸ scope ▸ rate ──────────────────────────────▸ handler        (/api/v1/, portal/api/)
 *
 * Whoever may not come is known before a body is read. Texts of exceptions stay here; the visitor gets a page that says
 * what to do, and a number that stands in the log beside the error.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { BlockList } from 'node:net'
import { API_HEADERS } from '../../rest/headers.ts'
import { PROBLEM_TYPE } from '../../rest/problem.ts'
import type { SignedIn } from '../people/person.ts'
import type { FaceOptions, Found } from './face.ts'
import { fieldsOf } from './fields.ts'
import { problemPage } from './frame.ts'
import { pageHeaders } from './headers.ts'
import { isWithin, networksOf } from './networks.ts'
import { isHttps, type Place, placeOf } from './place.ts'
import { apiProblemOf, problemOf } from './problems.ts'
import { sendAnswer } from './reply.ts'
import { visitOf } from './request.ts'
import { API_PATH, type Answer, type ApiToken, Refused, type Route, type SignedVisit, type Visit } from './route.ts'
import { checkSameOrigin, checkToken } from './same-origin.ts'

export class FaceDesk {
  readonly #options: FaceOptions
  readonly #started = new WeakMap<FastifyRequest, number>()
  readonly #visits = new WeakMap<FastifyRequest, Visit>()
  readonly #tokens = new WeakMap<FastifyRequest, ApiToken>()
  readonly #clients: BlockList | undefined
  /** Without one in the settings it is known once the face listens. */
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

  #visitOf(request: FastifyRequest, route?: Route): Visit {
    return visitOf(request, { options: this.#options, place: this.#placeOf(request), route })
  }

  #send(answer: Answer, visit: Visit, reply: FastifyReply): FastifyReply {
    return sendAnswer(answer, visit, { reply, frame: this.#options.frame })
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
}

function isApi({ url }: FastifyRequest): boolean {
  return url.startsWith(API_PATH)
}

function pathOfReferer(referer: string | undefined, origin: string): string {
  if (!referer?.startsWith(`${origin}/`)) return '/'
  return referer.slice(origin.length).split(/[?#]/)[0]!
}
