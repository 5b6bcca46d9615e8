/**
 * Delivery over SMTP: takes a connection from the pool, runs one transaction, and says for each recipient
 * what the hop's words mean.
 *
 * Which failure counts for whom:
 *   no connection, or lost before the message was begun, or 421   unreachable: the next hop may be tried
 *   the same on a connection that had served others               nothing: once more on a fresh one [Ended]
 *   lost while the message was on its way                         deferred
 *   lost after end-of-data, before its reply                      deferred, possible duplicate
 *   MAIL, DATA or end-of-data refused                             every recipient that was not refused itself
 *   RCPT refused                                                  that recipient
 * Standards: RFC 5321 §4.2.4, §4.5.4; RFC 6531 §3.1 (SMTPUTF8), RFC 1870 §6 (SIZE).
 */
import type { Mailbox } from '../../core/smtp/envelope.ts'
import { needsSmtpUtf8 } from '../../core/smtp/mailbox.ts'
import { type HopReply, isClosing, ownReply, replyKind } from './hop-reply.ts'
import { all, type Delivery, type HopOutcome, type HopOutcomes, type Transport } from './outcome.ts'
import type { SmtpPool } from './pool.ts'
import { HopUnavailable, type SmtpSession } from './smtp-client.ts'
import type { LostConnection, Transaction } from './transaction.ts'

export function smtpTransport(pool: SmtpPool): Transport {
  return {
    async deliver(delivery) {
      const first = await overOneConnection(pool, delivery, () => pool.acquire())
      if (typeof first !== 'string') return first
      // The hop had enough of that connection: this says nothing about the hop.
      const second = await overOneConnection(pool, delivery, () => pool.acquireFresh())
      const outcomes = typeof second === 'string' ? UNREACHABLE(delivery) : second
      return first === 'in doubt' ? inDoubt(outcomes) : outcomes
    },
  }
}

/** A reused connection was at its end. `in doubt`: the whole message had left with its envelope, and there was no answer at all. */
type Ended = 'nothing taken' | 'in doubt'

function inDoubt(outcomes: HopOutcomes): HopOutcomes {
  return new Map([...outcomes].map(([recipient, outcome]) => [recipient, { ...outcome, possibleDuplicate: true }]))
}

const UNREACHABLE = ({ recipients }: Delivery) =>
  all(recipients, 'unreachable', ownReply(421, '4.4.2', 'connection closed by next hop'))

async function overOneConnection(
  pool: SmtpPool,
  delivery: Delivery,
  acquire: () => Promise<SmtpSession>,
): Promise<HopOutcomes | Ended> {
  let session: SmtpSession
  try {
    session = await acquire()
  } catch (error) {
    if (!(error instanceof HopUnavailable)) throw error
    return all(delivery.recipients, 'unreachable', ownReply(421, '4.4.1', error.message))
  }
  try {
    const message = await delivery.load()
    const outcomes = new Map(beyondTheHop(session, delivery))
    const recipients = delivery.recipients.filter(recipient => !outcomes.has(recipient))
    if (recipients.length === 0) return outcomes
    const reused = session.transactions > 0
    const transaction = await session.send(delivery.reversePath, recipients, message)
    if (reused && wasAtItsEnd(transaction)) {
      session.abort('at its end')
      return transaction.lost?.during === 'end-of-data' ? 'in doubt' : 'nothing taken'
    }
    for (const recipient of recipients) outcomes.set(recipient, outcomeFor(recipient, transaction))
    if (!isDelivered(transaction) && !(await session.reset())) session.abort('reset failed')
    return outcomes
  } finally {
    pool.release(session)
  }
}

/** What this hop cannot take at all, known from its EHLO reply: said without asking it. */
function beyondTheHop(session: SmtpSession, { reversePath, recipients, messageBytes }: Delivery): HopOutcomes {
  if (session.maxMessageBytes !== undefined && messageBytes > session.maxMessageBytes) {
    return all(
      recipients,
      'failed',
      ownReply(552, '5.3.4', `message larger than the ${session.maxMessageBytes} octets of the next hop`),
    )
  }
  if (session.smtpUtf8) return new Map()
  const noUtf8 = ownReply(553, '5.6.7', 'non-ASCII address, and the next hop has no SMTPUTF8')
  if (reversePath !== null && needsSmtpUtf8(reversePath)) return all(recipients, 'failed', noUtf8)
  return all(recipients.filter(needsSmtpUtf8), 'failed', noUtf8)
}

/** Closed without a word, or with 421 to all (RFC 5321 §3.8): hops end a connection like this after so many mails. */
function wasAtItsEnd({ replies, lost }: Transaction): boolean {
  if (lost) return lost.unanswered
  return [...replies.values()].every(isClosing)
}

function outcomeFor(recipient: Mailbox, { replies, lost }: Transaction): HopOutcome {
  const reply = replies.get(recipient)
  if (reply === undefined) return outcomeOfLoss(lost)
  return { kind: isClosing(reply) ? 'unreachable' : replyKind(reply), reply, possibleDuplicate: false }
}

function outcomeOfLoss(lost: LostConnection | undefined): HopOutcome {
  const reply = ownReply(451, '4.4.2', lost?.reason ?? 'no reply')
  const kind = lost?.during === 'envelope' ? 'unreachable' : 'deferred'
  return { kind, reply, possibleDuplicate: lost?.during === 'end-of-data' }
}

/** Only a transaction that ended in 2xx is over for the hop; any other must be reset before the next. */
function isDelivered({ replies }: Transaction): boolean {
  return [...replies.values()].some((reply: HopReply) => replyKind(reply) === 'delivered')
}
