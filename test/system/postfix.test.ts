/** Postfix ▸ Sekisho ▸ Postfix ▸ Maildir: many mixed mails, each exactly once, sanitized, readable. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inspect } from './support/arrived.ts'
import { sendAll } from './support/client.ts'
import { mixedMails, SENTENCE } from './support/mails.ts'
import { Postfix } from './support/postfix.ts'
import { until } from './support/processes.ts'
import { Sekisho } from './support/sekisho.ts'

const MAILS = Number(process.env['SYSTEM_TEST_MAILS'] ?? 1000)
const LARGE = Math.min(20, MAILS)
const CLIENT_CONNECTIONS = 10
const LIMIT_MS = 180_000
/** After the last mail is there: time for a second copy to show. */
const AFTER_MS = 1_500

let after: Postfix
let sekisho: Sekisho
let before: Postfix
beforeAll(async () => {
  after = await Postfix.after()
  const route = { name: 'inner', nextHops: [{ host: '127.0.0.1', port: after.port, tls: 'off' }] }
  sekisho = await Sekisho.start({ routes: [route] })
  before = await Postfix.before(sekisho.port)
})
afterAll(async () => {
  for (const each of [before, sekisho, after]) await each?.remove()
})

test(`${MAILS} mixed mails (${LARGE} of 1 to 3 MB) each arrive once and sanitized`, async () => {
  const startMs = Date.now()
  const mails = [...mixedMails('SYS', MAILS, LARGE)]
  const { accepted } = await sendAll(mails, { port: before.port, connections: CLIENT_CONNECTIONS })
  expect(accepted.size).toBe(MAILS)
  await until(`${MAILS} mails in the Maildir (${after.count()})`, LIMIT_MS, () => after.count() >= MAILS).catch(error => {
    throw new Error(`${error.message}; ${after.count()} arrived\n${sekisho.said.slice(-1500)}\n${before.log().slice(-2000)}`)
  })
  const seconds = (Date.now() - startMs) / 1000
  process.stdout.write(`postfix: ${MAILS} mails through three servers in ${seconds.toFixed(1)} s\n`)
  await sekisho.queueEmpty(30_000)
  await new Promise(resolve => setTimeout(resolve, AFTER_MS))

  const counts = new Map<string, number>()
  const problems: string[] = []
  for (const raw of after.delivered()) {
    const arrived = await inspect(raw, '\n')
    counts.set(arrived.token, (counts.get(arrived.token) ?? 0) + 1)
    const text = arrived.parsed.text ?? ''
    if (!text.includes(SENTENCE)) problems.push(`${arrived.token}: the sentence is missing`)
    problems.push(...arrived.problems.map(problem => `${arrived.token}: ${problem}`))
  }
  expect(problems).toEqual([])
  expect([...counts].filter(([, count]) => count !== 1)).toEqual([])
  expect([...counts.keys()].sort()).toEqual(mails.map(({ token }) => token).sort())
  expect(await sekisho.ask<{ ok: boolean }>('audit', 'verify')).toMatchObject({ ok: true })
}, LIMIT_MS + 60_000)

test('the last one had them all by BDAT, and refused one on purpose on each connection', async () => {
  await sekisho.stop()
  const chunks = () => [...after.log().matchAll(/disconnect from .* bdat=(\d+)\/(\d+) /g)].map(([, taken, all]) => ({ taken: Number(taken), refused: Number(all) - Number(taken) }))
  await until('all connections in its log', 10_000, () => chunks().reduce((sum, { taken }) => sum + taken, 0) >= MAILS)
  expect(chunks().map(({ refused }) => refused)).toEqual(chunks().map(() => 1))
  expect(chunks().reduce((sum, { taken }) => sum + taken, 0)).toBe(MAILS)
}, 60_000)
