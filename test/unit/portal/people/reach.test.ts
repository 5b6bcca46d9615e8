/** What pages show of whose mail: the address book in the words of a reader. */
import { expect, test } from 'vitest'
import { reachOf } from '../../../../portal/people/reach.ts'
import { BY, openHouse } from '../support/house.ts'

test('own, shared and delegated mailboxes, and lists that lead to them', async () => {
  const house = await openHouse()
  const tax = house.departments.add({ tenant: 'default', code: '101', name: '税務課', fromDate: '2020-04-01' }, BY).departmentId
  const [sato, ito] = [house.person('sato'), house.person('ito')]
  house.memberships.join({ personId: sato.personId, departmentId: tax, kind: 'main', post: '', approves: false, fromDate: '2020-04-01', toDate: '2028-03-31' }, BY)
  house.memberships.delegate(ito.personId, sato.personId, { fromDate: '2027-04-01', toDate: '2027-04-20' }, BY)
  house.mailboxes.addShared({ tenant: 'default', address: 'zeimu@town.example.jp', name: '税務課' }, BY)
  house.mailboxes.addHolder('default', 'zeimu@town.example.jp', { departmentId: tax, fromDate: '2020-04-01' }, BY)
  house.db.run('INSERT INTO book_entries VALUES (?, ?, ?, ?)', 'default', 'zenin@town.example.jp', 'list', '')
  house.db.run('INSERT INTO book_targets VALUES (?, ?, ?)', 'default', 'zenin@town.example.jp', 'sato@town.example.jp')
  const reach = reachOf(house)
  expect(reach.mailboxesOf(house.as(sato), house.clock.nowMs)).toEqual([
    { address: 'sato@town.example.jp', name: '', kind: 'own' },
    { address: 'zeimu@town.example.jp', name: '税務課', kind: 'shared' },
    { address: 'ito@town.example.jp', name: 'ito 太郎', kind: 'delegated' },
    { address: 'zenin@town.example.jp', name: '', kind: 'list' },
  ])
  expect(reach.departmentsOf(house.as(sato), house.clock.nowMs)).toEqual([{ departmentId: tax, name: '税務課' }])
  expect(reach.departmentsOf(house.as(sato), Date.parse('2028-04-01T09:00:00+09:00'))).toEqual([])
})
