/** Mails of the portal to staff: digests as each has set, and that a password has come. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type DigestRooms, sendDigests } from '../../../../portal/letters/digests.ts'
import { tellOfPasswords } from '../../../../portal/letters/passwords.ts'
import { People } from '../../../../portal/people/people.ts'
import { person } from '../../../support/portal.ts'
import { type FakeHouse, fakeHouse, partOf } from '../../../support/portal-fakes.ts'

const TANAKA = 'tanaka@town.example.jp'
const HOUR_MS = 3_600_000
/** Thursday, 10:00 in Japan. */
const THURSDAY_MS = Date.parse('2026-11-26T10:00:00+09:00')
const kept = [partOf('2', { name: '図.jww', outcome: 'quarantined', reason: 'format-jww' })]
const locked = [partOf('2', { name: '資料.zip', detectedType: 'application/zip', outcome: 'quarantined', reason: 'encrypted' })]

let house: FakeHouse
let rooms: DigestRooms
const tanaka = person('tanaka', ['staff'], { personId: 1 })
beforeEach(async () => {
  house = await fakeHouse([], { tanaka: [{ address: TANAKA, name: '', kind: 'own' }] })
  house.clock.nowMs = THURSDAY_MS
  new People(house.db).add({ tenant: 'default', login: 'tanaka', name: '田中', roles: ['staff'], mailbox: TANAKA, fromDate: '2020-04-01' }, { actor: 'system', reason: 'test' })
  const requests = { ...house.requests, origins: () => ({ inner: 'https://portal.town.example.jp', outer: 'https://outer.town.example.jp' }) }
  rooms = { house: { ...house, requests }, db: house.db, personOf: id => (id === 1 ? tanaka : undefined) }
})
afterEach(() => house.close())

const come = (publicId: string, atMs: number, more = {}) => house.mails.set(publicId, { publicId, to: [TANAKA], subject: `件名 ${publicId}`, atMs, parts: kept, ...more })
const sent = () => house.db.all('SELECT mailbox, subject, text FROM outbox ORDER BY made_at_ms, mail_key').map(row => ({ to: String(row['mailbox']), subject: String(row['subject']), text: String(row['text']) }))
const sets = (digest: string) => house.db.run('UPDATE persons SET digest = ?', digest)

describe('a digest', () => {
  test('tells on the morning of a working day what was kept back and is not opened', async () => {
    come('A', THURSDAY_MS - HOUR_MS)
    come('B', THURSDAY_MS - 2 * HOUR_MS, { parts: [] })
    come('C', THURSDAY_MS - 3 * HOUR_MS)
    house.keeping.readMarks.open(tanaka, 'C', '')
    await sendDigests(rooms)
    expect(sent().map(({ to, subject }) => `${to} ${subject}`)).toEqual([`${TANAKA} 【関所】保管しているファイルのあるメール 1件`])
    expect(sent()[0]!.text).toContain('件名 A（保管 1件）\n  https://portal.town.example.jp/m/A')
  })
  test('comes once a day, and not on Saturday', async () => {
    come('A', THURSDAY_MS - HOUR_MS)
    await sendDigests(rooms)
    come('B', THURSDAY_MS + 1)
    house.clock.nowMs = THURSDAY_MS + HOUR_MS
    await sendDigests(rooms)
    expect(sent()).toHaveLength(1)
    house.clock.nowMs = Date.parse('2026-11-27T08:29:00+09:00')
    await sendDigests(rooms)
    expect(sent()).toHaveLength(1)
    house.clock.nowMs = Date.parse('2026-11-27T08:30:00+09:00')
    await sendDigests(rooms)
    expect(sent()).toHaveLength(2)
    come('C', house.clock.nowMs + 1)
    house.clock.nowMs = Date.parse('2026-11-28T09:00:00+09:00')
    await sendDigests(rooms)
    expect(sent()).toHaveLength(2)
    house.clock.nowMs = Date.parse('2026-11-30T09:00:00+09:00')
    await sendDigests(rooms)
    expect(sent()).toHaveLength(3)
  })
  test('at once: with the next round, each mail once', async () => {
    sets('at-once')
    come('A', THURSDAY_MS - HOUR_MS)
    await sendDigests(rooms)
    await sendDigests(rooms)
    come('B', THURSDAY_MS)
    house.clock.nowMs = THURSDAY_MS + 1
    await sendDigests(rooms)
    expect(sent().map(({ text }) => /件名 \w/.exec(text)![0])).toEqual(['件名 A', '件名 B'])
  })
  test.each(['never', 'daily'])('nothing for %s with nothing to tell', async digest => {
    sets(digest)
    if (digest === 'never') come('A', THURSDAY_MS - HOUR_MS)
    await sendDigests(rooms)
    expect(sent()).toEqual([])
  })
  test('what a sender wrote stays on its line, and makes no link', async () => {
    come('A', THURSDAY_MS - HOUR_MS, { subject: 'x\r\nhttps://evil.example/a\u202e', from: 'a\nb <x@evil.example>' })
    await sendDigests(rooms)
    expect(sent()[0]!.text).not.toMatch(/https:\/\/evil|\r|\u202e|\nb </)
  })
})

describe('a password that somebody waits for', () => {
  const waits = () => house.keeping.waits.all(9).map(({ publicId }) => publicId)
  beforeEach(() => {
    come('LOCKED', THURSDAY_MS - HOUR_MS, { parts: locked, subject: '資料' })
    house.keeping.waits.add(tanaka, 'LOCKED')
  })
  test('is told once, by a link that opens the page', async () => {
    come('BEFORE', THURSDAY_MS - 1, { subject: '資料 パスワード', candidates: ['mae'] })
    await tellOfPasswords(rooms)
    expect([sent(), waits()]).toEqual([[], ['LOCKED']])
    come('AFTER', THURSDAY_MS + 1, { subject: '資料 パスワード', candidates: ['ato-no-kagi'] })
    await tellOfPasswords(rooms)
    await tellOfPasswords(rooms)
    expect(sent()).toHaveLength(1)
    expect(sent()[0]!.text).toContain('https://portal.town.example.jp/m/LOCKED/unlock')
    expect(sent()[0]!.text).not.toContain('ato-no-kagi')
    expect(waits()).toEqual([])
  })
  test('each mail is looked at once', async () => {
    come('AFTER', THURSDAY_MS + 1, { subject: '資料' })
    await tellOfPasswords(rooms)
    await tellOfPasswords(rooms)
    expect(house.asked.map(({ what, by }) => `${what} ${by.actor}`)).toEqual(['passwordCandidates system'])
  })
  test.each([
    ['whose original is gone', () => come('LOCKED', 0, { more: { originalUntilMs: undefined } })],
    ['that is gone', () => house.mails.delete('LOCKED')],
  ])('is not waited for with a mail %s', async (_what, change) => {
    change()
    await tellOfPasswords(rooms)
    expect(waits()).toEqual([])
  })
})
