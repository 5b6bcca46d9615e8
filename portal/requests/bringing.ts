/**
 * Approval of what was brought in: the same machinery as for originals, about a disarmed file that waits on the shelf. The
 * vault is not asked for a number, since nothing leaves it that it has not rebuilt.
 */
import type { PortalDb } from '../db/open.ts'
import type { Result } from '../keeping/results.ts'
import type { Person } from '../people/person.ts'
import type { RequestDesk } from './desk.ts'
import { refOf } from './directory.ts'
import type { Filed } from './filing.ts'

/** `ask`: nobody was asked yet, or the answer was no. */
export type Held = { readonly kind: 'free' } | { readonly kind: 'ask'; readonly requestId: string | undefined } | { readonly kind: 'waiting'; readonly requestId: string }

/** The file is there: taking it needs no more time than this. */
const TAKEN_WITHIN_MS = 60_000

export class Bringing {
  readonly #db: PortalDb
  readonly #desk: RequestDesk

  constructor(db: PortalDb, desk: RequestDesk) {
    this.#db = db
    this.#desk = desk
  }

  /** Right after it was brought. */
  hold(person: Person, resultId: string, detectedType: string): void {
    if (this.#desk.needsApprovalToBring(person, detectedType)) this.#db.run('INSERT OR IGNORE INTO held_results VALUES (?, NULL)', resultId)
  }

  stateOf({ resultId }: Pick<Result, 'resultId'>): Held {
    const row = this.#db.get('SELECT request_id FROM held_results WHERE result_id = ?', resultId)
    if (!row) return { kind: 'free' }
    const requestId = row['request_id'] === null ? undefined : String(row['request_id'])
    const stage = requestId === undefined ? undefined : this.#desk.records.byId(requestId)?.state.stage
    if (stage?.kind === 'waiting') return { kind: 'waiting', requestId: requestId! }
    const isAgreed = stage?.kind === 'approved' || (stage?.kind === 'closed' && stage.why === 'taken')
    return isAgreed ? { kind: 'free' } : { kind: 'ask', requestId }
  }

  ask(person: Person, result: Result, reason: string): Filed | { readonly kind: 'nothing' } {
    return this.#db.write(() => {
      if (this.stateOf(result).kind !== 'ask') return { kind: 'nothing' }
      const filed = this.#desk.fileBrought(person, result, reason)
      if (filed.kind === 'filed') this.#db.run('UPDATE held_results SET request_id = ? WHERE result_id = ?', filed.request.requestId, result.resultId)
      return filed
    })
  }

  /** An approval that was used does not run out. */
  taken(person: Person, { resultId }: Pick<Result, 'resultId'>): void {
    const requestId = this.#db.get('SELECT request_id FROM held_results WHERE result_id = ?', resultId)?.['request_id']
    if (typeof requestId !== 'string' || this.#desk.records.byId(requestId)?.state.stage.kind !== 'approved') return
    const atMs = this.#db.nowMs()
    this.#db.write(() => {
      this.#desk.append(requestId, { kind: 'granted', atMs, by: refOf(person), part: 0, way: 'file', untilMs: atMs + TAKEN_WITHIN_MS })
      this.#desk.append(requestId, { kind: 'taken', atMs, part: 0 })
    })
  }

  /** Rows of results that are gone. */
  forget(): void {
    this.#db.run('DELETE FROM held_results WHERE result_id NOT IN (SELECT result_id FROM results)')
  }
}
