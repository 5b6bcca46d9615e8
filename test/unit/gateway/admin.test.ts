import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type AdminServer, startAdmin } from '../../../gateway/admin.ts'

let server: AdminServer
let reasons: string[] = []
let broken = false

beforeAll(async () => {
  server = await startAdmin({
    address: '127.0.0.1',
    port: 0,
    version: '1.2.3',
    readiness: async () => {
      if (broken) throw new Error('secret detail')
      return { reasons }
    },
    metrics: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'x 1\n' }),
  })
})
beforeEach(() => {
  reasons = []
  broken = false
})
afterAll(() => server.close())

const get = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${server.port}${path}`, { method })

describe('the monitor hears', () => {
  test('/health: alive, whatever the readiness', async () => {
    reasons = ['no sanitizer']
    const response = await get('/health')
    expect([response.status, await response.json()]).toEqual([200, { alive: true, version: '1.2.3' }])
  })

  test('/ready: yes', async () => {
    const response = await get('/ready?from=probe')
    expect([response.status, await response.json()]).toEqual([200, { ready: true, reasons: [] }])
  })

  test('/ready: no, with every reason', async () => {
    reasons = ['no sanitizer', 'disk full']
    const response = await get('/ready')
    expect([response.status, await response.json()]).toEqual([
      503,
      { ready: false, reasons: ['no sanitizer', 'disk full'] },
    ])
  })

  test('/ready fails: 500 without the detail', async () => {
    broken = true
    const response = await get('/ready')
    expect([response.status, await response.text()]).toEqual([500, '{"error":"internal"}\n'])
  })

  test('/metrics as Prometheus wants it', async () => {
    const response = await get('/metrics')
    expect([response.headers.get('content-type'), await response.text()]).toEqual([
      'text/plain; version=0.0.4',
      'x 1\n',
    ])
  })

  test.each([
    ['GET', '/', 404],
    ['GET', '/metrics/', 404],
    ['POST', '/health', 405],
    ['DELETE', '/ready', 405],
  ])('%s %s → %i', async (method, path, status) => expect((await get(path, method)).status).toBe(status))

  test('HEAD has no body', async () => expect(await (await get('/health', 'HEAD')).text()).toBe(''))
})

test('a port that is taken is an error at start', () =>
  expect(
    startAdmin({
      address: '127.0.0.1',
      port: server.port,
      version: '',
      readiness: async () => ({ reasons: [] }),
      metrics: async () => ({ contentType: '', text: '' }),
    }),
  ).rejects.toMatchObject({ code: 'EADDRINUSE' }))
