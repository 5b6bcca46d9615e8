/**
 * What each call to the writer is: what it decides, checks and seals before anything is written, and its work inside the transaction.
 *
 *   calls ──▶ [plan] ──▶ files to write, and work for each call ──▶ writer.ts
 *
 * Invariant: nothing is written while it is planned; a call that cannot be planned has its answer, and the others go on.
 */
import type { Acceptance } from './acceptance.ts'
import { amendPart } from './amending.ts'
import { Batch } from './batch.ts'
import { answerFor } from './channel.ts'
import { isDiskError } from './database.ts'
import { writeEmergency } from './opening.ts'
import { Originals } from './originals.ts'
import type { Answer, Call, WireMessage, WriterCalls } from './protocol.ts'
import { Queue } from './queue.ts'
import { Sealing } from './sealing.ts'
import { prepareSettling, Settling, type SettlingStatements } from './settling.ts'
import type { WriterState } from './state.ts'

export type WriterCall = Call<WriterCalls>
/** What a call does inside the transaction; its return value is the answer. */
type Work = () => unknown
export type Plan = {
  readonly batch: Batch
  readonly settling: Settling
  readonly planned: { readonly call: WriterCall; readonly work: Work }[]
  /** Of calls that could not be planned; the others add theirs. */
  readonly answers: Answer[]
  /** Calls that only the next batch can answer. */
  readonly later: WriterCall[]
  readonly nowMs: number
}
type PlannedName = 'commit' | 'settle' | 'drop' | 'confirm' | 'reconfigure'

export class Planner {
  readonly #state: WriterState
  readonly #acceptance: Acceptance
  readonly #queue: Queue
  readonly #originals: Originals
  readonly #settlingStatements: SettlingStatements

  constructor(state: WriterState, acceptance: Acceptance) {
    this.#state = state
    this.#acceptance = acceptance
    this.#queue = new Queue(state)
    this.#originals = new Originals(state)
    this.#settlingStatements = prepareSettling(state)
  }

  /** Reads and seals; writes nothing. A call that cannot be planned is answered with its error. */
  plan(calls: readonly WriterCall[], nowMs: number): Plan {
    const batch = new Batch(this.#state.layout, this.#state.segments)
    const plan: Plan = {
      batch,
      settling: new Settling(this.#state, this.#settlingStatements),
      planned: [],
      answers: [],
      later: [],
      nowMs,
    }
    const dedupKeys = new Set<string>()
    for (const call of calls) {
      if (call.name === 'commit' && dedupKeys.has(call.argument.dedupKey)) {
        plan.later.push(call) // the copy of a message of this very batch: whether that one is here, the next batch knows
        continue
      }
      if (call.name === 'commit') dedupKeys.add(call.argument.dedupKey)
      try {
        plan.planned.push({ call, work: this.#planCall(call, plan) })
      } catch (error) {
        if (isDiskError(error)) throw error
        plan.answers.push(answerFor(call.id, error))
      }
    }
    plan.settling.planFinished(batch, nowMs)
    return plan
  }

  /** What must be decided, sealed or checked before anything is written. */
  #planCall(call: WriterCall, plan: Plan): Work {
    const { settling, nowMs } = plan
    switch (call.name) {
      case 'commit':
        return this.#planCommit(call.argument, plan)
      case 'settle': {
        const changes = settling.add(call.argument)
        return () => settling.writeChanges(changes, nowMs)
      }
      case 'drop': {
        const settlements = this.#queue.dropSettlements(call.argument.filter, call.argument.by, nowMs)
        const changes = settling.add(settlements)
        return () => {
          settling.writeChanges(changes, nowMs)
          return new Set(settlements.map(({ entryId }) => entryId)).size
        }
      }
      case 'confirm':
        for (const queueId of call.argument) this.#acceptance.unconfirmed.add(queueId)
        return () => undefined
      case 'reconfigure':
        this.#state.sealing = new Sealing(call.argument.recipients)
        this.#state.settings = call.argument
        return () => undefined
      default:
        return () => this.#perform(call, plan)
    }
  }

  /** Calls that are nothing but their part of the transaction. */
  #perform(call: Exclude<WriterCall, { readonly name: PlannedName }>, { batch, nowMs }: Plan): unknown {
    const { chain, freeBytes, payloads } = this.#state
    switch (call.name) {
      case 'claimDue':
        return this.#queue.claimDue(call.argument)
      case 'markDelayWarned':
        return this.#queue.markDelayWarned(call.argument)
      case 'readMessage':
        return this.#queue.locateCopy(call.argument)
      case 'retry':
        return this.#queue.retry(call.argument.filter, call.argument.by, nowMs)
      case 'hold':
        return this.#queue.hold(call.argument.filter, call.argument.by, nowMs)
      case 'audit':
        return chain.add(nowMs, call.argument)
      case 'checkpoint':
        return chain.checkpoint(nowMs)
      case 'space':
        return { freeBytes, originalBytes: payloads.storedBytes, ...this.#queue.census() }
      case 'pin':
        return this.#originals.pin(call.argument, nowMs)
      case 'exportOriginal':
        return this.#originals.exportOriginal(call.argument, nowMs)
      case 'purge':
        return this.#originals.purge(call.argument.filter, call.argument.by, {
          dryRun: call.argument.dryRun,
          nowMs,
          batch,
        })
      case 'retain':
        return this.#originals.retain(call.argument, batch)
      case 'amendPart':
        return amendPart(this.#state, call.argument, nowMs)
      case 'setEmergency':
        return this.#setEmergency(call.argument, nowMs)
      case 'close':
        return chain.add(nowMs, { tenant: 'default', kind: 'stop', actor: 'system', subject: 'store', detail: {} })
    }
  }

  #planCommit(message: WireMessage, { batch }: Plan): Work {
    const temp = message.original?.payload.kind === 'file' ? message.original.payload.tempPath : undefined
    try {
      const of = this.#acceptance.duplicateOf(message)
      if (of !== undefined) {
        if (temp) batch.obsolete.push(temp)
        return () => this.#acceptance.writeDuplicate(message, of)
      }
      const first = batch.newFiles.length
      const acceptance = this.#acceptance.plan(message, batch)
      const written = batch.newFiles.slice(first)
      return () => {
        try {
          return this.#acceptance.write(acceptance)
        } catch (error) {
          for (const { folder, name } of written) batch.obsolete.push(this.#state.layout.file(folder, name))
          throw error
        }
      }
    } catch (error) {
      if (temp) batch.obsolete.push(temp) // refused: the client keeps the message, we keep nothing of it
      throw error
    }
  }

  #setEmergency({ state, by }: WriterCalls['setEmergency'][0], nowMs: number): void {
    writeEmergency(this.#state.database, state)
    this.#state.emergency = state
    const detail = { state, reason: by.reason }
    this.#state.chain.add(nowMs, {
      tenant: 'default',
      kind: 'emergency',
      actor: by.actor,
      subject: 'emergency',
      detail,
    })
  }
}
