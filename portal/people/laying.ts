/** Lays the lines of a personnel change over what is: person by person, writing as it goes (inside of a transaction). */
import type { Act } from '../../store/contract.ts'
import { addDays, type Day } from './day.ts'
import type { Departments } from './departments.ts'
import type { Membership, Memberships } from './memberships.ts'
import { type People, PeopleProblem, type PersonRecord } from './people.ts'
import type { PersonnelLine } from './personnel-file.ts'
import type { TableProblem } from './table-file.ts'

/** One person's change, to be read by people. Posts are `path post`, with 兼務 and 承認 as flags. */
export type PersonDiff = {
  readonly personId: number
  readonly login: string
  readonly name: string
  readonly kind: 'new' | 'moved' | 'left' | 'leave' | 'back' | 'changed'
  readonly before: readonly PostText[]
  readonly after: readonly PostText[]
  /** Names of what else changed: name, mailbox, roles, until. */
  readonly also: readonly string[]
}

export type PostText = { readonly department: string; readonly post: string; readonly isConcurrent: boolean; readonly approves: boolean; readonly until: Day | undefined }

/** Whoever left a department, and who came into the same post there on the same day. */
export type Moved = { readonly personId: number; readonly departmentId: number; readonly successorIds: readonly number[] }

type Rooms = { readonly people: People; readonly departments: Departments; readonly memberships: Memberships }
type Left = { readonly personId: number; readonly departmentId: number; readonly post: string }

export class Laying {
  readonly problems: TableProblem[] = []
  readonly diff: PersonDiff[] = []
  readonly #left: Left[] = []
  readonly #joined: Left[] = []
  readonly #rooms: Rooms
  readonly #tenant: string
  readonly #day: Day
  readonly #by: Act

  constructor(rooms: Rooms, tenant: string, day: Day, by: Act) {
    this.#rooms = rooms
    this.#tenant = tenant
    this.#day = day
    this.#by = by
  }

  lay(lines: readonly PersonnelLine[]): void {
    const byPerson = Map.groupBy(lines, ({ staffNumber, login }) => (staffNumber === '' ? `login ${login}` : `number ${staffNumber}`))
    for (const group of byPerson.values()) this.#person(group as [PersonnelLine, ...PersonnelLine[]])
  }

  get moved(): Moved[] {
    return this.#left.map(({ personId, departmentId, post }) => {
      const successors = this.#joined.filter(each => each.departmentId === departmentId && each.post === post && each.personId !== personId)
      return { personId, departmentId, successorIds: successors.map(each => each.personId) }
    })
  }

  #person(lines: readonly [PersonnelLine, ...PersonnelLine[]]): void {
    const [first] = lines
    try {
      const known = this.#find(first)
      const record = known ?? this.#add(first)
      if (!record) return
      const before = this.#posts(record.personId)
      const also = known ? this.#attributes(record, first) : []
      const kind = this.#posting(record, lines)
      const after = this.#posts(record.personId)
      if (known && kind === 'changed' && also.length === 0) return
      this.diff.push({ personId: record.personId, login: record.login, name: first.name || record.name, kind: known ? kind : 'new', before, after, also })
    } catch (error) {
      if (!(error instanceof PeopleProblem)) throw error
      this.#bad(first, '', error.key, first.login || first.staffNumber)
    }
  }

  #find({ staffNumber, login }: PersonnelLine): PersonRecord | undefined {
    const { people } = this.#rooms
    const byNumber = staffNumber === '' ? undefined : people.byStaffNumber(this.#tenant, staffNumber)
    return byNumber ?? (login === '' ? undefined : people.byLogin(this.#tenant, login))
  }

  #add(line: PersonnelLine): PersonRecord | undefined {
    if (line.kind !== 'main' && line.kind !== 'concurrent') return this.#bad(line, '', 'unknown-person', line.staffNumber || line.login)
    if (line.login === '' || line.name === '') return this.#bad(line, '', 'new-needs', line.staffNumber || line.login)
    const { staffNumber, login, name, mailbox, roles } = line
    const given = { tenant: this.#tenant, login, name, mailbox, roles: roles ?? (['staff'] as const), fromDate: this.#day, staffNumber: staffNumber || undefined }
    return this.#rooms.people.add(given, this.#by)
  }

  /** What is in the file and differs. The login stays: audit records name it. */
  #attributes(record: PersonRecord, { name, mailbox, roles, staffNumber, kind }: PersonnelLine): string[] {
    const { people } = this.#rooms
    const change = {
      ...(name !== '' && name !== record.name ? { name } : {}),
      ...(staffNumber !== '' && staffNumber !== record.staffNumber ? { staffNumber } : {}),
      ...(roles && roles.join(' ') !== record.roles.join(' ') ? { roles } : {}),
      // Somebody who comes back after a term.
      ...(kind !== 'retire' && record.toDate !== undefined && record.toDate < this.#day ? { toDate: undefined } : {}),
    }
    if (Object.keys(change).length > 0) people.change(record.personId, change, this.#by)
    const hasMoved = mailbox !== '' && mailbox !== record.mailbox
    if (hasMoved) people.setMailbox(record.personId, mailbox, this.#by)
    return [...Object.keys(change), ...(hasMoved ? ['mailbox'] : [])]
  }

  #posting(record: PersonRecord, lines: readonly PersonnelLine[]): PersonDiff['kind'] {
    const { people, memberships } = this.#rooms
    const eve = addDays(this.#day, -1)
    if (lines.some(({ kind }) => kind === 'retire')) {
      for (const membership of memberships.from(record.personId, this.#day)) this.#end(membership, eve)
      people.change(record.personId, { toDate: eve }, this.#by)
      return 'left'
    }
    const leave = lines.find(({ kind }) => kind === 'leave')
    if (leave) memberships.setAway(record.personId, 'leave', { fromDate: this.#day, toDate: leave.to }, this.#by)
    const isBack = lines.some(({ kind }) => kind === 'back')
    if (isBack) memberships.setBack(record.personId, this.#day, this.#by)
    const hasMoved = this.#memberships(record, lines.filter(({ kind }) => kind === 'main' || kind === 'concurrent'))
    return leave ? 'leave' : isBack ? 'back' : hasMoved ? 'moved' : 'changed'
  }

  /** From the day on exactly these posts; without any, they stay. */
  #memberships({ personId }: PersonRecord, lines: readonly PersonnelLine[]): boolean {
    if (lines.length === 0) return false
    const { memberships } = this.#rooms
    const open = memberships.from(personId, this.#day)
    const wanted = lines.flatMap(line => {
      const department = this.#departmentOf(line)
      return department === undefined ? [] : [{ line, departmentId: department }]
    })
    const same = (membership: Membership, { line, departmentId }: (typeof wanted)[number]) =>
      membership.departmentId === departmentId && membership.kind === line.kind && membership.post === line.post && membership.approves === line.approves && membership.toDate === line.to
    const over = open.filter(membership => !wanted.some(each => same(membership, each)))
    const fresh = wanted.filter(each => !open.some(membership => same(membership, each)))
    for (const membership of over) this.#end(membership, addDays(this.#day, -1))
    for (const { line, departmentId } of fresh) {
      const { kind, post, approves, to } = line
      memberships.join({ personId, departmentId, kind: kind as Membership['kind'], post, approves, fromDate: this.#day, toDate: to }, this.#by)
      this.#joined.push({ personId, departmentId, post })
    }
    return over.length + fresh.length > 0
  }

  #departmentOf(line: PersonnelLine): number | undefined {
    const found = this.#rooms.departments.byCode(this.#tenant, line.department)
    if (found && found.fromDate <= this.#day && (found.toDate === undefined || found.toDate >= this.#day)) return found.departmentId
    return this.#bad(line, '所属コード', found ? 'closed-department' : 'unknown-department', line.department)
  }

  #end(membership: Membership, lastDay: Day): void {
    this.#rooms.memberships.leave(membership.membershipId, lastDay, this.#by)
    this.#left.push({ personId: membership.personId, departmentId: membership.departmentId, post: membership.post })
  }

  #posts(personId: number): PostText[] {
    const { memberships, departments } = this.#rooms
    return memberships.ofPerson(personId, this.#day).map(({ departmentId, post, kind, approves, toDate }) => ({
      department: departments.pathOf(departmentId),
      post,
      isConcurrent: kind === 'concurrent',
      approves,
      until: toDate,
    }))
  }

  #bad({ line }: PersonnelLine, column: string, problem: string, value: string): undefined {
    this.problems.push({ line, column, problem, value })
    return undefined
  }
}
