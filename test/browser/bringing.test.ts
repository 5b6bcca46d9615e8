/** What was brought in and needs an approval, in a real browser: both languages and widths, and the whole way without script. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { approvalRoutes } from '../../portal/pages/approvals.ts'
import { requestRoutes } from '../../portal/pages/requests.ts'
import { shelfRoutes } from '../../portal/pages/shelf.ts'
import { found, NOW_MS, type TestPortal, testPortal } from '../support/portal.ts'
import { reportOf } from '../support/portal-fakes.ts'
import { DAY, houseOf, part, PEOPLE, type Town, town } from '../support/requests.ts'
import { expectAccessible, expectNoSideways, openBrowser, shoot, visitorOf } from './support.ts'

const { tanaka, kacho } = PEOPLE
let browser: Browser
let here: Town
let portal: TestPortal
let waiting: string

beforeAll(async () => {
  browser = await openBrowser()
  here = await town({ bringApproval: ['*'] })
  here.clock.nowMs = NOW_MS
  const base = houseOf(here, [])
  const house = { ...base, vault: { ...base.vault, shelf: async (id: string) => ({ kind: 'file', file: { id, name: '名簿.csv', mediaType: 'text/csv', bytes: 3, sha256: '', untilMs: 0 }, bytes: Buffer.from('abc') }) as const } }
  portal = await testPortal([...shelfRoutes(house), ...requestRoutes(house), ...approvalRoutes(house)], [tanaka, kacho].flatMap(each => [each, { ...each, login: `${each.login}-en`, language: 'en' as const }]).map(each => found(each)))
  const bring = (name: string) => {
    const file = { id: name.padEnd(32, '0'), name, mediaType: 'text/csv', bytes: 3_000, sha256: 's', untilMs: NOW_MS + 7 * DAY }
    const resultId = house.keeping.results.add(tanaka, { origin: 'brought', publicId: undefined, partKey: '', report: reportOf([part('1', name)]), file })
    here.bringing.hold(tanaka, resultId, 'text/csv')
    return house.keeping.results.one(tanaka, resultId)!
  }
  bring('名簿.csv')
  const asked = here.bringing.ask(tanaka, bring('集計.csv'), '調査の集計に使うため')
  waiting = asked.kind === 'filed' ? asked.request.requestId : expect.fail(asked.kind)
})
afterAll(async () => {
  expect(portal.errors).toEqual([])
  await browser.close()
  await portal.portal.close()
  await here.close()
})

describe.each(['ja', 'en'])('in %s', language => {
  test.each([1280, 320])('every page is accessible and fits: %i', async width => {
    for (const [name, login, path] of [['held', 'tanaka', '/shelf'], ['brought-request', 'tanaka', `/requests/${waiting}`], ['brought-approval', 'kacho', `/approvals/${waiting}`]] as const) {
      const { context, page, troubles } = await visitorOf(browser, portal, { login: `${login}${language === 'en' ? '-en' : ''}`, language, width })
      await page.goto(path)
      await expectAccessible(page, name)
      await expectNoSideways(page, name)
      await shoot(page, `${name}-${language}-${width}`)
      expect(troubles, name).toEqual([])
      await context.close()
    }
  })
})

test('without script: asked for, approved, taken', async () => {
  const clerk = await visitorOf(browser, portal, { login: 'tanaka', script: false })
  await clerk.page.goto('/shelf')
  expect(await clerk.page.locator('form[action$="/file"]').count()).toBe(0)
  await clerk.page.fill('textarea', '名簿の照合に使うため')
  await clerk.page.click('form[action$="/ask"] button')
  const path = new URL(clerk.page.url()).pathname
  const approver = await visitorOf(browser, portal, { login: 'kacho', script: false })
  await approver.page.goto(path.replace('requests', 'approvals'))
  await approver.page.click('form[action$="/approve"] button')
  await clerk.page.goto(path)
  await clerk.page.click('main a.button')
  const [download] = await Promise.all([clerk.page.waitForEvent('download'), clerk.page.click('form[action$="/file"] button')])
  expect(download.suggestedFilename()).toBe('名簿.csv')
  for (const { context } of [clerk, approver]) await context.close()
})
