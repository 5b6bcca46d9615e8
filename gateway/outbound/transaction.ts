/**
 * What one SMTP transaction came to: for each recipient the reply that counts for it, and, when the connection
 * went away, how far it was.
 *
 *   smtp-client (what the hop said, in order) ──▶ [repliesFor] ──▶ smtp-transport (what it means for us)
 *
 * Standards: RFC 5321 §4.1.1 (which command a reply belongs to), RFC 2920 (pipelined replies).
 */
import type { Mailbox } from '../../core/smtp/envelope.ts'
import { type HopReply, ownReply, parseHopReply } from './hop-reply.ts'

export type Transaction = {
  /** The reply that counts, for each recipient that has one. */
  readonly replies: ReadonlyMap<Mailbox, HopReply>
  /** Set when the connection went away before every recipient had its reply. */
  readonly lost: LostConnection | undefined
}

export type LostConnection = {
  readonly reason: string
  /** `envelope`: the message was not begun. `data`: not finished. `end-of-data`: the hop may have taken it. */
  readonly during: 'envelope' | 'data' | 'end-of-data'
  /** The hop had not answered a single command of this transaction: most likely it had closed an idle connection. */
  readonly unanswered: boolean
}

/** SMTPConnection's errors, as far as we read them. */
export type ReplyError = Error & { readonly command?: string; readonly response?: string; readonly recipient?: string }

export type Evidence = {
  /** What ended the transaction early; null when end-of-data got a 2xx. */
  readonly error: ReplyError | null
  /** The reply to end-of-data, when `error` is null. */
  readonly finalReply: string | undefined
  /** Refusals of single recipients, in whatever words. */
  readonly refusals: readonly ReplyError[]
}

const UNREADABLE = ownReply(451, '4.5.0', 'unreadable reply')

/**
 * A refused MAIL counts for all. Else a recipient's own refusal counts for it, and the reply to DATA or to
 * end-of-data for the others. Recipients without an entry in the result got no answer.
 */
export function repliesFor(
  recipients: readonly Mailbox[],
  { error, finalReply, refusals }: Evidence,
): Map<Mailbox, HopReply> {
  const replies = new Map<Mailbox, HopReply>()
  const mailRefused = error?.command === 'MAIL FROM'
  if (!mailRefused) {
    for (const { recipient, response = '' } of refusals) {
      // Refused in words that nobody understands is still refused: end-of-data's 250 is not for this one.
      replies.set(recipient as Mailbox, parseHopReply(response) ?? UNREADABLE)
    }
  }
  const common = parseHopReply((error === null ? finalReply : commonRefusal(error)) ?? '')
  if (common === undefined) return replies
  for (const recipient of recipients) if (!replies.has(recipient)) replies.set(recipient, common)
  return replies
}

function commonRefusal(error: ReplyError): string | undefined {
  return error.command === 'MAIL FROM' || error.command === 'DATA' ? error.response : undefined
}
