/** Persons: what may be written down, and what a change ends. */
import { describe, expect, test } from 'vitest'
import { openHouse, BY, VISITOR } from '../support/house.ts'

const SATO = { tenant: 'default', login: 'sato', name: '佐藤 花子', roles: ['staff'], mailbox: 'Sato@Town.example.jp' } as const

test('a person is found by login whatever its case, with a mailbox in lower case', async () => {
  const { people, today } = await openHouse()
  const added = people.add({ ...SATO, login: 'ＳＡＴＯ' }, BY)
  expect(people.byLogin('default', 'Sato')).toEqual(added)
  expect(added).toMatchObject({ login: 'sato', mailbox: 'sato@town.example.jp', roles: ['staff'], disabled: false })
  expect(people.person(added.personId, today())).toMatchObject({ login: 'sato', roles: new Set(['staff']), departments: [] })
})

test('the same login in another town is another person', async () => {
  const { people } = await openHouse()
  const here = people.add(SATO, BY)
  const there = people.add({ ...SATO, tenant: 'otsu' }, BY)
  expect(people.byLogin('otsu', 'sato')!.personId).toBe(there.personId)
  expect(there.personId).not.toBe(here.personId)
})

test.each([
  ['login', { login: 'sa to' }],
  ['login', { login: "sato'--" }],
  ['login', { login: '' }],
  ['login-taken', { login: 'SUZUKI' }],
  ['name', { name: ' ' }],
  ['name', { name: 'a\u202eb' }],
  ['mailbox', { mailbox: 'no mailbox' }],
  ['mailbox', { mailbox: 'a@b@town.example.jp' }],
  ['mailbox-taken', { mailbox: 'suzuki@town.example.jp' }],
  ['staff-number-taken', { staffNumber: '7' }],
])('%s is refused: %o', async (key, change) => {
  const { people, person } = await openHouse()
  people.change(person('suzuki').personId, { staffNumber: '7' }, BY)
  expect(() => people.add({ ...SATO, ...change }, BY)).toThrow(expect.objectContaining({ key }))
  expect(people.list('default', { limit: 10 }).map(each => each.login)).toEqual(['suzuki'])
})

test('before the first day, after the last and while disabled nobody is anybody', async () => {
  const { people } = await openHouse()
  const { personId } = people.add({ ...SATO, fromDate: '2027-04-01', toDate: '2028-03-31' }, BY)
  expect(people.person(personId, '2027-03-31')).toBeUndefined()
  expect(people.person(personId, '2027-04-01')).toBeDefined()
  expect(people.person(personId, '2028-03-31')).toBeDefined()
  expect(people.person(personId, '2028-04-01')).toBeUndefined()
  people.setDisabled(personId, true, BY)
  expect(people.person(personId, '2027-04-01')).toBeUndefined()
})

describe('what ends sessions', () => {
  test.each([
    ['other roles', ({ people }, id) => people.change(id, { roles: ['staff', 'auditor'] }, BY), true],
    ['disabled', ({ people }, id) => people.setDisabled(id, true, BY), true],
    ['enabled again', ({ people }, id) => [true, false].map(disabled => people.setDisabled(id, disabled, BY)), true],
    ['another language', ({ people }, id) => people.change(id, { language: 'en' }, BY), false],
    ['the same roles', ({ people }, id) => people.change(id, { roles: ['staff'] }, BY), false],
  ] as readonly [string, (house: Awaited<ReturnType<typeof openHouse>>, id: number) => unknown, boolean][])('%s', async (_, act, ends) => {
    const house = await openHouse()
    const { personId } = house.person('sato')
    const opening = { method: 'password', factors: 'one', stage: 'open', ...VISITOR } as const
    const cookie = house.sessions.begin(personId, 'default', opening)
    expect(house.sessions.find(cookie, 'inner')).toBeDefined()
    act(house, personId)
    expect(house.sessions.find(cookie, 'inner') === undefined).toBe(ends)
    expect(house.sessions.ofPerson(personId)).toHaveLength(ends ? 0 : 1)
  })
})

test('the last administrator cannot be taken away', async () => {
  const { people, person } = await openHouse()
  const kanri = person('kanri', ['administrator'])
  expect(() => people.setDisabled(kanri.personId, true, BY)).toThrow(expect.objectContaining({ key: 'last-administrator' }))
  expect(() => people.change(kanri.personId, { roles: ['staff'] }, BY)).toThrow(expect.objectContaining({ key: 'last-administrator' }))
  person('fuku', ['administrator'])
  people.setDisabled(kanri.personId, true, BY)
  expect(people.byId(kanri.personId)!.disabled).toBe(true)
})

test('every change says who, what and why in the chain', async () => {
  const { people, person, records, db } = await openHouse()
  const { personId } = person('sato')
  people.change(personId, { roles: ['staff', 'auditor'] }, { actor: 'os:root', reason: '監査委員になった' })
  expect(records('person').at(-1)).toEqual({
    actor: 'os:root',
    subject: 'sato',
    detail: { act: 'change', roles: 'staff auditor', reason: '監査委員になった' },
  })
  expect(db.verifyAudit()).toMatchObject({ ok: true })
})

test('lists go on after a login and look into names', async () => {
  const { people, person } = await openHouse()
  for (const login of ['ito', 'kato', 'sato']) person(login)
  expect(people.list('default', { limit: 2 }).map(each => each.login)).toEqual(['ito', 'kato'])
  expect(people.list('default', { limit: 2, afterLogin: 'kato' }).map(each => each.login)).toEqual(['sato'])
  expect(people.list('default', { limit: 9, words: 'ATO 太' }).map(each => each.login)).toEqual(['kato', 'sato'])
  expect(people.list('default', { limit: 9, words: '%' })).toEqual([])
})
