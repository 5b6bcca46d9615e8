/**
 * Where what stands in the store's directory (mode 0700; one file system, or renames would be copies).
 *
 *   mail.db       rows, small sealed payloads            lock.db       held by the one process that writes
 *   incoming/     being written; wiped at start          originals/    sealed payloads, one file each
 *   segments/     sealed payloads, appended              outgoing/     large composed messages while queued
 *   audit-key.pem the key that signs checkpoints (0600)
 *   tallies.db    counts for statistics; made anew from mail.db when it is lost
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { drawRandom } from '../random.ts'

export const FOLDERS = ['incoming', 'originals', 'segments', 'outgoing'] as const
export type Folder = (typeof FOLDERS)[number]

export type Layout = {
  readonly directory: string
  readonly database: string
  readonly lock: string
  readonly auditKey: string
  readonly tallies: string
  readonly folder: (folder: Folder) => string
  readonly file: (folder: Folder, name: string) => string
}

export function layoutOf(directory: string): Layout {
  const folder = (name: Folder) => join(directory, name)
  return {
    directory,
    database: join(directory, 'mail.db'),
    lock: join(directory, 'lock.db'),
    auditKey: join(directory, 'audit-key.pem'),
    tallies: join(directory, 'tallies.db'),
    folder,
    file: (name, file) => join(folder(name), safeName(file)),
  }
}

/** A name that no other file has had: a rename must never replace a file that a row names. @throws RangeError */
export function freshName(stem: string, suffix: string): string {
  return safeName(`${stem}.${Buffer.from(drawRandom(6)).toString('hex')}.${suffix}`)
}

/** One segment per day, set of tenants and retention class; names may be anything, so they are hashed. */
export function segmentName(day: string, tenants: string, retentionClass: string): string {
  const key = createHash('sha256')
    .update(JSON.stringify([tenants, retentionClass]))
    .digest('hex')
  return `${day}.${key.slice(0, 16)}.seg`
}

function safeName(name: string): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}$/.test(name))
    throw new RangeError(`${JSON.stringify(name)} cannot name a file`)
  return name
}
