import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { simpleParser } from 'mailparser'
import { expect, onTestFinished, test } from 'vitest'
import { demoMails } from '../../../cli/demo-mails.ts'
import { DEMO_MAILBOXES, DEMO_PASSWORD, settleDemoTowns } from '../../../cli/demo-people.ts'
import { openPortalRooms } from '../../../cli/portal-rooms.ts'
import { loadConfig } from '../../../config/load.ts'
import { codeOf } from '../../../portal/sign-in/totp.ts'

const NOW_MS = Date.parse('2026-11-26T01:00:00Z')

test('mails of the demonstration differ in sender, day and subject, and come to people of its town', async () => {
  const mails = demoMails(60, NOW_MS)
  const read = await Promise.all(mails.map(({ octets }) => simpleParser(octets)))
  expect(new Set(read.map(({ subject }) => subject)).size).toBe(60)
  expect(new Set(read.map(({ messageId }) => messageId)).size).toBe(60)
  expect(new Set(read.map(({ from }) => from?.value[0]?.address)).size).toBeGreaterThan(4)
  expect(mails.flatMap(({ to }) => to).every(to => DEMO_MAILBOXES.includes(to))).toBe(true)
  expect(read.every(({ date }) => date !== undefined && date.getTime() <= NOW_MS)).toBe(true)
  expect(read.filter(({ attachments }) => attachments.length > 0).length).toBeGreaterThan(20)
})

/** Both towns with their people, in a folder of their own. */
async function demoTowns() {
  const folder = mkdtempSync(join(tmpdir(), 'sekisho-demo-'))
  const loaded = loadConfig(undefined, { SEKISHO_DATA_DIR: folder })
  if (!('config' in loaded)) throw new Error('no configuration')
  const rooms = await openPortalRooms(loaded.config)
  onTestFinished(() => {
    rooms.db.close()
    rmSync(folder, { recursive: true })
  })
  const logins = await settleDemoTowns(rooms)
  return { rooms, logins }
}

test('everybody of its town can sign in, with a second factor where the role needs one', async () => {
  const { rooms, logins } = await demoTowns()
  expect(new Set(logins.flatMap(({ roles }) => roles))).toEqual(new Set(['staff', 'approver', 'administrator', 'auditor']))
  const admin = logins.find(({ login }) => login === 'admin')!
  const answer = await rooms.signIn.withPassword({ tenant: 'default', login: 'admin', password: DEMO_PASSWORD }, { face: 'inner', address: '127.0.0.1', agent: '' })
  expect(answer).toMatchObject({ kind: 'go-on', stage: 'second-factor' })
  const person = rooms.people.byLogin('default', 'admin')!
  // The code of now was spent on setting it up: the next one is good.
  expect(rooms.factors.checkCode(rooms.people.person(person.personId, '2030-01-01')!, codeOf(admin.secret, Date.now() + 30_000))).toEqual({ kind: 'right', by: 'totp' })
}, 30_000)

test('a department below sees the shared mail of the one above; the other town has people of every role and sees nothing of ours', async () => {
  const { rooms, logins } = await demoTowns()
  const seen = (tenant: string, login: string) => rooms.mailboxes.mailboxesOf(rooms.people.byLogin(tenant, login)!.personId, '2030-01-01')
  expect(seen('default', 'ogawa')).toContain('zei@town.example.jp')
  expect(new Set(logins.filter(({ tenant }) => tenant === 'kita').flatMap(({ roles }) => roles))).toEqual(new Set(['staff', 'approver', 'administrator', 'auditor']))
  expect(seen('kita', 'kita').every(address => address.endsWith('@kita.example.jp'))).toBe(true)
  expect(rooms.people.byLogin('kita', 'tanaka')).toBeUndefined()
}, 30_000)
