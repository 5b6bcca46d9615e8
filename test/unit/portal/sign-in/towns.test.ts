/** Several towns at one portal: whose people sign in is told by the address that was called, and nothing of one town opens another. */
import { describe, expect, onTestFinished, test } from 'vitest'
import { findSession } from '../../../../cli/portal-rooms.ts'
import { originOf, townsOf } from '../../../../cli/portal-towns.ts'
import { parseConfig } from '../../../../config/load.ts'
import { placeOf } from '../../../../portal/http/place.ts'
import { FACES, type Route } from '../../../../portal/http/route.ts'
import { faceApp } from '../../../../portal/http/server.ts'
import { entranceRoutes } from '../../../../portal/pages/entrance-routes.ts'
import { entranceOver } from '../support/entrance.ts'
import { BY, MINUTE_MS, openHouse } from '../support/house.ts'

const HOME = 'portal.example.lg.jp'
const KITA = 'portal.kita.example.lg.jp'
const OURS = 'ours-a-quiet-harbour'
const THEIRS = 'theirs-a-quiet-harbour'
const CARD = 'ab'.repeat(32)

async function twoTowns() {
  const house = await openHouse({ secondFactorFor: [] })
  const { people, passwords, certificates } = house
  const settle = async (tenant: string, password: string) => {
    const { personId } = people.add({ tenant, login: 'sato', name: `佐藤 ${tenant}`, roles: ['staff'], fromDate: '2020-04-01' }, BY)
    await passwords.set(personId, password, false, BY)
    return people.person(personId, house.today())!
  }
  const [ours, theirs] = [await settle('default', OURS), await settle('kita', THEIRS)]
  certificates.add(theirs, CARD)
  const home: Route = { faces: FACES, method: 'GET', path: '/', who: 'signed-in', handle: ({ person }) => ({ kind: 'json', value: person.tenant }) }
  const { app } = await faceApp({
    ...{ face: 'inner', address: '127.0.0.1', port: 0, origin: `https://${HOME}`, tls: undefined, trustedProxies: ['192.0.2.1/32'], certificateHeader: 'x-card', clients: [], uploadBytes: 1 << 20, stepUpMs: 10 * MINUTE_MS },
    towns: [{ origin: `https://${KITA}`, tenant: 'kita' }],
    routes: [...entranceRoutes(entranceOver(house)), home],
    findSession: (cookie, face) => findSession(house as never, cookie, face),
    admitToken: () => {
      throw new Error('no tokens here')
    },
    nowMs: () => house.clock.nowMs,
    frame: page => page.body.markup,
    onRequest: () => {},
    onError: (_id, error) => {
      throw error
    },
  })
  onTestFinished(() => app.close())
  const ask = async (method: 'GET' | 'POST', url: string, { host, cookie = '', form = {}, headers = {}, from = '192.0.2.1' }: { readonly host: string; readonly from?: string; readonly cookie?: string; readonly form?: Readonly<Record<string, string>>; readonly headers?: Readonly<Record<string, string>> }) => {
    const posted = method === 'POST' ? { payload: new URLSearchParams(form).toString() } : {}
    const sent = { host, origin: `https://${host}`, 'content-type': 'application/x-www-form-urlencoded', ...(cookie === '' ? {} : { cookie }), ...headers }
    const reply = await app.inject({ method, url, headers: sent, remoteAddress: from, ...posted })
    const set = reply.cookies.find(({ name }) => name === '__Host-sekisho-inner')
    return { status: reply.statusCode, to: reply.headers['location'], body: reply.body, cookie: set ? `${set.name}=${set.value}` : '' }
  }
  const signIn = (host: string, password: string, headers = {}) => ask('POST', '/sign-in', { host, form: { login: 'sato', password }, headers })
  return { ...house, ours, theirs, ask, signIn }
}

describe('the address that was called', () => {
  test('says whose people sign in; the same login is two people', async () => {
    const { signIn, ask } = await twoTowns()
    for (const [host, password, tenant] of [[HOME, OURS, 'default'], [KITA, THEIRS, 'kita']] as const) {
      const { status, cookie } = await signIn(host, password)
      expect([status, (await ask('GET', '/', { host, cookie })).body]).toEqual([303, JSON.stringify(tenant)])
    }
  })

  test.each([
    ['the other town’s password', HOME, THEIRS],
    ['ours at their address', KITA, OURS],
    ['theirs at an address that nobody knows', 'elsewhere.example', THEIRS],
  ])('%s is wrong', async (_name, host, password) => {
    const { signIn } = await twoTowns()
    // An address that nobody knows is the house's own, whose forms come from its own origin.
    const reply = await signIn(host, password, host === 'elsewhere.example' ? { origin: `https://${HOME}` } : {})
    expect([reply.status, reply.cookie]).toEqual([422, ''])
  })

  test('a session is good at its own town’s address alone', async () => {
    const { signIn, ask } = await twoTowns()
    const { cookie } = await signIn(KITA, THEIRS)
    expect((await ask('GET', '/', { host: HOME, cookie })).to).toBe('/sign-in')
    expect((await ask('GET', '/account', { host: HOME, cookie })).body).not.toContain('佐藤')
    const { cookie: own } = await signIn(HOME, OURS)
    expect((await ask('GET', '/', { host: KITA, cookie: own })).to).toBe('/sign-in')
  })

  test('forms of one town’s page do nothing at the other', async () => {
    const { signIn } = await twoTowns()
    expect((await signIn(KITA, THEIRS, { origin: `https://${HOME}` })).status).toBe(403)
    expect((await signIn(HOME, OURS, { origin: `https://${KITA}` })).status).toBe(403)
  })

  test('a card is known in the town where it was registered', async () => {
    const { ask } = await twoTowns()
    const byCard = (host: string) => ask('POST', '/sign-in', { host, form: { by: 'card' }, headers: { 'x-card': CARD, 'x-forwarded-for': '10.0.0.1' } })
    expect((await byCard(HOME)).status).toBe(422)
    expect((await byCard(KITA)).status).toBe(303)
  })

  test('is believed of a listed proxy, not of a visitor', async () => {
    const { ask } = await twoTowns()
    const form = { login: 'sato', password: THEIRS }
    const headers = { 'x-forwarded-host': KITA, origin: `https://${KITA}` }
    expect((await ask('POST', '/sign-in', { host: HOME, form, headers })).status).toBe(303)
    const visitor = await ask('POST', '/sign-in', { host: HOME, form, headers: { ...headers, origin: `https://${HOME}` }, from: '198.51.100.9' })
    expect([visitor.status, visitor.cookie]).toEqual([422, ''])
  })

  test('who locks a login of one town out does not lock the other’s', async () => {
    const { signIn } = await twoTowns()
    for (let n = 0; n < 6; n++) await signIn(KITA, 'wrong')
    expect((await signIn(KITA, THEIRS)).status).toBe(429)
    expect((await signIn(HOME, OURS)).status).toBe(303)
  })

  test('has a port where it is not the usual one, and no case', () => {
    const towns = [{ origin: 'https://kita.example:8443', tenant: 'kita' }]
    expect(placeOf('KITA.example:8443', 'https://home.example', towns).tenant).toBe('kita')
    for (const host of ['kita.example', 'kita.example:443', undefined, '', 'x.kita.example:8443']) expect(placeOf(host, 'https://home.example', towns)).toEqual({ origin: 'https://home.example', tenant: 'default' })
  })
})

describe('the settings', () => {
  const load = (yaml: string) => parseConfig(`dataDir: /tmp/x\ndomains: [town.example.jp, kita.example.jp, minami.example.jp]\nportal: {inner: {origin: 'https://${HOME}'}}\n${yaml}`, { source: 'x', baseDir: '/tmp', environment: {} })

  test('name an address for each face', () => {
    const loaded = load(`tenants:\n  - {id: kita, domains: [kita.example.jp], portalUrl: 'https://${KITA}/', portalAdminUrl: 'https://kanri.kita.example.lg.jp:8443'}\n  - {id: minami, domains: [minami.example.jp]}\n`)
    if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems))
    expect(FACES.map(face => townsOf(loaded.config.tenants, face))).toEqual([[{ origin: `https://${KITA}`, tenant: 'kita' }], [], [{ origin: 'https://kanri.kita.example.lg.jp:8443', tenant: 'kita' }]])
    expect([originOf(loaded.config, 'inner', 'kita'), originOf(loaded.config, 'outer', 'kita'), originOf(loaded.config, 'inner', 'default'), originOf(loaded.config, 'inner', 'minami')]).toEqual([`https://${KITA}`, '', `https://${HOME}`, ''])
  })

  test.each([
    [`portalUrl: 'https://${HOME}'`, 'called so by somebody else'],
    ["portalUrl: 'portal.kita'", 'must be an http'],
  ])('do not accept %s', (setting, problem) => {
    const loaded = load(`tenants:\n  - {id: kita, domains: [kita.example.jp], ${setting}}\n`)
    expect(JSON.stringify('problems' in loaded ? loaded.problems : [])).toContain(problem)
  })
})
