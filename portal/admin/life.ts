/** Everything that happened to one message, out of every chain there is. */
import type { ChainedRecord } from '../../store/audit.ts'
import type { TraceResult } from '../../store/contract.ts'
import type { AuditSource, Operations } from '../ports.ts'

const MOST_STEPS = 500

export type LifeStep = Pick<ChainedRecord, 'atMs' | 'kind' | 'actor'> & { readonly detail: Readonly<Record<string, unknown>> }

/** Undefined where this tenant has no such message. */
export async function lifeOf({ operations, chains }: { readonly operations: Pick<Operations, 'trace'>; readonly chains: readonly AuditSource[] }, tenant: string, queueId: string): Promise<{ readonly message: TraceResult; readonly steps: readonly LifeStep[] } | undefined> {
  const [message] = await operations.trace({ tenant, queueId, limit: 1 })
  if (!message) return undefined
  const others = await Promise.all(chains.filter(({ name }) => name !== 'gateway').map(chain => chain.page({ subject: queueId, tenant, limit: MOST_STEPS })))
  const steps = [...message.steps, ...others.flatMap(({ records }) => records.toReversed())].toSorted((a, b) => a.atMs - b.atMs)
  return { message, steps }
}
