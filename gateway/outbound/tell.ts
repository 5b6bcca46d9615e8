/** What was settled, said to the log: one event per recipient, once it is durable. */
import type { QueueEntry } from '../../store/contract.ts'
import type { RelayLog } from './relay-log.ts'
import type { SettlementPlan } from './settle.ts'

export function tellOutcomes(log: RelayLog, entry: QueueEntry, plan: SettlementPlan, nowMs: number): void {
  const { queueId, entryId, tenant, direction, attempts, acceptedAtMs } = entry
  const common = { queueId, entryId, tenant, direction, attempt: attempts + 1, ageMs: nowMs - acceptedAtMs }
  for (const { recipient, outcome, possibleDuplicate } of plan.recipients) {
    const { nextHop, reply } = outcome
    const event = { ...common, recipient, nextHop, reply: reply.line, status: reply.status, possibleDuplicate }
    if (outcome.kind === 'deferred') log.deferred({ ...event, dueAtMs: plan.dueAtMs })
    else log[outcome.kind](event)
  }
}
