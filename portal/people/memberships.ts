/**
 * What holds between people and departments from a day to a day: who belongs where, with concurrent posts (兼務); who approves;
 * who is away (育休, 出張) and who then decides in their place (代決); who reads a colleague's mailbox for a time (委任).
 * Nothing is overwritten: what ends gets a last day, so that any past day can be asked about.
 */
import type { Act } from '../../store/contract.ts'
import type { PortalDb } from '../db/open.ts'
import { addDays, type Day, inForce, isDay } from './day.ts'
import { PeopleProblem } from './people.ts'

export type Membership = {
  readonly membershipId: number
  readonly personId: number
  readonly departmentId: number
  readonly kind: 'main' | 'concurrent'
  readonly post: string
  readonly approves: boolean
  readonly fromDate: Day
  readonly toDate: Day | undefined
}

export type Span = { readonly fromDate: Day; readonly toDate?: Day | undefined }

export class Memberships {
  readonly #db: PortalDb

  constructor(db: PortalDb) {
    this.#db = db
  }

  /** @throws PeopleProblem */
  join(given: Span & Pick<Membership, 'personId' | 'departmentId' | 'kind' | 'post' | 'approves'>, by: Act): number {
    const { personId, departmentId, kind, post, approves } = given
    const { fromDate, toDate } = checkSpan(given)
    return this.#db.write(() => {
      const tenant = this.#tenantOf(personId)
      const department = this.#db.get('SELECT code FROM departments WHERE department_id = ? AND tenant = ?', departmentId, tenant)
      if (!department) throw new PeopleProblem('department', 'there is no such department')
      const row = [tenant, personId, departmentId, kind, post.slice(0, 60), approves ? 1 : 0, fromDate, toDate ?? null]
      const membershipId = this.#db.insert('INSERT INTO memberships VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)', ...row)
      this.#record(personId, by, { act: 'join', department: String(department['code']), kind, post, approves, from: fromDate, to: toDate ?? '' })
      return membershipId
    })
  }

  /** `lastDay` before its first day takes it back as if it had never been. */
  leave(membershipId: number, lastDay: Day, by: Act): void {
    this.#db.write(() => {
      const row = this.#db.get('SELECT * FROM memberships WHERE membership_id = ?', membershipId)
      if (!row) return
      if (String(row['from_date']) > lastDay) this.#db.run('DELETE FROM memberships WHERE membership_id = ?', membershipId)
      else this.#db.run('UPDATE memberships SET to_date = ? WHERE membership_id = ?', lastDay, membershipId)
      const department = this.#db.get('SELECT code FROM departments WHERE department_id = ?', row['department_id']!)
      this.#record(Number(row['person_id']), by, { act: 'leave', department: String(department?.['code']), to: lastDay })
    })
  }

  ofPerson(personId: number, day: Day): Membership[] {
    return this.#select(`m.person_id = ? AND ${inForce('m')}`, personId, day, day)
  }

  ofDepartment(departmentId: number, day: Day): Membership[] {
    return this.#select(`m.department_id = ? AND ${inForce('m')}`, departmentId, day, day)
  }

  /** Not over before the day: what holds then, and what begins later. */
  from(personId: number, day: Day): Membership[] {
    return this.#select('m.person_id = ? AND (m.to_date IS NULL OR m.to_date >= ?)', personId, day)
  }

  /** As `from`, of a department. */
  ofDepartmentFrom(departmentId: number, day: Day): Membership[] {
    return this.#select('m.department_id = ? AND (m.to_date IS NULL OR m.to_date >= ?)', departmentId, day)
  }

  /** Whatever the day, the newest first. */
  everyOf(personId: number): Membership[] {
    return this.#select('m.person_id = ?', personId).sort((a, b) => (a.fromDate < b.fromDate ? 1 : a.fromDate > b.fromDate ? -1 : 0))
  }

  /** `away`: some days; `leave`: 育休, 休職. @throws PeopleProblem */
  setAway(personId: number, kind: 'away' | 'leave', span: Span, by: Act): number {
    const { fromDate, toDate } = checkSpan(span)
    return this.#db.write(() => {
      this.#record(personId, by, { act: kind, from: fromDate, to: toDate ?? '' })
      return this.#db.insert('INSERT INTO absences VALUES (NULL, ?, ?, ?, ?, ?)', this.#tenantOf(personId), personId, kind, fromDate, toDate ?? null)
    })
  }

  /** Back on the day: what absence there was ends the day before. */
  setBack(personId: number, day: Day, by: Act): void {
    this.#db.write(() => {
      this.#db.run('DELETE FROM absences WHERE person_id = ? AND from_date >= ?', personId, day)
      this.#db.run('UPDATE absences SET to_date = ? WHERE person_id = ? AND (to_date IS NULL OR to_date >= ?)', addDays(day, -1), personId, day)
      this.#record(personId, by, { act: 'back', from: day })
    })
  }

  /** One of this person's. */
  oneOf(personId: number, membershipId: number): Membership | undefined {
    return this.#select('m.person_id = ? AND m.membership_id = ?', personId, membershipId)[0]
  }

  isAway(personId: number, day: Day): boolean {
    return this.#db.get(`SELECT 1 FROM absences a WHERE a.person_id = ? AND ${inForce('a')}`, personId, day, day) !== undefined
  }

  /** Decides in the principal's place while that one is away. Lower ranks are asked first. @throws PeopleProblem */
  setDeputy(principalId: number, deputyId: number, rank: number, span: Span, by: Act): number {
    const { fromDate, toDate } = checkSpan(span)
    return this.#db.write(() => {
      const tenant = this.#pair(principalId, deputyId)
      this.#record(principalId, by, { act: 'deputy', deputy: this.#loginOf(deputyId), rank, from: fromDate, to: toDate ?? '' })
      return this.#db.insert('INSERT INTO deputies VALUES (NULL, ?, ?, ?, ?, ?, ?)', tenant, principalId, deputyId, rank, fromDate, toDate ?? null)
    })
  }

  deputiesOf(principalId: number, day: Day): number[] {
    const rows = this.#db.all(`SELECT d.deputy_id FROM deputies d WHERE d.principal_id = ? AND ${inForce('d')} ORDER BY d.rank, d.deputy_row`, principalId, day, day)
    return rows.map(row => Number(row['deputy_id']))
  }

  endDeputy(principalId: number, deputyId: number, lastDay: Day, by: Act): void {
    this.#db.write(() => {
      this.#db.run('UPDATE deputies SET to_date = ? WHERE principal_id = ? AND deputy_id = ? AND (to_date IS NULL OR to_date > ?)', lastDay, principalId, deputyId, lastDay)
      this.#record(principalId, by, { act: 'deputy-ended', deputy: this.#loginOf(deputyId), to: lastDay })
    })
  }

  /** The delegate reads the owner's own mailbox; never without an end. @throws PeopleProblem */
  delegate(ownerId: number, delegateId: number, span: Required<Span>, by: Act): number {
    const { fromDate, toDate } = checkSpan(span)
    if (toDate === undefined) throw new PeopleProblem('dates', 'a delegation needs a last day')
    return this.#db.write(() => {
      const tenant = this.#pair(ownerId, delegateId)
      this.#record(ownerId, by, { act: 'delegate', to: this.#loginOf(delegateId), from: fromDate, until: toDate })
      return this.#db.insert('INSERT INTO delegations VALUES (NULL, ?, ?, ?, ?, ?)', tenant, ownerId, delegateId, fromDate, toDate)
    })
  }

  endDelegation(delegationId: number, ownerId: number, lastDay: Day, by: Act): boolean {
    return this.#db.write(() => {
      const ended = this.#db.run('UPDATE delegations SET to_date = ? WHERE delegation_id = ? AND owner_id = ? AND to_date > ?', lastDay, delegationId, ownerId, lastDay) > 0
      if (ended) this.#record(ownerId, by, { act: 'delegation-ended', until: lastDay })
      return ended
    })
  }

  /** Given by this person, not over yet. */
  delegationsOf(ownerId: number, day: Day): { readonly delegationId: number; readonly delegateId: number; readonly fromDate: Day; readonly toDate: Day }[] {
    const rows = this.#db.all('SELECT * FROM delegations WHERE owner_id = ? AND to_date >= ? ORDER BY from_date', ownerId, day)
    return rows.map(row => ({
      delegationId: Number(row['delegation_id']),
      delegateId: Number(row['delegate_id']),
      fromDate: String(row['from_date']),
      toDate: String(row['to_date']),
    }))
  }

  #select(condition: string, ...values: (string | number)[]): Membership[] {
    const rows = this.#db.all(`SELECT m.* FROM memberships m WHERE ${condition} ORDER BY m.kind DESC, m.membership_id`, ...values)
    return rows.map(row => ({
      membershipId: Number(row['membership_id']),
      personId: Number(row['person_id']),
      departmentId: Number(row['department_id']),
      kind: row['kind'] as Membership['kind'],
      post: String(row['post']),
      approves: row['approves'] === 1,
      fromDate: String(row['from_date']),
      toDate: row['to_date'] === null ? undefined : String(row['to_date']),
    }))
  }

  /** Two persons of one town. */
  #pair(one: number, other: number): string {
    if (one === other) throw new PeopleProblem('oneself', 'that must be somebody else')
    const tenant = this.#tenantOf(one)
    if (this.#tenantOf(other) !== tenant) throw new PeopleProblem('nobody', 'there is no such person')
    return tenant
  }

  #tenantOf(personId: number): string {
    const row = this.#db.get('SELECT tenant FROM persons WHERE person_id = ?', personId)
    if (!row) throw new PeopleProblem('nobody', 'there is no such person')
    return String(row['tenant'])
  }

  #loginOf(personId: number): string {
    return String(this.#db.get('SELECT login FROM persons WHERE person_id = ?', personId)?.['login'] ?? '')
  }

  #record(personId: number, by: Act, detail: Readonly<Record<string, string | number | boolean>>): void {
    const subject = this.#loginOf(personId)
    this.#db.audit({ tenant: this.#tenantOf(personId), kind: 'person', actor: by.actor, subject, detail: { ...detail, reason: by.reason } })
  }
}

function checkSpan({ fromDate, toDate }: Span): Span {
  if (!isDay(fromDate) || (toDate !== undefined && (!isDay(toDate) || toDate < fromDate))) throw new PeopleProblem('dates', 'the last day must not be before the first')
  return { fromDate, toDate }
}
