/**
 * Every page of administrators and auditors over a real store: what it shows, that nothing of a sender’s runs, and that acts
 * are done once, with a reason. Who may come at all: ../access.test.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adminRoutes } from '../../../../portal/admin/routes.ts'
import type { Role } from '../../../../portal/people/person.ts'
import { RIGHT_CODE } from '../../../support/fake-agreements.ts'
import { type AdminFixture, adminFixture } from '../../../support/admin-house.ts'
import { found, NOW_MS, person, type TestPortal, testPortal } from '../../../support/portal.ts'

let fixture: AdminFixture
let portal: TestPortal

const steppedUp = { steppedUpAtMs: NOW_MS - 1000 }
const ROLES: readonly (readonly [login: string, roles: readonly Role[]])[] = [
  ['admin', ['administrator']],
  ['auditor', ['auditor']],
  ['approver', ['staff', 'approver']],
  ['clerk', ['staff']],
]

beforeAll(async () => {
  fixture = await adminFixture()
  portal = await testPortal(adminRoutes(fixture.house), [
    ...ROLES.map(([login, roles]) => found(person(login, roles), steppedUp)),
    found(person('english', ['administrator', 'auditor'], { language: 'en' }), steppedUp),
    found(person('north', ['administrator'], { tenant: 'kita' }), steppedUp),
  ])
})
afterAll(async () => {
  await portal.portal.close()
  await fixture.close()
})

const text = async (path: string, login = 'admin') => {
  const response = await portal.get('admin', path, login)
  return { status: response.status, body: await response.text(), to: response.headers.get('location') ?? '' }
}
const post = (path: string, form: Readonly<Record<string, string>>, login = 'admin') => portal.post('admin', path, login, form)

describe('whose it is', () => {
  test('another town sees its own mails only, and none of the switches of the house', async () => {
    expect((await text('/trace/kept', 'north')).status).toBe(404)
    expect((await text('/trace/theirs', 'north')).status).toBe(200)
    expect((await text('/quarantine', 'north')).body).not.toContain('hostile')
    expect((await text('/trace/theirs')).status).toBe(404)
    for (const path of ['/emergency', '/policy/versions', '/policy/replay']) expect((await text(path, 'north')).status).toBe(403)
    expect((await text('/audit', 'north')).body).not.toContain('>kept<')
  })
})

describe('what a page shows', () => {
  test.each(['admin', 'english'])('no page has anything of a sender’s as markup (%s)', async login => {
    for (const path of ['/quarantine?state=any', '/quarantine/hostile', '/trace/hostile', '/trace?q=evil.example', '/audit', '/queue', '/queue/waits', '/reports?by=sender', '/reports/month', '/policy/explain?q=hostile']) {
      const { status, body } = await text(path, login)
      expect([path, status]).toEqual([path, 200])
      expect(body, path).not.toMatch(/<script>|<b>|\sstyle=/)
    }
    expect(portal.errors).toEqual([])
  })

  test('the dashboard has the numbers of its charts in tables', async () => {
    const { body } = await text('/')
    expect(body).toMatch(/<svg class="chart"/)
    expect(body).toContain('通常どおり動いています。')
    expect(body).toMatch(/<td data-name="受信（通）" class="number">5<\/td>/)
    expect(body).toContain('0.1秒')
  })

  test('a trace has every step and the rule of each part, found by whatever one has', async () => {
    const { body } = await text('/trace/kept')
    for (const word of ['受け取りました', '配達しました', '資料.zip', 'encrypted', '192.0.2.1']) expect(body).toContain(word)
    for (const question of ['kept', 'Pkept']) expect((await text(`/trace?q=${question}`)).to).toBe('/trace/kept')
    for (const question of ['chosa@example.go.jp', 'a@town.example.jp', '<kept@example.go.jp>', '資料']) expect((await text(`/trace?q=${encodeURIComponent(question)}`)).body, question).toContain('href="/trace/kept"')
    for (const question of ['kept', 'a@town.example.jp']) expect((await text(`/trace.csv?q=${question}`)).body, question).toMatch(/\nkept,2026-/)
    expect((await text('/trace.csv?q=evil.example')).body).not.toMatch(/(?:^|[,\n])"?[=+@]/)
    expect((await text('/trace?q=nobody@nowhere.example')).body).toContain('見つかりませんでした')
  })

  test('policy in words, with the clause', async () => {
    const { body } = await text('/policy')
    for (const word of ['no-zip', '第23条の2', '保管する（渡さない）', 'ファイル無害化']) expect(body).toContain(word)
  })

  test('why a file is treated as it is', async () => {
    expect((await text('/policy/explain?name=a.zip&type=application/zip')).body).toContain('行「no-zip」で決まります。')
    expect((await text('/policy/explain?name=x.exe')).body).toContain('行「dangerous-extension」で決まります。')
    expect((await text('/policy/explain?q=kept')).body).toContain('行「encrypted」で決まります。')
  })

  test('statistics by department, and as CSV that no spreadsheet runs', async () => {
    expect((await text('/reports?by=department')).body).toContain('税務課')
    const csv = await (await portal.get('admin', '/quarantine.csv?state=any', 'admin')).text()
    const octets = Buffer.from(await (await portal.get('admin', '/reports/top.csv?by=sender', 'admin')).arrayBuffer())
    expect(octets.subarray(0, 3).toString('hex')).toBe('efbbbf')
    expect(csv).not.toMatch(/(?:^|,)"?[=+@-]/m)
    expect(csv.split('\r\n').filter(line => line.includes('hostile'))).toHaveLength(1)
  })

  test('a month in either era', async () => {
    expect((await text('/reports/month?month=2026-11&era=wareki')).body).toContain('月次報告 令和8年11月')
    expect((await text('/reports/month?month=2026-11&era=western')).body).toContain('月次報告 2026年11月')
  })
})

describe('acts', () => {
  test('nothing is done without a reason, and the page says so', async () => {
    for (const [path, form] of [['/queue/waits/drop', {}], ['/quarantine/kept', { pinned: 'yes' }], ['/emergency', { state: 'hold' }]] as const) {
      const response = await post(path, { reason: '  ', ...form })
      expect([path, response.status]).toEqual([path, 422])
      expect(await response.text()).toContain('理由を書いてください。')
    }
    expect((await fixture.store.listQueue({ limit: 5 })).length).toBeGreaterThan(0)
    expect(await fixture.store.emergency()).toBe('none')
  })

  test('legal hold and its end', async () => {
    expect((await post('/quarantine/kept', { pinned: 'yes', reason: '証拠' })).headers.get('location')).toBe('/quarantine/kept')
    expect((await text('/quarantine/kept')).body).toContain('期限を止めています')
    expect((await text('/trace/kept')).body).toContain('user:admin')
    await post('/quarantine/kept', { pinned: 'no', reason: '終わり' })
    expect((await text('/quarantine/kept')).body).not.toContain('期限を止めています')
  })

  test('hold, then deliver now', async () => {
    await post('/queue/waits/hold', { reason: '確認中' })
    expect((await text('/queue/waits')).body).toContain('止めています')
    await post('/queue/waits/retry', { reason: '済み' })
    expect((await text('/queue/waits')).body).not.toContain('>止めています<')
    expect((await post('/queue/nothing/drop', { reason: 'x' })).status).toBe(409)
  })

  test('a purge is counted first, and does not go on when the count has changed', async () => {
    expect((await post('/quarantine/purge', { act: 'count' })).status).toBe(422)
    const counted = await post('/quarantine/purge', { act: 'count', queueId: 'hostile' })
    expect(await counted.text()).toContain('1通')
    expect(await (await post('/quarantine/purge', { act: 'purge', queueId: 'hostile', expected: '2', reason: 'x' })).text()).toContain('まだ何も消えていません')
    expect((await text('/quarantine/hostile')).body).not.toContain('消去しました')
    expect((await post('/quarantine/purge', { act: 'purge', queueId: 'hostile', expected: '1', reason: '誤送信' })).headers.get('location')).toBe('/quarantine')
    expect((await text('/quarantine/hostile')).body).toContain('消去しました')
  })

  test('emergency: switched, announced, shut out, resumed; all of it in the chain', async () => {
    expect((await post('/emergency', { state: 'isolate', reason: '不審なメール' })).status).toBe(303)
    const { body } = await text('/emergency')
    expect(body).toContain('【緊急】')
    expect(body).toContain('LANケーブルを抜き、電源は切らずに、情報政策課 内線123へ電話')
    expect(fixture.shutOut).toEqual(['user:admin'])
    expect((await text('/')).body).toContain('受け取りを止めています')
    await post('/emergency', { state: 'none', reason: '終わり' })
    expect((await text('/audit?kind=emergency')).body).toContain('不審なメール')
  })

  test('a draft is replayed on what has come; nothing changes', async () => {
    const draft = 'policy:\n  rows:\n    - {id: no-excel, detected: [application/vnd.ms-excel], then: quarantine, why: test}\n'
    const body = await (await post('/policy/replay', { yaml: draft, days: '7' })).text()
    expect(body).toContain('no-excel')
    expect(body).toContain('見積書.xlsx')
    const wrong = await post('/policy/replay', { yaml: 'policy: {profile: </textarea><script>}', days: '7' })
    expect(wrong.status).toBe(422)
    expect(await wrong.text()).not.toContain('<script>}')
  })

  test('versions of the policy with who and when; the text means the same again', async () => {
    const { body } = await text('/policy/versions')
    const version = /versions\/([0-9a-f]{12})/.exec(body)?.[1]
    expect(await (await portal.get('admin', `/policy/versions/${version}`, 'auditor')).text()).toContain('id: no-zip')
  })

  test('chains are verified, and what was changed shows', async () => {
    expect(await (await post('/audit/verify', {}, 'auditor')).text()).toMatch(/つながっています[\s\S]*つながっています/)
    fixture.db.connection.exec("UPDATE audit SET actor = 'somebody' WHERE seq = 1")
    expect(await (await post('/audit/verify', {}, 'auditor')).text()).toContain('1番で切れています')
    fixture.db.connection.exec("UPDATE audit SET actor = 'system' WHERE seq = 1")
  })

  test.each(['jsonl', 'csv', 'cef', 'syslog'])('audit records as %s, by the filter of the page', async format => {
    const response = await post('/audit/export', { chain: 'gateway', format, kind: 'deliver' }, 'auditor')
    expect(response.headers.get('content-disposition')).toMatch(/^attachment/)
    const lines = (await response.text()).trimEnd().split('\n')
    // A head of columns, or a seal at the end.
    expect(lines.length).toBe(format === 'csv' || format === 'jsonl' ? 5 : 4)
    expect(lines.at(format === 'jsonl' ? -2 : -1)).toContain('deliver')
    if (format === 'jsonl') expect(JSON.parse(lines.at(-1)!)).toMatchObject({ seal: { kind: 'handover', detail: { records: 4, conditions: expect.stringContaining('deliver') } }, checkpoint: {} })
  })

  test('a collector that is not there is an answer', async () => {
    const response = await post('/audit/forward', { chain: 'gateway', format: 'cef' }, 'auditor')
    expect([response.status, (await response.text()).includes('送れませんでした')]).toEqual([503, true])
  })

  test('self-inspection: judged, kept, attested with a name', async () => {
    expect((await post('/inspection', {}, 'auditor')).status).toBe(303)
    const { body } = await text('/inspection')
    expect(body).toContain('LGWAN側とインターネット側の経路が分かれている')
    expect(body).toMatch(/不適合<\/span>/)
    expect((await post('/inspection/points/restore-drill', { act: 'attest', name: ' ' })).status).toBe(422)
    await post('/inspection/points/restore-drill', { act: 'attest', name: '山田', note: '10月3日に実施' })
    await post('/inspection/points/restore-drill', { act: 'clause', clause: '第40条' })
    await post('/inspection', {})
    const again = (await text('/inspection')).body
    for (const word of ['山田: 10月3日に実施', '第40条', 'これまでの点検']) expect(again).toContain(word)
    const past = /inspection\/runs\/(\d+)/.exec(again)?.[1]
    expect((await text(`/inspection/runs/${past}`, 'auditor')).status).toBe(200)
    expect((await text('/inspection/procedure')).body).toContain('第40条')
  })
})

describe('approvers at the vault', () => {
  test('are listed beside the people of today, and come in by the number alone', async () => {
    fixture.agreements.enrolled = ['kacho', 'moto'].map(login => ({ login, name: login, mailbox: `${login}@town.example.jp` }))
    const { body } = await text('/approvers')
    for (const each of ['登録済み', '未登録', '業務メールがありません', '承認者ではなくなりました']) expect(body).toContain(each)
    expect(body).not.toContain('<script>fetch')
    expect(body).not.toContain('value="shin"')
    const proposed = await post('/approvers/propose', { login: 'bucho' })
    const to = proposed.headers.get('location') ?? ''
    expect([proposed.status, to]).toEqual([303, expect.stringMatching(/^\/approvers\?p=[0-9a-f]{32}$/)])
    expect(fixture.agreements.proposed.map(({ login }) => login)).toEqual(['bucho'])
    expect(fixture.agreements.enrolled.map(({ login }) => login)).toEqual(['kacho'])
    const p = to.slice('/approvers?p='.length)
    const wrong = await post('/approvers/confirm', { p, code: '0000-0000' })
    expect([wrong.status, await wrong.text()]).toEqual([422, expect.stringContaining('番号が違います')])
    expect((await post('/approvers/confirm', { p, code: RIGHT_CODE })).status).toBe(303)
    expect(fixture.agreements.enrolled.map(({ login }) => login)).toEqual(['kacho', 'bucho'])
  })

  test('say what is missing', async () => {
    fixture.agreements.refuses = 'no-registrar'
    fixture.agreements.enrolled = []
    const answer = await post('/approvers/propose', { login: 'kacho' })
    expect([answer.status, await answer.text()]).toEqual([422, expect.stringContaining('vault.registrars')])
    fixture.agreements.refuses = undefined
  })
})
