/** Registers for administrators: mailboxes, holders, delegations and the tree, page by page (by key, never by offset). */
import type { PortalDb } from '../db/open.ts'
import type { Row } from '../../store/sqlite/own-database.ts'
import { type Day, inForce } from './day.ts'
import type { Classification } from './departments.ts'

export type MailboxRow = { readonly mailboxId: number; readonly address: string; readonly name: string; readonly ownerId: number | undefined; readonly classification: Classification | undefined }

type Question = { readonly after: string; readonly limit: number; readonly words: string }

/** By address, from `after` on. */
export function mailboxPage(db: PortalDb, tenant: string, { after, limit, words, kind }: Question & { readonly kind: 'all' | 'shared' | 'own' }): MailboxRow[] {
  const sought = words.toLowerCase()
  const rows = db.all(
    `SELECT * FROM mailboxes WHERE tenant = ? AND address > ? AND (? = '' OR instr(address, ?) > 0 OR instr(lower(name), ?) > 0)
      AND (? = 'all' OR (? = 'own') = (person_id IS NOT NULL)) ORDER BY address LIMIT ?`,
    ...[tenant, after, sought, sought, sought, kind, kind, limit],
  )
  return rows.map(mailboxFrom)
}

export function mailboxById(db: PortalDb, tenant: string, mailboxId: number): MailboxRow | undefined {
  const row = db.get('SELECT * FROM mailboxes WHERE tenant = ? AND mailbox_id = ?', tenant, mailboxId)
  return row && mailboxFrom(row)
}

export type HolderRow = { readonly holderRow: number; readonly personId: number | undefined; readonly departmentId: number | undefined; readonly fromDate: Day; readonly toDate: Day | undefined }

/** Not over before the day. */
export function holdersOf(db: PortalDb, mailboxId: number, day: Day): HolderRow[] {
  const rows = db.all('SELECT * FROM mailbox_holders WHERE mailbox_id = ? AND (to_date IS NULL OR to_date >= ?) ORDER BY from_date, holder_row', mailboxId, day)
  return rows.map(row => ({ holderRow: Number(row['holder_row']), personId: numberOr(row, 'person_id'), departmentId: numberOr(row, 'department_id'), fromDate: String(row['from_date']), toDate: textOr(row, 'to_date') }))
}

/** Names of aliases and lists that have this address among their destinations. */
export function aliasesOf(db: PortalDb, tenant: string, address: string): string[] {
  return db.all('SELECT address FROM book_targets WHERE tenant = ? AND target = ? ORDER BY address', tenant, address).map(row => String(row['address']))
}

export type DelegationRow = { readonly delegationId: number; readonly ownerId: number; readonly delegateId: number; readonly owner: string; readonly delegate: string; readonly fromDate: Day; readonly toDate: Day }

const DELEGATIONS = `SELECT d.*, o.login AS owner, e.login AS delegate FROM delegations d JOIN persons o ON o.person_id = d.owner_id JOIN persons e ON e.person_id = d.delegate_id`

/** The newest first, from `before` on; `from`: only those not over before that day. */
export function delegationPage(db: PortalDb, tenant: string, { before, limit, words, from }: { readonly before: number; readonly limit: number; readonly words: string; readonly from: Day | '' }): DelegationRow[] {
  const sought = words.toLowerCase()
  const rows = db.all(
    `${DELEGATIONS} WHERE d.tenant = ? AND d.delegation_id < ? AND (? = '' OR instr(o.login, ?) > 0 OR instr(e.login, ?) > 0) AND d.to_date >= ? ORDER BY d.delegation_id DESC LIMIT ?`,
    ...[tenant, before, sought, sought, sought, from, limit],
  )
  return rows.map(delegationFrom)
}

/** Given or taken by this person, not over before the day. */
export function delegationsAround(db: PortalDb, personId: number, day: Day): DelegationRow[] {
  return db.all(`${DELEGATIONS} WHERE (d.owner_id = ? OR d.delegate_id = ?) AND d.to_date >= ? ORDER BY d.from_date, d.delegation_id`, personId, personId, day).map(delegationFrom)
}

export type AwayRow = { readonly kind: 'away' | 'leave'; readonly fromDate: Day; readonly toDate: Day | undefined }
export type DeputyRow = { readonly deputyId: number; readonly rank: number; readonly fromDate: Day; readonly toDate: Day | undefined }

/** Absences and deputies of a person, not over before the day. */
export function awayOf(db: PortalDb, personId: number, day: Day): { readonly absences: AwayRow[]; readonly deputies: DeputyRow[] } {
  const open = '(to_date IS NULL OR to_date >= ?)'
  const absences = db.all(`SELECT * FROM absences WHERE person_id = ? AND ${open} ORDER BY from_date`, personId, day)
  const deputies = db.all(`SELECT * FROM deputies WHERE principal_id = ? AND ${open} ORDER BY rank, deputy_row`, personId, day)
  return {
    absences: absences.map(row => ({ kind: row['kind'] as AwayRow['kind'], fromDate: String(row['from_date']), toDate: textOr(row, 'to_date') })),
    deputies: deputies.map(row => ({ deputyId: Number(row['deputy_id']), rank: Number(row['rank']), fromDate: String(row['from_date']), toDate: textOr(row, 'to_date') })),
  }
}

/** How many belong to each department on the day, and how many of them approve. */
export function headcounts(db: PortalDb, tenant: string, day: Day): ReadonlyMap<number, { readonly people: number; readonly approvers: number }> {
  const sql = `SELECT m.department_id, count(DISTINCT m.person_id) AS people, count(DISTINCT CASE WHEN m.approves = 1 THEN m.person_id END) AS approvers
    FROM memberships m JOIN persons p USING (person_id) WHERE m.tenant = ? AND p.disabled_at_ms IS NULL AND ${inForce('m')} AND ${inForce('p')} GROUP BY m.department_id`
  return new Map(db.all(sql, tenant, day, day, day, day).map(row => [Number(row['department_id']), { people: Number(row['people']), approvers: Number(row['approvers']) }]))
}

function mailboxFrom(row: Row): MailboxRow {
  return { mailboxId: Number(row['mailbox_id']), address: String(row['address']), name: String(row['name']), ownerId: numberOr(row, 'person_id'), classification: numberOr(row, 'classification') as Classification | undefined }
}

function delegationFrom(row: Row): DelegationRow {
  return {
    delegationId: Number(row['delegation_id']),
    ownerId: Number(row['owner_id']),
    delegateId: Number(row['delegate_id']),
    owner: String(row['owner']),
    delegate: String(row['delegate']),
    fromDate: String(row['from_date']),
    toDate: String(row['to_date']),
  }
}

function numberOr(row: Row, name: string): number | undefined {
  return row[name] === null ? undefined : Number(row[name])
}

function textOr(row: Row, name: string): string | undefined {
  return row[name] === null ? undefined : String(row[name])
}
