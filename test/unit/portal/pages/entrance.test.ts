/** Signing in and one's own account, page by page, without script. */
import { describe, expect, test } from 'vitest'
import { type TOTP, URI } from 'otpauth'
import { BY, MINUTE_MS, PASSWORD, VISITOR } from '../support/house.ts'
import { openEntrance } from '../support/entrance.ts'

const NEW = 'tulip-gravel-canoe'

async function withPerson(roles: readonly ('staff' | 'administrator' | 'auditor')[] = ['staff']) {
  const house = await openEntrance()
  const sato = house.person('sato', roles)
  await house.passwords.set(sato.personId, PASSWORD, false, BY)
  return { ...house, sato }
}

const signIn = { login: 'sato', password: PASSWORD }

describe('signing in', () => {
  test('leads to where one wanted to go', async () => {
    const { visitor } = await withPerson()
    const sato = visitor()
    expect((await sato.get('/account')).location).toBe('/sign-in?to=%2Faccount')
    expect((await sato.get('/sign-in?to=%2Faccount')).page).toContain('name="to" value="/account"')
    expect(await sato.post('/sign-in', { ...signIn, to: '/account' })).toMatchObject({ status: 303, location: '/account' })
    expect((await sato.get('/account')).page).toContain('sato 太郎')
    expect((await sato.get('/sign-in')).location).toBe('/')
  })

  test.each(['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)'])('never to %s', async to => {
    const { visitor } = await withPerson()
    const sato = visitor()
    expect((await sato.post('/sign-in', { ...signIn, to })).location).toBe('/')
  })

  test('a wrong password says so, shows the login again and never the password', async () => {
    const { visitor } = await withPerson()
    const sato = visitor()
    const reply = await sato.post('/sign-in', { login: '"><script>', password: 'wrong-password' })
    expect(reply.status).toBe(422)
    expect(reply.page).toContain('role="alert"')
    expect(reply.page).toContain('value="&quot;&gt;&lt;script&gt;"')
    expect(reply.page).not.toContain('wrong-password')
    expect(sato.cookies.size).toBe(0)
  })

  test('locked out: the page says for how long', async () => {
    const { visitor } = await withPerson()
    const sato = visitor()
    for (let n = 0; n < 5; n++) await sato.post('/sign-in', { login: 'sato', password: 'x' })
    const reply = await sato.post('/sign-in', signIn)
    expect(reply.status).toBe(429)
    expect(reply.page).toContain('約1分')
  })

  test('signing out ends the session, not only the cookie', async () => {
    const { visitor } = await withPerson()
    const sato = visitor()
    await sato.post('/sign-in', signIn)
    const stolen = visitor()
    for (const [name, value] of sato.cookies) stolen.cookies.set(name, value)
    await sato.get('/account')
    expect((await sato.post('/sign-out')).location).toBe('/sign-in')
    expect((await stolen.get('/account')).status).toBe(303)
  })
})

describe('the second step', () => {
  test('a code, and only then the pages', async () => {
    const { visitor, withTotp, sato, clock } = await withPerson()
    const codes = withTotp(sato)
    const person = visitor()
    expect((await person.post('/sign-in', { ...signIn, to: '/account' })).location).toBe('/second-factor?to=%2Faccount')
    expect((await person.get('/account')).location).toBe('/second-factor')
    await person.get('/second-factor?to=%2Faccount')
    expect((await person.post('/second-factor', { code: '000000', to: '/account' })).status).toBe(422)
    const before = [...person.cookies.values()]
    expect(await person.post('/second-factor', { code: codes.generate({ timestamp: clock.nowMs }), to: '/account' })).toMatchObject({ status: 303, location: '/account' })
    expect([...person.cookies.values()]).not.toEqual(before)
    expect((await person.get('/account')).status).toBe(200)
  })

  test('without a token of the page nothing is checked', async () => {
    const { visitor, withTotp, sato } = await withPerson()
    withTotp(sato)
    const person = visitor()
    await person.post('/sign-in', signIn)
    expect((await person.post('/second-factor', { _token: 'x', code: '123456' })).status).toBe(403)
  })

  test('whoever needs one and has none sets it up, gets recovery codes once, and is in', async () => {
    const { visitor, clock } = await withPerson(['staff', 'administrator'])
    const person = visitor('admin')
    expect((await person.post('/sign-in', signIn)).location).toBe('/enrol')
    const { page } = await person.get('/enrol')
    // A pattern to scan, drawn without style or script: the corner of the finder and its quiet zone.
    expect(page).toMatch(/<svg class="qr" viewBox="0 0 \d+ \d+" role="img" aria-label="[^"]+"[^>]*><rect [^>]*fill="#fff"\/><path fill="#000" d="M4 4h1v1h-1zM5 4h1/)
    const codes = URI.parse(/href="(otpauth:[^"]*)"/.exec(page)![1]!.replaceAll('&amp;', '&')) as TOTP
    expect((await person.post('/enrol', { code: '000000' })).status).toBe(422)
    const printed = await person.post('/enrol', { code: codes.generate({ timestamp: clock.nowMs }) })
    expect(printed.status).toBe(200)
    expect(printed.page.match(/<li>[0-9A-Z]{4}-[0-9A-Z]{4}-/g)).toHaveLength(10)
    expect((await person.get('/account')).status).toBe(200)
    expect((await person.get('/enrol')).page).not.toContain('otpauth:')
  })

  test('somebody at the second step cannot set one up of their own', async () => {
    const { visitor, withTotp, sato } = await withPerson()
    withTotp(sato)
    const thief = visitor()
    await thief.post('/sign-in', signIn)
    expect((await thief.get('/enrol')).location).toBe('/second-factor')
    await thief.get('/second-factor')
    expect((await thief.post('/enrol', { code: '000000' })).status).toBe(403)
    expect((await thief.post('/keys/add', { answer: '{}' })).status).toBe(403)
    expect((await thief.get('/new-password')).status).toBe(200)
    expect((await thief.post('/new-password', { password: NEW, again: NEW })).location).toBe('/')
    expect((await thief.get('/account')).location).toBe('/second-factor')
  })
})

test('a password that somebody else chose is changed first', async () => {
  const { visitor, passwords, sato } = await withPerson()
  await passwords.set(sato.personId, PASSWORD, true, BY)
  const person = visitor()
  expect((await person.post('/sign-in', signIn)).location).toBe('/new-password')
  await person.get('/new-password')
  expect((await person.post('/new-password', { password: NEW, again: 'other' })).page).toContain('2つの入力が違います')
  expect((await person.post('/new-password', { password: 'short', again: 'short' })).page).toContain('短すぎます')
  expect((await person.post('/new-password', { password: NEW, again: NEW })).location).toBe('/')
  expect((await person.get('/account')).status).toBe(200)
})

describe('links that are good once', () => {
  test('the first administrator', async () => {
    const { visitor, welcome } = await openEntrance()
    const person = visitor('admin')
    const path = `/welcome/${welcome.firstLink('default')}`
    expect((await person.get(path)).page).toContain('最初の管理者の登録')
    const form = { login: 'kanri', name: '管理 一郎', mailbox: 'kanri@town.example.jp', password: NEW, again: NEW }
    expect((await person.post(path, { ...form, login: 'no login' })).page).toContain('半角の英数字')
    expect((await person.post(path, form)).location).toBe('/enrol')
    expect((await person.get(path)).status).toBe(410)
  })

  test('a new person', async () => {
    const { visitor, links, person: make } = await openEntrance()
    const { personId } = make('ito')
    const path = `/welcome/${links.make({ tenant: 'default', personId }, 1)}`
    const person = visitor()
    expect((await person.get(path)).page).toContain('ito 太郎')
    expect((await person.post(path, { password: NEW, again: NEW })).location).toBe('/')
    expect((await person.get('/account')).status).toBe(200)
  })
})

describe('the account', () => {
  async function signedIn() {
    const house = await withPerson()
    const person = house.visitor()
    await person.post('/sign-in', signIn)
    await person.get('/account')
    return { ...house, person }
  }

  test('language and digest', async () => {
    const { person, people, sato } = await signedIn()
    expect((await person.post('/account/settings', { language: 'en', digest: 'never' })).location).toBe('/account')
    expect(people.byId(sato.personId)).toMatchObject({ language: 'en', digest: 'never' })
    expect((await person.get('/account')).page).toContain('My settings')
  })

  test('another password ends other sessions and keeps this one', async () => {
    const { person, visitor } = await signedIn()
    const other = visitor()
    await other.post('/sign-in', signIn)
    expect((await person.post('/account/password', { current: 'wrong', password: NEW, again: NEW })).page).toContain('今のパスワードが違います')
    expect((await person.post('/account/password', { current: PASSWORD, password: NEW, again: NEW })).location).toBe('/account')
    expect((await person.get('/account')).status).toBe(200)
    expect((await other.get('/account')).status).toBe(303)
  })

  test('sessions are listed and ended, one’s own only', async () => {
    const { person, visitor, sessions, sato, person: _, ...house } = await signedIn()
    const other = visitor()
    await other.post('/sign-in', signIn)
    const ito = house.people.add({ tenant: 'default', login: 'ito', name: 'ito', roles: ['staff'] }, BY)
    const theirs = sessions.begin(ito.personId, 'default', { method: 'password', factors: 'one', stage: 'open', ...VISITOR })
    await person.get('/account')
    expect((await person.post('/account/sessions/end', { session: sessions.find(theirs, 'inner')!.session.sessionId })).status).toBe(409)
    expect((await person.post('/account/sessions/end', { session: 'others' })).location).toBe('/account')
    expect(sessions.ofPerson(sato.personId)).toHaveLength(1)
    expect((await other.get('/account')).status).toBe(303)
    expect(sessions.find(theirs, 'inner')).toBeDefined()
  })

  test('a factor is set up; taking it away and new codes need it again', async () => {
    const { person, clock, factors, sato } = await signedIn()
    const { page } = await person.get('/account/factors')
    const codes = URI.parse(/href="(otpauth:[^"]*)"/.exec(page)![1]!.replaceAll('&amp;', '&')) as TOTP
    expect((await person.post('/enrol', { code: codes.generate({ timestamp: clock.nowMs }) })).status).toBe(200)
    clock.nowMs += 11 * MINUTE_MS
    await person.get('/account')
    expect((await person.post('/account/recovery-codes')).location).toBe('/step-up?to=%2F')
    expect((await person.get('/account/factors')).location).toBe('/step-up?to=%2Faccount%2Ffactors')
    await person.get('/step-up')
    expect((await person.post('/second-factor', { code: codes.generate({ timestamp: clock.nowMs }), to: '/account' })).location).toBe('/account')
    await person.get('/account')
    expect((await person.post('/account/recovery-codes')).page).toContain('予備コード')
    await person.get('/account')
    expect((await person.post('/account/factors/remove', { kind: 'totp' })).location).toBe('/account')
    expect(factors.of(sato.personId)).toEqual([])
  })

  test('absence and delegation', async () => {
    const { person, memberships, mailboxes, people, sato, today } = await signedIn()
    const ito = people.add({ tenant: 'default', login: 'ito', name: '伊藤', roles: ['staff'], fromDate: '2020-04-01' }, BY)
    expect((await person.post('/account/away', { 'away-from': '2027-04-02', 'away-to': '2027-04-01' })).status).toBe(422)
    await person.post('/account/away', { 'away-from': '2027-04-01', 'away-to': '2027-04-03' })
    expect(memberships.isAway(sato.personId, today())).toBe(true)
    expect((await person.get('/account')).page).toContain('今日は不在')
    await person.post('/account/back')
    expect(memberships.isAway(sato.personId, today())).toBe(false)
    expect((await person.post('/account/delegation', { delegate: 'nobody', 'delegate-from': '2027-04-01', 'delegate-to': '2027-04-30' })).page).toContain('相手が見つかりません')
    await person.post('/account/delegation', { delegate: 'ito', 'delegate-from': '2027-04-01', 'delegate-to': '2027-04-30' })
    expect(mailboxes.mailboxesOf(ito.personId, today())).toEqual(['sato@town.example.jp'])
    expect((await person.get('/account')).page).toContain('伊藤（2027-04-01から2027-04-30まで）')
  })
})

describe('the staff card', () => {
  const card = { 'x-card': 'ab'.repeat(32), 'x-forwarded-for': '10.1.2.3' }

  test('is registered while signed in, and signs in from then on', async () => {
    const house = await withPerson()
    const codes = house.withTotp(house.sato)
    const person = house.visitor('inner', card)
    expect((await person.get('/sign-in')).page).toContain('職員証でサインイン')
    expect((await person.post('/sign-in', { by: 'card' })).page).toContain('登録されていません')
    await person.post('/sign-in', signIn)
    await person.get('/second-factor')
    await person.post('/second-factor', { code: codes.generate({ timestamp: house.clock.nowMs }) })
    await person.get('/account')
    expect((await person.post('/account/card')).location).toBe('/account')
    const later = house.visitor('inner', card)
    expect((await later.post('/sign-in', { by: 'card' })).location).toBe('/second-factor')
    expect((await house.visitor().post('/sign-in', { by: 'card' })).status).toBe(422)
  })
})
