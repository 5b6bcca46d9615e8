/**
 * What a server is known to do wrong, the load tester must say in exact numbers.
 */
import { afterEach, describe, expect, test } from 'vitest'
import type { Inbox } from '../../../loadtest/inbox.ts'
import { generateMails } from '../../../loadtest/mails/kinds.ts'
import type { Load } from '../../../loadtest/run.ts'
import { openSink, runHere, testLoad } from '../../support/load.ts'
import { type Fate, type Script, ScriptedServer } from '../../support/scripted-server.ts'

let server: ScriptedServer
let inbox: Inbox

afterEach(async () => {
  await server.close()
  inbox.end()
})

async function runAgainst(script: Script, changes: Partial<Load> = {}) {
  const sink = await openSink()
  inbox = sink.inbox
  server = new ScriptedServer(script, sink.port)
  // Nobody waits for time to pass: everything has arrived when the server says so.
  const { tally } = await runHere(testLoad(await server.listen(), { drainMs: 0, settleMs: 0, ...changes }), inbox)
  await server.settled()
  tally.addArrivals(await inbox.take())
  return { tally, found: tally.verification('sink') }
}

const every = (step: number, fate: Fate) => ({ fate: (number: number) => (number % step === step - 1 ? fate : {}) })

describe('300 mails through a server that', () => {
  const load = { mostMails: 300 }

  test('does everything right', async () => {
    const { tally, found } = await runAgainst({ fate: () => ({}) }, load)
    expect(tally.outcomes).toEqual({ accepted: 300, deferred: 0, refused: 0, failed: 0, doubtful: 0, unsent: 0 })
    expect(found).toMatchObject({ arrivals: 300, lost: 0, duplicated: 0, mixed: 0, unsanitized: 0, unexpected: 0, strangers: 0, withoutText: 0 })
    expect(server.connections).toBeLessThanOrEqual(30 + 8)
  })

  test('loses every 50th', async () => {
    const { found } = await runAgainst(every(50, { copies: 0 }), load)
    expect(found).toMatchObject({ arrivals: 294, lost: 6, duplicated: 0 })
    expect(found.examples['lost']).toHaveLength(5)
  })

  test('delivers every 60th twice and one of those three times', async () => {
    const { found } = await runAgainst({ fate: n => ({ copies: n === 119 ? 3 : n % 60 === 59 ? 2 : 1 }) }, load)
    expect(found).toMatchObject({ arrivals: 306, lost: 0, duplicated: 6 })
  })

  test('refuses some for now and some for good', async () => {
    const script = { fate: (n: number) => (n % 30 === 0 ? { reply: '451 4.3.2 busy 17 of 99' } : n % 100 === 1 ? { reply: '554 5.7.1 no' } : {}) }
    const { tally, found } = await runAgainst(script, load)
    expect(tally.outcomes).toMatchObject({ accepted: 287, deferred: 10, refused: 3 })
    expect(Object.fromEntries(tally.troubles)).toEqual({ 'end-of-data: 451 4.3.2 busy # of #': 10, 'end-of-data: 554 5.7.1 no': 3 })
    expect(found).toMatchObject({ arrivals: 287, lost: 0 })
  })

  test('passes on mails that it has refused', async () => {
    const { tally, found } = await runAgainst(every(100, { reply: '451 4.3.0 error', copies: 1 }), load)
    expect(tally.outcomes).toMatchObject({ accepted: 297, deferred: 3 })
    expect(found).toMatchObject({ arrivals: 300, lost: 0, unexpected: 3 })
  })

  test('hangs up where the reply should stand', async () => {
    const { tally, found } = await runAgainst({ fate: n => (n === 7 ? { hangUp: true } : {}) }, load)
    // The 250 never came, the mail did: nobody can be blamed for that.
    expect(tally.outcomes).toMatchObject({ accepted: 299, doubtful: 1 })
    expect(found).toMatchObject({ arrivals: 300, lost: 0, unexpected: 0 })
  })

  test('puts the text of one mail into another', async () => {
    let kept: Buffer | undefined
    const swap = (octets: Buffer) => {
      const own = octets.indexOf('\r\n\r\n')
      const mixed = kept ? Buffer.concat([octets.subarray(0, own), kept.subarray(kept.indexOf('\r\n\r\n'))]) : octets
      kept = octets
      return mixed
    }
    const { found } = await runAgainst({ fate: n => (n === 20 || n === 21 || n === 22 ? { change: swap } : {}) }, load)
    expect(found).toMatchObject({ arrivals: 300, mixed: 2, withoutText: 2, lost: 0 })
  })

  test('gives a mail to somebody else', async () => {
    const { found } = await runAgainst(every(150, { rcpt: 'mayor@town.example.jp' }), load)
    expect(found).toMatchObject({ mixed: 2, lost: 2 })
  })

  test('makes mails of its own', async () => {
    const notice = () => Buffer.from('Subject: notice\r\n\r\nhello')
    const { found } = await runAgainst(every(100, { change: notice }), load)
    expect(found).toMatchObject({ strangers: 3, lost: 3 })
  })
})

test('a server that sanitizes nothing is found out in every hostile mail, and only there', async () => {
  const { templates, weights } = generateMails({ 'text-utf-8': 1, 'hostile-program': 1, 'hostile-macro': 1, html: 1 }, 3)
  const { tally, found } = await runAgainst({ fate: () => ({}) }, { templates, weights, mostMails: 120 })
  const sent = (kind: string) => tally.kinds.get(kind)?.mails ?? 0
  expect(sent('text-utf-8')).toBeGreaterThan(10)
  expect(found.unsanitized).toBe(120 - sent('text-utf-8'))
  expect(found.unsanitizedBy).toEqual({ program: sent('hostile-program'), macro: sent('hostile-macro'), html: sent('html'), script: sent('html') })
})

test('three recipients: what one of them did not get is lost, what the server refused is not', async () => {
  const recipients = { pattern: 'staff%d@town.example.jp', mailboxes: 10, perMail: 3 }
  const { tally, found } = await runAgainst(
    { fate: n => (n === 5 ? { copies: 0 } : {}), replyToRcpt: address => (address.startsWith('staff4@') ? '550 5.1.1 no such user' : '250 ok') },
    { recipients, mostMails: 100 },
  )
  expect(tally.recipients.accepted + tally.recipients.refused).toBe(300)
  expect(tally.recipients.refused).toBe(tally.troubles.get('rcpt: 550 5.1.1 no such user'))
  expect(tally.recipients.refused).toBeGreaterThan(10)
  expect([2, 3]).toContain(found.lost)
  expect(found).toMatchObject({ arrivals: 99, mixed: 0, duplicated: 0 })
})

test('a server without pipelining and with a new connection for each mail', async () => {
  const { tally, found } = await runAgainst({ fate: () => ({}), extensions: [] }, { mailsPerConnection: 1, mostMails: 60 })
  expect(tally.outcomes.accepted).toBe(60)
  expect(server.connections).toBe(60)
  expect(found.lost).toBe(0)
})

test('a server that is not there', async () => {
  const { tally } = await runAgainst({ fate: () => ({}) }, { mostMails: 5, habits: { ...testLoad(9).habits } })
  expect(tally.outcomes).toMatchObject({ accepted: 0, failed: 5 })
  expect([...tally.troubles.keys()]).toEqual(['connect: ECONNREFUSED'])
})

test('mails that could not begin in time are unsent, and waited as long as they did', async () => {
  const { tally } = await runAgainst({ fate: () => ({ delayMs: 400 }) }, { connections: 1, mostMails: 20, durationMs: 100, graceMs: 100, plan: { kind: 'constant', perSecond: 200 } })
  expect(tally.outcomes.accepted + tally.outcomes.unsent).toBe(20)
  expect(tally.outcomes.unsent).toBeGreaterThan(15)
  expect(tally.latency.answered.count).toBe(20)
})

test('in a closed loop every connection has one mail under way', async () => {
  const { tally, found } = await runAgainst({ fate: () => ({}) }, { plan: { kind: 'closed', thinkMs: 0 }, connections: 3, mostMails: 50 })
  expect(tally.outcomes.accepted).toBe(50)
  expect(found).toMatchObject({ arrivals: 50, lost: 0 })
})
