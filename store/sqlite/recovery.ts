/**
 * Start-up recovery: makes the disk say what the last commit said, and nothing else.
 *
 * Whatever was written but not committed belongs to messages that were never answered with 250, so it goes.
 * Rows whose bytes are missing cannot be mended here: they are counted for an alarm.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { FileOps } from './files.ts'
import { FOLDERS, type Folder, type Layout } from './layout.ts'

export type Recovery = {
  readonly removedFiles: number
  readonly cutSegments: number
  /** Files or segments that rows name and that are missing or too short. */
  readonly damaged: number
  /** Entries whose attempt may have been under way. */
  readonly interrupted: number
}

export async function recover(files: FileOps, layout: Layout, database: DatabaseSync): Promise<Recovery> {
  for (const folder of FOLDERS) await files.makeDirectory(layout.folder(folder))
  const removals = [
    await removeUnnamed(files, layout, 'incoming', new Map()),
    await removeUnnamed(
      files,
      layout,
      'originals',
      lengths(database, "SELECT file, length FROM payloads WHERE place = 'file'"),
    ),
    await removeUnnamed(files, layout, 'outgoing', lengths(database, COPIES)),
    await removeUnnamed(files, layout, 'segments', lengths(database, 'SELECT name, committed_bytes FROM segments')),
  ]
  const cutSegments = await cutToCommittedEnd(files, layout, database)
  return {
    removedFiles: removals.reduce((sum, { removed }) => sum + removed, 0),
    damaged: removals.reduce((sum, { damaged }) => sum + damaged, 0),
    cutSegments,
    interrupted: releaseClaims(database),
  }
}

const COPIES = 'SELECT copy_file, message_bytes FROM entries WHERE copy_file IS NOT NULL AND finished_at_ms IS NULL'

/** First column: file name; second: how many bytes of it must be there. */
function lengths(database: DatabaseSync, sql: string): Map<string, number> {
  return new Map(
    database
      .prepare(sql)
      .all()
      .map(row => Object.values(row) as [string, number]),
  )
}

async function removeUnnamed(files: FileOps, layout: Layout, folder: Folder, named: ReadonlyMap<string, number>) {
  const present = new Set(await files.list(layout.folder(folder)))
  let removed = 0
  for (const name of present) {
    if (named.has(name)) continue
    // Not by layout.file(): a name that we never make must go, too.
    await files.unlink(`${layout.folder(folder)}/${name}`)
    removed++
  }
  let damaged = 0
  for (const [name, bytes] of named) {
    if (!present.has(name) || (await files.size(layout.file(folder, name))) < bytes) damaged++
  }
  return { removed, damaged }
}

async function cutToCommittedEnd(files: FileOps, layout: Layout, database: DatabaseSync): Promise<number> {
  const present = new Set(await files.list(layout.folder('segments')))
  let cut = 0
  for (const [name, committed] of lengths(database, 'SELECT name, committed_bytes FROM segments')) {
    const path = layout.file('segments', name)
    if (!present.has(name) || (await files.size(path)) <= committed) continue
    await files.truncate(path, committed)
    cut++
  }
  return cut
}

/** Claims died with the process that made them. What they were about may have been delivered. */
function releaseClaims(database: DatabaseSync): number {
  database.exec('BEGIN IMMEDIATE')
  const { changes } = database.prepare('UPDATE entries SET claimed = 0, may_be_duplicate = 1 WHERE claimed = 1').run()
  database.exec('UPDATE recipients SET claimed = 0 WHERE claimed = 1')
  database.exec('COMMIT')
  return Number(changes)
}
