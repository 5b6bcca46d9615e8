/** Which mail goes to whom about a request; the words are in texts/request-letters.ts. Written into the outbox, inside of the caller's transaction. */
import type { Person } from '../people/person.ts'
import type { Era } from '../http/when.ts'
import { type Letter, letterTo } from '../texts/request-letters.ts'
import type { Approver } from './directory.ts'
import type { Outbox } from './outbox.ts'
import type { KeptRequest } from './records.ts'
import type { RequestEvent } from './request.ts'

export type PostOptions = {
  readonly outbox: Pick<Outbox, 'add'>
  readonly era: Era
  /** What browsers call the faces; '' for one that is not served. */
  readonly origins: (tenant: string) => { readonly inner: string; readonly outer: string }
  readonly contact: string
}

/** A successor's approvers are asked anew. */
function roundOf({ state: { requesters, approvals } }: KeptRequest): string {
  return `${requesters.length > 1 ? `${requesters.length}.` : ''}${approvals.length}`
}

/** Events that the requester hears of by mail. What they did themselves is none of them. */
const NEWS: Partial<Record<RequestEvent['kind'], Letter>> = {
  refused: 'refused',
  escalated: 'escalated',
  lapsed: 'lapsed',
  expired: 'expired',
  revoked: 'revoked',
  'passed-on': 'passed-on',
}

export class Post {
  readonly #options: PostOptions

  constructor(options: PostOptions) {
    this.#options = options
  }

  /** Once per person and step, however often it is asked. */
  ask(request: KeptRequest, { person, inPlaceOf }: Approver): void {
    const words = letterTo('ask', request, { name: person.name, language: person.language, inPlaceOf: inPlaceOf?.name, ...this.#place('/approvals', request) })
    this.#options.outbox.add({ key: `request/${request.requestId}/ask/${roundOf(request)}/${person.personId}`, tenant: request.tenant, to: person.mailbox, ...words })
  }

  tell(request: KeptRequest, event: RequestEvent, requester: Person): void {
    const letter = event.kind === 'approved' ? (request.state.stage.kind === 'approved' ? 'approved' : undefined) : NEWS[event.kind]
    if (letter === undefined) return
    const why = 'why' in event ? event.why : ''
    const words = letterTo(letter, request, { name: requester.name, language: requester.language, inPlaceOf: undefined, why, ...this.#place('/requests', request) })
    this.#options.outbox.add({ key: `request/${request.requestId}/${request.events.length}`, tenant: request.tenant, to: requester.mailbox, ...words })
  }

  #place(path: string, { requestId, tenant }: KeptRequest): { readonly inner: string; readonly outer: string; readonly era: Era; readonly contact: string } {
    const { inner, outer } = this.#options.origins(tenant)
    const page = (origin: string) => (origin === '' ? '' : `${origin}${path}/${requestId}`)
    return { inner: page(inner), outer: page(outer), era: this.#options.era, contact: this.#options.contact }
  }
}
