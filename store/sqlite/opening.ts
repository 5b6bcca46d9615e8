/**
 * Opening the store for writing: lock, tables, start-up recovery, the audit chain and its key.
 */
import { chmod, open, readFile } from 'node:fs/promises'
import type { DatabaseSync } from 'node:sqlite'
import { generateCheckpointKey } from '../audit.ts'
import type { Emergency } from '../contract.ts'
import { Segments } from './batch.ts'
import { AuditChain } from './chain.ts'
import { lockStore } from './database.ts'
import type { FileOps } from './files.ts'
import { type Layout, layoutOf } from './layout.ts'
import { Payloads } from './payloads.ts'
import type { StoreSettings } from './protocol.ts'
import { type Recovery, recover } from './recovery.ts'
import { openForWriting } from './schema.ts'
import { Sealing } from './sealing.ts'
import type { WriterState } from './state.ts'
import { TextKeys } from './text-keys.ts'

export type Opened = { readonly state: WriterState; readonly lock: DatabaseSync }

export async function openState(directory: string, settings: StoreSettings, files: FileOps): Promise<Opened> {
  const layout = layoutOf(directory)
  const sealing = new Sealing(settings.recipients)
  await files.makeDirectory(directory)
  await chmod(directory, 0o700)
  // SQLite gives the WAL the mode of the database, so that is set before it opens it.
  for (const path of [layout.lock, layout.database]) await (await open(path, 'a', 0o600)).close()
  const lock = lockStore(layout.lock)
  try {
    const database = openForWriting(layout.database)
    const recovery = await recover(files, layout, database)
    const chain = new AuditChain(database, await checkpointKey(files, layout))
    const segments = new Segments(committedEnds(database))
    const payloads = new Payloads(database, layout)
    const freeBytes = await files.freeBytes(directory, settings.minFreeFiles)
    const state: WriterState = {
      database,
      layout,
      chain,
      payloads,
      segments,
      textKeys: new TextKeys(),
      settings,
      sealing,
      emergency: readEmergency(database),
      freeBytes,
    }
    recordStart(state, recovery)
    return { state, lock }
  } catch (error) {
    lock.close()
    throw error
  }
}

function recordStart({ chain, database }: WriterState, recovery: Recovery): void {
  const nowMs = Date.now()
  const record = { tenant: 'default', actor: 'system', subject: 'store' }
  database.exec('BEGIN IMMEDIATE')
  chain.add(nowMs, { ...record, kind: 'start', detail: { ...recovery } })
  if (recovery.damaged > 0) chain.add(nowMs, { ...record, kind: 'alarm', detail: { damagedFiles: recovery.damaged } })
  database.exec('COMMIT')
}

function committedEnds(database: DatabaseSync): [string, number][] {
  const rows = database.prepare('SELECT name, committed_bytes FROM segments').all()
  return rows.map(row => [String(row['name']), Number(row['committed_bytes'])])
}

const EMERGENCY_SETTING = 'emergency'

export function readEmergency(database: DatabaseSync): Emergency {
  const row = database
    .prepare("SELECT value FROM settings WHERE tenant = 'default' AND name = ?")
    .get(EMERGENCY_SETTING)
  return (row?.['value'] as Emergency | undefined) ?? 'none'
}

export function writeEmergency(database: DatabaseSync, emergency: Emergency): void {
  database.prepare("INSERT OR REPLACE INTO settings VALUES ('default', ?, ?)").run(EMERGENCY_SETTING, emergency)
}

async function checkpointKey(files: FileOps, layout: Layout): Promise<string> {
  try {
    return await readFile(layout.auditKey, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const pem = generateCheckpointKey()
  const temp = layout.file('incoming', 'audit-key.pem')
  const file = await files.open(temp)
  await file.write([Buffer.from(pem)], 0)
  await file.sync()
  await file.close()
  await files.rename(temp, layout.auditKey)
  await files.syncDirectory(layout.directory)
  return pem
}
