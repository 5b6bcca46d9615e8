/** Seen from outside: what a worker process has within reach, and how the whole stops without losing mail. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { inspect } from './support/arrived.ts'
import { sendAll, SmtpConnection } from './support/client.ts'
import { mixedMails } from './support/mails.ts'
import { internetSockets } from './support/processes.ts'
import { Sekisho } from './support/sekisho.ts'

let sekisho: Sekisho
afterEach(() => sekisho?.remove())

test('sanitizer and verifier: no environment, an empty directory, no network sockets; only the gateway listens', async () => {
  sekisho = await Sekisho.start()
  await sendAll(mixedMails('PROC', 7, 0), { port: sekisho.port, connections: 1 })
  const processes = sekisho.processes()
  const workers = processes.filter(({ role }) => role === 'sanitizer' || role === 'verifier')
  expect(new Set(workers.map(({ role }) => role))).toEqual(new Set(['sanitizer', 'verifier']))
  for (const { pid } of workers) {
    // A wall names the current directory, which is empty inside it as well.
    expect(readFileSync(`/proc/${pid}/environ`, 'latin1')).toMatch(/^(?:PWD=\/empty\0)?$/)
    expect(readlinkSync(`/proc/${pid}/cwd`)).toMatch(/^\/empty$|\/run\/empty$/)
    expect(readdirSync(`/proc/${pid}/cwd/`)).toEqual([])
    expect(internetSockets(pid)).toEqual([])
  }
  expect(readdirSync(`${sekisho.dataDir}/run/empty`)).toEqual([])
  const gateway = processes.find(({ role }) => role === 'gateway')!
  expect(internetSockets(gateway.pid).length).toBeGreaterThan(0)
  expect(internetSockets(sekisho.pid)).toEqual([])
})

test('SIGTERM while mail is in flight loses nothing and doubles nothing', async () => {
  sekisho = await Sekisho.start()
  let over = false
  const load = sendAll(mixedMails('TERM', 100_000, 50), { port: sekisho.port, connections: 6, stopped: () => over })
  for (let round = 0; round < 3; round++) {
    await delay(500 + round * 300)
    expect(await sekisho.stop()).toBe(0)
    await sekisho.start()
  }
  await delay(300)
  over = true
  const { accepted, replyLost } = await load
  await sekisho.queueEmpty(60_000)
  const counts = new Map<string, number>()
  for (const raw of sekisho.delivered().values()) {
    const { token, problems } = await inspect(raw, '\r\n')
    expect(problems).toEqual([])
    counts.set(token, (counts.get(token) ?? 0) + 1)
  }
  process.stdout.write(`SIGTERM: ${accepted.size} accepted, ${replyLost.size} replies lost, ${counts.size} arrived\n`)
  expect(accepted.size).toBeGreaterThan(10)
  expect([...accepted].filter(token => counts.get(token) !== 1)).toEqual([])
})

test('a message half received at SIGTERM is either answered and delivered, or neither', async () => {
  sekisho = await Sekisho.start({ shutdownMs: 5_000 })
  const [mail] = [...mixedMails('HALF', 1, 0)]
  const connection = await SmtpConnection.open(sekisho.port)
  for (const [line, code] of [['MAIL FROM:<a@example.com>', '250'], ['RCPT TO:<staff@town.example.jp>', '250'], ['DATA', '354']] as const) await connection.expect(line, code)
  connection.socket.write(mail!.bytes.subarray(0, 200))
  await delay(100)
  const stopped = sekisho.stop()
  await delay(300)
  connection.socket.write(Buffer.concat([mail!.bytes.subarray(200), Buffer.from('\r\n.\r\n')]))
  const reply = await connection.reply().catch(() => 'lost')
  connection.close()
  expect(await stopped).toBe(0)
  await sekisho.start()
  await sekisho.queueEmpty(20_000)
  expect(sekisho.delivered().size).toBe(reply.startsWith('250') ? 1 : 0)
})
