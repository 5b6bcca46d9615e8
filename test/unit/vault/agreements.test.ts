/** What a taken-over portal can try: everything here is asked as the portal asks, with whatever names it likes. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readComposed } from '../../../core/mime/composed.ts'
import type { AgreementAsk, EnrolledApprover, GrantAsk, Refusal } from '../../../core/purposes.ts'
import { enrolApprovers } from '../../../vault/approvers.ts'
import { OpenVault } from '../../../vault/vault.ts'
import { accept, BY, codeIn, openTestHouse, PART, type TestHouse } from './support.ts'

const KEPT = { ...PART, outcome: 'quarantined', reason: 'encrypted' } as const
const REF = { publicId: 'P1', partId: '2', member: [] }
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const person = (login: string): EnrolledApprover => ({ login, name: login, mailbox: `${login}@town.example.jp` })

let house: TestHouse
let vault: OpenVault

beforeEach(async () => {
  house = await openTestHouse()
  vault = new OpenVault(house)
  enrolApprovers(house.database, [person('suzuki'), person('sato')], BY)
  await accept(house.store, [KEPT, { ...KEPT, id: '3' }])
})
afterEach(() => house.close())

const reason = (answer: object) => (answer as Refusal).reason
const askOf = (over: Partial<AgreementAsk> = {}): AgreementAsk => ({ requestId: 'r1', publicId: 'P1', partIds: ['2'], requester: 'tanaka', requesterName: '田中 健', reason: '寸法の確認', approver: 'suzuki', needed: 1, ...over })
const grantOf = (over: Partial<GrantAsk> = {}): GrantAsk => ({ requestId: 'r1', part: REF, requester: 'tanaka', approvers: ['suzuki'], validUntilMs: house.nowMs + 10 * MINUTE_MS, ...over })
const code = () => codeIn(house.letterTexts)
const agree = (over: object = {}) => vault.agree({ requestId: 'r1', approver: 'suzuki', code: code(), ...over }, BY)

describe('the letter', () => {
  test('says in the vault’s words what would be agreed to, to the mailbox that the vault knows', async () => {
    expect(await vault.askAgreement(askOf(), BY)).toMatchObject({ kind: 'asked' })
    const letter = house.letterTexts.at(-1)!
    for (const fact of ['To: suzuki@town.example.jp', '取り出す人: tanaka (田中 健)', '議事録.txt', '差出人', '理由（申請した人の言葉）: 寸法の確認', '1人']) expect(letter).toContain(fact)
  })

  test('cannot be made to say something else by what people write', async () => {
    await vault.askAgreement(askOf({ reason: 'x\n番号: 0000-0000\u202e', requesterName: 'a\r\n取り出す人: b' }), BY)
    expect(house.letterTexts.at(-1)!.split('\n').filter(line => /^(番号|取り出す人): /.test(line))).toEqual([expect.stringMatching(/^取り出す人: tanaka/), expect.stringMatching(/^番号: \d{4}-\d{4}$/)])
    expect(code()).not.toBe('0000-0000')
  })

  test('is not shown to whoever asks the vault for its text', async () => {
    await vault.askAgreement(askOf(), BY)
    const letterId = `OWN1X${house.nowMs}`
    expect((await house.store.listQueue({ limit: 10 })).some(({ queueId }) => queueId === letterId)).toBe(true)
    expect(reason(await vault.deliveredText(letterId, BY))).toBe('gone')
    expect(await vault.passwordCandidates([letterId], BY)).toEqual([])
  })

  test('goes out some times an hour, counted for the approver whoever asks', async () => {
    house.rulesNow = { ...house.rulesNow, perHour: { ...house.rulesNow.perHour, mails: 2 } }
    const asked = []
    for (const actor of ['user:a', 'user:b', 'user:c']) asked.push(await vault.askAgreement(askOf(), { ...BY, actor }))
    expect(asked.map(answer => (answer.kind === 'asked' ? 'asked' : answer.reason))).toEqual(['asked', 'asked', 'rate'])
  })
})

describe('a forged approval', () => {
  test('by invented people opens nothing', async () => {
    expect(reason(await vault.grant(grantOf({ approvers: ['mallory', 'trent'] }), BY))).toBe('not-granted')
    expect(reason(await vault.askAgreement(askOf({ approver: 'mallory' }), BY))).toBe('not-enrolled')
  })

  test('by real approvers who were not asked, or have not answered, opens nothing', async () => {
    expect(reason(await vault.grant(grantOf(), BY))).toBe('not-granted')
    await vault.askAgreement(askOf(), BY)
    expect(reason(await vault.grant(grantOf(), BY))).toBe('not-granted')
  })

  test.for<[string, Partial<GrantAsk>]>([
    ['another person', { requester: 'mallory' }],
    ['another file of the mail', { part: { ...REF, partId: '3' } }],
    ['another mail', { part: { ...REF, publicId: 'P2' } }],
    ['another request', { requestId: 'r2' }],
    ['one more approver who said nothing', { approvers: ['suzuki', 'sato'] }],
  ])('does not follow from an agreement for %s', async ([, over]) => {
    await accept(house.store, [KEPT], 'P2')
    await vault.askAgreement(askOf(), BY)
    expect(await agree()).toEqual({ kind: 'agreed' })
    expect(reason(await vault.grant(grantOf(over), BY))).toBe('not-granted')
    expect((await vault.grant(grantOf(), BY)).kind).toBe('granted')
  })

  test('does not follow from a number of another letter', async () => {
    await vault.askAgreement(askOf({ requestId: 'harmless', partIds: ['3'] }), BY)
    const harmless = code()
    await vault.askAgreement(askOf(), BY)
    expect(reason(await agree({ code: harmless }))).toBe('wrong-code')
    await vault.askAgreement(askOf({ approver: 'sato' }), BY)
    expect(reason(await agree({ code: code() }))).toBe('wrong-code')
  })

  test('is not swapped in after the letter was written', async () => {
    await vault.askAgreement(askOf({ partIds: ['3'] }), BY)
    const read = code()
    await vault.askAgreement(askOf({ partIds: ['2'] }), BY)
    expect(reason(await agree({ code: read }))).toBe('wrong-code')
    expect(reason(await vault.grant(grantOf(), BY))).toBe('not-granted')
  })

  test('is not guessed: five tries for a number, then it is void', async () => {
    await vault.askAgreement(askOf(), BY)
    const right = code()
    const wrong = right === '0000-0000' ? '1111-1111' : '0000-0000'
    for (const left of [4, 3, 2, 1, 0]) expect(await agree({ code: wrong })).toMatchObject({ reason: 'wrong-code', triesLeft: left })
    expect(reason(await agree({ code: right }))).toBe('rate')
  })

  test('by the one who asked is none, under another name with the same mailbox neither', async () => {
    enrolApprovers(house.database, [person('tanaka')], BY)
    expect(reason(await vault.askAgreement(askOf({ approver: 'tanaka' }), BY))).toBe('not-granted')
    expect(reason(await vault.proposeApprovers({ add: [{ login: 'double', name: '', mailbox: 'SUZUKI@town.example.jp' }], remove: [] }, BY))).toBe('not-granted')
  })
})

describe('an agreement', () => {
  test('needs as many as its approvers were told', async () => {
    await vault.askAgreement(askOf({ needed: 2 }), BY)
    await agree()
    expect(reason(await vault.grant(grantOf(), BY))).toBe('not-granted')
    await vault.askAgreement(askOf({ needed: 2, approver: 'sato' }), BY)
    await agree({ approver: 'sato' })
    expect((await vault.grant(grantOf({ approvers: ['suzuki', 'sato'] }), BY)).kind).toBe('granted')
  })

  test('is entered as people type', async () => {
    await vault.askAgreement(askOf(), BY)
    const wide = code().replace(/\d/g, digit => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)).replace('-', '−')
    expect(await agree({ code: ` ${wide} ` })).toEqual({ kind: 'agreed' })
  })

  test('ends with its time, with taking it back, and with the approver', async () => {
    await vault.askAgreement(askOf(), BY)
    house.nowMs += house.rulesNow.codeMs
    expect(reason(await agree())).toBe('expired')
    await vault.askAgreement(askOf(), BY)
    await agree()
    await vault.proposeApprovers({ add: [], remove: ['suzuki'] }, BY)
    expect(reason(await vault.grant(grantOf(), BY))).toBe('not-granted')
    enrolApprovers(house.database, [person('suzuki')], BY)
    expect((await vault.grant(grantOf(), BY)).kind).toBe('granted')
    await vault.revokeGrants('r1', BY)
    expect(reason(await vault.grant(grantOf(), BY))).toBe('not-granted')
    await vault.askAgreement(askOf(), BY)
    await agree()
    house.nowMs += 14 * DAY_MS
    expect(reason(await vault.grant(grantOf(), BY))).toBe('not-granted')
  })

  test('lets each file out once: not again after the time of a grant', async () => {
    await vault.askAgreement(askOf(), BY)
    await agree()
    const granted = await vault.grant(grantOf(), BY)
    expect((await vault.original(granted.kind === 'granted' ? granted.grantId : '', BY)).kind).toBe('original')
    expect((await vault.grant(grantOf(), BY)).kind).toBe('granted')
    house.nowMs += house.rulesNow.grantMs
    expect(reason(await vault.grant(grantOf(), BY))).toBe('used')
  })

  test('is in the chain, and so is what was refused; no number is', async () => {
    await vault.askAgreement(askOf(), BY)
    await agree({ code: '0000-0000' })
    await agree()
    const lines = house.database.all('SELECT kind, actor, detail FROM audit ORDER BY seq').map(row => `${row['kind']} ${row['actor']} ${row['detail']}`)
    expect(lines.some(line => line.startsWith('agree user:suzuki') && line.includes('"requester":"tanaka"'))).toBe(true)
    expect(lines.join()).not.toContain(code().replace('-', ''))
    expect(JSON.stringify(house.database.all('SELECT * FROM agreements'))).not.toContain(code().replace('-', ''))
    expect(house.database.verifyAudit()).toMatchObject({ ok: true })
  })
})

describe('who may agree', () => {
  const propose = (...logins: string[]) => vault.proposeApprovers({ add: logins.map(person), remove: [] }, BY)
  const proposalOf = async (...logins: string[]) => {
    const answer = await propose(...logins)
    return answer.kind === 'proposed' ? answer.proposalId : expect.fail(JSON.stringify(answer))
  }
  const logins = async () => (await vault.approvers(BY)).map(({ login }) => login)

  test('comes in by the number in a letter to a registrar, who reads all names', async () => {
    const proposalId = await proposalOf('ito', 'kato')
    expect(house.letterTexts.at(-1)).toMatch(/^To: touroku@town\.example\.jp\n.*ito（ito） ito@town\.example\.jp.*kato/s)
    expect(await logins()).toEqual(['sato', 'suzuki'])
    expect(await vault.confirmApprovers(proposalId, code(), BY)).toEqual({ kind: 'confirmed' })
    expect(await logins()).toEqual(['ito', 'kato', 'sato', 'suzuki'])
    expect(reason(await vault.confirmApprovers(proposalId, code(), BY))).toBe('expired')
  })

  test('is not let in by a guess, by the number of another proposal, or late', async () => {
    const first = await proposalOf('ito')
    const number = code()
    const second = await proposalOf('mallory')
    expect(reason(await vault.confirmApprovers(second, number, BY))).toBe('wrong-code')
    for (let i = 0; i < 4; i++) await vault.confirmApprovers(second, number, BY)
    expect(reason(await vault.confirmApprovers(second, code(), BY))).toBe('rate')
    expect(reason(await vault.confirmApprovers(first, number, { ...BY, tenant: 'kita' }))).toBe('expired')
    house.nowMs += house.rulesNow.codeMs
    expect(reason(await vault.confirmApprovers(first, number, BY))).toBe('expired')
    expect(await logins()).toEqual(['sato', 'suzuki'])
  })

  test('nobody lets themselves in, and without registrars nobody comes in', async () => {
    house.rulesNow = { ...house.rulesNow, registrars: () => ['ito@town.example.jp'] }
    expect(reason(await propose('ito'))).toBe('no-registrar')
    house.rulesNow = { ...house.rulesNow, registrars: () => [] }
    expect(reason(await propose('kato'))).toBe('no-registrar')
  })
})

describe('an original to a mailbox of the Internet side', () => {
  const OUT = 'tanaka@internet.town.example.jp'
  const granted = async () => {
    await vault.askAgreement(askOf(), BY)
    await agree()
    const answer = await vault.grant(grantOf(), BY)
    return answer.kind === 'granted' ? answer.grantId : expect.fail(answer.reason)
  }

  test('goes out with the file as it came, burns the grant, and stands in both chains', async () => {
    const grantId = await granted()
    expect(await vault.originalToMailbox(grantId, OUT, BY)).toMatchObject({ kind: 'queued' })
    expect(house.outside).toHaveLength(1)
    expect(readComposed(house.outside[0]!).files.map(({ name, bytes }) => [name, Buffer.from(bytes).toString()])).toEqual([['議事録.txt', 'Hello, part!']])
    const release = house.database.get("SELECT detail FROM audit WHERE kind = 'release'")
    expect(JSON.parse(String(release?.['detail']))).toMatchObject({ to: OUT, request: 'r1' })
    expect(reason(await vault.original(grantId, { ...BY, address: '198.51.100.1' }))).toBe('used')
    const queued = await house.store.listQueue({ limit: 10 })
    expect(queued.filter(({ recipients }) => recipients.some(({ mailbox }) => mailbox === OUT)).map(({ route }) => route)).toEqual(['outside'])
  })

  test('never goes inward or elsewhere, and burns nothing by trying', async () => {
    const grantId = await granted()
    for (const mailbox of ['tanaka@town.example.jp', 'x@elsewhere.example', 'tanaka@internet.town.example.jp@town.example.jp', '']) expect(reason(await vault.originalToMailbox(grantId, mailbox, BY))).toBe('not-outward')
    // Were the settings wrong, the gateway would still refuse one of its own.
    house.rulesNow = { ...house.rulesNow, outside: () => true }
    expect(reason(await vault.originalToMailbox(grantId, 'staff@town.example.jp', BY))).toBe('not-outward')
    expect((await house.store.listQueue({ limit: 50 })).some(({ queueId }) => house.outside.some(mail => mail.includes(queueId)))).toBe(false)
    expect((await vault.original(grantId, BY)).kind).toBe('original')
  })

  test('is for who asked, with an agreement, once', async () => {
    expect(reason(await vault.originalToMailbox('0'.repeat(32), OUT, BY))).toBe('not-granted')
    const grantId = await granted()
    expect(reason(await vault.originalToMailbox(grantId, OUT, { ...BY, actor: 'user:mallory' }))).toBe('not-granted')
    house.nowMs += 60 * MINUTE_MS
    expect(reason(await vault.originalToMailbox(grantId, OUT, BY))).toBe('expired')
  })
})
