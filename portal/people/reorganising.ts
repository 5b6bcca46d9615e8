/**
 * Lays the lines of a reorganisation over the departments that are, writing as it goes (inside of a transaction).
 *
 * New ones come first, so that others can move below them; then changes, mergers, closures. Whoever belongs to a department
 * that is merged belongs to the other one from the day on, with the same post; its shared mailboxes and what stood below it
 * go along. Whoever is left in a department that is closed stays with it until a personnel change moves them, since nobody
 * is to be without an approver meanwhile: the diff says how many.
 */
import type { Act } from '../../store/contract.ts'
import { addDays, type Day } from './day.ts'
import type { Department, Departments } from './departments.ts'
import type { Mailboxes } from './mailboxes.ts'
import type { Membership, Memberships } from './memberships.ts'
import { PeopleProblem } from './people.ts'
import type { DepartmentLine } from './reorganisation-file.ts'
import type { TableProblem } from './table-file.ts'

/** One department's change, to be read by people. `before` and `after` are paths, '' where there is none. */
export type DepartmentDiff = {
  readonly code: string
  readonly kind: DepartmentLine['kind']
  readonly before: string
  readonly after: string
  /** Names of what else changed. */
  readonly also: readonly ('classification' | 'sharesAbove')[]
  /** Who moves along, or is left behind. */
  readonly people: number
  /** Shared mailboxes that go along, or are left behind. */
  readonly mailboxes: readonly string[]
}

type Rooms = { readonly departments: Departments; readonly memberships: Memberships; readonly mailboxes: Mailboxes }
type Laid = Omit<DepartmentDiff, 'after'> & { readonly departmentId: number }

const ORDER: readonly DepartmentLine['kind'][] = ['new', 'change', 'merge', 'close']

export class Reorganising {
  readonly problems: TableProblem[] = []
  /** Everybody whose department became another one. */
  readonly movedIds = new Set<number>()
  readonly #laid: Laid[] = []
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

  lay(lines: readonly DepartmentLine[]): void {
    const sorted = ORDER.flatMap(kind => (kind === 'new' ? this.#parentsFirst(lines.filter(each => each.kind === 'new')) : lines.filter(each => each.kind === kind)))
    for (const line of sorted) {
      try {
        this.#line(line)
      } catch (error) {
        if (!(error instanceof PeopleProblem)) throw error
        this.#bad(line, '', error.key, line.code)
      }
    }
  }

  /** Paths as they are once every line is laid. */
  get diff(): DepartmentDiff[] {
    const { departments } = this.#rooms
    return this.#laid.map(({ departmentId, ...each }) => ({ ...each, after: each.kind === 'close' ? '' : departments.pathOf(departmentId) }))
  }

  #parentsFirst(lines: readonly DepartmentLine[]): DepartmentLine[] {
    const sorted: DepartmentLine[] = []
    let left = [...lines]
    while (left.length > 0) {
      const waiting = new Set(left.map(({ code }) => code))
      const ready = left.filter(({ parentCode }) => parentCode === undefined || !waiting.has(parentCode))
      // A circle: laid as they stand, and refused for what is missing.
      sorted.push(...(ready.length > 0 ? ready : left))
      left = ready.length > 0 ? left.filter(each => !ready.includes(each)) : []
    }
    return sorted
  }

  #line(line: DepartmentLine): void {
    if (line.kind === 'new') return this.#open(line)
    const department = this.#known(line, '所属コード', line.code)
    if (!department) return
    if (line.kind === 'change') this.#change(line, department)
    else if (line.kind === 'merge') this.#merge(line, department)
    else this.#close(line, department)
  }

  #open(line: DepartmentLine): void {
    if (line.parentCode && !this.#known(line, '上位コード', line.parentCode)) return
    const { code, name, parentCode, classification, sharesAbove = false } = line
    const { departmentId } = this.#rooms.departments.add({ tenant: this.#tenant, code, name, parentCode, classification, sharesAbove, fromDate: this.#day }, this.#by)
    this.#laid.push({ departmentId, code, kind: 'new', before: '', also: [], people: 0, mailboxes: [] })
  }

  #change(line: DepartmentLine, { departmentId, classification, sharesAbove }: Department): void {
    const { departments } = this.#rooms
    if (line.parentCode && !this.#known(line, '上位コード', line.parentCode)) return
    const before = departments.pathOf(departmentId)
    const also = [
      ...(line.classification !== undefined && line.classification !== classification ? (['classification'] as const) : []),
      ...(line.sharesAbove !== undefined && line.sharesAbove !== sharesAbove ? (['sharesAbove'] as const) : []),
    ]
    const change = {
      ...(line.name === '' ? {} : { name: line.name }),
      ...(line.parentCode === undefined ? {} : { parentCode: line.parentCode }),
      ...(line.classification === undefined ? {} : { classification: line.classification }),
      ...(line.sharesAbove === undefined ? {} : { sharesAbove: line.sharesAbove }),
    }
    departments.change(departmentId, change, this.#by)
    if (also.length > 0 || departments.pathOf(departmentId) !== before) this.#laid.push({ departmentId, code: line.code, kind: 'change', before, also, people: 0, mailboxes: [] })
  }

  #merge(line: DepartmentLine, { departmentId, code }: Department): void {
    const into = this.#known(line, '統合先コード', line.into)
    if (!into) return
    const { departments, memberships, mailboxes } = this.#rooms
    const before = departments.pathOf(departmentId)
    const members = memberships.ofDepartmentFrom(departmentId, this.#day)
    for (const member of members) this.#moveMember(member, into.departmentId)
    const moved = mailboxes.moveHolders(departmentId, into.departmentId, this.#day, this.#by)
    for (const below of departments.below(departmentId, this.#day)) departments.change(below.departmentId, { parentCode: into.code }, this.#by)
    departments.change(departmentId, { toDate: addDays(this.#day, -1) }, this.#by)
    this.#laid.push({ departmentId: into.departmentId, code, kind: 'merge', before, also: [], people: new Set(members.map(each => each.personId)).size, mailboxes: moved })
  }

  /** Who belongs to both already has one post there afterwards, the weightier of the two. */
  #moveMember({ membershipId, personId, kind, post, approves, fromDate, toDate }: Membership, departmentId: number): void {
    const { memberships } = this.#rooms
    const eve = addDays(this.#day, -1)
    const there = memberships.from(personId, this.#day).find(each => each.departmentId === departmentId)
    memberships.leave(membershipId, eve, this.#by)
    if (there) memberships.leave(there.membershipId, eve, this.#by)
    const weightier = there && (there.kind === 'main' || kind !== 'main') ? there : { kind, post, toDate }
    const given = { personId, departmentId, kind: weightier.kind, post: weightier.post, approves: approves || there?.approves === true }
    memberships.join({ ...given, fromDate: fromDate > this.#day ? fromDate : this.#day, toDate: weightier.toDate }, this.#by)
    this.movedIds.add(personId)
  }

  #close(line: DepartmentLine, { departmentId, code }: Department): void {
    const { departments, memberships, mailboxes } = this.#rooms
    const below = departments.below(departmentId, this.#day)
    if (below.length > 0) return this.#bad(line, '', 'not-empty', below.map(each => each.code).join(' '))
    const members = new Set(memberships.ofDepartmentFrom(departmentId, this.#day).map(each => each.personId))
    const before = departments.pathOf(departmentId)
    departments.change(departmentId, { toDate: addDays(this.#day, -1) }, this.#by)
    this.#laid.push({ departmentId, code, kind: 'close', before, also: [], people: members.size, mailboxes: mailboxes.heldBy(departmentId, this.#day) })
  }

  #known(line: DepartmentLine, column: string, code: string): Department | undefined {
    const found = this.#rooms.departments.byCode(this.#tenant, code)
    if (found && found.fromDate <= this.#day && (found.toDate === undefined || found.toDate >= this.#day)) return found
    return this.#bad(line, column, found ? 'closed-department' : 'unknown-department', code)
  }

  #bad({ line }: DepartmentLine, column: string, problem: string, value: string): undefined {
    this.problems.push({ line, column, problem, value })
    return undefined
  }
}
