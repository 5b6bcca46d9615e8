/**
 * The vault through all real processes: a mail with a locked ZIP and a PDF comes in by SMTP; then what staff do with it,
 * asked as the portal asks, and what nobody gets.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { mailClient } from '../../cli/mail-client.ts'
import { vaultAudit, vaultClient } from '../../cli/vault-client.ts'
import type { Asker, PartRef, Refusal, Unlocked, Vault } from '../../core/purposes.ts'
import { readComposed } from '../../core/mime/composed.ts'
import type { MailMessage } from '../../store/mails.ts'
import { lockedZip } from '../support/locked-zip.ts'
import { onePage } from '../support/pdf.ts'
import { descendants } from './support/processes.ts'
import { mailWith, Served } from '../support/served.ts'

const PASSWORD = 'Himitsu-2026-abc'
const BY: Asker = { actor: 'user:tanaka', tenant: 'default', address: '192.0.2.10' }
const served = new Served({ SEKISHO_VAULT_PASSWORD_TRIES: '1', SEKISHO_VAULT_APPROVERS: '1', SEKISHO_PORTAL_REQUESTS_CLASS3_ORIGINAL_DAYS: '7', SEKISHO_VAULT_REGISTRARS: 'touroku@town.example.jp' })
const PNG = '89504e470d0a1a0a'

let vault: Vault
let message: MailMessage
let locked: PartRef
let pdf: PartRef
let shelfId: string

beforeAll(async () => {
  await served.start()
  // Mail does not wait for the vault for long, and on a busy machine it comes later.
  await vi.waitUntil(() => served.output.includes('portal='), { timeout: 60_000 })
  vault = vaultClient(join(served.data, 'run/vault/vault.sock'))
  const zip = await lockedZip({ '見積.csv': '品名,金額\n机,1000\n' }, PASSWORD)
  const files = [
    { name: '資料.zip', type: 'application/zip', bytes: zip },
    { name: '案内.pdf', type: 'application/pdf', bytes: onePage() },
    { name: 'setup.exe', type: 'application/octet-stream', bytes: Buffer.concat([Buffer.from('MZ'), Buffer.alloc(500, 'x')]) },
  ]
  expect(await served.send(mailWith('会議の資料', `資料を送ります。\n解凍パスワード：${PASSWORD}\n`, files))).toMatch(/^250 /)
  const mail = mailClient(join(served.data, 'run/control.sock'))
  await vi.waitUntil(() => served.delivered().length === 1, { timeout: 15_000 })
  const { rows } = await mail.list({ tenant: 'default', mailboxes: ['staff@town.example.jp'], limit: 10 })
  message = (await mail.message(rows[0]!.publicId))!
  const partOf = (name: string): PartRef => ({ publicId: message.publicId, partId: message.report.parts.find(part => part.name === name)!.id, member: [] })
  locked = partOf('資料.zip')
  pdf = partOf('案内.pdf')
}, 180_000)

afterAll(async () => {
  await served.stop('SIGKILL')
  served.remove()
})

describe('what staff get', () => {
  test('the text as delivered, and its files', async () => {
    const text = await vault.deliveredText(message.publicId, BY)
    expect(text).toMatchObject({ kind: 'text', files: [{ index: 0, name: '案内.pdf', mediaType: 'application/pdf' }] })
    expect('text' in text && text.text).toContain('資料を送ります。')
    const file = await vault.deliveredFile(message.publicId, 0, BY)
    expect('bytes' in file && Buffer.from(file.bytes).subarray(0, 5).toString()).toBe('%PDF-')
    expect(await vault.deliveredFile(message.publicId, 9, BY)).toEqual({ kind: 'cannot', reason: 'gone' })
  })

  test('a picture of a page, with the mark in it', async () => {
    const plain = await vault.preview(pdf, { page: 1, mark: '' }, BY)
    const marked = await vault.preview(pdf, { page: 1, mark: 'tanaka 2026-11-26' }, BY)
    if (marked.kind !== 'page' || plain.kind !== 'page') return expect.fail(JSON.stringify([plain, marked]))
    expect(marked).toMatchObject({ page: 1, pages: 1, text: 'Hello' })
    expect(Buffer.from(marked.png).subarray(0, 8).toString('hex')).toBe(PNG)
    expect(Buffer.from(marked.png).equals(Buffer.from(plain.png))).toBe(false)
    if (process.env['KEEP_PICTURES']) writeFileSync('/tmp/preview-e2e.png', marked.png)
    expect(await vault.preview(pdf, { page: 2, mark: 'x' }, BY)).toEqual({ kind: 'cannot', reason: 'no-preview' })
  })

  test('the names in a locked archive, a line that looks like its password, and its file rebuilt', async () => {
    expect(await vault.lockedNames(locked, BY)).toEqual({ kind: 'names', names: ['見積.csv'] })
    expect(await vault.passwordCandidates([message.publicId], BY)).toEqual([{ publicId: message.publicId, candidate: PASSWORD }])
    const opened = (await vault.unlock(locked, ['wrong', PASSWORD], BY)) as Unlocked
    shelfId = opened.file.id
    expect(opened.file).toMatchObject({ name: '資料.zip', mediaType: 'application/zip' })
    expect(opened.report.parts[0]?.members?.[0]).toMatchObject({ name: '見積.csv', outcome: 'rebuilt' })
    const taken = await vault.shelf(opened.file.id, BY)
    if (taken.kind !== 'file') return expect.fail(JSON.stringify(taken))
    expect(taken.bytes.length).toBe(opened.file.bytes)
    const sealed = readdirSync(join(served.data, 'vault/kept/shelf')).map(name => readFileSync(join(served.data, 'vault/kept/shelf', name), 'latin1'))
    expect(sealed.every(file => file.startsWith('age-encryption.org/v1'))).toBe(true)
  })

  test('locked again with the same password, where they wish that: another program opens it with that alone', async () => {
    const opened = (await vault.unlock(locked, [PASSWORD], BY, true)) as Unlocked
    const taken = await vault.shelf(opened.file.id, BY)
    if (taken.kind !== 'file') return expect.fail(JSON.stringify(taken))
    const path = join(served.directory, 'again.zip')
    writeFileSync(path, taken.bytes)
    // For the other program; an argument here is none of ours.
    const read = (password: string) => spawnSync('7zz', ['x', '-so', `-p${password}`, path], { encoding: 'utf8' })
    expect(read(PASSWORD).stdout).toContain('机,1000')
    expect(read('another').stdout).toBe('')
    expect(spawnSync('7zz', ['l', '-slt', path], { encoding: 'utf8' }).stdout).toContain('Method = AES-256')
    expect(await vault.unlock(locked, ['ひみつ'], BY, true)).toEqual({ kind: 'cannot', reason: 'cannot-lock' })
  })

  test('a rebuilt file in their mailbox', async () => {
    expect(await vault.mailInward([shelfId], 'staff@town.example.jp', message.publicId, BY)).toMatchObject({ kind: 'queued' })
    await expect.poll(() => served.delivered().length, { timeout: 10_000 }).toBe(2)
    expect(served.delivered().some(mail => mail.includes('Auto-Submitted: auto-generated') && mail.includes('application/zip'))).toBe(true)
    expect(await vault.mailInward([shelfId], 'x@elsewhere.example', undefined, BY)).toEqual({ kind: 'cannot', reason: 'not-inward' })
  })

  test('a file that they bring in, disarmed', async () => {
    const bytes = (async function* () {
      yield Buffer.from('名前,電話\n')
      yield Buffer.from('山田,123\n')
    })()
    const brought = await vault.bring({ name: '名簿.csv', mediaType: 'text/csv', bytes }, BY)
    expect(brought).toMatchObject({ kind: 'brought', file: { name: '名簿.csv', mediaType: 'text/csv' } })
  })
})

test('a large file comes in pieces, sealed on disk, and is disarmed as a whole', async () => {
  const begun = await vault.beginPieces({ name: '大きな名簿.csv', mediaType: 'text/csv', size: 33 }, BY)
  if (begun.kind !== 'pieces') return expect.fail(JSON.stringify(begun))
  const piece = (text: string) => (async function* () { yield Buffer.from(text) })()
  expect(await vault.addPiece(begun.uploadId, 0, piece('名前,電話\n'), BY)).toMatchObject({ received: 14 })
  expect(await vault.piecesState(begun.uploadId, BY)).toMatchObject({ received: 14, size: 33 })
  const [name] = readdirSync(join(served.data, 'vault/kept/pieces'))
  expect(readFileSync(join(served.data, 'vault/kept/pieces', name!), 'latin1')).toMatch(/^age-encryption\.org/)
  expect(await vault.addPiece(begun.uploadId, 14, piece('山田太郎,12345\n'), BY)).toMatchObject({ received: 33 })
  expect(await vault.finishPieces(begun.uploadId, '', BY)).toMatchObject({ kind: 'brought', file: { name: '大きな名簿.csv', mediaType: 'text/csv' } })
  expect(readdirSync(join(served.data, 'vault/kept/pieces'))).toEqual([])
})

describe('originals', () => {
  const soon = () => Date.now() + 60_000
  const ask = (over: object = {}) => ({ requestId: 'r1', part: pdf, requester: 'tanaka', approvers: ['suzuki'], validUntilMs: soon(), ...over })
  const reason = (answer: object) => (answer as Refusal).reason

  const numberFor = async (mailbox: string) => {
    const found = () => served.delivered().filter(mail => mail.includes('Auto-Submitted') && mail.includes(`To: <${mailbox}>`)).map(mail => /^番号: (\d{4}-\d{4})$/m.exec(readComposed(Buffer.from(mail, 'latin1')).text)?.[1]).find(code => code !== undefined && !used.has(code))
    await vi.waitUntil(found, { timeout: 15_000 })
    const code = found()!
    used.add(code)
    return code
  }
  const used = new Set<string>()
  const agreed = async (requestId: string) => {
    expect(await vault.askAgreement({ requestId, publicId: message.publicId, partIds: [pdf.partId], requester: 'tanaka', requesterName: '', reason: '試験', approver: 'suzuki', needed: 1 }, BY)).toMatchObject({ kind: 'asked' })
    expect(await vault.agree({ requestId, approver: 'suzuki', code: await numberFor('suzuki@town.example.jp') }, BY)).toEqual({ kind: 'agreed' })
  }

  beforeAll(async () => {
    const proposed = await vault.proposeApprovers({ add: [{ login: 'suzuki', name: '鈴木', mailbox: 'suzuki@town.example.jp' }], remove: [] }, BY)
    if (proposed.kind !== 'proposed') return expect.fail(JSON.stringify(proposed))
    expect(await vault.confirmApprovers(proposed.proposalId, await numberFor('touroku@town.example.jp'), BY)).toEqual({ kind: 'confirmed' })
    await agreed('r1')
  })

  test('leave once, for who asked, when somebody else has agreed', async () => {
    const granted = await vault.grant(ask(), BY)
    if (granted.kind !== 'granted') return expect.fail(JSON.stringify(granted))
    expect(reason(await vault.original(granted.grantId, { ...BY, actor: 'user:suzuki' }))).toBe('not-granted')
    const original = await vault.original(granted.grantId, BY)
    if (original.kind !== 'original') return expect.fail(JSON.stringify(original))
    const bytes = Buffer.concat(await Array.fromAsync(original.bytes))
    expect(bytes.equals(Buffer.from(onePage()))).toBe(true)
    expect(original).toMatchObject({ name: '案内.pdf', size: bytes.length })
    // A broken download may begin again from the same place, nowhere else.
    expect((await vault.original(granted.grantId, BY)).kind).toBe('original')
    expect(reason(await vault.original(granted.grantId, { ...BY, address: '192.0.2.99' }))).toBe('used')
  })

  test.for<[string, object, string]>([
    ['who asked also agreed', { approvers: ['tanaka', 'suzuki'] }, 'not-granted'],
    ['nobody agreed', { approvers: [] }, 'not-granted'],
    ['somebody is said to have agreed who has not', { requestId: 'r9' }, 'not-granted'],
    ['the approvers are invented', { approvers: ['mallory', 'trent'] }, 'not-granted'],
    ['it is too late', { validUntilMs: 1 }, 'expired'],
    ['there is no such part', { part: { publicId: 'NONE', partId: '1', member: [] } }, 'gone'],
  ])('do not leave when %s', async ([, over, wanted]) => expect(reason(await vault.grant(ask(over), BY))).toBe(wanted))

  test('never leave as programs', async () => {
    const exe = message.report.parts.find(part => part.name === 'setup.exe')!
    expect(reason(await vault.grant(ask({ part: { ...pdf, partId: exe.id } }), BY))).toBe('program')
  })

  test('do not leave after the grant was taken back, or to another tenant', async () => {
    await agreed('r2')
    const granted = (await vault.grant(ask({ requestId: 'r2' }), BY)) as { grantId: string }
    expect(reason(await vault.original(granted.grantId, { ...BY, tenant: 'kita' }))).toBe('not-granted')
    expect(await vault.revokeGrants('r2', BY)).toBe(1)
    expect(reason(await vault.original(granted.grantId, BY))).toBe('revoked')
    expect(reason(await vault.original('0'.repeat(32), BY))).toBe('not-granted')
  })
})

describe('limits and secrets', () => {
  test('another tenant sees nothing of a message', async () => {
    expect(await vault.deliveredText(message.publicId, { ...BY, tenant: 'kita' })).toEqual({ kind: 'cannot', reason: 'gone' })
  })

  test('wrong passwords are counted for each person and part', async () => {
    const by = { ...BY, actor: 'user:guess' }
    expect(await vault.unlock(locked, ['guess-1'], by)).toEqual({ kind: 'cannot', reason: 'wrong-password', triesLeft: 0 })
    expect(await vault.unlock(locked, [PASSWORD], by)).toEqual({ kind: 'cannot', reason: 'rate', triesLeft: 0 })
  })

  test('each purpose is in the chain that auditors read', async () => {
    const audit = vaultAudit(join(served.data, 'run/vault/vault.sock'))
    const { records } = await audit.page({ limit: 500, actor: 'tanaka' })
    const purposes = new Set(records.map(({ detail }) => detail['purpose']))
    for (const purpose of ['text', 'file', 'preview', 'names', 'unlock', 'shelf', 'mail', 'bring', 'original']) expect(purposes).toContain(purpose)
    expect(await audit.verify()).toMatchObject({ ok: true })
    expect((await Array.fromAsync(audit.records(0))).length).toBeGreaterThan(20)
  })

  test('sockets and files are for their owner only', () => {
    for (const path of ['run/vault/vault.sock', 'run/door/gateway.sock', 'vault/kept/vault.db']) expect(statSync(join(served.data, path)).mode & 0o077, path).toBe(0)
  })

  test('no password is in a file, a log or the arguments of a process', () => {
    // In the mail itself it stands sealed; here it was typed in by people.
    const typed = ['guess-1', PASSWORD]
    const args = readdirSync('/proc').filter(name => /^\d+$/.test(name)).map(readArguments)
    const files = filesBelow(join(served.data, 'vault')).concat(filesBelow(join(served.data, 'run')), filesBelow(join(served.data, 'portal')), filesBelow(join(served.data, 'mail')))
    expect(files.length).toBeGreaterThan(3)
    for (const secret of typed) {
      expect(served.output).not.toContain(secret)
      expect(args.filter(each => each.includes(secret))).toEqual([])
      for (const path of files) expect(readFileSync(path).includes(secret), path).toBe(false)
    }
  })
})

test('an original is kept as long as the class of its mailbox says, which the portal tells; the notice names that day', async () => {
  const mail = mailClient(join(served.data, 'run/control.sock'))
  expect(await mail.tellClasses({ tenant: 'default', isFirst: true, isLast: true, addresses: { 1: [], 2: [], 3: ['himitsu@town.example.jp'] } })).toBe(true)
  const kept = async (to: string) => {
    const before = served.delivered().length
    expect(await served.send(mailWith('機密の資料', '資料を送ります。\n', [{ name: '配置図.jww', type: 'application/octet-stream', bytes: Buffer.from('JwwData.') }]), to)).toMatch(/^250 /)
    await vi.waitUntil(() => served.delivered().length > before, { timeout: 30_000 })
    const { rows } = await mail.list({ tenant: 'default', mailboxes: [to], limit: 1 })
    const { originalUntilMs = 0, acceptedAtMs } = (await mail.message(rows[0]!.publicId))!
    return Math.round((originalUntilMs - acceptedAtMs) / 86_400_000)
  }
  expect([await kept('himitsu@town.example.jp'), await kept('staff@town.example.jp')]).toEqual([7, 30])
  const day = new Intl.DateTimeFormat('ja-JP-u-ca-japanese', { era: 'long', year: 'numeric', month: 'long', day: 'numeric', timeZone: 'Asia/Tokyo' }).format(Date.now() + 7 * 86_400_000)
  expect(served.delivered().some(each => readComposed(Buffer.from(each, 'latin1')).text.includes(day))).toBe(true)
})

test('no process of the house may leave its memory on a disk', () => {
  const ours = descendants(served.pid)
  expect(ours.length).toBeGreaterThan(5)
  for (const { pid } of ours) expect([pid, /^Max core file size +(\S+) +(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.slice(1)]).toEqual([pid, ['0', '0']])
  for (const unit of ['portal', 'vault', 'workers', 'gateway', 'office']) expect(readFileSync(`config/systemd/sekisho-${unit}.service`, 'utf8')).toMatch(/^LimitCORE=0$/m)
})

function readArguments(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
}
