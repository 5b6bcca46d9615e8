/**
 * How a database file of ours is opened: by one writing process, hardened, its tables brought up to date.
 * mail.db, portal.db and vault.db all come through here. Never on a network file system (WAL).
 * Standards: sqlite.org/wal.html, sqlite.org/pragma.html.
 */
import { basename } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * Opens for the one writer: creates, migrates. `migrations` is a list that only ever grows at its end.
 * @throws Error when the file is from a newer version of this program.
 */
export function openDatabase(path: string, migrations: readonly string[]): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 5000 })
  harden(database)
  // Pages that held what was erased (a plain composed message, a secret) are overwritten with zeros.
  database.exec('PRAGMA secure_delete = ON')
  database.exec('PRAGMA journal_mode = WAL')
  database.exec('PRAGMA synchronous = FULL')
  // A checkpoint costs three flushes: fewer, larger ones. The file stays below some 16 MiB.
  database.exec('PRAGMA wal_autocheckpoint = 4000')
  // SQLite goes over its whole table of pages after each change that splits one. What is not here the system's cache has.
  database.exec('PRAGMA cache_size = -8192')
  // The journal of a savepoint would be a file that is made and deleted each time.
  database.exec('PRAGMA temp_store = MEMORY')
  migrate(database, basename(path), migrations)
  return database
}

export function harden(database: DatabaseSync): void {
  database.enableDefensive(true)
  database.exec('PRAGMA trusted_schema = OFF')
}

function migrate(database: DatabaseSync, name: string, migrations: readonly string[]): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
  if (version > migrations.length) throw new Error(`${name} has schema ${version}, this program knows ${migrations.length}`)
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue
    database.exec('BEGIN IMMEDIATE')
    database.exec(sql)
    database.exec(`PRAGMA user_version = ${index + 1}`)
    database.exec('COMMIT')
  }
}

/**
 * Holds lock.db until closed, so that no second process runs start-up recovery over a live store.
 * The operating system lets go of it when the process dies, however it dies.
 */
export function lockStore(path: string): DatabaseSync {
  const lock = new DatabaseSync(path)
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE')
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    throw new Error(`another process has this store open (${path})`, { cause: error })
  }
  return lock
}

/** Result codes after which the database file is not to be trusted: NOMEM, IOERR, CORRUPT, FULL, NOTADB. */
const DISK_ERRORS: ReadonlySet<number> = new Set([7, 10, 11, 13, 26])

/** @see https://sqlite.org/rescode.html; `errcode` is that of node:sqlite, extended codes have theirs in the lowest octet. */
export function isDiskError(error: unknown): boolean {
  const { errcode } = error as { readonly errcode?: number }
  return errcode !== undefined && DISK_ERRORS.has(errcode & 0xff)
}
