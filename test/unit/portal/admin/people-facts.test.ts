/** What the self-inspection says about approvers and registrars, in a town that is changed step by step. */
import { expect, test } from 'vitest'
import { POINTS } from '../../../../portal/admin/inspection-points.ts'
import { peopleFactsOf } from '../../../../portal/admin/people-facts.ts'
import { BY, openHouse } from '../support/house.ts'

const FROM = '2020-04-01'

async function town(registrars: readonly string[] = []) {
  const house = await openHouse()
  const add = (code: string, parentCode?: string) => house.departments.add({ tenant: 'default', code, name: code, parentCode, fromDate: FROM }, BY).departmentId
  const [bureau, tax, elsewhere] = [add('bureau'), add('tax', 'bureau'), add('elsewhere')]
  const join = (login: string, departmentId: number, approves = false) => {
    const person = house.person(login)
    house.memberships.join({ personId: person.personId, departmentId, kind: 'main', post: '', approves, fromDate: FROM }, BY)
    return person
  }
  const judge = (point: 'somebody-else-decides' | 'approvers-factor' | 'registrars') => {
    const people = peopleFactsOf(house.db, house.departments, { tenant: 'default', today: house.today(), secondFactorFor: [], registrars })
    const { state, evidence } = POINTS[point]({ people } as never)
    return [state, ...evidence.filter(line => !line.startsWith('approvers:'))]
  }
  return { ...house, bureau, tax, elsewhere, join, judge }
}

test('an approver who is alone cannot decide for themselves; one above can', async () => {
  const { tax, bureau, elsewhere, join, judge } = await town()
  join('sato', tax)
  expect(judge('somebody-else-decides')).toEqual(['bad', '!! sato 太郎 (sato)'])
  join('kacho', tax, true)
  expect(judge('somebody-else-decides')).toEqual(['bad', '!! kacho 太郎 (kacho)'])
  join('tanin', elsewhere, true)
  expect(judge('somebody-else-decides')).toEqual(['bad', '!! kacho 太郎 (kacho)', '!! tanin 太郎 (tanin)'])
  join('bucho', bureau, true)
  join('dairi', elsewhere, true)
  expect(judge('somebody-else-decides')).toEqual(['bad', '!! bucho 太郎 (bucho)'])
  join('jicho', bureau, true)
  expect(judge('somebody-else-decides')).toEqual(['good'])
})

test('every approver has a second factor', async () => {
  const { tax, join, judge, withTotp } = await town()
  expect(judge('approvers-factor')[0]).toBe('bad')
  const kacho = join('kacho', tax, true)
  join('sato', tax)
  expect(judge('approvers-factor')).toEqual(['bad', '!! kacho 太郎 (kacho)'])
  withTotp(kacho)
  expect(judge('approvers-factor')).toEqual(['good'])
})

test('somebody confirms approvers who is neither administrator nor approver', async () => {
  expect((await town()).judge('registrars')).toEqual(['bad', 'vault.registrars: -'])
  const { tax, join, judge, person } = await town(['kanri@town.example.jp', 'kacho@town.example.jp', 'somu@town.example.jp'])
  person('kanri', ['administrator', 'staff'])
  join('kacho', tax, true)
  expect(judge('registrars')).toEqual(['good', '!! kanri@town.example.jp (kanri 太郎)', '!! kacho@town.example.jp (kacho 太郎)', 'somu@town.example.jp'])
  const parties = await town(['kanri@town.example.jp'])
  parties.person('kanri', ['administrator', 'staff'])
  expect(parties.judge('registrars')[0]).toBe('bad')
})
