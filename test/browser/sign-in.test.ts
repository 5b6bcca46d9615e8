/** Signing in and the own account in a real browser: both languages and widths, without script, and with a security key (a virtual one). */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { type TOTP, URI } from 'otpauth'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { freePort, oidcSettings, startProvider } from '../support/oidc.ts'
import { openEntrance } from '../unit/portal/support/entrance.ts'
import { BY, PASSWORD } from '../unit/portal/support/house.ts'
import { expectAccessible, expectNoSideways, openBrowser, shoot } from './support.ts'

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

type Look = { readonly language?: 'ja' | 'en'; readonly width?: number; readonly script?: boolean; readonly entrance?: Parameters<typeof openEntrance>[1] }

async function open({ language = 'ja', width = 1280, script = true, entrance = {} }: Look, host = '127.0.0.1') {
  const house = await openEntrance(host, entrance)
  const sato = house.people.add({ tenant: 'default', login: 'sato', name: '佐藤 花子', roles: ['staff'], mailbox: 'sato@town.example.jp', language, fromDate: '2020-04-01' }, BY)
  const tax = house.departments.add({ tenant: 'default', code: '101', name: '税務課', fromDate: '2020-04-01' }, BY)
  house.memberships.join({ personId: sato.personId, departmentId: tax.departmentId, kind: 'main', post: '主事', approves: false, fromDate: '2020-04-01' }, BY)
  await house.passwords.set(sato.personId, PASSWORD, false, BY)
  const { origin } = house.visitor()
  const context = await browser.newContext({ javaScriptEnabled: script, viewport: { width, height: 900 }, locale: language === 'en' ? 'en-GB' : 'ja-JP', baseURL: origin })
  const page = await context.newPage()
  const troubles: string[] = []
  page.on('console', message => { if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) troubles.push(message.text()) })
  page.on('pageerror', error => troubles.push(String(error)))
  return { ...house, sato, context, page, troubles }
}

const button = (page: Page, action: string) => page.locator(`form[action="${action}"] button`).first()

async function signIn(page: Page, to = '/account'): Promise<void> {
  await page.goto(`/sign-in?to=${encodeURIComponent(to)}`)
  await page.fill('#login', 'sato')
  await page.fill('#password', PASSWORD)
  await button(page, '/sign-in').click()
  await page.waitForLoadState()
}

describe.each([
  ['ja', 1280],
  ['ja', 320],
  ['en', 1280],
  ['en', 320],
] as const)('in %s at %i', (language, width) => {
  test('every page is accessible, as wide as its window, and runs no foreign script', async () => {
    const { page, troubles, welcome, clock, context } = await open({ language, width })
    const look = async (name: string) => {
      await shoot(page, `${name}-${language}-${width}`)
      await expectAccessible(page, name)
      await expectNoSideways(page, name)
    }
    await page.goto('/sign-in')
    await look('sign-in')
    await page.fill('#login', 'sato')
    await page.fill('#password', 'wrong')
    await button(page, '/sign-in').click()
    await look('sign-in-wrong')
    await page.goto(`/welcome/${welcome.firstLink('default')}`)
    await look('welcome-first')
    await page.goto('/welcome/nothing')
    await look('welcome-gone')
    await signIn(page)
    await look('account')
    await page.goto('/account/factors')
    await look('enrol')
    const codes = URI.parse((await page.getAttribute('a[href^="otpauth:"]', 'href'))!) as TOTP
    await page.fill('#code', codes.generate({ timestamp: clock.nowMs }))
    await button(page, '/enrol').click()
    await look('recovery-codes')
    await page.goto('/account')
    await look('account-with-factor')
    await context.clearCookies()
    clock.nowMs += 60_000
    await signIn(page)
    await look('second-factor')
    await page.fill('#code', '000000')
    await button(page, '/second-factor').click()
    await look('second-factor-wrong')
    expect(troubles).toEqual([])
  })
})

test('without script: password, code, and in', async () => {
  const { page, withTotp, sato, clock } = await open({ script: false })
  const codes = withTotp(sato)
  await signIn(page)
  expect(await page.locator('form[data-key]').count()).toBe(0)
  await page.fill('#code', codes.generate({ timestamp: clock.nowMs }))
  await button(page, '/second-factor').click()
  expect(new URL(page.url()).pathname).toBe('/account')
})

/** Keys need a name: localhost is one for which browsers do without TLS. */
test('a security key is added and used, under the page’s own policy', async () => {
  const { page, context, webauthn, sato, troubles } = await open({}, 'localhost')
  await withVirtualKey(context, page)
  await signIn(page, '/account/factors')
  await page.fill('#key-name', '青い鍵')
  await button(page, '/keys/add').click()
  await page.waitForSelector('ol.codes')
  expect(webauthn.keysOf(sato.personId)).toMatchObject([{ name: '青い鍵', usedAtMs: undefined }])
  await context.clearCookies()
  await signIn(page)
  expect(new URL(page.url()).pathname).toBe('/second-factor')
  await shoot(page, 'second-factor-key-ja-1280')
  await expectAccessible(page, 'second-factor-key')
  await button(page, '/keys/use').click()
  await page.waitForURL('**/account')
  expect(webauthn.keysOf(sato.personId)[0]!.usedAtMs).toBeDefined()
  expect(troubles).toEqual([])
})

describe.each([
  ['ja', 1280, false],
  ['ja', 320, true],
  ['en', 1280, true],
  ['en', 320, true],
] as const)('at the organisation’s provider, in %s at %i, script: %s', (language, width, script) => {
  test('a link leads there and back in, under the page’s own policy; who is not known is told what to do', async () => {
    const port = await freePort()
    const provider = startProvider(`http://127.0.0.1:${port}`)
    onTestFinished(() => void provider.process.kill())
    const { page, context, clock, troubles, linked, sato } = await open({ language, width, script, entrance: { port, oidc: oidcSettings(await provider.issuer) } })
    clock.nowMs = Date.now()
    const look = async (name: string) => {
      await shoot(page, `oidc-${name}-${language}-${width}`)
      if (script) await expectAccessible(page, name)
      await expectNoSideways(page, name)
    }
    const asAccount = async (account: string) => {
      await page.goto('/sign-in?to=/account')
      await page.click('a[href^="/sign-in/oidc"]')
      await page.fill('#account', account)
      await page.click('button')
      await page.waitForURL(`http://127.0.0.1:${port}/**`)
    }
    await page.goto('/sign-in?to=/account')
    await look('sign-in')
    await asAccount('stranger')
    await look('unknown')
    await context.clearCookies()
    await asAccount('sato')
    expect(new URL(page.url()).pathname).toBe('/account')
    expect(linked.isLinked(sato.personId)).toBe(true)
    await look('account')
    await button(page, '/sign-out').click()
    await page.waitForSelector('a[href="/sign-in/oidc/leave"]')
    await look('signed-out')
    provider.process.kill()
    await page.goto('/sign-in/oidc/back?code=x')
    await look('wrong')
    expect(troubles.filter(each => !/503/.test(each))).toEqual([])
    await context.close()
  })
})

async function withVirtualKey(context: BrowserContext, page: Page): Promise<void> {
  const devtools = await context.newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  await devtools.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', transport: 'usb', hasResidentKey: false, hasUserVerification: false, automaticPresenceSimulation: true } })
}
