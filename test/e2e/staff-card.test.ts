/** A staff card over the portal's own TLS: a real TLS client, an issuer made for the test, and cards that are none. */
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { type RequestOptions, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { findSession } from '../../cli/portal-rooms.ts'
import { FACES } from '../../portal/http/route.ts'
import { openPortal } from '../../portal/open.ts'
import { entranceRoutes } from '../../portal/pages/entrance-routes.ts'
import { type Authority, authority, type Issued } from '../support/authority.ts'
import { entranceOver } from '../unit/portal/support/entrance.ts'
import { BY, MINUTE_MS, openHouse, PASSWORD } from '../unit/portal/support/house.ts'

let folder: string
let town: Authority
let stranger: Authority
let server: Issued
let card: Issued

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sekisho-card-'))
  town = authority(folder, 'town')
  stranger = authority(folder, 'stranger')
  server = town.issue('portal', { address: '127.0.0.1' })
  card = town.issue('sato')
})
afterAll(() => rmSync(folder, { recursive: true }))

async function office(certificateCountsAs: 'one' | 'two' = 'one') {
  const house = await openHouse()
  const portal = await openPortal({
    faces: [{ face: 'inner', address: '127.0.0.1', port: 0, origin: '', tls: { key: server.key, cert: server.certificate, clientCa: town.ca }, trustedProxies: [], certificateHeader: 'x-card', clients: [] }],
    routes: [...entranceRoutes({ ...entranceOver(house), certificateCountsAs }), { faces: FACES, method: 'GET', path: '/', who: 'signed-in', handle: ({ person }) => ({ kind: 'json', value: person.login }) }],
    look: { name: '', contact: '' },
    uploadBytes: 1 << 20,
    stepUpMs: 10 * MINUTE_MS,
    nowMs: () => house.clock.nowMs,
    findSession: (cookie, face) => findSession(house as never, cookie, face),
    admitToken: () => {
      throw new Error('no tokens here')
    },
    onRequest: () => {},
    onError: (_id, error) => {
      throw error
    },
  })
  onTestFinished(() => portal.close())
  const { origin } = portal.faces[0]!
  return { ...house, sato: house.person('sato'), ask: asker(origin) }
}

type Reply = { readonly status: number; readonly to: string; readonly page: string }

/** A browser with (or without) a card in its reader; each has a cookie jar. */
function asker(origin: string) {
  return (holder: Issued | undefined, headers: Readonly<Record<string, string>> = {}) => {
    let cookie = ''
    let token = ''
    const send = (method: string, path: string, form: Readonly<Record<string, string>> = {}) =>
      new Promise<Reply>((resolve, reject) => {
        const identity: RequestOptions = holder ? { key: holder.key, cert: holder.certificate } : {}
        const asking = request(`${origin}${path}`, { method, ca: town.ca, agent: false, ...identity, headers: { ...headers, origin, ...(cookie ? { cookie } : {}), 'content-type': 'application/x-www-form-urlencoded' } }, reply => {
          const pieces: Buffer[] = []
          reply.on('data', (piece: Buffer) => pieces.push(piece))
          reply.on('end', () => {
            const page = Buffer.concat(pieces).toString()
            token = /name="_token" value="([^"]*)"/.exec(page)?.[1] ?? token
            cookie = reply.headers['set-cookie']?.find(each => each.startsWith('__Host-sekisho-inner='))?.split(';')[0] ?? cookie
            resolve({ status: reply.statusCode!, to: reply.headers.location ?? '', page })
          })
        })
        asking.on('error', reject)
        asking.end(method === 'POST' ? new URLSearchParams({ _token: token, ...form }).toString() : undefined)
      })
    return { get: (path: string) => send('GET', path), post: (path: string, form?: Readonly<Record<string, string>>) => send('POST', path, form) }
  }
}

const byCard = { by: 'card', to: '/' }
const sha256Of = ({ certificate }: Issued) => new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase()

describe('a staff card', () => {
  test('that its owner registered signs in, and nobody types anything', async () => {
    const { ask, certificates, as, sato, records } = await office()
    certificates.add(as(sato), sha256Of(card))
    const browser = ask(card)
    expect((await browser.get('/sign-in')).page).toContain('職員証でサインインする')
    expect(await browser.post('/sign-in', byCard)).toMatchObject({ status: 303, to: '/' })
    expect((await browser.get('/')).page).toBe('"sato"')
    expect(records('sign-in')[0]!.detail).toMatchObject({ method: 'certificate' })
  })

  test('is registered by its owner while signed in, with a second factor, and signs in from then on', async () => {
    const { ask, certificates, passwords, sato, withTotp, clock } = await office()
    await passwords.set(sato.personId, PASSWORD, false, BY)
    const codes = withTotp(sato)
    const browser = ask(card)
    expect((await browser.post('/sign-in', byCard)).status).toBe(422)
    expect((await browser.post('/sign-in', { login: 'sato', password: PASSWORD })).to).toBe('/second-factor')
    await browser.get('/second-factor')
    await browser.post('/second-factor', { code: codes.generate({ timestamp: clock.nowMs }) })
    expect((await browser.get('/account')).page).toContain('今使っている職員証を登録する')
    expect((await browser.post('/account/card')).status).toBe(303)
    expect(certificates.ofPerson(sato.personId).map(({ sha256 }) => sha256)).toEqual([sha256Of(card)])
    expect((await ask(card).post('/sign-in', byCard)).to).toBe('/second-factor')
  })

  test('counts as two factors where it asks for a PIN, by setting', async () => {
    for (const [countsAs, to] of [['one', '/enrol'], ['two', '/']] as const) {
      const { ask, certificates, as, person } = await office(countsAs)
      certificates.add(as(person('kanri', ['administrator'])), sha256Of(card))
      expect((await ask(card).post('/sign-in', byCard)).to).toBe(to)
    }
  })
})

describe('is none', () => {
  test.each([
    ['of another issuer', () => stranger.issue('sato')],
    ['that is over', () => town.issue('over', { days: -1 })],
    ['at all', () => undefined],
  ])('%s: the way is not offered, and not open', async (_name, holder) => {
    const { ask, certificates, as, sato, records } = await office()
    const held = holder()
    if (held) certificates.add(as(sato), sha256Of(held))
    const browser = ask(held)
    expect((await browser.get('/sign-in')).page).not.toContain('職員証でサインインする')
    expect((await browser.post('/sign-in', byCard)).status).toBe(422)
    expect((await browser.get('/')).to).toBe('/sign-in')
    expect(records('sign-in')).toEqual([])
  })

  test('one of the town that nobody registered', async () => {
    const { ask, records } = await office()
    expect((await ask(card).post('/sign-in', byCard)).page).toContain('登録されていません')
    expect(records('sign-in-refused')[0]!.detail).toMatchObject({ method: 'certificate' })
  })

  test('a header that says so, of a visitor who is no listed proxy', async () => {
    const { ask, certificates, as, sato } = await office()
    certificates.add(as(sato), sha256Of(card))
    expect((await ask(undefined, { 'x-card': sha256Of(card), 'x-forwarded-for': '10.0.0.1' }).post('/sign-in', byCard)).status).toBe(422)
  })

  test('one whose owner was disabled, or took it away', async () => {
    const { ask, certificates, people, as, sato } = await office()
    const person = as(sato)
    certificates.add(person, sha256Of(card))
    people.setDisabled(sato.personId, true, BY)
    expect((await ask(card).post('/sign-in', byCard)).status).toBe(422)
    people.setDisabled(sato.personId, false, BY)
    certificates.remove(person, sha256Of(card))
    expect((await ask(card).post('/sign-in', byCard)).status).toBe(422)
  })
})
