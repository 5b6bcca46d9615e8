/** What the self-inspection and the statistics want to know of people, counted in portal.db. */
import type { EnrolledApprover } from '../../core/purposes.ts'
import type { PortalDb } from '../db/open.ts'
import { type Day, inForce } from '../people/day.ts'
import type { Departments } from '../people/departments.ts'
import type { Role } from '../people/person.ts'
import type { PeopleFacts } from './inspection-points.ts'

export type FactsAsk = {
  readonly tenant: string
  readonly today: Day
  readonly secondFactorFor: readonly Role[]
  /** Mailboxes of the town, from the settings. */
  readonly registrars: readonly string[]
}

export function peopleFactsOf(db: PortalDb, departments: Pick<Departments, 'above'>, { tenant, today, secondFactorFor, registrars }: FactsAsk): PeopleFacts {
  const having = (role: Role) =>
    Number(db.get(`SELECT count(*) AS count FROM persons p WHERE tenant = ? AND instr(' ' || roles || ' ', ?) > 0 AND disabled_at_ms IS NULL AND ${inForce('p')}`, tenant, ` ${role} `, today, today)?.['count'])
  const approving = `SELECT m.department_id FROM memberships m JOIN persons p ON p.person_id = m.person_id
    WHERE m.tenant = ? AND m.approves = 1 AND ${inForce('m')} AND p.disabled_at_ms IS NULL AND ${inForce('p')}`
  const approvers = db.get(`SELECT count(DISTINCT m.person_id) AS count FROM memberships m JOIN persons p ON p.person_id = m.person_id
    WHERE m.tenant = ? AND m.approves = 1 AND ${inForce('m')} AND p.disabled_at_ms IS NULL AND ${inForce('p')}`, tenant, today, today, today, today)
  const without = db.all(
    `SELECT d.name FROM departments d WHERE d.tenant = ? AND ${inForce('d')} AND d.department_id IN (SELECT department_id FROM memberships m WHERE ${inForce('m')})
     AND d.department_id NOT IN (${approving}) ORDER BY d.code`,
    tenant, today, today, today, today, tenant, today, today, today, today,
  )
  return {
    administrators: having('administrator'),
    auditors: having('auditor'),
    approvers: Number(approvers?.['count']),
    withoutApprover: without.map(row => String(row['name'])),
    withoutOther: withoutOther(db, departments, tenant, today),
    approversWithoutFactor: approversOf(db, tenant, today).filter(({ login }) => !hasFactor(db, tenant, login)).map(({ name, login }) => `${name} (${login})`),
    registrars: registrars.map(mailbox => registrarOf(db, tenant, { mailbox, today })),
    secondFactorFor,
  }
}

/** Staff of whose departments, and of those above, no approver is somebody else. */
function withoutOther(db: PortalDb, departments: Pick<Departments, 'above'>, tenant: string, today: Day): string[] {
  const rows = db.all(
    `SELECT m.person_id, m.department_id, m.approves, p.name, p.login FROM memberships m JOIN persons p USING (person_id)
     WHERE m.tenant = ? AND ${inForce('m')} AND p.disabled_at_ms IS NULL AND ${inForce('p')} ORDER BY p.login`,
    ...[tenant, today, today, today, today],
  )
  const approvers = new Map<number, Set<number>>()
  for (const row of rows.filter(each => each['approves'] === 1)) {
    const [department, person] = [Number(row['department_id']), Number(row['person_id'])]
    approvers.set(department, (approvers.get(department) ?? new Set()).add(person))
  }
  const ways = new Map([...new Set(rows.map(row => Number(row['department_id'])))].map(id => [id, departments.above(id)]))
  const hasOther = (person: number, department: number) => ways.get(department)!.some(id => [...(approvers.get(id) ?? [])].some(each => each !== person))
  const served = new Set(rows.filter(row => hasOther(Number(row['person_id']), Number(row['department_id']))).map(row => Number(row['person_id'])))
  return [...new Set(rows.filter(row => !served.has(Number(row['person_id']))).map(row => `${String(row['name'])} (${String(row['login'])})`))]
}

function hasFactor(db: PortalDb, tenant: string, login: string): boolean {
  const sql = `SELECT 1 FROM persons p WHERE p.tenant = ? AND p.login = ? AND (EXISTS (SELECT 1 FROM totp_secrets t WHERE t.person_id = p.person_id AND t.confirmed_at_ms IS NOT NULL)
    OR EXISTS (SELECT 1 FROM webauthn_credentials w WHERE w.person_id = p.person_id))`
  return db.get(sql, tenant, login) !== undefined
}

function registrarOf(db: PortalDb, tenant: string, { mailbox, today }: { readonly mailbox: string; readonly today: Day }): PeopleFacts['registrars'][number] {
  const row = db.get('SELECT p.login, p.name, p.roles FROM mailboxes b JOIN persons p USING (person_id) WHERE b.tenant = ? AND b.address = ?', tenant, mailbox)
  const login = String(row?.['login'] ?? '')
  const isAdministrator = String(row?.['roles'] ?? '').split(' ').includes('administrator')
  return { mailbox, name: String(row?.['name'] ?? ''), isParty: isAdministrator || approversOf(db, tenant, today).some(each => each.login === login) }
}

/** Whoever may decide today in their own name or in somebody's place; '' for who has no mailbox. */
export function approversOf(db: PortalDb, tenant: string, today: Day): EnrolledApprover[] {
  const approving = `SELECT m.person_id FROM memberships m WHERE m.tenant = ? AND m.approves = 1 AND ${inForce('m')}`
  const rows = db.all(
    `SELECT p.login, p.name, coalesce(b.address, '') AS mailbox FROM persons p LEFT JOIN mailboxes b ON b.person_id = p.person_id
     WHERE p.tenant = ? AND p.disabled_at_ms IS NULL AND ${inForce('p')} AND (p.person_id IN (${approving})
       OR p.person_id IN (SELECT d.deputy_id FROM deputies d WHERE ${inForce('d')} AND d.principal_id IN (${approving}))) ORDER BY p.login`,
    ...[tenant, today, today, tenant, today, today, today, today, tenant, today, today],
  )
  return rows.map(row => ({ login: String(row['login']), name: String(row['name']), mailbox: String(row['mailbox']) }))
}

/** Each mailbox under the main department of whose it is, or of who holds it. */
export function departmentsByMailbox(db: PortalDb, tenant: string, today: Day): ReadonlyMap<string, string> {
  const own = db.all(
    `SELECT b.address, d.name FROM mailboxes b JOIN memberships m ON m.person_id = b.person_id AND m.kind = 'main' JOIN departments d ON d.department_id = m.department_id
     WHERE b.tenant = ? AND ${inForce('m')}`,
    tenant, today, today,
  )
  const shared = db.all(
    `SELECT b.address, d.name FROM mailboxes b JOIN mailbox_holders h ON h.mailbox_id = b.mailbox_id JOIN departments d ON d.department_id = h.department_id
     WHERE b.tenant = ? AND ${inForce('h')}`,
    tenant, today, today,
  )
  return new Map([...shared, ...own].map(row => [String(row['address']), String(row['name'])]))
}
