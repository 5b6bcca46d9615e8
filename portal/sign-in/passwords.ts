/** Passwords of local accounts: set, checked, made anew when their parameters are those of an older version. */
import type { Act } from '../../store/contract.ts'
import type { PortalDb } from '../db/open.ts'
import type { People } from '../people/people.ts'
import { PasswordHashing } from './password.ts'
import { type PasswordProblem, passwordProblem } from './password-rules.ts'

export type PasswordSettings = { readonly minLength: number }

export class Passwords {
  readonly #db: PortalDb
  readonly #people: People
  readonly #settings: PasswordSettings
  readonly #hashing: PasswordHashing

  constructor(db: PortalDb, people: People, settings: PasswordSettings, hashing: PasswordHashing = new PasswordHashing()) {
    this.#db = db
    this.#people = people
    this.#settings = settings
    this.#hashing = hashing
  }

  /**
   * Sets it and ends every session of that person, the one that asked included: it begins a new one.
   * `mustChange`: somebody else chose it. Resolves with what is against it, or nothing.
   */
  async set(personId: number, password: string, mustChange: boolean, by: Act): Promise<PasswordProblem | undefined> {
    const person = this.#people.byId(personId)
    if (!person) throw new RangeError(`no person ${personId}`)
    const problem = passwordProblem(password, this.#settings.minLength, [person.login, person.name, person.mailbox])
    if (problem) return problem
    const phc = await this.#hashing.hash(password)
    this.#db.write(() => {
      this.#db.run('INSERT OR REPLACE INTO passwords VALUES (?, ?, ?, ?, ?)', personId, person.tenant, phc, this.#db.nowMs(), mustChange ? 1 : 0)
      this.#people.endSessions(personId)
      const detail = { act: 'password', mustChange, reason: by.reason }
      this.#db.audit({ tenant: person.tenant, kind: 'factor', actor: by.actor, subject: person.login, detail })
    })
    return undefined
  }

  /** Takes the same time for a person without password, and for nobody (undefined). */
  async check(personId: number | undefined, password: string): Promise<boolean> {
    const phc = personId === undefined ? undefined : this.#db.get('SELECT phc FROM passwords WHERE person_id = ?', personId)?.['phc']
    if (typeof phc !== 'string') return this.#hashing.checkAgainstNobody(password)
    if (!(await this.#hashing.check(password, phc))) return false
    if (this.#hashing.isOutdated(phc)) await this.#renew(personId!, phc, password)
    return true
  }

  mustChange(personId: number): boolean {
    return this.#db.get('SELECT must_change FROM passwords WHERE person_id = ?', personId)?.['must_change'] === 1
  }

  has(personId: number): boolean {
    return this.#db.get('SELECT 1 FROM passwords WHERE person_id = ?', personId) !== undefined
  }

  /** Only where it is still the one that was checked: it may have been set in between. */
  async #renew(personId: number, phc: string, password: string): Promise<void> {
    this.#db.run('UPDATE passwords SET phc = ? WHERE person_id = ? AND phc = ?', await this.#hashing.hash(password), personId, phc)
  }
}
