/**
 * What a link of ours is for: the first administrator sets the portal up; a new person chooses a password.
 * A link that was used, is over or never was gets one and the same answer.
 */
import type { PortalDb } from '../db/open.ts'
import { dayOf } from '../people/day.ts'
import { type People, PeopleProblem } from '../people/people.ts'
import type { Links } from './links.ts'
import { type PasswordProblem, passwordProblem } from './password-rules.ts'
import type { Passwords } from './passwords.ts'
import type { SignIn, SignInAnswer, Visitor } from './sign-in.ts'

export type WelcomeRooms = { readonly db: PortalDb; readonly people: People; readonly passwords: Passwords; readonly links: Links; readonly signIn: SignIn }

export type Newcomer = { readonly login: string; readonly name: string; readonly mailbox: string; readonly password: string }

export type WelcomeAnswer =
  | SignInAnswer
  | { readonly kind: 'gone' }
  | { readonly kind: 'unfit'; readonly problem: PasswordProblem }
  | { readonly kind: 'problem'; readonly key: PeopleProblem['key'] }

/** Long enough to install today and set up tomorrow. */
const FIRST_LINK_HOURS = 24

export class Welcome {
  readonly #rooms: WelcomeRooms
  readonly #minLength: number

  constructor(rooms: WelcomeRooms, { minLength }: { readonly minLength: number }) {
    this.#rooms = rooms
    this.#minLength = minLength
  }

  /** While there is no administrator: a new link, to be printed where only whoever runs this host sees it. */
  firstLink(tenant: string): string | undefined {
    const { people, links } = this.#rooms
    return people.hasAdministrator(tenant) ? undefined : links.make({ tenant, personId: undefined }, FIRST_LINK_HOURS)
  }

  /** Whom a link is for: a person, or nobody yet. Changes nothing. */
  look(untrustedToken: string): { readonly kind: 'first' } | { readonly kind: 'invited'; readonly name: string; readonly login: string } | { readonly kind: 'gone' } {
    const link = this.#rooms.links.look(untrustedToken)
    if (!link) return { kind: 'gone' }
    if (link.personId === undefined) return this.#rooms.people.hasAdministrator(link.tenant) ? { kind: 'gone' } : { kind: 'first' }
    const record = this.#rooms.people.byId(link.personId)
    return record ? { kind: 'invited', name: record.name, login: record.login } : { kind: 'gone' }
  }

  /** Makes the first administrator, whose second factor is asked for next. */
  async setUp(untrustedToken: string, newcomer: Newcomer, visitor: Visitor): Promise<WelcomeAnswer> {
    if (this.look(untrustedToken).kind !== 'first') return { kind: 'gone' }
    const problem = passwordProblem(newcomer.password, this.#minLength, [newcomer.login, newcomer.name, newcomer.mailbox])
    if (problem) return { kind: 'unfit', problem }
    const personId = this.#makeAdministrator(untrustedToken, newcomer)
    return typeof personId === 'number' ? this.#choose(personId, newcomer.password, visitor) : personId
  }

  /** The person chooses a password; the link was the first factor. */
  async choosePassword(untrustedToken: string, password: string, visitor: Visitor): Promise<WelcomeAnswer> {
    const { links, people } = this.#rooms
    const personId = links.look(untrustedToken)?.personId
    const record = personId === undefined ? undefined : people.byId(personId)
    if (!record) return { kind: 'gone' }
    const problem = passwordProblem(password, this.#minLength, [record.login, record.name, record.mailbox])
    if (problem) return { kind: 'unfit', problem }
    return links.use(untrustedToken) ? this.#choose(record.personId, password, visitor) : { kind: 'gone' }
  }

  /** Link and person in one transaction: two who come at once are one administrator and one who is told so. */
  #makeAdministrator(untrustedToken: string, { login, name, mailbox }: Newcomer): number | WelcomeAnswer {
    const { db, links, people } = this.#rooms
    try {
      return db.write(() => {
        const link = links.use(untrustedToken)
        if (!link || link.personId !== undefined || people.hasAdministrator(link.tenant)) return { kind: 'gone' }
        const by = { actor: 'system', reason: 'set-up link of the first administrator' }
        return people.add({ tenant: link.tenant, login, name, mailbox, roles: ['staff', 'administrator'] }, by).personId
      })
    } catch (error) {
      if (error instanceof PeopleProblem) return { kind: 'problem', key: error.key }
      throw error
    }
  }

  async #choose(personId: number, password: string, visitor: Visitor): Promise<WelcomeAnswer> {
    const { db, people, passwords, signIn } = this.#rooms
    const person = people.person(personId, dayOf(db.nowMs()))
    if (!person) return { kind: 'gone' }
    const problem = await passwords.set(personId, password, false, { actor: `user:${person.login}`, reason: 'by link' })
    return problem ? { kind: 'unfit', problem } : signIn.begin(person, 'link', 'one', visitor)
  }
}
