/** Signing in with a password of the organisation's directory (the real one is tried in test/system/ldap.test.ts). */
import { expect, test } from 'vitest'
import type { LdapAnswer } from '../../../../portal/sign-in/ldap.ts'
import { SignIn } from '../../../../portal/sign-in/sign-in.ts'
import { BY, openHouse, PASSWORD, VISITOR } from '../support/house.ts'

async function withDirectory(answer: LdapAnswer) {
  const house = await openHouse()
  const asked: string[] = []
  const directory = { check: async (login: string) => {
      asked.push(login)
      return answer
    } }
  const signIn = new SignIn({ ...house, directory }, { secondFactorFor: ['administrator'], directoryTenant: 'default' })
  return { ...house, asked, tryPassword: (login: string, password = 'of the directory', tenant = 'default') => signIn.withPassword({ tenant, login, password }, VISITOR) }
}

test('a person of the portal without an own password', async () => {
  const { person, tryPassword, asked, records } = await withDirectory({ kind: 'right', roles: undefined })
  person('sato')
  expect(await tryPassword(' Sato ')).toMatchObject({ kind: 'signed-in', person: { login: 'sato' } })
  expect([asked, records('sign-in')[0]!.detail['method']]).toEqual([['Sato'], 'ldap'])
})

test('not whoever has an own password, nor whom the portal does not know', async () => {
  const { person, passwords, tryPassword, asked } = await withDirectory({ kind: 'right', roles: undefined })
  await passwords.set(person('kanri').personId, PASSWORD, false, BY)
  expect(await tryPassword('kanri')).toMatchObject({ why: 'wrong' })
  expect(await tryPassword('nobody')).toMatchObject({ why: 'wrong' })
  expect(await tryPassword('kanri', PASSWORD)).toMatchObject({ kind: 'signed-in' })
  expect(asked).toEqual([])
})

test('nor whoever was disabled here', async () => {
  const { person, people, tryPassword } = await withDirectory({ kind: 'right', roles: undefined })
  people.setDisabled(person('sato').personId, true, BY)
  expect(await tryPassword('sato')).toMatchObject({ why: 'wrong' })
})

test('a directory that is down locks nobody out', async () => {
  const { person, tryPassword } = await withDirectory({ kind: 'unavailable', why: 'x' })
  person('sato')
  for (let n = 0; n < 10; n++) expect(await tryPassword('sato')).toMatchObject({ why: 'busy' })
})

test('groups say the roles, but never take the last administrator away', async () => {
  const { person, people, tryPassword } = await withDirectory({ kind: 'right', roles: ['auditor', 'staff'] })
  const [sato, kanri] = [person('sato'), person('kanri', ['administrator'])]
  expect(await tryPassword('sato')).toMatchObject({ kind: 'signed-in' })
  expect(people.byId(sato.personId)!.roles).toEqual(['staff', 'auditor'])
  expect(await tryPassword('kanri')).toMatchObject({ kind: 'go-on', stage: 'enrol' })
  expect(people.byId(kanri.personId)!.roles).toEqual(['administrator'])
})

test('wrong ones count', async () => {
  const { person, tryPassword } = await withDirectory({ kind: 'wrong' })
  person('sato')
  for (let n = 0; n < 5; n++) expect(await tryPassword('sato')).toMatchObject({ why: 'wrong' })
  expect(await tryPassword('sato')).toMatchObject({ why: 'locked' })
})

test('another town’s person of the same login is somebody else', async () => {
  const { people, tryPassword, asked } = await withDirectory({ kind: 'right', roles: undefined })
  people.add({ tenant: 'kita', login: 'sato', name: 'x', roles: ['staff'], fromDate: '2020-04-01' }, BY)
  expect(await tryPassword('sato', 'of the directory', 'kita')).toMatchObject({ why: 'wrong' })
  expect(asked).toEqual([])
})
