/**
 * One entry from hand to store: attempt ▸ DSN if need be ▸ settle ▸ log.
 *
 * Invariant: it ends with a settlement for each of its recipients, or with an alarm that says why the store has none.
 */
import type { QueueEntry, Store } from '../../store/contract.ts'
import { attempt, NotCanonical } from './attempt.ts'
import { ownReply } from './hop-reply.ts'
import { type DsnIdentity, notify } from './notify.ts'
import { Held, type Outcomes, type RecipientOutcome, type Transport } from './outcome.ts'
import type { AlarmKind, RelayLog } from './relay-log.ts'
import type { NextHop, RouteTable } from './routes.ts'
import type { Schedule } from './schedule.ts'
import { planSettlement, releaseOf, type SettlementPlan } from './settle.ts'
import { tellOutcomes } from './tell.ts'

export type DeliveryDeps = {
  readonly store: Store
  readonly routes: RouteTable
  readonly clock: () => number
  /** Yields [0, 1). */
  readonly random: () => number
  readonly log: RelayLog
  readonly schedule: Schedule
  readonly identity: DsnIdentity
}

/** The relay, as one delivery sees it. */
export interface DeliveryHost {
  /** Those in force now. */
  deps(): DeliveryDeps
  isPaused(): boolean
  transportFor(hop: NextHop): Transport
  /** A DSN that the store has just taken. */
  offer(entry: QueueEntry, message: Uint8Array): void
  failed(kind: AlarmKind, entry: QueueEntry | undefined, error: unknown): void
}

/** `message` is undefined when it has to be read from the store. Never rejects for what a next hop does. */
export async function deliver(entry: QueueEntry, message: Uint8Array | undefined, host: DeliveryHost): Promise<void> {
  const source = messageSource(entry, message, host)
  const outcomes = await attemptEntry(entry, source, host)
  if (outcomes === 'held') return release([entry], host)
  const { store, log, schedule, random, clock } = host.deps()
  const plan = planSettlement(entry, outcomes, { nowMs: clock(), schedule, random })
  await tellSender(entry, plan, { source, host })
  try {
    await store.settle(plan.settlements)
  } catch (error) {
    return host.failed('not-settled', entry, error)
  }
  tellOutcomes(log, entry, plan, clock())
}

/** Gives entries back to the store, untried. */
export async function release(entries: readonly QueueEntry[], host: DeliveryHost): Promise<void> {
  const { store, clock } = host.deps()
  try {
    await store.settle(entries.flatMap(entry => releaseOf(entry, clock())))
  } catch (error) {
    host.failed('not-settled', entries[0], error)
  }
}

type Source = () => Promise<Uint8Array>

/** The message from memory, or from the store each time: what is read is not kept while the outcome is settled. */
function messageSource(entry: QueueEntry, message: Uint8Array | undefined, host: DeliveryHost): Source {
  return async () => message ?? host.deps().store.readMessage(entry.entryId)
}

async function attemptEntry(entry: QueueEntry, source: Source, host: DeliveryHost): Promise<Outcomes | 'held'> {
  const route = host.deps().routes.byName(entry.route)
  if (route === undefined) {
    host.failed('unknown-route', entry, new Error(`no route '${entry.route}'`))
    return allDeferred(entry, '4.4.4', 'no route')
  }
  const load = async () => {
    const bytes = await source()
    // Asked as late as possible: a hold that came while this delivery waited for a connection counts.
    if (host.isPaused()) throw new Held('on hold')
    return bytes
  }
  try {
    return await attempt(entry, route, hop => host.transportFor(hop), load)
  } catch (error) {
    if (error instanceof Held) return 'held'
    host.failed(error instanceof NotCanonical ? 'message-damaged' : 'message-unreadable', entry, error)
    return allDeferred(entry, '4.3.0', 'local error')
  }
}

async function tellSender(entry: QueueEntry, plan: SettlementPlan, { source, host }: { readonly source: Source; readonly host: DeliveryHost }): Promise<void> {
  if (!plan.warn && !plan.recipients.some(({ outcome }) => outcome.kind === 'failed')) return
  const message = await source().catch(() => undefined)
  const deps = host.deps()
  try {
    const dsns = await notify(entry, plan, message, { ...deps, giveUpAfterMs: deps.schedule.giveUpAfterMs })
    for (const dsn of dsns) for (const dsnEntry of dsn.entries) host.offer(dsnEntry, dsn.message)
  } catch (error) {
    host.failed('dsn-not-committed', entry, error)
  }
}

function allDeferred(entry: QueueEntry, status: string, text: string): Outcomes {
  const outcome: RecipientOutcome = {
    kind: 'deferred',
    nextHop: '',
    reply: ownReply(451, status, text),
    possibleDuplicate: false,
  }
  return new Map(entry.recipients.map(recipient => [recipient, outcome]))
}
