/** A portal over given routes on free ports, with people who are signed in by a cookie of their own. */
import type { ApiTokens } from '../../portal/api/tokens.ts'
import type { Person, Role } from '../../portal/people/person.ts'
import { Problem } from '../../rest/problem.ts'
import { openPortal, type Portal } from '../../portal/open.ts'
import type { Face, Route } from '../../portal/http/route.ts'
import type { Found, PortalLine } from '../../portal/http/face.ts'

export const NOW_MS = Date.parse('2026-11-26T01:00:00Z')

export function person(login: string, roles: readonly Role[], more: Partial<Person> = {}): Person {
  return { personId: login.length, tenant: 'default', login, name: `${login}さん`, language: 'ja', roles: new Set(roles), departments: [1], mailbox: `${login}@town.example.jp`, ...more }
}

export function found(who: Person, more: Partial<Found> & { readonly steppedUpAtMs?: number } = {}): Found {
  const { steppedUpAtMs, ...rest } = more
  return { person: who, session: { sessionId: `s-${who.login}`, startedAtMs: NOW_MS, factors: 'two', steppedUpAtMs, csrfToken: `token-${who.login}` }, stage: 'open', ...rest }
}

const noToken = (): never => {
  throw new Problem('unauthorized')
}

export type TestPortal = {
  readonly portal: Portal
  readonly lines: PortalLine[]
  readonly errors: unknown[]
  origin(face: Face): string
  get(face: Face, path: string, login?: string): Promise<Response>
  post(face: Face, path: string, login: string | undefined, form: Readonly<Record<string, string>>, headers?: Readonly<Record<string, string>>): Promise<Response>
}

/** `people`: by cookie value, which is the login. */
export async function testPortal(routes: readonly Route[], people: readonly Found[], tokens?: ApiTokens): Promise<TestPortal> {
  const lines: PortalLine[] = []
  const errors: unknown[] = []
  const byLogin = new Map(people.map(each => [each.person.login, each]))
  const listener = { address: '127.0.0.1', port: 0, origin: '', tls: undefined, trustedProxies: [], certificateHeader: '', clients: [] }
  const portal = await openPortal({
    faces: [
      { face: 'inner', ...listener },
      { face: 'outer', ...listener },
      { face: 'admin', ...listener },
    ],
    routes,
    look: { name: '', contact: '情報政策課 内線123' },
    uploadBytes: 1 << 20,
    findSession: cookie => byLogin.get(cookie),
    admitToken: (authorization, use) => (tokens ? tokens.admit(authorization, use) : noToken()),
    stepUpMs: 600_000,
    nowMs: () => NOW_MS,
    onRequest: line => lines.push(line),
    onError: (_id, error) => errors.push(error),
  })
  const origin = (face: Face) => portal.faces.find(each => each.face === face)!.origin
  const cookie = (face: Face, login: string | undefined): Record<string, string> => (login === undefined ? {} : { cookie: `sekisho-${face}=${login}` })
  return {
    portal,
    lines,
    errors,
    origin,
    get: (face, path, login) => fetch(origin(face) + path, { headers: cookie(face, login), redirect: 'manual' }),
    post: (face, path, login, form, headers) =>
      fetch(origin(face) + path, {
        method: 'POST',
        headers: { origin: origin(face), ...cookie(face, login), ...headers },
        body: new URLSearchParams({ ...(login === undefined ? {} : { _token: `token-${login}` }), ...form }),
        redirect: 'manual',
      }),
  }
}
