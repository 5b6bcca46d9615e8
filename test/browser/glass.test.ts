/** Break-glass in a real browser: every page in both languages and widths, and the whole way without script. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { glassReadRoutes } from '../../portal/admin/glass-read.ts'
import { glassRoutes, glassSecondRoutes } from '../../portal/admin/glass.ts'
import { GlassBook } from '../../portal/glass/book.ts'
import { found, NOW_MS, type TestPortal, testPortal } from '../support/portal.ts'
import { houseOf, mail, part, PEOPLE, type Town, town } from '../support/requests.ts'
import { expectAccessible, expectNoSideways, openBrowser, shoot, visitorOf } from './support.ts'
import { HOSTILE } from './town.ts'

const { kanri, kanri2, kacho, kansa } = PEOPLE
const MAILS = [mail('P1', [part('2', '名簿.pdf', { detectedType: 'application/pdf', reason: '' })]), mail('P2', [part('2', HOSTILE, { detectedType: 'application/pdf', reason: '' })], { subject: HOSTILE, headerFrom: HOSTILE })]
let browser: Browser
let here: Town
let portal: TestPortal
let asked: string
let open: string

beforeAll(async () => {
  browser = await openBrowser()
  here = await town()
  here.clock.nowMs = NOW_MS
  const book = new GlassBook({ db: here.db, directory: { administrators: () => [kanri, kanri2], readersOf: () => [] }, outbox: here.outbox, openMs: 14_400_000, era: 'wareki', contact: '' })
  const house = houseOf(here, MAILS)
  const vault = { ...house.vault, preview: here.vault.preview, deliveredText: async () => ({ kind: 'text', text: `名簿を送ります。\n${HOSTILE}`, files: [] }) as const }
  const admin = { ...house, ...house.admin, vault, glass: book }
  const people = [kanri, kanri2, kacho, kansa].flatMap(each => [each, { ...each, login: `${each.login}-en`, language: 'en' as const }])
  portal = await testPortal([...glassRoutes(admin), ...glassReadRoutes(admin), ...glassSecondRoutes(admin)], people.map(each => found(each, { steppedUpAtMs: NOW_MS - 60_000 })))
  const ask = (index: number, reason: string) => {
    const answer = book.ask(kanri, MAILS[index]!, reason)
    return answer.kind === 'done' ? answer.glass.glassId : expect.fail(answer.why)
  }
  asked = ask(0, '個人情報の漏えいが疑われ、送信先を確かめるため')
  open = ask(1, HOSTILE)
  book.decide(open, kanri2, true)
})
afterAll(async () => {
  expect(portal.errors).toEqual([])
  await browser.close()
  await portal.portal.close()
  await here.close()
})

const PAGES: readonly (readonly [name: string, login: string, face: 'admin' | 'inner', path: () => string])[] = [
  ['glass', 'kanri', 'admin', () => '/glass'],
  ['glass-auditor', 'kansa', 'admin', () => `/glass/${open}`],
  ['glass-new', 'kanri', 'admin', () => '/glass-new?m=P1'],
  ['glass-asked', 'kanri2', 'admin', () => `/glass/${asked}`],
  ['glass-second', 'kacho', 'inner', () => `/glass/${asked}`],
  ['glass-read', 'kanri', 'admin', () => `/glass/${open}/read`],
  ['glass-look', 'kanri', 'admin', () => `/glass/${open}/parts/2/preview`],
]

describe.each(['ja', 'en'])('in %s', language => {
  test.each([1280, 320])('every page is accessible and fits: %i', async width => {
    for (const [name, login, face, path] of PAGES) {
      const { context, page, troubles } = await visitorOf(browser, portal, { login: `${login}${language === 'en' ? '-en' : ''}`, face, language, width })
      await page.goto(path())
      await expectAccessible(page, name)
      await expectNoSideways(page, name)
      await shoot(page, `${name}-${language}-${width}`)
      expect(troubles, name).toEqual([])
      expect(await page.title()).not.toBe('owned')
      await context.close()
    }
  })
})

test('without script: asked, agreed to by an approver on the office side, read, ended', async () => {
  const asker = await visitorOf(browser, portal, { login: 'kanri', face: 'admin', script: false })
  await asker.page.goto('/glass-new?m=P1')
  await asker.page.fill('#reason', '調査のため')
  await asker.page.click('main form button')
  const path = new URL(asker.page.url()).pathname
  expect(await asker.page.textContent('.notice.done')).toContain('申し出ました')
  const second = await visitorOf(browser, portal, { login: 'kacho', script: false })
  await second.page.goto(path)
  await second.page.click('form[action$="/confirm"] button')
  await asker.page.goto(path)
  await asker.page.click('a.button')
  expect(await asker.page.textContent('.mail')).toContain('名簿を送ります')
  await asker.page.goto(path)
  await asker.page.click('form[action$="/end"] button')
  expect(await asker.page.textContent('main')).toContain('途中で終わりました')
  for (const { context } of [asker, second]) await context.close()
})
