/**
 * Signing in, step by step. Whatever the way (password, certificate, OIDC, LDAP), a session begins here and only here.
 *
 *   first factor ─▶ second factor, if the person has one or the role needs one ─▶ new password, if somebody else chose it ─▶ open
 *
 * Answers do not tell an unknown login from a wrong password, neither by their words nor by their time.
 */
import type { PortalDb } from '../db/open.ts'
import { dayOf } from '../people/day.ts'
import { GIVEN_ROLES, type GivenRole, type People, PeopleProblem, type PersonRecord } from '../people/people.ts'
import type { Person, Role, SignedIn } from '../people/person.ts'
import type { CodeAnswer, Factors } from './factors.ts'
import type { LdapDirectory } from './ldap.ts'
import { accountKey, addressKey, type LockOut, type TryKey } from './lock-out.ts'
import { TooBusy } from './password.ts'
import type { PasswordProblem } from './password-rules.ts'
import type { Passwords } from './passwords.ts'
import type { Sessions, Stage, Unfinished } from './sessions.ts'

/** Where a request comes from, as the session list and the audit chain show it, and on which face: a session counts there alone. */
export type Visitor = { readonly face: string; readonly address: string; readonly agent: string }

export type Refused = { readonly kind: 'refused'; readonly why: 'wrong' | 'locked' | 'busy'; readonly retryAfterMs: number }

export type SignInAnswer =
  | { readonly kind: 'signed-in'; readonly cookie: string; readonly person: Person }
  /** The next page asks for what the stage is called. */
  | { readonly kind: 'go-on'; readonly cookie: string; readonly stage: Exclude<Stage, 'open'>; readonly person: Person }
  | Refused

/** Methods that are two factors by themselves: a card with its PIN. */
export type Method = 'password' | 'link' | 'certificate' | 'oidc' | 'ldap' | 'passkey'

export type SignInSettings = { readonly secondFactorFor: readonly Role[]; /** Whose people the directory knows: another town's person of the same login is somebody else. */ readonly directoryTenant: string }

export type SignInParts = {
  readonly db: PortalDb
  readonly people: People
  readonly sessions: Sessions
  readonly passwords: Passwords
  readonly lockOut: LockOut
  readonly factors: Factors
  /** The organisation's own, where there is one. */
  readonly directory?: Pick<LdapDirectory, 'check'> | undefined
}

export class SignIn {
  readonly #rooms: SignInParts
  readonly #settings: SignInSettings

  constructor(rooms: SignInParts, settings: SignInSettings) {
    this.#rooms = rooms
    this.#settings = settings
  }

  async withPassword(ask: { readonly tenant: string; readonly login: string; readonly password: string }, visitor: Visitor): Promise<SignInAnswer> {
    const { lockOut, people, passwords, directory, db } = this.#rooms
    const keys: TryKey[] = [accountKey(ask.tenant, ask.login), addressKey(ask.tenant, visitor.address)]
    const begun = lockOut.begin(keys)
    if (begun.kind === 'locked') return { kind: 'refused', why: 'locked', retryAfterMs: begun.retryAfterMs }
    const record = people.byLogin(ask.tenant, ask.login.normalize('NFKC').trim())
    const right = await this.#checked(() => passwords.check(record?.personId, ask.password))
    // Only where there is no local password: a directory must not open an account that has one.
    if (right === false && directory && ask.tenant === this.#settings.directoryTenant && record && !passwords.has(record.personId)) return this.#byDirectory(record.personId, ask, keys, visitor)
    if (right === 'busy') return { kind: 'refused', why: 'busy', retryAfterMs: 1_000 }
    const person = right && record ? people.person(record.personId, dayOf(db.nowMs())) : undefined
    if (!person) return this.refuse(ask.tenant, record?.login, 'password', visitor)
    lockOut.succeeded(keys)
    return this.begin(person, 'password', 'one', visitor)
  }

  /** A password that the organisation's directory knows; its groups say the roles, where that is set. */
  async #byDirectory(personId: number, { tenant, login, password }: { readonly tenant: string; readonly login: string; readonly password: string }, keys: readonly TryKey[], visitor: Visitor): Promise<SignInAnswer> {
    const { directory, lockOut, people, db } = this.#rooms
    const answer = await directory!.check(login.normalize('NFKC').trim(), password)
    if (answer.kind === 'unavailable') {
      lockOut.takeBack(keys)
      return { kind: 'refused', why: 'busy', retryAfterMs: 1_000 }
    }
    const record = people.byId(personId)
    if (answer.kind === 'wrong' || !record) return this.refuse(tenant, record?.login, 'ldap', visitor)
    lockOut.succeeded(keys)
    if (answer.roles) this.#followGroups(record, answer.roles)
    const person = people.person(personId, dayOf(db.nowMs()))
    return person ? this.begin(person, 'ldap', 'one', visitor) : this.refuse(tenant, record.login, 'ldap', visitor)
  }

  /** Whoever is the last administrator stays one, whatever the groups say: or nobody could let anybody in. */
  #followGroups({ personId, roles }: PersonRecord, said: readonly GivenRole[]): void {
    const wanted = GIVEN_ROLES.filter(role => said.includes(role))
    if (wanted.join(' ') === roles.join(' ')) return
    try {
      this.#rooms.people.change(personId, { roles: wanted }, { actor: 'system', reason: 'groups of the directory' })
    } catch (error) {
      if (!(error instanceof PeopleProblem) || error.key !== 'last-administrator') throw error
    }
  }

  /** The first factor was right. `two`: the way itself is two factors. */
  begin(person: Person, method: Method, factors: 'one' | 'two', visitor: Visitor): SignInAnswer {
    const { db, sessions } = this.#rooms
    const stage = this.stageAfter(person, factors)
    const cookie = db.write(() => {
      this.#record(person, { method, address: visitor.address, next: stage })
      return sessions.begin(person.personId, person.tenant, { method, factors, stage, ...visitor })
    })
    return stage === 'open' ? { kind: 'signed-in', cookie, person } : { kind: 'go-on', cookie, stage, person }
  }

  /** A step of an unfinished sign-in is done; `factors` as of now. */
  goOn(sessionId: string, person: Person, factors: 'one' | 'two', visitor: Visitor): SignInAnswer {
    const { db, sessions } = this.#rooms
    const stage = this.stageAfter(person, factors)
    const cookie = db.write(() => {
      this.#record(person, { method: factors === 'two' ? 'second-factor' : 'step', address: visitor.address, next: stage })
      return sessions.raise(sessionId, { stage, factors, steppedUp: factors === 'two', face: visitor.face })
    })
    return stage === 'open' ? { kind: 'signed-in', cookie, person } : { kind: 'go-on', cookie, stage, person }
  }

  /** The second factor was shown, at sign-in or as a step-up of an open session. */
  secondFactor(of: Unfinished | SignedIn, shown: CodeAnswer, visitor: Visitor): SignInAnswer {
    const { person } = of
    if (shown.kind === 'locked') return { kind: 'refused', why: 'locked', retryAfterMs: shown.retryAfterMs }
    if (shown.kind === 'wrong') return this.refuse(person.tenant, person.login, 'second-factor', visitor)
    return this.goOn('session' in of ? of.session.sessionId : of.sessionId, person, 'two', visitor)
  }

  /** The last step where somebody else had chosen the password. Every other session of this person ends. */
  async newPassword(unfinished: Unfinished, password: string, visitor: Visitor): Promise<SignInAnswer | { readonly kind: 'unfit'; readonly problem: PasswordProblem }> {
    const { passwords } = this.#rooms
    const { person, factors, stage } = unfinished
    if (stage !== 'new-password') throw new Error(`a new password at stage ${stage}`)
    if (await passwords.check(person.personId, password)) return { kind: 'unfit', problem: 'same' }
    const problem = await passwords.set(person.personId, password, false, { actor: `user:${person.login}`, reason: 'first sign-in' })
    return problem ? { kind: 'unfit', problem } : this.begin(person, 'password', factors, visitor)
  }

  /** Every other session of this person ends; the answer's cookie is the new one. */
  async changePassword(
    { person, session }: SignedIn,
    { current, next }: { readonly current: string; readonly next: string },
    visitor: Visitor,
  ): Promise<SignInAnswer | { readonly kind: 'unfit'; readonly problem: PasswordProblem }> {
    const { passwords, lockOut } = this.#rooms
    const keys = [accountKey(person.tenant, person.login)]
    const begun = lockOut.begin(keys)
    if (begun.kind === 'locked') return { kind: 'refused', why: 'locked', retryAfterMs: begun.retryAfterMs }
    if (!(await passwords.check(person.personId, current))) return this.refuse(person.tenant, person.login, 'password', visitor)
    lockOut.succeeded(keys)
    if (current === next) return { kind: 'unfit', problem: 'same' }
    const problem = await passwords.set(person.personId, next, false, { actor: `user:${person.login}`, reason: 'own change' })
    return problem ? { kind: 'unfit', problem } : this.begin(person, 'password', session.factors, visitor)
  }

  /** What is still missing. A second factor comes before a new password: a stolen first password must not set another. */
  stageAfter(person: Person, factors: 'one' | 'two'): Stage {
    if (factors === 'one') {
      if (this.#rooms.factors.of(person.personId).length > 0) return 'second-factor'
      if (this.needsSecondFactor(person)) return 'enrol'
    }
    return this.#rooms.passwords.mustChange(person.personId) ? 'new-password' : 'open'
  }

  needsSecondFactor(person: Person): boolean {
    return this.#settings.secondFactorFor.some(role => person.roles.has(role))
  }

  signOut(cookie: string | undefined, face: string): void {
    const { db, sessions } = this.#rooms
    const found = sessions.find(cookie, face)
    const begun = sessions.unfinished(cookie, face)
    const id = found?.session.sessionId ?? begun?.sessionId
    const person = found?.person ?? begun?.person
    if (id === undefined || !person) return
    db.write(() => {
      sessions.end(person.personId, id)
      db.audit({ tenant: person.tenant, kind: 'sign-out', actor: `user:${person.login}`, subject: person.login, detail: {} })
    })
  }

  /** `login` only when there is such a person: in place of a login people type their passwords. */
  refuse(tenant: string, login: string | undefined, method: string, { address }: Visitor): Refused {
    const { db } = this.#rooms
    const subject = login ?? '(unknown)'
    db.write(() => db.audit({ tenant, kind: 'sign-in-refused', actor: 'system', subject, detail: { method, address } }))
    return { kind: 'refused', why: 'wrong', retryAfterMs: 0 }
  }

  async #checked(check: () => Promise<boolean>): Promise<boolean | 'busy'> {
    try {
      return await check()
    } catch (error) {
      if (error instanceof TooBusy) return 'busy'
      throw error
    }
  }

  #record(person: Person, detail: Readonly<Record<string, string>>): void {
    this.#rooms.db.audit({ tenant: person.tenant, kind: 'sign-in', actor: `user:${person.login}`, subject: person.login, detail })
  }
}
