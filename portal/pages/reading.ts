/**
 * Whether a person may read a mail, and as whom: it came to a mailbox that is theirs today, or a recipient shared it with
 * their department. Everybody else gets one and the same page, whether the mail exists or not.
 */
import type { House, ReachedMailbox } from '../house.ts'
import { html } from '../http/html.ts'
import type { Answer, Face, Page, SignedRoute, SignedVisit } from '../http/route.ts'
import { may } from '../rights/may.ts'
import type { Act, MailRelation } from '../rights/table.ts'
import type { Share } from '../keeping/shares.ts'
import type { Role } from '../people/person.ts'
import type { Asker, MailMessage } from '../ports.ts'
import { messageTexts } from '../texts/message.ts'

export const STAFF: { readonly faces: readonly Face[]; readonly who: 'signed-in'; readonly roles: readonly Role[] } = {
  faces: ['inner', 'outer'],
  who: 'signed-in',
  roles: ['staff', 'approver'],
}

export type Reading = {
  readonly message: MailMessage
  /** The person's own ways to it. Other recipients are nobody's business: some are blind copies. */
  readonly mine: readonly ReachedMailbox[]
  /** Who shared it, where that is the only way. */
  readonly sharedBy: Share | undefined
  readonly relation: MailRelation
}

/** By portal/rights/table.ts, for a mail that the person stands in this relation to. */
export function mayDo(visit: SignedVisit, act: Act, { message, relation }: Reading): boolean {
  return may(visit.signedIn, act, { kind: 'mail', tenant: message.tenant, relation }, { nowMs: visit.nowMs, stepUpMs: 0 }) === 'yes'
}

export function askerOf({ person, address }: Pick<SignedVisit, 'person' | 'address'>): Asker {
  return { actor: `user:${person.login}`, tenant: person.tenant, address }
}

/** `publicId`: of the page's address, where nothing else is said. */
export async function readingOf(house: House, { params, person, nowMs }: SignedVisit, publicId = params['publicId'] ?? ''): Promise<Reading | undefined> {
  const message = /^[\w-]{1,64}$/.test(publicId) ? await house.mail.message(publicId) : undefined
  if (!message || message.tenant !== person.tenant) return undefined
  const recipients = new Set(message.recipients.map(({ mailbox }) => mailbox.toLowerCase()))
  const mine = house.reach.mailboxesOf(person, nowMs).filter(({ address }) => recipients.has(address))
  if (mine.length > 0) return { message, mine, sharedBy: undefined, relation: relationOf(mine) }
  const sharedBy = house.keeping.shares.of(person.tenant, publicId).find(({ departmentId }) => person.departments.includes(departmentId))
  return sharedBy && { message, mine, sharedBy, relation: 'passed-on' }
}

/** The one that allows most: what came to several people has somebody in care of it. */
function relationOf(mine: readonly ReachedMailbox[]): MailRelation {
  const kinds = new Set(mine.map(({ kind }) => kind))
  return kinds.has('shared') || kinds.has('list') ? 'shared' : kinds.has('own') ? 'own' : 'delegated'
}

/** A handler for whoever may read the mail of the address. */
export function ofMessage(house: House, handle: (visit: SignedVisit, reading: Reading) => Answer | Promise<Answer>): SignedRoute['handle'] {
  return async visit => {
    const reading = await readingOf(house, visit)
    return reading ? handle(visit, reading) : notYours(house, visit)
  }
}

/** Also for whoever was only forwarded a mail: it says whom to ask, and tells nothing of the mail. */
export function notYours({ contact }: House, { language }: SignedVisit): Page {
  const { notYours: texts, backToList } = messageTexts(language)
  const body = html`<div class="notice"><p>${texts.why}</p><p>${texts.forwarded}</p>${contact !== '' && html`<p>${texts.contact(contact)}</p>`}</div>
<p><a href="/">${backToList}</a></p>`
  return { kind: 'page', status: 404, title: texts.title, body }
}
