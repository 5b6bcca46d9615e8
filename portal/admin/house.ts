/** What pages of administrators and auditors stand on, beside the house of all pages. */
import type { Sealing } from '../../store/audit-file.ts'
import type { House } from '../house.ts'
import type { ApiTokens } from '../api/tokens.ts'
import { type ApiFace, Refused, type SignedRoute, type SignedVisit } from '../http/route.ts'
import type { Asker, AuditSource, EnrolledApprover, Operations } from '../ports.ts'
import { type Act, RIGHTS } from '../rights/table.ts'
import type { GlassBook } from '../glass/book.ts'
import type { InspectionBook } from './inspection-book.ts'
import type { PeopleFacts } from './inspection-points.ts'
import type { PeopleDesk } from './people-desk.ts'

export type AdminDesk = {
  readonly operations: Operations
  /** The gateway's, the portal's, the vault's: those that there are. */
  readonly chains: readonly AuditSource[]
  readonly book: InspectionBook
  readonly tokens: ApiTokens
  /** Where the HTTP API is served. */
  readonly apiFaces: readonly ApiFace[]
  readonly version: string
  /** Departments of today's memberships, by mailbox, for statistics. */
  readonly departmentOf: (tenant: string) => ReadonlyMap<string, string>
  readonly peopleFacts: (tenant: string) => PeopleFacts
  /** Who approves today by their memberships, deputies among them. */
  readonly approvers: (tenant: string) => readonly EnrolledApprover[]
  readonly people: PeopleDesk
  readonly glass: GlassBook
  /** Of this host, as it stands in exported records. */
  readonly hostname: string
  /** Isolation: grants end, and so do sessions of staff. */
  readonly shutOut: (by: Asker & { readonly sessionId: string }) => Promise<void>
  /** Writes into the portal's own chain. */
  /** The same with a signature of its own, for what is handed to others (store/audit-file.ts). */
  readonly seal: Sealing
  readonly record: (record: { readonly tenant: string; readonly kind: string; readonly actor: string; readonly subject: string; readonly detail: Readonly<Record<string, string | number | boolean | null>> }) => void
}

export type AdminHouse = Pick<House, 'mail' | 'vault' | 'era' | 'contact'> & AdminDesk

type Head = Pick<SignedRoute, 'faces' | 'who' | 'roles' | 'needsStepUp'>

/** The same people, without a second factor shown just now: for pages that only lead to the act. */
export function showing(act: Act): Omit<Head, 'needsStepUp'> {
  const { needsStepUp: _, ...head } = needing(act)
  return head
}

/** Whoever runs the house: of the first tenant. Others see their own town, not the settings and switches of all. @throws Refused */
export function onlyOperators({ person }: SignedVisit): void {
  if (person.tenant !== 'default') throw new Refused('not-allowed')
}

/** What a route of the administration face asks for, from the one table of rights. */
export function needing(act: Act): Head {
  const { roles, stepUp } = RIGHTS[act]
  return { faces: ['admin'], who: 'signed-in', roles, ...(stepUp ? { needsStepUp: true as const } : {}) }
}
