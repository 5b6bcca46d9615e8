/** Whose mail somebody sees on a day, and who sees what came to an address. */
import { describe, expect, test } from 'vitest'
import { BY, openHouse } from '../support/house.ts'

const SHARED = 'zeimu@town.example.jp'

async function town() {
  const house = await openHouse()
  const tax = house.departments.add({ tenant: 'default', code: '101', name: '税務課', fromDate: '2020-04-01' }, BY).departmentId
  const [sato, ito] = [house.person('sato'), house.person('ito')]
  house.memberships.join({ personId: sato.personId, departmentId: tax, kind: 'main', post: '', approves: false, fromDate: '2020-04-01', toDate: '2028-03-31' }, BY)
  house.mailboxes.addShared({ tenant: 'default', address: SHARED, name: '税務課' }, BY)
  house.mailboxes.addHolder('default', SHARED, { departmentId: tax, fromDate: '2020-04-01' }, BY)
  const book = (address: string, kind: 'alias' | 'list', targets: readonly string[], tenant = 'default') => {
    house.db.run('INSERT INTO book_entries VALUES (?, ?, ?, ?)', tenant, address, kind, '')
    for (const target of targets) house.db.run('INSERT INTO book_targets VALUES (?, ?, ?)', tenant, address, target)
  }
  const access = (personId: number, day = house.today()) => Object.fromEntries(house.mailboxes.accessOf(personId, day).map(({ address, relation }) => [address.split('@')[0], relation]))
  return { ...house, tax, sato, ito, book, access }
}

test('the own mailbox, and a shared one while one belongs there', async () => {
  const { sato, ito, access } = await town()
  expect(access(sato.personId)).toEqual({ sato: 'own', zeimu: 'shared' })
  expect(access(ito.personId)).toEqual({ ito: 'own' })
  expect(access(sato.personId, '2028-04-01')).toEqual({ sato: 'own' })
})

test('a delegation has its days', async () => {
  const { sato, ito, access, memberships } = await town()
  memberships.delegate(sato.personId, ito.personId, { fromDate: '2027-04-10', toDate: '2027-04-20' }, BY)
  expect(access(ito.personId, '2027-04-09')).toEqual({ ito: 'own' })
  expect(access(ito.personId, '2027-04-10')).toEqual({ ito: 'own', sato: 'delegated' })
  expect(access(ito.personId, '2027-04-21')).toEqual({ ito: 'own' })
  const [given] = memberships.delegationsOf(sato.personId, '2027-04-15')
  expect(memberships.endDelegation(given!.delegationId, ito.personId, '2027-04-15', BY)).toBe(false)
  expect(memberships.endDelegation(given!.delegationId, sato.personId, '2027-04-15', BY)).toBe(true)
  expect(access(ito.personId, '2027-04-16')).toEqual({ ito: 'own' })
})

test('a delegation opens the own mailbox only, not shared ones', async () => {
  const { sato, ito, access, memberships } = await town()
  memberships.delegate(sato.personId, ito.personId, { fromDate: '2027-04-01', toDate: '2027-04-20' }, BY)
  expect(access(ito.personId)).not.toHaveProperty('zeimu')
})

describe('the address book', () => {
  test('aliases and lists, also within lists; mail to a list is not one’s own', async () => {
    const { sato, book, access } = await town()
    book('hanako@town.example.jp', 'alias', ['sato@town.example.jp'])
    book('kakari@town.example.jp', 'list', ['hanako@town.example.jp', 'other@town.example.jp'])
    book('zenin@town.example.jp', 'list', ['kakari@town.example.jp'])
    book('zei@town.example.jp', 'alias', [SHARED])
    expect(access(sato.personId)).toEqual({ sato: 'own', hanako: 'own', kakari: 'shared', zenin: 'shared', zeimu: 'shared', zei: 'shared' })
  })

  test('a circle ends, and another town’s book says nothing', async () => {
    const { sato, book, access } = await town()
    book('a@town.example.jp', 'list', ['b@town.example.jp', 'sato@town.example.jp'])
    book('b@town.example.jp', 'list', ['a@town.example.jp'])
    book('c@town.example.jp', 'list', ['sato@town.example.jp'], 'otsu')
    expect(access(sato.personId)).toEqual({ sato: 'own', zeimu: 'shared', a: 'shared', b: 'shared' })
  })

  test('the strongest relation holds', async () => {
    const { sato, ito, access, memberships, mailboxes } = await town()
    memberships.delegate(sato.personId, ito.personId, { fromDate: '2027-04-01', toDate: '2027-04-20' }, BY)
    mailboxes.addHolder('default', 'sato@town.example.jp', { personId: ito.personId, fromDate: '2027-04-01' }, BY)
    expect(access(ito.personId).sato).toBe('shared')
  })
})

test('how one stands to a mail that came to several mailboxes', async () => {
  const { sato, ito, mailboxes, today } = await town()
  expect(mailboxes.relationTo(sato.personId, [SHARED, 'sato@town.example.jp'], today())).toBe('own')
  expect(mailboxes.relationTo(sato.personId, [SHARED], today())).toBe('shared')
  expect(mailboxes.relationTo(ito.personId, [SHARED], today())).toBe('none')
  expect(mailboxes.relationTo(ito.personId, [], today())).toBe('none')
})

test('who reads what came to an address: through lists, on the day, not delegates', async () => {
  const { sato, ito, book, directory, memberships } = await town()
  book('zenin@town.example.jp', 'list', [SHARED, 'ito@town.example.jp'])
  memberships.delegate(sato.personId, ito.personId, { fromDate: '2027-04-01', toDate: '2027-04-20' }, BY)
  const readers = (address: string, day: string) => directory.readersOf('default', [address], day).map(({ login }) => login)
  expect(readers('zenin@town.example.jp', '2027-04-01').sort()).toEqual(['ito', 'sato'])
  expect(readers('zenin@town.example.jp', '2028-04-01')).toEqual(['ito'])
  expect(readers('sato@town.example.jp', '2027-04-01')).toEqual(['sato'])
})

test('the highest class of mailboxes and departments', async () => {
  const { mailboxes, departments, directory, tax, book } = await town()
  const classOf = (...addresses: string[]) => directory.classificationOf('default', addresses, [tax])
  expect(classOf(SHARED)).toBeUndefined()
  departments.change(tax, { classification: 2 }, BY)
  expect(classOf('sato@town.example.jp')).toBe(2)
  mailboxes.setClassification('default', SHARED, 3, BY)
  book('zei@town.example.jp', 'alias', [SHARED])
  expect(classOf('zei@town.example.jp')).toBe(3)
})

test.each([
  ['mailbox-taken', 'sato@town.example.jp'],
  ['mailbox-taken', 'ZEIMU@town.example.jp'],
  ['mailbox', 'no mailbox'],
])('%s: %s cannot become a shared mailbox', async (key, address) => {
  const { mailboxes } = await town()
  expect(() => mailboxes.addShared({ tenant: 'default', address, name: 'x' }, BY)).toThrow(expect.objectContaining({ key }))
})

describe('a department below', () => {
  async function office(sharesAbove: boolean) {
    const house = await town()
    const unit = house.departments.add({ tenant: 'default', code: '1011', name: '市民税係', parentCode: '101', sharesAbove, fromDate: '2020-04-01' }, BY).departmentId
    house.memberships.join({ personId: house.ito.personId, departmentId: unit, kind: 'main', post: '', approves: false, fromDate: '2020-04-01' }, BY)
    return { ...house, unit }
  }

  test('does not see the shared mailbox of the one above by itself', async () => {
    const { ito, access, mailboxes, today, sato } = await office(false)
    expect(access(ito.personId)).toEqual({ ito: 'own' })
    expect(mailboxes.readersOf('default', [SHARED], today())).toEqual([sato.personId])
  })

  test('sees it where the tree says so, from either side, until the tree changes', async () => {
    const { ito, sato, access, mailboxes, departments, unit, today } = await office(true)
    expect(access(ito.personId)).toEqual({ ito: 'own', zeimu: 'shared' })
    expect(mailboxes.readersOf('default', [SHARED], today()).sort()).toEqual([sato.personId, ito.personId].sort())
    departments.change(unit, { sharesAbove: false }, BY)
    expect(access(ito.personId)).toEqual({ ito: 'own' })
  })

  test('goes up as far as each step says, never sideways or down', async () => {
    const { ito, sato, access, mailboxes, departments, tax } = await office(true)
    departments.add({ tenant: 'default', code: '1', name: '総務部', fromDate: '2020-04-01' }, BY)
    departments.change(tax, { parentCode: '1' }, BY)
    mailboxes.addShared({ tenant: 'default', address: 'bu@town.example.jp', name: '総務部' }, BY)
    mailboxes.addHolder('default', 'bu@town.example.jp', { departmentId: departments.byCode('default', '1')!.departmentId, fromDate: '2020-04-01' }, BY)
    mailboxes.addShared({ tenant: 'default', address: 'kakari@town.example.jp', name: '市民税係' }, BY)
    mailboxes.addHolder('default', 'kakari@town.example.jp', { departmentId: departments.byCode('default', '1011')!.departmentId, fromDate: '2020-04-01' }, BY)
    expect(access(ito.personId)).toEqual({ ito: 'own', zeimu: 'shared', kakari: 'shared' })
    expect(access(sato.personId)).toEqual({ sato: 'own', zeimu: 'shared' })
    departments.change(tax, { sharesAbove: true }, BY)
    expect(access(ito.personId)).toEqual({ ito: 'own', zeimu: 'shared', kakari: 'shared', bu: 'shared' })
    expect(access(sato.personId)).toEqual({ sato: 'own', zeimu: 'shared', bu: 'shared' })
  })
})
