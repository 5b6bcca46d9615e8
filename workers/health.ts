/**
 * Whether the workshop itself is well: asks the canary, remembers the answer, asks again until it sings.
 *
 * While it is sick no message is taken: a fault of ours must not turn the day's mail into notices.
 */
import { CANARY_JOB, CANARY_MESSAGE, canaryFault } from './canary.ts'
import type { JobEnd } from './peer.ts'
import { type Rounds, sourceOf } from './rounds.ts'

/** `unknown`: no process was free to ask in; says nothing about anybody. */
export type CanaryAnswer = 'sings' | 'silent' | 'unknown'

export type HealthRules = {
  readonly canaryWithinMs: number
  readonly retryMs: number
  readonly onAlarm: (text: string) => void
}

export class Health {
  readonly #rounds: Rounds
  readonly #rules: HealthRules
  #sick: string | undefined
  #running: Promise<CanaryAnswer> | undefined
  #next: Promise<CanaryAnswer> | undefined
  #retry: NodeJS.Timeout | undefined
  #closed = false

  constructor(rounds: Rounds, rules: HealthRules) {
    this.#rounds = rounds
    this.#rules = rules
  }

  /** Why, or undefined when well. */
  get sick(): string | undefined {
    return this.#sick
  }

  /** An answer from a canary that set out after this call: one that was already on its way proves nothing. */
  ask(): Promise<CanaryAnswer> {
    if (!this.#running) return this.#start()
    this.#next ??= this.#running.then(() => this.#start())
    return this.#next
  }

  #start(): Promise<CanaryAnswer> {
    this.#next = undefined
    const running = this.#send().finally(() => {
      if (this.#running === running) this.#running = undefined
    })
    this.#running = running
    return running
  }

  async #send(): Promise<CanaryAnswer> {
    const withinMs = this.#rules.canaryWithinMs
    const end = await this.#rounds.alone(CANARY_JOB, sourceOf(CANARY_MESSAGE), { withinMs, urgent: true })
    if (end.kind === 'late' || this.#closed) return 'unknown'
    if (end.kind !== 'answer') return this.#fellSilent(end.kind === 'died' ? end.cause : end.kind)
    const fault = canaryFault(end.value)
    if (fault !== '') return this.#fellSilent(fault)
    const verified = await this.#rounds.verify(end.value, withinMs)
    if (verified.kind === 'late') return 'unknown'
    if (verified.kind !== 'answer' || verified.value.length > 0) return this.#fellSilent(notVerified(verified))
    this.#sings()
    return 'sings'
  }

  #fellSilent(fault: string): CanaryAnswer {
    if (this.#sick === undefined)
      this.#rules.onAlarm(`the sanitizer fails on a harmless message (${fault}): no mail is taken until it works again`)
    this.#sick = fault
    if (!this.#closed) this.#retry ??= setTimeout(() => this.#askAgain(), this.#rules.retryMs).unref()
    return 'silent'
  }

  async #askAgain(): Promise<void> {
    this.#retry = undefined
    const answer = await this.ask()
    if (answer === 'unknown' && !this.#closed)
      this.#retry ??= setTimeout(() => this.#askAgain(), this.#rules.retryMs).unref()
  }

  #sings(): void {
    if (this.#sick !== undefined) this.#rules.onAlarm('the sanitizer works again')
    this.#sick = undefined
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#retry)
  }
}

function notVerified(verified: JobEnd<string[]>): string {
  return `not verified: ${verified.kind === 'answer' ? verified.value[0]?.slice(0, 200) : verified.kind}`
}
