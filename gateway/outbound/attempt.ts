/**
 * One attempt: the recipients of one entry that are still due, over the hops of their route in order.
 *
 * A hop that cannot be reached or says 421 hands its recipients to the next one; every other answer is final
 * for this attempt. Whatever goes wrong in a way nobody foresaw is temporary.
 * Invariant: every recipient that went in comes out with exactly one outcome.
 */
import type { QueueEntry } from '../../store/contract.ts'
import type { Mailbox } from '../../core/smtp/envelope.ts'
import { hasOnlyCrLf } from './dot-stuff.ts'
import { type HopReply, ownReply } from './hop-reply.ts'
import { all, Held, type HopOutcomes, type Outcomes, type RecipientOutcome, type Transport } from './outcome.ts'
import { hopLabel, type NextHop, type Route } from './routes.ts'

/** The stored bytes are not canonical: they never leave. */
export class NotCanonical extends Error {
  override readonly name = 'NotCanonical'
}

/**
 * Rejects with what `load` throws, or Held, as long as nothing has come of the attempt yet; once a recipient has
 * an outcome the others are deferred instead, so that none is forgotten.
 */
export async function attempt(
  entry: QueueEntry,
  route: Route,
  transportFor: (hop: NextHop) => Transport,
  load: () => Promise<Uint8Array>,
): Promise<Outcomes> {
  const outcomes = new Map<Mailbox, RecipientOutcome>()
  let due = entry.recipients
  for (const [index, hop] of route.hops.entries()) {
    const isLast = index === route.hops.length - 1
    const answers = await deliverTo(transportFor(hop), entry, due, load).catch(error => {
      if (outcomes.size === 0) throw error
      return all(due, 'deferred', localError(error))
    })
    for (const recipient of due) {
      const outcome = settledOutcome(answers, recipient, isLast)
      if (outcome !== undefined) outcomes.set(recipient, { ...outcome, nextHop: hopLabel(hop) })
    }
    due = due.filter(recipient => !outcomes.has(recipient))
    if (due.length === 0) break
  }
  return outcomes
}

async function deliverTo(
  transport: Transport,
  entry: QueueEntry,
  recipients: readonly Mailbox[],
  load: () => Promise<Uint8Array>,
): Promise<HopOutcomes> {
  let loadFailure: { readonly error: unknown } | undefined
  const guardedLoad = async () => {
    try {
      return canonical(await load())
    } catch (error) {
      loadFailure = { error }
      throw error
    }
  }
  const { reversePath, messageBytes } = entry
  try {
    return await transport.deliver({ reversePath, recipients, messageBytes, load: guardedLoad })
  } catch (error) {
    if (loadFailure !== undefined) throw loadFailure.error
    if (error instanceof Held) throw error
    return all(recipients, 'deferred', localError(error))
  }
}

function localError(error: unknown): HopReply {
  return ownReply(451, '4.3.0', `local error: ${error instanceof Error ? error.message : String(error)}`)
}

function canonical(message: Uint8Array): Uint8Array {
  if (message.length === 0 || !hasOnlyCrLf(message)) throw new NotCanonical('stored message is not canonical')
  return message
}

function settledOutcome(
  answers: HopOutcomes,
  recipient: Mailbox,
  isLast: boolean,
): Omit<RecipientOutcome, 'nextHop'> | undefined {
  const answer = answers.get(recipient)
  if (answer === undefined)
    return { kind: 'deferred', reply: ownReply(451, '4.3.0', 'no outcome'), possibleDuplicate: false }
  if (answer.kind !== 'unreachable') return answer
  return isLast ? { ...answer, kind: 'deferred' } : undefined
}
