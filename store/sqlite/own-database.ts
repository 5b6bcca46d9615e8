/**
 * The database of one process, with the audit chain of that process in it: portal.db, vault.db.
 *
 *   <directory>/<name>.db         rows                 <directory>/<name>-lock.db   held by the one process that writes
 *   <directory>/audit-key.pem     signs checkpoints (0600; the folder is 0700)
 *
 * An act and its audit record are written in one transaction, so both are there or neither. Each commit is one flush in
 * the calling thread: right for people's clicks, not for a stream of mail (that is store.ts).
 */
import { chmod, mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite'
import { generateCheckpointKey } from '../audit.ts'
import type { AuditCheckpoint, AuditRecord, AuditVerdict } from '../contract.ts'
import { readIfThere, writeDurably } from '../durable-file.ts'
import type { AuditSeal } from '../audit-file.ts'
import { auditCutoffMs, DEFAULT_RETENTION } from '../retention.ts'
import { AuditChain } from './chain.ts'
import { lockStore, openDatabase } from './database.ts'
import { prepared } from './prepared.ts'
import { type Slice, verifySlice, type Walked } from './verifying.ts'

export type Row = Readonly<Record<string, SQLOutputValue>>

export type OwnDatabaseOptions = {
  readonly directory: string
  /** `portal` for portal.db. */
  readonly name: string
  /** Append only. The first one holds AUDIT_TABLES. */
  readonly migrations: readonly string[]
  readonly nowMs: () => number
  /** How long records are kept: fiscal years after that of the record. */
  readonly auditYears?: number
}

const MOST_CUT = 10_000

export class OwnDatabase {
  readonly nowMs: () => number
  readonly #database: DatabaseSync
  readonly #lock: DatabaseSync
  readonly #chain: AuditChain
  readonly #auditYears: number

  private constructor(database: DatabaseSync, lock: DatabaseSync, chain: AuditChain, { nowMs, auditYears = DEFAULT_RETENTION.auditYears }: Pick<OwnDatabaseOptions, 'nowMs' | 'auditYears'>) {
    this.#database = database
    this.#lock = lock
    this.#chain = chain
    this.nowMs = nowMs
    this.#auditYears = auditYears
  }

  /** @throws Error when another process has it open, or the file is from a newer version. */
  static async open({ directory, name, migrations, ...times }: OwnDatabaseOptions): Promise<OwnDatabase> {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await chmod(directory, 0o700)
    const [path, lockPath] = [join(directory, `${name}.db`), join(directory, `${name}-lock.db`)]
    // SQLite gives the WAL the mode of the database, so that is set before it opens it.
    for (const file of [path, lockPath]) await (await open(file, 'a', 0o600)).close()
    const lock = lockStore(lockPath)
    try {
      const database = openDatabase(path, migrations)
      const chain = new AuditChain(database, await checkpointKey(join(directory, 'audit-key.pem')))
      const own = new OwnDatabase(database, lock, chain, times)
      own.write(() => own.audit({ tenant: 'default', kind: 'start', actor: 'system', subject: name, detail: {} }))
      return own
    } catch (error) {
      lock.close()
      throw error
    }
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return prepared(this.#database, sql).get(...values)
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return prepared(this.#database, sql).all(...values)
  }

  /** Returns how many rows were changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(prepared(this.#database, sql).run(...values).changes)
  }

  /** Returns the rowid of the new row. */
  insert(sql: string, ...values: SQLInputValue[]): number {
    return Number(prepared(this.#database, sql).run(...values).lastInsertRowid)
  }

  /** All of `work` or nothing, durable when it returns. Inside of another one it is part of that. `work` must not wait. */
  write<T>(work: () => T): T {
    if (this.#database.isTransaction) return work()
    const { head } = this.#chain
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const value = work()
      this.#database.exec('COMMIT')
      return value
    } catch (error) {
      // After a disk error the transaction may be gone already.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      this.#chain.head = head
      throw error
    }
  }

  /** What `work` would return, with every trace of it undone: for dry runs. */
  rehearse<T>(work: () => T): T {
    if (this.#database.isTransaction) return this.#rehearseInside(work)
    const undo = new Undo()
    let value: { readonly value: T } | undefined
    try {
      this.write(() => {
        value = { value: work() }
        throw undo
      })
    } catch (error) {
      if (error !== undo || !value) throw error
    }
    return value!.value
  }

  /** As a part of a larger act, which goes on as if nothing had been tried. */
  #rehearseInside<T>(work: () => T): T {
    const { head } = this.#chain
    this.#database.exec('SAVEPOINT rehearsal')
    try {
      return work()
    } finally {
      this.#database.exec('ROLLBACK TO rehearsal; RELEASE rehearsal')
      this.#chain.head = head
    }
  }

  /** Only inside of `write`, beside what it records. */
  audit(record: AuditRecord): void {
    this.#chain.add(this.nowMs(), record)
  }

  /** A record with a signature of its own. */
  seal(record: AuditRecord): AuditSeal {
    return this.write(() => this.#chain.seal(this.nowMs(), record))
  }

  checkpoint(): AuditCheckpoint {
    return this.write(() => this.#chain.checkpoint(this.nowMs()))
  }

  /** All of the chain at once; own-audit.ts walks it between other work. */
  verifyAudit(anchor?: AuditCheckpoint): AuditVerdict {
    for (let walked: Walked | undefined; ; ) {
      const slice = this.verifySlice(walked, anchor)
      if (slice.kind === 'done') return slice.verdict
      walked = slice.walked
    }
  }

  verifySlice(walked: Walked | undefined, anchor?: AuditCheckpoint): Slice {
    return verifySlice(this.#database, { publicKey: this.#chain.publicKey, cutoffMs: this.#cutoffMs(), anchor }, walked)
  }

  /** Deletes audit records past their time to keep, a bounded number; returns how many. Called now and then. */
  retainAudit(): number {
    return this.write(() => this.#chain.cutBefore(this.#cutoffMs(), this.nowMs(), MOST_CUT))
  }

  /** For what reads the chain itself (export, lists). */
  get connection(): DatabaseSync {
    return this.#database
  }

  close(): void {
    this.write(() => this.audit({ tenant: 'default', kind: 'stop', actor: 'system', subject: 'database', detail: {} }))
    this.#database.close()
    this.#lock.close()
  }

  #cutoffMs(): number {
    return auditCutoffMs({ auditYears: this.#auditYears }, this.nowMs())
  }
}

class Undo extends Error {
  override readonly name = 'Undo'
}

async function checkpointKey(path: string): Promise<string> {
  const known = await readIfThere(path)
  if (known !== undefined) return known
  const pem = generateCheckpointKey()
  await writeDurably(path, pem, 0o600)
  return pem
}
