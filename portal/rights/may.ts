/**
 * May this person do this to that? The one place where it is decided; pure, so every cell of the table can be asked.
 * Whoever calls found out the relation (people/mailboxes.ts, requests/), never the browser.
 */
import type { SignedIn } from '../people/person.ts'
import { type Act, type MailRelation, type RequestRelation, RIGHTS } from './table.ts'

/** What an act is about. The tenant is the object's own. */
export type Subject =
  | { readonly kind: 'mail'; readonly tenant: string; readonly relation: MailRelation }
  | { readonly kind: 'request'; readonly tenant: string; readonly relation: RequestRelation }
  | { readonly kind: 'house'; readonly tenant: string }

/** `unseen`: not even that it exists is to be told (404). `role`: 403. `step-up`: show a second factor first. */
export type Answer = 'yes' | 'unseen' | 'role' | 'step-up'

export type At = { readonly nowMs: number; readonly stepUpMs: number }

export function may({ person, session }: SignedIn, act: Act, subject: Subject, { nowMs, stepUpMs }: At): Answer {
  const { about, relations, roles, stepUp } = RIGHTS[act]
  if (about !== subject.kind) throw new TypeError(`${act} is about a ${about}, not a ${subject.kind}`)
  if (subject.tenant !== person.tenant) return 'unseen'
  const related = subject.kind !== 'house' && (relations as readonly string[]).includes(subject.relation)
  if (!related && !roles.some(role => person.roles.has(role))) return subject.kind === 'house' || maySeeAtAll(person.roles, subject) ? 'role' : 'unseen'
  if (!stepUp) return 'yes'
  const { steppedUpAtMs } = session
  return steppedUpAtMs !== undefined && nowMs - steppedUpAtMs < stepUpMs ? 'yes' : 'step-up'
}

/** Who knows of the thing anyway is told that this act is not for them; others are told nothing. */
function maySeeAtAll(roles: SignedIn['person']['roles'], subject: Exclude<Subject, { readonly kind: 'house' }>): boolean {
  return subject.relation !== 'none' || RIGHTS['mail.metadata'].roles.some(role => roles.has(role))
}
