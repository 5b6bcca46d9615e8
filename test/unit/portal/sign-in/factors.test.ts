/** Second factors: codes, recovery codes, keys; once each, and never somebody else's. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TOTP, URI } from 'otpauth'
import { describe, expect, test } from 'vitest'
import { SecretBox } from '../../../../portal/sign-in/secret-box.ts'
import { relyingPartyOf } from '../../../../portal/sign-in/webauthn.ts'
import { Authenticator } from '../support/authenticator.ts'
import { BY, openHouse, VISITOR } from '../support/house.ts'

const STEP_MS = 30_000
const RP = { id: 'town.example.jp', origin: 'https://portal.town.example.jp', name: '関所' }
const SITE = { rpId: RP.id, origin: RP.origin }

describe('TOTP', () => {
  test('counts once a code has shown that the secret arrived; the first factor brings recovery codes', async () => {
    const house = await openHouse()
    const sato = house.person('sato')
    const { uri, base32 } = house.totp.offer(sato.personId, 'default', 'sato')!
    expect(uri).toMatch(/^otpauth:\/\/totp\//)
    expect(base32).toMatch(/^(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}$/)
    expect(house.totp.offer(sato.personId, 'default', 'sato')!.uri).toBe(uri)
    expect(house.factors.of(sato.personId)).toEqual([])
    const codes = URI.parse(uri) as TOTP
    const code = codes.generate({ timestamp: house.clock.nowMs })
    expect(house.totp.check(sato.personId, code)).toBe(false)
    expect(house.factors.addTotp(house.as(sato), '000000')).toBeUndefined()
    expect(house.factors.addTotp(house.as(sato), code)).toHaveLength(10)
    expect(house.factors.of(sato.personId)).toEqual(['totp'])
    expect(house.totp.offer(sato.personId, 'default', 'sato')).toBeUndefined()
    expect(house.totp.check(sato.personId, code)).toBe(false)
  })

  test('a code is good once, and one step early or late', async () => {
    const house = await openHouse()
    const sato = house.person('sato')
    const codes = house.withTotp(sato)
    const at = (steps: number) => codes.generate({ timestamp: house.clock.nowMs + steps * STEP_MS })
    expect(house.totp.check(sato.personId, at(2))).toBe(false)
    expect(house.totp.check(sato.personId, at(-2))).toBe(false)
    expect(house.totp.check(sato.personId, at(-1))).toBe(true)
    expect(house.totp.check(sato.personId, at(-1))).toBe(false)
    expect(house.totp.check(sato.personId, at(1))).toBe(true)
    expect(house.totp.check(sato.personId, at(0))).toBe(false)
    house.clock.nowMs += 2 * STEP_MS
    expect(house.totp.check(sato.personId, at(0).replace(/.{3}/, '$& '))).toBe(true)
  })

  test('full-width digits are digits', async () => {
    const house = await openHouse()
    const sato = house.person('sato')
    const code = house.withTotp(sato).generate({ timestamp: house.clock.nowMs })
    expect(house.totp.check(sato.personId, code.replace(/\d/g, digit => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)))).toBe(true)
  })

  test('guessing is locked out, apart from the password', async () => {
    const house = await openHouse()
    const sato = house.person('sato')
    const codes = house.withTotp(sato)
    for (let n = 0; n < 5; n++) expect(house.factors.checkCode(house.as(sato), '000000').kind).toBe('wrong')
    expect(house.factors.checkCode(house.as(sato), codes.generate({ timestamp: house.clock.nowMs }))).toEqual({ kind: 'locked', retryAfterMs: 30_000 })
    await house.signIn.withPassword({ tenant: 'default', login: 'sato', password: 'x' }, VISITOR)
    expect(house.factors.checkCode(house.as(sato), '000000').kind).toBe('locked')
  })

  test('the secret is not in the database, and a copied row is of no use to another person', async () => {
    const house = await openHouse()
    const [sato, ito] = [house.person('sato'), house.person('ito')]
    const codes = house.withTotp(sato)
    const { sealed } = house.db.get('SELECT sealed FROM totp_secrets')! as { sealed: Uint8Array }
    expect(Buffer.from(sealed).includes(Buffer.from(codes.secret.buffer))).toBe(false)
    house.db.run('INSERT INTO totp_secrets VALUES (?, ?, ?, 1, 0)', ito.personId, 'default', sealed)
    expect(house.totp.check(ito.personId, codes.generate({ timestamp: house.clock.nowMs }))).toBe(false)
  })
})

describe('the key of secrets', () => {
  test('is made once; another key or a changed octet opens nothing', async () => {
    const { folder: directory } = await openHouse()
    const box = await SecretBox.open(directory)
    const sealed = box.seal(Buffer.from('secret'), 'a')
    expect(Buffer.from((await SecretBox.open(directory)).open(sealed, 'a')!).toString()).toBe('secret')
    expect(box.open(sealed, 'b')).toBeUndefined()
    expect(box.open(sealed.with(15, sealed[15]! ^ 1), 'a')).toBeUndefined()
    expect(box.open(new Uint8Array(5), 'a')).toBeUndefined()
    const path = join(directory, 'secret.key')
    writeFileSync(path, readFileSync(path, 'utf8').replace(/^./, digit => (digit === '0' ? '1' : '0')))
    expect((await SecretBox.open(directory)).open(sealed, 'a')).toBeUndefined()
    writeFileSync(path, 'nonsense')
    await expect(SecretBox.open(directory)).rejects.toThrow('not a key of ours')
  })
})

describe('recovery codes', () => {
  test('ten, each once, as people type them', async () => {
    const { recovery, person, db } = await openHouse()
    const { personId } = person('sato')
    const codes = recovery.renew(personId, 'default')
    expect(new Set(codes).size).toBe(10)
    for (const code of codes) expect(code).toMatch(/^(?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/)
    expect(JSON.stringify(db.all('SELECT * FROM recovery_codes'))).not.toContain(codes[0]!.slice(0, 4))
    expect(recovery.use(personId, ` ${codes[0]!.toLowerCase().replaceAll('-', ' ')} `)).toBe(true)
    expect(recovery.use(personId, codes[0]!)).toBe(false)
    expect(recovery.left(personId)).toBe(9)
    const fresh = recovery.renew(personId, 'default')
    expect(recovery.use(personId, codes[1]!)).toBe(false)
    expect(recovery.use(personId, fresh[1]!)).toBe(true)
  })

  test('are somebody’s own, and long nonsense is no code', async () => {
    const { recovery, person } = await openHouse()
    const [code] = recovery.renew(person('sato').personId, 'default')
    expect(recovery.use(person('ito').personId, code!)).toBe(false)
    expect(recovery.use(person('ueda').personId, 'A'.repeat(1_000_000))).toBe(false)
  })

  test('stand for the second factor, and go with the last one', async () => {
    const house = await openHouse()
    const sato = house.person('sato')
    house.withTotp(sato)
    const [code] = house.factors.renewRecoveryCodes(house.as(sato))
    expect(house.factors.checkCode(house.as(sato), code!)).toEqual({ kind: 'right', by: 'recovery' })
    expect(house.factors.removeTotp(house.as(sato))).toBe(true)
    expect(house.factors.recoveryCodesLeft(sato.personId)).toBe(0)
    expect(house.records('factor').map(record => record.detail.act)).toEqual(['totp-added', 'recovery-codes', 'recovery-code-used', 'totp-removed'])
  })
})

describe('security keys', () => {
  async function withKey() {
    const house = await openHouse()
    const sato = house.as(house.person('sato'))
    const cookie = house.sessions.begin(sato.personId, 'default', { method: 'password', factors: 'one', stage: 'open', ...VISITOR })
    const { sessionId } = house.sessions.find(cookie, 'inner')!.session
    const key = new Authenticator()
    const challenge = async (kind: 'offer' | 'ask') => ((await house.webauthn[kind](sessionId, sato, RP)) as { challenge: string }).challenge
    const register = async (site = SITE) => house.factors.addKey(sessionId, sato, { untrusted: key.register(await challenge('offer'), site), name: '青い鍵' }, RP)
    return { ...house, sato, sessionId, key, challenge, register }
  }

  test('one is made, and is the second factor from then on', async () => {
    const house = await withKey()
    expect(await house.register()).toHaveLength(10)
    expect(house.webauthn.keysOf(house.sato.personId)).toMatchObject([{ name: '青い鍵', usedAtMs: undefined }])
    expect(house.factors.of(house.sato.personId)).toEqual(['webauthn'])
    const answer = house.key.use(await house.challenge('ask'), SITE)
    expect(await house.factors.checkKey(house.sessionId, house.sato, answer, RP)).toEqual({ kind: 'right', by: 'webauthn' })
    expect(house.webauthn.keysOf(house.sato.personId)[0]!.usedAtMs).toBe(house.clock.nowMs)
  })

  test('the same answer a second time is refused', async () => {
    const house = await withKey()
    await house.register()
    const answer = house.key.use(await house.challenge('ask'), SITE)
    await house.factors.checkKey(house.sessionId, house.sato, answer, RP)
    expect(await house.factors.checkKey(house.sessionId, house.sato, answer, RP)).toEqual({ kind: 'wrong' })
  })

  test.each([
    ['another site', { ...SITE, origin: 'https://portal.town.examp1e.jp' }],
    ['another domain', { ...SITE, rpId: 'example.jp' }],
  ])('%s is refused', async (_, site) => {
    const house = await withKey()
    expect(await house.register(site)).toBeUndefined()
    await house.register()
    expect(await house.factors.checkKey(house.sessionId, house.sato, house.key.use(await house.challenge('ask'), site), RP)).toEqual({ kind: 'wrong' })
  })

  test('a counter that does not rise, another challenge, another key, nonsense: refused', async () => {
    const house = await withKey()
    await house.register()
    await house.factors.checkKey(house.sessionId, house.sato, house.key.use(await house.challenge('ask'), SITE), RP)
    house.key.counter = 0
    const copied = house.key.use(await house.challenge('ask'), SITE)
    expect(await house.factors.checkKey(house.sessionId, house.sato, copied, RP)).toEqual({ kind: 'wrong' })
    await house.challenge('ask')
    expect(await house.webauthn.check(house.sessionId, house.sato, house.key.use('AAAA', SITE), RP)).toBe(false)
    expect(await house.webauthn.check(house.sessionId, house.sato, new Authenticator().use(await house.challenge('ask'), SITE), RP)).toBe(false)
    for (const nonsense of [undefined, null, 'x', 7, {}, { id: house.key.credentialId.toString('base64url') }, []]) {
      await house.challenge('ask')
      expect(await house.webauthn.check(house.sessionId, house.sato, nonsense, RP)).toBe(false)
    }
  })

  test('one person’s key is not another’s', async () => {
    const house = await withKey()
    await house.register()
    const ito = house.as(house.person('ito'))
    const cookie = house.sessions.begin(ito.personId, 'default', { method: 'password', factors: 'one', stage: 'open', ...VISITOR })
    const { sessionId } = house.sessions.find(cookie, 'inner')!.session
    const { challenge } = (await house.webauthn.ask(sessionId, ito, RP)) as { challenge: string }
    expect(await house.webauthn.check(sessionId, ito, house.key.use(challenge, SITE), RP)).toBe(false)
    const offered = (await house.webauthn.offer(sessionId, ito, RP)) as { challenge: string }
    expect(await house.webauthn.register(sessionId, ito, { untrusted: house.key.register(offered.challenge, SITE), name: '' }, RP)).toBe(false)
    expect(house.factors.removeKey(ito, house.key.credentialId.toString('base64url'))).toBe(false)
  })

  test.each([
    ['https://portal.town.example.jp', '', 'portal.town.example.jp'],
    ['https://portal.town.example.jp:8443', 'town.example.jp', 'town.example.jp'],
    ['http://localhost:8080', '', 'localhost'],
    ['http://portal.town.example.jp', '', undefined],
    ['https://192.0.2.1', '', undefined],
    ['https://[2001:db8::1]', '', undefined],
    ['https://portal.town.example.jp', 'other.example.jp', undefined],
    ['https://eviltown.example.jp', 'town.example.jp', undefined],
    ['nonsense', '', undefined],
  ])('%s with %j is %s', (origin, configured, id) => expect(relyingPartyOf(origin, configured, 'x')?.id).toBe(id))
})

test('an administrator resets all factors, and every session ends', async () => {
  const house = await openHouse()
  const sato = house.person('sato')
  house.withTotp(sato)
  const cookie = house.sessions.begin(sato.personId, 'default', { method: 'password', factors: 'two', stage: 'open', ...VISITOR })
  house.factors.reset(sato.personId, BY)
  expect(house.factors.of(sato.personId)).toEqual([])
  expect(house.factors.recoveryCodesLeft(sato.personId)).toBe(0)
  expect(house.sessions.find(cookie, 'inner')).toBeUndefined()
})
