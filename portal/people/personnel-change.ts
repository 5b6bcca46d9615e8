/**
 * A personnel change (人事異動) or a reorganisation (機構改革): a file, a date of effect, a diff that is read first. On the day itself the file is laid over
 * what then is; before, it can be withdrawn without a trace in memberships. A dry run is the same act in a transaction that
 * is undone, so it cannot promise what the real one would not do.
 *
 * Of one day reorganisations come first: the file of people may name departments that begin that day, and its dry run
 * sees the reorganisations that are planned until then.
 *
 *   file ─▶ rehearse (problems, or diff) ─▶ plan ─▶ (day of effect) turn ─▶ memberships, roles, sessions ended, successors told
 */
import type { Act } from '../../store/contract.ts'
import type { Row } from '../../store/sqlite/own-database.ts'
import type { PortalDb } from '../db/open.ts'
import { addDays, type Day } from './day.ts'
import type { Departments } from './departments.ts'
import type { PortalDirectory } from './directory.ts'
import { Laying, type Moved, type PersonDiff } from './laying.ts'
import type { Mailboxes } from './mailboxes.ts'
import type { Memberships } from './memberships.ts'
import type { People } from './people.ts'
import type { PersonnelLine } from './personnel-file.ts'
import type { DepartmentLine } from './reorganisation-file.ts'
import { type DepartmentDiff, Reorganising } from './reorganising.ts'
import type { TableProblem } from './table-file.ts'

export type ChangeRooms = {
  readonly db: PortalDb
  readonly people: People
  readonly departments: Departments
  readonly memberships: Memberships
  readonly mailboxes: Mailboxes
  readonly directory: PortalDirectory
}

/** Told in the transaction of a change that takes effect: open requests of whoever left pass on to who came. */
export type OnMoved = (moved: readonly Moved[], by: Act) => void

/** What a file says, by what it is about. */
export type Change = { readonly about: 'people'; readonly lines: readonly PersonnelLine[] } | { readonly about: 'departments'; readonly lines: readonly DepartmentLine[] }
export type ChangeDiff = PersonDiff | DepartmentDiff

export type Rehearsal =
  | { readonly kind: 'diff'; readonly diff: readonly ChangeDiff[] }
  | { readonly kind: 'problems'; readonly problems: readonly TableProblem[] }

export type PlannedChange = {
  readonly changeId: number
  readonly about: Change['about']
  readonly effectiveDate: Day
  readonly state: 'planned' | 'in-force' | 'withdrawn'
  readonly plannedAtMs: number
  readonly plannedBy: string
  readonly lines: number
}

type Laid = { readonly kind: 'diff'; readonly diff: readonly ChangeDiff[]; readonly personIds: readonly number[]; readonly moved: readonly Moved[] }

const DRY_RUN: Act = { actor: 'system', reason: 'dry run' }

export class PersonnelChanges {
  readonly #rooms: ChangeRooms
  #onMoved: OnMoved = () => {}

  constructor(rooms: ChangeRooms) {
    this.#rooms = rooms
  }

  /** Requests come later than people: they ask to be told. */
  tell(onMoved: OnMoved): void {
    this.#onMoved = onMoved
  }

  /** What would change on the day, or everything that stands against it. Leaves no trace. */
  rehearse(tenant: string, change: Change, day: Day): Rehearsal {
    return this.#rooms.db.rehearse(() => this.#layPlanned(tenant, change, day) ?? this.#lay(tenant, change, day, DRY_RUN))
  }

  /** Kept until its day; takes effect at once where that is today or before. Nothing is kept where there are problems. */
  plan(tenant: string, change: Change, on: { readonly day: Day; readonly today: Day; readonly sha256: string }, by: Act): Rehearsal & { readonly changeId?: number } {
    const rehearsal = this.rehearse(tenant, change, on.day)
    if (rehearsal.kind === 'problems') return rehearsal
    const { db } = this.#rooms
    const changeId = db.write(() => {
      const row = [tenant, on.day, 'planned', db.nowMs(), by.actor, on.sha256, JSON.stringify(change.lines), change.about]
      const id = db.insert('INSERT INTO personnel_changes VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)', ...row)
      const detail = { act: 'planned', about: change.about, day: on.day, lines: change.lines.length, changes: rehearsal.diff.length, sha256: on.sha256, reason: by.reason }
      db.audit({ tenant, kind: 'personnel', actor: by.actor, subject: String(id), detail })
      return id
    })
    this.turn(on.today)
    return { ...rehearsal, changeId }
  }

  /** False when it is in force already, or never was. */
  withdraw(tenant: string, changeId: number, by: Act): boolean {
    const { db } = this.#rooms
    return db.write(() => {
      const sql = "UPDATE personnel_changes SET state = 'withdrawn' WHERE change_id = ? AND tenant = ? AND state = 'planned'"
      const withdrawn = db.run(sql, changeId, tenant) > 0
      if (withdrawn) db.audit({ tenant, kind: 'personnel', actor: by.actor, subject: String(changeId), detail: { act: 'withdrawn', reason: by.reason } })
      return withdrawn
    })
  }

  list(tenant: string): PlannedChange[] {
    const rows = this.#rooms.db.all('SELECT * FROM personnel_changes WHERE tenant = ? ORDER BY effective_date DESC, change_id DESC LIMIT 100', tenant)
    return rows.map(row => ({
      changeId: Number(row['change_id']),
      about: row['kind'] as Change['about'],
      effectiveDate: String(row['effective_date']),
      state: row['state'] as PlannedChange['state'],
      plannedAtMs: Number(row['planned_at_ms']),
      plannedBy: String(row['planned_by']),
      lines: (JSON.parse(String(row['rows'])) as unknown[]).length,
    }))
  }

  /**
   * Brings into force what is due, in the order of days; called every minute, and at start for the days that were missed.
   * A change that no longer fits is an alarm in the chain and stays planned; the others go on. Returns how many took effect.
   */
  turn(today: Day): number {
    const { db } = this.#rooms
    const due = db.all("SELECT * FROM personnel_changes WHERE state = 'planned' AND effective_date <= ? ORDER BY effective_date, kind, change_id", today)
    let taken = 0
    for (const row of due) {
      const [changeId, tenant, day] = [Number(row['change_id']), String(row['tenant']), String(row['effective_date'])]
      const change = changeFrom(row)
      if (db.rehearse(() => this.#lay(tenant, change, day, DRY_RUN)).kind === 'problems') this.#alarm(tenant, changeId, today)
      else {
        db.write(() => this.#takeEffect(tenant, changeId, change, day))
        taken++
      }
    }
    return taken
  }

  #takeEffect(tenant: string, changeId: number, change: Change, day: Day): void {
    const { db, people } = this.#rooms
    const by = { actor: 'system', reason: `${change.about === 'people' ? 'personnel change' : 'reorganisation'} ${changeId}` }
    const laid = this.#lay(tenant, change, day, by)
    if (laid.kind === 'problems') throw new Error(`personnel change ${changeId} does not fit`)
    for (const personId of laid.personIds) people.endSessions(personId)
    this.#onMoved(laid.moved, by)
    db.run("UPDATE personnel_changes SET state = 'in-force' WHERE change_id = ?", changeId)
    db.audit({ tenant, kind: 'personnel', actor: 'system', subject: String(changeId), detail: { act: 'in-force', about: change.about, day, people: laid.personIds.length, changes: laid.diff.length } })
  }

  /** Once a day. */
  #alarm(tenant: string, changeId: number, today: Day): void {
    const { db } = this.#rooms
    const subject = `personnel change ${changeId}`
    const told = db.get("SELECT 1 FROM audit WHERE subject = ? AND kind = 'alarm' AND detail LIKE ?", subject, `%"${today}"%`)
    if (!told) db.write(() => db.audit({ tenant, kind: 'alarm', actor: 'system', subject, detail: { day: today, problem: 'it no longer fits: withdraw it and plan it anew' } }))
  }

  /** Reorganisations that are planned until the day, for a dry run; undefined when they fit, and for one of departments. */
  #layPlanned(tenant: string, { about }: Change, day: Day): Extract<Rehearsal, { kind: 'problems' }> | undefined {
    if (about === 'departments') return undefined
    const sql = "SELECT * FROM personnel_changes WHERE tenant = ? AND state = 'planned' AND kind = 'departments' AND effective_date <= ? ORDER BY effective_date, change_id"
    for (const row of this.#rooms.db.all(sql, tenant, day)) {
      const laid = this.#lay(tenant, changeFrom(row), String(row['effective_date']), DRY_RUN)
      if (laid.kind === 'problems') return { kind: 'problems', problems: [{ line: 0, column: '', problem: 'planned-departments', value: String(row['effective_date']) }] }
    }
    return undefined
  }

  #lay(tenant: string, change: Change, day: Day, by: Act): Laid | Extract<Rehearsal, { kind: 'problems' }> {
    const eve = addDays(day, -1)
    const before = this.#approved(tenant, eve)
    // What a change finds without approver is not its doing; the self-inspection says so every day.
    const aloneBefore = new Set(this.#leftAlone(tenant, eve, before))
    const laying = change.about === 'people' ? new Laying(this.#rooms, tenant, day, by) : new Reorganising(this.#rooms, tenant, day, by)
    if (laying instanceof Laying) laying.lay(change.lines as readonly PersonnelLine[])
    else laying.lay(change.lines as readonly DepartmentLine[])
    const alone = laying.problems.length === 0 ? this.#leftAlone(tenant, day, before).filter(id => !aloneBefore.has(id)) : []
    const problems = [...laying.problems, ...alone.map(id => ({ line: 0, column: '', problem: 'no-approver', value: this.#rooms.departments.pathOf(id) }))]
    if (problems.length > 0) return { kind: 'problems', problems }
    if (laying instanceof Laying) return { kind: 'diff', diff: laying.diff, personIds: laying.diff.map(({ personId }) => personId), moved: laying.moved }
    return { kind: 'diff', diff: laying.diff, personIds: [...laying.movedIds], moved: [] }
  }

  /** Departments with members that lost their own approver, or that nobody approves for at any level. */
  #leftAlone(tenant: string, day: Day, before: ReadonlySet<number>): number[] {
    const { departments, memberships, directory } = this.#rooms
    return departments.list(tenant, day).flatMap(({ departmentId, code }) => {
      const members = memberships.ofDepartment(departmentId, day).filter(({ personId }) => directory.person(personId, day))
      if (members.length === 0 || directory.approversOf(tenant, code, day).length > 0) return []
      const above = departments.above(departmentId).slice(1).some(id => directory.approversOf(tenant, departments.byId(id)!.code, day).length > 0)
      return above && !before.has(departmentId) ? [] : [departmentId]
    })
  }

  #approved(tenant: string, day: Day): ReadonlySet<number> {
    const { departments, directory } = this.#rooms
    return new Set(departments.list(tenant, day).filter(({ code }) => directory.approversOf(tenant, code, day).length > 0).map(({ departmentId }) => departmentId))
  }
}

function changeFrom(row: Row): Change {
  const [about, lines] = [row['kind'] as Change['about'], JSON.parse(String(row['rows'])) as unknown]
  return about === 'people' ? { about, lines: lines as readonly PersonnelLine[] } : { about, lines: lines as readonly DepartmentLine[] }
}
