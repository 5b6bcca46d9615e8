/**
 * New people, and people who come back without password or device: what the command line and the pages of administration do
 * in the same way. Nobody chooses a password for somebody else; what is handed over is a link that is good once.
 */
import type { Act } from '../../store/contract.ts'
import type { PortalDb } from '../db/open.ts'
import { type NewPerson, PeopleProblem, type PersonRecord } from '../people/people.ts'
import type { PeopleRooms } from '../people/rooms.ts'
import type { SignInRooms } from './rooms.ts'

export type InvitationRooms = Pick<PeopleRooms, 'people' | 'departments' | 'memberships'> & Pick<SignInRooms, 'factors' | 'lockOut' | 'links'> & { readonly db: PortalDb }

export type FirstPost = { readonly code: string; readonly post: string; readonly approves: boolean }

/** Returns the last part of the link's address. @throws PeopleProblem */
export function addPerson(rooms: InvitationRooms, given: NewPerson & { readonly department?: FirstPost | undefined }, hours: number, by: Act): { readonly personId: number; readonly token: string } {
  const { db, people, departments, memberships, links } = rooms
  return db.write(() => {
    const { personId, fromDate } = people.add(given, by)
    if (given.department) {
      const { code, post, approves } = given.department
      const department = departments.byCode(given.tenant, code)
      if (!department) throw new PeopleProblem('department', `there is no department ${code}`)
      memberships.join({ personId, departmentId: department.departmentId, kind: 'main', post, approves, fromDate }, by)
    }
    return { personId, token: links.make({ tenant: given.tenant, personId }, hours) }
  })
}

/** For a new password; the old one ends nothing until then. `resetFactors`: for who has lost them all. */
export function invite(rooms: InvitationRooms, { personId, tenant, login }: PersonRecord, { hours, resetFactors, by }: { readonly hours: number; readonly resetFactors: boolean; readonly by: Act }): string {
  const { db, factors, lockOut, links } = rooms
  return db.write(() => {
    if (resetFactors) factors.reset(personId, by)
    lockOut.clearFor(tenant, login)
    db.audit({ tenant, kind: 'factor', actor: by.actor, subject: login, detail: { act: 'invited', reason: by.reason } })
    return links.make({ tenant, personId }, hours)
  })
}

/** Somebody else ends all sessions of a person: a device was lost, or was left open. */
export function endSessions({ db, people }: Pick<InvitationRooms, 'db' | 'people'>, { personId, tenant, login }: PersonRecord, by: Act): void {
  db.write(() => {
    people.endSessions(personId)
    db.audit({ tenant, kind: 'sign-out', actor: by.actor, subject: login, detail: { sessions: 'all', reason: by.reason } })
  })
}
