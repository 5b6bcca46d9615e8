/**
 * From outcomes to what is written down: one Settlement per recipient, and what the reverse-path is to be told.
 *
 *   attempt ──▶ [planSettlement] ──▶ notify (DSN) ──▶ store.settle ──▶ log
 *
 * Pure but for `random`. Invariant: every recipient of the entry gets exactly one settlement.
 * Standards: RFC 3463 (4.4.7 / 5.4.7: delivery time expired).
 */
import type { Mailbox } from '../../core/smtp/envelope.ts'
import type { QueueEntry, RecipientState, Settlement } from '../../store/contract.ts'
import { ownReply } from './hop-reply.ts'
import type { Outcomes, RecipientOutcome } from './outcome.ts'
import { isExpired, isWarningDue, retryWaitMs, type Schedule } from './schedule.ts'

export type SettledRecipient = {
  readonly recipient: Mailbox
  readonly outcome: RecipientOutcome
  readonly possibleDuplicate: boolean
}

export type SettlementPlan = {
  readonly settlements: readonly Settlement[]
  /** The same, for the log: the outcomes as they count, expiry included. */
  readonly recipients: readonly SettledRecipient[]
  /** When the deferred ones are tried again. */
  readonly dueAtMs: number
  /** The delay warning is due: some are deferred, old enough, and nobody has been told yet. */
  readonly warn: boolean
}

export type PlanInputs = { readonly nowMs: number; readonly schedule: Schedule; readonly random: () => number }

export function planSettlement(
  entry: QueueEntry,
  outcomes: Outcomes,
  { nowMs, schedule, random }: PlanInputs,
): SettlementPlan {
  const ageMs = nowMs - entry.acceptedAtMs
  // One wait for the whole entry, so that its recipients stay together in the next transaction.
  const dueAtMs = nowMs + retryWaitMs(schedule, ageMs, random)
  const expired = isExpired(schedule, ageMs)
  const recipients = entry.recipients.map(recipient => {
    const outcome = withExpiry(outcomes.get(recipient) ?? noOutcome(), expired)
    const secondDelivery = outcome.kind === 'delivered' && entry.mayBeDuplicate
    return { recipient, outcome, possibleDuplicate: outcome.possibleDuplicate || secondDelivery }
  })
  const settlements = recipients.map(({ recipient, outcome, possibleDuplicate }) => ({
    entryId: entry.entryId,
    recipient,
    possibleDuplicate,
    state: stateFor(outcome, { nowMs, dueAtMs, attempts: entry.attempts + 1 }),
  }))
  const anyDeferred = recipients.some(({ outcome }) => outcome.kind === 'deferred')
  return { settlements, recipients, dueAtMs, warn: anyDeferred && !entry.delayWarned && isWarningDue(schedule, ageMs) }
}

/** Gives a claimed entry back as it was: due at once, no attempt counted. */
export function releaseOf(entry: QueueEntry, nowMs: number): readonly Settlement[] {
  return entry.recipients.map(recipient => ({
    entryId: entry.entryId,
    recipient,
    possibleDuplicate: false,
    state: { kind: 'scheduled', dueAtMs: nowMs, attempts: entry.attempts, lastReply: '' },
  }))
}

function withExpiry(outcome: RecipientOutcome, expired: boolean): RecipientOutcome {
  if (!expired || outcome.kind !== 'deferred') return outcome
  return {
    ...outcome,
    kind: 'failed',
    reply: ownReply(554, '5.4.7', `delivery time expired; last: ${outcome.reply.line}`),
  }
}

function noOutcome(): RecipientOutcome {
  return { kind: 'deferred', nextHop: '', reply: ownReply(451, '4.3.0', 'no outcome'), possibleDuplicate: false }
}

type StateInputs = { readonly nowMs: number; readonly dueAtMs: number; readonly attempts: number }

function stateFor(
  { kind, nextHop, reply }: RecipientOutcome,
  { nowMs, dueAtMs, attempts }: StateInputs,
): RecipientState {
  switch (kind) {
    case 'delivered':
      return { kind, atMs: nowMs, nextHop, reply: reply.line }
    case 'failed':
      return { kind, atMs: nowMs, nextHop, reply: reply.line, status: reply.status }
    case 'deferred':
      return { kind: 'scheduled', dueAtMs, attempts, lastReply: reply.line }
  }
}
