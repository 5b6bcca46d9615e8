/** Everything that handlers of pages stand on: made once by cli/portal-role.ts, handed to each page family. */
import type { AdminDesk } from './admin/house.ts'
import type { Era } from './http/when.ts'
import type { Keeping } from './keeping/keeping.ts'
import type { Person } from './people/person.ts'
import type { Mail, Vault } from './ports.ts'
import type { RequestRooms } from './requests/rooms.ts'

export type House = {
  readonly mail: Mail
  readonly vault: Vault
  readonly era: Era
  /** Whom to ask, as in the notices; '' when not set. */
  readonly contact: string
  /** Largest file that may be brought in. */
  readonly uploadBytes: number
  /** Whether unlocked files are handed out locked again, as the vault sees to. */
  readonly lockAgain: 'off' | 'offer' | 'always'
  readonly reach: Reach
  readonly keeping: Keeping
  readonly requests: RequestRooms
  readonly admin: AdminDesk
}

/** A mailbox whose mail a person may read today. */
export type ReachedMailbox = {
  /** Lower case. */
  readonly address: string
  readonly name: string
  readonly kind: 'own' | 'shared' | 'delegated' | 'list'
}

/** Whose mail is whose, by today's address book, memberships and delegations. */
export interface Reach {
  mailboxesOf(person: Person, nowMs: number): readonly ReachedMailbox[]
  /** Names of the person's departments today, by id. */
  departmentsOf(person: Person, nowMs: number): readonly { readonly departmentId: number; readonly name: string }[]
}
