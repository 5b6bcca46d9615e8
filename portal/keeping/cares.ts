/** Who takes care of a mail of a shared mailbox (担当), and what is done (対応済み). One mark per mail, seen by all who may read it. */
import type { Row } from '../../store/sqlite/own-database.ts'
import type { OwnDatabase } from '../../store/sqlite/own-database.ts'
import type { Person } from '../people/person.ts'
import type { PublicId } from '../ports.ts'

export const CARE_ACTS = ['take', 'release', 'done', 'reopen'] as const
export type CareAct = (typeof CARE_ACTS)[number]

export type Care = { readonly state: 'taken' | 'done'; readonly personId: number; readonly name: string; readonly atMs: number }

export class Cares {
  readonly #db: OwnDatabase

  constructor(db: OwnDatabase) {
    this.#db = db
  }

  of(tenant: string, publicIds: readonly PublicId[]): ReadonlyMap<PublicId, Care> {
    const sql = 'SELECT * FROM cares WHERE tenant = ? AND public_id IN (SELECT value FROM json_each(?))'
    return new Map(this.#db.all(sql, tenant, JSON.stringify(publicIds)).map(row => [String(row['public_id']), careFrom(row)]))
  }

  /** False when somebody else was first: `seen` is who had it when the page was drawn, '' for nobody. */
  act(person: Person, publicId: PublicId, act: CareAct, seen: string): boolean {
    const { tenant, personId, login, name } = person
    return this.#db.write(() => {
      if (stampOf(this.of(tenant, [publicId]).get(publicId)) !== seen) return false
      if (act === 'release') this.#db.run('DELETE FROM cares WHERE tenant = ? AND public_id = ?', tenant, publicId)
      else this.#db.run('INSERT OR REPLACE INTO cares VALUES (?, ?, ?, ?, ?, ?)', tenant, publicId, act === 'done' ? 'done' : 'taken', personId, name, this.#db.nowMs())
      this.#db.audit({ tenant, kind: 'care', actor: `user:${login}`, subject: publicId, detail: { act } })
      return true
    })
  }

  forget(beforeMs: number): void {
    this.#db.run('DELETE FROM cares WHERE at_ms < ?', beforeMs)
  }
}

/** What a form says it has seen, so that two people do not both take the same mail. */
export function stampOf(care: Care | undefined): string {
  return care === undefined ? '' : `${care.state}-${care.personId}`
}

function careFrom(row: Row): Care {
  return { state: row['state'] as Care['state'], personId: Number(row['person_id']), name: String(row['name']), atMs: Number(row['at_ms']) }
}
