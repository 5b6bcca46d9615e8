/**
 * Sealed payloads and the headers over them: kept, located, let go.
 *
 * A payload is reachable as long as some row holds a header for it. When the last header goes, row bytes are
 * erased and a file is removed; a segment goes as a whole, once nothing in it is reachable and its day is over.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { dayInJapan } from '../retention.ts'
import type { Batch, Place } from './batch.ts'
import type { Layout } from './layout.ts'
import type { StoredBytes } from './protocol.ts'

export class Payloads {
  readonly #layout: Layout
  readonly #insert: StatementSync
  readonly #find: StatementSync
  readonly #release: StatementSync
  readonly #erase: StatementSync
  readonly #segment: StatementSync
  readonly #idleSegments: StatementSync
  readonly #dropSegment: StatementSync
  readonly #eraseAllOf: StatementSync
  /** Sealed bytes on disk: what the quota is about. */
  storedBytes: number

  constructor(database: DatabaseSync, layout: Layout) {
    this.#layout = layout
    this.#insert = database.prepare(
      'INSERT INTO payloads (tenants, headers, place, file, offset, length, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)',
    )
    this.#find = database.prepare(
      'SELECT place, file, offset, length, headers, bytes FROM payloads WHERE payload_id = ?',
    )
    this.#release = database.prepare('UPDATE payloads SET headers = headers - 1 WHERE payload_id = ?')
    this.#erase = database.prepare('DELETE FROM payloads WHERE payload_id = ?')
    this.#segment = database.prepare(
      `INSERT INTO segments VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET committed_bytes = excluded.committed_bytes`,
    )
    this.#idleSegments = database.prepare(
      `SELECT name, committed_bytes FROM segments WHERE day < ?
       AND NOT EXISTS (SELECT 1 FROM payloads WHERE payloads.file = segments.name AND headers > 0)`,
    )
    this.#dropSegment = database.prepare('DELETE FROM segments WHERE name = ?')
    this.#eraseAllOf = database.prepare('DELETE FROM payloads WHERE file = ?')
    this.storedBytes = storedBytes(database)
  }

  /** Returns the payload's id. `headers` rows will hold a header for it. */
  add(place: Place, tenants: string, headers: number): number {
    const file = place.kind === 'row' ? null : place.file
    const offset = place.kind === 'segment' ? place.offset : 0
    const bytes = place.kind === 'row' ? place.bytes : null
    const { lastInsertRowid } = this.#insert.run(tenants, headers, place.kind, file, offset, place.length, bytes)
    this.storedBytes += place.length
    return Number(lastInsertRowid)
  }

  /** The ends of the segments that this batch has appended to become the committed ones. */
  commitSegments(batch: Batch): void {
    for (const [name, { tenants, day, end }] of batch.appends) this.#segment.run(name, tenants, day, end)
  }

  locate(payloadId: number): StoredBytes {
    const row = this.#find.get(payloadId)
    if (row?.['place'] === 'row') return { kind: 'memory', bytes: new Uint8Array(row['bytes'] as Uint8Array) }
    if (row === undefined) throw new Error('this original has been purged')
    const folder = row['place'] === 'segment' ? 'segments' : 'originals'
    const path = this.#layout.file(folder, String(row['file']))
    return { kind: 'file', path, offset: Number(row['offset']), length: Number(row['length']) }
  }

  /** One header over this payload was deleted. Returns the length of the payload. */
  release(payloadId: number, batch: Batch): number {
    this.#release.run(payloadId)
    const row = this.#find.get(payloadId)
    const length = Number(row?.['length'] ?? 0)
    if (row === undefined || Number(row['headers']) > 0 || row['place'] === 'segment') return length
    if (row['place'] === 'file') batch.obsolete.push(this.#layout.file('originals', String(row['file'])))
    this.#erase.run(payloadId)
    this.storedBytes -= length
    return length
  }

  /** Segments of past days in which nothing can be opened any more. */
  dropIdleSegments(nowMs: number, batch: Batch): void {
    for (const row of this.#idleSegments.all(dayInJapan(nowMs))) {
      const name = String(row['name'])
      this.#dropSegment.run(name)
      this.#eraseAllOf.run(name)
      this.storedBytes -= Number(row['committed_bytes'])
      batch.obsolete.push(this.#layout.file('segments', name))
    }
  }
}

function storedBytes(database: DatabaseSync): number {
  const own = database.prepare("SELECT coalesce(sum(length), 0) AS bytes FROM payloads WHERE place <> 'segment'").get()
  const segments = database.prepare('SELECT coalesce(sum(committed_bytes), 0) AS bytes FROM segments').get()
  return Number(own?.['bytes']) + Number(segments?.['bytes'])
}
