/** A mailbox in Japanese, from a client through the gateway to a Postfix that has SMTPUTF8, and to one that has not. */
import { afterEach, expect, test } from 'vitest'
import { SmtpConnection } from './support/client.ts'
import { Postfix } from './support/postfix.ts'
import { until } from './support/processes.ts'
import { Sekisho } from './support/sekisho.ts'

const STAFF = '職員@town.example.jp'
const MAIL = 'From: 佐藤 <佐藤@outside.example>\r\nTo: 職員 <職員@town.example.jp>\r\nSubject: 住所\r\n\r\nこんにちは\r\n'

let after: Postfix
let sekisho: Sekisho
afterEach(async () => {
  await sekisho?.remove()
  await after?.remove()
})

async function startWith(smtputf8: 'yes' | 'no'): Promise<void> {
  after = await Postfix.after([`smtputf8_enable = ${smtputf8}`])
  sekisho = await Sekisho.start({ routes: [{ name: 'inner', nextHops: [{ host: '127.0.0.1', port: after.port, tls: 'off' }] }] })
}

async function offered(): Promise<boolean> {
  const connection = await SmtpConnection.open(sekisho.port)
  try {
    return (await connection.command('MAIL FROM:<佐藤@outside.example> SMTPUTF8')).startsWith('250')
  } finally {
    connection.close()
  }
}

test('with SMTPUTF8 at the next hop a Japanese mailbox gets its mail', async () => {
  await startWith('yes')
  await until('SMTPUTF8 is offered', 10_000, offered)
  const connection = await SmtpConnection.open(sekisho.port)
  await connection.expect('MAIL FROM:<佐藤@outside.example> SMTPUTF8', '250')
  await connection.expect(`RCPT TO:<${STAFF}>`, '250')
  await connection.expect('DATA', '354')
  expect(await connection.data(Buffer.from(MAIL))).toMatch(/^250/)
  connection.close()
  await until('delivered', 20_000, () => after.count() === 1)
  const raw = after.delivered()[0]!.toString()
  expect(raw).toMatch(new RegExp(`^(Delivered-To|X-Original-To): ${STAFF}$`, 'm'))
  expect(raw).toMatch(/^Return-Path: <佐藤@outside\.example>$/m)
  expect(raw).toMatch(/ with UTF8SMTP id /)
})

test('without it the extension is not offered, and the mailbox refused', async () => {
  await startWith('no')
  const connection = await SmtpConnection.open(sekisho.port)
  await connection.expect('MAIL FROM:<a@outside.example>', '250')
  await connection.expect(`RCPT TO:<${STAFF}>`, '553 5.6.7')
  connection.close()
  expect(await offered()).toBe(false)
})
