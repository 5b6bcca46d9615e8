/**
 * How many messages a second does the store make durable, and what does a flush cost each of them?
 *
 *   npm run bench store
 *
 * Messages of 5 KB, sealed by the writer, with 1, 10 and 50 in flight; each is committed (250) and then settled
 * beside the next ones, as a hop with a fast next hop would. Reports messages/s, median and slowest of 5 rounds; flushes per message as
 * transactions per message (a WAL commit is one flush); CPU per 1,000 messages. A result means nothing without
 * the `machine` line above it, and rates say as much about the disk as about the store. Not a test.
 */
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { cpus } from 'node:os'
import type { SqliteStore } from '../store/sqlite/store.ts'
import { realFiles } from '../store/sqlite/files.ts'
import { openStore } from '../store/sqlite/store.ts'
import { delivered, group, message, plainOriginal, SETTINGS, scratchDirectory } from '../test/unit/store/sample.ts'

const ROUNDS = 5
const MESSAGES = 1000
const composed = Buffer.alloc(5000, 'text of the body, wrapped as it should be\r\n')
const original = randomBytes(5000)

/** Resolves when the next message of this client may begin; `settled` when the delivery is on record. */
async function oneMessage(store: SqliteStore): Promise<{ readonly settled: Promise<void> }> {
  const accepted = message({
    acceptedAtMs: Date.now(),
    original: plainOriginal(original),
    rawBytes: original.length,
    groups: [group({ message: composed })],
  })
  const result = await store.commit(accepted)
  store.confirmReply(accepted.queueId)
  return { settled: store.settle(result.entries.map(entry => delivered(entry.entryId))) }
}

async function inFlight(store: SqliteStore, messages: number, width: number): Promise<void> {
  let left = messages
  const settled: Promise<void>[] = []
  const lane = async () => {
    while (left-- > 0) settled.push((await oneMessage(store)).settled)
  }
  await Promise.all(Array.from({ length: width }, lane))
  await Promise.all(settled)
}

async function measure(width: number): Promise<void> {
  const directory = scratchDirectory()
  const store = await openStore({ directory, ...SETTINGS })
  const rates: number[] = []
  const cpuStart = process.cpuUsage()
  for (let round = 0; round < ROUNDS; round++) {
    const startMs = performance.now()
    await inFlight(store, MESSAGES, width)
    rates.push(MESSAGES / ((performance.now() - startMs) / 1000))
  }
  const cpu = process.cpuUsage(cpuStart)
  rates.sort((a, b) => a - b)
  await store.close()
  rmSync(directory, { recursive: true })
  const cpuSecondsPer1000 = (cpu.user + cpu.system) / 1e6 / ((ROUNDS * MESSAGES) / 1000)
  const result = {
    inFlight: width,
    medianPerSecond: Math.round(rates[2]!),
    slowestPerSecond: Math.round(rates[0]!),
    cpuSecondsPer1000: round2(cpuSecondsPer1000),
  }
  console.log(JSON.stringify({ ...result, transactionsPerMessage: round2(await transactionsPerMessage(width)) }))
}

/** Counted apart, with the writer in this thread. */
async function transactionsPerMessage(width: number): Promise<number> {
  const directory = scratchDirectory()
  let transactions = 0
  const commit = (run: () => void) => {
    transactions++
    run()
  }
  const store = await openStore({ directory, ...SETTINGS, files: { ...realFiles, commit } })
  await inFlight(store, MESSAGES, width)
  await store.close()
  rmSync(directory, { recursive: true })
  return transactions / MESSAGES
}

const round2 = (value: number) => Math.round(value * 100) / 100

console.log(JSON.stringify({ machine: cpus()[0]?.model, cores: cpus().length, node: process.version }))
for (const width of [1, 10, 50]) await measure(width)
