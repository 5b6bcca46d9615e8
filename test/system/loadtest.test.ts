/**
 * The load tester's times against known ones, with its real processes: a server that delays every mail by a known time,
 * one that stalls, and Postfix's smtp-source against the same sink. Needs nothing from Debian but the last.
 */
import { existsSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { type SenderChild, startSender, startSink } from '../../loadtest/children.ts'
import { runOnce } from '../../loadtest/run.ts'
import { testLoad } from '../support/load.ts'
import { ScriptedServer } from '../support/scripted-server.ts'
import { runProgram } from './support/programs.ts'

const WITHIN = 0.02
/** What two processes of a busy machine may add to a time, whoever measures it. */
const SLACK_MS = 6
const SMTP_SOURCE = '/usr/sbin/smtp-source'

let server: ScriptedServer | undefined
let sender: SenderChild | undefined
afterEach(async () => {
  sender?.end()
  await server?.close()
  server = sender = undefined
})

async function measure(script: ConstructorParameters<typeof ScriptedServer>[0], changes: Parameters<typeof testLoad>[1]) {
  server = new ScriptedServer(script)
  sender = startSender()
  const { tally } = await runOnce(testLoad(await server.listen(), changes), { sender, inbox: undefined, queue: undefined, stop: new AbortController().signal }, () => undefined)
  return tally
}

function expectNear(measured: number, known: number): void {
  expect(measured).toBeGreaterThanOrEqual(known * (1 - WITHIN))
  expect(measured).toBeLessThanOrEqual(known * (1 + WITHIN) + SLACK_MS)
}

test('a delay of 300 ms is measured as one, mean and quantiles', async () => {
  const tally = await measure({ fate: () => ({ delayMs: 300 }) }, { plan: { kind: 'constant', perSecond: 50 }, mostMails: 200, connections: 60, mailsPerConnection: 1000 })
  expect(tally.outcomes.accepted).toBe(200)
  expectNear(tally.latency.data.meanMs, 300)
  expectNear(tally.latency.answered.quantile(0.5), 300)
})

test('one mail in ten takes two seconds: p50 does not see it, p95 does', async () => {
  const tally = await measure({ fate: n => ({ delayMs: n % 10 === 0 ? 2000 : 100 }) }, { plan: { kind: 'constant', perSecond: 40 }, mostMails: 200, connections: 100, mailsPerConnection: 1000 })
  expectNear(tally.latency.answered.quantile(0.5), 100)
  expectNear(tally.latency.answered.quantile(0.95), 2000)
  expectNear(tally.latency.answered.meanMs, 290)
})

/**
 * Mails at 50 a second over one connection; the server answers nobody from second 1 to 3. A closed loop would see one slow
 * mail. Meant to start evenly through the stall, 100 mails waited 2000 to 0 ms.
 */
test('a stall is not hidden by the mails that it kept from starting', async () => {
  const tally = await measure({ fate: () => ({}), stall: { fromMs: 1000, toMs: 3000 } }, { plan: { kind: 'constant', perSecond: 50 }, mostMails: 250, connections: 1, mailsPerConnection: 1000 })
  expect(tally.outcomes.accepted).toBe(250)
  const slow = [...tally.latency.answered.buckets()].filter(([ms]) => ms > 100).reduce((sum, [, count]) => sum + count, 0)
  const slowService = [...tally.latency.service.buckets()].filter(([ms]) => ms > 100).reduce((sum, [, count]) => sum + count, 0)
  expect(slowService).toBeLessThanOrEqual(3)
  expect(slow).toBeGreaterThan(85)
  expect(slow).toBeLessThan(110)
  // 20 % of all mails waited longer than a second and the p90 lies in the middle of the stall.
  expect(tally.latency.answered.quantile(0.9)).toBeGreaterThan(1300)
})

describe.skipIf(!existsSync(SMTP_SOURCE))('beside smtp-source', () => {
  test('the sink counts what smtp-source says it sent', async () => {
    const sink = await startSink({ host: '127.0.0.1', port: 0, look: 'id' })
    const { code } = await runProgram(SMTP_SOURCE, ['-s', '10', '-m', '2000', '-l', '5000', '-f', 'a@example.com', '-t', 'b@example.com', `127.0.0.1:${sink.port}`])
    expect(code).toBe(0)
    expect(await sink.count()).toBe(2000)
    sink.end()
  })
})
