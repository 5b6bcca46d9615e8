/**
 * Who somebody is at the organisation's provider. The subject is what counts: an address or a login finds a person once, at
 * the first sign-in, and is bound to that subject then, so that an address that was given to somebody else later opens nothing.
 */
import type { Act } from '../../store/contract.ts'
import type { PortalDb } from '../db/open.ts'
import { dayOf } from '../people/day.ts'
import type { People } from '../people/people.ts'
import type { Person } from '../people/person.ts'
import type { OidcClaims, OidcSettings } from './oidc.ts'

export class Linked {
  readonly #db: PortalDb
  readonly #people: People

  constructor(db: PortalDb, people: People) {
    this.#db = db
    this.#people = people
  }

  /** Undefined for whoever is not known here, or no longer. */
  personOf({ tenant, issuer, personBy }: OidcSettings, { subject, email, isEmailVerified, login }: OidcClaims): Person | undefined {
    return this.#db.write(() => {
      const today = dayOf(this.#db.nowMs())
      const row = this.#db.get('SELECT person_id FROM identities WHERE tenant = ? AND provider = ? AND subject = ?', tenant, providerOf(issuer), subject)
      if (row) return this.#people.person(Number(row['person_id']), today)
      const personId = personBy === 'email' && isEmailVerified ? this.#ownerOf(tenant, email) : personBy === 'login' ? this.#people.byLogin(tenant, login)?.personId : undefined
      const person = personId === undefined ? undefined : this.#people.person(personId, today)
      if (!person || this.isLinked(person.personId)) return undefined
      this.#bind(person, issuer, subject, { actor: 'system', reason: `first sign-in, by ${personBy}` })
      return person
    })
  }

  /** By its owner, while signed in. False when that account is somebody's already, or the person has another. */
  link(person: Person, { tenant, issuer }: OidcSettings, subject: string): boolean {
    return this.#db.write(() => {
      const taken = this.#db.get('SELECT person_id FROM identities WHERE tenant = ? AND provider = ? AND subject = ?', tenant, providerOf(issuer), subject)
      if (person.tenant !== tenant || taken || this.isLinked(person.personId)) return false
      this.#bind(person, issuer, subject, { actor: `user:${person.login}`, reason: 'own account' })
      return true
    })
  }

  isLinked(personId: number): boolean {
    return this.#db.get("SELECT 1 FROM identities WHERE person_id = ? AND provider LIKE 'oidc %'", personId) !== undefined
  }

  /** Sessions end: whoever had that account may have opened them. False when there was none. */
  unlink({ personId, tenant, login }: Pick<Person, 'personId' | 'tenant' | 'login'>, by: Act): boolean {
    return this.#db.write(() => {
      const removed = this.#db.run("DELETE FROM identities WHERE person_id = ? AND provider LIKE 'oidc %'", personId) > 0
      if (!removed) return false
      this.#people.endSessions(personId)
      this.#db.audit({ tenant, kind: 'factor', actor: by.actor, subject: login, detail: { act: 'unlinked', reason: by.reason } })
      return true
    })
  }

  #bind({ personId, tenant, login }: Person, issuer: string, subject: string, by: Act): void {
    this.#db.run('INSERT INTO identities VALUES (?, ?, ?, ?, ?)', tenant, providerOf(issuer), subject, personId, this.#db.nowMs())
    this.#db.audit({ tenant, kind: 'factor', actor: by.actor, subject: login, detail: { act: 'linked', issuer, subject: subject.slice(0, 255), reason: by.reason } })
  }

  #ownerOf(tenant: string, address: string): number | undefined {
    const row = this.#db.get('SELECT person_id FROM mailboxes WHERE tenant = ? AND address = ? AND person_id IS NOT NULL', tenant, address)
    return row && Number(row['person_id'])
  }
}

function providerOf(issuer: string): string {
  return `oidc ${issuer}`
}
