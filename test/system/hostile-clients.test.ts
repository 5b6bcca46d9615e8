/**
 * Clients that mean no good, all at once against the real process, while an honest upstream sends mail after mail: it is
 * served all the time, the gateway stays within its memory, and each attack ends as the limits say.
 */
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SmtpConnection, sendAll } from './support/client.ts'
import { mixedMails } from './support/mails.ts'
import { forgetPeak, peakBytes, residentBytes } from './support/memory.ts'
import { until } from './support/processes.ts'
import { RawClient } from './support/raw.ts'
import { ROOT, Sekisho } from './support/sekisho.ts'

const MIB = 2 ** 20
const PROXY_HOST = '127.0.0.2'
const TLS = join(ROOT, 'test/fixtures/tls')
const GREETING_MS = 3_000
const COMMAND_MS = 5_000
const MAX_CONNECTIONS = 100
/** What the gateway may grow by while all of them are at work; the messages in flight are part of it. */
const MOST_GROWTH_BYTES = 160 * MIB
const SLOWEST_MAIL_MS = 10_000
const ENVELOPE = 'EHLO hostile.example\r\nMAIL FROM:<x@hostile.example>\r\nRCPT TO:<staff@town.example.jp>\r\nDATA\r\n'

let sekisho: Sekisho
let nextHost = 10
/** Each attack from an address of its own, as strangers. */
const stranger = () => `127.0.1.${nextHost++}`
const connect = () => RawClient.greeted(sekisho.port, stranger())

const honest = { over: false, slowestMs: 0, sent: 0, failed: [] as string[], done: Promise.resolve() }
let gateway = 0
let restBytes = 0

beforeAll(async () => {
  sekisho = await Sekisho.start({
    smtp: {
      upstreams: ['127.0.0.1'], proxyProtocolFrom: [PROXY_HOST], maxMessageBytes: '8MiB', bytesInFlight: '32MiB', minBytesPerSecond: 1_000,
      maxConnections: MAX_CONNECTIONS, maxConnectionsPerClient: 20,
      timeouts: { greetingMs: GREETING_MS, commandMs: COMMAND_MS, dataMs: 10_000, totalMs: 40_000 },
      tls: { certFile: join(TLS, 'one.crt'), keyFile: join(TLS, 'one.key') },
    },
    auth: { spf: false, dkim: false, dmarc: false },
  })
  gateway = sekisho.processes().find(({ role }) => role === 'gateway')!.pid
  await sendAll(mixedMails('WARM', 100, 10), { port: sekisho.port, connections: 5 })
  await delay(1_000)
  forgetPeak(gateway)
  restBytes = residentBytes(gateway)
  honest.done = sendHonestly()
})
afterAll(async () => {
  honest.over = true
  await honest.done
  await sekisho?.remove()
})

/** A new connection for each mail, as the least patient relay does. */
async function sendHonestly(): Promise<void> {
  for (const { token, bytes } of mixedMails('HONEST', 1_000_000, 0)) {
    if (honest.over) return
    const startMs = Date.now()
    try {
      const connection = await SmtpConnection.open(sekisho.port)
      await connection.expect('MAIL FROM:<a@example.com>', '250')
      await connection.expect('RCPT TO:<staff@town.example.jp>', '250')
      await connection.expect('DATA', '354')
      const reply = await connection.data(bytes)
      connection.close()
      if (!reply.startsWith('250')) throw new Error(reply)
      honest.sent++
    } catch (error) {
      honest.failed.push(`${token}: ${error}`)
    }
    honest.slowestMs = Math.max(honest.slowestMs, Date.now() - startMs)
    await delay(50)
  }
}

describe.concurrent('attacks', () => {
  test('one octet of a message per second: 421 after the minimum rate was missed', async () => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => connect()))
    for (const client of clients) await client.write(ENVELOPE)
    for (let second = 0; second < 45 && clients.some(({ closed }) => !closed); second++) {
      await delay(1_000)
      for (const client of clients) await client.write('x')
    }
    for (const { closed, said } of clients) expect([closed, said]).toEqual([true, expect.stringMatching(/\r\n421 4\.4\.2 [^\n]*\n$/)])
  })

  test('one octet of a command per second: closed at the end of smtp.timeouts.totalMs at the latest', async () => {
    const client = await connect()
    for (let second = 0; second < 70 && !client.closed; second++) {
      await client.write('N')
      await delay(1_000)
    }
    expect([client.closed, client.said]).toEqual([true, expect.stringMatching(/421 4\.3\.2/)])
  })

  test('a header without end: read on to twice the limit, 552, closed', async () => {
    const client = await connect()
    await client.write(ENVELOPE)
    await until('354', 10_000, () => client.said.includes('354 '))
    await client.flood('X-Header: and so on and so on and so on\r\n', { bytes: 40 * MIB, ms: 60_000 })
    expect(await client.untilClosed(10_000)).toBe(true)
    expect(client.said).toMatch(/552 5\.3\.4/)
    expect(client.takenBytes).toBeLessThan(30 * MIB)
  })

  test('a line without end in a message: the same', async () => {
    const client = await connect()
    await client.write(ENVELOPE)
    await until('354', 10_000, () => client.said.includes('354 '))
    await client.flood('x', { bytes: 40 * MIB, ms: 60_000 })
    expect(await client.untilClosed(10_000)).toBe(true)
    expect(client.said).toMatch(/552 5\.3\.4/)
  })

  test('a command line without end: 500, closed', async () => {
    const client = await connect()
    await client.flood('x', { bytes: 40 * MIB, ms: 30_000 })
    expect(await client.untilClosed(10_000)).toBe(true)
    expect(client.said).toMatch(/500 5\.5\.2|421 4\.7\.0/)
  })

  test('100,000 recipients: 100 are taken, and it is cut off soon after', async () => {
    const client = await connect()
    await client.write('EHLO hostile.example\r\nMAIL FROM:<x@hostile.example>\r\n')
    for (let i = 0; i < 100_000 && !client.closed; i++) await client.write(`RCPT TO:<staff${i}@town.example.jp>\r\n`)
    expect(await client.untilClosed(10_000)).toBe(true)
    expect(client.said.match(/^452 4\.5\.3/gm)?.length).toBeLessThan(250)
    expect(client.said).toMatch(/421 4\.7\.0/)
  })

  test.for([
    ['MAIL and RSET', 'MAIL FROM:<x@hostile.example>\r\nRSET\r\n'],
    ['NOOP', 'NOOP\r\n'],
    ['EHLO', 'EHLO hostile.example\r\n'],
  ] as const)('a flood of %s: cut off', async ([, piece]) => {
    const client = await connect()
    await client.flood(piece, { bytes: 20 * MIB, ms: 20_000 })
    expect(await client.untilClosed(10_000)).toBe(true)
    expect(client.said).toMatch(/421 4\.7\.0/)
  })

  test('pipelined garbage: cut off after smtp.maxErrors', async () => {
    const client = await connect()
    await client.flood('\x01\x02\xff garbage \xfe\r\n', { bytes: 5 * MIB, ms: 20_000 })
    expect(await client.untilClosed(10_000)).toBe(true)
    expect(client.said).toMatch(/421 4\.7\.0|521 5\.5\.2/)
  })

  test('an upstream that pipelines without end and never reads a reply: it is not read on, and cut', async () => {
    const client = await RawClient.connect(sekisho.port, '127.0.0.1', { reads: false })
    await client.flood('EHLO relay.example\r\n', { bytes: 100 * MIB, ms: COMMAND_MS - 1_500 })
    expect(client.takenBytes).toBeLessThan(30 * MIB)
    await client.flood('EHLO relay.example\r\n', { bytes: 10_000 * MIB, ms: 60_000 })
    expect(client.closed).toBe(true)
  })

  test.for([
    ['silence', ''],
    ['half a hello', '\x16\x03\x01\x02\x00\x01\x00\x01'],
    ['garbage', 'this is no TLS at all\r\n'.repeat(100)],
  ] as const)('STARTTLS and then %s: closed in time', async ([, piece]) => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => connect()))
    for (const client of clients) await client.write('EHLO hostile.example\r\nSTARTTLS\r\n')
    await delay(500)
    for (const client of clients) await client.write(Buffer.from(piece, 'latin1'))
    for (const client of clients) expect(await client.untilClosed(COMMAND_MS * 3)).toBe(true)
  })

  test.for([
    ['silence', ''],
    ['a command', 'EHLO hostile.example\r\n'],
    ['half a header', 'PROXY TCP4 1.2.3'],
    ['a wrong header', 'PROXY TCP4 999.1.1.1 1.1.1.1 1 1\r\n'],
    ['a long version 2', Buffer.from('0d0a0d0a000d0a515549540a2111ffff', 'hex').toString('latin1')],
    ['a header without end', `PROXY ${'x'.repeat(100_000)}`],
  ] as const)('instead of a PROXY header %s: closed in time', async ([, piece]) => {
    const clients = await Promise.all(Array.from({ length: 3 }, () => RawClient.connect(sekisho.port, PROXY_HOST)))
    for (const client of clients) await client.write(Buffer.from(piece, 'latin1'))
    for (const client of clients) expect(await client.untilClosed(60_000)).toBe(true)
    for (const { said } of clients) expect(said).not.toMatch(/^220/)
  })
})

test('more connections than there may be, from everywhere: refused with 421, silent ones cut, the upstream has its tenth', async () => {
  const clients: RawClient[] = []
  for (let i = 0; i < 2_000; i++) clients.push(await RawClient.connect(sekisho.port, `127.0.2.${1 + (i % 200)}`))
  await delay(GREETING_MS + 2_000)
  const greeted = clients.filter(({ said }) => said.startsWith('220'))
  expect(greeted.length).toBeGreaterThan(0)
  for (const { said } of clients) expect(said).toMatch(/^(?:220 [^\n]*\n(?:421 4\.4\.2 [^\n]*\n)?|421 [^\n]*\n)?$/)
  for (const client of clients) expect(await client.untilClosed(COMMAND_MS * 2)).toBe(true)
})

test('meanwhile the upstream was served, and the gateway stayed within its memory', async () => {
  honest.over = true
  await honest.done
  const growthBytes = peakBytes(gateway) - restBytes
  process.stdout.write(`hostile: ${honest.sent} mails meanwhile, slowest ${honest.slowestMs} ms; the gateway grew by ${Math.round(growthBytes / MIB)} MiB\n`)
  expect(honest.failed).toEqual([])
  expect(honest.sent).toBeGreaterThan(50)
  expect(honest.slowestMs).toBeLessThan(SLOWEST_MAIL_MS)
  expect(growthBytes).toBeLessThan(MOST_GROWTH_BYTES)
  expect(sekisho.said).not.toContain('the gateway ended')
  await sekisho.queueEmpty(30_000)
  expect(sekisho.delivered().size).toBe(honest.sent + 100)
})
