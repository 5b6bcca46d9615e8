import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AgreementAsk, GrantAsk, Refusal } from '../../../core/purposes.ts'
import { cutPart } from '../../../vault/unsealing.ts'
import { enrolApprovers } from '../../../vault/approvers.ts'
import { Entrance } from '../../../vault/entrance.ts'
import { OpenVault } from '../../../vault/vault.ts'
import { accept, BY, codeIn, ORIGINAL, openTestHouse, PART, type TestHouse } from './support.ts'

const KEPT = { ...PART, outcome: 'quarantined', reason: 'encrypted' } as const
const REF = { publicId: 'P1', partId: '2', member: [] }
const HOUR_MS = 3_600_000

let house: TestHouse
let vault: OpenVault

beforeEach(async () => {
  house = await openTestHouse()
  vault = new OpenVault(house)
})
afterEach(() => house.close())

const reason = (answer: object) => (answer as Refusal).reason
/** As it goes: asked by the portal, read in the letter, entered. */
async function agreed(approver: string, over: Partial<AgreementAsk> = {}): Promise<void> {
  const asked = await vault.askAgreement({ requestId: 'r1', publicId: 'P1', partIds: ['2'], requester: 'tanaka', requesterName: '田中', reason: '確認のため', approver, needed: 1, ...over }, BY)
  if (asked.kind === 'cannot') expect.fail(asked.reason)
  expect(await vault.agree({ requestId: over.requestId ?? 'r1', approver, code: codeIn(house.letterTexts) }, BY)).toEqual({ kind: 'agreed' })
}

const audited = () => house.database.all('SELECT kind, actor, subject, detail FROM audit ORDER BY seq').map(row => `${row['kind']} ${row['actor']} ${row['detail']}`)

describe('before anything is unsealed', () => {
  test('the purpose is in the audit chain, with the person and the address', async () => {
    await accept(house.store, [KEPT])
    house.rulesNow = { ...house.rulesNow }
    let known: string[] = []
    const { unsealing } = house
    const part = unsealing.part.bind(unsealing)
    unsealing.part = (...given) => {
      known = audited()
      return part(...given)
    }
    await vault.unlock(REF, ['secret'], BY)
    expect(known.at(-1)).toBe('unseal user:tanaka {"address":"192.0.2.10","part":"2","purpose":"unlock"}')
    expect(house.database.verifyAudit()).toMatchObject({ ok: true })
  })

  test('too many questions are refused, for each person and kind alone, until the hour is over', async () => {
    await accept(house.store, [KEPT])
    house.rulesNow = { ...house.rulesNow, perHour: { ...house.rulesNow.perHour, files: 2 } }
    const again = () => vault.again(REF, BY)
    expect([(await again()).kind, (await again()).kind, reason(await again())]).toEqual(['unlocked', 'unlocked', 'rate'])
    expect((await vault.again(REF, { ...BY, actor: 'user:suzuki' })).kind).toBe('unlocked')
    expect((await vault.lockedNames(REF, BY)).kind).toBe('names')
    // A restart forgives nothing.
    const restarted = new Entrance(house.database, house.gateway, () => house.rulesNow)
    expect(restarted.admit('again', { subject: 'q', detail: {} }, BY)).toEqual({ kind: 'cannot', reason: 'rate' })
    expect(restarted.admit('again', { subject: 'q', detail: {} }, { ...BY, actor: 'user:suzuki' })).toBeUndefined()
    expect(restarted.admit('names', { subject: 'q', detail: {} }, BY)).toBeUndefined()
    house.nowMs += HOUR_MS + 1
    expect((await again()).kind).toBe('unlocked')
    expect(new Entrance(house.database, house.gateway, () => house.rulesNow).admit('again', { subject: 'q', detail: {} }, BY)).toBeUndefined()
  })

  test('what is not there, of another tenant, or gone, is gone', async () => {
    await accept(house.store, [KEPT])
    for (const ref of [{ ...REF, publicId: 'P2' }, { ...REF, partId: '9' }, { ...REF, member: [0] }]) expect(reason(await vault.again(ref, BY))).toBe('gone')
    expect(reason(await vault.again(REF, { ...BY, tenant: 'kita' }))).toBe('gone')
    await house.store.purge({ limit: 10 }, { actor: 'a', reason: 'r' }, false)
    expect(reason(await vault.again(REF, BY))).toBe('gone')
  })

  test('a part whose octets are not those of the report is not given to anybody', async () => {
    await accept(house.store, [{ ...KEPT, length: 12 }])
    expect(reason(await vault.again(REF, BY))).toBe('gone')
    expect(house.asked).toEqual([])
  })
})

describe('passwords', () => {
  test('go to a process of their own; what is run again without one need not', async () => {
    await accept(house.store, [KEPT])
    await vault.unlock(REF, ['one', 'two'], BY)
    await vault.again(REF, BY)
    expect(house.asked).toEqual([
      { file: 'Hello, part!', passwords: ['one', 'two'], alone: true, lockAgain: false },
      { file: 'Hello, part!', passwords: [], alone: false, lockAgain: false },
    ])
  })

  test('lock again what they opened, as the settings say', async () => {
    await accept(house.store, [KEPT])
    const locks = async (setting: 'off' | 'offer' | 'always', isWished: boolean) => {
      house.rulesNow = { ...house.rulesNow, lockAgain: setting }
      await vault.unlock(REF, ['one'], BY, isWished)
      return house.asked.at(-1)!.lockAgain
    }
    expect([await locks('off', true), await locks('offer', false), await locks('offer', true), await locks('always', false)]).toEqual([false, false, true, true])
    const before = house.asked.length
    expect(await vault.unlock(REF, ['one', 'ひみつ'], BY, true)).toEqual({ kind: 'cannot', reason: 'cannot-lock' })
    expect(house.asked.length).toBe(before)
  })

  test('are counted while they are wrong, over looks and unlocking together, and leave no trace', async () => {
    await accept(house.store, [KEPT])
    house.result = { kind: 'kept', reason: 'wrong-password' }
    house.look = { kind: 'kept', reason: 'wrong-password' }
    expect(await vault.unlock(REF, ['Xx-wrong-1'], BY)).toEqual({ kind: 'cannot', reason: 'wrong-password', triesLeft: 2 })
    expect(await vault.preview(REF, { page: 1, mark: '', password: 'Xx-wrong-2' }, BY)).toEqual({ kind: 'cannot', reason: 'wrong-password', triesLeft: 1 })
    expect(await vault.unlock(REF, ['Xx-wrong-3'], BY)).toEqual({ kind: 'cannot', reason: 'wrong-password', triesLeft: 0 })
    expect(await vault.unlock(REF, ['Xx-wrong-4'], BY)).toEqual({ kind: 'cannot', reason: 'rate', triesLeft: 0 })
    expect(JSON.stringify(house.database.all('SELECT * FROM tries'))).not.toContain('wrong')
    expect(audited().join()).not.toContain('Xx-wrong')
    house.nowMs += HOUR_MS + 1
    expect(await vault.unlock(REF, ['Xx-wrong-5'], BY)).toMatchObject({ reason: 'wrong-password' })
  })

  test('that fit cost no try', async () => {
    await accept(house.store, [KEPT])
    for (let i = 0; i < 5; i++) expect((await vault.unlock(REF, ['right'], BY)).kind).toBe('unlocked')
  })
})

describe('the shelf', () => {
  test('gives a file to its tenant until its time is over', async () => {
    await accept(house.store, [KEPT])
    const opened = await vault.again(REF, BY)
    if (opened.kind !== 'unlocked') return expect.fail(JSON.stringify(opened))
    const taken = await vault.shelf(opened.file.id, BY)
    expect(taken.kind === 'file' && Buffer.from(taken.bytes).toString()).toBe('rebuilt')
    expect(reason(await vault.shelf(opened.file.id, { ...BY, tenant: 'kita' }))).toBe('gone')
    expect(reason(await vault.shelf('../../x', BY))).toBe('gone')
    house.nowMs += house.rulesNow.shelfMs
    expect(reason(await vault.shelf(opened.file.id, BY))).toBe('gone')
    expect([await house.shelf.expire(), await house.shelf.expire()]).toEqual([1, 0])
  })

  test('is mailed to an inner mailbox only', async () => {
    await accept(house.store, [KEPT])
    const opened = await vault.again(REF, BY)
    const id = opened.kind === 'unlocked' ? opened.file.id : ''
    expect(await vault.mailInward([id], 'staff@town.example.jp', 'P1', BY)).toMatchObject({ kind: 'queued' })
    expect(reason(await vault.mailInward([id], 'x@elsewhere.example', 'P1', BY))).toBe('not-inward')
    expect(reason(await vault.mailInward([id, 'f'.repeat(32)], 'staff@town.example.jp', undefined, BY))).toBe('gone')
  })
})

describe('a grant', () => {
  const ask = (over: Partial<GrantAsk> = {}): GrantAsk => ({ requestId: 'r1', part: REF, requester: 'tanaka', approvers: ['suzuki'], validUntilMs: house.nowMs + 600_000, ...over })
  const granted = async (over: Partial<GrantAsk> = {}) => {
    const answer = await vault.grant(ask(over), BY)
    return answer.kind === 'granted' ? answer.grantId : expect.fail(JSON.stringify(answer))
  }

  beforeEach(async () => {
    await accept(house.store, [KEPT])
    enrolApprovers(house.database, ['suzuki', 'sato'].map(login => ({ login, name: login, mailbox: `${login}@town.example.jp` })), BY)
    await agreed('suzuki')
  })

  test('gives the octets of the part, and the release stands in both chains', async () => {
    const original = await vault.original(await granted(), BY)
    if (original.kind !== 'original') return expect.fail(JSON.stringify(original))
    expect(Buffer.concat(await Array.fromAsync(original.bytes)).toString()).toBe('Hello, part!')
    expect(audited().some(line => line.startsWith('release user:tanaka'))).toBe(true)
    const traced = await house.store.trace({ limit: 5 })
    expect(traced.flatMap(({ steps }) => steps.map(({ kind }) => kind))).toContain('release')
  })

  test('is good for who asked, from one address, for minutes', async () => {
    const id = await granted()
    expect(reason(await vault.original(id, { ...BY, actor: 'user:suzuki' }))).toBe('not-granted')
    expect((await vault.original(id, BY)).kind).toBe('original')
    expect(reason(await vault.original(id, { ...BY, address: '198.51.100.1' }))).toBe('used')
    house.nowMs += 10 * 60_000
    expect(reason(await vault.original(id, BY))).toBe('expired')
  })

  test('is over after its minutes, and never longer than the settings say', async () => {
    const id = await granted({ validUntilMs: house.nowMs + 30 * 86_400_000 })
    house.nowMs += house.rulesNow.grantMs
    expect(reason(await vault.original(id, BY))).toBe('expired')
  })

  test('needs as many others as the settings say', async () => {
    house.rulesNow = { ...house.rulesNow, approvers: 2 }
    expect(reason(await vault.grant(ask(), BY))).toBe('not-granted')
    expect(reason(await vault.grant(ask({ approvers: ['suzuki', 'suzuki'] }), BY))).toBe('not-granted')
    expect(reason(await vault.grant(ask({ approvers: ['suzuki', 'sato'] }), BY))).toBe('not-granted')
    await agreed('sato')
    expect((await vault.grant(ask({ approvers: ['suzuki', 'sato'] }), BY)).kind).toBe('granted')
  })

  test('is taken back by the emergency, at the latest when it is used', async () => {
    const id = await granted()
    await house.store.setEmergency('isolate', { actor: 'os:root', reason: 'test' })
    expect(reason(await vault.original(id, BY))).toBe('revoked')
  })

  test.for<[string, object, string]>([
    ['malware', { reason: 'malware' }, 'malware'],
    ['a program by its name', { name: 'setup.exe' }, 'program'],
    ['a program by its content', { detectedType: 'application/x-msdownload' }, 'program'],
    ['an archive with a program in it', { members: [{ ...KEPT, name: 'run.js', members: [] }] }, 'program'],
  ])('is never made for %s', async ([, over, wanted]) => {
    await accept(house.store, [{ ...KEPT, ...over }], 'P9')
    expect(reason(await vault.grant(ask({ part: { ...REF, publicId: 'P9' } }), BY))).toBe(wanted)
    expect(audited().at(-1)).toContain(`"reason":"${wanted}"`)
  })

  test('is never made for a locked archive whose names show a program', async () => {
    await accept(house.store, [{ ...KEPT, detectedType: 'application/zip' }], 'P9')
    await agreed('suzuki', { publicId: 'P9' })
    house.looks.lockedNames = async () => ['案内.txt', '請求書.exe']
    expect(reason(await vault.grant(ask({ part: { ...REF, publicId: 'P9' } }), BY))).toBe('program')
  })
})

describe('cutting a part', () => {
  async function* inPieces(size: number) {
    for (let at = 0; at < ORIGINAL.length; at += size) yield ORIGINAL.subarray(at, at + size)
  }
  test.each([1, 3, 16, 1000])('gives the same octets from pieces of %i', async size => {
    expect((await cutPart(inPieces(size), PART)).toString()).toBe('Hello, part!')
    expect((await cutPart(inPieces(size), { offset: 0, length: 4, transferEncoding: 'binary' })).toString()).toBe('From')
  })
  test('ends at the end of the message, whatever the report says', async () => {
    const place = { offset: ORIGINAL.length - 2, length: 100, transferEncoding: 'binary' }
    expect((await cutPart(inPieces(7), place)).toString()).toBe('\r\n')
  })
})
