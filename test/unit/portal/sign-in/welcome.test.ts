/** Links that are good once: the first administrator, and new persons. */
import { expect, test } from 'vitest'
import { BY, MINUTE_MS, openHouse, PASSWORD, VISITOR } from '../support/house.ts'

const KANRI = { login: 'kanri', name: '管理 一郎', mailbox: 'kanri@town.example.jp', password: PASSWORD }

test('the first administrator comes by a link, and sets up a second factor next', async () => {
  const { welcome, people, db } = await openHouse()
  const token = welcome.firstLink('default')!
  expect(welcome.look(token)).toEqual({ kind: 'first' })
  expect(welcome.look(token)).toEqual({ kind: 'first' })
  expect(await welcome.setUp(token, KANRI, VISITOR)).toMatchObject({ kind: 'go-on', stage: 'enrol', person: { login: 'kanri', roles: new Set(['staff', 'administrator']) } })
  expect(await welcome.setUp(token, { ...KANRI, login: 'other' }, VISITOR)).toEqual({ kind: 'gone' })
  expect(welcome.firstLink('default')).toBeUndefined()
  expect(people.list('default', { limit: 9 })).toHaveLength(1)
  expect(JSON.stringify(db.all('SELECT * FROM links'))).not.toContain(token)
})

test('two who come at once are one administrator', async () => {
  const { welcome, people } = await openHouse()
  const token = welcome.firstLink('default')!
  const answers = await Promise.all(['a', 'b'].map(login => welcome.setUp(token, { ...KANRI, login, mailbox: '' }, VISITOR)))
  expect(answers.map(answer => answer.kind).sort()).toEqual(['go-on', 'gone'])
  expect(people.list('default', { limit: 9 })).toHaveLength(1)
})

test('a weak password or a bad login leaves the link as it was', async () => {
  const { welcome } = await openHouse()
  const token = welcome.firstLink('default')!
  expect(await welcome.setUp(token, { ...KANRI, password: 'kanrikanrikanri' }, VISITOR)).toEqual({ kind: 'unfit', problem: 'too-common' })
  expect(await welcome.setUp(token, { ...KANRI, login: 'no login' }, VISITOR)).toEqual({ kind: 'problem', key: 'login' })
  expect(welcome.look(token)).toEqual({ kind: 'first' })
})

test('after a day, or once there is a newer one, a link is gone', async () => {
  const { welcome, clock } = await openHouse()
  const old = welcome.firstLink('default')!
  const token = welcome.firstLink('default')!
  expect(welcome.look(old)).toEqual({ kind: 'gone' })
  clock.nowMs += 24 * 60 * MINUTE_MS
  expect(welcome.look(token)).toEqual({ kind: 'gone' })
  for (const nonsense of ['', 'x', 'A'.repeat(32), 'A'.repeat(1_000_000)]) expect(welcome.look(nonsense)).toEqual({ kind: 'gone' })
})

test('a new person chooses a password, once', async () => {
  const { welcome, links, person, signIn } = await openHouse()
  const { personId } = person('sato')
  const token = links.make({ tenant: 'default', personId }, 72)
  expect(welcome.look(token)).toEqual({ kind: 'invited', login: 'sato', name: 'sato 太郎' })
  expect(await welcome.choosePassword(token, 'satosatosato', VISITOR)).toEqual({ kind: 'unfit', problem: 'too-common' })
  expect(await welcome.choosePassword(token, PASSWORD, VISITOR)).toMatchObject({ kind: 'signed-in', person: { login: 'sato' } })
  expect(await welcome.choosePassword(token, PASSWORD, VISITOR)).toEqual({ kind: 'gone' })
  expect(await signIn.withPassword({ tenant: 'default', login: 'sato', password: PASSWORD }, VISITOR)).toMatchObject({ kind: 'signed-in' })
})

test('a link for a person makes no administrator, the first one’s sets nobody’s password', async () => {
  const { welcome, links, person } = await openHouse()
  const { personId } = person('sato')
  expect(await welcome.setUp(links.make({ tenant: 'default', personId }, 72), KANRI, VISITOR)).toEqual({ kind: 'gone' })
  expect(await welcome.choosePassword(welcome.firstLink('default')!, PASSWORD, VISITOR)).toEqual({ kind: 'gone' })
})

test('who was disabled meanwhile stays outside', async () => {
  const { welcome, links, person, people } = await openHouse()
  const { personId } = person('sato')
  const token = links.make({ tenant: 'default', personId }, 72)
  people.setDisabled(personId, true, BY)
  expect(await welcome.choosePassword(token, PASSWORD, VISITOR)).toEqual({ kind: 'gone' })
})
