/** Load on a portal: signing in, finding pages, weights, and numbers that are known beforehand. */
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Histogram } from '../../../loadtest/histogram.ts'
import { Browser, hiddenFields, linksOf } from '../../../loadtest/portal/browser.ts'
import { addCorrected, loadPortal } from '../../../loadtest/portal/http-load.ts'
import { findPages, parsePages, signIn, weighted } from '../../../loadtest/portal/visit.ts'
import { runCli } from '../../support/run-cli.ts'

let server: Server
let origin: string
let folder: string
/** What the portal was asked for inside, by path. */
let asked: Map<string, number>

const form = (action: string, token: string) => `<form method="post" action="${action}"><input type="hidden" name="token" value="${token}&quot;"><input name="x"></form>`

async function bodyOf(request: IncomingMessage): Promise<URLSearchParams> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return new URLSearchParams(text)
}

/** As the real one: a session in two steps, forms with a token, pages for those inside only. */
async function portal(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const say = (status: number, text: string, headers: Record<string, string> = {}) => void response.writeHead(status, headers).end(text)
  const session = /(?:^|; )s=(\w+)/.exec(request.headers.cookie ?? '')?.[1]
  const path = request.url!
  if (request.method === 'POST') {
    const given = await bodyOf(request)
    if (request.headers.origin !== origin || given.get('token') !== 't"') return say(403, 'no')
    if (path === '/sign-in' && given.get('password') === 'pässword') return say(303, '', { location: '/second-factor', 'set-cookie': 's=half; Path=/; HttpOnly' })
    if (path === '/second-factor' && session === 'half' && given.get('code') === '123456') return say(303, '', { location: '/', 'set-cookie': 's=whole; Path=/' })
    return say(422, form(path, 't'))
  }
  if (path === '/sign-in' || path === '/second-factor') return say(200, form(path, 't'))
  if (session !== 'whole') return say(303, '', { location: '/sign-in' })
  asked.set(path, (asked.get(path) ?? 0) + 1)
  if (path === '/') return say(200, '<a href="/m/1">a</a> <a href="/m/2">b</a> <a href="/shelf">c</a> <a href="/sign-out">d</a> <a href="//evil.example/">e</a>')
  if (path.endsWith('/files/0')) return say(200, 'x'.repeat(50_000))
  if (path === '/shelf') return say(503, 'later')
  if (path.startsWith('/m/')) return say(200, `<a href="${path}/preview/1?page=1&amp;x=2">p</a> <a href="${path}/files/0">f</a>`)
  return say(404, 'none')
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portal-'))
  server = createServer((request, response) => void portal(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
beforeEach(() => void (asked = new Map()))
afterAll(() => {
  server.close()
  server.closeAllConnections()
  rmSync(folder, { recursive: true, force: true })
})

const browser = (cookie = '') => new Browser(new URL(origin), '127.0.0.1', cookie)

describe('signing in', () => {
  test('by password and code', async () => {
    const mine = browser()
    await signIn(mine, { login: 'yamada', password: 'pässword', code: '123456' })
    expect(mine.cookie).toBe('s=whole')
  })
  test.each([['wrong', '123456'], ['pässword', '000000']])('not by %s and %s', async (password, code) => {
    await expect(signIn(browser(), { login: 'yamada', password, code })).rejects.toThrow(/led to/)
  })
})

test('pages are found by links, never another host or a way out', async () => {
  const pages = await findPages(browser('s=whole'))
  expect(pages.map(({ path, kind }) => `${kind} ${path}`).toSorted()).toEqual([
    'download /m/1/files/0', 'download /m/2/files/0', 'list /', 'mail /m/1', 'mail /m/2', 'other /shelf', 'preview /m/1/preview/1?page=1&x=2', 'preview /m/2/preview/1?page=1&x=2',
  ])
  await expect(findPages(browser())).rejects.toThrow('the session is not valid')
})

test('the pages of a family share its weight; a file says it line by line', () => {
  expect(weighted(['/m/1', '/m/2', '/', '/m/1/files/0', '/elsewhere']).map(({ kind, weight }) => [kind, weight])).toEqual([['mail', 17.5], ['mail', 17.5], ['list', 30], ['download', 12]])
  expect(parsePages('# mine\n3 /a\n1.5 /b?x=1 name\n\n')).toEqual([{ path: '/a', weight: 3, kind: '/a' }, { path: '/b?x=1', weight: 1.5, kind: 'name' }])
  for (const wrong of ['', 'x /a', '0 /a', '3 a', '3 /a b c']) expect(parsePages(wrong), wrong).toBeUndefined()
})

test('pieces of pages', () => {
  expect(hiddenFields(form('/a?b', 'x&#39;'), '/a?b')).toEqual({ token: 'x\'"' })
  expect(hiddenFields('<p>', '/a')).toEqual({})
  expect(linksOf('<img src="/p.png"><a href="https://x/">')).toEqual(['/p.png'])
})

test('what a slow answer kept from starting is counted', () => {
  const histogram = new Histogram()
  addCorrected(histogram, 1000, 250)
  expect(histogram.count).toBe(4)
  expect(histogram.meanMs).toBe(625)
  addCorrected(histogram, 100, 250)
  addCorrected(histogram, 5000, undefined)
  expect(histogram.count).toBe(6)
})

test('what the portal was asked for and what is reported are the same', async () => {
  const pages = [{ path: '/', weight: 3, kind: 'list' }, { path: '/m/1/files/0', weight: 1, kind: 'download' }, { path: '/shelf', weight: 1, kind: 'other' }]
  const load = { url: origin, host: new URL(origin).host, cookie: 's=whole', pages, connections: 4, perSecond: 100, durationMs: 1000, seed: 1 }
  const ran = await loadPortal(load, () => undefined)
  const count = (kind: string) => ran.kinds.get(kind)?.requests ?? 0
  // Requests that were under way when the time was over were asked and not answered.
  for (const { path, kind } of pages) expect(Math.abs((asked.get(path) ?? 0) - count(kind))).toBeLessThanOrEqual(4)
  expect(count('list')).toBeGreaterThan(count('download'))
  expect(ran.outcomes).toMatchObject({ accepted: count('list') + count('download'), deferred: count('other'), refused: 0 })
  expect(ran.troubles.get('other: HTTP 503')).toBe(count('other'))
})

test('as fast as answers come, where no rate is given', async () => {
  const pages = [{ path: '/', weight: 1, kind: 'list' }]
  const ran = await loadPortal({ url: origin, host: new URL(origin).host, cookie: 's=whole', pages, connections: 2, perSecond: undefined, durationMs: 1000, seed: 1 }, () => undefined)
  expect(ran.outcomes.accepted).toBeGreaterThan(10)
})

describe('sekisho loadtest portal', () => {
  test('signs in, finds pages, passes or fails', async () => {
    const password = join(folder, 'password')
    writeFileSync(password, 'pässword\n')
    const args = ['loadtest', 'portal', '--to', origin, '--login', 'yamada', '--password-file', password, '--code', '123456', '--duration', '1s', '--rate', '50', '--connections', '2', '--json']
    const fine = await runCli(...args, '--out', folder)
    expect(JSON.parse(fine.out)).toMatchObject({ kind: 'portal', passed: true })
    expect(fine.code).toBe(0)
    expect((await runCli(...args, '--fail-if', 'errors>0%')).code).toBe(1)
  })
  test.each([
    [['--to', 'ftp://x'], 2], [['--to', 'http://192.0.2.1'], 2], [['--to', 'ORIGIN', '--login', 'x'], 2], [['--to', 'ORIGIN'], 75], [['--to', 'http://127.0.0.1:1'], 75],
  ])('%j exits %i', async (args, code) => expect((await runCli('loadtest', 'portal', ...args.map(each => (each === 'ORIGIN' ? origin : each)))).code).toBe(code))
})
