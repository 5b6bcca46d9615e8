/**
 * A message that is still arriving, on its way through the workshop.
 *
 * Its octets go to a sanitizer as they come. If that attempt dies meanwhile they are taken and forgotten: after
 * the end of data the ladder reads the message again from where the caller keeps it.
 */
import type { SanitizeJob } from '../core/job.ts'
import type { Attempt } from './attempt.ts'
import type { Replay, WorkInProgress, WorkResult } from './contract.ts'
import type { Ladder } from './ladder.ts'
import type { Rounds } from './rounds.ts'

export type StreamRules = { readonly startWithinMs: number; readonly totalMs: number }

export class StreamedWork implements WorkInProgress {
  readonly #job: SanitizeJob
  readonly #replay: Replay
  readonly #rules: StreamRules
  readonly #rounds: Rounds
  readonly #ladder: Ladder
  readonly #attempt: Attempt
  #bytes = 0
  #aborted = false

  constructor(
    message: { readonly job: SanitizeJob; readonly replay: Replay },
    rules: StreamRules,
    work: { readonly rounds: Rounds; readonly ladder: Ladder },
  ) {
    this.#job = message.job
    this.#replay = message.replay
    this.#rules = rules
    this.#rounds = work.rounds
    this.#ladder = work.ladder
    this.#attempt = work.rounds.stream(message.job, rules.startWithinMs)
  }

  write(chunk: Uint8Array): Promise<void> {
    this.#bytes += chunk.length
    return this.#attempt.write(chunk)
  }

  async finish(): Promise<WorkResult> {
    const budget = { untilMs: Date.now() + this.#rules.totalMs }
    this.#attempt.finish()
    const first = await this.#attempt.ended
    const source = { bytes: this.#bytes, read: this.#replay }
    return this.#ladder.climb({ job: this.#job, source, budget, aborted: () => this.#aborted }, first)
  }

  abort(): void {
    this.#aborted = true
    this.#rounds.withdraw(this.#attempt)
  }
}

/** Taken from the start: the octets go nowhere, the result is known. */
export class RefusedWork implements WorkInProgress {
  readonly #result: WorkResult

  constructor(result: WorkResult) {
    this.#result = result
  }

  async write(): Promise<void> {}

  async finish(): Promise<WorkResult> {
    return this.#result
  }

  abort(): void {}
}
