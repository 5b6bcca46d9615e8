/**
 * Staff cards: a client certificate that TLS has checked (our own, or a listed proxy's), known by its SHA-256. Its owner
 * registers it while signed in; whoever holds the card then signs in with it. A renewed card is a new certificate.
 * One certificate belongs to one person.
 */
import type { PortalDb } from '../db/open.ts'
import { type Day, dayOf } from '../people/day.ts'
import type { People } from '../people/people.ts'
import type { Person } from '../people/person.ts'

const PROVIDER = 'certificate'
const SHA256 = /^[0-9a-f]{64}$/

export type CardRow = { readonly sha256: string; readonly createdAtMs: number }

export class Certificates {
  readonly #db: PortalDb
  readonly #people: People

  constructor(db: PortalDb, people: People) {
    this.#db = db
    this.#people = people
  }

  /** Who this is today. */
  personOf(tenant: string, sha256: string, today: Day = dayOf(this.#db.nowMs())): Person | undefined {
    const row = this.#db.get('SELECT person_id FROM identities WHERE tenant = ? AND provider = ? AND subject = ?', tenant, PROVIDER, sha256)
    return row && this.#people.person(Number(row['person_id']), today)
  }

  /** False when it is somebody's already. */
  add({ personId, tenant, login }: Person, sha256: string): boolean {
    if (!SHA256.test(sha256)) return false
    return this.#db.write(() => {
      const added = this.#db.run('INSERT OR IGNORE INTO identities VALUES (?, ?, ?, ?, ?)', tenant, PROVIDER, sha256, personId, this.#db.nowMs()) > 0
      if (added) this.#record(tenant, login, 'certificate-added', sha256)
      return added
    })
  }

  remove({ personId, tenant, login }: Person, sha256: string): boolean {
    return this.#db.write(() => {
      const removed = this.#db.run('DELETE FROM identities WHERE tenant = ? AND provider = ? AND subject = ? AND person_id = ?', tenant, PROVIDER, sha256, personId) > 0
      if (removed) this.#record(tenant, login, 'certificate-removed', sha256)
      return removed
    })
  }

  ofPerson(personId: number): CardRow[] {
    const rows = this.#db.all('SELECT subject, created_at_ms FROM identities WHERE person_id = ? AND provider = ? ORDER BY created_at_ms', personId, PROVIDER)
    return rows.map(row => ({ sha256: String(row['subject']), createdAtMs: Number(row['created_at_ms']) }))
  }

  #record(tenant: string, login: string, act: string, sha256: string): void {
    this.#db.audit({ tenant, kind: 'factor', actor: `user:${login}`, subject: login, detail: { act, sha256 } })
  }
}
