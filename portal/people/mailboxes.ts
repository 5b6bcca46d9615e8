/**
 * Whose mail may a person see today? Own mailbox, shared ones that they or their department hold today (or the department
 * above, where the tree says that the lower one shares its mail), mailboxes that colleagues delegated to them, and every alias and list that leads to one of these by the address book.
 *
 * Mail is addressed to what stands in the envelope; aliases and lists expand behind us, so without an address book nobody
 * could find what came to a list. Standards: RFC 5321 §3.9 (aliases, lists).
 */
import type { Act } from '../../store/contract.ts'
import type { PortalDb } from '../db/open.ts'
import type { MailRelation } from '../rights/table.ts'
import { addDays, type Day, inForce } from './day.ts'
import type { Classification, Departments } from './departments.ts'
import type { Span } from './memberships.ts'
import { checkMailbox, checkName, PeopleProblem } from './people.ts'

export type Relation = Extract<MailRelation, 'own' | 'shared' | 'delegated'>

/** An address whose mail somebody sees, and why. `via`: the address that it leads to, '' for itself. */
export type Access = { readonly address: string; readonly relation: Relation; readonly via: string; readonly name: string; readonly isList: boolean }

/** Climbs from a department to the one above while the lower one, on the day, shares the mail of the upper (departments.ts). */
const UPWARD = `UNION SELECT d.parent_id FROM reach r JOIN departments d USING (department_id) WHERE d.shares_above = 1 AND d.parent_id IS NOT NULL AND ${inForce('d')}`
/** The same way downward. */
const DOWNWARD = `UNION SELECT d.department_id FROM reach r JOIN departments d ON d.parent_id = r.department_id WHERE d.shares_above = 1 AND ${inForce('d')}`

export type Holder = Span & ({ readonly personId: number } | { readonly departmentId: number })

const STRENGTH: Readonly<Record<Relation, number>> = { own: 0, shared: 1, delegated: 2 }
/** Lists within lists; more is a circle. */
const DEEPEST = 8

export class Mailboxes {
  readonly #db: PortalDb
  readonly #departments: Departments

  constructor(db: PortalDb, departments: Departments) {
    this.#db = db
    this.#departments = departments
  }

  /** @throws PeopleProblem */
  addShared(given: { readonly tenant: string; readonly address: string; readonly name: string; readonly classification?: Classification | undefined }, by: Act): string {
    const address = checkMailbox(given.address)
    this.#db.write(() => {
      if (this.#idOf(given.tenant, address) !== undefined) throw new PeopleProblem('mailbox-taken', `there is a mailbox ${address} already`)
      this.#db.run('INSERT INTO mailboxes VALUES (NULL, ?, ?, ?, NULL, ?)', given.tenant, address, checkName(given.name), given.classification ?? null)
      this.#record(given.tenant, address, by, { act: 'shared-mailbox', name: given.name })
    })
    return address
  }

  /** A person, or whoever belongs to a department on the day. @throws PeopleProblem */
  addHolder(tenant: string, address: string, holder: Holder, by: Act): void {
    const { fromDate, toDate } = holder
    const [personId, departmentId] = 'personId' in holder ? [holder.personId, null] : [null, holder.departmentId]
    this.#db.write(() => {
      const mailboxId = this.#idOf(tenant, address)
      if (mailboxId === undefined) throw new PeopleProblem('mailbox', `there is no mailbox ${address}`)
      if (toDate !== undefined && toDate < fromDate) throw new PeopleProblem('dates', 'the last day must not be before the first')
      const known = personId === null ? this.#db.get('SELECT 1 FROM departments WHERE department_id = ? AND tenant = ?', departmentId, tenant) : this.#db.get('SELECT 1 FROM persons WHERE person_id = ? AND tenant = ?', personId, tenant)
      if (!known) throw new PeopleProblem(personId === null ? 'department' : 'nobody', 'there is no such person or department')
      this.#db.run('INSERT INTO mailbox_holders VALUES (NULL, ?, ?, ?, ?, ?, ?)', tenant, mailboxId, personId, departmentId, fromDate, toDate ?? null)
      this.#record(tenant, address, by, { act: 'holder', person: personId ?? 0, department: departmentId ?? 0, from: fromDate, to: toDate ?? '' })
    })
  }

  /** Of a shared mailbox; `lastDay` before its first day takes a holder back as if it had never been. False where there is none. */
  endHolder(tenant: string, address: string, holderRow: number, lastDay: Day, by: Act): boolean {
    return this.#db.write(() => {
      const row = this.#db.get('SELECT from_date FROM mailbox_holders WHERE holder_row = ? AND mailbox_id = ? AND (to_date IS NULL OR to_date > ?)', holderRow, this.#idOf(tenant, address) ?? 0, lastDay)
      if (!row) return false
      if (String(row['from_date']) > lastDay) this.#db.run('DELETE FROM mailbox_holders WHERE holder_row = ?', holderRow)
      else this.#db.run('UPDATE mailbox_holders SET to_date = ? WHERE holder_row = ?', lastDay, holderRow)
      this.#record(tenant, address, by, { act: 'holder-ended', holder: holderRow, to: lastDay })
      return true
    })
  }

  /** Of a shared mailbox. @throws PeopleProblem */
  changeShared(tenant: string, address: string, change: { readonly name: string; readonly classification: Classification | undefined }, by: Act): void {
    const name = checkName(change.name)
    this.#db.write(() => {
      const changed = this.#db.run('UPDATE mailboxes SET name = ?, classification = ? WHERE tenant = ? AND address = ? AND person_id IS NULL', name, change.classification ?? null, tenant, address)
      if (changed === 0) throw new PeopleProblem('mailbox', `there is no shared mailbox ${address}`)
      this.#record(tenant, address, by, { act: 'shared-mailbox', name, classification: change.classification ?? 0 })
    })
  }

  /** Shared mailboxes that a department itself holds on the day or later. */
  heldBy(departmentId: number, day: Day): string[] {
    const sql = 'SELECT DISTINCT b.address FROM mailbox_holders h JOIN mailboxes b USING (mailbox_id) WHERE h.department_id = ? AND (h.to_date IS NULL OR h.to_date >= ?) ORDER BY b.address'
    return this.#db.all(sql, departmentId, day).map(row => String(row['address']))
  }

  /** From the day on another department holds what this one did. Returns the mailboxes. */
  moveHolders(fromId: number, toId: number, day: Day, by: Act): string[] {
    const sql = `SELECT h.*, b.address FROM mailbox_holders h JOIN mailboxes b USING (mailbox_id) WHERE h.department_id = ? AND (h.to_date IS NULL OR h.to_date >= ?) ORDER BY b.address`
    const rows = this.#db.all(sql, fromId, day)
    for (const row of rows) {
      const [tenant, address, fromDate] = [String(row['tenant']), String(row['address']), String(row['from_date'])]
      this.endHolder(tenant, address, Number(row['holder_row']), addDays(day, -1), by)
      this.addHolder(tenant, address, { departmentId: toId, fromDate: fromDate > day ? fromDate : day, toDate: row['to_date'] === null ? undefined : String(row['to_date']) }, by)
    }
    return [...new Set(rows.map(row => String(row['address'])))]
  }

  setClassification(tenant: string, address: string, classification: Classification | undefined, by: Act): void {
    this.#db.write(() => {
      this.#db.run('UPDATE mailboxes SET classification = ? WHERE tenant = ? AND address = ?', classification ?? null, tenant, address)
      this.#record(tenant, address, by, { act: 'classification', classification: classification ?? 0 })
    })
  }

  /** Everything whose mail this person sees today, the strongest relation of each address. */
  accessOf(personId: number, today: Day): Access[] {
    const found = new Map<string, Access>()
    const keep = (access: Access) => {
      const known = found.get(access.address)
      if (!known || STRENGTH[access.relation] < STRENGTH[known.relation]) found.set(access.address, access)
    }
    const tenant = String(this.#db.get('SELECT tenant FROM persons WHERE person_id = ?', personId)?.['tenant'] ?? '')
    for (const mailbox of this.#owned(personId)) keep({ ...mailbox, relation: 'own' })
    for (const mailbox of this.#held(personId, today)) keep({ ...mailbox, relation: 'shared' })
    for (const mailbox of this.#delegated(personId, today)) keep({ ...mailbox, relation: 'delegated' })
    let fresh = [...found.values()]
    for (let depth = 0; depth < DEEPEST && fresh.length > 0; depth++) {
      const leading = fresh.flatMap(access => this.#leadingTo(tenant, access)).filter(({ address }) => !found.has(address))
      leading.forEach(keep)
      fresh = leading
    }
    return [...found.values()]
  }

  /** Addresses alone, as the list of mails is asked for. */
  mailboxesOf(personId: number, today: Day): string[] {
    return this.accessOf(personId, today).map(({ address }) => address)
  }

  /** How this person stands to a mail that came to these mailboxes. */
  relationTo(personId: number, mailboxes: readonly string[], today: Day): Relation | 'none' {
    const theirs = this.accessOf(personId, today).filter(({ address }) => mailboxes.includes(address))
    return theirs.map(({ relation }) => relation).sort((a, b) => STRENGTH[a] - STRENGTH[b])[0] ?? 'none'
  }

  /** Persons who see what comes to these addresses today, without delegates. */
  readersOf(tenant: string, addresses: readonly string[], today: Day): number[] {
    const readers = new Set<number>()
    for (const address of this.leadsTo(tenant, addresses)) {
      const owner = this.#db.get('SELECT person_id FROM mailboxes WHERE tenant = ? AND address = ?', tenant, address)?.['person_id']
      if (typeof owner === 'number') readers.add(owner)
      const rows = this.#db.all(
        `WITH RECURSIVE held AS (SELECT h.* FROM mailbox_holders h JOIN mailboxes b USING (mailbox_id) WHERE b.tenant = ? AND b.address = ? AND ${inForce('h')}),
          reach(department_id) AS (SELECT department_id FROM held WHERE department_id IS NOT NULL ${DOWNWARD})
          SELECT person_id FROM held WHERE person_id IS NOT NULL UNION SELECT m.person_id FROM reach JOIN memberships m USING (department_id) WHERE ${inForce('m')}`,
        ...[tenant, address, today, today, today, today, today, today],
      )
      for (const row of rows) readers.add(Number(row['person_id']))
    }
    return [...readers]
  }

  /** The addresses themselves and, through aliases and lists, all that they lead to. */
  leadsTo(tenant: string, addresses: readonly string[]): string[] {
    const all = new Set(addresses)
    let fresh = [...all]
    for (let depth = 0; depth < DEEPEST && fresh.length > 0; depth++) {
      const targets = fresh.flatMap(address => this.#db.all('SELECT target FROM book_targets WHERE tenant = ? AND address = ?', tenant, address))
      fresh = targets.map(row => String(row['target'])).filter(target => !all.has(target))
      for (const target of fresh) all.add(target)
    }
    return [...all]
  }

  /** The highest class of these mailboxes and departments; undefined where none has one. */
  classOf(tenant: string, addresses: readonly string[], departmentIds: readonly number[]): Classification | undefined {
    const ofMailboxes = this.leadsTo(tenant, addresses).map(address => this.#db.get('SELECT classification FROM mailboxes WHERE tenant = ? AND address = ?', tenant, address)?.['classification'])
    const ofDepartments = departmentIds.map(id => this.#departments.classOf(id))
    const known = [...ofMailboxes, ...ofDepartments].filter(each => typeof each === 'number')
    return known.length === 0 ? undefined : (Math.max(...known) as Classification)
  }

  /** Shared mailboxes, by address. */
  listShared(tenant: string): { readonly address: string; readonly name: string; readonly classification: Classification | undefined }[] {
    const rows = this.#db.all('SELECT * FROM mailboxes WHERE tenant = ? AND person_id IS NULL ORDER BY address', tenant)
    return rows.map(row => ({
      address: String(row['address']),
      name: String(row['name']),
      classification: row['classification'] === null ? undefined : (row['classification'] as Classification),
    }))
  }

  #owned(personId: number): Reached[] {
    return reached(this.#db.all('SELECT address, name FROM mailboxes WHERE person_id = ?', personId))
  }

  #held(personId: number, today: Day): Reached[] {
    return reached(
      this.#db.all(
        `WITH RECURSIVE reach(department_id) AS (SELECT m.department_id FROM memberships m WHERE m.person_id = ? AND ${inForce('m')} ${UPWARD})
          SELECT b.address, b.name FROM mailbox_holders h JOIN mailboxes b USING (mailbox_id) WHERE h.person_id = ? AND ${inForce('h')}
          UNION SELECT b.address, b.name FROM reach JOIN mailbox_holders h USING (department_id) JOIN mailboxes b USING (mailbox_id) WHERE ${inForce('h')}`,
        ...[personId, today, today, today, today, personId, today, today, today, today],
      ),
    )
  }

  #delegated(personId: number, today: Day): Reached[] {
    const sql = `SELECT b.address, b.name FROM delegations d JOIN mailboxes b ON b.person_id = d.owner_id WHERE d.delegate_id = ? AND ${inForce('d')}`
    return reached(this.#db.all(sql, personId, today, today))
  }

  /** Mail to a list is everybody's on it, not one's own. */
  #leadingTo(tenant: string, { address, relation }: Access): Access[] {
    const rows = this.#db.all('SELECT e.address, e.name, e.kind FROM book_targets t JOIN book_entries e USING (tenant, address) WHERE t.tenant = ? AND t.target = ?', tenant, address)
    return rows.map(row => {
      const isList = row['kind'] === 'list'
      return { address: String(row['address']), name: String(row['name']), relation: isList && relation === 'own' ? 'shared' : relation, via: address, isList }
    })
  }

  #idOf(tenant: string, address: string): number | undefined {
    const row = this.#db.get('SELECT mailbox_id FROM mailboxes WHERE tenant = ? AND address = ?', tenant, address.toLowerCase())
    return row && Number(row['mailbox_id'])
  }

  #record(tenant: string, address: string, by: Act, detail: Readonly<Record<string, string | number>>): void {
    this.#db.audit({ tenant, kind: 'person', actor: by.actor, subject: `mailbox ${address}`, detail: { ...detail, reason: by.reason } })
  }
}

type Reached = Omit<Access, 'relation'>

function reached(rows: readonly Readonly<Record<string, unknown>>[]): Reached[] {
  return rows.map(row => ({ address: String(row['address']), name: String(row['name']), via: '', isList: false }))
}
