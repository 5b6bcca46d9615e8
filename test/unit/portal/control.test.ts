/** What the command line asks of the portal, over its real socket. */
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { portalExchanges, portalMethods } from '../../../portal/control.ts'
import { rpcClient } from '../../../rpc/client.ts'
import { startRpc } from '../../../rpc/server.ts'
import { openHouse, PASSWORD, VISITOR } from './support/house.ts'

const by = { actor: 'os:root', reason: '採用' }

async function open() {
  const house = await openHouse()
  const options = { rooms: house, origin: () => 'https://portal.town.example.jp', invitationHours: 72 }
  const errors: unknown[] = []
  const server = await startRpc({ socketPath: join(house.folder, 'run/control.sock'), methods: portalMethods(options), exchanges: portalExchanges(options), onError: error => errors.push(error) })
  onTestFinished(() => server.close())
  const client = rpcClient(server.socketPath)
  const call = (method: string, params: object) => client.call(method, { by, ...params })
  const send = async (method: string, params: object, file: string) => (await client.exchange(method, { by, language: 'ja', ...params }, [Buffer.from(file)])).meta
  return { ...house, call, send, errors }
}

const tokenOf = (answer: unknown) => (answer as { link: string }).link.split('/').at(-1)!

test('a person is added and signs in behind the link; the chain names the system’s user and the reason', async () => {
  const { call, welcome, records, departments } = await open()
  departments.add({ tenant: 'default', code: '101', name: '税務課' }, by)
  const added = await call('user.add', { login: 'sato', name: '佐藤', roles: ['staff'], department: '101', post: '課長', approves: true })
  expect(added).toMatchObject({ link: expect.stringMatching(/^https:\/\/portal\.town\.example\.jp\/welcome\/[\w-]{32}$/) })
  expect(await welcome.choosePassword(tokenOf(added), PASSWORD, VISITOR)).toMatchObject({ kind: 'signed-in', person: { login: 'sato', roles: new Set(['staff', 'approver']) } })
  expect(records('person').find(record => record.subject === 'sato')).toMatchObject({ actor: 'os:root', detail: { act: 'add', reason: '採用' } })
  expect(await call('user.list', {})).toMatchObject([{ login: 'sato', departments: ['税務課'], factors: [], disabled: false }])
})

test('what cannot be is said and leaves nothing behind', async () => {
  const { call, people, errors } = await open()
  await expect(call('user.add', { login: 'sato', name: '佐藤', roles: ['staff'], department: '404', approves: false })).rejects.toThrow('there is no department 404')
  await expect(call('user.add', { login: 'sato', name: '佐藤', roles: ['king'], approves: false })).rejects.toThrow('roles must be one of')
  await expect(call('user.invite', { login: 'nobody', resetFactors: false })).rejects.toThrow("there is no person 'nobody'")
  await expect(call('user.disable', { login: 'x', disabled: true, by: { actor: 'os:root' } })).rejects.toThrow('there is no person')
  expect([people.list('default', { limit: 9 }), errors]).toEqual([[], []])
})

test('a lost device: new link, no factors, no lock', async () => {
  const { call, person, withTotp, factors, welcome, signIn } = await open()
  const sato = person('sato')
  withTotp(sato)
  for (let n = 0; n < 6; n++) await signIn.withPassword({ tenant: 'default', login: 'sato', password: 'x' }, VISITOR)
  const invited = await call('user.invite', { login: 'sato', resetFactors: true })
  expect(factors.of(sato.personId)).toEqual([])
  expect(await welcome.choosePassword(tokenOf(invited), PASSWORD, VISITOR)).toMatchObject({ kind: 'signed-in' })
  expect(await signIn.withPassword({ tenant: 'default', login: 'sato', password: PASSWORD }, VISITOR)).toMatchObject({ kind: 'signed-in' })
})

test('disabled and let in again', async () => {
  const { call, person, people } = await open()
  const { personId } = person('sato')
  await call('user.disable', { login: 'sato', disabled: true })
  expect(people.byId(personId)!.disabled).toBe(true)
  await call('user.disable', { login: 'sato', disabled: false })
  expect(people.byId(personId)!.disabled).toBe(false)
})

test('files: a dry run, a plan, an address book', async () => {
  const { call, send, departments, person, memberships, today, mailboxes } = await open()
  departments.add({ tenant: 'default', code: '101', name: '税務課', fromDate: '2020-04-01' }, by)
  const sato = person('sato')
  const text = 'ユーザーID,所属コード,職名,承認者\nsato,101,課長,○\n'
  expect(await send('user.import', { about: 'people', day: '2027-04-01', apply: false }, text)).toEqual({ ok: true, planned: false, lines: ['sato 太郎 (sato) 異動: なし → 税務課 課長 (承認者)'] })
  expect(memberships.ofPerson(sato.personId, today())).toEqual([])
  expect(await send('user.import', { about: 'people', day: '令和9年4月1日', apply: true }, text)).toMatchObject({ ok: true, planned: true })
  expect(memberships.ofPerson(sato.personId, today())).toHaveLength(1)
  expect(await send('user.import', { about: 'people', day: '2027-04-01', apply: true }, '所属コード\n\n"')).toMatchObject({ ok: false, planned: false })
  await expect(send('user.import', { about: 'people', day: 'soon', apply: true }, text)).rejects.toThrow('day must be like')
  expect(await send('user.book', {}, 'address,targets\nhanako@town.example.jp,sato@town.example.jp\n')).toMatchObject({ ok: true })
  expect(mailboxes.mailboxesOf(sato.personId, today())).toContain('hanako@town.example.jp')
  expect(await call('user.list', { words: 'hanako' })).toEqual([])
})
