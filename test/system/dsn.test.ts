/** Who is told of a mail that the inner server refuses: the sender whom the upstream's checks vouch for, and nobody else. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sink, startSink } from '../unit/gateway/outbound/smtp-sink.ts'
import { SmtpConnection } from './support/client.ts'
import { until } from './support/processes.ts'
import { Sekisho } from './support/sekisho.ts'

let inner: Sink
let outer: Sink
let sekisho: Sekisho
beforeAll(async () => {
  inner = await startSink({ rcpt: () => '550 5.1.1 <inner words> no such user' })
  outer = await startSink()
  const hop = ({ port }: Sink) => [{ host: '127.0.0.1', port, tls: 'off' }]
  sekisho = await Sekisho.start({
    smtp: { port: 0, upstreams: [{ network: '127.0.0.0/8', authservIds: ['mx.cloud.example'] }] },
    routes: [
      { name: 'inner', domains: ['town.example.jp'], nextHops: hop(inner) },
      { name: 'outer', domains: ['*'], direction: 'outward', nextHops: hop(outer) },
    ],
  })
})
afterAll(async () => {
  await sekisho?.remove()
  await inner?.close()
  await outer?.close()
})

async function send(reversePath: string, results: string): Promise<void> {
  const connection = await SmtpConnection.open(Number(/smtp=127\.0\.0\.1:(\d+)/.exec(sekisho.said)?.[1]))
  await connection.expect(`MAIL FROM:<${reversePath}>`, '250')
  await connection.expect('RCPT TO:<gone@town.example.jp>', '250')
  await connection.expect('DATA', '354')
  const field = results === '' ? '' : `Authentication-Results: ${results}\r\n`
  const mail = `${field}From: a@shop.example\r\nTo: gone@town.example.jp\r\nSubject: order\r\n\r\nsecret words\r\n`
  expect(await connection.data(Buffer.from(mail))).toMatch(/^250/)
  connection.close()
}

const alarms = () => sekisho.log().match(/undeliverable/g)?.length ?? 0

test('a DSN goes to a reverse-path that passed a check, headers only and in our own words', async () => {
  await send('a@shop.example', 'mx.cloud.example; spf=pass smtp.mailfrom=shop.example')
  await until('the DSN is there', 20_000, () => outer.received.length === 1)
  const [dsn] = outer.received
  expect([dsn!.from, dsn!.recipients]).toEqual(['<>', ['a@shop.example']])
  const text = dsn!.data.toString()
  expect(text).toContain('Final-Recipient: rfc822; gone@town.example.jp')
  expect(text).toMatch(/^Subject: order\r$/m)
  expect(text).not.toMatch(/secret words|inner words/)
})

test.each([
  ['results: none', 'a@shop.example', ''],
  ['results of an upstream that is not ours', 'a@shop.example', 'mx.elsewhere.example; spf=pass smtp.mailfrom=shop.example'],
  ['results of another domain', 'a@shop.example', 'mx.cloud.example; spf=pass smtp.mailfrom=forger.example; dkim=pass header.d=forger.example'],
  ['the null reverse-path', '', 'mx.cloud.example; spf=pass smtp.mailfrom=shop.example'],
])('%s: an alarm, and no DSN', async (_name, reversePath, results) => {
  const before = [alarms(), outer.received.length]
  await send(reversePath, results)
  await sekisho.queueEmpty(20_000)
  await until('the alarm', 20_000, () => alarms() > before[0]!)
  expect(outer.received.length).toBe(before[1])
})
