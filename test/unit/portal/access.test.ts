/**
 * Who may do what, over the whole route table: every route × everybody × every face, each cell asserted from the two tables
 * of access-table.ts. A route without a line here is a failure, and so is a line without a route.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FACES, type Route, standsOn } from '../../../portal/http/route.ts'
import { type AccessTown, openAccessTown, type Told, VISITORS, type VisitorName } from '../../support/access-town.ts'
import { LINES, MATRIX } from './access-table.ts'

/** A GET leaves a mark of reading (made of its audit record, and counted where a glass was broken), the secret that a page offers for an app, the last use of a token; nothing else. */
const GET_LEAVES: Readonly<Record<string, number>> = { 'GET /m/:publicId': 1, 'GET /enrol': 1, 'GET /account/factors': 1, 'GET /glass/:glassId/read': 1, 'GET /glass/:glassId/parts/:part/preview': 1, 'GET /glass/:glassId/parts/:part/picture': 1 }

let town: AccessTown
beforeAll(async () => {
  town = await openAccessTown()
})
afterAll(() => town.close())

function keyOf({ method, path, faces }: Route): string {
  return `${method} ${path}${path === '/' && faces.length === 1 ? ' (admin)' : ''}`
}

/** What an answer was, in the letters of the table. */
function letterOf({ status, location, type, hasNewSession }: Told): string {
  const isProblem = type === 'application/problem+json'
  if (hasNewSession) return 'O'
  if (status === 303) return location.startsWith('/sign-in') ? 's' : location.startsWith('/step-up') ? 'u' : location.startsWith('/second-factor') ? 'f' : 'O'
  if (status === 401) return isProblem ? 'p' : '?'
  if (status === 403) return isProblem ? '0' : 'X'
  if (status === 404) return '-'
  if (status === 409 || status === 400) return status === 409 ? 'C' : 'B'
  return [200, 204, 410, 422, 429, 503].includes(status) ? 'O' : `${status}`
}

describe('the table', () => {
  test('has every route of every face, and no line without a route', () => {
    expect(LINES.map(([route]) => route).sort()).toEqual(town.routes.filter(({ path }) => !/^\/(?:assets\/|favicon)/.test(path)).map(keyOf).sort())
    for (const [route, kind] of LINES) expect(MATRIX.has(kind), `${route}: ${kind}`).toBe(true)
  })

  test('says ! exactly where the route asks for a second factor that was shown just now', () => {
    const asking = town.routes.filter(({ needsStepUp }) => needsStepUp).map(keyOf)
    expect(LINES.filter(([, kind]) => kind.endsWith('!')).map(([route]) => route).sort()).toEqual(asking.sort())
  })

  test('assets are the same for everybody, and may be kept', async () => {
    for (const { path } of town.routes.filter(each => /^\/(?:assets\/|favicon)/.test(each.path))) {
      for (const as of ['nobody', 'half', 'owner'] as const) expect(letterOf(await town.ask({ face: 'inner', method: 'GET', path, as }))).toBe('O')
    }
  })
})

describe.each(FACES)('on the %s face', face => {
  test.each(LINES)('%s', async (name, kind, path, form) => {
    const route = town.routes.find(each => keyOf(each) === name)!
    const ask = (as: VisitorName) => town.ask({ face, method: route.method, path: town.pathOf(path), as, ...(form ? { form } : {}) })
    if (!standsOn(route, face)) {
      // Another row may stand there by the same address.
      if (!town.routes.some(each => each.path === route.path && each.method === route.method && standsOn(each, face))) for (const as of ['owner', 'admin', 'token'] as const) expect([as, (await ask(as)).status]).toEqual([as, 404])
      return
    }
    const seen = new Map<VisitorName, string>()
    for (const as of VISITORS) {
      const told = await ask(as)
      const letter = letterOf(told)
      seen.set(as, letter)
      const most = letter !== 'O' ? 0 : route.method === 'POST' ? Number.POSITIVE_INFINITY : (GET_LEAVES[name] ?? (kind === 'token' ? 1 : 0))
      expect(told.changed, `${as} changed something`).toBeLessThanOrEqual(most)
      if (letter !== 'O') expect(told.vaultAsked, `${as} asked the vault`).toBe(0)
    }
    expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(MATRIX.get(kind)!))
    expect(town.errors).toEqual([])
  })
})

/** Each with what a request of a page of ours has, but for one thing. */
const FORGERIES: readonly (readonly [name: string, forged: { readonly headers?: Readonly<Record<string, string>>; readonly csrf?: string }])[] = [
  ['no token', { csrf: '' }],
  ['a token that was made up', { csrf: 'x'.repeat(43) }],
  ['the token of another person', { csrf: 'THEIRS' }],
  ['the origin of another site', { headers: { origin: 'https://evil.example' } }],
  ['the origin of another face', { headers: { origin: 'https://elsewhere.test' } }],
  ['the origin null', { headers: { origin: 'null' } }],
  ['no origin at all', { headers: { origin: 'NONE' } }],
  ['a browser that says cross-site', { headers: { 'sec-fetch-site': 'cross-site' } }],
  ['a browser that says same-site', { headers: { 'sec-fetch-site': 'same-site' } }],
  ['a browser that says none', { headers: { 'sec-fetch-site': 'none' } }],
]

describe('a forged request does nothing', () => {
  const POSTS = LINES.filter(([route]) => route.startsWith('POST ') && route !== 'POST /csp')
  test.each(POSTS)('%s', async (name, kind, path, form) => {
    const route = town.routes.find(each => keyOf(each) === name)!
    const as = VISITORS.find(each => each !== 'nobody' && each !== 'half' && 'OCB'.includes(MATRIX.get(kind)!.get(each)!))!
    for (const [forgery, { headers, csrf }] of FORGERIES) {
      // Who is not signed in has no token; where it comes from still counts.
      if (csrf !== undefined && kind === 'anyone') continue
      const told = await town.ask({ face: route.faces[0]!, method: 'POST', path: town.pathOf(path), as, ...(form ? { form } : {}), ...(headers ? { headers } : {}), ...(csrf === undefined ? {} : { csrf: csrf === 'THEIRS' ? town.csrfOf(route.faces[0]!, as === 'other' ? 'stranger' : 'other') : csrf }) })
      expect([forgery, told.status, told.changed]).toEqual([forgery, 403, 0])
    }
  })
})

describe('an approved original', () => {
  const take = (request: 'approved' | 'late', as: VisitorName, keep = false) => town.ask({ face: 'outer', method: 'POST', path: `/requests/${town.objects[request]}/parts/0/take`, as, keep })
  test('is given once, to the requester', async () => {
    const first = await take('approved', 'owner', true)
    expect([first.status, first.type, first.body]).toEqual([200, 'application/octet-stream', 'octets of 3'])
    for (const as of VISITORS) {
      const told = await take('approved', as)
      expect([as, told.body.includes('octets of'), told.type === 'application/octet-stream']).toEqual([as, false, false])
    }
  })

  test('is not given when its time is over', async () => {
    town.clock.nowMs += 20 * 86_400_000
    town.renew()
    const told = await take('late', 'owner')
    expect([told.status === 200, told.body.includes('octets of')]).toEqual([false, false])
  })
})
