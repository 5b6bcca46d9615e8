/** Signing in at a real OpenID provider, a process of its own: the whole way, and every way in which it can be bent. */
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TOTP, URI } from 'otpauth'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { OidcProvider, type OidcSettings } from '../../portal/sign-in/oidc.ts'
import { SecretBox } from '../../portal/sign-in/secret-box.ts'
import { authority } from '../support/authority.ts'
import { freePort, oidcSettings, startProvider } from '../support/oidc.ts'
import { openEntrance } from '../unit/portal/support/entrance.ts'
import { BY, MINUTE_MS } from '../unit/portal/support/house.ts'

let provider: ChildProcess
let issuer: string
let port: number

beforeAll(async () => {
  port = await freePort()
  const started = startProvider(`http://127.0.0.1:${port}`)
  provider = started.process
  issuer = await started.issuer
}, 60_000)
afterAll(() => void provider.kill())

const control = (good: object) => fetch(`${issuer}/control`, { method: 'POST', body: JSON.stringify(good) })
beforeEach(async () => void (await control({ codeS: 60, aheadS: 0 })))

/** The provider's clock is the real one, ours must be too. */
async function portal(more: Partial<OidcSettings> = {}) {
  const oidc = oidcSettings(issuer, more)
  const house = await openEntrance('127.0.0.1', { port, oidc })
  house.clock.nowMs = Date.now()
  const sato = house.person('sato')
  const begin = async (visitor: Visitor, path = '/sign-in/oidc') => (await visitor.get(path)).location
  return { ...house, sato, begin, refusals: () => house.records('sign-in-refused').map(({ detail }) => String(detail['method'])) }
}
type Visitor = ReturnType<Awaited<ReturnType<typeof openEntrance>>['visitor']>

/** As a browser goes at the provider, until it is sent back to us; returns path and query of that. */
async function atProvider(address: string, account: string): Promise<string> {
  const jar = new Map<string, string>()
  let next: string | undefined = address
  let form: URLSearchParams | undefined
  for (let step = 0; step < 12 && next !== undefined; step++) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const reply: Response = await fetch(next, { redirect: 'manual', headers: { cookie }, ...(form ? { method: 'POST', body: form } : {}) })
    for (const line of reply.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
      jar.set(name!, value!)
    }
    const to: string | null = reply.headers.get('location')
    if (to?.startsWith(`http://127.0.0.1:${port}/`)) return to.slice(`http://127.0.0.1:${port}`.length)
    form = to === null && form === undefined ? new URLSearchParams({ account }) : undefined
    next = to === null ? (form ? next : undefined) : new URL(to, next).href
  }
  throw new Error('the provider led nowhere')
}

async function through(house: Awaited<ReturnType<typeof portal>>, account: string, path?: string) {
  const visitor = house.visitor()
  const back = await atProvider(await house.begin(visitor, path), account)
  return { visitor, back, reply: await visitor.get(back) }
}

describe('the way there and back', () => {
  test('a person whose mailbox is the verified address is in, where they wanted to go', async () => {
    const house = await portal()
    const { visitor, reply } = await through(house, 'sato', '/sign-in/oidc?to=%2Faccount')
    expect(reply).toMatchObject({ status: 303, location: '/account' })
    expect((await visitor.get('/account')).page).toContain('sato 太郎')
    expect(house.records('sign-in')[0]!.detail).toMatchObject({ method: 'oidc', next: 'open' })
    expect(house.records('factor')[0]!.detail).toMatchObject({ act: 'linked', subject: 'sato' })
  })

  test('asks with PKCE, state and nonce, and nothing of it is kept here', async () => {
    const house = await portal()
    const visitor = house.visitor()
    const { searchParams, origin } = new URL(await house.begin(visitor))
    expect(origin).toBe(issuer)
    expect(Object.fromEntries(searchParams)).toMatchObject({ code_challenge_method: 'S256', client_id: 'sekisho', response_type: 'code', scope: 'openid email profile', state: expect.stringMatching(/^.{43}$/), nonce: expect.stringMatching(/^.{43}$/), code_challenge: expect.stringMatching(/^.{43}$/) })
    for (const secret of [searchParams.get('state')!, searchParams.get('nonce')!]) expect([...visitor.cookies.values()].join()).not.toContain(secret)
  })

  test('the page of signing in leads there by a link, since a form could not', async () => {
    const house = await portal()
    const { page } = await house.visitor().get('/sign-in?to=%2Faccount')
    expect(page).toContain('<a class="button second" href="/sign-in/oidc?to=%2Faccount">組織の認証でサインインする</a>')
  })

  test('without two factors there, ours comes after it; with them it does not', async () => {
    const house = await portal()
    const kanri = house.person('kanri', ['administrator'])
    expect((await through(house, 'kanri')).reply.location).toBe('/enrol')
    house.linked.unlink(kanri, BY)
    const codes = URI.parse(house.totp.offer(kanri.personId, 'default', 'kanri')!.uri) as TOTP
    house.factors.addTotp(house.as(kanri), codes.generate({ timestamp: house.clock.nowMs }))
    const once = await through(house, 'kanri')
    expect(once.reply.location).toBe('/second-factor')
    expect((await once.visitor.get('/account')).location).toBe('/second-factor')
    house.linked.unlink(kanri, BY)
    const twice = await through(house, 'kanri+mfa')
    expect(twice.reply.location).toBe('/')
  })

  test('leaving: our session ends, and a link ends the one there, too', async () => {
    const house = await portal()
    const { visitor } = await through(house, 'sato')
    await visitor.get('/account')
    expect((await visitor.post('/sign-out')).location).toBe('/sign-in')
    expect((await visitor.get('/sign-in')).page).toContain('href="/sign-in/oidc/leave"')
    const { location } = await visitor.get('/sign-in/oidc/leave')
    expect(location).toMatch(new RegExp(`^${issuer}/session/end\\?`))
    expect((await fetch(location)).status).toBe(200)
  })
})

describe('who is known', () => {
  test.each([
    ['nobody with that address', 'stranger', {}],
    ['an address that is not verified', 'sato!unverified', {}],
    ['an address, where only links count', 'sato', { personBy: 'subject' }],
    ['a login of nobody', 'stranger', { personBy: 'login' }],
  ] as const)('not %s', async (_name, account, settings) => {
    const house = await portal(settings)
    const { visitor, reply } = await through(house, account)
    expect([reply.status, reply.page.includes('ポータルに登録がありません')]).toEqual([422, true])
    expect((await visitor.get('/account')).status).toBe(303)
    expect(house.refusals()).toEqual(['oidc: nobody of ours'])
  })

  test('by login, where that is set', async () => {
    const house = await portal({ personBy: 'login' })
    expect((await through(house, 'sato')).reply.status).toBe(303)
  })

  test('the subject counts from the first sign-in on: another one with the same address is nobody', async () => {
    const house = await portal()
    expect((await through(house, 'sato')).reply.status).toBe(303)
    expect((await through(house, 'sato+other')).reply.status).toBe(422)
    house.people.setMailbox(house.sato.personId, 'hana@town.example.jp', BY)
    expect((await through(house, 'sato')).reply.status).toBe(303)
  })

  test('nobody who is disabled', async () => {
    const house = await portal()
    house.people.setDisabled(house.sato.personId, true, BY)
    expect((await through(house, 'sato')).reply.status).toBe(422)
  })

  test('another town has no such provider', async () => {
    const house = await portal({ tenant: 'kita' })
    expect((await house.visitor().get('/sign-in/oidc')).status).toBe(404)
    expect((await house.visitor().get('/sign-in')).page).not.toContain('/sign-in/oidc')
  })

  test('one’s own account is linked while signed in, with a second factor, and unlinked again', async () => {
    const house = await portal({ personBy: 'subject' })
    const codes = house.withTotp(house.sato)
    const visitor = house.visitor()
    const signed = house.signIn.begin(house.as(house.sato), 'certificate', 'two', { face: 'inner', address: '127.0.0.1', agent: '' })
    if (signed.kind === 'refused') throw new Error('refused')
    visitor.cookies.set('sekisho-inner', signed.cookie)
    house.clock.nowMs += 11 * MINUTE_MS
    expect((await visitor.get('/account/oidc')).location).toBe('/step-up?to=%2Faccount%2Foidc')
    await visitor.get('/step-up?to=%2Faccount%2Foidc')
    await visitor.post('/second-factor', { code: codes.generate({ timestamp: house.clock.nowMs }), to: '/account/oidc' })
    const back = await atProvider((await visitor.get('/account/oidc')).location, 'anything')
    expect(await visitor.get(back)).toMatchObject({ status: 303, location: '/account' })
    expect((await through(house, 'anything')).reply.location).toBe('/second-factor')
    await visitor.get('/account')
    expect((await visitor.post('/account/oidc/remove')).location).toBe('/sign-in')
    expect((await through(house, 'anything')).reply.status).toBe(422)
  })
})

describe('what is bent is refused, and nobody is in', () => {
  const nobodyIsIn = async (house: Awaited<ReturnType<typeof portal>>, visitor: Visitor, reply: { readonly status: number }) => {
    expect([reply.status, (await visitor.get('/account')).location]).toEqual([422, '/sign-in?to=%2Faccount'])
    expect(house.records('sign-in')).toEqual([])
    expect(house.refusals().at(-1)).toMatch(/^oidc: /)
    return house.refusals().at(-1)!
  }

  test.each(['nonce', 'state', 'code_challenge'])('another %s', async name => {
    const house = await portal()
    const visitor = house.visitor()
    const address = new URL(await house.begin(visitor))
    address.searchParams.set(name, 'x'.repeat(43))
    await nobodyIsIn(house, visitor, await visitor.get(await atProvider(address.href, 'sato')))
  })

  test('an answer in another browser than asked', async () => {
    const house = await portal()
    const back = await atProvider(await house.begin(house.visitor()), 'sato')
    const other = house.visitor()
    expect(await nobodyIsIn(house, other, await other.get(back))).toContain('no sign-in was begun here')
    await house.begin(other)
    await nobodyIsIn(house, other, await other.get(back))
  })

  test('a code that was used: once is once', async () => {
    const house = await portal()
    const visitor = house.visitor()
    const address = await house.begin(visitor)
    const flow = new Map(visitor.cookies)
    const back = await atProvider(address, 'sato')
    expect((await visitor.get(back)).status).toBe(303)
    const thief = house.visitor()
    for (const [name, value] of flow) thief.cookies.set(name, value)
    expect((await thief.get(back)).status).toBe(422)
    expect(house.refusals().at(-1)).toContain('invalid_grant')
    expect((await thief.get('/account')).status).toBe(303)
  })

  test('a way that took too long, here or there', async () => {
    const house = await portal()
    const visitor = house.visitor()
    const back = await atProvider(await house.begin(visitor), 'sato')
    house.clock.nowMs += 11 * MINUTE_MS
    await nobodyIsIn(house, visitor, await visitor.get(back))
    house.clock.nowMs -= 11 * MINUTE_MS
    await control({ codeS: 1 })
    const late = await atProvider(await house.begin(visitor), 'sato')
    await new Promise(resolve => setTimeout(resolve, 2_100))
    await nobodyIsIn(house, visitor, await visitor.get(late))
  })

  test('an identity token that is over', async () => {
    const house = await portal()
    const visitor = house.visitor()
    await control({ aheadS: -3_600 })
    expect(await nobodyIsIn(house, visitor, await visitor.get(await atProvider(await house.begin(visitor), 'sato')))).toContain('timestamp')
  })

  test('the person said no', async () => {
    const house = await portal()
    const { visitor, reply } = await through(house, 'refuse')
    await nobodyIsIn(house, visitor, reply)
  })

  test('a wrong secret of ours', async () => {
    const house = await portal({ clientSecret: 'wrong' })
    const { visitor, reply } = await through(house, 'sato')
    await nobodyIsIn(house, visitor, reply)
  })

  test.each(['code=x', 'code=x&state=y&iss=https://evil.example', 'error=server_error', '', 'code=x&code=y&state=%00'])('made up: ?%s', async query => {
    const house = await portal()
    const visitor = house.visitor()
    await house.begin(visitor)
    await nobodyIsIn(house, visitor, await visitor.get(`/sign-in/oidc/back?${query}`))
  })

  test('a cookie of that way that was changed, or made by somebody else', async () => {
    const house = await portal()
    const visitor = house.visitor()
    const back = await atProvider(await house.begin(visitor), 'sato')
    const [name, value] = [...visitor.cookies][0]!
    for (const changed of [`${value.slice(0, -4)}AAAA`, 'x', 'A'.repeat(300)]) {
      visitor.cookies.set(name, changed)
      await nobodyIsIn(house, visitor, await visitor.get(back))
      visitor.cookies.set(name, value)
    }
  })
})

describe('a provider that does not answer', () => {
  test('is said so, and passwords still work', async () => {
    const house = await portal({ issuer: 'http://127.0.0.1:9' })
    const reply = await house.visitor().get('/sign-in/oidc')
    expect([reply.status, reply.page.includes('返事がありません')]).toEqual([503, true])
    expect((await house.visitor().get('/sign-in')).status).toBe(200)
  })

  test('is not asked at all without TLS, except on this host', async () => {
    const house = await portal({ issuer: 'http://provider.example' })
    expect((await house.visitor().get('/sign-in/oidc')).status).toBe(503)
  })

  test('over TLS is believed by the certificate of the settings, and not without', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sekisho-oidc-'))
    const { ca, issue } = authority(folder, 'town')
    const { keyFile, certificateFile } = issue('provider', { address: '127.0.0.1' })
    const secure = startProvider(`http://127.0.0.1:${port}`, keyFile, certificateFile)
    onTestFinished(() => {
      secure.process.kill()
      rmSync(folder, { recursive: true })
    })
    const settings = { issuer: await secure.issuer, ca }
    const house = await portal(settings)
    const visitor = house.visitor()
    const address = new URL(await house.begin(visitor))
    expect(address.origin).toBe(settings.issuer)
    // The token is asked for by the same way: a code that is none is refused by the provider, in its own words.
    await visitor.get(`/sign-in/oidc/back?${new URLSearchParams({ code: 'none', state: address.searchParams.get('state')!, iss: settings.issuer }).toString()}`)
    expect(house.refusals().at(-1)).toContain('invalid_grant')
    const oidc = new OidcProvider({ ...house.oidc!.settings, ca: '' }, await SecretBox.open(house.folder), Date.now)
    expect(await oidc.begin('http://127.0.0.1/x', { to: '/', linkPersonId: undefined })).toMatchObject({ kind: 'unavailable' })
  })

  test('must be who it says: another issuer is refused', async () => {
    const house = await portal({ issuer: issuer.replace('127.0.0.1', 'localhost') })
    expect((await house.visitor().get('/sign-in/oidc')).status).toBe(503)
  })
})
