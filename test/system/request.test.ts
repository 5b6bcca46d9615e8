/**
 * An original on its whole way, through all real processes: an approver is let in at the vault, a clerk asks on the office
 * side, the approver's letters arrive, the approver decides with the vault's number, the clerk shows a second factor on the
 * Internet side and takes the file, once.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Uint8ArrayReader, Uint8ArrayWriter, ZipReader } from '@zip.js/zip.js'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { mailClient } from '../../cli/mail-client.ts'
import { openPortalRooms, type PortalRooms } from '../../cli/portal-rooms.ts'
import { vaultAudit, vaultClient } from '../../cli/vault-client.ts'
import { loadConfig } from '../../config/load.ts'
import { readComposed } from '../../core/mime/composed.ts'
import type { Asker, Refusal } from '../../core/purposes.ts'
import { dayOf } from '../../portal/people/day.ts'
import type { GivenRole } from '../../portal/people/people.ts'
import { codeOf } from '../../portal/sign-in/totp.ts'
import type { MailMessage } from '../../store/mails.ts'
import { Clerk } from '../support/clerk.ts'
import { onePage } from '../support/pdf.ts'
import { mailWith, Served } from '../support/served.ts'

const PASSWORD = 'hakone-no-mori-87'
const BY = { actor: 'system', reason: 'test' }
const STEP_MS = 30_000
const served = new Served({ SEKISHO_ROUTES: '[{ name: inner, domains: [town.example.jp], nextHops: [{ maildir: var/maildir }] }, { name: net, direction: outward, domains: [internet.town.example.jp], nextHops: [{ maildir: var/outside }] }]', SEKISHO_PORTAL_REQUESTS_OUTSIDE_DOMAINS: 'internet.town.example.jp', SEKISHO_VAULT_APPROVERS: '1', SEKISHO_VAULT_REGISTRARS: 'touroku@town.example.jp' })
const secrets = new Map<string, string>()
const DRAWING = Buffer.concat([Buffer.from('JwwData.'), Buffer.alloc(70_000, 7)])

let message: MailMessage
let requestPath: string
let tanaka: Clerk
let outside: Clerk
let suzuki: Clerk

type Settled = { readonly login: string; readonly roles: readonly GivenRole[]; readonly approves?: true; readonly factor?: true }
const PEOPLE: readonly Settled[] = [
  { login: 'tanaka', roles: ['staff'] },
  { login: 'sato', roles: ['staff'] },
  { login: 'suzuki', roles: ['staff'], approves: true, factor: true },
  { login: 'admin', roles: ['administrator'], factor: true },
  { login: 'admin2', roles: ['administrator'] },
]

beforeAll(async () => {
  await withRooms(settle)
  await served.start()
  const files = [
    { name: '案内.pdf', type: 'application/pdf', bytes: onePage() },
    { name: '配置図.jww', type: 'application/octet-stream', bytes: DRAWING },
  ]
  expect(await served.send(mailWith('会議の資料', '資料を送ります。\n', files), 'tanaka@town.example.jp')).toMatch(/^250 /)
  expect(await served.send(mailWith('図面です', '図面を送ります。\n', files), 'sato@town.example.jp')).toMatch(/^250 /)
  await vi.waitUntil(() => served.delivered().length === 2, { timeout: 15_000 })
  const mail = mailClient(join(served.data, 'run/control.sock'))
  const { rows } = await mail.list({ tenant: 'default', mailboxes: ['tanaka@town.example.jp'], limit: 10 })
  message = (await mail.message(rows[0]!.publicId))!
  tanaka = new Clerk(originOf('portal'))
  outside = new Clerk(originOf('outer'))
  suzuki = new Clerk(originOf('portal'))
}, 120_000)

afterAll(async () => {
  await served.stop('SIGKILL')
  served.remove()
})

/** portal.db has one writer: only while the server does not run. */
async function withRooms<T>(work: (rooms: PortalRooms) => T | Promise<T>): Promise<T> {
  const loaded = loadConfig(undefined, served.environment, served.directory)
  if ('problems' in loaded) return expect.fail(JSON.stringify(loaded.problems))
  mkdirSync(join(loaded.config.dataDir, 'portal'), { recursive: true, mode: 0o700 })
  const rooms = await openPortalRooms(loaded.config)
  try {
    return await work(rooms)
  } finally {
    rooms.db.close()
  }
}

async function settle({ people, memberships, departments, passwords, totp, factors, db }: PortalRooms): Promise<void> {
  const today = dayOf(db.nowMs())
  const { departmentId } = departments.add({ tenant: 'default', code: 'zei', name: '税務課', fromDate: today }, BY)
  for (const { login, roles, approves = false, factor } of PEOPLE) {
    const { personId } = people.add({ tenant: 'default', login, name: login, roles, mailbox: roles.includes('staff') ? `${login}@town.example.jp` : undefined, fromDate: today }, BY)
    memberships.join({ personId, departmentId, kind: 'main', post: '', approves, fromDate: today }, BY)
    expect(await passwords.set(personId, PASSWORD, false, BY)).toBeUndefined()
    if (!factor) continue
    secrets.set(login, totp.offer(personId, 'default', login)!.base32)
    // The code of the step before, so that the one of now is still good.
    factors.addTotp(people.person(personId, today)!, codeOf(secrets.get(login)!, db.nowMs() - STEP_MS))
  }
  people.change(people.byLogin('default', 'sato')!.personId, { digest: 'at-once' }, BY)
}

function originOf(name: 'portal' | 'outer' | 'manage'): string {
  return `http://${new RegExp(`${name}=(\\S+)`).exec(served.output)![1]}`
}

type Letter = { readonly subject: string; readonly text: string }

/** What has really arrived for a mailbox, mails from outside left out. */
function lettersTo(mailbox: string): Letter[] {
  return served.delivered().filter(mail => mail.includes('Auto-Submitted: auto-generated') && mail.includes(`To: <${mailbox}>`)).map(mail => {
    const subject = /^Subject: ((?:.|\r\n[ \t])*)/m.exec(mail)![1]!.replace(/=\?utf-8\?B\?(.*?)\?=(?:\s+(?==\?))?/gi, (_, word: string) => Buffer.from(word, 'base64').toString())
    return { subject, text: readComposed(Buffer.from(mail, 'latin1')).text }
  })
}

async function letterTo(mailbox: string, subject: string): Promise<Letter> {
  const found = () => lettersTo(mailbox).find(each => each.subject.includes(subject))
  await vi.waitUntil(found, { timeout: 15_000 }).catch(() => expect.fail(JSON.stringify(lettersTo(mailbox))))
  return found()!
}

const numberIn = ({ text }: Letter): string => /^番号: (\d{4}-\d{4})$/m.exec(text)![1]!

/** By the approver, with the number of the letter that gives this reason. */
async function approve(path: string, reason: string): Promise<void> {
  const decide = path.replace('/requests/', '/approvals/')
  await suzuki.open(decide)
  await suzuki.press(`${decide}/code`)
  const letter = () => lettersTo('suzuki@town.example.jp').find(({ subject, text }) => subject.includes('【承認番号】') && text.includes(reason))
  await vi.waitUntil(letter, { timeout: 15_000 })
  await suzuki.press(`${decide}/approve`, { code: numberIn(letter()!) })
  expect(suzuki.seen.path, suzuki.words()).toBe('/approvals')
}

async function ask(reason: string, parts: readonly string[]): Promise<string> {
  await tanaka.open(`/requests/new?m=${message.publicId}`)
  await tanaka.press('/requests/new', { part: parts, reason })
  expect(tanaka.seen.path, tanaka.words()).toMatch(/^\/requests\/[\w-]{22}$/)
  return tanaka.seen.path
}

test('the vault lets an approver in by a number that it mails to a registrar, and not before', async () => {
  const admin = new Clerk(originOf('manage'))
  await admin.signIn('admin', PASSWORD, secrets.get('admin'))
  await admin.open('/approvers')
  await admin.press('/approvers/propose', { login: 'suzuki' })
  const letter = await letterTo('touroku@town.example.jp', '【登録の確認番号】')
  expect(letter.text).toContain('suzuki（suzuki） suzuki@town.example.jp')
  await admin.press('/approvers/confirm', { code: '0000-0000' })
  expect(admin.words()).toContain('番号が違います')
  await admin.press('/approvers/confirm', { code: numberIn(letter) })
  expect(admin.words()).toContain('登録済み')
})

test('a clerk asks with a reason; the approver is told by mail and nobody else is', async () => {
  await tanaka.signIn('tanaka', PASSWORD)
  await tanaka.open(`/m/${message.publicId}`)
  expect(tanaka.seen.page).toContain(`/requests/new?m=${message.publicId}`)
  await tanaka.open(`/requests/new?m=${message.publicId}`)
  await tanaka.press('/requests/new', { part: ['2'], reason: ' ' })
  expect(tanaka.seen.status).toBe(422)
  requestPath = await ask('図面の寸法を確かめるため', ['2', '3'])
  const letter = await letterTo('suzuki@town.example.jp', '【承認のお願い】')
  expect(letter.text).toContain('図面の寸法を確かめるため')
  expect(letter.text).toContain('配置図.jww')
  // Digests go to everybody at their hour, whenever this runs.
  expect(lettersTo('sato@town.example.jp').filter(({ text }) => text.includes('図面の寸法'))).toEqual([])
})

test('a portal that says by itself that somebody has approved gets nothing from the vault', async () => {
  const vault = vaultClient(join(served.data, 'run/vault/vault.sock'))
  const by: Asker = { actor: 'user:tanaka', tenant: 'default', address: '127.0.0.1' }
  const forged = (approvers: readonly string[]) => vault.grant({ requestId: requestPath.slice('/requests/'.length), part: { publicId: message.publicId, partId: '2', member: [] }, requester: 'tanaka', approvers, validUntilMs: Date.now() + 60_000 }, by)
  for (const approvers of [['suzuki'], ['mallory', 'trent']]) expect(((await forged(approvers)) as Refusal).reason).toBe('not-granted')
  expect(((await vault.agree({ requestId: requestPath.slice('/requests/'.length), approver: 'suzuki', code: '1234-5678' }, by)) as Refusal).reason).toBe('expired')
})

test('whoever asked cannot decide, and nothing leaves before somebody has', async () => {
  const id = requestPath.slice('/requests/'.length)
  await tanaka.send(`/approvals/${id}/approve`)
  expect(tanaka.seen.status).toBe(403)
  await outside.signIn('tanaka', PASSWORD)
  await outside.open(requestPath)
  await outside.send(`${requestPath}/parts/0/take`)
  expect(outside.seen.path).toMatch(/^\/step-up/)
})

test('the approver reads what is asked for and approves; the clerk hears of it by mail', async () => {
  await suzuki.signIn('suzuki', PASSWORD, secrets.get('suzuki'))
  await suzuki.open('/approvals')
  const path = requestPath.replace('/requests/', '/approvals/')
  expect(suzuki.seen.page).toContain(`href="${path}"`)
  await suzuki.open(path)
  expect(suzuki.words()).toContain('図面の寸法を確かめるため')
  await suzuki.press(`${path}/code`)
  const letter = await letterTo('suzuki@town.example.jp', '【承認番号】')
  expect(letter.text).toContain('取り出す人: tanaka')
  expect(letter.text).toContain('配置図.jww')
  await suzuki.press(`${path}/approve`, { code: '0000-0000' })
  expect([suzuki.seen.status, suzuki.words()]).toEqual([422, expect.stringContaining('番号が違います')])
  await suzuki.press(`${path}/approve`, { code: numberIn(letter) })
  expect(suzuki.seen.path, suzuki.words()).toBe('/approvals')
  await letterTo('tanaka@town.example.jp', '【承認されました】')
})

test('the office side has no button and no way', async () => {
  await tanaka.open(requestPath)
  expect(tanaka.seen.page).not.toContain('/take')
  await tanaka.send(`${requestPath}/parts/0/take`)
  expect(tanaka.seen.status).toBe(404)
})

test('after a second factor the file leaves once: the very octets, as an attachment that nothing opens', async () => {
  // The first factor of this clerk, set up on the way.
  await outside.open('/account/factors')
  const secret = /id="secret">([^<]+)</.exec(outside.seen.page)![1]!
  await outside.press('/enrol', { code: codeOf(secret, Date.now()) })
  await outside.open(requestPath)
  const taken = await outside.press(`${requestPath}/parts/1/take`)
  expect(taken.status, outside.words()).toBe(200)
  expect(taken.octets.equals(DRAWING)).toBe(true)
  expect(taken.headers.get('content-type')).toBe('application/octet-stream')
  expect(taken.headers.get('content-disposition')).toMatch(/^attachment; .*filename\*=UTF-8''/)
  expect(taken.headers.get('content-security-policy')).toContain('sandbox')
  expect(taken.headers.get('x-content-type-options')).toBe('nosniff')
  await outside.open(requestPath)
  expect(outside.seen.page).not.toContain('/parts/1/take"')
  await outside.send(`${requestPath}/parts/1/take`)
  expect([outside.seen.status, outside.words()]).toEqual([409, expect.stringContaining('受け取れません')])
})

test('the other file leaves in a ZIP that is locked by a password shown once', async () => {
  await outside.open(requestPath)
  const shown = await outside.press(`${requestPath}/parts/0/zip`)
  const password = /id="zip-password">([^<]+)</.exec(shown.page)![1]!
  const taken = await outside.press(`${requestPath}/parts/0/zip-take`)
  expect(taken.headers.get('content-type'), outside.words()).toBe('application/zip')
  const [entry] = await new ZipReader(new Uint8ArrayReader(new Uint8Array(taken.octets))).getEntries({})
  if (!entry || entry.directory) return expect.fail('no file in the archive')
  expect(entry).toMatchObject({ filename: '案内.pdf', encrypted: true })
  await expect(entry.getData(new Uint8ArrayWriter(), { password: 'wrong', useWebWorkers: false })).rejects.toThrow()
  const octets = await entry.getData(new Uint8ArrayWriter(), { password, useWebWorkers: false })
  expect(Buffer.from(octets).equals(Buffer.from(onePage()))).toBe(true)
  await outside.open(requestPath)
  expect(outside.words()).toContain('すべて受け取りました')
})

test('a refusal needs a reason, which the clerk reads', async () => {
  const path = await ask('もう一度', ['2'])
  const decide = path.replace('/requests/', '/approvals/')
  await suzuki.open(decide)
  await suzuki.press(`${decide}/refuse`, { why: ' ' })
  expect(suzuki.seen.status).toBe(422)
  await suzuki.press(`${decide}/refuse`, { why: '画像プレビューで足ります' })
  expect((await letterTo('tanaka@town.example.jp', '【承認されませんでした】')).text).toContain('画像プレビューで足ります')
  await tanaka.open(path)
  expect(tanaka.words()).toContain('画像プレビューで足ります')
  await outside.open(path)
  await outside.send(`${path}/parts/0/take`)
  expect(outside.seen.status).toBe(409)
})

test('an approved file goes to the Internet-side mailbox, by the outward route alone', async () => {
  const reason = '自席のインターネット側で開くため'
  const path = await ask(reason, ['3'])
  await approve(path, reason)
  const inner = served.delivered().length
  await outside.open(path)
  await outside.press(`${path}/parts/0/mailbox`)
  expect(outside.words()).toContain('送りました')
  const folder = join(served.data, 'outside/new')
  await vi.waitUntil(() => existsSync(folder) && readdirSync(folder).length === 1, { timeout: 15_000 })
  const mail = readFileSync(join(folder, readdirSync(folder)[0]!))
  const [file] = readComposed(mail).files
  expect(file?.name).toBe('配置図.jww')
  expect(Buffer.from(file!.bytes).equals(DRAWING)).toBe(true)
  expect(mail.toString('latin1')).toContain('To: <tanaka@internet.town.example.jp>')
  await outside.open(path)
  expect(outside.words()).toContain('すべて受け取りました')
  const inside = served.delivered().slice(inner)
  expect(inside.some(each => each.includes(DRAWING.toString('base64').slice(0, 60)))).toBe(false)
})

test('the vault gives nothing for a grant whose minutes are over', async () => {
  const vault = vaultClient(join(served.data, 'run/vault/vault.sock'))
  const by: Asker = { actor: 'user:tanaka', tenant: 'default', address: '127.0.0.1' }
  const part = { publicId: message.publicId, partId: '2', member: [] }
  await vault.askAgreement({ requestId: 'short', publicId: message.publicId, partIds: ['2'], requester: 'tanaka', requesterName: '', reason: '期限の試験', approver: 'suzuki', needed: 1 }, by)
  const found = () => lettersTo('suzuki@town.example.jp').find(({ text }) => text.includes('期限の試験') && text.includes('番号: '))
  await vi.waitUntil(found, { timeout: 15_000 })
  expect(await vault.agree({ requestId: 'short', approver: 'suzuki', code: numberIn(found()!) }, by)).toEqual({ kind: 'agreed' })
  const granted = await vault.grant({ requestId: 'short', part, requester: 'tanaka', approvers: ['suzuki'], validUntilMs: Date.now() + 300 }, by)
  if (granted.kind !== 'granted') return expect.fail(JSON.stringify(granted))
  await new Promise(resolve => setTimeout(resolve, 400))
  expect(((await vault.original(granted.grantId, by)) as Refusal).reason).toBe('expired')
})

test('each chain holds every act, and holds', async () => {
  const vault = vaultAudit(join(served.data, 'run/vault/vault.sock'))
  const kinds = (await vault.page({ limit: 500 })).records.map(({ kind, actor }) => `${kind} ${actor}`)
  for (const act of ['enrol registrar:touroku@town.example.jp', 'agree user:suzuki', 'grant user:tanaka', 'unseal user:tanaka', 'release user:tanaka', 'refuse user:tanaka']) expect(kinds).toContain(act)
  expect(await vault.verify()).toMatchObject({ ok: true })
  await served.stop()
  await withRooms(({ db }) => {
    const id = requestPath.slice('/requests/'.length)
    const acts = db.all('SELECT kind, actor, detail FROM audit WHERE subject = ? ORDER BY seq', id).map(row => `${row['kind']} ${row['actor']} ${(JSON.parse(String(row['detail'])) as { act: string }).act}`)
    expect(acts).toEqual([
      'request user:tanaka filed',
      'decision user:suzuki approved',
      'grant user:tanaka granted',
      'release system taken',
      'grant user:tanaka granted',
      'release system taken',
    ])
    expect(db.verifyAudit()).toMatchObject({ ok: true })
  })
})

test('what was kept back and not opened is told in a digest, after a restart, too', async () => {
  await served.start()
  const digest = await letterTo('sato@town.example.jp', '保管しているファイルのあるメール 1件')
  expect(digest.text).toContain('図面です')
  expect(lettersTo('sato@town.example.jp')).toHaveLength(1)
}, 60_000)
