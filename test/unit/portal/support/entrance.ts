/** The pages of signing in over real rooms on real listeners, and a visitor with a cookie jar. */
import { onTestFinished } from 'vitest'
import { openPortal } from '../../../../portal/open.ts'
import { entranceRoutes } from '../../../../portal/pages/entrance-routes.ts'
import { FACES, type Face, type Route } from '../../../../portal/http/route.ts'
import type { Entrance } from '../../../../portal/pages/entrance.ts'
import type { OidcSettings } from '../../../../portal/sign-in/oidc.ts'
import { MINUTE_MS, openHouse, type roomsOver } from './house.ts'

const HOST_PORT = 28_091

/** `host`: what browsers call the inner face. */
export async function openEntrance(host = '127.0.0.1', { port = HOST_PORT, oidc }: { readonly port?: number; readonly oidc?: OidcSettings } = {}) {
  const house = await openHouse({ oidc })
  const home: Route = { faces: FACES, method: 'GET', path: '/', who: 'signed-in', handle: ({ person }) => ({ kind: 'redirect', to: `/account?is=${person.login}` }) }
  // Its origin must be known before it listens, and for that its port.
  const origins = new Map<Face, string>(host === '127.0.0.1' && !oidc ? [] : [['inner', `http://${host}:${port}`]])
  const portal = await openPortal({
    faces: FACES.map(face => ({ face, address: '127.0.0.1', port: origins.has(face) ? port : 0, origin: origins.get(face) ?? '', tls: undefined, trustedProxies: ['127.0.0.1/32'], certificateHeader: 'x-card', clients: [] })),
    routes: [...entranceRoutes(entranceOver(house)), home],
    look: { name: '', contact: '情報政策課 内線123' },
    uploadBytes: 1 << 20,
    stepUpMs: 10 * MINUTE_MS,
    nowMs: () => house.clock.nowMs,
    findSession: (cookie, face) => {
      const open = house.sessions.find(cookie, face)
      if (open) return { ...open, stage: 'open' }
      const begun = house.sessions.unfinished(cookie, face)
      return begun && { person: begun.person, stage: begun.stage, session: { sessionId: begun.sessionId, startedAtMs: 0, factors: begun.factors, steppedUpAtMs: undefined, csrfToken: begun.csrfToken } }
    },
    admitToken: () => {
      throw new Error('no tokens here')
    },
    onRequest: () => {},
    onError: (_id, error) => {
      throw error
    },
  })
  onTestFinished(() => portal.close())
  return { ...house, visitor: (face: Face = 'inner', headers: Readonly<Record<string, string>> = {}) => new Visitor(portal.faces.find(each => each.face === face)!.origin, headers) }
}

export function entranceOver(house: Awaited<ReturnType<typeof roomsOver>>): Entrance {
  return { ...house, name: '関所', oidcName: '', era: 'western', minPasswordLength: 12, webauthnDomain: '', certificateCountsAs: 'one', stepUpMs: 10 * MINUTE_MS }
}

export type Reply = { readonly status: number; readonly location: string; readonly page: string }

class Visitor {
  readonly origin: string
  readonly cookies = new Map<string, string>()
  readonly #headers: Readonly<Record<string, string>>
  #page = ''

  constructor(origin: string, headers: Readonly<Record<string, string>>) {
    this.origin = origin
    this.#headers = headers
  }

  get(path: string): Promise<Reply> {
    return this.#ask(path, {})
  }

  /** With the token of the page that was shown last. */
  post(path: string, form: Readonly<Record<string, string>> = {}): Promise<Reply> {
    const token = /name="_token" value="([^"]*)"/.exec(this.#page)?.[1] ?? ''
    return this.#ask(path, { method: 'POST', headers: { origin: this.origin }, body: new URLSearchParams({ _token: token, ...form }) })
  }

  async #ask(path: string, init: RequestInit): Promise<Reply> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { ...this.#headers, ...(init.headers as Record<string, string>), ...(cookie === '' ? {} : { cookie }) }
    const reply = await fetch(this.origin + path, { ...init, headers, redirect: 'manual' })
    for (const line of reply.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
      if (value === '') this.cookies.delete(name!)
      else this.cookies.set(name!, value!)
    }
    const page = await reply.text()
    if (page !== '') this.#page = page
    return { status: reply.status, location: reply.headers.get('location') ?? '', page }
  }
}
