/**
 * What a draft would have done with files that came: decided again from stored reports, before it is switched on.
 *
 *   stored part ─▶ readings of its facts ─▶ decide(draft) ─┬▶ same
 *                                                          ├▶ changed: from, to, with a few examples
 *                                                          └▶ unsure: hangs on a fact that no report holds
 *
 * What was rebuilt inside of a container that the draft would keep back as a whole is not counted twice: each file is
 * asked by itself. Objects inside of files (`policy.objects`) are no rows and are not replayed.
 */
import { decide } from './decide.ts'
import { readingsOf, type StoredPart } from './explain.ts'
import type { Policy } from './model.ts'

export type ReplayExample = { readonly publicId: string; readonly queueId: string; readonly name: string; readonly acceptedAtMs: number }

export type ReplayChange = {
  readonly from: string
  readonly to: string
  readonly fromRule: string
  readonly toRule: string
  readonly detectedType: string
  readonly count: number
  readonly examples: readonly ReplayExample[]
}

export type Replay = {
  readonly messages: number
  readonly parts: number
  readonly same: number
  readonly unsure: number
  /** Most frequent first. */
  readonly changes: readonly ReplayChange[]
  readonly changedMessages: number
}

export type ReplayMessage = { readonly publicId: string; readonly queueId: string; readonly acceptedAtMs: number; readonly parts: readonly StoredPart[] }

const MOST_EXAMPLES = 5
/** Senders choose types; the list of changes stays readable and bounded all the same. */
const MOST_CHANGES = 500

export class Replaying {
  readonly #changes = new Map<string, { -readonly [K in keyof ReplayChange]: ReplayChange[K] } & { examples: ReplayExample[] }>()
  #messages = 0
  #parts = 0
  #same = 0
  #unsure = 0
  #changedMessages = 0

  add(message: ReplayMessage, policy: Policy): void {
    this.#messages++
    let isChanged = false
    for (const part of message.parts) {
      this.#parts++
      const decisions = readingsOf(part).map(facts => decide(facts, policy))
      const [first] = decisions
      if (!first) continue
      if (decisions.some(({ disposition }) => disposition !== first.disposition)) this.#unsure++
      else if (first.disposition === part.disposition) this.#same++
      else {
        isChanged = true
        this.#count(message, part, first)
      }
    }
    if (isChanged) this.#changedMessages++
  }

  result(): Replay {
    const changes = [...this.#changes.values()].sort((a, b) => b.count - a.count)
    return { messages: this.#messages, parts: this.#parts, same: this.#same, unsure: this.#unsure, changes, changedMessages: this.#changedMessages }
  }

  #count({ publicId, queueId, acceptedAtMs }: ReplayMessage, part: StoredPart, to: { readonly disposition: string; readonly rule: string }): void {
    const type = this.#changes.size < MOST_CHANGES ? part.detectedType : '*'
    const key = [part.disposition, to.disposition, part.rule, to.rule, type].join(' ')
    const known = this.#changes.get(key) ?? { from: part.disposition, to: to.disposition, fromRule: part.rule, toRule: to.rule, detectedType: type, count: 0, examples: [] }
    known.count++
    if (known.examples.length < MOST_EXAMPLES) known.examples.push({ publicId, queueId, acceptedAtMs, name: part.name })
    this.#changes.set(key, known)
  }
}
