/**
 * What becomes of a message whose process died, or whose result was not what it claimed to be.
 *
 *   with others ─died─▶ alone ─died─▶ alone, plain text only ─died─▶ fixed notice
 *                                 └─ canary silent ──▶ sick (451), nothing is blamed on the message
 *
 * Only dying alone is a message's own fault, and only while the canary sings. A composed message that does not
 * verify goes straight to the notice. Nothing is returned as done that the verifier has not seen, the notice
 * included. Waiting never counts against a message: it ends in busy, and the client keeps the message.
 */
import type { SanitizeJob, SanitizeResult } from '../core/job.ts'
import type { ReasonKey } from '../core/text/reasons.ts'
import type { WorkResult } from './contract.ts'
import type { Health } from './health.ts'
import { ENDED, type JobEnd } from './peer.ts'
import { type Budget, type Rounds, remainingMs, type Source } from './rounds.ts'

export type NoticeFacts = { readonly bytes: number; readonly reason?: ReasonKey }
export type ComposeNotice = (job: SanitizeJob, facts: NoticeFacts) => SanitizeResult

export type LadderRules = { readonly composeNotice: ComposeNotice; readonly jobTimeoutMs: number }

/** A message on the ladder. */
export type Climber = {
  readonly job: SanitizeJob
  readonly source: Source
  readonly budget: Budget
  /** True when nobody waits for the result any more. */
  readonly aborted: () => boolean
}

type Rung = 'no' | 'alone' | 'plain'
type Judged = { readonly result: WorkResult } | { readonly fault: string; readonly next: 'rung' | 'notice' }

const VERIFY_WITHIN_MS = 10_000
const AT_ONCE_MS = 5000

export class Ladder {
  readonly #rounds: Rounds
  readonly #health: Health
  readonly #rules: LadderRules

  constructor(rounds: Rounds, health: Health, rules: LadderRules) {
    this.#rounds = rounds
    this.#health = health
    this.#rules = rules
  }

  /** `first` is how the run among others ended. Never rejects. */
  async climb(climber: Climber, first: JobEnd<SanitizeResult>): Promise<WorkResult> {
    const alarms: string[] = []
    for (const rung of ['no', 'alone', 'plain'] as const) {
      const end = rung === 'no' ? first : await this.#alone(climber, rung)
      if (climber.aborted()) return { kind: 'aborted' }
      const judged = await this.#judge(end, rung, alarms)
      if ('result' in judged) return judged.result
      alarms.push(judged.fault)
      if (rung === 'no' && judged.next === 'rung' && this.#health.sick === undefined) continue
      const excused = await this.#excused()
      if (excused) return excused
      if (judged.next === 'notice') break
    }
    return this.notice(climber.job, { bytes: climber.source.bytes }, alarms)
  }

  /** A kill from outside looks like a death of its own; twice in a row, and at once, is no coincidence. */
  async #alone({ job, source, budget }: Climber, rung: Exclude<Rung, 'no'>): Promise<JobEnd<SanitizeResult>> {
    const run = () => {
      // What starts must be able to end before the client gives up.
      const withinMs = Math.max(0, remainingMs(budget) - this.#rules.jobTimeoutMs)
      return this.#rounds.alone(rung === 'plain' ? { ...job, mode: 'plain' } : job, source, { withinMs })
    }
    const startMs = Date.now()
    const end = await run()
    return end.kind === 'died' && end.cause === ENDED && Date.now() - startMs < AT_ONCE_MS ? run() : end
  }

  async #judge(end: JobEnd<SanitizeResult>, rung: Rung, alarms: readonly string[]): Promise<Judged> {
    if (end.kind === 'late') return { result: { kind: 'busy' } }
    if (end.kind === 'aborted') return { result: { kind: 'aborted' } }
    if (end.kind === 'unreadable')
      return { result: { kind: 'sick', reason: `the message cannot be read again: ${end.cause}` } }
    if (end.kind === 'died') return { fault: `${rung === 'no' ? 'with others' : rung}: ${end.cause}`, next: 'rung' }
    const verified = await this.#rounds.verify(end.value, VERIFY_WITHIN_MS)
    if (verified.kind !== 'answer') return { result: { kind: 'busy' } }
    if (verified.value.length > 0)
      return { fault: `not verified: ${verified.value.join('; ').slice(0, 500)}`, next: 'notice' }
    return { result: { kind: 'done', result: end.value, degraded: rung, alarms: [...alarms] } }
  }

  /** A result when the message is not to be blamed. */
  async #excused(): Promise<WorkResult | undefined> {
    if (this.#health.sick !== undefined) return { kind: 'sick', reason: this.#health.sick }
    const answer = await this.#health.ask()
    if (answer === 'sings') return undefined
    return answer === 'unknown' ? { kind: 'busy' } : { kind: 'sick', reason: this.#health.sick ?? 'canary' }
  }

  /** Composed from what we know ourselves. Never rejects. */
  async notice(job: SanitizeJob, facts: NoticeFacts, alarms: readonly string[]): Promise<WorkResult> {
    const result = this.#rules.composeNotice(job, facts)
    const verified = await this.#rounds.verify(result, VERIFY_WITHIN_MS)
    if (verified.kind !== 'answer') return { kind: 'busy' }
    if (verified.value.length > 0)
      return { kind: 'sick', reason: `the fixed notice does not verify: ${verified.value[0]}` }
    return { kind: 'done', result, degraded: 'notice', alarms: [...alarms] }
  }
}
