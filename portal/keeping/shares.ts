/**
 * Mails that a recipient has shared with a department. Lists and forwarding expand behind us: whoever was only forwarded a
 * mail may read its page after a recipient has done this, and it is written down who did.
 */
import type { OwnDatabase, Row } from '../../store/sqlite/own-database.ts'
import type { Person } from '../people/person.ts'
import type { PublicId } from '../ports.ts'

export type Share = { readonly publicId: PublicId; readonly departmentId: number; readonly name: string; readonly atMs: number }

export class Shares {
  readonly #db: OwnDatabase

  constructor(db: OwnDatabase) {
    this.#db = db
  }

  /** With whom a mail is shared. */
  of(tenant: string, publicId: PublicId): Share[] {
    return this.#db.all('SELECT * FROM shares WHERE tenant = ? AND public_id = ? ORDER BY at_ms', tenant, publicId).map(shareFrom)
  }

  /** The newest that are shared with one of the person's departments. */
  with(person: Person, limit: number): Share[] {
    const sql = `SELECT * FROM shares WHERE tenant = ? AND department_id IN (SELECT value FROM json_each(?)) AND person_id <> ?
      ORDER BY at_ms DESC LIMIT ?`
    return this.#db.all(sql, person.tenant, JSON.stringify(person.departments), person.personId, limit).map(shareFrom)
  }

  share(person: Person, publicId: PublicId, departmentId: number): void {
    const { tenant, personId, login, name } = person
    this.#db.write(() => {
      this.#db.run('INSERT OR IGNORE INTO shares VALUES (?, ?, ?, ?, ?, ?)', tenant, publicId, departmentId, personId, name, this.#db.nowMs())
      this.#db.audit({ tenant, kind: 'share', actor: `user:${login}`, subject: publicId, detail: { act: 'share', department: departmentId } })
    })
  }

  /** For all departments. */
  end(person: Person, publicId: PublicId): void {
    const { tenant, login } = person
    this.#db.write(() => {
      this.#db.run('DELETE FROM shares WHERE tenant = ? AND public_id = ?', tenant, publicId)
      this.#db.audit({ tenant, kind: 'share', actor: `user:${login}`, subject: publicId, detail: { act: 'end' } })
    })
  }

  forget(beforeMs: number): void {
    this.#db.run('DELETE FROM shares WHERE at_ms < ?', beforeMs)
  }
}

function shareFrom(row: Row): Share {
  return { publicId: String(row['public_id']), departmentId: Number(row['department_id']), name: String(row['name']), atMs: Number(row['at_ms']) }
}
