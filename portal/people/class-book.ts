/**
 * Which address belongs to which class of confidentiality (機密性) today, told to the gateway, which keeps originals by it: the
 * mailbox's own class, those of the departments that hold it or that its owner belongs to, and what aliases and lists lead to.
 *
 *   portal.db ──▶ here, whole, every few minutes ──▶ Mail.tellClasses ──▶ gateway
 */
import { createHash } from 'node:crypto'
import { type Classification, highestClass } from '../../core/classification.ts'
import type { PortalDb } from '../db/open.ts'
import type { Mail } from '../ports.ts'
import { type Day, dayOf, inForce } from './day.ts'
import type { Departments } from './departments.ts'

export type Classed = ReadonlyMap<string, Classification>

/** Lists within lists; more is a circle. */
const DEEPEST = 8
const PIECE = 1_000
const SAY_AGAIN_MS = 60 * 60_000

type Rooms = { readonly db: PortalDb; readonly departments: Departments; readonly mail: Pick<Mail, 'tellClasses'> }

export class ClassTeller {
  readonly #rooms: Rooms
  /** What the gateway was told last, and when: after a start of its own it may have an older one. */
  readonly #told = new Map<string, { readonly digest: string; readonly atMs: number }>()

  #isTelling = false

  constructor(rooms: Rooms) {
    this.#rooms = rooms
  }

  /** Tells what has changed. Rejects when the gateway does not answer; the next turn tells it then. */
  async turn(nowMs: number): Promise<void> {
    if (this.#isTelling) return
    this.#isTelling = true
    await this.#tellChanges(nowMs).finally(() => (this.#isTelling = false))
  }

  async #tellChanges(nowMs: number): Promise<void> {
    const { db, departments } = this.#rooms
    const towns = db.all('SELECT tenant FROM mailboxes UNION SELECT tenant FROM departments').map(row => String(row['tenant']))
    for (const tenant of new Set([...towns, ...this.#told.keys()])) {
      const classed = classesOf({ db, departments }, tenant, dayOf(nowMs))
      const digest = createHash('sha256').update(JSON.stringify([...classed])).digest('hex')
      const before = this.#told.get(tenant)
      if (before?.digest === digest && nowMs - before.atMs < SAY_AGAIN_MS) continue
      await this.#tell(tenant, classed)
      this.#told.set(tenant, { digest, atMs: nowMs })
    }
  }

  async #tell(tenant: string, classed: Classed): Promise<void> {
    const rows = [...classed]
    const pieces = Math.max(1, Math.ceil(rows.length / PIECE))
    for (let piece = 0; piece < pieces; piece++) {
      const part = rows.slice(piece * PIECE, (piece + 1) * PIECE)
      const of = (wanted: Classification) => part.flatMap(([address, classification]) => (classification === wanted ? [address] : []))
      await this.#rooms.mail.tellClasses({ tenant, isFirst: piece === 0, isLast: piece === pieces - 1, addresses: { 1: of(1), 2: of(2), 3: of(3) } })
    }
  }
}

/** Addresses of the town that have a class on the day; a few questions for all of them together. */
export function classesOf({ db, departments }: { readonly db: PortalDb; readonly departments: Departments }, tenant: string, day: Day): Classed {
  const ofDepartments = new Map(departments.list(tenant, day).map(({ departmentId }) => [departmentId, departments.classOf(departmentId)]))
  const classed = new Map<string, Classification>()
  const raise = (address: string, classification: Classification | undefined) => {
    const highest = highestClass([classed.get(address), classification])
    if (highest !== undefined) classed.set(address, highest)
  }
  for (const row of db.all('SELECT address, classification FROM mailboxes WHERE tenant = ? AND classification IS NOT NULL', tenant)) raise(String(row['address']), row['classification'] as Classification)
  for (const row of db.all(HELD, tenant, day, day, tenant, day, day)) raise(String(row['address']), ofDepartments.get(Number(row['department_id'])))
  const targets = db.all('SELECT address, target FROM book_targets WHERE tenant = ?', tenant)
  for (let depth = 0; depth < DEEPEST; depth++) for (const row of targets) raise(String(row['address']), classed.get(String(row['target'])))
  return classed
}

/** Personal mailboxes by their owner's departments, shared ones by those that hold them. */
const HELD = `SELECT b.address, m.department_id FROM mailboxes b JOIN memberships m USING (person_id) WHERE b.tenant = ? AND ${inForce('m')}
  UNION SELECT b.address, h.department_id FROM mailbox_holders h JOIN mailboxes b USING (mailbox_id) WHERE b.tenant = ? AND h.department_id IS NOT NULL AND ${inForce('h')}`
