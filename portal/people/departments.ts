/**
 * The tree of organs and departments (市長部局, 教育委員会, 議会事務局 … ▸ 部 ▸ 課 ▸ 係). Departments are named by their code in
 * files and by a path for people. Each is there from a day to a day: a reorganisation (機構改革) closes some and opens others.
 */
import type { Classification } from '../../core/classification.ts'
import type { Act } from '../../store/contract.ts'
import type { Row } from '../../store/sqlite/own-database.ts'
import type { PortalDb } from '../db/open.ts'
import { addDays, type Day, dayOf, inForce } from './day.ts'
import { checkName, PeopleProblem } from './people.ts'

export type { Classification } from '../../core/classification.ts'

export type Department = {
  readonly departmentId: number
  readonly tenant: string
  readonly code: string
  readonly name: string
  readonly parentId: number | undefined
  /** 機密性; undefined: that of the department above. */
  readonly classification: Classification | undefined
  /** Shared mailboxes of the department above are also those of this one: 係 of a 課. */
  readonly sharesAbove: boolean
  readonly fromDate: Day
  readonly toDate: Day | undefined
}

export type NewDepartment = {
  readonly tenant: string
  readonly code: string
  readonly name: string
  readonly parentCode?: string | undefined
  readonly classification?: Classification | undefined
  readonly sharesAbove?: boolean
  readonly fromDate?: Day | undefined
  readonly toDate?: Day | undefined
}

export type DepartmentChange = Partial<Pick<NewDepartment, 'name' | 'parentCode' | 'classification' | 'sharesAbove' | 'toDate'>>

/** Deeper trees are a circle. */
const DEEPEST = 12
const CODE = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,39}$/u

export class Departments {
  readonly #db: PortalDb

  constructor(db: PortalDb) {
    this.#db = db
  }

  /** @throws PeopleProblem */
  add(given: NewDepartment, by: Act): Department {
    const { tenant, classification, sharesAbove = false, toDate } = given
    const code = checkCode(given.code)
    if (this.byCode(tenant, code)) throw new PeopleProblem('department-taken', `there is a department ${code} already`)
    const fromDate = given.fromDate ?? dayOf(this.#db.nowMs())
    return this.#db.write(() => {
      const departmentId = this.#db.insert(
        'INSERT INTO departments VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)',
        ...[tenant, code, checkName(given.name), this.#parentId(tenant, given.parentCode) ?? null, classification ?? null, fromDate, toDate ?? null, sharesAbove ? 1 : 0],
      )
      this.#record(tenant, code, by, { act: 'department', name: given.name, parent: given.parentCode ?? '', from: fromDate })
      return this.byId(departmentId)!
    })
  }

  /** `toDate` closes it after that day. @throws PeopleProblem */
  change(departmentId: number, change: DepartmentChange, by: Act): Department {
    return this.#db.write(() => {
      const before = this.byId(departmentId)
      if (!before) throw new PeopleProblem('department', 'there is no such department')
      const after = { ...before, ...change }
      if (after.toDate !== undefined && after.toDate < addDays(after.fromDate, -1)) throw new PeopleProblem('dates', 'the last day must not be before the first')
      const parentId = 'parentCode' in change ? this.#parentId(before.tenant, change.parentCode) : before.parentId
      if (parentId !== undefined && this.above(parentId).includes(departmentId)) throw new PeopleProblem('department', 'a department cannot be below itself')
      this.#db.run(
        'UPDATE departments SET name = ?, parent_id = ?, classification = ?, to_date = ?, shares_above = ? WHERE department_id = ?',
        ...[checkName(after.name), parentId ?? null, after.classification ?? null, after.toDate ?? null, after.sharesAbove ? 1 : 0, departmentId],
      )
      const detail = Object.fromEntries(Object.entries(change).map(([key, value]) => [key, String(value ?? '')]))
      this.#record(before.tenant, before.code, by, { act: 'department', ...detail })
      return this.byId(departmentId)!
    })
  }

  byId(departmentId: number): Department | undefined {
    return departmentFrom(this.#db.get('SELECT * FROM departments WHERE department_id = ?', departmentId))
  }

  byCode(tenant: string, code: string): Department | undefined {
    return departmentFrom(this.#db.get('SELECT * FROM departments WHERE tenant = ? AND code = ?', tenant, code.normalize('NFKC')))
  }

  /** Those that are there on the day, by code. */
  list(tenant: string, day: Day): Department[] {
    return this.#db.all(`SELECT d.* FROM departments d WHERE d.tenant = ? AND ${inForce('d')} ORDER BY d.code`, tenant, day, day).map(row => departmentFrom(row)!)
  }

  /** Directly below it, there on the day or later. */
  below(departmentId: number, day: Day): Department[] {
    const sql = 'SELECT * FROM departments WHERE parent_id = ? AND (to_date IS NULL OR to_date >= ?) ORDER BY code'
    return this.#db.all(sql, departmentId, day).map(row => departmentFrom(row)!)
  }

  /** Itself, the one above, and so on to the organ. */
  above(departmentId: number): number[] {
    const ids: number[] = []
    for (let id: number | undefined = departmentId; id !== undefined && ids.length < DEEPEST && !ids.includes(id); id = this.byId(id)?.parentId) ids.push(id)
    return ids
  }

  /** `市長部局 総務部 情報政策課`. */
  pathOf(departmentId: number): string {
    return this.above(departmentId).reverse().map(id => this.byId(id)?.name ?? '').filter(Boolean).join(' ')
  }

  /** Its own class, or that of the nearest department above that has one. */
  classOf(departmentId: number): Classification | undefined {
    return this.above(departmentId).map(id => this.byId(id)?.classification).find(each => each !== undefined)
  }

  #parentId(tenant: string, code: string | undefined): number | undefined {
    if (code === undefined || code === '') return undefined
    const parent = this.byCode(tenant, code)
    if (!parent) throw new PeopleProblem('department', `there is no department ${code}`)
    if (this.above(parent.departmentId).length >= DEEPEST) throw new PeopleProblem('department', `a tree has at most ${DEEPEST} levels`)
    return parent.departmentId
  }

  #record(tenant: string, code: string, by: Act, detail: Readonly<Record<string, string>>): void {
    this.#db.audit({ tenant, kind: 'person', actor: by.actor, subject: `department ${code}`, detail: { ...detail, reason: by.reason } })
  }
}

export function checkCode(untrusted: string): string {
  const code = untrusted.normalize('NFKC').trim()
  if (!CODE.test(code)) throw new PeopleProblem('department', 'a department code has letters, digits, . _ and -, at most 40 characters')
  return code
}

function departmentFrom(row: Row | undefined): Department | undefined {
  if (!row) return undefined
  const orNone = <T>(name: string) => (row[name] === null ? undefined : (row[name] as T))
  return {
    departmentId: Number(row['department_id']),
    tenant: String(row['tenant']),
    code: String(row['code']),
    name: String(row['name']),
    parentId: orNone<number>('parent_id'),
    classification: orNone<Classification>('classification'),
    sharesAbove: row['shares_above'] === 1,
    fromDate: String(row['from_date']),
    toDate: orNone<string>('to_date'),
  }
}
