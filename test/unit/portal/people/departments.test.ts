/** Departments, memberships, absence and deputies: who approves what on which day. */
import { describe, expect, test } from 'vitest'
import { BY, type House, openHouse } from '../support/house.ts'

/** 市長部局 ▸ 総務部 ▸ 税務課, 情報政策課; and the assembly's office apart. */
async function town() {
  const house = await openHouse()
  const add = (code: string, name: string, parentCode?: string, classification?: 1 | 2 | 3) =>
    house.departments.add({ tenant: 'default', code, name, parentCode, classification, fromDate: '2020-04-01' }, BY).departmentId
  const ids = { mayor: add('1', '市長部局'), general: add('10', '総務部', '1', 2), tax: add('101', '税務課', '10', 3), it: add('102', '情報政策課', '10'), assembly: add('9', '議会事務局') }
  const join = (login: string, departmentId: number, more: { approves?: boolean; kind?: 'main' | 'concurrent'; toDate?: string; fromDate?: string } = {}) => {
    const person = house.people.byLogin('default', login) ?? house.person(login)
    house.memberships.join({ personId: person.personId, departmentId, kind: 'main', post: '', approves: false, fromDate: '2020-04-01', ...more }, BY)
    return person
  }
  const approvers = (login: string, day = house.today()) =>
    house.directory
      .approversFor(house.people.byLogin('default', login)!.personId, day)
      .map(level => level.map(({ person, inPlaceOf }) => (inPlaceOf ? `${person.login}(${inPlaceOf.login})` : person.login)))
  return { ...house, ids, join, approvers }
}

test('a tree has paths, and classes come from above', async () => {
  const { departments, ids } = await town()
  expect(departments.pathOf(ids.tax)).toBe('市長部局 総務部 税務課')
  expect(departments.classOf(ids.tax)).toBe(3)
  expect(departments.classOf(ids.it)).toBe(2)
  expect(departments.classOf(ids.assembly)).toBeUndefined()
  expect(departments.list('default', '2020-03-31')).toEqual([])
})

test.each([
  ['department-taken', (house: House) => house.departments.add({ tenant: 'default', code: '101', name: 'x' }, BY)],
  ['department', (house: House) => house.departments.add({ tenant: 'default', code: 'a b', name: 'x' }, BY)],
  ['department', (house: House) => house.departments.add({ tenant: 'default', code: '5', name: 'x', parentCode: '404' }, BY)],
  ['department', (house: House) => house.departments.change(house.departments.byCode('default', '1')!.departmentId, { parentCode: '101' }, BY)],
  ['name', (house: House) => house.departments.add({ tenant: 'default', code: '5', name: '' }, BY)],
])('%s is refused', async (key, act) => {
  const house = await town()
  expect(() => act(house)).toThrow(expect.objectContaining({ key }))
})

describe('approvers', () => {
  test('of one’s own department first, then above; concurrent posts count', async () => {
    const { ids, join, approvers } = await town()
    join('sato', ids.tax)
    join('kacho', ids.tax, { approves: true })
    join('bucho', ids.general, { approves: true })
    expect(approvers('sato')).toEqual([['kacho'], ['bucho'], []])
    join('sato', ids.assembly, { kind: 'concurrent' })
    join('gikai', ids.assembly, { approves: true })
    expect(approvers('sato')).toEqual([['kacho', 'gikai'], ['bucho'], []])
  })

  test('approver is a role of the day', async () => {
    const { ids, join, people, approvers } = await town()
    const kacho = join('kacho', ids.tax, { approves: true, fromDate: '2027-04-01', toDate: '2028-03-31' })
    join('sato', ids.tax)
    const isApprover = (day: string) => people.person(kacho.personId, day)!.roles.has('approver')
    expect(['2027-03-31', '2027-04-01', '2028-03-31', '2028-04-01'].map(isApprover)).toEqual([false, true, true, false])
    expect(approvers('sato', '2028-04-01')).toEqual([[], [], []])
  })

  test('who is away is not asked, deputies who are there act in their place', async () => {
    const { ids, join, memberships, approvers, people } = await town()
    join('sato', ids.tax)
    const [kacho, shusa, kakaricho] = [join('kacho', ids.tax, { approves: true }), join('shusa', ids.tax), join('kakaricho', ids.tax)]
    memberships.setDeputy(kacho.personId, kakaricho.personId, 2, { fromDate: '2027-04-01' }, BY)
    memberships.setDeputy(kacho.personId, shusa.personId, 1, { fromDate: '2027-04-01' }, BY)
    expect(approvers('sato')[0]).toEqual(['kacho'])
    memberships.setAway(kacho.personId, 'away', { fromDate: '2027-04-01', toDate: '2027-04-03' }, BY)
    expect(approvers('sato')[0]).toEqual(['shusa(kacho)', 'kakaricho(kacho)'])
    memberships.setAway(shusa.personId, 'leave', { fromDate: '2027-04-01' }, BY)
    expect(approvers('sato')[0]).toEqual(['kakaricho(kacho)'])
    expect(approvers('sato', '2027-04-04')[0]).toEqual(['kacho'])
    expect(people.person(kakaricho.personId, '2027-04-01')!.roles.has('approver')).toBe(true)
    memberships.setBack(kacho.personId, '2027-04-02', BY)
    expect(approvers('sato', '2027-04-02')[0]).toEqual(['kacho'])
    memberships.endDeputy(kacho.personId, kakaricho.personId, '2027-03-31', BY)
    expect(approvers('sato')[0]).toEqual([])
  })

  test('who was disabled or whose term is over is nobody’s approver', async () => {
    const { ids, join, people, approvers } = await town()
    join('sato', ids.tax)
    const kacho = join('kacho', ids.tax, { approves: true })
    people.setDisabled(kacho.personId, true, BY)
    expect(approvers('sato')[0]).toEqual([])
    const other = join('other', ids.tax, { approves: true })
    people.change(other.personId, { toDate: '2027-03-31' }, BY)
    expect(approvers('sato')[0]).toEqual([])
  })

  test('of a department by its code, and in no other town', async () => {
    const { ids, join, directory, today } = await town()
    join('kacho', ids.tax, { approves: true })
    expect(directory.approversOf('default', '101', today()).map(each => each.person.login)).toEqual(['kacho'])
    expect(directory.approversOf('otsu', '101', today())).toEqual([])
    expect(directory.approversOf('default', '404', today())).toEqual([])
  })
})

test('a membership that ends before it began never was', async () => {
  const { ids, join, memberships } = await town()
  const sato = join('sato', ids.tax, { fromDate: '2027-10-01' })
  const [row] = memberships.from(sato.personId, '2027-04-01')
  memberships.leave(row!.membershipId, '2027-09-30', BY)
  expect(memberships.from(sato.personId, '2027-04-01')).toEqual([])
})

test('nobody is their own deputy or delegate, and not across towns', async () => {
  const { join, ids, memberships, people } = await town()
  const sato = join('sato', ids.tax)
  const there = people.add({ tenant: 'otsu', login: 'x', name: 'x', roles: ['staff'] }, BY)
  const span = { fromDate: '2027-04-01', toDate: '2027-04-30' }
  expect(() => memberships.setDeputy(sato.personId, sato.personId, 1, span, BY)).toThrow(expect.objectContaining({ key: 'oneself' }))
  expect(() => memberships.delegate(sato.personId, there.personId, span, BY)).toThrow(expect.objectContaining({ key: 'nobody' }))
  expect(() => memberships.delegate(sato.personId, sato.personId, { ...span, toDate: '2027-03-01' }, BY)).toThrow(expect.objectContaining({ key: 'dates' }))
  expect(() => memberships.join({ personId: there.personId, departmentId: ids.tax, kind: 'main', post: '', approves: false, fromDate: '2027-04-01' }, BY)).toThrow(
    expect.objectContaining({ key: 'department' }),
  )
})
