/**
 * Somebody wrote markup, formulas and lines of a log into everything that one can write from outside: sender, subject,
 * names of files, text, header fields, replies of next hops, reasons, names, logins, user agents, questions. On no page of any
 * face does any of it run, load, report or end up as anything but text; and no file for a spreadsheet or a log carries it on.
 */
import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { html, SafeHtml } from '../../portal/http/html.ts'
import type { Face, Route } from '../../portal/http/route.ts'
import { type AccessTown, openAccessTown, type VisitorName } from '../support/access-town.ts'
import { testPortal } from '../support/portal.ts'
import { LINES, MATRIX } from '../unit/portal/access-table.ts'
import { openBrowser } from './support.ts'

/** Begins as a formula, ends an attribute, runs in three ways if it may, and is no longer than a name. */
const HOSTILE = `=1+1"'><script>owned()</script><img src=/canary onerror=owned()>`
/** Ends a line, and forges the next one of a log. */
const FORGED_LINE = '\r\n2026-01-01T00:00:00Z forged CEF:0|x|y|1|x|forged|10|'
const MARK = 'owned()'

let browser: Browser
let town: AccessTown
beforeAll(async () => {
  browser = await openBrowser()
  town = await openAccessTown({ hostile: HOSTILE })
})
afterAll(async () => {
  await browser.close()
  await town.close()
})

type Watched = { readonly context: BrowserContext; readonly troubles: string[]; readonly ran: () => boolean; visit(path: string): Promise<{ readonly foreign: readonly string[]; readonly text: string }> }

/** A browser in which `owned` tells, and every request beside the portal's own, every report and every dialog is written down. */
async function watched(origin: string, cookie: string, script = true): Promise<Watched> {
  const context = await browser.newContext({ baseURL: origin, extraHTTPHeaders: { cookie }, javaScriptEnabled: script })
  const troubles: string[] = []
  let hasRun = false
  await context.exposeFunction('owned', () => {
    hasRun = true
  })
  const page = await context.newPage()
  page.on('pageerror', error => troubles.push(String(error)))
  page.on('dialog', dialog => {
    troubles.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('console', message => {
    if (message.type() === 'error' && !/status of [45]\d\d/.test(message.text())) troubles.push(message.text())
  })
  page.on('request', request => {
    const { pathname, origin: to } = new URL(request.url())
    if (to !== origin || pathname === '/csp' || pathname === '/canary') troubles.push(`request: ${request.url()}`)
  })
  return {
    context,
    troubles,
    ran: () => hasRun,
    visit: async path => {
      await page.goto(path, { waitUntil: 'load' })
      return { foreign: (await page.evaluate(FOREIGN)) as string[], text: (await page.textContent('html')) ?? '' }
    },
  }
}

/** Elements and attributes that no page of ours has, found in the document as the browser understood it. */
const FOREIGN = `[...document.querySelectorAll('*')].flatMap(({ localName, attributes }) => {
  const written = [...attributes].map(({ name, value }) => [name, value])
  const isOurs = localName !== 'script' || written.some(([name, value]) => name === 'src' && /^\\/assets\\/[0-9a-f]+\\/portal\\.js$/.test(value))
  const bad = written.filter(([name, value]) => /^on|^style$/.test(name) || (/^(?:src|href|action|formaction)$/.test(name) && /^\\s*(?:javascript:|data:|\\/canary)/i.test(value)))
  return [...(isOurs ? [] : ['a script']), ...bad.map(each => localName + ' ' + each.join('='))]
})`

const PAGES = LINES.filter(([route, kind]) => route.startsWith('GET ') && kind !== 'token' && !/\.csv$|versions\/:version|openapi|\/files\/:index|\/picture$/.test(route))
/** The mails with everything in them, in place of those of the table. */
const pathOf = (path: string) => town.pathOf(path).replace(/\/kept$/, '/attack').replace(/\/waits(?=\/|$)/, '/attackwaits')

/** Questions that come back on the page. */
const QUESTION = encodeURIComponent(HOSTILE)
const ASKED: Readonly<Record<Face, readonly (readonly [VisitorName, string])[]>> = {
  inner: [
    ['owner', `/?sender=${QUESTION}&subject=${QUESTION}&file=${QUESTION}&from=${QUESTION}&mailbox=${QUESTION}&after=${QUESTION}`],
    ['owner', `/requests?before=${QUESTION}`],
    ['nobody', `/sign-in?to=${QUESTION}`],
    ['owner', `/step-up?to=${QUESTION}`],
    ['owner', `/m/${QUESTION}`],
    ['owner', `/none/${QUESTION}`],
    ['stranger', '/m/MAIL'],
  ],
  outer: [['owner', `/upload/done?ids=${QUESTION}`]],
  admin: [
    ['admin', `/queue?sender=${QUESTION}&to=${QUESTION}&q=${QUESTION}`],
    ['admin', `/quarantine?sender=${QUESTION}&to=${QUESTION}&file=${QUESTION}&from=${QUESTION}&state=any`],
    ['admin', '/quarantine?state=any'],
    ['admin', `/trace?q=${QUESTION}`],
    ['admin', '/trace?q=attack'],
    ['admin', `/policy/explain?q=${QUESTION}&name=${QUESTION}&type=${QUESTION}`],
    ['admin', '/policy/explain?q=attack'],
    ['admin', `/reports?by=${QUESTION}&from=${QUESTION}`],
    ['admin', '/reports?by=sender'],
    ['admin', '/reports?by=type'],
    ['admin', `/audit?actor=${QUESTION}&subject=${QUESTION}&text=${QUESTION}&chain=portal&kind=${QUESTION}`],
    ['admin', '/audit?chain=portal'],
    ['admin', '/audit?chain=gateway'],
  ],
}

describe.each(['inner', 'outer', 'admin'] as const)('on the %s face', face => {
  test('nothing that was written from outside is more than text, on any page', async () => {
    const origin = await town.listen(face)
    const visitors = new Map<VisitorName, Watched>()
    const shown: string[] = []
    const look = async (as: VisitorName, path: string) => {
      const visitor = visitors.get(as) ?? (await watched(origin, as === 'nobody' ? '' : town.cookieOf(face, as)))
      visitors.set(as, visitor)
      const { foreign, text } = await visitor.visit(path)
      expect([path, foreign]).toEqual([path, []])
      expect([path, visitor.troubles, visitor.ran()]).toEqual([path, [], false])
      if (text.includes(MARK)) shown.push(path)
    }
    for (const [name, kind, path] of PAGES) {
      const route = town.routes.find(each => `${each.method} ${each.path}` === name.replace(' (admin)', '') && (each.faces as readonly Face[]).includes(face))
      const as = (['owner', 'appr', 'admin', 'nobody'] as const).find(each => MATRIX.get(kind)!.get(each) === 'O')
      if (route && as) await look(as, pathOf(path))
    }
    for (const [as, path] of ASKED[face]) await look(as, path)
    // It does stand there, so this is no test of empty pages.
    expect(shown.length).toBeGreaterThan(face === 'admin' ? 12 : 6)
    expect(town.errors).toEqual([])
    for (const { context } of visitors.values()) await context.close()
  })
})

test('the same browser does notice what is not escaped, and the policy keeps it from running', async () => {
  const made = SafeHtml.made
  const control: Route = { method: 'GET', path: '/', faces: ['inner'], who: 'anyone', handle: () => ({ kind: 'page', bare: true, title: 'control', body: html`${made(HOSTILE)}` }) }
  const portal = await testPortal([control], [])
  const visitor = await watched(portal.origin('inner'), '')
  expect((await visitor.visit('/')).foreign).toEqual(['a script', 'img src=/canary', 'img onerror=owned()'])
  await expect.poll(() => visitor.troubles.filter(each => each.startsWith('request: ')).length).toBeGreaterThan(1)
  expect(visitor.troubles.some(each => each.endsWith('/csp'))).toBe(true)
  expect(visitor.ran()).toBe(false)
  await visitor.context.close()
  await portal.portal.close()
})

describe('files for spreadsheets and logs', () => {
  const CSVS = LINES.filter(([route]) => route.endsWith('.csv'))
  test.each(CSVS)('%s: no cell is a formula', async (_name, _kind, path) => {
    const query = path.startsWith('/reports/top') ? ['?by=sender', '?by=type', '?by=department', '?by=mailbox'] : ['?state=any', '']
    for (const each of query) {
      const { body, status } = await town.ask({ face: 'admin', method: 'GET', path: `${path}${each}`, as: 'admin' })
      expect(status).toBe(200)
      for (const cell of cellsOf(body)) expect([path, /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/.test(cell) && !/^[+-]?\d+$/.test(cell) ? cell : '']).toEqual([path, ''])
    }
  })

  test.each(['jsonl', 'csv', 'cef', 'syslog'])('an export of the audit chain as %s has one line a record, whatever they say', async format => {
    const { house } = town
    const chain = house.admin.chains.find(({ name }) => name === 'portal')!
    for (const detail of [HOSTILE, FORGED_LINE, `${HOSTILE}${FORGED_LINE}`]) house.admin.record({ tenant: 'default', kind: 'sign-in', actor: `user:${detail}`, subject: detail, detail: { agent: detail } })
    const records = (await Array.fromAsync(chain.records(0))).filter(({ tenant }) => tenant === 'default').length
    const { body } = await town.ask({ face: 'admin', method: 'POST', path: '/audit/export', as: 'admin', form: { chain: 'portal', format } })
    // The export notes itself first; a table has a head, JSON Lines a seal at the end.
    expect(body.trimEnd().split(/\r\n|\n/).length).toBe(records + 1 + (format === 'csv' || format === 'jsonl' ? 1 : 0))
    if (format === 'csv') for (const cell of cellsOf(body)) expect(/^[=+\-@\t\r]/.test(cell)).toBe(false)
    expect(body).not.toMatch(/^2026-01-01T00:00:00Z forged/m)
  })

  test('names of files stand in headers as what they are, and only as attachments', async () => {
    for (const [face, path] of [['inner', '/m/MAIL/files/0'], ['inner', town.pathOf('/shelf/R/file')]] as const) {
      const told = await town.ask({ face, method: path.startsWith('/shelf') ? 'POST' : 'GET', path, as: 'owner' })
      expect([told.status, told.headers['content-disposition']]).toEqual([200, expect.stringMatching(/^attachment; filename\*=UTF-8''[\w%.~!-]+$/)])
      expect(told.headers['content-security-policy']).toContain('sandbox')
    }
  })
})

/** Cells of RFC 4180, their quotes taken away. */
function cellsOf(csv: string): string[] {
  return [...csv.replace('\ufeff', '').matchAll(/(?:^|,|\r\n)(?:"((?:[^"]|"")*)"|([^",\r\n]*))/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '')
}
