/** Sessions: what ends them, what the cookie is worth, what a row gives away. */
import { expect, test } from 'vitest'
import { MINUTE_MS, openHouse, VISITOR } from '../support/house.ts'

const OPEN = { method: 'password', factors: 'one', stage: 'open', ...VISITOR } as const

test('the cookie is nowhere in the database', async () => {
  const { sessions, person, db } = await openHouse()
  const cookie = sessions.begin(person('sato').personId, 'default', OPEN)
  expect(cookie).toMatch(/^[\w-]{43}$/)
  expect(JSON.stringify(db.all('SELECT * FROM sessions'))).not.toContain(cookie)
  expect(sessions.find(cookie, 'inner')!.session.csrfToken).not.toContain(cookie)
})

test.each([undefined, '', 'x', 'A'.repeat(43), "' OR 1=1 --", 'A'.repeat(100_000)])('%j is nobody', async cookie => {
  const { sessions, person } = await openHouse()
  sessions.begin(person('sato').personId, 'default', OPEN)
  expect(sessions.find(cookie, 'inner')).toBeUndefined()
  expect(sessions.unfinished(cookie, 'inner')).toBeUndefined()
})

test('idle for 15 minutes it is over; a click in between keeps it', async () => {
  const { sessions, person, clock } = await openHouse()
  const cookie = sessions.begin(person('sato').personId, 'default', OPEN)
  for (let minutes = 0; minutes < 42; minutes += 14) {
    clock.nowMs += 14 * MINUTE_MS
    expect(sessions.find(cookie, 'inner')).toBeDefined()
  }
  clock.nowMs += 15 * MINUTE_MS
  expect(sessions.find(cookie, 'inner')).toBeUndefined()
})

test('after 8 hours it is over, however busy', async () => {
  const { sessions, person, clock } = await openHouse()
  const cookie = sessions.begin(person('sato').personId, 'default', OPEN)
  for (let minutes = 10; minutes < 480; minutes += 10) {
    clock.nowMs += 10 * MINUTE_MS
    expect(sessions.find(cookie, 'inner')).toBeDefined()
  }
  clock.nowMs += 10 * MINUTE_MS
  expect(sessions.find(cookie, 'inner')).toBeUndefined()
})

test('an unfinished sign-in is no session, and has ten minutes', async () => {
  const { sessions, person, clock } = await openHouse()
  const cookie = sessions.begin(person('sato').personId, 'default', { ...OPEN, stage: 'second-factor' })
  expect(sessions.find(cookie, 'inner')).toBeUndefined()
  expect(sessions.unfinished(cookie, 'inner')).toMatchObject({ stage: 'second-factor', person: { login: 'sato' } })
  clock.nowMs += 10 * MINUTE_MS
  expect(sessions.unfinished(cookie, 'inner')).toBeUndefined()
})

test('a stronger session has another number, the old one is void', async () => {
  const { sessions, person, clock } = await openHouse()
  const cookie = sessions.begin(person('sato').personId, 'default', OPEN)
  const before = sessions.find(cookie, 'inner')!
  clock.nowMs += MINUTE_MS
  const raised = sessions.raise(before.session.sessionId, { stage: 'open', factors: 'two', steppedUp: true, face: 'inner' })
  expect(sessions.find(cookie, 'inner')).toBeUndefined()
  const after = sessions.find(raised, 'inner')!
  expect(after.session).toMatchObject({ sessionId: before.session.sessionId, factors: 'two', steppedUpAtMs: clock.nowMs })
  expect(after.session.csrfToken).not.toBe(before.session.csrfToken)
})

test('one ends own sessions only', async () => {
  const { sessions, person } = await openHouse()
  const [sato, ito] = [person('sato'), person('ito')]
  const mine = sessions.begin(sato.personId, 'default', OPEN)
  const other = sessions.begin(sato.personId, 'default', OPEN)
  const theirs = sessions.begin(ito.personId, 'default', OPEN)
  const idOf = (cookie: string) => sessions.find(cookie, 'inner')!.session.sessionId
  expect(sessions.end(sato.personId, idOf(theirs))).toBe(false)
  expect(sessions.find(theirs, 'inner')).toBeDefined()
  expect(sessions.ofPerson(sato.personId)).toHaveLength(2)
  expect(sessions.endOthers(sato.personId, idOf(mine))).toBe(1)
  expect(sessions.find(other, 'inner')).toBeUndefined()
  expect(sessions.find(mine, 'inner')).toBeDefined()
})

test('more sessions than allowed end the oldest', async () => {
  const { sessions, person, clock } = await openHouse()
  const { personId } = person('sato')
  const cookies = Array.from({ length: 6 }, () => {
    clock.nowMs += 1_000
    return sessions.begin(personId, 'default', OPEN)
  })
  expect(cookies.map(cookie => sessions.find(cookie, 'inner') !== undefined)).toEqual([false, true, true, true, true, true])
})

test('a challenge is good once', async () => {
  const { sessions, person } = await openHouse()
  const { session } = sessions.find(sessions.begin(person('sato').personId, 'default', OPEN), 'inner')!
  sessions.setChallenge(session.sessionId, 'abc')
  expect(sessions.takeChallenge(session.sessionId)).toBe('abc')
  expect(sessions.takeChallenge(session.sessionId)).toBe('')
})

test('a session counts on the face that it was begun on, and nowhere else, after each step of it', async () => {
  const { sessions, signIn, person } = await openHouse()
  const cookie = sessions.begin(person('sato').personId, 'default', OPEN)
  const { sessionId } = sessions.find(cookie, 'inner')!.session
  for (const face of ['outer', 'admin', '']) {
    expect([face, sessions.find(cookie, face), sessions.unfinished(cookie, face)]).toEqual([face, undefined, undefined])
    signIn.signOut(cookie, face)
  }
  const raised = sessions.raise(sessionId, { stage: 'open', factors: 'two', steppedUp: true, face: 'outer' })
  expect([sessions.find(raised, 'inner'), sessions.find(raised, 'outer')?.session.sessionId]).toEqual([undefined, sessionId])
})
