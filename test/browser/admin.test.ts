/** Pages of administrators and auditors in a real browser: accessible in both languages and widths, printed, and deaf to hostile mail. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adminRoutes } from '../../portal/admin/routes.ts'
import { type AdminFixture, adminFixture, HOSTILE } from '../support/admin-house.ts'
import { found, NOW_MS, person, type TestPortal, testPortal } from '../support/portal.ts'
import { expectAccessible, expectNoSideways, openBrowser, shoot, visitorOf } from './support.ts'

let browser: Browser
let fixture: AdminFixture
let portal: TestPortal

beforeAll(async () => {
  browser = await openBrowser()
  fixture = await adminFixture()
  const steppedUp = { steppedUpAtMs: NOW_MS - 1000 }
  portal = await testPortal(adminRoutes(fixture.house), [
    found(person('admin-ja', ['administrator']), steppedUp),
    found(person('admin-en', ['administrator'], { language: 'en' }), steppedUp),
    found(person('auditor-ja', ['auditor']), steppedUp),
  ])
  await portal.post('admin', '/inspection', 'admin-ja', {})
  await portal.post('admin', '/inspection', 'admin-ja', {})
  fixture.house.tokens.make({ tenant: 'default', name: HOSTILE.replaceAll(/[^\x20-\x7e]/g, '').slice(0, 60), scopes: ['audit', 'health'], networks: ['192.0.2.0/24'], requestsPerMinute: 60, days: 30 }, { actor: 'user:kanri', reason: 'x' })
})
afterAll(async () => {
  await browser.close()
  await portal.portal.close()
  await fixture.close()
})

const PAGES = [
  ['dashboard', '/'],
  ['queue', '/queue'],
  ['queue-nothing', '/queue?q=nothing'],
  ['queue-one', '/queue/waits'],
  ['queue-gone', '/queue/clean'],
  ['queue-drop', '/queue/waits/drop'],
  ['quarantine', '/quarantine?state=any'],
  ['quarantine-nothing', '/quarantine?sender=nobody'],
  ['quarantine-one', '/quarantine/hostile'],
  ['purge', '/quarantine/purge'],
  ['trace', '/trace'],
  ['trace-found', '/trace?q=chosa@example.go.jp'],
  ['trace-nothing', '/trace?q=nothing-like-this.pdf'],
  ['trace-one', '/trace/hostile'],
  ['policy', '/policy'],
  ['policy-explain', '/policy/explain?name=a.zip&type=application/zip'],
  ['policy-explain-mail', '/policy/explain?q=kept'],
  ['policy-replay', '/policy/replay'],
  ['policy-versions', '/policy/versions'],
  ['reports', '/reports?by=sender'],
  ['reports-nothing', '/reports?from=2020-01-01&until=2020-01-05'],
  ['month', '/reports/month?month=2026-11&era=wareki'],
  ['audit', '/audit'],
  ['audit-nothing', '/audit?actor=nobody'],
  ['inspection', '/inspection'],
  ['inspection-point', '/inspection/points/restore-drill'],
  ['procedure', '/inspection/procedure'],
  ['tokens', '/tokens'],
  ['token-one', '/tokens/1'],
  ['emergency', '/emergency'],
  ['approvers', `/approvers?p=${'a'.repeat(32)}`],
  ['people', '/people?state=all'],
  ['people-nothing', '/people?q=nobody-like-this'],
  ['people-new', '/people/new'],
  ['person', '/people/3'],
  ['person-hostile', '/people/9'],
  ['person-disable', '/people/2/disable'],
  ['person-join', '/people/2/join'],
  ['departments', '/people/departments?day=2026-01-01'],
  ['department', '/people/departments/3'],
  ['department-change', '/people/departments/3/change'],
  ['mailboxes', '/people/mailboxes'],
  ['mailbox', '/people/mailboxes?kind=shared'],
  ['delegations', '/people/delegations'],
  ['changes', '/people/changes'],
  ['changes-new', '/people/changes/new'],
] as const

describe.each([
  ['ja', 1280],
  ['ja', 320],
  ['en', 1280],
  ['en', 320],
] as const)('in %s at %i', (language, width) => {
  test('every page is accessible, as wide as its window, and runs nothing of a sender’s', async () => {
    const { page, troubles, context } = await visitorOf(browser, portal, { face: 'admin', login: `admin-${language}`, width })
    for (const [name, path] of PAGES) {
      await page.goto(path)
      await shoot(page, `admin-${name}-${language}-${width}`)
      await expectAccessible(page, name)
      await expectNoSideways(page, name)
    }
    expect(troubles).toEqual([])
    expect(portal.errors).toEqual([])
    await context.close()
  })
})

test('without script: a draft is tried, the chains are verified, an act is asked for and done', async () => {
  const { page, context } = await visitorOf(browser, portal, { face: 'admin', login: 'admin-ja', width: 1280, script: false })
  await page.goto('/policy/replay')
  await page.fill('#yaml', 'policy:\n  rows:\n    - {id: no-excel, detected: [application/vnd.ms-excel], then: quarantine, why: test}\n')
  await page.click('form[action="/policy/replay"] button')
  expect(await page.textContent('main')).toContain('no-excel')
  await shoot(page, 'admin-replayed-ja-1280')
  await page.fill('#yaml', 'policy: {profile: open}')
  await page.click('form[action="/policy/replay"] button')
  await shoot(page, 'admin-draft-mistakes-ja-1280')
  await page.goto('/audit')
  await page.click('form[action="/audit/verify"] button')
  expect(await page.textContent('main')).toContain('つながっています')
  await page.goto('/tokens')
  await page.fill('#name', '監視')
  await page.check('input[value=health]')
  await page.fill('#reason', '監視のため')
  await page.click('form[action="/tokens"] button')
  expect(await page.textContent('#secret')).toMatch(/^sekisho_/)
  await page.click('main a[href="/tokens"]')
  await page.click('main table a')
  await page.fill('#reason', '終わり')
  await page.click('button.danger')
  expect(await page.textContent('[role=status]')).toContain('取り消しました')
  await page.goto('/queue/waits/hold')
  await page.fill('#reason', '確認のため')
  await page.click('form[action="/queue/waits/hold"] button')
  expect(new URL(page.url()).pathname).toBe('/queue')
  expect(await page.textContent('[role=status]')).toContain('配達を止めました')
  await context.close()
})

describe.each([
  ['ja', 1280, false],
  ['ja', 320, true],
  ['en', 1280, true],
] as const)('files of people, in %s at %i, script: %s', (language, width, script) => {
  test('what is wrong, the diff, what will happen, planned and withdrawn', async () => {
    const { page, troubles, context } = await visitorOf(browser, portal, { face: 'admin', login: `admin-${language}`, width, script })
    const bring = async (about: string, day: string, csv: string) => {
      await page.goto('/people/changes/new')
      await page.selectOption('#about', about)
      await page.fill('#day', day)
      await page.setInputFiles('#file', { name: '人事異動.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) })
      await page.click('form[enctype] button')
    }
    const looksRight = async (name: string) => {
      await shoot(page, `admin-${name}-${language}-${width}`)
      if (script) await expectAccessible(page, name)
      await expectNoSideways(page, name)
    }
    await bring('people', '2027-04-01', 'login,department,post,kind\nsato,999,,\nnobody,102,,育休\n')
    await looksRight('change-problems')
    await bring('departments', '2027-04-01', '区分,所属コード,名称,上位コード,統合先コード\n変更,102,税務収納課,,\n統合,1021,,,102\n新設,105,デジタル推進課,10,\n')
    await looksRight('change-departments')
    await page.fill('#reason', '機構改革')
    await page.click('form[action="/people/changes/plan"] button')
    expect(await page.locator('[role=status]').count()).toBe(1)
    await bring('people', '2027-04-01', 'login,department,post,kind,approver\nsato,105,主任,,\nkacho,102,課長,,○\nkacho,105,課長,兼務,○\nito,,,退職,\n')
    await looksRight('change-people')
    await page.goto('/people/changes')
    await looksRight('changes-planned')
    await page.click('a[href$="/withdraw"]')
    await looksRight('change-withdraw')
    await page.fill('#reason', '取りやめ')
    await page.click('main form button.danger')
    expect(await page.locator('[role=status]').count()).toBe(1)
    expect(troubles).toEqual([])
    await context.close()
  })
})

test.each([true, false])('a person is added in two presses, and the link is shown once (script: %s)', async script => {
  const { page, context } = await visitorOf(browser, portal, { face: 'admin', login: 'admin-ja', width: 320, script })
  const looksRight = async (name: string) => {
    await shoot(page, `admin-${name}-ja-320`)
    if (script) await expectAccessible(page, name)
    await expectNoSideways(page, name)
  }
  await page.goto('/people/new')
  await page.fill('#login', 'SATO')
  await page.fill('#name', '佐藤 次郎')
  await page.click('main form button')
  await looksRight('people-new-wrong')
  await page.fill('#login', script ? 'jiro' : 'saburo')
  await page.click('main form button')
  await looksRight('people-new-sure')
  await page.fill('#reason', '採用のため')
  await page.click('button[value=do]')
  await looksRight('people-link')
  expect(await page.textContent('#link')).toContain('https://portal.town.example.jp/welcome/')
  await context.close()
})

test('the bad day: three presses from the dashboard, and the text is there to be read out', async () => {
  const { page, context } = await visitorOf(browser, portal, { face: 'admin', login: 'admin-ja', width: 1280 })
  await page.goto('/')
  await page.click('nav a[href="/emergency"]')
  await page.fill('#reason-hold', '不審なメール')
  await page.click('form:has(input[value="hold"]) button')
  expect(await page.textContent('#announcement')).toContain('【緊急】')
  await shoot(page, 'admin-emergency-hold-ja-1280')
  await expectAccessible(page, 'held')
  await page.goto('/')
  expect(await page.textContent('.notice.problem')).toContain('配達を止めています')
  await shoot(page, 'admin-dashboard-hold-ja-1280')
  await portal.post('admin', '/emergency', 'admin-ja', { state: 'none', reason: '終わり' })
  await context.close()
})

test('answers to forms are accessible, too', async () => {
  const { page, context } = await visitorOf(browser, portal, { face: 'admin', login: 'admin-ja', width: 320 })
  for (const yaml of ['policy: {rows: [{id: no-excel, detected: [application/vnd.ms-excel], then: quarantine, why: test}]}', 'policy: {profile: open}']) {
    await page.goto('/policy/replay')
    await page.fill('#yaml', yaml)
    await page.click('form[action="/policy/replay"] button')
    await shoot(page, `admin-draft-${yaml.length}-ja-320`)
    await expectAccessible(page, yaml)
    await expectNoSideways(page, yaml)
  }
  await page.goto('/audit')
  await page.click('form[action="/audit/verify"] button')
  await expectAccessible(page, 'verified')
  await page.goto('/tokens')
  await page.fill('#name', 'x'.repeat(61))
  await page.fill('#reason', 'ログの収集')
  await page.check('input[value=audit]')
  await page.click('form[action="/tokens"] button')
  await shoot(page, 'admin-token-mistake-ja-320')
  await expectAccessible(page, 'token, wrong')
  await page.fill('#name', 'ログ収集サーバ（情報政策課）')
  await page.click('form[action="/tokens"] button')
  await shoot(page, 'admin-token-made-ja-320')
  expect(await page.textContent('#secret')).toMatch(/^sekisho_/)
  await expectAccessible(page, 'token, made')
  await expectNoSideways(page, 'token, made')
  await page.goto('/quarantine/purge')
  await page.fill('#sender', 'chosa@example.go.jp')
  await page.click('form[action="/quarantine/purge"] button')
  await shoot(page, 'admin-purge-counted-ja-320')
  await expectAccessible(page, 'counted')
  await context.close()
})

test('a printed report has the figures and no controls', async () => {
  const { page, context } = await visitorOf(browser, portal, { face: 'admin', login: 'auditor-ja', width: 1024 })
  await page.goto('/reports/month?month=2026-11&era=wareki')
  await page.emulateMedia({ media: 'print' })
  await shoot(page, 'admin-month-print-ja-1024')
  for (const gone of ['.menu', 'form', '.no-print']) for (const each of await page.locator(gone).all()) expect(await each.isVisible(), gone).toBe(false)
  expect(await page.locator('h1').textContent()).toBe('月次報告 令和8年11月')
  expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(10_000)
  await context.close()
})
