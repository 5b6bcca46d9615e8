/**
 * Persons: who may sign in, under which name, in which roles.
 *
 * Roles staff, administrator and auditor are given by hand. Approver is not: whoever approves for a department today, or
 * stands in for one who does, is one today and no longer. A change of roles, a disabled account and a new password end
 * every session of that person: `session_epoch` is counted up, and sessions of an older epoch are none (sessions.ts).
 */
import type { Act } from '../../store/contract.ts'
import type { Row } from '../../store/sqlite/own-database.ts'
import type { PortalDb } from '../db/open.ts'
import { type Day, dayOf, inForce, isDay } from './day.ts'
import { type Person, ROLES, type Role } from './person.ts'

export type GivenRole = Exclude<Role, 'approver'>
export const GIVEN_ROLES: readonly GivenRole[] = ['staff', 'administrator', 'auditor']

export const DIGESTS = ['at-once', 'daily', 'never'] as const
export type Digest = (typeof DIGESTS)[number]

/** A person as kept, whatever the day. */
export type PersonRecord = {
  readonly personId: number
  readonly tenant: string
  readonly login: string
  readonly staffNumber: string | undefined
  readonly name: string
  readonly roles: readonly GivenRole[]
  readonly language: 'ja' | 'en'
  readonly digest: Digest
  readonly fromDate: Day
  readonly toDate: Day | undefined
  readonly disabled: boolean
  readonly mailbox: string
}

export type NewPerson = {
  readonly tenant: string
  readonly login: string
  readonly name: string
  readonly roles: readonly GivenRole[]
  readonly staffNumber?: string | undefined
  readonly mailbox?: string | undefined
  readonly language?: 'ja' | 'en'
  readonly fromDate?: Day
  readonly toDate?: Day | undefined
}

export type PersonChange = Partial<Pick<PersonRecord, 'name' | 'roles' | 'language' | 'digest' | 'toDate' | 'staffNumber'>>

export type PeopleQuestion = { readonly afterLogin?: string; readonly limit: number; readonly words?: string; /** `stopped`: disabled, or outside their days. */ readonly state?: 'all' | 'active' | 'stopped' }

/** Something a person asked for that cannot be; `message` is for whoever asked. */
export class PeopleProblem extends Error {
  override readonly name = 'PeopleProblem'
  readonly key: 'login' | 'login-taken' | 'name' | 'mailbox' | 'mailbox-taken' | 'staff-number-taken' | 'nobody' | 'department' | 'department-taken' | 'not-empty' | 'dates' | 'oneself' | 'own-rights' | 'last-administrator'

  constructor(key: PeopleProblem['key'], message: string) {
    super(message)
    this.key = key
  }
}

const LOGIN = /^[a-z0-9][a-z0-9._@-]{0,63}$/
const MAILBOX = /^[^\s@<>(),;:"\\[\]\p{C}]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?$/u
const COLUMNS = 'SELECT p.*, m.address AS mailbox FROM persons p LEFT JOIN mailboxes m ON m.person_id = p.person_id'

export class People {
  readonly #db: PortalDb

  constructor(db: PortalDb) {
    this.#db = db
  }

  /** @throws PeopleProblem */
  add(given: NewPerson, by: Act): PersonRecord {
    const login = checkLogin(given.login)
    const { tenant, staffNumber } = given
    const name = checkName(given.name)
    const fromDate = given.fromDate ?? dayOf(this.#db.nowMs())
    checkDays(fromDate, given.toDate)
    return this.#db.write(() => {
      if (this.byLogin(tenant, login)) throw new PeopleProblem('login-taken', `there is a person '${login}' already`)
      if (staffNumber !== undefined) this.#checkStaffNumber(tenant, staffNumber)
      const personId = this.#db.insert(
        'INSERT INTO persons VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, 0, ?)',
        tenant,
        login,
        staffNumber ?? null,
        name,
        given.roles.join(' '),
        given.language ?? 'ja',
        'daily',
        fromDate,
        given.toDate ?? null,
        this.#db.nowMs(),
      )
      if (given.mailbox) this.#setMailbox(tenant, personId, given.mailbox, name)
      this.#record(tenant, login, by, { act: 'add', roles: given.roles.join(' '), mailbox: given.mailbox ?? '' })
      return this.byId(personId)!
    })
  }

  byId(personId: number): PersonRecord | undefined {
    return recordFrom(this.#db.get(`${COLUMNS} WHERE p.person_id = ?`, personId))
  }

  byLogin(tenant: string, login: string): PersonRecord | undefined {
    return recordFrom(this.#db.get(`${COLUMNS} WHERE p.tenant = ? AND p.login = ?`, tenant, login.toLowerCase()))
  }

  byStaffNumber(tenant: string, staffNumber: string): PersonRecord | undefined {
    return recordFrom(this.#db.get(`${COLUMNS} WHERE p.tenant = ? AND p.staff_number = ?`, tenant, staffNumber))
  }

  /** By login, `limit` at a time, after `afterLogin`; `words` is looked for in login, name and mailbox. */
  list(tenant: string, { afterLogin = '', limit, words = '', state = 'all' }: PeopleQuestion): PersonRecord[] {
    const [sought, today] = [words.toLowerCase(), dayOf(this.#db.nowMs())]
    const rows = this.#db.all(
      `${COLUMNS} WHERE p.tenant = ? AND p.login > ?
        AND (? = '' OR instr(p.login, ?) > 0 OR instr(lower(p.name), ?) > 0 OR instr(coalesce(m.address, ''), ?) > 0)
        AND (? = 'all' OR (? = 'active') = (p.disabled_at_ms IS NULL AND ${inForce('p')})) ORDER BY p.login LIMIT ?`,
      ...[tenant, afterLogin, sought, sought, sought, sought, state, state, today, today, limit],
    )
    return rows.map(row => recordFrom(row)!)
  }

  /** The person as of `today`; undefined when there is none, disabled, before the first day or after the last. */
  person(personId: number, today: Day): Person | undefined {
    const record = this.byId(personId)
    if (!record || !activeOn(record, today)) return undefined
    const { tenant, login, name, language, mailbox } = record
    return { personId, tenant, login, name, language, mailbox, roles: this.#rolesOn(record, today), departments: this.departmentsOf(personId, today) }
  }

  departmentsOf(personId: number, today: Day): number[] {
    const sql = `SELECT DISTINCT m.department_id FROM memberships m WHERE m.person_id = ? AND ${inForce('m')} ORDER BY m.kind DESC, m.membership_id`
    return this.#db.all(sql, personId, today, today).map(row => Number(row['department_id']))
  }

  /** @throws PeopleProblem */
  change(personId: number, change: PersonChange, by: Act): PersonRecord {
    return this.#db.write(() => {
      const before = this.#known(personId)
      if (change.staffNumber && change.staffNumber !== before.staffNumber) this.#checkStaffNumber(before.tenant, change.staffNumber)
      const after = { ...before, ...change, name: checkName(change.name ?? before.name) }
      if (change.toDate !== undefined && !isDay(change.toDate)) throw new PeopleProblem('dates', 'that is no day')
      if (!after.roles.includes('administrator')) this.#keepAnAdministrator(before)
      this.#db.run(
        'UPDATE persons SET name = ?, roles = ?, language = ?, digest = ?, to_date = ?, staff_number = ? WHERE person_id = ?',
        ...[after.name, after.roles.join(' '), after.language, after.digest, after.toDate ?? null, after.staffNumber ?? null, personId],
      )
      if (after.roles.join(' ') !== before.roles.join(' ')) this.endSessions(personId)
      const changed = Object.fromEntries(Object.entries(change).map(([key, value]) => [key, Array.isArray(value) ? value.join(' ') : String(value ?? '')]))
      this.#record(before.tenant, before.login, by, { act: 'change', ...changed })
      return this.byId(personId)!
    })
  }

  /** An empty address takes it away. @throws PeopleProblem */
  setMailbox(personId: number, address: string, by: Act): void {
    this.#db.write(() => {
      const { tenant, login, name } = this.#known(personId)
      this.#setMailbox(tenant, personId, address, name)
      this.#record(tenant, login, by, { act: 'mailbox', mailbox: address })
    })
  }

  /** @throws PeopleProblem */
  setDisabled(personId: number, disabled: boolean, by: Act): void {
    this.#db.write(() => {
      const record = this.#known(personId)
      if (disabled) this.#keepAnAdministrator(record)
      this.#db.run('UPDATE persons SET disabled_at_ms = ? WHERE person_id = ?', disabled ? this.#db.nowMs() : null, personId)
      this.endSessions(personId)
      this.#record(record.tenant, record.login, by, { act: disabled ? 'disable' : 'enable' })
    })
  }

  /** Every session of this person is none from here on. */
  endSessions(personId: number): void {
    this.#db.run('UPDATE persons SET session_epoch = session_epoch + 1 WHERE person_id = ?', personId)
  }

  hasAdministrator(tenant: string): boolean {
    return this.#otherAdministrators(tenant, -1) > 0
  }

  #rolesOn(record: PersonRecord, today: Day): ReadonlySet<Role> {
    const approves = this.#db.get(
      `SELECT 1 FROM memberships m WHERE m.approves = 1 AND ${inForce('m')} AND (m.person_id = ? OR m.person_id IN
        (SELECT d.principal_id FROM deputies d WHERE d.deputy_id = ? AND ${inForce('d')})) LIMIT 1`,
      ...[today, today, record.personId, record.personId, today, today],
    )
    return new Set(ROLES.filter(role => (role === 'approver' ? approves !== undefined : record.roles.includes(role))))
  }

  #known(personId: number): PersonRecord {
    const record = this.byId(personId)
    if (!record) throw new PeopleProblem('nobody', 'there is no such person')
    return record
  }

  /** Nobody could let anybody in again. */
  #keepAnAdministrator({ personId, tenant, roles, disabled }: PersonRecord): void {
    if (!roles.includes('administrator') || disabled || this.#otherAdministrators(tenant, personId) > 0) return
    throw new PeopleProblem('last-administrator', 'this is the last administrator: name another one first')
  }

  #otherAdministrators(tenant: string, personId: number): number {
    const today = dayOf(this.#db.nowMs())
    const row = this.#db.get(
      `SELECT count(*) AS count FROM persons p WHERE p.tenant = ? AND p.person_id <> ? AND p.disabled_at_ms IS NULL
        AND instr(' ' || p.roles || ' ', ' administrator ') > 0 AND ${inForce('p')}`,
      ...[tenant, personId, today, today],
    )
    return Number(row?.['count'])
  }

  #checkStaffNumber(tenant: string, staffNumber: string): void {
    if (this.byStaffNumber(tenant, staffNumber)) throw new PeopleProblem('staff-number-taken', `the number ${staffNumber} belongs to somebody else`)
  }

  #setMailbox(tenant: string, personId: number, untrustedAddress: string, name: string): void {
    const address = untrustedAddress === '' ? '' : checkMailbox(untrustedAddress)
    this.#db.run('DELETE FROM mailboxes WHERE person_id = ? AND address <> ?', personId, address)
    if (address === '') return
    const holder = this.#db.get('SELECT person_id FROM mailboxes WHERE tenant = ? AND address = ?', tenant, address)
    if (holder && holder['person_id'] !== personId) throw new PeopleProblem('mailbox-taken', `${address} is the mailbox of somebody else, or a shared one`)
    if (!holder) this.#db.run('INSERT INTO mailboxes VALUES (NULL, ?, ?, ?, ?, NULL)', tenant, address, name, personId)
  }

  #record(tenant: string, login: string, by: Act, detail: Readonly<Record<string, string>>): void {
    this.#db.audit({ tenant, kind: 'person', actor: by.actor, subject: login, detail: { ...detail, reason: by.reason } })
  }
}

export function activeOn({ disabled, fromDate, toDate }: Pick<PersonRecord, 'disabled' | 'fromDate' | 'toDate'>, today: Day): boolean {
  return !disabled && fromDate <= today && (toDate === undefined || toDate >= today)
}

function checkDays(fromDate: Day, toDate: Day | undefined): void {
  if (!isDay(fromDate) || (toDate !== undefined && (!isDay(toDate) || toDate < fromDate))) throw new PeopleProblem('dates', 'the last day must not be before the first')
}

function checkLogin(untrusted: string): string {
  const login = untrusted.normalize('NFKC').trim().toLowerCase()
  if (!LOGIN.test(login)) throw new PeopleProblem('login', 'a login has a-z, 0-9, . _ - and @, at most 64 characters')
  return login
}

/** One line of 1 to 100 characters, or a problem. */
export function checkName(untrusted: string): string {
  const name = untrusted.trim()
  if (name === '' || name.length > 100 || /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name)) throw new PeopleProblem('name', 'a name has 1 to 100 characters')
  return name
}

/** Lower case, or a problem. */
export function checkMailbox(untrusted: string): string {
  const address = untrusted.normalize('NFKC').trim().toLowerCase()
  if (!MAILBOX.test(address)) throw new PeopleProblem('mailbox', `${JSON.stringify(untrusted)} is not a mail address`)
  return address
}

function recordFrom(row: Row | undefined): PersonRecord | undefined {
  if (!row) return undefined
  const text = (name: string) => String(row[name])
  return {
    personId: Number(row['person_id']),
    tenant: text('tenant'),
    login: text('login'),
    staffNumber: row['staff_number'] === null ? undefined : text('staff_number'),
    name: text('name'),
    roles: GIVEN_ROLES.filter(role => text('roles').split(' ').includes(role)),
    language: text('language') as 'ja' | 'en',
    digest: text('digest') as Digest,
    fromDate: text('from_date'),
    toDate: row['to_date'] === null ? undefined : text('to_date'),
    disabled: row['disabled_at_ms'] !== null,
    mailbox: row['mailbox'] === null ? '' : text('mailbox'),
  }
}
