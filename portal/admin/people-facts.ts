/** What the self-inspection and the statistics want to know of people, counted in portal.db. */
import type { EnrolledApprover } from '../../core/purposes.ts'
import type { PortalDb } from '../db/open.ts'
import { type Day, inForce } from '../people/day.ts'
import type { Role } from '../people/person.ts'
import type { PeopleFacts } from './inspection-points.ts'

export function peopleFactsOf(db: PortalDb, tenant: string, today: Day, secondFactorFor: readonly Role[]): PeopleFacts {
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
    secondFactorFor,
  }
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
