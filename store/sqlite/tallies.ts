/**
 * Keeps the tallies of store/statistics.ts up to date, in the reader thread, in a database of its own.
 *
 *   mail.db: audit records after the last one seen ─▶ [a slice] ─▶ sums in memory ─▶ tallies.db, one transaction
 *
 * Nothing here stands in the way of a message, and nothing here is the only copy: a file that cannot be read, or one that
 * follows another chain (a restored backup), is made anew. What a sender chooses (domains, types) is bounded in number.
 */
import { rmSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { storedParts } from '../../core/policy/explain.ts'
import type { Report } from '../../core/verdict.ts'
import { delayClass, GRAINS, type Grain, HOURLY, type Measure, type SeriesQuestion, slotOf, type Tally, type Top, type TopQuestion } from '../statistics.ts'
import { harden } from './database.ts'

type Row = Record<string, unknown>

const SCHEMA = `
  CREATE TABLE tallies (
    tenant TEXT NOT NULL, measure TEXT NOT NULL, grain TEXT NOT NULL, slot_ms INTEGER NOT NULL, key TEXT NOT NULL,
    count INTEGER NOT NULL, bytes INTEGER NOT NULL,
    PRIMARY KEY (tenant, measure, grain, slot_ms, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE seen (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, hash TEXT NOT NULL) STRICT;
  INSERT INTO seen VALUES (1, 0, '');
  PRAGMA user_version = 1;`

/** Different keys of one measure in one slot; what comes after them is counted under OTHERS. */
const MOST_KEYS = 2_000
export const OTHERS = '*'
const LONGEST_KEY = 255
const MOST_REMEMBERED = 2_000
const KEEP_HOURS_MS = 62 * 86_400_000

export class Tallies {
  readonly #database: DatabaseSync
  readonly #records: StatementSync
  readonly #message: StatementSync
  readonly #entries: StatementSync
  readonly #recipients: StatementSync
  readonly #raise: StatementSync
  readonly #insert: StatementSync
  readonly #keys: StatementSync
  /** Of slots that were written to lately; never too few, since a key that is there already is not inserted. */
  readonly #keyCounts = new Map<string, number>()

  constructor(path: string, mail: DatabaseSync) {
    this.#database = openTallies(path, mail)
    this.#records = mail.prepare(`SELECT seq, at_ms, tenant, kind, subject, detail, hash FROM audit WHERE seq > ? ORDER BY seq LIMIT ?`)
    this.#message = mail.prepare('SELECT accepted_at_ms, raw_bytes, reverse_path, header_from, payload_id FROM messages WHERE queue_id = ? AND tenant = ?')
    this.#entries = mail.prepare(
      'SELECT e.entry_id, e.direction, e.mail_state, r.report FROM entries e LEFT JOIN reports r USING (entry_id) WHERE e.queue_id = ? AND e.tenant = ? ORDER BY e.entry_id',
    )
    this.#recipients = mail.prepare('SELECT mailbox FROM recipients WHERE entry_id = ?')
    this.#raise = this.#database.prepare('UPDATE tallies SET count = count + ?, bytes = bytes + ? WHERE tenant = ? AND measure = ? AND grain = ? AND slot_ms = ? AND key = ?')
    this.#insert = this.#database.prepare('INSERT INTO tallies VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count, bytes = bytes + excluded.bytes')
    this.#keys = this.#database.prepare('SELECT count(*) AS keys FROM tallies WHERE tenant = ? AND measure = ? AND grain = ? AND slot_ms = ?')
  }

  /** Counts at most `limit` records more; false when there are none left. */
  catchUp(limit: number): boolean {
    const seen = Number(this.#database.prepare('SELECT seq FROM seen').get()?.['seq'])
    const records: Row[] = this.#records.all(seen, limit)
    const last = records.at(-1)
    if (!last) return false
    const sums = new Sums()
    for (const record of records) this.#count(record, sums)
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      this.#write(sums)
      this.#database.prepare('UPDATE seen SET seq = ?, hash = ?').run(Number(last['seq']), String(last['hash']))
      this.#database.exec('COMMIT')
    } catch (error) {
      this.#keyCounts.clear()
      this.#database.exec('ROLLBACK')
      throw error
    }
    return records.length === limit
  }

  series({ tenant, measure, grain, fromMs, untilMs }: SeriesQuestion): Tally[] {
    return this.#database
      .prepare('SELECT slot_ms, key, count, bytes FROM tallies WHERE tenant = ? AND measure = ? AND grain = ? AND slot_ms >= ? AND slot_ms < ? ORDER BY slot_ms, key')
      .all(tenant, measure, grain, fromMs, untilMs)
      .map(row => ({ slotMs: Number(row['slot_ms']), key: String(row['key']), count: Number(row['count']), bytes: Number(row['bytes']) }))
  }

  top({ tenant, measure, grain, fromMs, untilMs, limit }: TopQuestion): Top {
    const where = 'tenant = ? AND measure = ? AND grain = ? AND slot_ms >= ? AND slot_ms < ?'
    const values = [tenant, measure, grain, fromMs, untilMs]
    const rows = this.#database
      .prepare(`SELECT key, sum(count) AS count, sum(bytes) AS bytes FROM tallies WHERE ${where} GROUP BY key ORDER BY 2 DESC, key`)
      .all(...values)
      .map(row => ({ key: String(row['key']), count: Number(row['count']), bytes: Number(row['bytes']) }))
    const sum = (name: 'count' | 'bytes') => rows.reduce((total, row) => total + row[name], 0)
    return { rows: rows.slice(0, limit), count: sum('count'), bytes: sum('bytes'), keys: rows.length }
  }

  /** Whether there is mail of another tenant, told by the key of the table. */
  hasOthers(tenant: string): boolean {
    return this.#database.prepare('SELECT EXISTS (SELECT 1 FROM tallies WHERE tenant < ?1) OR EXISTS (SELECT 1 FROM tallies WHERE tenant > ?1) AS others').get(tenant)?.['others'] === 1
  }

  /** Hours are for the dashboard only. */
  forgetHours(nowMs: number): void {
    const groups: Row[] = this.#database.prepare("SELECT DISTINCT tenant, measure FROM tallies WHERE grain = 'hour'").all()
    const forget = this.#database.prepare("DELETE FROM tallies WHERE tenant = ? AND measure = ? AND grain = 'hour' AND slot_ms < ?")
    for (const { tenant, measure } of groups) forget.run(String(tenant), String(measure), nowMs - KEEP_HOURS_MS)
  }

  close(): void {
    this.#database.close()
  }

  #count(record: Row, sums: Sums): void {
    const [kind, tenant, queueId, atMs] = [String(record['kind']), String(record['tenant']), String(record['subject']), Number(record['at_ms'])]
    const at = { tenant, atMs }
    if (kind === 'accept') this.#countMessage(at, queueId, sums)
    if (kind === 'fail') sums.add(at, 'failed', '', 1, 0)
    if (kind === 'deliver') {
      const message = this.#message.get(queueId, tenant)
      sums.add(at, 'out', '', 1, Number(message?.['raw_bytes'] ?? 0))
      if (message) sums.add(at, 'delay', String(delayClass(atMs - Number(message['accepted_at_ms']))), 1, 0)
    }
  }

  /** What has no original is ours: reports to senders, mails that were asked for. They are not what came in. */
  #countMessage(at: Moment, queueId: string, sums: Sums): void {
    const message = this.#message.get(queueId, at.tenant)
    if (!message || message['payload_id'] === null) return
    const bytes = Number(message['raw_bytes'])
    const entries: Row[] = this.#entries.all(queueId, at.tenant).filter(entry => entry['direction'] === 'inward')
    sums.add(at, 'in', '', 1, bytes)
    sums.add(at, 'sender', domainOf(message), 1, bytes)
    sums.add(at, 'verdict', worstOf(entries.map(entry => String(entry['mail_state']))), 1, bytes)
    for (const mailbox of new Set(entries.flatMap(entry => this.#mailboxes(Number(entry['entry_id']))))) sums.add(at, 'mailbox', mailbox, 1, bytes)
    const report = reportOf(entries[0])
    for (const part of report?.parts ?? []) {
      if (part.outcome === 'container') continue
      sums.add(at, 'outcome', part.outcome, 1, part.bytes)
      if (part.reason) sums.add(at, 'reason', part.reason, 1, part.bytes)
    }
    for (const file of storedParts(report?.parts ?? [])) sums.add(at, 'type', file.detectedType, 1, file.bytes)
  }

  #mailboxes(entryId: number): string[] {
    return this.#recipients.all(entryId).map(row => String(row['mailbox']).toLowerCase())
  }

  #write(sums: Sums): void {
    if (this.#keyCounts.size > MOST_REMEMBERED) this.#keyCounts.clear()
    for (const { tenant, measure, grain, slotMs, key, count, bytes } of sums.values()) {
      if (Number(this.#raise.run(count, bytes, tenant, measure, grain, slotMs, key).changes) > 0) continue
      const slot = `${tenant} ${measure} ${grain} ${slotMs}`
      const keys = this.#keyCounts.get(slot) ?? Number(this.#keys.get(tenant, measure, grain, slotMs)?.['keys'])
      this.#insert.run(tenant, measure, grain, slotMs, keys < MOST_KEYS ? key : OTHERS, count, bytes)
      this.#keyCounts.set(slot, keys + 1)
    }
  }
}

type Moment = { readonly tenant: string; readonly atMs: number }
type Sum = { readonly tenant: string; readonly measure: Measure; readonly grain: Grain; readonly slotMs: number; readonly key: string; count: number; bytes: number }

class Sums {
  readonly #sums = new Map<string, Sum>()

  add({ tenant, atMs }: Moment, measure: Measure, untrustedKey: string, count: number, bytes: number): void {
    const key = untrustedKey.slice(0, LONGEST_KEY)
    for (const grain of GRAINS) {
      if (grain === 'hour' && !HOURLY.has(measure)) continue
      const slotMs = slotOf(atMs, grain)
      const name = JSON.stringify([tenant, measure, grain, slotMs, key])
      const sum = this.#sums.get(name)
      if (sum) {
        sum.count += count
        sum.bytes += bytes
      } else this.#sums.set(name, { tenant, measure, grain, slotMs, key, count, bytes })
    }
  }

  values(): Iterable<Sum> {
    return this.#sums.values()
  }
}

const STATES = ['pending', 'kept', 'changed'] as const

function worstOf(states: readonly string[]): string {
  return STATES.find(state => states.includes(state)) ?? 'clean'
}

/** Of the reverse-path; of From where that is empty, as in reports of other servers. */
function domainOf(message: Row): string {
  const address = String(message['reverse_path'] ?? '') || String(message['header_from'])
  const at = address.lastIndexOf('@')
  return at < 0 ? '' : (/^[^\s>,;"]+/.exec(address.slice(at + 1))?.[0] ?? '').toLowerCase()
}

function reportOf(entry: Row | undefined): Report | undefined {
  const report = entry?.['report']
  return typeof report === 'string' ? (JSON.parse(report) as Report) : undefined
}

/** Opened as it is, or made anew where it is damaged, of another version, or follows another chain. */
function openTallies(path: string, mail: DatabaseSync): DatabaseSync {
  try {
    const database = open(path)
    if (followsChain(database, mail)) return database
    database.close()
  } catch {}
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true })
  const fresh = open(path)
  fresh.exec(SCHEMA)
  return fresh
}

function open(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 5000 })
  harden(database)
  database.exec('PRAGMA journal_mode = WAL')
  // Derived: what the last second before a power cut counted is counted again.
  database.exec('PRAGMA synchronous = NORMAL')
  database.exec('PRAGMA cache_size = -8192')
  return database
}

function followsChain(database: DatabaseSync, mail: DatabaseSync): boolean {
  if (Number(database.prepare('PRAGMA user_version').get()?.['user_version']) !== 1) return false
  const seen = database.prepare('SELECT seq, hash FROM seen').get()
  if (!seen) return false
  const seq = Number(seen['seq'])
  if (seq === 0) return true
  const record = mail.prepare('SELECT hash FROM audit WHERE seq = ?').get(seq)
  // A record that retention has removed since cannot be compared.
  return record ? record['hash'] === seen['hash'] : seq < Number(mail.prepare('SELECT min(seq) AS first FROM audit').get()?.['first'])
}
