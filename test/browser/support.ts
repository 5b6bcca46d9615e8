/** A real browser on pages of the portal: signed in by cookie, every request and every forbidden thing written down. */
import { readFileSync } from 'node:fs'
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Face } from '../../portal/http/route.ts'
import type { TestPortal } from '../support/portal.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
}

export type Visitor = { readonly context: BrowserContext; readonly page: Page; /** What the page tried and may not, and errors of scripts. */ readonly troubles: string[] }

export async function visitorOf(browser: Browser, portal: TestPortal, { login, face = 'inner', script = true, width = 1280, language = 'ja' }: { readonly login: string; readonly face?: Face; readonly script?: boolean; readonly width?: number; readonly language?: string }): Promise<Visitor> {
  const context = await browser.newContext({ javaScriptEnabled: script, viewport: { width, height: 900 }, locale: language === 'en' ? 'en-GB' : 'ja-JP', baseURL: portal.origin(face) })
  await context.addCookies([{ name: `sekisho-${face}`, value: login, url: portal.origin(face) }])
  const page = await context.newPage()
  const troubles: string[] = []
  page.on('console', message => { if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) troubles.push(message.text()) })
  page.on('pageerror', error => troubles.push(String(error)))
  page.on('dialog', dialog => { troubles.push(`dialog: ${dialog.message()}`); void dialog.dismiss() })
  page.on('request', request => { if (!request.url().startsWith(portal.origin(face)) || request.url().endsWith('/csp')) troubles.push(`request: ${request.url()}`) })
  return { context, page, troubles }
}

/** Zero violations of WCAG 2.2 AA and of axe's own best practice. Evaluated from outside, so the page's policy does not matter. */
export async function expectAccessible(page: Page, name: string): Promise<void> {
  await page.evaluate(AXE)
  const found = await page.evaluate(`axe.run(document, { runOnly: ${JSON.stringify(RULES)} }).then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).join(', ')))`)
  expect(found, name).toEqual([])
}

/** No need to scroll sideways (WCAG 1.4.10). */
export async function expectNoSideways(page: Page, name: string): Promise<void> {
  const wider = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
  expect(wider, `${name} is wider than its window`).toBeLessThanOrEqual(0)
}

/** Pictures of pages, for people to look at: only where SEKISHO_SHOTS names a folder. */
export async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env['SEKISHO_SHOTS']
  if (folder === undefined) return
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
}
