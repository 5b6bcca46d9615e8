/** A large file in a real browser: it goes in pieces, says how far it is, and goes on where it stopped. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { staffRoutes } from '../../portal/pages/staff.ts'
import { found, person, type TestPortal, testPortal } from '../support/portal.ts'
import { type FakeHouse, fakeHouse } from '../support/portal-fakes.ts'
import { openBrowser, visitorOf } from './support.ts'

const MIB = 1 << 20
const folder = mkdtempSync(join(tmpdir(), 'sekisho-pieces-'))
const path = join(folder, '大きな表.csv')
let browser: Browser
let house: FakeHouse
let portal: TestPortal

beforeAll(async () => {
  writeFileSync(path, Buffer.alloc(5 * MIB + 7, 'a,b\n'))
  browser = await openBrowser()
  house = await fakeHouse([], { tanaka: [] })
  portal = await testPortal(staffRoutes({ ...house, uploadBytes: 64 * MIB }), [found(person('tanaka', ['staff'], { personId: 1 }))])
})
afterAll(async () => {
  expect(portal.errors).toEqual([])
  await browser.close()
  await portal.portal.close()
  house.close()
  rmSync(folder, { recursive: true })
})

test('breaks off, goes on where it stopped, and becomes what it is', async () => {
  const { context, page } = await visitorOf(browser, portal, { login: 'tanaka', face: 'outer' })
  const offsets: number[] = []
  let isBroken = true
  await page.route('**/upload/pieces/*?offset=*', async route => {
    const offset = Number(new URL(route.request().url()).searchParams.get('offset'))
    if (isBroken && offset > 0) return route.abort()
    offsets.push(offset)
    return route.continue()
  })
  await page.goto('/upload')
  await page.setInputFiles('input[type=file]', path)
  await page.click('main button')
  await expect.poll(() => page.evaluate("document.querySelector('progress').value")).toBeGreaterThan(30)
  expect(await page.textContent('.say')).toContain('送っています')
  // The network comes back after the page was opened anew: the old one tries again by itself.
  await page.goto('/upload')
  isBroken = false
  await page.setInputFiles('input[type=file]', path)
  await page.click('main button')
  await page.waitForURL('**/upload/done?*')
  expect(await page.textContent('main')).toContain('大きな表.csv')
  expect(offsets).toEqual([0, 2 * MIB, 4 * MIB])
  await context.close()
})

test('of somebody else is not there, and a form of another page begins nothing', async () => {
  const begun = await portal.post('outer', '/upload/pieces', 'tanaka', { name: 'a.csv', type: 'text/csv', size: '3' })
  const { id } = (await begun.json()) as { id: string }
  const send = (token: string) => fetch(`${portal.origin('outer')}/upload/pieces/${id}?offset=0`, { method: 'POST', headers: { origin: portal.origin('outer'), cookie: 'sekisho-outer=tanaka', 'content-type': 'application/octet-stream', 'x-portal-token': token }, body: 'abc' })
  expect((await send('x')).status).toBe(403)
  expect(await (await send('token-tanaka')).json()).toEqual({ id, received: 3, size: 3 })
  expect((await portal.post('outer', '/upload/pieces', 'tanaka', { name: 'a', size: String(65 * MIB) })).status).toBe(413)
  expect((await portal.post('inner', '/upload/pieces', 'tanaka', { name: 'a', size: '1' })).status).toBe(404)
})
