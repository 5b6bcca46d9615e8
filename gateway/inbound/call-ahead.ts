/**
 * Asks the next hop whether a mailbox exists, and remembers the answer for a while.
 *
 * The asking itself is injected (the relay knows how to reach the hop); here stands what keeps it cheap and safe:
 * a bounded cache, one question at a time per mailbox, and a bound on questions under way, so that a stranger who
 * tries names costs the next hop little.
 */
import type { Mailbox } from '../../core/smtp/envelope.ts'

export type Existence = 'ok' | 'unknown' | 'unavailable'

export type CallAheadOptions = {
  readonly probe: (mailbox: Mailbox) => Promise<Existence>
  /** How long a yes and a no are believed. `unavailable` is never remembered. */
  readonly positiveMs: number
  readonly negativeMs: number
  readonly maxEntries: number
  readonly maxUnderWay: number
  readonly nowMs: () => number
}

type Answer = { readonly existence: 'ok' | 'unknown'; readonly untilMs: number }

export class CallAhead {
  readonly #options: CallAheadOptions
  /** In order of last answer: the first is dropped when there are too many. */
  readonly #answers = new Map<string, Answer>()
  readonly #underWay = new Map<string, Promise<Existence>>()

  constructor(options: CallAheadOptions) {
    this.#options = options
  }

  /** Never rejects: a probe that fails reads as `unavailable`. */
  async ask(mailbox: Mailbox): Promise<Existence> {
    const known = this.#answers.get(mailbox)
    if (known && known.untilMs > this.#options.nowMs()) return known.existence
    const asked = this.#underWay.get(mailbox)
    if (asked) return asked
    if (this.#underWay.size >= this.#options.maxUnderWay) return 'unavailable'
    const question = this.#probe(mailbox)
    this.#underWay.set(mailbox, question)
    return question
  }

  async #probe(mailbox: Mailbox): Promise<Existence> {
    try {
      const existence = await this.#options.probe(mailbox)
      if (existence !== 'unavailable') this.#remember(mailbox, existence)
      return existence
    } catch {
      return 'unavailable'
    } finally {
      this.#underWay.delete(mailbox)
    }
  }

  #remember(mailbox: Mailbox, existence: 'ok' | 'unknown'): void {
    const { positiveMs, negativeMs, maxEntries, nowMs } = this.#options
    this.#answers.delete(mailbox)
    this.#answers.set(mailbox, { existence, untilMs: nowMs() + (existence === 'ok' ? positiveMs : negativeMs) })
    const oldest = this.#answers.keys().next().value
    if (this.#answers.size > maxEntries && oldest !== undefined) this.#answers.delete(oldest)
  }
}
