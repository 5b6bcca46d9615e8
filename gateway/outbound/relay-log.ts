/**
 * What the relay has to say, event by event. The mail log, the metrics and the alarms are fed from here;
 * an event is given only when what it tells is durable. Must not throw.
 */
import type { Mailbox, QueueId } from '../../core/smtp/envelope.ts'

export type RecipientEvent = {
  readonly queueId: QueueId
  readonly entryId: number
  readonly tenant: string
  readonly direction: 'inward' | 'outward'
  readonly recipient: Mailbox
  readonly nextHop: string
  /** The hop's words, one printable line. For operators only: they may name inner hosts. */
  readonly reply: string
  readonly status: string
  /** 1 is the first. */
  readonly attempt: number
  readonly ageMs: number
  readonly possibleDuplicate: boolean
}

export type BounceEvent = {
  readonly kind: 'failed' | 'delayed'
  readonly queueId: QueueId
  readonly tenant: string
  /** The DSN's own queue id. */
  readonly dsnQueueId: QueueId
  readonly reversePath: Mailbox
  readonly recipients: readonly Mailbox[]
}

/**
 *   undeliverable        recipients failed for good; given for every one, whether or not a DSN goes out
 *   no-outward-route     a DSN was due and there is no route for it
 *   dsn-not-committed    a DSN was due and the store did not take it
 *   unknown-route        queued for a route that the settings no longer have; deferred
 *   message-unreadable   the store could not give the message; deferred
 *   message-damaged      the stored bytes are not canonical; deferred, never sent
 *   not-settled          the store did not take the outcome; the entry waits for a restart
 *   claim-failed         the store could not say what is due; tried again
 */
export type AlarmKind =
  | 'undeliverable'
  | 'no-outward-route'
  | 'dsn-not-committed'
  | 'unknown-route'
  | 'message-unreadable'
  | 'message-damaged'
  | 'not-settled'
  | 'claim-failed'

export type AlarmEvent = {
  readonly kind: AlarmKind
  readonly queueId: QueueId | undefined
  readonly tenant: string | undefined
  readonly detail: string
}

export interface RelayLog {
  delivered(event: RecipientEvent): void
  deferred(event: RecipientEvent & { readonly dueAtMs: number }): void
  failed(event: RecipientEvent): void
  /** A DSN is in the queue. */
  bounced(event: BounceEvent): void
  alarm(event: AlarmEvent): void
}
