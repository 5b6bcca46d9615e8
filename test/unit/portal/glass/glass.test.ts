import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { glassReadRoutes } from '../../../../portal/admin/glass-read.ts'
import { glassRoutes, glassSecondRoutes } from '../../../../portal/admin/glass.ts'
import type { AdminHouse } from '../../../../portal/admin/house.ts'
import { type Glass, GlassBook } from '../../../../portal/glass/book.ts'
import type { Person } from '../../../../portal/people/person.ts'
import { found, NOW_MS, type TestPortal, testPortal } from '../../../support/portal.ts'
import { houseOf, mail, part, PEOPLE, type Town, town } from '../../../support/requests.ts'

const { tanaka, suzuki, kacho, kanri, kanri2, kansa } = PEOPLE
const HOUR_MS = 3_600_000
const MAIL = mail('P1', [part('2', '名簿.pdf', { detectedType: 'application/pdf', reason: '' })], { subject: '秘密の件名', acceptedAtMs: NOW_MS - HOUR_MS })

let here: Town
let book: GlassBook
let sent: { readonly to: string; readonly subject: string; readonly text: string }[]

beforeEach(async () => {
  here = await town()
  here.clock.nowMs = NOW_MS
  sent = []
  const contact = ({ personId, login, name, mailbox, language }: Person) => ({ personId, login, name, mailbox, language })
  const directory = {
    administrators: () => [kanri, kanri2].map(contact),
    readersOf: (_tenant: string, mailboxes: readonly string[]) => (mailboxes.includes('zeimu@town.example.jp') ? [tanaka, suzuki].map(contact) : mailboxes.includes('kanri2@town.example.jp') ? [contact(kanri2)] : []),
  }
  book = new GlassBook({ db: here.db, directory, outbox: { add: letter => void sent.push(letter), send: async () => 0 }, openMs: 4 * HOUR_MS, era: 'western', contact: '情報政策課' })
})
afterEach(() => here.close())

function asked(asker: Person = kanri): Glass {
  const answer = book.ask(asker, MAIL, '漏えいの疑いの調査のため')
  return answer.kind === 'done' ? answer.glass : expect.fail(answer.why)
}
const state = ({ glassId }: Glass) => book.find(glassId, 'default')?.state

describe('a glass is broken', () => {
  test('with a reason, by two, for hours, and the owners are told in the same moment', () => {
    const glass = asked()
    expect(sent.map(({ to }) => to)).toEqual(['kanri2@town.example.jp'])
    expect(book.read(glass.glassId, kanri, 'text')).toBeUndefined()
    expect(book.decide(glass.glassId, kanri2, true).kind).toBe('done')
    const owners = sent.slice(1)
    expect(owners.map(({ to }) => to)).toEqual(['tanaka@town.example.jp', 'suzuki@town.example.jp'])
    for (const fact of ['管理者 (kanri)', '管理者2 (kanri2)', '漏えいの疑いの調査のため', '期限: ']) expect(owners[0]!.text).toContain(fact)
    expect(owners[0]!.text).not.toContain('秘密の件名')
    expect(book.read(glass.glassId, kanri, 'text')?.publicId).toBe('P1')
    here.clock.nowMs += 4 * HOUR_MS
    expect(book.read(glass.glassId, kanri, 'text')).toBeUndefined()
    expect(state(glass)).toBe('over')
  })

  test('never by one person, by whom the mail came to, or without a reason', () => {
    const glass = asked()
    expect(book.decide(glass.glassId, kanri, true)).toEqual({ kind: 'cannot', why: 'same-person' })
    expect(book.decide(glass.glassId, tanaka, true)).toEqual({ kind: 'cannot', why: 'own-mail' })
    expect(book.ask(kanri, MAIL, '  ')).toEqual({ kind: 'cannot', why: 'no-reason' })
    expect(book.ask(tanaka, MAIL, 'x')).toEqual({ kind: 'cannot', why: 'own-mail' })
    const theirs = mail('P2', [], { recipients: [{ mailbox: 'kanri2@town.example.jp', state: 'delivered', atMs: NOW_MS }] })
    expect(book.ask(kanri, theirs, 'x')).toEqual({ kind: 'cannot', why: 'nobody' })
  })

  test('not by who confirmed, after a refusal, late, twice, or in another town', () => {
    const refused = asked()
    book.decide(refused.glassId, kanri2, false)
    expect([state(refused), book.decide(refused.glassId, kanri2, true)]).toEqual(['refused', { kind: 'cannot', why: 'order' }])
    const late = asked()
    here.clock.nowMs += 24 * HOUR_MS
    expect([state(late), book.decide(late.glassId, kanri2, true)]).toEqual(['lapsed', { kind: 'cannot', why: 'order' }])
    const open = asked()
    book.decide(open.glassId, kanri2, true)
    expect(book.read(open.glassId, kanri2, 'text')).toBeUndefined()
    expect(book.read(open.glassId, { ...kanri, tenant: 'kita' }, 'text')).toBeUndefined()
    book.end(open.glassId, kanri2)
    expect([state(open), book.read(open.glassId, kanri, 'text')]).toEqual(['ended', undefined])
  })

  test('and every step stands in the chain', () => {
    const glass = asked()
    book.decide(glass.glassId, kanri2, true)
    book.read(glass.glassId, kanri, 'text')
    book.end(glass.glassId, kanri)
    const lines = here.db.all("SELECT actor, subject, detail FROM audit WHERE kind = 'glass' ORDER BY seq").map(row => `${row['actor']} ${row['subject']} ${(JSON.parse(String(row['detail'])) as { act: string }).act}`)
    expect(lines).toEqual(['user:kanri P1 asked', 'user:kanri2 P1 agreed', 'user:kanri P1 read', 'user:kanri P1 ended'])
    expect(here.db.verifyAudit()).toMatchObject({ ok: true })
  })
})

describe('the pages', () => {
  let portal: TestPortal
  beforeEach(async () => {
    const house = houseOf(here, [MAIL])
    const vault = { ...house.vault, preview: here.vault.preview, deliveredText: async () => ({ kind: 'text', text: '名簿を送ります。<b>', files: [] }) as const }
    const admin: AdminHouse = { ...house, ...house.admin, vault, glass: book }
    portal = await testPortal([...glassRoutes(admin), ...glassReadRoutes(admin), ...glassSecondRoutes(admin)], [kanri, kanri2, kansa, kacho, tanaka, { ...kanri, login: 'kanri-weak' }].map(each => found(each, each.login.endsWith('weak') ? {} : { steppedUpAtMs: NOW_MS - 60_000 })))
  })
  afterEach(() => portal.portal.close())
  const body = async (response: Promise<Response>) => (await response).text()

  test('from asking to reading, the second person on the office side', async () => {
    const to = (await portal.post('admin', '/glass-new', 'kanri', { m: 'P1', reason: '調査' })).headers.get('location')!
    expect(await body(portal.get('admin', to, 'kanri'))).not.toContain(`${to}/confirm`)
    const seen = await body(portal.get('inner', to, 'kacho'))
    expect(seen).toContain(`${to}/confirm`)
    expect(seen).not.toContain('秘密の件名')
    expect((await portal.get('admin', `${to}/read`, 'kanri')).status).toBe(404)
    expect((await portal.post('inner', `${to}/confirm`, 'kacho', {})).status).toBe(303)
    const read = await body(portal.get('admin', `${to}/read`, 'kanri'))
    for (const each of ['秘密の件名', '名簿を送ります。&lt;b&gt;', '名簿.pdf', `${to}/parts/2/preview`]) expect(read).toContain(each)
    expect(read).not.toMatch(/href="[^"]*(take|request|file)/)
    expect(await body(portal.get('admin', `${to}/parts/2/preview`, 'kanri'))).toContain('picture?page=1')
    expect((await portal.get('admin', `${to}/parts/2/picture`, 'kanri')).headers.get('content-type')).toBe('image/png')
    for (const [login, status] of [['kanri2', 404], ['kansa', 403], ['tanaka', 403], ['kanri-weak', 303]] as const) expect((await portal.get('admin', `${to}/read`, login)).status, login).toBe(status)
  })

  test('auditors see who, why and how often, and no subject', async () => {
    const glass = asked()
    book.decide(glass.glassId, kanri2, true)
    book.read(glass.glassId, kanri, 'text')
    for (const path of ['/glass', `/glass/${glass.glassId}`]) {
      const page = await body(portal.get('admin', path, 'kansa'))
      for (const each of ['漏えいの疑いの調査のため', '管理者2', 'zeimu@town.example.jp']) expect(page).toContain(each)
      expect(page).not.toContain('秘密の件名')
      expect(page).not.toContain('<button class="danger">')
    }
    expect((await portal.get('admin', '/glass-new', 'kansa')).status).toBe(403)
    expect((await portal.post('admin', `/glass/${glass.glassId}/end`, 'kansa', {})).status).toBe(403)
  })

  test('an approver sees nothing that is none of their business', async () => {
    const glass = asked()
    book.decide(glass.glassId, kanri2, true)
    expect((await portal.get('inner', `/glass/${glass.glassId}`, 'kacho')).status).toBe(404)
    expect((await portal.get('inner', `/glass/${glass.glassId}/read`, 'kanri')).status).toBe(404)
    expect((await portal.get('admin', '/glass', 'kacho')).status).toBe(403)
  })

  test('what is wrong is said, and nothing is written down', async () => {
    for (const form of [{ m: 'NONE', reason: 'x' }, { m: 'P1', reason: ' ' }, { m: '../x', reason: 'x' }]) expect((await portal.post('admin', '/glass-new', 'kanri', form)).status).toBe(422)
    expect(book.list('default')).toEqual([])
    const glass = asked()
    expect((await portal.post('admin', `/glass/${glass.glassId}/confirm`, 'kanri', {})).status).toBe(422)
    expect((await portal.post('admin', `/glass/${glass.glassId}/confirm`, 'kanri-weak', {})).headers.get('location')).toContain('/step-up')
  })
})
