/** Signing in with a password: the way, the refusals, lock-out, and what stands in the chain. */
import { describe, expect, test } from 'vitest'
import { BY, type House, MINUTE_MS, openHouse, PASSWORD, VISITOR } from '../support/house.ts'
import { accountKey, addressKey } from '../../../../portal/sign-in/lock-out.ts'

const tryPassword = (house: House, login: string, password: string, visitor = VISITOR) => house.signIn.withPassword({ tenant: 'default', login, password }, visitor)

async function withPerson(login = 'sato', options: Parameters<typeof openHouse>[0] = {}, roles: Parameters<House['person']>[1] = ['staff']) {
  const house = await openHouse(options)
  const record = house.person(login, roles)
  expect(await house.passwords.set(record.personId, PASSWORD, false, BY)).toBeUndefined()
  return { ...house, record }
}

test('the right password opens a session', async () => {
  const house = await withPerson()
  const answer = await tryPassword(house, ' SATO ', PASSWORD)
  expect(answer).toMatchObject({ kind: 'signed-in', person: { login: 'sato' } })
  if (answer.kind !== 'signed-in') return
  expect(house.sessions.find(answer.cookie, 'inner')!.session).toMatchObject({ factors: 'one', steppedUpAtMs: undefined })
  house.signIn.signOut(answer.cookie, 'inner')
  expect(house.sessions.find(answer.cookie, 'inner')).toBeUndefined()
  expect(house.records('sign-in')).toEqual([{ actor: 'user:sato', subject: 'sato', detail: { method: 'password', address: '192.0.2.7', next: 'open' } }])
  expect(house.records('sign-out')).toHaveLength(1)
})

test('wrong password, unknown login, disabled account and no password get the same answer', async () => {
  const house = await withPerson()
  house.person('nopass')
  const gone = house.person('gone')
  await house.passwords.set(gone.personId, PASSWORD, false, BY)
  house.people.setDisabled(gone.personId, true, BY)
  const answers = [
    await tryPassword(house, 'sato', 'wrong'),
    await tryPassword(house, 'nobody', PASSWORD),
    await tryPassword(house, 'gone', PASSWORD),
    await tryPassword(house, 'nopass', ''),
  ]
  for (const answer of answers) expect(answer).toEqual({ kind: 'refused', why: 'wrong', retryAfterMs: 0 })
})

test('what was typed in place of a login is not written down', async () => {
  const house = await withPerson()
  await tryPassword(house, 'my-secret-password', 'x')
  expect(house.records('sign-in-refused')).toEqual([{ actor: 'system', subject: '(unknown)', detail: { method: 'password', address: '192.0.2.7' } }])
})

describe('lock-out', () => {
  test('after five wrong ones even the right one waits, longer each time, and success starts anew', async () => {
    const house = await withPerson()
    for (let n = 0; n < 5; n++) expect(await tryPassword(house, 'sato', 'wrong')).toMatchObject({ why: 'wrong' })
    expect(await tryPassword(house, 'sato', PASSWORD)).toEqual({ kind: 'refused', why: 'locked', retryAfterMs: 30_000 })
    house.clock.nowMs += 30_000
    expect(await tryPassword(house, 'sato', 'wrong')).toMatchObject({ why: 'wrong' })
    expect(await tryPassword(house, 'sato', PASSWORD)).toMatchObject({ why: 'locked', retryAfterMs: 60_000 })
    house.clock.nowMs += 60_000
    expect(await tryPassword(house, 'sato', PASSWORD)).toMatchObject({ kind: 'signed-in' })
    expect(await tryPassword(house, 'sato', 'wrong')).toMatchObject({ why: 'wrong' })
    expect(await tryPassword(house, 'sato', PASSWORD)).toMatchObject({ kind: 'signed-in' })
  })

  test('an account that does not exist is locked just so', async () => {
    const house = await withPerson()
    for (let n = 0; n < 5; n++) await tryPassword(house, 'nobody', 'wrong')
    expect(await tryPassword(house, 'nobody', 'wrong')).toMatchObject({ why: 'locked', retryAfterMs: 30_000 })
  })

  test('tries at once count, too', async () => {
    const house = await withPerson()
    const answers = await Promise.all(Array.from({ length: 20 }, () => tryPassword(house, 'sato', 'wrong')))
    expect(answers.filter(answer => answer.kind === 'refused' && answer.why === 'wrong')).toHaveLength(5)
  })

  test('never longer than 15 minutes', async () => {
    const { lockOut, clock } = await openHouse()
    const key = accountKey('default', 'sato')
    for (let n = 0; n < 40; n++) {
      const begun = lockOut.begin([key])
      if (begun.kind === 'locked') clock.nowMs += begun.retryAfterMs
      if (begun.kind === 'locked') expect(begun.retryAfterMs).toBeLessThanOrEqual(15 * MINUTE_MS)
    }
  })

  test('an address that tries many accounts is locked, the same accounts from elsewhere are not', async () => {
    const { lockOut } = await openHouse()
    const from = (address: string, login: string) => lockOut.begin([accountKey('default', login), addressKey('default', address)]).kind
    for (let n = 0; n < 100; n++) expect(from('192.0.2.9', `login${n}`)).toBe('go')
    expect(from('192.0.2.9', 'fresh')).toBe('locked')
    expect(from('192.0.2.10', 'fresh')).toBe('go')
  })

  test('an office that mistypes now and then is not locked out', async () => {
    const { lockOut, clock } = await openHouse()
    for (let n = 0; n < 500; n++) {
      expect(lockOut.begin([addressKey('default', '192.0.2.9')]).kind).toBe('go')
      clock.nowMs += MINUTE_MS
    }
  })

  test.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', true],
    ['2001:db8:1:2::1', '2001:DB8:0001:0002:a:b:c:d', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['::1', '::2', true],
    ['192.0.2.1', '192.0.2.2', false],
  ])('%s and %s are one household: %s', (a, b, same) => expect(addressKey('t', a).name === addressKey('t', b).name).toBe(same))
})

describe('what comes after the password', () => {
  test('the second factor, for whoever has one', async () => {
    const house = await withPerson()
    const codes = house.withTotp(house.record)
    const answer = await tryPassword(house, 'sato', PASSWORD)
    expect(answer).toMatchObject({ kind: 'go-on', stage: 'second-factor' })
    if (answer.kind !== 'go-on') return
    expect(house.sessions.find(answer.cookie, 'inner')).toBeUndefined()
    const unfinished = house.sessions.unfinished(answer.cookie, 'inner')!
    const wrong = house.signIn.secondFactor(unfinished, house.factors.checkCode(unfinished.person, '000000'), VISITOR)
    expect(wrong).toMatchObject({ kind: 'refused', why: 'wrong' })
    const code = codes.generate({ timestamp: house.clock.nowMs })
    const done = house.signIn.secondFactor(unfinished, house.factors.checkCode(unfinished.person, code), VISITOR)
    expect(done).toMatchObject({ kind: 'signed-in' })
    if (done.kind === 'signed-in') expect(house.sessions.find(done.cookie, 'inner')!.session).toMatchObject({ factors: 'two', steppedUpAtMs: house.clock.nowMs })
    expect(house.sessions.unfinished(answer.cookie, 'inner')).toBeUndefined()
  })

  test('setting one up, for a role that needs it and has none', async () => {
    const house = await withPerson('kanri', {}, ['administrator'])
    expect(await tryPassword(house, 'kanri', PASSWORD)).toMatchObject({ kind: 'go-on', stage: 'enrol' })
  })

  test('a new password where somebody else chose the first, after the second factor', async () => {
    const house = await withPerson()
    await house.passwords.set(house.record.personId, PASSWORD, true, BY)
    house.withTotp(house.record)
    expect(await tryPassword(house, 'sato', PASSWORD)).toMatchObject({ stage: 'second-factor' })
    house.factors.reset(house.record.personId, BY)
    const answer = await tryPassword(house, 'sato', PASSWORD)
    expect(answer).toMatchObject({ kind: 'go-on', stage: 'new-password' })
    if (answer.kind !== 'go-on') return
    const unfinished = house.sessions.unfinished(answer.cookie, 'inner')!
    expect(await house.signIn.newPassword(unfinished, PASSWORD, VISITOR)).toEqual({ kind: 'unfit', problem: 'same' })
    expect(await house.signIn.newPassword(unfinished, 'password1234', VISITOR)).toEqual({ kind: 'unfit', problem: 'too-common' })
    expect(await house.signIn.newPassword(unfinished, 'tulip-gravel-canoe', VISITOR)).toMatchObject({ kind: 'signed-in' })
    expect(await tryPassword(house, 'sato', PASSWORD)).toMatchObject({ why: 'wrong' })
    expect(await tryPassword(house, 'sato', 'tulip-gravel-canoe')).toMatchObject({ kind: 'signed-in' })
  })
})

test('a changed password ends every other session, and the current one must be known', async () => {
  const house = await withPerson()
  const [one, two] = [await tryPassword(house, 'sato', PASSWORD), await tryPassword(house, 'sato', PASSWORD)]
  if (one.kind !== 'signed-in' || two.kind !== 'signed-in') throw new Error('not signed in')
  const signedIn = house.sessions.find(one.cookie, 'inner')!
  expect(await house.signIn.changePassword(signedIn, { current: 'wrong', next: 'tulip-gravel-canoe' }, VISITOR)).toMatchObject({ kind: 'refused', why: 'wrong' })
  const changed = await house.signIn.changePassword(signedIn, { current: PASSWORD, next: 'tulip-gravel-canoe' }, VISITOR)
  expect(changed).toMatchObject({ kind: 'signed-in' })
  for (const { cookie } of [one, two]) expect(house.sessions.find(cookie, 'inner')).toBeUndefined()
  if (changed.kind === 'signed-in') expect(house.sessions.find(changed.cookie, 'inner')).toBeDefined()
})

test('no password is in the database or the chain', async () => {
  const house = await withPerson()
  await tryPassword(house, 'sato', PASSWORD)
  for (const table of ['passwords', 'audit', 'sessions', 'sign_in_failures']) expect(JSON.stringify(house.db.all(`SELECT * FROM ${table}`))).not.toContain(PASSWORD)
})
