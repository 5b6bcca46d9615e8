/**
 * Runs one call of a batch so that its failure is its own: what it wrote is undone, its batch-mates stand.
 */
import type { StatementSync } from 'node:sqlite'
import type { WriterState } from './state.ts'

export class Savepoint {
  readonly #state: WriterState
  readonly #begin: StatementSync
  readonly #undo: StatementSync
  readonly #release: StatementSync

  constructor(state: WriterState) {
    this.#state = state
    this.#begin = state.database.prepare('SAVEPOINT call')
    this.#undo = state.database.prepare('ROLLBACK TO call')
    this.#release = state.database.prepare('RELEASE call')
  }

  run<T>(work: () => T): T {
    const { database, chain, payloads } = this.#state
    if (!database.isTransaction) return work()
    const { head } = chain
    const { storedBytes } = payloads
    this.#begin.run()
    try {
      const value = work()
      this.#release.run()
      return value
    } catch (error) {
      // After a disk error the transaction may be gone already.
      if (database.isTransaction) {
        this.#undo.run()
        this.#release.run()
      }
      chain.head = head
      payloads.storedBytes = storedBytes
      throw error
    }
  }
}
