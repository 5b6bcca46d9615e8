/**
 * The audit chain in its table, one per database. The head is kept in memory: there is one writer.
 * Records are added inside the transaction of what they record, so both are there or neither.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { AuditSeal } from '../audit-file.ts'
import type { AuditCheckpoint, AuditRecord } from '../contract.ts'
import {
  CHAIN_START,
  canonicalDetail,
  type ChainedRecord,
  type ChainHead,
  chainRecord,
  publicKeyOf,
  signCheckpoint,
} from '../audit.ts'

const BASE_SETTING = 'audit.base'

/** The tables that a database needs for a chain: part of its first migration, never to be changed. */
export const AUDIT_TABLES = `
  CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audit_subject ON audit (subject, seq);

  CREATE TABLE settings (
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (tenant, name)
  ) STRICT, WITHOUT ROWID;`

export class AuditChain {
  readonly #database: DatabaseSync
  readonly #insert: StatementSync
  readonly #privateKeyPem: string
  head: ChainHead

  constructor(database: DatabaseSync, privateKeyPem: string) {
    this.#database = database
    this.#privateKeyPem = privateKeyPem
    this.#insert = database.prepare('INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
    const last = database.prepare('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1').get()
    this.head = last ? { seq: Number(last['seq']), hash: String(last['hash']) } : readBase(database)
  }

  get publicKey(): string {
    return publicKeyOf(this.#privateKeyPem)
  }

  add(atMs: number, record: AuditRecord): void {
    this.#append(atMs, record)
  }

  /** Adds and signs this record itself: what it says can be shown to others without the chain around it. */
  seal(atMs: number, record: AuditRecord): AuditSeal {
    const seal = this.#append(atMs, record)
    return { seal, checkpoint: signCheckpoint(this.head, atMs, this.#privateKeyPem) }
  }

  #append(atMs: number, record: AuditRecord): ChainedRecord {
    const chained = chainRecord(this.head, atMs, record)
    const { seq, tenant, kind, actor, subject, detail, prevHash, hash } = chained
    this.#insert.run(seq, atMs, tenant, kind, actor, subject, canonicalDetail(detail), prevHash, hash)
    this.head = { seq, hash }
    return chained
  }

  /** Signs the head after noting so in the chain: the checkpoint names its own record. */
  checkpoint(atMs: number): AuditCheckpoint {
    this.add(atMs, { tenant: 'default', kind: 'checkpoint', actor: 'system', subject: 'audit', detail: {} })
    return signCheckpoint(this.head, atMs, this.#privateKeyPem)
  }

  /**
   * Deletes at most `limit` records made before `cutoffMs`; the chain then starts from a signed base.
   * Returns how many.
   */
  cutBefore(cutoffMs: number, nowMs: number, limit: number): number {
    // By number, which stops at the first record that is kept: there is no index on the time.
    const kept = this.#database.prepare('SELECT seq FROM audit WHERE at_ms >= ? ORDER BY seq LIMIT 1').get(cutoffMs)
    const last = this.#database
      .prepare(
        'SELECT seq, hash, at_ms FROM (SELECT seq, hash, at_ms FROM audit WHERE seq < ? ORDER BY seq LIMIT ?) ORDER BY seq DESC LIMIT 1',
      )
      .get(kept ? Number(kept['seq']) : this.head.seq + 1, limit)
    if (!last) return 0

    const base = signCheckpoint(
      { seq: Number(last['seq']), hash: String(last['hash']) },
      Number(last['at_ms']),
      this.#privateKeyPem,
    )
    this.#database
      .prepare('INSERT OR REPLACE INTO settings VALUES (?, ?, ?)')
      .run('default', BASE_SETTING, JSON.stringify(base))
    const records = Number(this.#database.prepare('DELETE FROM audit WHERE seq <= ?').run(base.seq).changes)
    const detail = { records, upToSeq: base.seq }
    this.add(nowMs, { tenant: 'default', kind: 'retain', actor: 'system', subject: 'audit', detail })
    return records
  }
}

/** What the first kept record follows: the signed base of a chain that was cut by retention, or the start. */
export function readBase(database: DatabaseSync): ChainHead {
  return readSignedBase(database) ?? CHAIN_START
}

export function readSignedBase(database: DatabaseSync): AuditCheckpoint | undefined {
  const row = database.prepare('SELECT value FROM settings WHERE tenant = ? AND name = ?').get('default', BASE_SETTING)
  return row ? (JSON.parse(String(row['value'])) as AuditCheckpoint) : undefined
}

/** Records from `fromSeq` on, in order, one at a time from the table. */
export function* readChain(database: DatabaseSync, fromSeq: number, limit = -1): Generator<ChainedRecord> {
  const rows = database.prepare('SELECT * FROM audit WHERE seq >= ? ORDER BY seq LIMIT ?').iterate(fromSeq, limit)
  for (const row of rows) yield recordFrom(row)
}

export function recordFrom(row: Record<string, unknown>): ChainedRecord {
  const text = (name: string) => String(row[name])
  return {
    seq: Number(row['seq']),
    atMs: Number(row['at_ms']),
    tenant: text('tenant'),
    kind: text('kind'),
    actor: text('actor'),
    subject: text('subject'),
    detail: parseDetail(text('detail')),
    prevHash: text('prev_hash'),
    hash: text('hash'),
  }
}

/** A detail that is no JSON any more was tampered with: it then hashes to something else. */
function parseDetail(json: string): AuditRecord['detail'] {
  try {
    const detail: unknown = JSON.parse(json)
    if (typeof detail === 'object' && detail !== null && !Array.isArray(detail)) return detail as AuditRecord['detail']
  } catch {}
  return { unreadable: json }
}
