/** What the gateway is told about confidentiality: today's mailboxes, departments, aliases and lists. */
import { expect, test } from 'vitest'
import { ClassTeller, classesOf } from '../../../../portal/people/class-book.ts'
import type { ClassPiece } from '../../../../portal/ports.ts'
import { BY, openHouse } from '../support/house.ts'

const START = '2020-04-01'

async function town() {
  const house = await openHouse()
  const add = (code: string, classification: 1 | 2 | 3 | undefined, parentCode?: string) => house.departments.add({ tenant: 'default', code, name: code, classification, parentCode, fromDate: START }, BY).departmentId
  const bureau = add('1', 1)
  const [tax, welfare] = [add('10', undefined, '1'), add('20', 3, '1')]
  const [sato, ito] = [house.person('sato'), house.person('ito')]
  const join = (personId: number, departmentId: number, toDate?: string) => house.memberships.join({ personId, departmentId, kind: 'main', post: '', approves: false, fromDate: START, toDate }, BY)
  join(sato.personId, tax)
  join(ito.personId, welfare, '2028-03-31')
  house.mailboxes.addShared({ tenant: 'default', address: 'zeimu@town.example.jp', name: '税務', classification: 2 }, BY)
  house.mailboxes.addShared({ tenant: 'default', address: 'fukushi@town.example.jp', name: '福祉' }, BY)
  house.mailboxes.addHolder('default', 'fukushi@town.example.jp', { departmentId: welfare, fromDate: START }, BY)
  const book = (address: string, targets: readonly string[]) => {
    house.db.run('INSERT INTO book_entries VALUES (?, ?, ?, ?)', 'default', address, 'list', '')
    for (const target of targets) house.db.run('INSERT INTO book_targets VALUES (?, ?, ?)', 'default', address, target)
  }
  return { ...house, bureau, tax, welfare, book }
}

test('own class, that of the holding and the owner’s department, inherited ones, and the highest through lists', async () => {
  const { db, departments, book } = await town()
  book('minna@town.example.jp', ['zenin@town.example.jp'])
  book('zenin@town.example.jp', ['sato@town.example.jp', 'ito@town.example.jp'])
  const on = (day: string) => Object.fromEntries([...classesOf({ db, departments }, 'default', day)].map(([address, each]) => [address.split('@')[0], each]))
  expect(on('2027-04-01')).toEqual({ zeimu: 2, fukushi: 3, sato: 1, ito: 3, zenin: 3, minna: 3 })
  expect(on('2028-04-01')).toEqual({ zeimu: 2, fukushi: 3, sato: 1, zenin: 1, minna: 1 })
})

test('the gateway is told at first, when something has changed, and once an hour; in pieces', async () => {
  const { db, departments, mailboxes } = await town()
  const told: ClassPiece[] = []
  let answers = false
  const tellClasses = async (piece: ClassPiece) => {
    if (!answers) throw new Error('the gateway is not there')
    told.push(piece)
    return piece.isLast
  }
  const teller = new ClassTeller({ db, departments, mail: { tellClasses } })
  const nowMs = db.nowMs()
  await expect(teller.turn(nowMs)).rejects.toThrow('not there')
  answers = true
  await teller.turn(nowMs)
  await teller.turn(nowMs + 60_000)
  expect(told).toEqual([{ tenant: 'default', isFirst: true, isLast: true, addresses: { 1: ['sato@town.example.jp'], 2: ['zeimu@town.example.jp'], 3: expect.arrayContaining(['ito@town.example.jp', 'fukushi@town.example.jp']) } }])
  mailboxes.setClassification('default', 'zeimu@town.example.jp', 3, BY)
  await teller.turn(nowMs + 120_000)
  await teller.turn(nowMs + 120_000 + 61 * 60_000)
  expect(told.map(({ addresses }) => addresses[2])).toEqual([['zeimu@town.example.jp'], [], []])
  for (let n = 0; n < 1_500; n++) db.run('INSERT INTO mailboxes VALUES (NULL, ?, ?, ?, NULL, 1)', 'default', `m${n}@town.example.jp`, 'm')
  told.length = 0
  await teller.turn(nowMs + 4 * 3_600_000)
  expect(told.map(({ isFirst, isLast }) => [isFirst, isLast])).toEqual([[true, false], [false, true]])
})
