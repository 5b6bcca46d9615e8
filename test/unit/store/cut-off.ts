/**
 * For tests that cut the store off at some step: messages of every kind, the way through a crash, and what must hold
 * afterwards.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect } from 'vitest'
import { Sealer } from '../../../core/seal/age.ts'
import type { AcceptedMessage } from '../../../store/contract.ts'
import { realFiles } from '../../../store/sqlite/files.ts'
import { openStore, type SqliteStore } from '../../../store/sqlite/store.ts'
import { type Fault, PowerLossFiles } from './power-loss.ts'
import { BY, collect, group, IDENTITY, message, plainOriginal, SETTINGS, scratchDirectory, unseal } from './sample.ts'

/** The store's folder: another one for each test of a file that says `inScratchFolder()`. */
export let directory = ''

export function inScratchFolder(): void {
  beforeEach(() => {
    directory = scratchDirectory()
  })
  afterEach(() => rmSync(directory, { recursive: true }))
}

export function emptyScratch(): void {
  rmSync(directory, { recursive: true })
  mkdirSync(directory)
}

export type Wanted = { readonly accepted: AcceptedMessage; readonly original: Uint8Array; readonly composed: Uint8Array }

export function wanted(originalBytes: number, composedBytes: number): Wanted {
  const original = randomBytes(originalBytes)
  const composed = randomBytes(composedBytes)
  return {
    original,
    composed,
    accepted: message({ original: plainOriginal(original), groups: [group({ message: composed })] }),
  }
}

/** As receive does: sealed to a file in incoming/ while it arrived, not flushed. */
export function wantedFromFile(originalBytes: number): Wanted {
  const original = randomBytes(originalBytes)
  const sealer = new Sealer([[IDENTITY.recipient]], randomBytes)
  const payload = Buffer.concat([...sealer.push(original), ...sealer.end()])
  const accepted = message()
  const tempPath = join(directory, 'incoming', accepted.queueId)
  mkdirSync(join(directory, 'incoming'), { recursive: true })
  writeFileSync(tempPath, payload)
  const headers = [{ tenant: 'default', ageHeader: sealer.headers[0]! }]
  const file = { kind: 'file', tempPath, bytes: payload.length } as const
  return {
    original,
    composed: accepted.groups[0]!.message,
    accepted: { ...accepted, original: { headers, payload: file } },
  }
}

export async function openWith(files: PowerLossFiles): Promise<{ store: SqliteStore; broken: Error[] }> {
  const broken: Error[] = []
  const store = await openStore({ directory, ...SETTINGS, files, onBroken: error => broken.push(error) })
  return { store, broken }
}

/** The process is gone, and with it what was not flushed; then it starts again. */
export async function crashAndReopen(store: SqliteStore, files: PowerLossFiles): Promise<SqliteStore> {
  await store.close().catch(() => {})
  files.losePower()
  for (let tries = 0; ; tries++) {
    try {
      return await openStore({ directory, ...SETTINGS, files: realFiles })
    } catch (error) {
      if (tries > 50) throw error
      await sleep(5) // until the lock has been let go
    }
  }
}

/** Whole, or without a trace. Returns whether it is there. */
export async function isWhole(store: SqliteStore, { accepted, original, composed }: Wanted): Promise<boolean> {
  const filter = { queueId: accepted.queueId, limit: 10 }
  const [queued] = await store.listQueue(filter)
  const lives = await store.trace(filter)
  if (lives.length === 0) {
    expect(queued).toBeUndefined()
    expect(await store.listQuarantine(filter)).toEqual([])
    return false
  }
  const sealed = await collect(store.exportOriginal(accepted.queueId, 'default', BY))
  expect(Buffer.from(unseal(sealed)).equals(original)).toBe(true)
  if (queued) expect(Buffer.from(await store.readMessage(queued.entryId)).equals(composed)).toBe(true)
  return true
}

/** Every file is named by a row, every segment ends where its row says. Call when the store is closed. */
export function expectNoOrphans(): void {
  const database = new DatabaseSync(join(directory, 'mail.db'), { readOnly: true })
  const names = (sql: string) =>
    database
      .prepare(sql)
      .all()
      .map(row => String(row['name']))
      .sort()
  const there = (folder: string) => readdirSync(join(directory, folder)).sort()
  expect(there('incoming')).toEqual([])
  expect(there('originals')).toEqual(names("SELECT file AS name FROM payloads WHERE place = 'file'"))
  expect(there('outgoing')).toEqual(names('SELECT copy_file AS name FROM entries WHERE copy_file IS NOT NULL'))
  expect(there('segments')).toEqual(names('SELECT name FROM segments'))
  for (const row of database.prepare('SELECT name, committed_bytes FROM segments').all()) {
    expect(statSync(join(directory, 'segments', String(row['name']))).size).toBe(row['committed_bytes'])
  }
  const stored = database.prepare("SELECT sum(length) AS bytes FROM payloads WHERE place = 'segment'").get()
  const committed = database.prepare('SELECT sum(committed_bytes) AS bytes FROM segments').get()
  expect(stored?.['bytes']).toBe(committed?.['bytes'])
  database.close()
}

/** One of each kind: in the row, in the segment, a file of its own, arrived as a file, with a large composed copy. */
export const everyKind = () => [
  wanted(500, 500),
  wanted(100_000, 500),
  wanted(1_500_000, 500),
  wantedFromFile(300_000),
  wanted(500, 100_000),
]

export const settled = (results: readonly PromiseSettledResult<unknown>[]) =>
  results.map(result => result.status === 'fulfilled')

export async function commitWithFault(fault?: Fault) {
  const files = new PowerLossFiles(directory)
  const { store, broken } = await openWith(files)
  const before = wanted(100_000, 500)
  await store.commit(before.accepted)
  const batch = everyKind()
  files.arm(fault)
  const results = settled(await Promise.allSettled(batch.map(({ accepted }) => store.commit(accepted))))
  return { files, store, broken, before, batch, results }
}

export async function countSteps(): Promise<readonly string[]> {
  const { store, files } = await commitWithFault()
  await store.close()
  // What close does (its own commit) is not the batch's.
  const commitAt = files.steps.indexOf('commit')
  emptyScratch()
  return files.steps.slice(0, commitAt + 1)
}
