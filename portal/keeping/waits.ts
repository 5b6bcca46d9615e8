/** 「届いたら知らせる」: who waits for the mail that brings the password of which mail. */
import type { OwnDatabase } from '../../store/sqlite/own-database.ts'
import type { Person } from '../people/person.ts'
import type { PublicId } from '../ports.ts'

export type Wait = { readonly tenant: string; readonly personId: number; readonly publicId: PublicId; readonly sinceMs: number; /** Mails up to here were looked at. */ readonly lookedToMs: number }

export class Waits {
  readonly #db: OwnDatabase

  constructor(db: OwnDatabase) {
    this.#db = db
  }

  isWaiting({ personId }: Person, publicId: PublicId): boolean {
    return this.#db.get('SELECT 1 FROM waits WHERE person_id = ? AND public_id = ?', personId, publicId) !== undefined
  }

  add({ tenant, personId }: Person, publicId: PublicId): void {
    this.#db.run('INSERT OR IGNORE INTO waits VALUES (?, ?, ?, ?, ?)', tenant, personId, publicId, this.#db.nowMs(), this.#db.nowMs())
  }

  end(personId: number, publicId: PublicId): void {
    this.#db.run('DELETE FROM waits WHERE person_id = ? AND public_id = ?', personId, publicId)
  }

  looked({ personId, publicId }: Wait, toMs: number): void {
    this.#db.run('UPDATE waits SET looked_to_ms = ? WHERE person_id = ? AND public_id = ?', toMs, personId, publicId)
  }

  all(limit: number): Wait[] {
    return this.#db.all('SELECT * FROM waits ORDER BY since_ms LIMIT ?', limit).map(row => ({
      tenant: String(row['tenant']),
      personId: Number(row['person_id']),
      publicId: String(row['public_id']),
      sinceMs: Number(row['since_ms']),
      lookedToMs: Number(row['looked_to_ms']),
    }))
  }

  /** Nobody waits for ever. */
  forget(beforeMs: number): void {
    this.#db.run('DELETE FROM waits WHERE since_ms < ?', beforeMs)
  }
}
