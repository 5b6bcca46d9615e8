/**
 * Which act needs what: one table, docs/rights.md is printed from it. Deny by default: what stands in no row may nobody do.
 *
 * Contents (text, previews, files, names inside of archives) go by the relation to the mail and by nothing else: no role opens
 * somebody else's mail. Administrators and auditors have metadata. The one way around is break-glass: a reason, a second
 * person, an end, and the owner is told (glass/book.ts).
 */
import type { Role } from '../people/person.ts'

/** How a person stands to a mail: its mailbox is theirs, shared, of somebody who delegated it, or the mail was passed on to them. */
export const MAIL_RELATIONS = ['own', 'shared', 'delegated', 'passed-on', 'glass', 'none'] as const
export type MailRelation = (typeof MAIL_RELATIONS)[number]

/** How a person stands to a request. Whoever asked is the requester, also where they could approve. */
export const REQUEST_RELATIONS = ['requester', 'approver', 'none'] as const
export type RequestRelation = (typeof REQUEST_RELATIONS)[number]

type Row = {
  readonly about: 'mail' | 'request' | 'house'
  /** Relations that suffice, whatever the role. */
  readonly relations: readonly (MailRelation | RequestRelation)[]
  /** Roles that suffice, whatever the relation. */
  readonly roles: readonly Role[]
  /** Whether something is changed or given out: never for auditors by role. */
  readonly changes: boolean
  /** Whether a second factor must have been shown minutes ago. */
  readonly stepUp: boolean
  readonly what: string
}

const THEIRS = ['own', 'shared', 'delegated'] as const
const READERS = [...THEIRS, 'passed-on'] as const

/** What an administrator sees, an auditor sees, too. */
const SEES: readonly Role[] = ['administrator', 'auditor']

const read = (about: Row['about'], relations: Row['relations'], roles: readonly Role[], what: string): Row => ({
  about,
  relations,
  roles,
  changes: false,
  stepUp: false,
  what,
})
const act = (about: Row['about'], relations: Row['relations'], roles: readonly Role[], what: string): Row => ({
  ...read(about, relations, roles, what),
  changes: true,
})
/** An act for which a second factor is shown again. */
const strong = (...row: Parameters<typeof act>): Row => ({ ...act(...row), stepUp: true })

export const RIGHTS = {
  'mail.metadata': read('mail', [...READERS, 'glass'], SEES, 'sender, subject, time, what was done to each part'),
  'mail.contents': read('mail', [...READERS, 'glass'], [], 'the text as delivered, previews, names inside of archives'),
  'mail.take': read('mail', READERS, [], 'the disarmed file, here or in the inner mailbox'),
  'mail.unlock': act('mail', READERS, [], 'a password for an encrypted part; work on a part again'),
  'mail.request': act('mail', THEIRS, [], 'ask for the original'),
  'mail.pass-on': act('mail', THEIRS, [], 'show the mail to somebody of the same department'),
  'mail.care': act('mail', ['shared'], [], 'who takes care of a mail in a shared mailbox, and that it is done'),
  'request.see': read('request', ['requester', 'approver'], SEES, 'state and history of a request'),
  'request.decide': act('request', ['approver'], [], 'approve or refuse; never for oneself'),
  'request.withdraw': act('request', ['requester'], [], 'take the request back'),
  'request.fetch': strong('request', ['requester'], [], 'the original that was approved, on the outer face'),
  'file.bring': act('house', [], ['staff'], 'bring a file in, on the outer face'),
  'dashboard.see': read('house', [], SEES, 'health, figures, statistics, reports'),
  'queue.see': read('house', [], SEES, 'the queue'),
  'queue.change': act('house', [], ['administrator'], 'retry, hold and drop'),
  'quarantine.see': read('house', [], SEES, 'sealed originals: that they are there, and until when'),
  'quarantine.change': strong('house', [], ['administrator'], 'pin and purge'),
  'policy.see': read('house', [], SEES, 'policy, its versions, explain and replay'),
  'policy.change': strong('house', [], ['administrator'], 'switch a version on, roll back'),
  'people.see': read('house', [], SEES, 'persons, departments, mailboxes, address book'),
  'people.change': strong('house', [], ['administrator'], 'add, change, disable; personnel changes; address book'),
  'audit.see': read('house', [], SEES, 'the audit chains, verified and exported'),
  'inspection.see': read('house', [], SEES, 'self-inspection (自己点検)'),
  'inspection.attest': act('house', [], ['administrator'], 'attest a point, with name and date'),
  'contacts.change': strong('house', [], ['administrator'], 'named contacts, classification'),
  'token.see': read('house', [], SEES, 'tokens of the HTTP API: that they are there, and their last use'),
  'token.change': strong('house', [], ['administrator'], 'make and revoke tokens of the HTTP API, which only read'),
  'approvers.change': strong('house', [], ['administrator'], 'propose to the vault who may approve; a number that the vault mails to the registrars lets them in'),
  'emergency.change': strong('house', [], ['administrator'], 'hold, isolate, resume'),
  'glass.see': read('house', [], SEES, 'that a glass was broken: by whom, why, with whom, until when'),
  'glass.ask': strong('house', [], ['administrator'], 'ask to read one mail of somebody else, with a reason'),
  'glass.confirm': strong('house', [], ['administrator', 'approver'],
    'be the second person; never for oneself, nor for the own mail'),
} satisfies Record<string, Row>

export type Act = keyof typeof RIGHTS

export const RIGHTS_ROWS: readonly (Row & { readonly act: Act })[] = Object.entries(RIGHTS).map(([act, row]) => ({ act: act as Act, ...row }))
