/**
 * The one transaction of a batch, in which each call succeeds or fails by itself.
 *
 *   messages as they come ──▶ COMMIT
 *     └─ one of them fails ──▶ ROLLBACK, then all again, each behind a savepoint ──▶ COMMIT
 *
 * SQLite copies each page that is written behind a savepoint, a dozen for a message, and messages were checked while they
 * were planned. So that price is paid only when one has failed.
 */
import { answerFor } from './channel.ts'
import type { Acceptance } from './acceptance.ts'
import { isDiskError } from './database.ts'
import type { Plan, WriterCall } from './planner.ts'
import type { Answer } from './protocol.ts'
import { Savepoint } from './savepoint.ts'
import type { WriterState } from './state.ts'

/** Checked while planning; a failure now would leave an entry half-settled, so it is the failure of all. */
const WITH_ALL: ReadonlySet<WriterCall['name']> = new Set(['settle', 'drop', 'confirm'])

export class Transaction {
  readonly #state: WriterState
  readonly #acceptance: Acceptance
  readonly #savepoint: Savepoint

  constructor(state: WriterState, acceptance: Acceptance) {
    this.#state = state
    this.#acceptance = acceptance
    this.#savepoint = new Savepoint(state)
  }

  /** Adds the answers to the plan. @throws what breaks the store; nothing of the batch is written then, and nothing tried again. */
  run(plan: Plan): void {
    const goBack = this.#rememberMemory(plan)
    if (this.#write(plan, { messagesAlone: false })) return
    goBack()
    this.#write(plan, { messagesAlone: true })
  }

  /** Of a batch that changes nothing. */
  answerReads(plan: Plan): void {
    this.#answer(plan, { messagesAlone: true })
  }

  /** False: a message failed, and nothing is written. */
  #write(plan: Plan, how: { readonly messagesAlone: boolean }): boolean {
    const { database, payloads } = this.#state
    database.exec('BEGIN IMMEDIATE')
    try {
      this.#acceptance.writeConfirmations()
      payloads.commitSegments(plan.batch)
      const isWhole = this.#answer(plan, how)
      if (isWhole) plan.settling.writeEntries(plan.nowMs)
      database.exec(isWhole ? 'COMMIT' : 'ROLLBACK')
      return isWhole
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
  }

  /** False as soon as a message fails that does not stand alone. */
  #answer({ planned, answers }: Plan, { messagesAlone }: { readonly messagesAlone: boolean }): boolean {
    for (const { call, work } of planned) {
      const isTogether = call.name === 'commit' && !messagesAlone
      const answer = WITH_ALL.has(call.name) ? { id: call.id, value: work() } : this.#tried(call.id, isTogether ? work : () => this.#savepoint.run(work))
      if (isTogether && answer.error) return false
      answers.push(answer)
    }
    return true
  }

  #tried(id: number, work: () => unknown): Answer {
    try {
      return { id, value: work() }
    } catch (error) {
      if (isDiskError(error)) throw error
      return answerFor(id, error)
    }
  }

  /** What is known of the tables without asking them, and what the work of a plan adds to it; returns how to go back there. */
  #rememberMemory({ answers, batch }: Plan): () => void {
    const { chain, payloads } = this.#state
    const { unconfirmed } = this.#acceptance
    const [head, storedBytes, confirmations] = [chain.head, payloads.storedBytes, [...unconfirmed]]
    const [answered, obsolete] = [answers.length, batch.obsolete.length]
    return () => {
      chain.head = head
      payloads.storedBytes = storedBytes
      for (const queueId of confirmations) unconfirmed.add(queueId)
      answers.length = answered
      batch.obsolete.length = obsolete
    }
  }
}
