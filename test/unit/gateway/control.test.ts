import { mkdtempSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { controlClient } from '../../../cli/control-client.ts'
import { type ControlServer, startControl } from '../../../gateway/control.ts'
import type { GatewayStatus } from '../../../gateway/control-protocol.ts'
import { type FakeStoreAdmin, fakeStoreAdmin } from '../../support/fake-store-admin.ts'

const STATUS: GatewayStatus = {
  version: '1',
  pid: 1,
  startedAtMs: 0,
  emergency: 'none',
  reasons: [],
  queuedMessages: 0,
  freeBytes: 1,
  originalBytes: 0,
  quotaBytes: 1,
  hours: [],
}
const BY = { actor: 'os:root', reason: 'test' }

let store: FakeStoreAdmin
let control: ControlServer
let socketPath: string
let happened: unknown[]

beforeEach(async () => {
  store = fakeStoreAdmin()
  happened = []
  socketPath = join(mkdtempSync(join(tmpdir(), 'sekisho-control-')), 'run', 'control.sock')
  control = await start()
})
afterEach(() => control.close())

function start(): Promise<ControlServer> {
  return startControl({
    socketPath,
    store,
    notify: async () => ({ kind: 'cannot', reason: 'busy' }),
    status: async () => STATUS,
    onEmergency: (state, by) => void happened.push(['emergency', state, by]),
    tellClasses: async piece => {
      happened.push(['classes', piece])
      return piece.isLast
    },
    onQueueChanged: () => void happened.push('queue'),
    reload: async by => {
      happened.push(['reload', by])
      return { ok: true, changed: [], needRestart: [], problems: [] }
    },
    scopes: () => [],
    facts: () => ({ routes: [], retention: { originalDays: 30, textDays: 7, logDays: 365, auditYears: 5, logFileDays: 1095 }, sealingKeys: {}, antivirus: false, wall: 'auto', syslog: '', contacts: [] }),
    onError: error => void happened.push(String(error)),
  })
}

function post(
  path: string,
  body: string,
  headers: Record<string, string> = { 'sekisho-protocol': '1' },
  method = 'POST',
): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const question = request({ socketPath, path, method, headers }, response => {
      let text = ''
      response
        .setEncoding('utf8')
        .on('data', piece => {
          text += piece
        })
        .on('end', () => resolve({ status: response.statusCode, body: text }))
        .on('error', reject)
    })
    question.on('error', reject).end(body)
  })
}

describe('what is asked reaches the store', () => {
  test('with exactly the known filters', async () => {
    await post('/rpc/queue.list', JSON.stringify({ filter: { queueId: 'q1', evil: 1, limit: 10 } }))
    expect(store.asked).toEqual([['listQueue', { queueId: 'q1', limit: 10 }]])
  })

  test('a retry wakes the relay', async () => {
    expect(await controlClient(socketPath).call('queue.retry', { filter: { limit: 5 }, by: BY })).toBe(3)
    expect(happened).toEqual(['queue'])
  })

  test('a piece of the book of classes, checked', async () => {
    const piece = { tenant: 'default', isFirst: true, isLast: true, addresses: { 1: [], 2: ['b@town.example.jp'], 3: ['a@town.example.jp'] } }
    expect(await controlClient(socketPath).call('classes.tell', { piece })).toBe(true)
    expect(happened).toEqual([['classes', piece]])
    expect((await post('/rpc/classes.tell', JSON.stringify({ piece: { ...piece, addresses: { 1: 'a@b' } } }))).status).toBe(400)
  })

  test('an emergency is recorded first, then followed', async () => {
    expect(await controlClient(socketPath).call('emergency.set', { state: 'hold', by: BY })).toBe('hold')
    expect(await controlClient(socketPath).call('emergency.get', {})).toBe('hold')
    expect([store.asked, happened]).toEqual([[['setEmergency', 'hold', BY]], [['emergency', 'hold', BY]]])
  })

  test('an export comes through whole', async () => {
    const pieces = await Array.fromAsync(
      await controlClient(socketPath).stream('quarantine.export', { queueId: 'q1', tenant: 'default', by: BY }),
    )
    expect(Buffer.concat(pieces).length).toBe(200_022)
  })

  test('audit records come as lines', async () =>
    expect((await post('/rpc/audit.export', '{"sinceSeq":1}')).body).toBe('{"seq":2}\n{"seq":3}\n'))
})

describe('what is not understood is refused, and the server lives on', () => {
  test.each([
    ['an unknown method', '/rpc/queue.explode', '{}', 404, 'not-found'],
    ['a method of Object', '/rpc/constructor', '{}', 404, 'not-found'],
    ['another path', '/', '{}', 404, 'not-found'],
    ['no JSON', '/rpc/queue.list', '{', 400, 'bad-request'],
    ['a list', '/rpc/queue.list', '[]', 400, 'bad-request'],
    ['a filter of the wrong type', '/rpc/queue.list', '{"filter":{"sender":5}}', 400, 'bad-request'],
    ['a negative limit', '/rpc/queue.list', '{"filter":{"limit":-1}}', 400, 'bad-request'],
    ['a drop of everything', '/rpc/queue.drop', '{"filter":{},"by":{"actor":"a","reason":"r"}}', 400, 'bad-request'],
    [
      'a drop of a whole tenant',
      '/rpc/queue.drop',
      '{"filter":{"tenant":"default"},"by":{"actor":"a","reason":"r"}}',
      400,
      'bad-request',
    ],
    [
      'a drop without a reason',
      '/rpc/queue.drop',
      '{"filter":{"queueId":"q1"},"by":{"actor":"a","reason":""}}',
      400,
      'bad-request',
    ],
    [
      'a purge of everything',
      '/rpc/quarantine.purge',
      '{"filter":{},"by":{"actor":"a","reason":"r"},"dryRun":true}',
      400,
      'bad-request',
    ],
    [
      'a purge that does not say whether it is one',
      '/rpc/quarantine.purge',
      '{"filter":{"queueId":"q1"},"by":{"actor":"a","reason":"r"}}',
      400,
      'bad-request',
    ],
    ['an unknown state', '/rpc/emergency.set', '{"state":"panic","by":{"actor":"a","reason":"r"}}', 400, 'bad-request'],
    [
      'an original that is not there',
      '/rpc/quarantine.export',
      '{"queueId":"zz","tenant":"default","by":{"actor":"a","reason":"r"}}',
      500,
      'failed',
    ],
  ])('%s', async (_, path, body, status, error) => {
    const answer = await post(path, body)
    expect([answer.status, JSON.parse(answer.body).error]).toEqual([status, error])
    expect(store.asked.filter(([name]) => name !== 'exportOriginal')).toEqual([])
    expect((await post('/rpc/status', '{}')).status).toBe(200)
  })

  test('a question of a megabyte', async () =>
    expect((await post('/rpc/queue.list', ' '.repeat(2 ** 20 + 1))).status).toBe(400))

  test('another protocol version', async () =>
    expect((await post('/rpc/status', '{}', { 'sekisho-protocol': '0' })).status).toBe(409))

  test('GET', async () => expect((await post('/rpc/status', '', { 'sekisho-protocol': '1' }, 'GET')).status).toBe(404))
})

test('a stream that breaks is cut, never ended in good order', async () => {
  const pieces = await controlClient(socketPath).stream('quarantine.export', {
    queueId: 'q1',
    tenant: 'breaks',
    by: BY,
  })
  await expect(Array.fromAsync(pieces)).rejects.toThrow()
  expect(happened).toEqual(['Error: disk gone'])
})

describe('the socket', () => {
  test('is for its own user only', () => {
    expect(statSync(socketPath).mode & 0o777).toBe(0o600)
    expect(statSync(join(socketPath, '..')).mode & 0o777).toBe(0o700)
  })

  test('of a living server is not taken over', () => expect(start()).rejects.toThrow('another server answers'))

  test('left behind by a crash is replaced', async () => {
    await control.close()
    writeFileSync(socketPath, '')
    control = await start()
    expect(await controlClient(socketPath).call('status', {})).toEqual(STATUS)
  })

  test('without a server: exit code 75', async () => {
    await control.close()
    await expect(controlClient(socketPath).call('status', {})).rejects.toMatchObject({ exitCode: 75 })
    control = await start()
  })
})

describe('the overview', () => {
  const client = () => controlClient(socketPath)
  const question = { tenant: 'default', measure: 'in', grain: 'day', fromMs: 0, untilMs: 10 } as const

  test('is asked with checked questions', async () => {
    await client().call('overview.series', { question })
    await client().call('overview.top', { question: { ...question, limit: 1e6 } })
    await client().call('overview.audit', { question: { limit: 1e6, kinds: ['alarm'], actor: '', before: 7 } })
    await client().call('overview.stored', { tenant: 'default', sinceMs: 5, limit: 0 })
    await client().call('overview.expiries', { tenant: 'default', fromMs: 5, days: 1e6 })
    expect(store.asked).toEqual([
      ['series', question],
      ['top', { ...question, limit: 1000 }],
      ['auditRecords', { limit: 500, kinds: ['alarm'], before: 7 }],
      ['storedMessages', { tenant: 'default', sinceMs: 5, limit: 1 }],
      ['expiries', 'default', 5, 400],
    ])
  })

  test.each([
    ['overview.series', { question: { ...question, measure: 'subjects' } }],
    ['overview.series', { question: { ...question, fromMs: 11 } }],
    ['overview.top', { question }],
    ['overview.audit', { question: { limit: 5, kinds: 'alarm' } }],
    ['overview.stored', { tenant: '', sinceMs: 0, limit: 5 }],
  ] as const)('%s %j is refused', async (method, params) => {
    await expect(client().call(method, params as never)).rejects.toThrow()
    expect(store.asked).toEqual([])
  })

  test('a queue entry is held only when it is said which', async () => {
    await expect(client().call('queue.hold', { filter: { limit: 5 }, by: BY })).rejects.toThrow(/which messages/)
    expect(await client().call('queue.hold', { filter: { queueId: 'q1', limit: 5 }, by: BY })).toBe(2)
  })
})
