/** Everything about people, made once by whoever opens the portal. */
import type { PortalDb } from '../db/open.ts'
import { Departments } from './departments.ts'
import { PortalDirectory } from './directory.ts'
import { Mailboxes } from './mailboxes.ts'
import { Memberships } from './memberships.ts'
import { People } from './people.ts'
import { PersonnelChanges } from './personnel-change.ts'

export function openPeople(db: PortalDb) {
  const [people, departments, memberships] = [new People(db), new Departments(db), new Memberships(db)]
  const mailboxes = new Mailboxes(db, departments)
  const directory = new PortalDirectory({ db, people, departments, memberships, mailboxes })
  const changes = new PersonnelChanges({ db, people, departments, memberships, mailboxes, directory })
  return { people, departments, memberships, mailboxes, directory, changes }
}

export type PeopleRooms = ReturnType<typeof openPeople>
