/** Asking, approving and taking in a real browser: both languages and widths, without script, by keyboard, deaf to hostile mail. */
import { readFile } from 'node:fs/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openArchive } from '../../core/disarm/zip.ts'
import type { Face } from '../../portal/http/route.ts'
import { approvalRoutes } from '../../portal/pages/approvals.ts'
import { requestRoutes } from '../../portal/pages/requests.ts'
import type { MailMessage } from '../../portal/ports.ts'
import { RIGHT_CODE } from '../support/fake-agreements.ts'
import { found, NOW_MS, type TestPortal, testPortal } from '../support/portal.ts'
import { DAY, houseOf, mail, part, PEOPLE, type Town, town } from '../support/requests.ts'
import { expectAccessible, expectNoSideways, openBrowser, shoot, type Visitor, visitorOf } from './support.ts'
import { HOSTILE } from './town.ts'

const PDF = 'application/pdf'
const macros = part('2', '調査票.xlsm', { removed: [{ what: 'macros', count: 1 }] })
const fresh = (publicId: string, parts = [macros, part('3', '配置図.pdf', { detectedType: PDF })], more: Partial<MailMessage> = {}) => mail(publicId, parts, { acceptedAtMs: NOW_MS - DAY, originalUntilMs: NOW_MS + 20 * DAY, ...more })
const MAILS = [
  fresh('MIXED', [macros, part('3', '設定.exe'), part('4', '配置図.pdf', { detectedType: PDF })]),
  fresh('NONE', [part('2', '設定.exe')]),
  fresh('SECRET', [part('2', '対象者名簿.pdf', { detectedType: PDF })], { subject: '【機密】対象者名簿の送付' }),
  fresh('HOSTILE', [part('2', `${HOSTILE}.pdf`, { detectedType: PDF })], { subject: HOSTILE, headerFrom: `${HOSTILE} <a@evil.example>`, report: { ...fresh('x').report, parts: [part('2', HOSTILE)], senderChecks: [{ method: 'dmarc', result: 'fail' }] } }),
  ...Array.from({ length: 12 }, (_, index) => fresh(`M${index}`)),
]

let browser: Browser
let here: Town
let portal: TestPortal
const ids = new Map<string, string>()

beforeAll(async () => {
  browser = await openBrowser()
  here = await town({ openPerPerson: 100 })
  here.clock.nowMs = NOW_MS
  const house = houseOf(here, MAILS)
  const people = Object.values(PEOPLE).flatMap(each => [each, { ...each, login: `${each.login}-en`, language: 'en' as const }])
  portal = await testPortal([...requestRoutes(house), ...approvalRoutes(house)], people.map(each => found(each, { steppedUpAtMs: NOW_MS - 60_000 })))
  file('waiting', 'M0')
  file('approved', 'M1')
  decide('approved', 'kacho')
  file('secret', 'SECRET', ['2'])
  decide('secret', 'kacho')
  file('refused', 'M2')
  here.desk.decide(ids.get('refused')!, PEOPLE.kacho, { kind: 'refuse', why: '画像プレビューで足ります。' })
  file('withdrawn', 'M3')
  here.desk.withdraw(ids.get('withdrawn')!, PEOPLE.tanaka)
  file('hostile', 'HOSTILE', ['2'], HOSTILE)
  here.directory.levels = [['dairi for kacho'], ['bucho']]
  file('deputy', 'M4')
  decide('deputy', 'dairi')
  file('revoked', 'M5')
  here.desk.revoke(ids.get('revoked')!, { actor: 'user:kanri', reason: '感染の疑いがあるため' })
  here.directory.levels = [['kacho'], ['bucho']]
})
afterAll(async () => {
  expect(portal.errors).toEqual([])
  await browser.close()
  await portal.portal.close()
  await here.close()
})

function file(name: string, publicId: string, partKeys = ['2', '3'], reason = 'マクロを使って回答するため'): void {
  const filed = here.desk.file(PEOPLE.tanaka, MAILS.find(each => each.publicId === publicId)!, { partKeys, reason })
  if (filed.kind === 'cannot') throw new Error(filed.why)
  ids.set(name, filed.request.requestId)
}
function decide(name: string, login: 'kacho' | 'dairi'): void {
  expect(here.desk.decide(ids.get(name)!, PEOPLE[login], { kind: 'approve' }).kind).toBe('decided')
}

const at = (name: string) => ids.get(name)!
const PAGES: readonly (readonly [name: string, login: string, face: Face, path: () => string])[] = [
  ['ask', 'tanaka', 'inner', () => '/requests/new?m=MIXED&part=2'],
  ['ask-nothing', 'tanaka', 'inner', () => '/requests/new?m=NONE'],
  ['ask-not-yours', 'soto', 'inner', () => '/requests/new?m=MIXED'],
  ['requests', 'tanaka', 'inner', () => '/requests'],
  ['requests-empty', 'soto', 'inner', () => '/requests'],
  ['request-waiting', 'tanaka', 'inner', () => `/requests/${at('waiting')}`],
  ['request-approved-inner', 'tanaka', 'inner', () => `/requests/${at('approved')}`],
  ['request-approved-outer', 'tanaka', 'outer', () => `/requests/${at('approved')}`],
  ['request-refused', 'tanaka', 'inner', () => `/requests/${at('refused')}`],
  ['request-withdrawn', 'tanaka', 'inner', () => `/requests/${at('withdrawn')}`],
  ['request-revoked', 'tanaka', 'inner', () => `/requests/${at('revoked')}`],
  ['request-deputy', 'tanaka', 'outer', () => `/requests/${at('deputy')}`],
  ['approvals', 'kacho', 'inner', () => '/approvals'],
  ['approvals-empty', 'toban', 'inner', () => '/approvals'],
  ['approval', 'kacho', 'inner', () => `/approvals/${at('waiting')}`],
  ['approval-second', 'bucho', 'inner', () => `/approvals/${at('secret')}`],
  ['approval-decided', 'kacho', 'inner', () => `/approvals/${at('refused')}`],
  ['approval-hostile', 'kacho', 'inner', () => `/approvals/${at('hostile')}`],
  ['approval-preview', 'kacho', 'inner', () => `/approvals/${at('waiting')}/parts/1/preview?page=2`],
]

describe.each(['ja', 'en'])('in %s', language => {
  test.each([
    ['wide', 1280],
    ['narrow', 320],
  ] as const)('every page is accessible and fits: %s', async (size, width) => {
    const visitors = new Map<string, Visitor>()
    for (const [name, who, face, path] of PAGES) {
      const login = language === 'en' ? `${who}-en` : who
      const visitor = visitors.get(`${login} ${face}`) ?? (await visitorOf(browser, portal, { login, face, width, language }))
      visitors.set(`${login} ${face}`, visitor)
      const { page } = visitor
      await page.goto(path())
      await page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
      await expectNoSideways(page, `${name} ${size}`)
      await expectAccessible(page, `${name} ${size}`)
      await shoot(page, `${name}-${language}-${size}`)
      expect(await page.title()).not.toBe('owned')
    }
    for (const { context, troubles } of visitors.values()) {
      expect(troubles).toEqual([])
      await context.close()
    }
  })

  test('what needs a press first is accessible, too', async () => {
    const login = language === 'en' ? 'tanaka-en' : 'tanaka'
    const { context, page, troubles } = await visitorOf(browser, portal, { login, face: 'outer', width: 320, language })
    await page.goto('/requests/new?m=MIXED')
    await page.evaluate("document.querySelector('textarea').required = false")
    await page.click('main button')
    await looksRight(page, `ask-wrong-${language}-narrow`)
    await page.goto(`/requests/${at('approved')}`)
    await page.click('form[action$="/parts/0/zip"] button')
    await looksRight(page, `zip-password-${language}-narrow`)
    here.vault.refusal = 'program'
    await page.goto(`/requests/${at('approved')}`)
    await page.click(`form[action$="/parts/${language === 'ja' ? 0 : 1}/take"] button`)
    here.vault.refusal = undefined
    await looksRight(page, `take-refused-${language}-narrow`)
    here.directory.administratorLogins = ['kanri']
    await page.goto('/requests/new?m=M9')
    here.directory.administratorLogins = ['kanri', 'kanri2']
    await looksRight(page, `ask-one-administrator-${language}-narrow`)
    expect(troubles).toEqual([])
    await context.close()
  })
})

async function looksRight(page: Page, name: string): Promise<void> {
  await expectAccessible(page, name)
  await expectNoSideways(page, name)
  await shoot(page, name)
}

describe.each([true, false])('from asking to the file (script: %s)', script => {
  test('in two faces and two people', async () => {
    const publicId = script ? 'M6' : 'M7'
    const inner = await visitorOf(browser, portal, { login: 'tanaka', script })
    await inner.page.goto(`/requests/new?m=${publicId}&part=2`)
    await inner.page.fill('#reason', '回答にマクロが要るため')
    await inner.page.click('main button')
    await inner.page.waitForURL('**/requests/*')
    expect(await inner.page.textContent('.notice.done')).toContain('申請しました。')
    const path = new URL(inner.page.url()).pathname

    const approver = await visitorOf(browser, portal, { login: 'kacho', script })
    approver.page.removeAllListeners('dialog')
    const asked: string[] = []
    approver.page.on('dialog', dialog => {
      asked.push(dialog.message())
      void dialog.accept()
    })
    await approver.page.goto('/approvals')
    await approver.page.click(`a[href="${path.replace('requests', 'approvals')}"]`)
    await approver.page.click('form[action$="/code"] button')
    expect(await approver.page.textContent('.notice.done')).toContain('承認番号を業務メールへ送りました')
    await approver.page.fill('#code', '0000-0000')
    await approver.page.click('form[action$="/approve"] button')
    expect(await approver.page.textContent('#code-wrong')).toContain('番号が違います')
    await approver.page.fill('#code', RIGHT_CODE)
    await approver.page.click('form[action$="/approve"] button')
    await approver.page.waitForURL('**/approvals')
    expect(await approver.page.textContent('.notice.done')).toContain('承認しました。')
    expect(asked).toHaveLength(script ? 2 : 0)

    await inner.page.goto(path)
    expect(await inner.page.$('form[action*="/parts/"]')).toBeNull()
    const outer = await visitorOf(browser, portal, { login: 'tanaka', face: 'outer', script })
    await outer.page.goto(path)
    const [download] = await Promise.all([outer.page.waitForEvent('download'), outer.page.click('form[action$="/parts/0/take"] button')])
    expect(download.suggestedFilename()).toBe('調査票.xlsm')
    expect(await readFile((await download.path())!, 'utf8')).toBe('octets of 2')
    await outer.page.goto(path)
    expect(await outer.page.textContent('main')).toContain('受け取り済み')
    for (const each of [inner, approver, outer]) {
      expect(each.troubles).toEqual([])
      await each.context.close()
    }
  })

  test('as a ZIP that opens with the password on the page', async () => {
    file(`zip-${script}`, script ? 'M8' : 'M10')
    decide(`zip-${script}`, 'kacho')
    const { context, page, troubles } = await visitorOf(browser, portal, { login: 'tanaka', face: 'outer', script })
    await page.goto(`/requests/${at(`zip-${script}`)}`)
    await page.click('form[action$="/parts/1/zip"] button')
    const password = (await page.textContent('#zip-password'))!
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('form[action$="/zip-take"] button')])
    const archive = await openArchive(await readFile((await download.path())!), { reading: 'strict', entries: 5 })
    if (archive.kind === 'cannot') return expect.fail(archive.reason)
    const content = await archive.entries[0]!.read(1_000, Buffer.from(password))
    expect(content.kind === 'content' && content.bytes.toString()).toBe('octets of 3')
    expect(troubles).toEqual([])
    await context.close()
  })
})

test('by keyboard alone: a refusal with its reason', async () => {
  file('keys', 'M11')
  const { context, page, troubles } = await visitorOf(browser, portal, { login: 'kacho' })
  await page.goto(`/approvals/${at('keys')}`)
  await page.focus('#why')
  await page.keyboard.type('無害化したファイルで足ります')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/approvals')
  expect(here.desk.records.byId(at('keys'))!.state.stage).toEqual({ kind: 'closed', why: 'refused' })
  expect(troubles).toEqual([])
  await context.close()
})
