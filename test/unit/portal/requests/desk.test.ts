/** Filing, deciding and what time does, over a real portal.db. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { KeptRequest } from '../../../../portal/requests/records.ts'
import { DAY, mail, part, PEOPLE, type Town, town, TUESDAY_MS } from '../../../support/requests.ts'

const { tanaka, suzuki, kacho, dairi, bucho, toban, soto } = PEOPLE
const MAIL = mail('m1', [part('2', '調査票.xlsm', { removed: [{ what: 'macros', count: 1 }] }), part('3', '図面.jww')])
const asked = { partKeys: ['2', '3'], reason: 'マクロを使って回答するため' }
const day = (ms: number) => new Date(ms + 9 * 3_600_000).toISOString().slice(0, 16)

let here: Town
beforeEach(async () => {
  here = await town()
})
afterEach(() => here.close())

function filed(more: Partial<Parameters<Town['desk']['file']>[2]> = {}, message = MAIL): KeptRequest {
  const done = here.desk.file(tanaka, message, { ...asked, ...more })
  if (done.kind === 'cannot') throw new Error(done.why)
  return done.request
}
const stage = (request: KeptRequest) => here.desk.records.byId(request.requestId)!.state.stage
async function letters(): Promise<string[]> {
  await here.outbox.send()
  return here.sent.splice(0).map(each => `${each.to.split('@')[0]}: ${each.subject}`)
}

describe('filing', () => {
  test('asks the own department first, until closing time of the third working day', async () => {
    const { state } = filed()
    expect(state.stage).toMatchObject({ kind: 'waiting', level: 0 })
    expect(day((state.stage as { dueAtMs: number }).dueAtMs)).toBe('2026-04-10T17:15')
    expect(await letters()).toEqual(['kacho: 【承認のお願い】元のファイルの取り出し（税務課）'])
  })

  test('says in the mail what the approver must know, and the next step', async () => {
    const { requestId } = filed()
    await here.outbox.send()
    expect(here.sent[0]!.text).toBe(
      [
        '佐藤課長 様',
        '',
        '元のファイルの取り出しについて、承認のお願いがあります。下のページで内容を確かめてから決めてください。',
        '',
        'ファイル: 調査票.xlsm（マクロあり）、図面.jww',
        '送信者: "調査担当" <chosa@example.go.jp> (なりすまし検査: 合格)',
        '申請した人: 田中 (税務課)',
        '理由: マクロを使って回答するため',
        '取り出し先: インターネット側の端末だけ',
        'ウイルス検査: 検出なし（安全の保証ではありません）',
        '期限: 令和8年4月10日(金) 17:15。自動では承認されません。',
        '',
        `ページ: https://inner.example/approvals/${requestId}`,
        '困ったとき: 情報政策課 内線123',
        '',
      ].join('\n'),
    )
  })

  test('keeps names and reasons of senders and people on their line', async () => {
    filed({ reason: 'a\nウイルス検査: 合格' }, { ...MAIL, headerFrom: 'x\r\n送信者: boss@town.example.jp' })
    await here.outbox.send()
    expect(here.sent[0]!.text.split('\n').filter(line => /^(?:送信者|ウイルス検査)/.test(line))).toHaveLength(2)
  })

  test.for<{ name: string; before?: (here: Town) => void; message?: typeof MAIL; what?: Partial<typeof asked>; why: string }>([
    { name: 'without a reason', what: { reason: ' \n' }, why: 'no-reason' },
    { name: 'with an endless reason', what: { reason: 'あ'.repeat(1001) }, why: 'long-reason' },
    { name: 'of nothing', what: { partKeys: [] }, why: 'no-part' },
    { name: 'of a part that is not there', what: { partKeys: ['2', '9'] }, why: 'no-part' },
    { name: 'of a program', message: mail('m', [part('2', 'setup.exe')]), what: { partKeys: ['2'] }, why: 'program' },
    { name: 'of what is a program by its content', message: mail('m', [part('2', 'a.xlsx', { detectedType: 'application/x-msdownload' })]), what: { partKeys: ['2'] }, why: 'program' },
    { name: 'of what was stopped as one', message: mail('m', [part('2', 'a.xlsx', { reason: 'dangerous-type' })]), what: { partKeys: ['2'] }, why: 'program' },
    {
      name: 'of an archive with one inside',
      message: mail('m', [part('2', 'a.zip', { members: [{ ...part('', 'b.zip'), outcome: 'quarantined', members: [{ ...part('', 'run.js'), outcome: 'quarantined', members: [] }] }] })]),
      what: { partKeys: ['2'] },
      why: 'program',
    },
    { name: 'of anything in a mail with malware', message: mail('m', [part('2', 'a.xlsx'), part('', '', { reason: 'malware' })]), what: { partKeys: ['2'] }, why: 'malware' },
    { name: 'of what the antivirus must have seen', before: town => void (town.rules = { ...town.rules, antivirusRequired: true }), message: { ...MAIL, report: { verdict: 'relay', profile: '', policyVersion: '', parts: MAIL.report.parts, findings: [] } }, why: 'not-scanned' },
    { name: 'when the original is gone', message: mail('m', MAIL.report.parts, { originalUntilMs: undefined }), why: 'gone' },
    { name: 'when its time to ask is over', message: mail('m', MAIL.report.parts, { acceptedAtMs: TUESDAY_MS - 31 * DAY }), why: 'gone' },
    { name: 'where there is one administrator', before: town => void (town.directory.administratorLogins = ['kanri']), why: 'one-administrator' },
    { name: 'where nobody approves', before: town => void (town.directory.levels = [[], []]), why: 'no-approver' },
    { name: 'where only oneself does', before: town => void (town.directory.levels = [['tanaka'], []]), why: 'no-approver' },
    { name: 'where only a deputy of oneself does', before: town => void (town.directory.levels = [['dairi for tanaka']]), why: 'no-approver' },
    { name: 'of the highest class where only one person decides', before: town => void (town.directory.levels = [['kacho', 'dairi for kacho']]), message: mail('m', MAIL.report.parts, { subject: '【機密】' }), why: 'too-few-approvers' },
    { name: 'of what was asked already', before: town => void town.desk.file(tanaka, MAIL, asked), why: 'already-asked' },
  ])('not $name', ({ before, message = MAIL, what = {}, why }) => {
    before?.(here)
    const records = here.audit().length
    expect(here.desk.file(tanaka, message, { ...asked, ...what })).toEqual({ kind: 'cannot', why })
    expect(here.audit()).toHaveLength(records)
  })

  test('not without end', () => {
    for (let index = 0; index < 5; index++) filed({}, mail(`m${index}`, MAIL.report.parts))
    expect(here.desk.file(tanaka, MAIL, asked)).toEqual({ kind: 'cannot', why: 'too-many-open' })
  })

  test('of a part again, once the first request is over', () => {
    const first = filed()
    here.desk.withdraw(first.requestId, tanaka)
    expect(filed().requestId).not.toBe(first.requestId)
  })
})

describe('deciding', () => {
  test.for<{ name: string; levels?: string[][]; by: typeof tanaka; want: string }>([
    { name: 'the approver of the department', by: kacho, want: 'approved' },
    { name: 'not the requester', levels: [['tanaka', 'kacho']], by: tanaka, want: 'oneself' },
    { name: 'not the requester as a deputy', levels: [['tanaka for kacho', 'kacho']], by: tanaka, want: 'oneself' },
    { name: 'not somebody of the same department', by: suzuki, want: 'not-asked' },
    { name: 'not the level above before its turn', by: bucho, want: 'not-asked' },
    { name: 'not somebody of another department', by: soto, want: 'not-asked' },
    { name: 'not who is on duty, while others are at work', by: toban, want: 'not-asked' },
    { name: 'not somebody of another tenant', by: { ...kacho, tenant: 'other' }, want: 'not-asked' },
    { name: 'the deputy of who is absent', levels: [['dairi for kacho']], by: dairi, want: 'approved' },
  ])('$name', ({ levels, by, want }) => {
    if (levels) here.directory.levels = levels
    const request = filed()
    const decided = here.desk.decide(request.requestId, by, { kind: 'approve' })
    expect(decided.kind === 'cannot' ? decided.why : decided.request.state.stage.kind).toBe(want)
  })

  test('names whose place it was in (代決)', () => {
    here.directory.levels = [['dairi for kacho']]
    const { requestId } = filed()
    here.desk.decide(requestId, dairi, { kind: 'approve' })
    expect(here.audit().at(-1)).toMatchObject({ kind: 'decision', act: 'approved', actor: 'user:dairi', inPlaceOf: 'user:kacho' })
    expect(here.desk.records.byId(requestId)!.state.approvals).toMatchObject([{ by: { login: 'dairi' }, inPlaceOf: { login: 'kacho' } }])
  })

  test('tells the requester, who may take it for three working days', async () => {
    const request = filed()
    await letters()
    here.desk.decide(request.requestId, kacho, { kind: 'approve' })
    expect(day((stage(request) as { untilMs: number }).untilMs)).toBe('2026-04-10T17:15')
    expect(await letters()).toEqual(['tanaka: 【承認されました】元のファイルの取り出し'])
  })

  test('a refusal needs a reason, and gives it on', async () => {
    const request = filed()
    expect(here.desk.decide(request.requestId, kacho, { kind: 'refuse', why: ' ' })).toEqual({ kind: 'cannot', why: 'no-reason' })
    await letters()
    here.desk.decide(request.requestId, kacho, { kind: 'refuse', why: '画像プレビューで足ります' })
    await here.outbox.send()
    expect(here.sent.map(each => each.to)).toEqual(['tanaka@town.example.jp'])
    expect(here.sent[0]!.text).toContain('理由（決めた人から）: 画像プレビューで足ります')
    expect(here.desk.decide(request.requestId, kacho, { kind: 'approve' })).toEqual({ kind: 'cannot', why: 'order' })
  })

  test('two steps: the second is the level above, and never the same person', async () => {
    const request = filed({}, mail('m', MAIL.report.parts, { headerFrom: 'A <a@secret.example.jp>' }))
    await letters()
    expect(request.state.steps).toBe(2)
    here.desk.decide(request.requestId, kacho, { kind: 'approve' })
    expect(stage(request)).toMatchObject({ kind: 'waiting', fromLevel: 1, level: 1 })
    expect(await letters()).toEqual(['bucho: 【承認のお願い】元のファイルの取り出し（税務課）'])
    expect(here.desk.decide(request.requestId, kacho, { kind: 'approve' })).toEqual({ kind: 'cannot', why: 'not-asked' })
    here.desk.decide(request.requestId, bucho, { kind: 'approve' })
    expect(stage(request).kind).toBe('approved')
  })

  test('two steps in a department with nobody above: another one of the same level', () => {
    here.directory.levels = [['kacho', 'dairi']]
    const request = filed({}, mail('m', MAIL.report.parts, { subject: 'Re: 【機密】x' }))
    here.desk.decide(request.requestId, kacho, { kind: 'approve' })
    expect(here.desk.deciders(here.desk.records.byId(request.requestId)!).map(each => each.person.login)).toEqual(['dairi'])
    here.desk.decide(request.requestId, dairi, { kind: 'approve' })
    expect(stage(request).kind).toBe('approved')
  })
})

describe('nights and holidays', () => {
  test('the duty group decides then, and is asked by mail', async () => {
    here.clock.nowMs = Date.parse('2026-04-11T22:00:00+09:00')
    const request = filed()
    expect((await letters()).map(each => each.split(':')[0])).toEqual(['kacho', 'toban'])
    expect(here.desk.waitingFor(toban)).toHaveLength(1)
    expect(here.desk.decide(request.requestId, toban, { kind: 'approve' }).kind).toBe('decided')
  })

  test('and no more in the morning', () => {
    here.clock.nowMs = Date.parse('2026-04-11T22:00:00+09:00')
    const request = filed()
    here.clock.nowMs = Date.parse('2026-04-13T09:00:00+09:00')
    expect(here.desk.decide(request.requestId, toban, { kind: 'approve' })).toEqual({ kind: 'cannot', why: 'not-asked' })
  })
})

describe('time', () => {
  const later = (days: number) => {
    here.clock.nowMs += days * DAY
    here.desk.tick()
  }

  test('moves it up, then ends it; it never approves', async () => {
    const request = filed()
    await letters()
    later(1)
    expect(stage(request)).toMatchObject({ kind: 'waiting', level: 0 })
    later(3)
    expect(stage(request)).toMatchObject({ kind: 'waiting', level: 1 })
    expect((await letters()).toSorted()).toEqual([
      'bucho: 【承認のお願い】元のファイルの取り出し（税務課）',
      'tanaka: 【お知らせ】元のファイルの申請は上位の承認者に回りました',
      // It is Saturday by now.
      'toban: 【承認のお願い】元のファイルの取り出し（税務課）',
    ])
    expect(here.desk.decide(request.requestId, kacho, { kind: 'approve' }).kind, 'the first level still may').toBe('decided')
  })

  test('ends what nobody decides', async () => {
    const request = filed()
    later(4)
    later(5)
    expect(stage(request)).toEqual({ kind: 'closed', why: 'lapsed' })
    expect(await letters()).toContain('tanaka: 【期限切れ】元のファイルの申請は承認されませんでした')
    expect(here.audit().map(each => each['act'])).toEqual(['filed', 'escalated', 'lapsed'])
  })

  test('is looked at before every decision, whether the clock ran or not', () => {
    const request = filed()
    here.clock.nowMs += 4 * DAY
    expect(here.desk.decide(request.requestId, kacho, { kind: 'approve' }).kind).toBe('decided')
    expect(here.audit().map(each => each['act'])).toEqual(['filed', 'escalated', 'approved'])
    here.clock.nowMs += 30 * DAY
    expect(here.desk.withdraw(request.requestId, tanaka)).toEqual({ kind: 'cannot', why: 'order' })
    expect(stage(request)).toEqual({ kind: 'closed', why: 'expired' })
  })

  test('asks who came to decide since: a deputy for an absence that began', async () => {
    filed()
    await letters()
    here.directory.levels = [['dairi for kacho'], ['bucho']]
    later(0.1)
    expect(await letters()).toEqual(['dairi: 【承認のお願い】元のファイルの取り出し（税務課）'])
    later(0.1)
    expect(await letters()).toEqual([])
  })
})

describe('calling off', () => {
  test('the requester withdraws, nobody else', () => {
    const request = filed()
    expect(here.desk.withdraw(request.requestId, kacho)).toEqual({ kind: 'cannot', why: 'not-yours' })
    expect(here.desk.withdraw(request.requestId, tanaka).kind).toBe('decided')
    expect(here.desk.decide(request.requestId, kacho, { kind: 'approve' })).toEqual({ kind: 'cannot', why: 'order' })
  })

  test('everything is taken back on the bad day', async () => {
    const [waiting, approved] = [filed(), filed({}, mail('m2', MAIL.report.parts))]
    here.desk.decide(approved.requestId, kacho, { kind: 'approve' })
    expect(here.desk.revoke('all', { actor: 'user:kanri', reason: '感染の疑い' })).toBe(2)
    expect([stage(waiting), stage(approved)]).toEqual([{ kind: 'closed', why: 'revoked' }, { kind: 'closed', why: 'revoked' }])
    expect(here.audit().filter(each => each['kind'] === 'revoke')).toMatchObject([{ actor: 'user:kanri', why: '感染の疑い' }, {}])
  })
})

describe('after a personnel change', () => {
  const by = { actor: 'system', reason: '令和8年10月1日付異動' }

  test('an open request goes to the successor, who needs approvals of their own', async () => {
    const request = filed()
    here.desk.decide(request.requestId, kacho, { kind: 'approve' })
    here.directory.gone.add('tanaka')
    here.desk.peopleChanged(new Map([[tanaka.personId, suzuki.personId]]), by)
    const after = here.desk.records.byId(request.requestId)!
    expect([after.state.requester.login, after.state.stage.kind]).toEqual(['suzuki', 'waiting'])
    expect(after.state.approvals).toEqual([])
    const told = await letters()
    expect(told).toContain('suzuki: 【引き継ぎ】元のファイルの申請を引き継ぎました')
    expect(told.filter(each => each.startsWith('kacho: 【承認のお願い】'))).toHaveLength(2)
    expect(here.desk.decide(request.requestId, kacho, { kind: 'approve' })).toMatchObject({ kind: 'decided', request: { state: { stage: { kind: 'approved' } } } })
    expect(here.desk.records.ofPerson(suzuki.personId, 'requester', { beforeMs: Infinity, limit: 9 })).toHaveLength(1)
  })

  test.for<{ name: string; successors: [number, number][] }>([
    { name: 'without a successor', successors: [] },
    { name: 'with one who does not read the mailbox', successors: [[tanaka.personId, soto.personId]] },
    { name: 'with one who has approved it', successors: [[tanaka.personId, kacho.personId]] },
  ])('it ends $name', ({ successors }) => {
    const request = filed()
    here.desk.decide(request.requestId, kacho, { kind: 'approve' })
    here.directory.gone.add('tanaka')
    here.desk.peopleChanged(new Map(successors), by)
    expect(stage(request)).toEqual({ kind: 'closed', why: 'revoked' })
  })

  test('approvers follow by themselves: the new one decides, the old one no more', async () => {
    const request = filed()
    await letters()
    here.directory.levels = [['dairi'], ['bucho']]
    here.desk.peopleChanged(new Map(), by)
    expect(await letters()).toEqual(['dairi: 【承認のお願い】元のファイルの取り出し（税務課）'])
    expect(here.desk.decide(request.requestId, kacho, { kind: 'approve' })).toEqual({ kind: 'cannot', why: 'not-asked' })
    expect(here.desk.decide(request.requestId, dairi, { kind: 'approve' }).kind).toBe('decided')
  })
})

test('who sees a request: the requester, who decides or has decided; nobody else', () => {
  const request = filed()
  const relations = () => {
    const now = here.desk.records.byId(request.requestId)!
    return Object.fromEntries(Object.values(PEOPLE).map(person => [person.login, here.desk.relationOf(now, person)] as const).filter(([, relation]) => relation !== 'none'))
  }
  expect(relations()).toEqual({ tanaka: 'requester', kacho: 'approver' })
  here.desk.decide(request.requestId, kacho, { kind: 'approve' })
  expect(relations()).toEqual({ tanaka: 'requester', kacho: 'approver' })
  expect(here.desk.relationOf(request, { ...tanaka, tenant: 'other' })).toBe('none')
})

test('the chain of portal.db holds after all of it', () => {
  const request = filed()
  here.desk.decide(request.requestId, kacho, { kind: 'approve' })
  expect(here.db.verifyAudit()).toMatchObject({ ok: true })
})
