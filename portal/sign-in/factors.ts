/**
 * The second factors of a person, and the acts with them: set up, show, take away. Every one of these is in the chain.
 * A recovery code stands for any of them, once.
 */
import type { Act } from '../../store/contract.ts'
import type { PortalDb } from '../db/open.ts'
import type { People } from '../people/people.ts'
import type { Person } from '../people/person.ts'
import { type LockOut, secondFactorKey } from './lock-out.ts'
import type { RecoveryCodes } from './recovery-codes.ts'
import type { TotpFactor } from './totp.ts'
import type { RelyingParty, WebauthnFactor } from './webauthn.ts'

export type FactorRooms = {
  readonly db: PortalDb
  readonly people: People
  readonly lockOut: LockOut
  readonly totp: TotpFactor
  readonly webauthn: WebauthnFactor
  readonly recovery: RecoveryCodes
}

export type CodeAnswer = { readonly kind: 'right'; readonly by: 'totp' | 'recovery' | 'webauthn' } | { readonly kind: 'wrong' } | { readonly kind: 'locked'; readonly retryAfterMs: number }

export class Factors {
  readonly #rooms: FactorRooms

  constructor(rooms: FactorRooms) {
    this.#rooms = rooms
  }

  of(personId: number): ('totp' | 'webauthn')[] {
    const { totp, webauthn } = this.#rooms
    return [...(totp.has(personId) ? ['totp' as const] : []), ...(webauthn.keysOf(personId).length > 0 ? ['webauthn' as const] : [])]
  }

  /** Six digits, or a recovery code. */
  checkCode(person: Person, untrustedCode: string): CodeAnswer {
    const { db, lockOut, totp, recovery } = this.#rooms
    const key = secondFactorKey(person.tenant, person.login)
    const begun = lockOut.begin([key])
    if (begun.kind === 'locked') return begun
    return db.write(() => {
      const by = totp.check(person.personId, untrustedCode) ? 'totp' : recovery.use(person.personId, untrustedCode) ? 'recovery' : undefined
      if (!by) return { kind: 'wrong' }
      if (by === 'recovery') this.#record(person, { act: 'recovery-code-used', left: recovery.left(person.personId) })
      lockOut.succeeded([key])
      return { kind: 'right', by }
    })
  }

  async checkKey(sessionId: string, person: Person, untrusted: unknown, rp: RelyingParty): Promise<CodeAnswer> {
    const { lockOut, webauthn } = this.#rooms
    const key = secondFactorKey(person.tenant, person.login)
    const begun = lockOut.begin([key])
    if (begun.kind === 'locked') return begun
    if (!(await webauthn.check(sessionId, person, untrusted, rp))) return { kind: 'wrong' }
    lockOut.succeeded([key])
    return { kind: 'right', by: 'webauthn' }
  }

  /** The code proves that the secret arrived. With the first factor come recovery codes, shown once; undefined when the code is wrong. */
  addTotp(person: Person, untrustedCode: string): readonly string[] | undefined {
    const { db, totp } = this.#rooms
    return db.write(() => (totp.confirm(person.personId, untrustedCode) ? this.#added(person, { act: 'totp-added' }) : undefined))
  }

  async addKey(sessionId: string, person: Person, answer: { readonly untrusted: unknown; readonly name: string }, rp: RelyingParty): Promise<readonly string[] | undefined> {
    const { db, webauthn } = this.#rooms
    if (!(await webauthn.register(sessionId, person, answer, rp))) return undefined
    return db.write(() => this.#added(person, { act: 'key-added', name: answer.name.slice(0, 60) }))
  }

  renewRecoveryCodes(person: Person): readonly string[] {
    const { db, recovery } = this.#rooms
    return db.write(() => {
      this.#record(person, { act: 'recovery-codes' })
      return recovery.renew(person.personId, person.tenant)
    })
  }

  recoveryCodesLeft(personId: number): number {
    return this.#rooms.recovery.left(personId)
  }

  removeTotp(person: Person): boolean {
    const { db, totp } = this.#rooms
    return db.write(() => totp.remove(person.personId) && this.#removed(person, { act: 'totp-removed' }))
  }

  removeKey(person: Person, credentialId: string): boolean {
    const { db, webauthn } = this.#rooms
    return db.write(() => webauthn.remove(person.personId, credentialId) && this.#removed(person, { act: 'key-removed' }))
  }

  /** By an administrator, for somebody who has lost them all; ends every session of that person. */
  reset(personId: number, by: Act): void {
    const { db, people, totp, webauthn, recovery } = this.#rooms
    const record = people.byId(personId)
    if (!record) return
    db.write(() => {
      totp.remove(personId)
      for (const { credentialId } of webauthn.keysOf(personId)) webauthn.remove(personId, credentialId)
      recovery.remove(personId)
      people.endSessions(personId)
      const { tenant, login } = record
      db.audit({ tenant, kind: 'factor', actor: by.actor, subject: login, detail: { act: 'reset', reason: by.reason } })
    })
  }

  #added(person: Person, detail: Readonly<Record<string, string>>): readonly string[] {
    const { recovery } = this.#rooms
    this.#record(person, detail)
    return recovery.left(person.personId) > 0 ? [] : recovery.renew(person.personId, person.tenant)
  }

  /** Without a factor there is nothing that a recovery code could stand for. */
  #removed(person: Person, detail: Readonly<Record<string, string>>): true {
    this.#record(person, detail)
    if (this.of(person.personId).length === 0) this.#rooms.recovery.remove(person.personId)
    return true
  }

  #record({ tenant, login }: Person, detail: Readonly<Record<string, string | number>>): void {
    this.#rooms.db.audit({ tenant, kind: 'factor', actor: `user:${login}`, subject: login, detail })
  }
}
