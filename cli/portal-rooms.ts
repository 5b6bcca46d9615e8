/** The rooms of the portal, each with its values from the settings: the database, people, sign-in. */
import { join } from 'node:path'
import type { Config } from '../config/schema.ts'
import { openPortalDb, type PortalDb } from '../portal/db/open.ts'
import type { Found } from '../portal/http/server.ts'
import { People } from '../portal/people/people.ts'
import { LockOut } from '../portal/sign-in/lock-out.ts'
import { PasswordHashing } from '../portal/sign-in/password.ts'
import { Passwords } from '../portal/sign-in/passwords.ts'
import { Sessions } from '../portal/sign-in/sessions.ts'
import { SignIn } from '../portal/sign-in/sign-in.ts'

const MINUTE_MS = 60_000

export type PortalRooms = {
  readonly db: PortalDb
  readonly people: People
  readonly sessions: Sessions
  readonly signIn: SignIn
}

export async function openPortalRooms(config: Config): Promise<PortalRooms> {
  const db = await openPortalDb(join(config.dataDir, 'portal'), Date.now)
  const people = new People(db)
  const sessions = new Sessions(db, people, { idleMs: 15 * MINUTE_MS, absoluteMs: 8 * 60 * MINUTE_MS, unfinishedMs: 10 * MINUTE_MS, mostPerPerson: 5 })
  const passwords = new Passwords(db, people, { minLength: 12 }, new PasswordHashing({ memoryKib: 19_456, passes: 2, parallelism: 1 }))
  const signIn = new SignIn({ db, people, sessions, passwords, lockOut: new LockOut(db), factorsOf: () => [] }, { secondFactorFor: ['administrator', 'auditor'] })
  return { db, people, sessions, signIn }
}

/** Who has this cookie, at whatever stage. */
export function findSession({ sessions }: PortalRooms, cookie: string): Found | undefined {
  const open = sessions.find(cookie)
  if (open) return { ...open, stage: 'open' }
  const begun = sessions.unfinished(cookie)
  if (!begun) return undefined
  const { person, stage, sessionId, factors, csrfToken } = begun
  return { person, stage, session: { sessionId, startedAtMs: 0, factors, steppedUpAtMs: undefined, csrfToken } }
}
