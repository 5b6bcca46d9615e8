/** Alarms by every path: standard error, webhooks, contacts by severity, syslog over UDP and TCP. */
import dgram from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type AlarmOptions, createAlarms, severityOf } from '../../../gateway/alarms.ts'
import { formatSyslog, openSyslog } from '../../../gateway/syslog.ts'

const AT_MS = Date.parse('2026-04-01T00:00:00Z')
let written: string[]
let nowMs: number

beforeEach(() => {
  written = []
  nowMs = AT_MS
})

const alarms = (options: Partial<AlarmOptions> = {}) =>
  createAlarms({
    webhook: '',
    syslog: undefined,
    contacts: [],
    repeatMs: 60_000,
    hostname: 'gate.example',
    nowMs: () => nowMs,
    write: line => void written.push(line),
    ...options,
  })

test('a contact is told until the last day of its contract, in Japan', () => {
  const contacts = [{ name: 'contractor', from: 'error', webhook: '', until: '2026-04-01' }, { name: 'CSIRT', from: 'error', webhook: '' }] as const
  const { raise } = alarms({ contacts })
  raise('smtp', 'one')
  nowMs = Date.parse('2026-04-01T14:59:59Z')
  raise('smtp', 'two')
  nowMs += 1_000
  raise('smtp', 'three')
  expect(written.map(line => /tell: (.*)\)/.exec(line)?.[1])).toEqual(['contractor, CSIRT', 'contractor, CSIRT', 'CSIRT'])
})

describe('on standard error', () => {
  test('an alarm is one printable line, and a storm of it one line in its time', () => {
    const { raise } = alarms()
    for (let i = 0; i < 50; i++) raise('smtp', 'bad\nthing \u202e')
    expect(written).toEqual(['sekisho: alarm smtp: bad?thing ?\n'])
    nowMs += 60_000
    raise('smtp', 'bad\nthing \u202e')
    expect(written).toHaveLength(2)
  })

  test('the same about another message is the same alarm', () => {
    const { raise } = alarms()
    raise('workshop', '01J0000000000000000000000A: died')
    raise('workshop', '01J0000000000000000000000B: died')
    expect(written).toHaveLength(1)
  })

  test('whoever is to be told by severity is named', () => {
    const contacts = [
      { name: '担当者', from: 'warning', webhook: '' },
      { name: 'CSIRT', from: 'critical', webhook: '' },
    ] as const
    const { raise } = alarms({ contacts })
    raise('quota', 'full')
    raise('store', 'broken')
    expect(written).toEqual([
      'sekisho: alarm quota: full (tell: 担当者)\n',
      'sekisho: alarm store: broken (tell: 担当者, CSIRT)\n',
    ])
  })

  test.each([
    ['store', 'critical'],
    ['quota', 'warning'],
    ['anything else', 'error'],
    ['constructor', 'error'],
  ])('%s is %s', (kind, severity) => expect(severityOf(kind)).toBe(severity))
})

describe('by webhook', () => {
  let server: Server
  let address: string
  let bodies: Record<string, unknown>[]

  beforeEach(async () => {
    bodies = []
    server = createServer(async (request, response) => {
      bodies.push({ path: request.url, ...JSON.parse(Buffer.concat(await Array.fromAsync(request)).toString()) })
      response.end()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterEach(() => server.closeAllConnections() ?? server.close())

  test('everybody gets it once, contacts by their severity', async () => {
    const contacts = [
      { name: 'on duty', from: 'warning', webhook: `${address}/duty` },
      { name: 'csirt', from: 'critical', webhook: `${address}/csirt` },
    ] as const
    alarms({ webhook: `${address}/all`, contacts }).raise('quota', 'full')
    await vi.waitUntil(() => bodies.length === 2)
    expect(bodies.map(({ path }) => path).sort()).toEqual(['/all', '/duty'])
    expect(bodies[0]).toMatchObject({ kind: 'quota', severity: 'warning', text: 'full', host: 'gate.example', contacts: ['on duty'] })
  })

  test('one that cannot be reached is said', async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
    alarms({ webhook: address }).raise('quota', 'full')
    await vi.waitUntil(() => written.length === 2)
    expect(written[1]).toMatch(/webhook cannot be reached/)
  })
})

describe('by syslog', () => {
  const LINE = { severity: 'critical', messageId: 'store', text: '壊れた', atMs: AT_MS } as const

  test('in the form of RFC 5424, mail facility', () =>
    expect(formatSyslog(LINE, 'gate.example')).toBe(
      `<18>1 2026-04-01T00:00:00.000Z gate.example sekisho ${process.pid} store - \ufeff壊れた`,
    ))

  test('over UDP, alarms and heartbeats', async () => {
    const server = dgram.createSocket('udp4')
    const lines: string[] = []
    server.on('message', line => lines.push(line.toString()))
    await new Promise<void>(resolve => server.bind(0, '127.0.0.1', resolve))
    const { raise, beat } = alarms({ syslog: openSyslog(`udp://127.0.0.1:${server.address().port}`, 'gate.example') })
    raise('quota', 'full')
    beat('heartbeat ready=true')
    await vi.waitUntil(() => lines.length === 2)
    server.close()
    expect(lines.sort()).toEqual([
      expect.stringMatching(/^<20>1 \S+ gate\.example sekisho \d+ quota - \ufefffull$/),
      expect.stringMatching(/^<22>1 \S+ gate\.example sekisho \d+ heartbeat - \ufeffheartbeat ready=true$/),
    ])
    expect(written).toHaveLength(1)
  })

  test('over TCP, with the count of octets in front', async () => {
    let heard = ''
    const server = net.createServer(socket => socket.on('data', chunk => (heard += chunk.toString('latin1'))))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    await openSyslog(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, 'g').send(LINE)
    await vi.waitUntil(() => heard !== '')
    server.close()
    const octets = Buffer.byteLength(formatSyslog(LINE, 'g'))
    expect(heard.startsWith(`${octets} <18>1 `)).toBe(true)
    expect(heard.length).toBe(octets + `${octets} `.length)
  })

  test('that cannot be reached is said, and harms nothing', async () => {
    const server = net.createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    alarms({ syslog: openSyslog(`tcp://127.0.0.1:${port}`, 'g') }).raise('quota', 'full')
    await vi.waitUntil(() => written.length === 2)
    expect(written[1]).toMatch(/^sekisho: syslog cannot be reached: /)
  })
})
