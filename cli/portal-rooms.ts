/** The rooms of the portal, each with its values from the settings: the database, people, sign-in. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/schema.ts'
import { ApiTokens } from '../portal/api/tokens.ts'
import { openPortalDb, type PortalDb } from '../portal/db/open.ts'
import type { Face } from '../portal/http/route.ts'
import type { Found } from '../portal/http/face.ts'
import type { Entrance } from '../portal/pages/entrance.ts'
import { openPeople, type PeopleRooms } from '../portal/people/rooms.ts'
import type { LdapSettings } from '../portal/sign-in/ldap.ts'
import type { OidcSettings } from '../portal/sign-in/oidc.ts'
import { openSignIn, type SignInRooms } from '../portal/sign-in/rooms.ts'

const MINUTE_MS = 60_000
/** For a sign-in that was begun: time to fetch a device, or to set one up. */
const UNFINISHED_MS = 10 * MINUTE_MS

export type PortalRooms = PeopleRooms & SignInRooms & { readonly db: PortalDb; readonly tokens: ApiTokens }

export async function openPortalRooms(config: Config): Promise<PortalRooms> {
  const directory = join(config.dataDir, 'portal')
  const { name, session, password, secondFactor } = config.portal
  const db = await openPortalDb(directory, Date.now, config.store.retention.auditYears)
  const people = openPeople(db)
  const signIn = await openSignIn(db, people.people, {
    directory,
    issuer: name || 'Sekisho',
    secondFactorFor: secondFactor.requiredFor,
    password,
    ldap: ldapOf(config),
    oidc: oidcOf(config),
    session: {
      idleMs: session.idleMinutes * MINUTE_MS,
      absoluteMs: session.hours * 60 * MINUTE_MS,
      unfinishedMs: UNFINISHED_MS,
      mostPerPerson: session.mostPerPerson,
    },
  })
  return { db, ...people, ...signIn, tokens: new ApiTokens(db) }
}

function ldapOf({ portal: { ldap } }: Config): LdapSettings | undefined {
  const { url, caFile, bindPasswordFile, ...rest } = ldap
  if (url === '') return undefined
  const read = (path: string) => (path === '' ? '' : readFileSync(path, 'utf8'))
  return { ...rest, url, ca: read(caFile), bindPassword: read(bindPasswordFile).replace(/\r?\n$/, '') }
}

function oidcOf({ portal: { oidc } }: Config): OidcSettings | undefined {
  const { caFile, clientSecretFile, name: _, ...rest } = oidc
  if (rest.issuer === '') return undefined
  const read = (path: string) => (path === '' ? '' : readFileSync(path, 'utf8'))
  return { ...rest, ca: read(caFile), clientSecret: read(clientSecretFile).replace(/\r?\n$/, '') }
}

/** What the pages of signing in stand on. */
export function entranceOf(rooms: PortalRooms, { portal }: Config): Entrance {
  const { name, password, secondFactor, stepUpMinutes, era, oidc } = portal
  return {
    ...rooms,
    name: name || 'Sekisho',
    oidcName: oidc.name,
    era,
    minPasswordLength: password.minLength,
    webauthnDomain: secondFactor.webauthnDomain,
    certificateCountsAs: secondFactor.certificateCountsAs,
    stepUpMs: stepUpMinutes * MINUTE_MS,
  }
}

/** Who has this cookie on this face, at whatever stage. */
export function findSession({ sessions }: PortalRooms, cookie: string, face: Face): Found | undefined {
  const open = sessions.find(cookie, face)
  if (open) return { ...open, stage: 'open' }
  const begun = sessions.unfinished(cookie, face)
  if (!begun) return undefined
  const { person, stage, sessionId, factors, csrfToken } = begun
  return { person, stage, session: { sessionId, startedAtMs: 0, factors, steppedUpAtMs: undefined, csrfToken } }
}
