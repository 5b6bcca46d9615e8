/** What the portal's listeners do with every request, whatever the page. */
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { html } from '../../../portal/http/html.ts'
import { type Answer, type Face, FACES, Refused, type Route } from '../../../portal/http/route.ts'
import { startFace } from '../../../portal/http/server.ts'
import { ownPath } from '../../../portal/http/own-path.ts'
import { found, NOW_MS, person, type TestPortal, testPortal } from '../../support/portal.ts'

const all: { readonly faces: readonly Face[] } = { faces: FACES }
let changes = 0
function change(): Answer {
  changes++
  return { kind: 'redirect', to: '/mine', say: 'saved' }
}
const ROUTES: readonly Route[] = [
  { ...all, method: 'GET', path: '/open', who: 'anyone', handle: ({ query }) => ({ kind: 'page', title: query.get('title'), body: html`<p>${query.get('text')}</p>` }) },
  { ...all, method: 'GET', path: '/mine', who: 'signed-in', handle: visit => ({ kind: 'page', title: 'mine', body: html`<p>${visit.person.name}</p>` }) },
  { ...all, method: 'GET', path: '/theirs', who: 'signed-in', roles: ['auditor'], handle: () => ({ kind: 'page', title: 'theirs', body: html`` }) },
  { ...all, method: 'GET', path: '/half', who: 'half-signed-in', handle: () => ({ kind: 'page', title: 'half', body: html`` }) },
  { ...all, method: 'POST', path: '/change', who: 'signed-in', handle: change },
  { ...all, method: 'POST', path: '/guarded', who: 'signed-in', needsStepUp: true, handle: () => ({ kind: 'redirect', to: '/mine' }) },
  { ...all, method: 'GET', path: '/file/:name', who: 'signed-in', handle: ({ params }) => ({ kind: 'file', name: params['name']!, mediaType: 'text/html', bytes: Buffer.from('<script>1</script>') }) },
  { ...all, method: 'GET', path: '/boom', who: 'anyone', handle: () => Promise.reject(new Error('secret inside')) },
  { ...all, method: 'GET', path: '/gone', who: 'anyone', handle: () => Promise.reject(new Refused('not-found')) },
  { faces: ['outer'], method: 'POST', path: '/original', givesOriginal: true, who: 'signed-in', handle: () => ({ kind: 'nothing' }) },
]

let portal: TestPortal
beforeAll(async () => {
  portal = await testPortal(ROUTES, [
    found(person('tanaka', ['staff'])),
    found(person('kansa', ['auditor'])),
    found(person('half', ['staff']), { stage: 'second-factor' }),
    found(person('fresh', ['staff']), { steppedUpAtMs: NOW_MS - 60_000 }),
    found(person('stale', ['staff']), { steppedUpAtMs: NOW_MS - 600_000 }),
  ])
})
afterAll(() => portal.portal.close())

describe('who may come', () => {
  test('nobody without a session: to the sign-in page, which leads back', async () => {
    const reply = await portal.get('inner', '/mine')
    expect([reply.status, reply.headers.get('location')]).toEqual([303, '/sign-in?to=%2Fmine'])
  })
  test('a session of this face', async () => expect((await portal.get('inner', '/mine', 'tanaka')).status).toBe(200))
  test('not with the cookie of another face', async () => {
    const reply = await fetch(`${portal.origin('outer')}/mine`, { headers: { cookie: 'sekisho-inner=tanaka' }, redirect: 'manual' })
    expect(reply.status).toBe(303)
  })
  test('not without the role', async () => {
    expect((await portal.get('inner', '/theirs', 'tanaka')).status).toBe(403)
    expect((await portal.get('inner', '/theirs', 'kansa')).status).toBe(200)
  })
  test('half signed in only to where the second factor is asked', async () => {
    expect((await portal.get('inner', '/mine', 'half')).headers.get('location')).toBe('/second-factor')
    expect((await portal.get('inner', '/half', 'half')).status).toBe(200)
  })
  test.each([
    ['never', 'tanaka', '/step-up?to=%2Fm%2Fx'],
    ['too long ago', 'stale', '/step-up?to=%2Fm%2Fx'],
    ['just now', 'fresh', '/mine'],
  ])('a step-up that was shown %s', async (_when, login, to) => {
    const reply = await portal.post('outer', '/guarded', login, {}, { referer: `${portal.origin('outer')}/m/x` })
    expect(reply.headers.get('location')).toBe(to)
  })
  test('the outer face alone has what gives originals', async () => {
    expect((await portal.post('inner', '/original', 'tanaka', {})).status).toBe(404)
    expect((await portal.post('outer', '/original', 'tanaka', {})).status).toBe(204)
  })
  test('a table with such a route on another face is not served', async () => {
    const route: Route = { faces: ['inner'], method: 'GET', path: '/x', who: 'anyone', givesOriginal: true, handle: () => ({ kind: 'nothing' }) }
    await expect(startFace({ face: 'inner', routes: [route] } as never)).rejects.toThrow('original')
  })
})

describe('what changes something', () => {
  test.each([
    ['from our page with the token', {}, {}, 303],
    ['with another token', { _token: 'token-kansa' }, {}, 403],
    ['without a token', { _token: '' }, {}, 403],
    ['from another site', {}, { origin: 'https://evil.example' }, 403],
    ['from another site, as the browser says', {}, { 'sec-fetch-site': 'cross-site' }, 403],
    ['from another port of ours', {}, { 'sec-fetch-site': 'same-site' }, 403],
    ['from nowhere', {}, { origin: '' }, 403],
  ])('%s', async (_case, form, headers, status) => {
    const before = changes
    expect((await portal.post('inner', '/change', 'tanaka', form, headers)).status).toBe(status)
    expect(changes - before).toBe(status === 303 ? 1 : 0)
  })
  test('is never a GET', async () => expect((await portal.get('inner', '/change', 'tanaka')).status).toBe(404))
  test('and the next page says so once', async () => {
    const done = await portal.post('inner', '/change', 'tanaka', {})
    const note = done.headers.getSetCookie().find(each => each.startsWith('note='))!
    const page = await fetch(`${portal.origin('inner')}/mine`, { headers: { cookie: `sekisho-inner=tanaka; ${note.split(';')[0]}` } })
    expect(await page.text()).toContain('保存しました。')
    expect(page.headers.getSetCookie().join()).toMatch(/note=;/)
  })
})

describe('what answers are like', () => {
  test('text of senders is text', async () => {
    const page = await (await portal.get('inner', `/open?title=${encodeURIComponent('</title><script>')}&text=${encodeURIComponent('"><img src=x onerror=1>')}`)).text()
    expect(page).not.toMatch(/<script>|<img/)
    expect(page).toContain('&quot;&gt;&lt;img src=x onerror=1&gt;')
  })
  test('nothing inline may run, nothing may frame, nothing is kept', async () => {
    const { headers } = await portal.get('inner', '/open')
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'; script-src 'self'; style-src 'self'.*frame-ancestors 'none'.*trusted-types 'none'/)
    expect(headers.get('content-security-policy')).not.toContain('unsafe')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })
  test('a page has no inline style, script or handler', async () => {
    const page = await (await portal.get('inner', '/mine', 'tanaka')).text()
    expect(page).not.toMatch(/ style=|<style| on[a-z]+=|<script(?! src="\/assets\/)/)
  })
  test('a file is an attachment in a sandbox, whatever its name', async () => {
    const { headers } = await portal.get('inner', `/file/${encodeURIComponent('見積"\r\nX: 1.html')}`, 'tanaka')
    expect(headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''%E8%A6%8B%E7%A9%8D%22%0D%0AX%3A%201.html")
    expect(headers.get('content-security-policy')).toContain('sandbox')
    expect(headers.get('x')).toBeNull()
  })
  test('an error says a number and no more', async () => {
    const reply = await portal.get('inner', '/boom')
    const page = await reply.text()
    expect(reply.status).toBe(500)
    expect(page).not.toContain('secret inside')
    expect(page).toContain(reply.headers.get('x-request-id'))
    expect(portal.errors.map(String)).toEqual(['Error: secret inside'])
  })
  test.each(['/gone', '/nowhere', '/%00', '/..%2f..%2fetc/passwd'])('%s is a page that says what to do', async path => {
    const reply = await portal.get('inner', path)
    expect(reply.status).toBeGreaterThanOrEqual(400)
    expect(reply.status).toBeLessThan(500)
    expect(await reply.text()).toContain('<h1>')
  })
  test('the log has who and where, not what', () => {
    const line = portal.lines.find(each => each.route === '/mine' && each.login === 'tanaka')
    expect(line).toMatchObject({ face: 'inner', client: '127.0.0.1', method: 'GET', status: 200 })
  })
  test('a request that is none ends the connection', async () => {
    const { hostname, port } = new URL(portal.origin('inner'))
    const socket = connect(Number(port), hostname)
    let heard = ''
    socket.on('data', chunk => (heard += chunk))
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n')
    await new Promise(resolve => socket.on('close', resolve))
    expect(heard).toMatch(/^HTTP\/1.1 400/)
  })
})

test.each([
  ['/m/abc', '/m/abc'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['https://evil.example', '/'],
  ['', '/'],
  ['/m/x?after=1', '/m/x?after=1'],
])('a way back %j leads to %s', (given, to) => expect(ownPath(given)).toBe(to))
