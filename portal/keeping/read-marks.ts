/**
 * Which mails a person has opened. The mark is the index of an audit record: opening a mail for the first time is written
 * down, and the mark is made of that in the same transaction. So a GET still changes nothing but the audit log.
 */
import type { OwnDatabase } from '../../store/sqlite/own-database.ts'
import type { Person } from '../people/person.ts'
import type { PublicId } from '../ports.ts'

export class ReadMarks {
  readonly #db: OwnDatabase

  constructor(db: OwnDatabase) {
    this.#db = db
  }

  /** Those of `publicIds` that the person has opened. */
  opened(person: Person, publicIds: readonly PublicId[]): ReadonlySet<PublicId> {
    const sql = 'SELECT public_id FROM read_marks WHERE person_id = ? AND public_id IN (SELECT value FROM json_each(?))'
    return new Set(this.#db.all(sql, person.personId, JSON.stringify(publicIds)).map(row => String(row['public_id'])))
  }

  /** Audited the first time, and again after the mark was taken away. */
  open(person: Person, publicId: PublicId, address: string): void {
    if (this.opened(person, [publicId]).size > 0) return
    const { tenant, personId, login } = person
    this.#db.write(() => {
      this.#db.run('INSERT INTO read_marks VALUES (?, ?, ?, ?)', tenant, personId, publicId, this.#db.nowMs())
      this.#db.audit({ tenant, kind: 'view', actor: `user:${login}`, subject: publicId, detail: { address } })
    })
  }

  unread(person: Person, publicId: PublicId): void {
    this.#db.write(() => this.#db.run('DELETE FROM read_marks WHERE person_id = ? AND public_id = ?', person.personId, publicId))
  }

  /** Marks of mails that are long gone. */
  forget(beforeMs: number): void {
    this.#db.run('DELETE FROM read_marks WHERE read_at_ms < ?', beforeMs)
  }
}
