/** A portal without pages: portal.db in a folder of its own, a clock that stands, the rooms of sign-in. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openPortalDb, type PortalDb } from '../../../../portal/db/open.ts'
import { dayOf } from '../../../../portal/people/day.ts'
import { type GivenRole, People, type PersonRecord } from '../../../../portal/people/people.ts'
import type { Person, Role } from '../../../../portal/people/person.ts'
import { LockOut } from '../../../../portal/sign-in/lock-out.ts'
import { PasswordHashing } from '../../../../portal/sign-in/password.ts'
import { Passwords } from '../../../../portal/sign-in/passwords.ts'
import { Sessions } from '../../../../portal/sign-in/sessions.ts'
import { SignIn } from '../../../../portal/sign-in/sign-in.ts'

export const BY = { actor: 'user:kanri', reason: 'test' }
export const VISITOR = { address: '192.0.2.7', agent: 'Mozilla/5.0 (test)' }
export const MINUTE_MS = 60_000
export const PASSWORD = '朝顔と三毛猫がならぶ縁側'

export type House = {
  readonly db: PortalDb
  readonly people: People
  readonly sessions: Sessions
  readonly passwords: Passwords
  readonly lockOut: LockOut
  readonly signIn: SignIn
  readonly clock: { nowMs: number }
  readonly directory: string
  /** What `factorsOf` answers. */
  readonly factors: Map<number, readonly ('totp' | 'webauthn')[]>
  person(login: string, roles?: readonly GivenRole[]): PersonRecord
  today(): string
  as(record: PersonRecord): Person
  records(kind: string): Record<string, unknown>[]
}

export async function openHouse({ secondFactorFor = ['administrator', 'auditor'] }: { readonly secondFactorFor?: readonly Role[] } = {}): Promise<House> {
  const directory = mkdtempSync(join(tmpdir(), 'sekisho-portal-'))
  const clock = { nowMs: Date.parse('2027-04-01T09:00:00+09:00') }
  const db = await openPortalDb(directory, () => clock.nowMs)
  onTestFinished(() => {
    db.close()
    rmSync(directory, { recursive: true })
  })
  const people = new People(db)
  const sessions = new Sessions(db, people, { idleMs: 15 * MINUTE_MS, absoluteMs: 480 * MINUTE_MS, unfinishedMs: 10 * MINUTE_MS, mostPerPerson: 5 })
  const passwords = new Passwords(db, people, { minLength: 12 }, new PasswordHashing({ memoryKib: 64, passes: 1, parallelism: 1 }))
  const lockOut = new LockOut(db)
  const factors = new Map<number, readonly ('totp' | 'webauthn')[]>()
  const rooms = { db, people, sessions, passwords, lockOut, factorsOf: (personId: number) => factors.get(personId) ?? [] }
  const today = () => dayOf(clock.nowMs)
  return {
    ...rooms,
    signIn: new SignIn(rooms, { secondFactorFor }),
    clock,
    directory,
    factors,
    today,
    person: (login, roles = ['staff']) =>
      people.add({ tenant: 'default', login, name: `${login} 太郎`, roles, mailbox: `${login}@town.example.jp`, fromDate: '2020-04-01' }, BY),
    as: record => people.person(record.personId, today())!,
    records: kind => db.all('SELECT actor, subject, detail FROM audit WHERE kind = ? ORDER BY seq', kind).map(row => ({ ...row, detail: JSON.parse(String(row['detail'])) })),
  }
}
