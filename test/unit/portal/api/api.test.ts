/**
 * The HTTP API of the portal over a real store: every operation answers as its document says, tokens open what they are
 * for and nothing else, and no route of theirs can change, decide or give out anything.
 */
import { globSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AuditSeal, verifyAuditFile } from '../../../../store/audit-file.ts'
import { adminRoutes } from '../../../../portal/admin/routes.ts'
import { apiOperations, apiRoutes } from '../../../../portal/api/routes.ts'
import type { ApiRooms } from '../../../../portal/api/operation.ts'
import { SCOPE_NAMES, type Scope } from '../../../../portal/api/scopes.ts'
import { ApiTokens, type NewToken } from '../../../../portal/api/tokens.ts'
import { standsOn } from '../../../../portal/http/route.ts'
import { startFace } from '../../../../portal/http/server.ts'
import { RequestRecords } from '../../../../portal/requests/records.ts'
import { type AdminFixture, adminFixture } from '../../../support/admin-house.ts'
import { schemaMistakes } from '../../../support/json-schema.ts'
import { found, NOW_MS, person, type TestPortal, testPortal } from '../../../support/portal.ts'

const BY = { actor: 'user:kanri', reason: 'test' }
const FORBIDDEN = ['vault', 'deliveredText', 'deliveredFile', 'original', 'grant', 'unlock', 'preview', 'decide', 'notify']

let fixture: AdminFixture
let rooms: ApiRooms
let portal: TestPortal
let requestId: string
const secrets = new Map<string, string>()

beforeAll(async () => {
  fixture = await adminFixture()
  const requests = new RequestRecords(fixture.db)
  rooms = { ...fixture.house, requests }
  const by = { personId: 1, login: 'tanaka', name: '田中' }
  const facts = { publicId: 'Pkept', queueId: 'kept', department: '税務課', reason: '照会への回答', classification: 2 as const, parts: [{ partId: '2', name: '資料.zip', detectedType: 'application/zip', bytes: 9, sha256: 'ab'.repeat(32), reason: 'encrypted', removed: [] }], subject: '件名', sender: 'a@example.jp', senderChecks: [], antivirus: 'clean' as const, acceptedAtMs: NOW_MS, mailboxes: ['a@town.example.jp'] }
  const filed = { kind: 'filed' as const, atMs: NOW_MS - 1000, by, parts: 1, steps: 1, level: 0, dueAtMs: NOW_MS + 86_400_000 }
  const kept = requests.add('default', facts, filed)
  requests.append(kept.requestId, { kind: 'approved', atMs: NOW_MS, by: { personId: 2, login: 'kacho', name: '課長' }, next: { kind: 'done', untilMs: NOW_MS + 86_400_000 } })
  requests.add('default', facts, { ...filed, atMs: NOW_MS - 500 })
  requests.add('kita', facts, filed)
  requestId = kept.requestId
  make('all', {})
  make('kita', { tenant: 'kita' })
  make('elsewhere', { networks: ['192.0.2.0/24'] })
  make('slow', { requestsPerMinute: 2 })
  for (const scope of SCOPE_NAMES) make(scope, { scopes: [scope] })
  portal = await testPortal([...adminRoutes(fixture.house), ...apiRoutes(rooms)], [found(person('admin', ['administrator']), { steppedUpAtMs: NOW_MS - 1000 }), found(person('auditor', ['auditor']), { steppedUpAtMs: NOW_MS - 1000 })], fixture.house.tokens)
})
afterAll(async () => {
  await portal.portal.close()
  await fixture.close()
})

function make(name: string, more: Partial<NewToken>): void {
  const made = fixture.house.tokens.make({ tenant: 'default', name, scopes: SCOPE_NAMES, networks: [], requestsPerMinute: 6_000, days: 30, ...more }, BY)
  if (made.kind !== 'made') throw new Error(made.problem)
  secrets.set(name, made.secret)
}

const ask = (path: string, token = 'all', headers: Readonly<Record<string, string>> = {}) => fetch(`${portal.origin('admin')}/api/v1${path}`, { headers: { ...(secrets.has(token) ? { authorization: `Bearer ${secrets.get(token)}` } : {}), ...headers } })
const jsonOf = async (path: string, token = 'all') => {
  const response = await ask(path, token)
  return { status: response.status, body: (await response.json()) as Record<string, never> }
}

/** Each operation with something that it answers. */
const ASKED = {
  listMessages: '/messages?state=kept&recipient=a@town.example.jp&since=2026-01-01&limit=2',
  getMessage: '/messages/Prebuilt',
  listParts: '/messages/Phostile/parts',
  getPart: '/messages/Pkept/parts/2',
  getLife: '/messages/Pwaits/life',
  listRequests: '/requests?stage=approved',
  getRequest: '/requests/REQUEST',
  listQueue: '/queue?recipient=a@town.example.jp',
  listQuarantine: '/quarantine?which=any',
  getFlow: '/statistics/flow?grain=month',
  getTop: '/statistics/top?by=department',
  getMonth: '/reports/2026-11',
  listChains: '/chains',
  verifyChain: '/chains/gateway/verification',
  listRecords: '/audit/gateway?kind=accept',
  exportRecords: '/audit/portal/export?from=2&limit=3',
  getHealth: '/health',
} as const satisfies Readonly<Record<string, string>>
const pathOf = (id: keyof typeof ASKED) => ASKED[id].replace('REQUEST', requestId)

describe('the document', () => {
  test('names every route, and every route is in it', async () => {
    const document = (await (await fetch(`${portal.origin('admin')}/api/v1/openapi.json`)).json()) as { openapi: string; paths: Record<string, Record<string, { operationId: string }>> }
    expect(document.openapi).toBe('3.1.0')
    const told = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map(method => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`))
    expect(told.sort()).toEqual(apiRoutes(rooms).map(({ method, path }) => `${method} ${path}`).sort())
    expect(Object.values(document.paths).flatMap(each => Object.values(each).map(({ operationId }) => operationId)).sort()).toEqual([...Object.keys(ASKED), 'openapi'].sort())
  })

  test.each(Object.keys(ASKED) as (keyof typeof ASKED)[])('%s answers as it says', async id => {
    const document = (await (await fetch(`${portal.origin('admin')}/api/v1/openapi.json`)).json()) as { components: { schemas: Record<string, Record<string, unknown>> } }
    const { answer } = apiOperations(rooms).find(each => each.operationId === id)!
    const [[mediaType, { schema }]] = Object.entries(answer.content as Record<string, { schema: Record<string, unknown> }>) as [[string, { schema: Record<string, unknown> }]]
    const response = await ask(pathOf(id))
    expect([response.status, response.headers.get('content-type')?.split(';')[0]]).toEqual([200, mediaType])
    const text = await response.text()
    const values = mediaType === 'application/jsonl' ? text.trimEnd().split('\n').map(line => JSON.parse(line) as unknown) : [JSON.parse(text) as Record<string, unknown>]
    for (const value of values) expect(schemaMistakes(value, schema, document.components.schemas)).toEqual([])
    // Nothing of this is empty: a list without rows would prove nothing.
    expect(text).not.toMatch(/^\{"\w+":\[\]/)
  })

  test('answers are for programs: no page, no cookie, nothing kept', async () => {
    for (const path of ['/messages', '/none', '/openapi.json']) {
      const response = await ask(path)
      expect(response.headers.get('content-security-policy')).toContain('sandbox')
      expect([response.headers.get('cache-control'), response.headers.get('set-cookie')]).toEqual(['no-store', null])
    }
  })
})

describe('what tokens can reach', () => {
  test('only GETs of the API, which neither take bodies nor give originals, and never on the outer face', () => {
    for (const apiFaces of [['admin'], ['admin', 'inner']] as const) {
      for (const route of apiRoutes({ ...rooms, apiFaces }).filter(({ who }) => who === 'token')) {
        expect([route.method, route.path.startsWith('/api/v1/'), standsOn(route, 'outer'), route.givesOriginal, route.body, route.needsStepUp]).toEqual(['GET', true, false, undefined, undefined, undefined])
      }
    }
  })

  test('the code of the API knows no vault and nothing that decides', () => {
    for (const file of globSync('portal/api/*.ts')) {
      const code = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|'[^'\n]*'|`[^`]*`/g, '')
      for (const word of FORBIDDEN) expect(code, file).not.toMatch(new RegExp(`\\b${word}\\b`))
    }
  })

  test('a face that would serve them to the Internet’s side does not start', async () => {
    const route = { ...apiRoutes(rooms)[0]!, faces: ['outer'] } as never
    await expect(startFace({ face: 'outer', routes: [route] } as never)).rejects.toThrow('outer face')
  })

  describe.each(Object.keys(ASKED) as (keyof typeof ASKED)[])('%s', id => {
    test('needs its scope, and that alone', async () => {
      const { scope } = apiOperations(rooms).find(each => each.operationId === id)!
      for (const each of SCOPE_NAMES) {
        const response = await ask(pathOf(id), each)
        await response.arrayBuffer()
        expect([each, response.status]).toEqual([each, each === scope ? 200 : 403])
      }
      const other = await ask(pathOf(id), 'none')
      expect([other.status, other.headers.get('content-type')]).toEqual([401, 'application/problem+json'])
    })

    test('another method is not there', async () => {
      for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'HEAD']) expect((await fetch(`${portal.origin('admin')}/api/v1${pathOf(id)}`, { method, headers: { authorization: `Bearer ${secrets.get('all')}` } })).status).toBe(404)
    })
  })

  test('another tenant’s is not there', async () => {
    for (const path of ['/messages/Pkept', '/messages/Pkept/parts', '/messages/Pkept/parts/2', '/messages/Pkept/life', `/requests/${requestId}`]) expect([path, (await ask(path, 'kita')).status]).toEqual([path, 404])
    expect((await jsonOf('/messages', 'kita')).body['messages']).toMatchObject([{ messageId: 'Ptheirs' }])
    expect((await jsonOf('/requests', 'kita')).body['requests']).toHaveLength(1)
    expect((await jsonOf('/quarantine', 'kita')).body['originals']).toMatchObject([{ queueId: 'theirs' }])
    expect((await jsonOf('/queue', 'kita')).body['entries']).toEqual([])
    expect((await ask('/health', 'kita')).status).toBe(403)
    const lines = (await (await ask('/audit/gateway/export', 'kita')).text()).trimEnd().split('\n')
    const seal = JSON.parse(lines.pop()!) as AuditSeal
    expect(lines.every(line => (JSON.parse(line) as { tenant: string }).tenant === 'kita')).toBe(true)
    expect(seal.seal).toMatchObject({ tenant: 'kita', kind: 'handover', actor: 'token:kita', detail: { chain: 'gateway', records: lines.length } })
    const file = async function* () { yield* [...lines, JSON.stringify(seal)] }
    expect(await verifyAuditFile(file(), undefined)).toMatchObject({ ok: true, records: lines.length })
  })
})

describe('tokens', () => {
  test('count only from their networks, and only so often', async () => {
    expect((await ask('/chains', 'elsewhere')).status).toBe(403)
    expect((await ask('/chains', 'slow')).status).toBe(200)
    expect((await ask('/chains', 'slow')).status).toBe(200)
    const third = await ask('/chains', 'slow')
    expect([third.status, third.headers.get('retry-after')]).toEqual([429, '30'])
    expect(await third.json()).toMatchObject({ type: 'urn:sekisho:problem:too-many-requests', status: 429, instance: `urn:uuid:${third.headers.get('x-request-id')}` })
  })

  test('are made on a page that shows the secret once, and end at once', async () => {
    const wrong = await portal.post('admin', '/tokens', 'admin', { name: '収集', networks: 'nowhere', days: '30', rate: '60', reason: 'x', scopes: 'health' })
    expect([wrong.status, (await wrong.text()).includes('192.0.2.0/24 の形')]).toEqual([422, true])
    const made = await (await portal.post('admin', '/tokens', 'admin', { name: '収集"><b>', networks: '', days: '30', rate: '60', reason: '監視', scopes: 'health' })).text()
    const [, secret] = /(sekisho_[\w-]{43})</.exec(made)!
    secrets.set('page', secret!)
    expect((await ask('/chains', 'page')).status).toBe(200)
    const listed = await (await portal.get('admin', '/tokens', 'auditor')).text()
    expect([listed.includes('収集&quot;&gt;&lt;b&gt;'), listed.includes(secret!), listed.includes('<form method="post" action="/tokens"')]).toEqual([true, false, false])
    const { tokenId } = fixture.house.tokens.list('default')[0]!
    expect((await portal.post('admin', `/tokens/${tokenId}/revoke`, 'auditor', { reason: 'x' })).status).toBe(403)
    expect((await portal.post('admin', `/tokens/${tokenId}/revoke`, 'admin', { reason: '終わり' })).status).toBe(303)
    expect((await ask('/chains', 'page')).status).toBe(401)
    expect(fixture.db.all('SELECT * FROM api_tokens').some(row => JSON.stringify(row).includes(secret!))).toBe(false)
  })

  test('end at their time, and a misspelt filter finds nothing', async () => {
    const late = new ApiTokens(fixture.db)
    const use = { scope: 'health' as Scope, operation: 'x', address: '192.0.2.1', nowMs: NOW_MS + 31 * 86_400_000 }
    expect(() => late.admit(`Bearer ${secrets.get('all')}`, use)).toThrow()
    for (const path of ['/messages?sendr=x', '/messages?limit=0', '/messages?limit=1&limit=2', '/messages?since=yesterday', '/statistics/top?by=nothing', '/requests?stage=taken']) expect([path, (await ask(path)).status]).toEqual([path, 400])
  })

  test('leave two records an hour, however often they ask', () => {
    const tokens = new ApiTokens(fixture.db)
    const use = (minute: number, operation = 'listMessages') => tokens.admit(`Bearer ${secrets.get('kita')}`, { scope: 'messages', operation, address: '192.0.2.9', nowMs: NOW_MS + minute * 60_000 })
    const records = () => fixture.db.all("SELECT detail FROM audit WHERE kind = 'token' AND actor = 'token:kita' AND detail LIKE '%192.0.2.9%' ORDER BY seq").map(row => JSON.parse(String(row['detail'])) as Record<string, unknown>)
    for (let minute = 0; minute < 50; minute++) use(minute, minute % 2 === 0 ? 'listMessages' : 'getMessage')
    expect(records()).toMatchObject([{ act: 'use', operation: 'listMessages' }])
    use(61)
    tokens.close()
    expect(records()).toMatchObject([{ act: 'use' }, { act: 'used', requests: 50, refused: 0, operations: 'listMessages 25, getMessage 25' }, { act: 'use' }, { act: 'used', requests: 1 }])
  })
})
