/**
 * What requests ask about people (requests/directory.ts), answered from today's rows: who may decide, in whose place, whose
 * mail it is. A personnel change, an absence or a deputy holds from its first day, with nothing to run.
 */
import type { PortalDb } from '../db/open.ts'
import type { Approver, Contact, Directory, Levels } from '../requests/directory.ts'
import { type Day, inForce } from './day.ts'
import type { Classification, Departments } from './departments.ts'
import type { Mailboxes } from './mailboxes.ts'
import type { Memberships } from './memberships.ts'
import { activeOn, type People } from './people.ts'
import type { Person } from './person.ts'

export type DirectoryRooms = {
  readonly db: PortalDb
  readonly people: People
  readonly departments: Departments
  readonly memberships: Memberships
  readonly mailboxes: Mailboxes
}

export class PortalDirectory implements Directory {
  readonly #rooms: DirectoryRooms

  constructor(rooms: DirectoryRooms) {
    this.#rooms = rooms
  }

  person(personId: number, today: Day): Person | undefined {
    return this.#rooms.people.person(personId, today)
  }

  /** Level 0: the approvers of the person's departments, main and concurrent; then those of the departments above. */
  approversFor(personId: number, today: Day): Levels {
    const { people, departments } = this.#rooms
    const ways = people.departmentsOf(personId, today).map(id => departments.above(id))
    const deepest = Math.max(0, ...ways.map(way => way.length))
    return Array.from({ length: deepest }, (_, level) => {
      const ids = new Set(ways.map(way => way[level]).filter(id => id !== undefined))
      return once([...ids].flatMap(id => this.#approversIn(id, today)))
    })
  }

  approversOf(tenant: string, departmentCode: string, today: Day): readonly Approver[] {
    const department = this.#rooms.departments.byCode(tenant, departmentCode)
    return department ? once(this.#approversIn(department.departmentId, today)) : []
  }

  administrators(tenant: string, today: Day): readonly Contact[] {
    const rows = this.#rooms.db.all(
      `SELECT p.person_id FROM persons p WHERE p.tenant = ? AND instr(' ' || p.roles || ' ', ' administrator ') > 0 AND ${inForce('p')} ORDER BY p.login`,
      ...[tenant, today, today],
    )
    return this.#contacts(rows.map(row => Number(row['person_id'])), today)
  }

  mailboxesOf(personId: number, today: Day): readonly string[] {
    return this.#rooms.mailboxes.mailboxesOf(personId, today)
  }

  readersOf(tenant: string, mailboxes: readonly string[], today: Day): readonly Contact[] {
    return this.#contacts(this.#rooms.mailboxes.readersOf(tenant, mailboxes, today), today)
  }

  departmentNames(departmentIds: readonly number[]): readonly string[] {
    return departmentIds.map(id => this.#rooms.departments.byId(id)?.name ?? '').filter(Boolean)
  }

  departmentCodes(departmentIds: readonly number[]): readonly string[] {
    return departmentIds.map(id => this.#rooms.departments.byId(id)?.code ?? '').filter(Boolean)
  }

  classificationOf(tenant: string, mailboxes: readonly string[], departmentIds: readonly number[]): Classification | undefined {
    return this.#rooms.mailboxes.classOf(tenant, mailboxes, departmentIds)
  }

  /** Approvers in their own name; for each who is away, the deputies who are there. */
  #approversIn(departmentId: number, today: Day): Approver[] {
    const { memberships } = this.#rooms
    return memberships.ofDepartment(departmentId, today).filter(({ approves }) => approves).flatMap(({ personId }): Approver[] => {
      const [principal] = this.#contacts([personId], today)
      if (!principal) return []
      if (!memberships.isAway(personId, today)) return [{ person: principal }]
      const there = memberships.deputiesOf(personId, today).filter(id => !memberships.isAway(id, today))
      const { login, name } = principal
      return this.#contacts(there, today).map(person => ({ person, inPlaceOf: { personId, login, name } }))
    })
  }

  #contacts(personIds: readonly number[], today: Day): Contact[] {
    return personIds.flatMap(id => {
      const record = this.#rooms.people.byId(id)
      if (!record || !activeOn(record, today)) return []
      const { personId, login, name, mailbox, language } = record
      return [{ personId, login, name, mailbox, language }]
    })
  }
}

/** One entry per person and principal; in their own name counts before in somebody's place. */
function once(approvers: readonly Approver[]): Approver[] {
  const own = new Set(approvers.filter(each => !each.inPlaceOf).map(each => each.person.personId))
  const seen = new Set<string>()
  return approvers.filter(({ person, inPlaceOf }) => {
    if (inPlaceOf && own.has(person.personId)) return false
    const key = `${person.personId} ${inPlaceOf?.personId ?? ''}`
    return !seen.has(key) && seen.add(key)
  })
}
