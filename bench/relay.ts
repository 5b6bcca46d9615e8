/**
 * How many messages a second does the relay hand to a next hop, over one pool of 10 connections?
 *
 *   npm run bench relay
 *
 * The store costs nothing here and the hop is a raw sink in a process of its own that answers at once and
 * keeps nothing, so what is measured is attempt, pool and SMTP client, with the message still in memory.
 * Reports messages/s and CPU seconds per 1,000 messages of the relay's process: median and slowest of the
 * rounds. Not a test: nothing fails here.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { cpus } from 'node:os'
import type { Mailbox, QueueId } from '../core/smtp/envelope.ts'
import { DEFAULT_POOL_LIMITS } from '../gateway/outbound/pool.ts'
import { createRelay } from '../gateway/outbound/relay.ts'
import { createRouteTable } from '../gateway/outbound/routes.ts'
import { DEFAULT_SCHEDULE } from '../gateway/outbound/schedule.ts'
import type { QueueEntry, Settlement, Store } from '../store/contract.ts'

const CONNECTIONS = 10
const ROUNDS = 7
const CASES = [
  { name: 'S, 5 KB', messageBytes: 5 * 1024, messages: 3000 },
  { name: 'M, 96 KB', messageBytes: 96 * 1024, messages: 800 },
  { name: 'L, 14 MB', messageBytes: 14 * 2 ** 20, messages: 16 },
]

if (process.argv[2] === '--sink') serveSink()
else await main()

async function main(): Promise<void> {
  const sink = fork(import.meta.filename, ['--sink'])
  const [port] = (await once(sink, 'message')) as [number]
  console.log(JSON.stringify({ machine: cpus()[0]?.model, node: process.version, connections: CONNECTIONS }))
  for (const one of CASES) console.log(JSON.stringify(await measure(one, port)))
  stop(sink)
}

function stop(sink: ChildProcess): void {
  sink.disconnect()
  sink.kill()
}

async function measure({ name, messageBytes, messages }: (typeof CASES)[number], port: number): Promise<object> {
  const line = `${'x'.repeat(76)}\r\n`
  const message = Buffer.from(`Subject: bench\r\n\r\n${line.repeat(Math.ceil(messageBytes / line.length))}`)
  const rates: number[] = []
  const cpuSeconds: number[] = []
  for (let round = -2; round < ROUNDS; round++) {
    const cpuBefore = process.cpuUsage()
    const startMs = performance.now()
    await deliverAll(message, messages, port)
    const seconds = (performance.now() - startMs) / 1000
    const cpu = process.cpuUsage(cpuBefore)
    if (round < 0) continue
    rates.push(messages / seconds)
    cpuSeconds.push(((cpu.user + cpu.system) / 1e6 / messages) * 1000)
  }
  rates.sort((a, b) => a - b)
  cpuSeconds.sort((a, b) => a - b)
  const median = rates[Math.floor(ROUNDS / 2)]!
  return {
    name, medianPerSecond: Math.round(median), slowestPerSecond: Math.round(rates[0]!),
    medianMBps: Math.round((median * message.length) / 1e6), cpuSecondsPer1000: Number(cpuSeconds[Math.floor(ROUNDS / 2)]!.toFixed(2)),
  }
}

async function deliverAll(message: Uint8Array, messages: number, port: number): Promise<void> {
  const done = Promise.withResolvers<void>()
  let settled = 0
  const relay = createRelay({
    store: freeStore(settlements => {
      for (const { state } of settlements) if (state.kind !== 'delivered') done.reject(new Error(JSON.stringify(state)))
      settled += settlements.length
      if (settled === messages) done.resolve()
    }),
    routes: createRouteTable([
      { name: 'inner', direction: 'inward', domains: ['*'], hops: [{ kind: 'smtp', host: '127.0.0.1', port, tls: 'off', name: 'bench.example' }] },
    ]),
    clock: Date.now,
    random: Math.random,
    log: { delivered() {}, deferred() {}, failed() {}, bounced() {}, alarm() {} },
    schedule: DEFAULT_SCHEDULE,
    limits: { pool: { ...DEFAULT_POOL_LIMITS, maxConnections: CONNECTIONS }, maxInFlight: messages, maxOfferedBytes: Infinity, maxWaiting: messages, pollMs: 1000 },
    identity: { hostname: 'bench.example', from: 'postmaster@bench.example' as Mailbox, newQueueId: () => 'x' as QueueId, retentionClass: 'default' },
  })
  void relay.run()
  for (let i = 0; i < messages; i++) relay.offer(entryNumber(i, message.length), message)
  await done.promise
  await relay.close(1000)
}

function entryNumber(entryId: number, messageBytes: number): QueueEntry {
  return {
    entryId, queueId: `q${entryId}` as QueueId, tenant: 'default', groupId: 'g', route: 'inner', direction: 'inward',
    reversePath: 'sender@outside.example' as Mailbox, dsnAllowed: false, smtpUtf8: false, acceptedAtMs: Date.now(), attempts: 0,
    recipients: ['staff@town.example.jp' as Mailbox], messageBytes, delayWarned: false, mayBeDuplicate: false,
  }
}

function freeStore(settle: (settlements: readonly Settlement[]) => void): Store {
  const used: Partial<Store> = { claimDue: async () => [], settle: async settlements => settle(settlements) }
  return used as Store
}

/** Answers each command line and each end-of-data; looks at nothing else. */
function serveSink(): void {
  const server = createServer({ noDelay: true }, socket => {
    socket.on('error', () => socket.destroy())
    socket.write('220 sink\r\n')
    answer(socket)
  })
  process.on('disconnect', () => process.exit())
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
}

function answer(socket: Socket): void {
  let inData = false
  let tail: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    let rest = tail.length === 0 ? chunk : Buffer.concat([tail, chunk])
    let replies = ''
    for (;;) {
      const end = rest.indexOf(inData ? '\r\n.\r\n' : '\r\n')
      if (end === -1) break
      const verb = rest.toString('latin1', 0, 4)
      rest = rest.subarray(end + (inData ? 5 : 2))
      if (inData) replies += '250 2.0.0 ok\r\n'
      else if (verb === 'EHLO') replies += '250-sink\r\n250-PIPELINING\r\n250 SIZE\r\n'
      else replies += verb === 'DATA' ? '354 go\r\n' : '250 2.0.0 ok\r\n'
      inData = !inData && verb === 'DATA'
    }
    tail = inData ? rest.subarray(-4) : rest
    if (replies !== '') socket.write(replies)
  })
}
