/**
 * What one attempt came to, recipient by recipient.
 *
 * A hop answers with HopOutcomes; `unreachable` among them means "not this hop, perhaps the next one" and
 * never leaves attempt.ts: the last hop's `unreachable` is a deferral.
 */
import type { Mailbox } from '../../core/smtp/envelope.ts'
import type { HopReply } from './hop-reply.ts'

type Ended<Kind extends string> = {
  readonly kind: Kind
  readonly reply: HopReply
  /** The hop may have taken the message although we do not know it. */
  readonly possibleDuplicate: boolean
}

export type HopOutcome = Ended<'delivered'> | Ended<'deferred'> | Ended<'failed'> | Ended<'unreachable'>
export type HopOutcomes = ReadonlyMap<Mailbox, HopOutcome>

export type RecipientOutcome = (Ended<'delivered'> | Ended<'deferred'> | Ended<'failed'>) & { readonly nextHop: string }
export type Outcomes = ReadonlyMap<Mailbox, RecipientOutcome>

/** Thrown when nothing may go out now (emergency hold, stopping): the entry goes back untouched. */
export class Held extends Error {
  override readonly name = 'Held'
}

/** One way of handing a message over. `load` gives its canonical bytes; what it throws, and Held, pass through. */
export interface Transport {
  deliver(delivery: Delivery): Promise<HopOutcomes>
}

export type Delivery = {
  readonly reversePath: Mailbox | null
  readonly recipients: readonly Mailbox[]
  readonly messageBytes: number
  load(): Promise<Uint8Array>
}

/** The same outcome for each of `recipients`. */
export function all(
  recipients: readonly Mailbox[],
  kind: HopOutcome['kind'],
  reply: HopReply,
  possibleDuplicate = false,
): HopOutcomes {
  return new Map(recipients.map(recipient => [recipient, { kind, reply, possibleDuplicate }]))
}
