/** A portal without pages: portal.db in a folder of its own, a clock that stands, the rooms of sign-in. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TOTP, URI } from 'otpauth'
import { onTestFinished } from 'vitest'
import { openPortalDb, type PortalDb } from '../../../../portal/db/open.ts'
import { dayOf } from '../../../../portal/people/day.ts'
import type { GivenRole, PersonRecord } from '../../../../portal/people/people.ts'
import type { Role } from '../../../../portal/people/person.ts'
import { openPeople } from '../../../../portal/people/rooms.ts'
import type { OidcSettings } from '../../../../portal/sign-in/oidc.ts'
import { PasswordHashing } from '../../../../portal/sign-in/password.ts'
import { openSignIn } from '../../../../portal/sign-in/rooms.ts'

export const BY = { actor: 'user:kanri', reason: 'test' }
export const VISITOR = { face: 'inner', address: '192.0.2.7', agent: 'Mozilla/5.0 (test)' }
export const MINUTE_MS = 60_000
export const PASSWORD = '朝顔と三毛猫がならぶ縁側'

/** As weak as it goes, so that tests are quick: what is tested here is not argon2. */
const QUICK = new PasswordHashing({ memoryKib: 64, passes: 1, parallelism: 1 })

type Wanted = { readonly secondFactorFor?: readonly Role[]; readonly oidc?: OidcSettings | undefined; readonly mostPerPerson?: number }

export async function roomsOver(db: PortalDb, folder: string, { secondFactorFor = [], oidc, mostPerPerson = 5 }: Wanted = {}) {
  const offices = openPeople(db)
  const rooms = await openSignIn(db, offices.people, {
    directory: folder,
    issuer: '関所',
    secondFactorFor,
    password: { minLength: 12 },
    session: { idleMs: 15 * MINUTE_MS, absoluteMs: 480 * MINUTE_MS, unfinishedMs: 10 * MINUTE_MS, mostPerPerson },
    hashing: QUICK,
    oidc,
  })
  return { db, ...offices, ...rooms }
}

export type House = Awaited<ReturnType<typeof openHouse>>

export async function openHouse({ secondFactorFor = ['administrator', 'auditor'], oidc }: { readonly secondFactorFor?: readonly Role[]; readonly oidc?: OidcSettings | undefined } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'sekisho-portal-'))
  const clock = { nowMs: Date.parse('2027-04-01T09:00:00+09:00') }
  const db = await openPortalDb(folder, () => clock.nowMs)
  onTestFinished(() => {
    db.close()
    rmSync(folder, { recursive: true })
  })
  const rooms = await roomsOver(db, folder, { secondFactorFor, oidc })
  const { people, totp, factors } = rooms
  const today = () => dayOf(clock.nowMs)
  const as = (record: PersonRecord) => people.person(record.personId, today())!
  return {
    ...rooms,
    clock,
    folder,
    today,
    as,
    person: (login: string, roles: readonly GivenRole[] = ['staff']) =>
      people.add({ tenant: 'default', login, name: `${login} 太郎`, roles, mailbox: `${login}@town.example.jp`, fromDate: '2020-04-01' }, BY),
    /** Sets TOTP up, and returns what makes its codes. */
    withTotp: (record: PersonRecord) => {
      const codes = URI.parse(totp.offer(record.personId, 'default', record.login)!.uri) as TOTP
      factors.addTotp(as(record), codes.generate({ timestamp: clock.nowMs }))
      clock.nowMs += MINUTE_MS
      return codes
    },
    records: (kind: string) =>
      db.all('SELECT actor, subject, detail FROM audit WHERE kind = ? ORDER BY seq', kind).map(row => ({ actor: String(row['actor']), subject: String(row['subject']), detail: JSON.parse(String(row['detail'])) as Record<string, unknown> })),
  }
}
