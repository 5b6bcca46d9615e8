/** Who is signed in, as pages and rights see it. */

export const ROLES = ['staff', 'approver', 'administrator', 'auditor'] as const
export type Role = (typeof ROLES)[number]

export type Person = {
  readonly personId: number
  readonly tenant: string
  readonly login: string
  readonly name: string
  readonly language: 'ja' | 'en'
  readonly roles: ReadonlySet<Role>
  /** Ids of departments of today's memberships. */
  readonly departments: readonly number[]
  /** Inner mailbox of this person (lower case); '' when there is none. */
  readonly mailbox: string
}

/** How strongly the session was proved. */
export type Session = {
  /** Opaque id of the row, never the cookie itself. */
  readonly sessionId: string
  readonly startedAtMs: number
  readonly factors: 'one' | 'two'
  /** When the second factor was shown last; a step-up is good for minutes. */
  readonly steppedUpAtMs: number | undefined
  /** Goes into every form of this session. */
  readonly csrfToken: string
}

export type SignedIn = { readonly person: Person; readonly session: Session }
