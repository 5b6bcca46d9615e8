/** The HTTP face with a desk that does what a file says; the way through real processes is desk.test.ts. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Brought, type Sanitized, type Secrets, Unavailable } from '../../../files/desk.ts'
import { Access } from '../../../files/http/access.ts'
import { attachment } from '../../../core/media/attachment-header.ts'
import { openApi } from '../../../files/http/openapi.ts'
import { PROBLEMS } from '../../../rest/problem.ts'
import { type ApiServer, type RequestLine, startApi } from '../../../files/http/server.ts'

const MARK = 'ORIGINAL-OCTETS'
const lines: RequestLine[] = []
const errors: unknown[] = []
let server: ApiServer
let nowMs = 1_800_000_000_000
let runs = 0
let hold: PromiseWithResolvers<void> | undefined

const given: Secrets[] = []

async function sanitize({ untrustedName, open }: Brought, token: { readonly profile: string }, secrets: Secrets): Promise<Sanitized> {
  runs++
  given.push(secrets)
  const content = Buffer.concat(await Array.fromAsync(open() as AsyncIterable<Uint8Array>)).toString()
  if (content === 'busy') throw new Unavailable('secret cause')
  if (content === 'throw') throw new Error('secret cause')
  if (content === 'hold') await (hold ??= Promise.withResolvers<void>()).promise
  const part = { name: untrustedName, detectedType: 'text/plain', bytes: content.length, outcome: 'rebuilt', removed: [] }
  const report = { verdict: 'relay', profile: token.profile, policyVersion: 'v', parts: [part], findings: [] } as never
  const beside = content === 'two' ? { extension: 'csv', mediaType: 'text/csv', bytes: Buffer.from('words') } : undefined
  return { report, type: 'text/plain', bytes: content.length, beside, file: content === 'kept' ? undefined : { extension: 'txt', mediaType: 'text/plain', bytes: Buffer.from(`clean ${content.length}`) } }
}

const token = (name: string, more = {}) => ({
  name,
  sha256: createHash('sha256').update(`token-${name}`).digest('hex'),
  profile: 'disarm' as const,
  requestsPerMinute: 100_000,
  maxBytes: 2000,
  ...more,
})

beforeAll(async () => {
  server = await startApi({
    address: '127.0.0.1',
    port: 0,
    version: '1.2.3',
    tokens: [token('a'), token('b', { profile: 'raster', maxBytes: 10 }), token('slow', { requestsPerMinute: 2 })],
    fileBytes: 1000,
    filesAtOnce: 2,
    heldBytes: 10 * 2 ** 20,
    resultMs: 600_000,
    nowMs: () => nowMs,
    sanitize,
    onRequest: line => lines.push(line),
    onError: error => errors.push(error),
  })
})
afterAll(() => server.close())
beforeEach(() => {
  lines.length = 0
  errors.length = 0
  runs = 0
})

const url = (path: string) => `http://127.0.0.1:${server.port}${path}`
const as = (name: string) => ({ authorization: `Bearer token-${name}` })
function post(body: string | FormData, headers: Record<string, string> = as('a'), query = '?name=a.txt'): Promise<Response> {
  const type = typeof body === 'string' ? { 'content-type': 'application/octet-stream' } : {}
  return fetch(url(`/api/v1/sanitize${query}`), { method: 'POST', body, headers: { ...type, ...headers } })
}
async function problem(response: Response): Promise<[number, string]> {
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const body = (await response.json()) as { type: string; status: number; instance: string }
  expect(body.status).toBe(response.status)
  expect(body.instance).toBe(`urn:uuid:${response.headers.get('x-request-id')}`)
  return [response.status, body.type.replace('urn:sekisho:problem:', '')]
}

describe('POST /api/v1/sanitize', () => {
  test('answers with the report and a URL that gives the file once, to the same token', async () => {
    const response = await post(MARK, as('a'), `?name=${encodeURIComponent('報告 1.docm')}`)
    const text = await response.text()
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json'])
    expect(text).not.toContain(MARK)
    const { result, report } = JSON.parse(text)
    expect(report).toMatchObject({ profile: 'disarm', parts: [{ name: '報告 1.docm', bytes: MARK.length }] })
    expect(result).toMatchObject({ name: '報告 1.txt', mediaType: 'text/plain', bytes: 8, url: expect.stringMatching(/^\/api\/v1\/results\/[0-9a-f]{32}$/) })
    expect(await problem(await fetch(url(result.url), { headers: as('b') }))).toEqual([404, 'result-gone'])
    expect(await problem(await fetch(url(result.url)))).toEqual([401, 'unauthorized'])
    const file = await fetch(url(result.url), { headers: as('a') })
    expect(await file.text()).toBe('clean 15')
    expect(file.headers.get('content-disposition')).toBe(attachment('報告 1.txt'))
    expect(file.headers.get('content-security-policy')).toContain('sandbox')
    expect(await problem(await fetch(url(result.url), { headers: as('a') }))).toEqual([404, 'result-gone'])
    expect(lines[0]).toMatchObject({ token: 'a', status: 200, bytes: 15, type: 'text/plain', result: 'passed', path: '/api/v1/sanitize' })
    expect(JSON.stringify(lines)).not.toContain('報告')
  })

  test('two files that go together have a URL each, or a part each', async () => {
    const { result, beside } = (await (await post('two')).json()) as Record<'result' | 'beside', { name: string; url: string }>
    expect([result.name, beside.name]).toEqual(['a.txt', 'a.csv'])
    expect(await (await fetch(url(result.url), { headers: as('a') })).text()).toBe('clean 3')
    expect(await (await fetch(url(beside.url), { headers: as('a') })).text()).toBe('words')
    expect(await problem(await fetch(url(beside.url), { headers: as('a') }))).toEqual([404, 'result-gone'])
    const form = new FormData()
    form.set('file', new File(['two'], 'a.txt'))
    const parts = (await (await post(form, { ...as('a'), accept: 'multipart/mixed' }, '')).text()).split('\r\n\r\n')
    expect([parts[2]!.startsWith('clean 3'), parts[3]!.startsWith('words')]).toEqual([true, true])
  })

  test('a result expires', async () => {
    const { result } = (await (await post('x')).json()) as { result: { url: string } }
    nowMs += 600_000
    expect(await problem(await fetch(url(result.url), { headers: as('a') }))).toEqual([404, 'result-gone'])
  })

  test('takes a form, and gives report and file in one answer where that is asked for', async () => {
    const form = new FormData()
    form.set('file', new File([MARK], '日本.txt'))
    const response = await post(form, { ...as('a'), accept: 'multipart/mixed' }, '')
    const [, boundary] = /^multipart\/mixed; boundary=(.+)$/.exec(response.headers.get('content-type') ?? '') ?? []
    const parts = (await response.text()).split(`\r\n--${boundary}`)
    expect(parts).toHaveLength(4)
    expect(JSON.parse(parts[1]!.split('\r\n\r\n')[1]!)).toMatchObject({ result: { name: '日本.txt' }, report: { parts: [{ name: '日本.txt' }] } })
    expect(parts[2]).toContain("filename*=UTF-8''%E6%97%A5%E6%9C%AC.txt")
    expect(parts[2]!.endsWith('\r\n\r\nclean 15')).toBe(true)
    expect(parts[3]).toBe('--\r\n')
  })

  test('passwords come in the form, before or behind the file, and stand nowhere else', async () => {
    const form = new FormData()
    for (const password of ['first-secret', 'second-secret']) form.append('password', password)
    form.set('file', new File([MARK], 'a.txt'))
    form.set('lockPassword', 'third-secret')
    const answer = await (await post(form, as('a'), '')).text()
    expect(given.at(-1)).toEqual({ passwords: ['first-secret', 'second-secret'], lockWith: 'third-secret' })
    expect(answer + JSON.stringify(lines)).not.toContain('-secret')
    await post(MARK, as('a'))
    expect(given.at(-1)).toEqual({})
  })

  test.each([
    ['a password to lock with that is too short', [['lockPassword', 'short-1']]],
    ['two to lock with', [['lockPassword', 'long-enough-1'], ['lockPassword', 'long-enough-2']]],
    ['more than are tried', Array.from({ length: 11 }, (_, index) => ['password', `long-enough-${index}`])],
  ])('%s is a problem that does not repeat it', async (_, fields) => {
    const form = new FormData()
    form.set('file', new File(['x'], 'a.txt'))
    for (const [name, value] of fields) form.append(name!, value!)
    const response = await post(form, as('a'), '')
    expect(await response.clone().text()).not.toMatch(/short-1|long-enough/)
    expect(await problem(response)).toEqual([400, 'bad-request'])
  })

  test('what is kept back has a report and no result', async () =>
    expect(await (await post('kept')).json()).toMatchObject({ result: null, report: { verdict: 'relay' } }))

  test.each([
    ['no token', 'x', {}, 401, 'unauthorized'],
    ['a wrong token', 'x', { authorization: 'Bearer token-A' }, 401, 'unauthorized'],
    ['another scheme', 'x', { authorization: 'Basic token-a' }, 401, 'unauthorized'],
    ['more than the house takes', 'x'.repeat(1001), as('a'), 413, 'too-large'],
    ['more than the token may', 'x'.repeat(11), as('b'), 413, 'too-large'],
    ['a bad key', 'x', { ...as('a'), 'idempotency-key': 'ä b' }, 400, 'bad-request'],
    ['a workshop that is full', 'busy', as('a'), 503, 'unavailable'],
    ['a fault of ours', 'throw', as('a'), 500, 'internal'],
  ])('%s is a problem and tells nothing more', async (_what, body, headers, status, kind) => {
    const response = await post(body, headers)
    expect(await response.clone().text()).not.toMatch(/secret|xxx/)
    expect(await problem(response)).toEqual([status, kind])
  })

  test('a form without a file, a file above the limit in a form or without a length', async () => {
    const form = new FormData()
    form.set('note', 'no file')
    expect(await problem(await post(form))).toEqual([400, 'bad-request'])
    form.set('file', new File(['x'.repeat(1001)], 'a'))
    expect(await problem(await post(form))).toEqual([413, 'too-large'])
    const body = new Blob(['x'.repeat(3000)]).stream()
    const streamed = await fetch(url('/api/v1/sanitize'), { method: 'POST', body, headers: as('a'), duplex: 'half' } as RequestInit)
    expect(await problem(streamed)).toEqual([413, 'too-large'])
  })

  test('more at once than there is room for: 503 with a time to wait, and room again afterwards', async () => {
    const held = [post('hold'), post('hold')]
    while (runs < 2) await new Promise(resolve => setTimeout(resolve, 5))
    const response = await post('x')
    expect(response.headers.get('retry-after')).toBe('5')
    expect(await problem(response)).toEqual([503, 'unavailable'])
    hold!.resolve()
    expect((await Promise.all(held)).map(each => each.status)).toEqual([200, 200])
    expect((await post('x')).status).toBe(200)
  })

  test('a token that sends too much waits', async () => {
    expect([(await post('x', as('slow'))).status, (await post('x', as('slow'))).status]).toEqual([200, 200])
    const response = await post('x', as('slow'))
    expect(response.headers.get('retry-after')).toBe('30')
    expect(await problem(response)).toEqual([429, 'too-many-requests'])
    nowMs += 30_000
    expect((await post('x', as('slow'))).status).toBe(200)
  })
})

describe('Idempotency-Key', () => {
  const keyed = (key: string, name = 'a') => ({ ...as(name), 'idempotency-key': key })

  test('the same key and file get the same answer, worked on once, also at the same time', async () => {
    const [first, second] = await Promise.all([post(MARK, keyed('k1')), post(MARK, keyed('k1'))])
    const third = await post(MARK, keyed('k1'))
    expect(await first.text()).toBe(await second.text())
    expect(third.status).toBe(200)
    expect(runs).toBe(1)
  })

  test('the same file with another password is another request', async () => {
    const send = (password: string) => {
      const form = new FormData()
      form.set('file', new File(['x'], 'a.txt'))
      form.set('password', password)
      return post(form, { ...as('a'), 'idempotency-key': 'with-password' }, '')
    }
    expect([(await send('one')).status, (await send('one')).status, (await send('two')).status]).toEqual([200, 200, 422])
    expect(runs).toBe(1)
  })

  test('another file, or name, under the same key is refused; another token has keys of its own', async () => {
    await post('one', keyed('k2'))
    expect(await problem(await post('two', keyed('k2')))).toEqual([422, 'idempotency-conflict'])
    expect(await problem(await post('one', keyed('k2'), '?name=b.txt'))).toEqual([422, 'idempotency-conflict'])
    expect((await post('two', keyed('k2', 'b'))).status).toBe(200)
  })

  test('a failure is not remembered, and a key is forgotten after a day', async () => {
    expect((await post('busy', keyed('k3'))).status).toBe(503)
    expect((await post('fine', keyed('k3'))).status).toBe(200)
    nowMs += 24 * 3_600_000
    expect((await post('other', keyed('k3'))).status).toBe(200)
  })
})

describe('the rest', () => {
  test('every answer has its headers; what is not there is a problem', async () => {
    const response = await fetch(url('/api/v2'))
    expect(Object.fromEntries(response.headers)).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' })
    expect(await problem(response)).toEqual([404, 'not-found'])
    expect(await (await fetch(url('/health'))).text()).toBe('ok\n')
  })

  test('metrics count by token and status', async () => {
    await post('x')
    const text = await (await fetch(url('/metrics'))).text()
    expect(text).toMatch(/^sekisho_api_requests_total\{token="a",status="200"\} \d+$/m)
    expect(text).toMatch(/^sekisho_api_in_work 0$/m)
  })

  test('the OpenAPI document names every problem that a request can end in, and its references resolve', async () => {
    const document = (await (await fetch(url('/api/v1/openapi.json'))).json()) as ReturnType<typeof openApi>
    expect(document).toEqual(JSON.parse(JSON.stringify(openApi('1.2.3'))))
    const text = JSON.stringify(document)
    const { schemas } = document['components'] as { schemas: Record<string, unknown> }
    for (const [, name] of text.matchAll(/#\/components\/schemas\/(\w+)/g)) expect(schemas).toHaveProperty(name!)
    const elsewhere: readonly string[] = ['not-found', 'forbidden']
    for (const [kind, { title }] of Object.entries(PROBLEMS)) expect(text.includes(title), kind).toBe(!elsewhere.includes(kind))
  })

  test('an empty list of tokens lets nobody in', () =>
    expect(() => new Access([], Date.now).tokenOf('Bearer ')).toThrow())
})

test.each([
  ['a.txt', "attachment; filename*=UTF-8''a.txt"],
  ['a"; x=\r\n(b)', "attachment; filename*=UTF-8''a%22%3B%20x%3D%0D%0A%28b%29"],
  ['\ud800', "attachment; filename*=UTF-8''%EF%BF%BD"],
])('the name %j stands in a header as %s', (name, want) => expect(attachment(name)).toBe(want))
