/** People, departments, mailboxes, delegation and files of people on the administration face: two presses, a reason, a record. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { adminRoutes } from '../../../../portal/admin/routes.ts'
import type { AdminHouse } from '../../../../portal/admin/house.ts'
import { openPortalDb } from '../../../../portal/db/open.ts'
import { absentDesk } from '../../../support/admin-house.ts'
import { peopleTown } from '../../../support/people-town.ts'
import { found, NOW_MS, testPortal } from '../../../support/portal.ts'

const TODAY = '2026-11-26'

async function office() {
  // Flushing is not what is tested here.
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sekisho-people-'))
  const clock = { nowMs: NOW_MS }
  const db = await openPortalDb(folder, () => clock.nowMs)
  const town = await peopleTown(db, folder, '"><script>alert(1)</script>')
  const { desk, ids } = town
  const house = { ...absentDesk(db), people: desk, era: 'western', contact: '', mail: {} } as unknown as AdminHouse
  const as = (login: string) => found(desk.people.person(ids[login]!, TODAY)!, { steppedUpAtMs: NOW_MS - 1000 })
  const portal = await testPortal(adminRoutes(house), ['kanri', 'kanri2', 'kansa', 'kita'].map(as))
  onTestFinished(async () => {
    expect(portal.errors).toEqual([])
    await portal.portal.close()
    db.close()
    rmSync(folder, { recursive: true })
  })
  const answer = async (response: Response) => ({ status: response.status, body: await response.text(), to: response.headers.get('location') ?? '' })
  const get = async (path: string, login = 'kanri') => answer(await portal.get('admin', path, login))
  const post = async (path: string, form: Readonly<Record<string, string>>, login = 'kanri') => answer(await portal.post('admin', path, login, form))
  const send = async (about: string, day: string, csv: string | Uint8Array, login = 'kanri') => {
    const body = new FormData()
    body.set('about', about)
    body.set('day', day)
    body.set('file', new File([csv as Uint8Array<ArrayBuffer>], 'idou.csv'))
    const origin = portal.origin('admin')
    const told = await answer(await fetch(`${origin}/people/changes/new?_token=token-${login}`, { method: 'POST', headers: { origin, cookie: `sekisho-admin=${login}` }, body, redirect: 'manual' }))
    return told.status === 303 ? get(told.to, login) : told
  }
  const records = () => db.all("SELECT kind, actor, subject, detail FROM audit WHERE actor LIKE 'user:kanri%' AND actor <> 'user:kanri' OR detail LIKE '%理由%' ORDER BY seq").map(row => `${row['kind']} ${row['subject']} ${(JSON.parse(String(row['detail'])) as { act?: string }).act ?? ''}`.trim())
  return { ...town, db, clock, get, post, send, records }
}

const WHY = { step: 'do', reason: '理由' }

describe('people', () => {
  test('are listed page by page, searched, and those who cannot sign in are set apart', async () => {
    const { get, desk } = await office()
    for (let n = 0; n < 60; n++) desk.people.add({ tenant: 'default', login: `p${String(n).padStart(2, '0')}`, name: `職員 ${n}`, roles: ['staff'] }, { actor: 'system', reason: 'test' })
    const first = await get('/people')
    const next = /href="(\/people\?[^"]*after=[^"]*)"/.exec(first.body)![1]!.replaceAll('&amp;', '&')
    const second = await get(next)
    const logins = (body: string) => [...body.matchAll(/data-name="ユーザーID"[^>]*>([^<]*)</g)].map(match => match[1]!)
    expect([logins(first.body).length, logins(second.body).length]).toEqual([50, 17])
    expect(new Set([...logins(first.body), ...logins(second.body)]).size).toBe(67)
    expect(logins((await get('/people?q=佐藤')).body)).toEqual(['sato'])
    expect(logins((await get('/people?state=stopped')).body)).toEqual(['tomari', 'yameta'])
    expect((await get('/people?q=nobody')).body).toContain('条件に合う人はいません')
  })

  test('as CSV that no spreadsheet runs', async () => {
    const { get, desk } = await office()
    desk.people.add({ tenant: 'default', login: 'calc', name: '=cmd|x', roles: [] }, { actor: 'system', reason: 'test' })
    const { body } = await get('/people.csv?state=all')
    expect(body).toContain('sato,10001,佐藤 花子,sato@town.example.jp,市長部局 総務部 税務課')
    expect(body).not.toMatch(/[,\n]"?=cmd/)
  })

  test('so the other registers: departments, mailboxes, delegations, by the filter of their pages', async () => {
    const { get } = await office()
    const departments = (await get('/people/departments.csv')).body
    expect(departments).toContain('1021,市民税係,102,市長部局 総務部 税務課 市民税係,')
    expect(departments).not.toContain('北町')
    const mailboxes = (await get('/people/mailboxes.csv?kind=shared')).body
    expect(mailboxes).toContain('zeimu@town.example.jp,税務課,共用,')
    expect(mailboxes).not.toContain('sato@town.example.jp,')
    expect((await get('/people/delegations.csv?state=open')).body).toMatch(/sato,佐藤 花子,ito,伊藤 次郎,2026-11-26,2026-12-31,有効\r\n$/)
    for (const body of [departments, mailboxes]) expect(body).not.toMatch(/(?:^|[,\n])"?[=+@-]/)
  })

  test('one person, with everything that hangs on the day', async () => {
    const { get, ids } = await office()
    const { body } = await get(`/people/${ids['ito']}`)
    for (const text of ['市長部局 総務部 税務課 市民税係', '兼務', 'zeimu@town.example.jp', '佐藤 花子 のメールを見る']) expect(body).toContain(text)
    expect((await get(`/people/${ids['kacho']}`)).body).toMatch(/休業: 2026-11-26[\s\S]*代決 1番: 伊藤 次郎[\s\S]*確認コードの機器/)
    expect((await get(`/people/${ids['hostile']}`)).body).not.toContain('<script>alert')
    const auditor = await get(`/people/${ids['ito']}`, 'kansa')
    expect([auditor.status, auditor.body.includes(`/people/${ids['ito']}/`)]).toEqual([200, false])
  })

  test('another town’s are not there, neither by page nor by act', async () => {
    const { get, post, ids, units, desk } = await office()
    for (const path of [`/people/${ids['sato']}`, `/people/${ids['sato']}/disable`, `/people/departments/${units['102']}`, `/people/departments/${units['102']}/close`, '/people/mailboxes/2']) expect((await get(path, 'kita')).status).toBe(404)
    expect((await post(`/people/${ids['sato']}/disable`, WHY, 'kita')).status).toBe(404)
    expect(desk.people.byId(ids['sato']!)!.disabled).toBe(false)
    const list = await get('/people?state=all', 'kita')
    expect([list.body.includes('北町 職員'), list.body.includes('佐藤')]).toEqual([true, false])
    expect((await get('/people/mailboxes', 'kita')).body).not.toContain('town.example.jp')
    expect((await get('/people/delegations', 'kita')).body).toContain('代理閲覧はありません')
    expect((await post(`/people/${ids['kita']}/join`, { ...WHY, department: '102', kind: 'main', from: TODAY }, 'kita')).body).toContain('所属を確かめてください')
  })
})

describe('an act', () => {
  test('adds a person after two presses, shows the link once, and stands in the chain with its reason', async () => {
    const { post, desk, records } = await office()
    const form = { login: 'shinjin', name: '新人 さくら', number: '20001', mailbox: 'shinjin@town.example.jp', 'role-staff': 'yes', from: TODAY, department: '102', post: '主事' }
    const sure = await post('/people/new', { ...form, step: 'check' })
    expect([sure.status, sure.body.includes('次のことが起きます'), sure.body.includes('新人 さくら'), desk.people.byLogin('default', 'shinjin')]).toEqual([200, true, true, undefined])
    expect((await post('/people/new', { ...form, step: 'do', reason: ' ' })).status).toBe(422)
    expect(desk.people.byLogin('default', 'shinjin')).toBeUndefined()
    const made = await post('/people/new', { ...form, ...WHY })
    const token = /https:\/\/portal\.town\.example\.jp\/welcome\/([\w-]{32})/.exec(made.body)![1]!
    const record = desk.people.byLogin('default', 'shinjin')!
    expect(desk.links.look(token)).toEqual({ tenant: 'default', personId: record.personId })
    expect(desk.people.departmentsOf(record.personId, TODAY)).toHaveLength(1)
    expect(records()).toEqual(['person shinjin add', 'person shinjin join'])
  })

  test.each([
    [{ login: 'sato' }, 'もう使われています'],
    [{ login: 'a b' }, '半角の英数字'],
    [{ mailbox: 'zeimu@town.example.jp' }, '別の人か共用で'],
    [{ number: '10001' }, '職員番号は別の人のもの'],
    [{ department: '999' }, '所属を確かめてください'],
    [{ to: '2020-01-01' }, '日付を確かめてください'],
    [{ from: 'soon' }, '日付を確かめてください'],
  ])('says at the first press what stands against it: %o', async (wrong, told) => {
    const { post, desk } = await office()
    const reply = await post('/people/new', { login: 'shinjin', name: 'x', 'role-staff': 'yes', from: TODAY, step: 'check', ...wrong })
    expect([reply.status, reply.body.includes(told), reply.body.includes('name="login"')]).toEqual([422, true, true])
    expect(desk.people.byLogin('default', 'shinjin')).toBeUndefined()
  })

  test('goes back to the form with what was entered', async () => {
    const { post } = await office()
    const reply = await post('/people/new', { login: 'shinjin', name: 'x', step: 'edit', reason: '' })
    expect(reply.body).toContain('value="shinjin"')
  })

  test('disables, lets in again, ends sessions; sessions are over at once', async () => {
    const { get, post, desk, ids, records } = await office()
    const sato = ids['sato']!
    expect((await get(`/people/${sato}/disable`)).body).toContain('サインインできなくなります')
    expect(desk.sessions.ofPerson(sato)).toHaveLength(1)
    expect((await post(`/people/${sato}/end-sessions`, WHY)).to).toBe(`/people/${sato}`)
    expect(desk.sessions.ofPerson(sato)).toHaveLength(0)
    await post(`/people/${sato}/disable`, WHY)
    expect(desk.people.person(sato, TODAY)).toBeUndefined()
    await post(`/people/${sato}/enable`, WHY)
    expect(desk.people.person(sato, TODAY)).toBeDefined()
    expect(records()).toEqual(['sign-out sato', 'person sato disable', 'person sato enable'])
  })

  test('takes second factors away and makes a link; the person is told by mail', async () => {
    const { post, desk, ids, told } = await office()
    const kacho = ids['kacho']!
    expect(desk.factors.of(kacho)).toEqual(['totp'])
    await post(`/people/${kacho}/reset-factors`, WHY)
    expect(desk.factors.of(kacho)).toEqual([])
    expect((await post(`/people/${kacho}/invite`, WHY)).body).toContain('/welcome/')
    expect(told.map(({ to, subject }) => `${to} ${subject}`)).toEqual(['kacho@town.example.jp 【関所】二要素目が消されました', 'kacho@town.example.jp 【関所】パスワードを決めるリンクが出されました'])
  })

  test('changes record, roles and mailbox; the last administrator stays one', async () => {
    const { post, desk, ids } = await office()
    const form = { name: '佐藤 花', number: '77', mailbox: 'hana@town.example.jp', 'role-staff': 'yes', 'role-auditor': 'yes', to: '2027-03-31' }
    expect((await post(`/people/${ids['sato']}/change`, { ...form, ...WHY })).status).toBe(303)
    expect(desk.people.byId(ids['sato']!)).toMatchObject({ name: '佐藤 花', staffNumber: '77', mailbox: 'hana@town.example.jp', roles: ['staff', 'auditor'], toDate: '2027-03-31' })
    await post(`/people/${ids['kanri2']}/disable`, WHY)
    expect((await post(`/people/${ids['kanri']}/disable`, WHY)).body).toContain('最後の管理者です')
  })

  test('memberships, absence, deputies and delegation begin and end', async () => {
    const { get, post, desk, ids, told } = await office()
    const sato = ids['sato']!
    await post(`/people/${sato}/join`, { ...WHY, department: '103', post: '主任', kind: 'concurrent', approves: 'yes', from: TODAY, to: '' })
    const joined = desk.memberships.ofPerson(sato, TODAY).find(({ kind }) => kind === 'concurrent')!
    expect(joined).toMatchObject({ post: '主任', approves: true })
    expect((await get(`/people/${sato}/leave?membership=${joined.membershipId}`)).body).toContain('情報政策課 主任')
    await post(`/people/${sato}/leave?membership=${joined.membershipId}`, { ...WHY, last: '2026-11-30' })
    expect([desk.memberships.ofPerson(sato, '2026-11-30').length, desk.memberships.ofPerson(sato, '2026-12-01').length]).toEqual([2, 1])
    expect((await post(`/people/${sato}/leave?membership=1`, { ...WHY, last: TODAY })).status).toBe(409)
    await post(`/people/${sato}/away`, { ...WHY, kind: 'away', from: TODAY, to: '2026-11-28' })
    expect(desk.memberships.isAway(sato, TODAY)).toBe(true)
    await post(`/people/${sato}/back`, WHY)
    expect(desk.memberships.isAway(sato, TODAY)).toBe(false)
    await post(`/people/${sato}/deputy`, { ...WHY, deputy: 'ITO', rank: '2', from: TODAY, to: '' })
    expect(desk.memberships.deputiesOf(sato, TODAY)).toEqual([ids['ito']])
    await post(`/people/${sato}/end-deputy?deputy=${ids['ito']}`, WHY)
    expect(desk.memberships.deputiesOf(sato, TODAY)).toEqual([])
    await post(`/people/${sato}/delegate`, { ...WHY, delegate: 'kacho', from: TODAY, to: '2026-12-10' })
    expect(desk.mailboxes.mailboxesOf(ids['kacho']!, TODAY)).toContain('sato@town.example.jp')
    expect(told.at(-1)).toMatchObject({ to: 'sato@town.example.jp', text: expect.stringContaining('髙橋 一郎 (kacho)') })
    const given = desk.memberships.delegationsOf(sato, TODAY).find(({ delegateId }) => delegateId === ids['kacho'])!
    await post(`/people/${sato}/end-delegation?delegation=${given.delegationId}`, WHY)
    expect(desk.mailboxes.mailboxesOf(ids['kacho']!, TODAY)).not.toContain('sato@town.example.jp')
    expect((await post(`/people/${sato}/end-delegation?delegation=${given.delegationId}`, WHY)).status).toBe(409)
  })

  test('nobody gives themselves mail to see, or a role', async () => {
    const { post, desk, ids } = await office()
    const kanri = ids['kanri']!
    const refused = async (path: string, form: Readonly<Record<string, string>>) => {
      const before = JSON.stringify([desk.mailboxes.accessOf(kanri, '2027-01-10'), desk.people.byId(kanri)])
      for (const step of ['check', 'do']) {
        const reply = await post(path, { ...form, step, reason: '理由' })
        expect([path, reply.status, reply.body.includes('自分で増やすことはできません')]).toEqual([path, 422, true])
      }
      expect(JSON.stringify([desk.mailboxes.accessOf(kanri, '2027-01-10'), desk.people.byId(kanri)])).toBe(before)
    }
    await refused(`/people/${ids['sato']}/delegate`, { delegate: 'kanri', from: TODAY, to: '2027-03-31' })
    await refused(`/people/${ids['sato']}/delegate`, { delegate: 'kanri', from: '2027-01-10', to: '2027-03-31' })
    await refused(`/people/${kanri}/join`, { department: '102', kind: 'concurrent', from: TODAY })
    await refused(`/people/${kanri}/change`, { name: 'x', mailbox: 'dare2@town.example.jp', 'role-staff': 'yes', 'role-administrator': 'yes' })
    await refused(`/people/${kanri}/change`, { name: 'x', mailbox: 'kanri@town.example.jp', 'role-staff': 'yes', 'role-administrator': 'yes', 'role-auditor': 'yes' })
    await refused(`/people/mailboxes/${idOf(desk, 'dare@town.example.jp')}/add-holder`, { person: 'kanri', from: TODAY })
    await refused(`/people/mailboxes/${idOf(desk, 'zeimu@town.example.jp')}/add-holder`, { department: '103', from: TODAY })
    // What the upper department holds would reach the own one, too.
    desk.mailboxes.addHolder('default', 'dare@town.example.jp', { departmentId: desk.departments.byCode('default', '10')!.departmentId, fromDate: '2020-04-01' }, { actor: 'system', reason: 'test' })
    await refused(`/people/departments/${desk.departments.byCode('default', '103')!.departmentId}/change`, { name: '情報政策課', parent: '10', classification: '', shares: 'yes' })
  })

  test('is not done by a GET, nor without a second factor shown just now, nor by an auditor', async () => {
    const { get, post, desk, ids, clock } = await office()
    await get(`/people/${ids['sato']}/disable?step=do&reason=x`)
    expect(desk.people.byId(ids['sato']!)!.disabled).toBe(false)
    expect((await post(`/people/${ids['sato']}/disable`, WHY, 'kansa')).status).toBe(403)
    expect((await get('/people/999/disable')).status).toBe(404)
    expect((await get(`/people/${ids['sato']}/toString`)).status).toBe(404)
    clock.nowMs += 1
  })
})

const idOf = (desk: Awaited<ReturnType<typeof office>>['desk'], address: string) => Number(desk.db.get('SELECT mailbox_id FROM mailboxes WHERE address = ?', address)!['mailbox_id'])

describe('departments', () => {
  test('stand in their tree as of a day', async () => {
    const { get } = await office()
    const today = await get('/people/departments')
    const names = [...today.body.matchAll(/class="depth-(\d)"><a [^>]*>([^<]*)</g)].map(match => `${match[1]} ${match[2]}`)
    expect(names.slice(0, 6)).toEqual(['0 市長部局', '1 総務部', '2 税務課', '3 市民税係', '2 情報政策課', '0 教育委員会'])
    expect(today.body).not.toContain('旧税務第二課')
    expect((await get('/people/departments?day=2026-01-01')).body).toContain('旧税務第二課')
    expect((await get('/people/departments?q=市民税')).body).toContain('市民税係')
  })

  test('are added, changed and closed; one with others below it is not', async () => {
    const { get, post, desk } = await office()
    const made = await post('/people/departments/new', { ...WHY, code: '104', name: '収納課', parent: '10', classification: '2', shares: '', from: TODAY })
    const path = made.to
    expect((await get(path)).body).toContain('収納課')
    await post(`${path}/change`, { ...WHY, name: '収納室', parent: '20', classification: '', shares: 'yes' })
    expect(desk.departments.byCode('default', '104')).toMatchObject({ name: '収納室', classification: undefined, sharesAbove: true })
    await post(`${path}/close`, { ...WHY, last: '2026-12-31' })
    expect(desk.departments.byCode('default', '104')!.toDate).toBe('2026-12-31')
    const general = desk.departments.byCode('default', '10')!.departmentId
    expect((await post(`/people/departments/${general}/close`, { ...WHY, last: TODAY })).body).toContain('下に所属があるか')
    expect((await post(`/people/departments/${general}/change`, { ...WHY, name: '総務部', parent: '1021', classification: '' })).body).toContain('所属を確かめてください')
  })
})

describe('mailboxes', () => {
  test('say who holds and who sees them, those below included', async () => {
    const { get, desk } = await office()
    const { body } = await get(`/people/mailboxes/${idOf(desk, 'zeimu@town.example.jp')}`)
    expect(body).toContain('下の所属も見ます: 市民税係')
    for (const name of ['髙橋 一郎', '佐藤 花子', '伊藤 次郎']) expect(body.split('今日見られる人')[1]).toContain(name)
    expect((await get(`/people/mailboxes/${idOf(desk, 'dare@town.example.jp')}`)).body).toContain('だれにも見えません')
    expect((await get(`/people/mailboxes/${idOf(desk, 'sato@town.example.jp')}/change`)).status).toBe(404)
  })

  test('are added, get holders and lose them', async () => {
    const { post, desk, ids, units } = await office()
    const { to } = await post('/people/mailboxes/new', { ...WHY, address: 'shuno@town.example.jp', name: '収納', classification: '3' })
    await post(`${to}/add-holder`, { ...WHY, department: '102', from: TODAY, to: '' })
    expect(desk.mailboxes.mailboxesOf(ids['sato']!, TODAY)).toContain('shuno@town.example.jp')
    expect((await post(`${to}/add-holder`, { ...WHY, department: '102', person: 'sato', from: TODAY })).status).toBe(422)
    const holder = Number(desk.db.get('SELECT max(holder_row) AS row FROM mailbox_holders')!['row'])
    await post(`${to}/end-holder?holder=${holder}`, { ...WHY, last: '2026-11-25' })
    expect(desk.mailboxes.mailboxesOf(ids['sato']!, TODAY)).not.toContain('shuno@town.example.jp')
    await post(`${to}/change`, { ...WHY, name: '収納課', classification: '' })
    expect(desk.mailboxes.listShared('default')).toContainEqual({ address: 'shuno@town.example.jp', name: '収納課', classification: undefined })
    expect(desk.mailboxes.heldBy(units['102']!, TODAY)).toEqual(['zeimu@town.example.jp'])
  })
})

describe('files', () => {
  const HEAD = '職員番号,ユーザーID,氏名,メールアドレス,所属コード,職名,区分,承認者,役割,終了日\n'
  const draftIn = (body: string) => /name="draft" value="([0-9a-f]{32})"/.exec(body)![1]!

  test('a personnel change: read as a diff, planned with a reason, withdrawn', async () => {
    const { get, post, send, desk, ids, records } = await office()
    const tried = await send('people', '2027-04-01', `${HEAD},sato,,,103,主任,,,,\n,shinjin,新人 さくら,shinjin@town.example.jp,102,主事,採用,,,\n`)
    expect(tried.body).toMatch(/佐藤 花子[\s\S]*異動[\s\S]*税務課 主事[\s\S]*情報政策課 主任/)
    expect(desk.changes.list('default')).toEqual([])
    const draft = draftIn(tried.body)
    expect((await post('/people/changes/plan', { draft, reason: '' })).status).toBe(422)
    expect((await post('/people/changes/plan', { draft, reason: '理由' }, 'kanri2')).status).toBe(410)
    expect(await post('/people/changes/plan', { draft, reason: '理由' })).toMatchObject({ status: 303, to: '/people/changes' })
    expect((await post('/people/changes/plan', { draft, reason: '理由' })).status).toBe(410)
    const [planned] = desk.changes.list('default')
    expect(planned).toMatchObject({ about: 'people', effectiveDate: '2027-04-01', state: 'planned', plannedBy: 'user:kanri', lines: 2 })
    expect((await get('/people/changes')).body).toContain('2027-04-01')
    await post(`/people/changes/${planned!.changeId}/withdraw`, WHY)
    expect(desk.changes.turn('2027-04-01')).toBe(0)
    expect(desk.people.departmentsOf(ids['sato']!, '2027-04-01')).toHaveLength(1)
    expect(records()).toEqual([`personnel ${planned!.changeId} planned`, `personnel ${planned!.changeId} withdrawn`])
  })

  test('of Excel in CP932, and everything that is wrong with one', async () => {
    const { send, desk } = await office()
    // 所属コード,ユーザーID and a line with a code that is not there.
    const cp932 = Buffer.from('8f8a91ae8352815b83682c838681 5b83558 15b49440d0a3939392c7361746f0d0a'.replaceAll(' ', ''), 'hex')
    const tried = await send('people', '2027-04-01', cp932)
    expect([tried.status, tried.body]).toEqual([422, expect.stringContaining('2行目 「所属コード」: この所属はありません。')])
    expect(desk.changes.list('default')).toEqual([])
    expect((await send('people', '', 'x')).body).toContain('発令日を入れてください')
    expect((await send('people', '2027-04-01', Buffer.alloc(900_000, 0x61))).status).toBe(422)
  })

  test('a reorganisation, in force at once when its day is today', async () => {
    const { post, send, desk } = await office()
    const tried = await send('departments', TODAY, '区分,所属コード,名称,上位コード,統合先コード\n変更,102,税務収納課,,\n新設,105,デジタル推進課,10,\n')
    expect(tried.body).toMatch(/102[\s\S]*変更[\s\S]*税務課[\s\S]*税務収納課/)
    await post('/people/changes/plan', { draft: draftIn(tried.body), reason: '理由' })
    expect(desk.departments.byCode('default', '102')!.name).toBe('税務収納課')
    expect(desk.departments.byCode('default', '105')).toBeDefined()
  })

  test('an address book, as what is added, changed and gone', async () => {
    const { post, send, get } = await office()
    const first = await send('book', '', 'アドレス,宛先\nzei@town.example.jp,zeimu@town.example.jp\nall@town.example.jp,sato@town.example.jp;ito@town.example.jp\n')
    expect(first.body).toContain('新しいアドレス 2件')
    await post('/people/changes/plan', { draft: draftIn(first.body), reason: '理由' })
    const second = await send('book', '', 'アドレス,宛先\nall@town.example.jp,sato@town.example.jp\n')
    expect(second.body).toMatch(/宛先が変わるアドレス 1件[\s\S]*なくなるアドレス 1件/)
    expect((await get('/people/changes')).body).toContain('2件を使っています')
  })

  test('forget themselves after an hour', async () => {
    const { post, send, clock } = await office()
    const tried = await send('people', '2027-04-01', `${HEAD},sato,,,103,主任,,,,\n`)
    clock.nowMs += 3_600_001
    expect((await post('/people/changes/plan', { draft: draftIn(tried.body), reason: '理由' })).status).toBe(410)
  })

  test('of somebody else, or without the token, are not read', async () => {
    const { send } = await office()
    expect((await send('people', '2027-04-01', HEAD, 'kansa')).status).toBe(403)
  })
})
