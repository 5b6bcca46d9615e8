/**
 * Answers that wait: to be fetched once by their URL, or to be given again to who repeats a request (Idempotency-Key).
 * In memory only, bounded: the oldest go first. Bound to the token that sent the file.
 */
import type { Answer } from './answer.ts'
import { Problem } from '../../rest/problem.ts'

export type ShelfRules = { readonly heldBytes: number; readonly resultMs: number; readonly nowMs: () => number }

type Held = { readonly file: Answer['file']; readonly token: string; readonly key: string | undefined; readonly bytes: number; readonly atMs: number; fetched: boolean }
type Known = { readonly sha256: string; readonly answer: Promise<Answer> }

const REPEAT_MS = 24 * 3_600_000
/** What an answer costs beside its file: report and book-keeping. */
const ANSWER_BYTES = 16 * 1024

export class Shelf {
  readonly #rules: ShelfRules
  /** By id, oldest first. */
  readonly #held = new Map<string, Held>()
  readonly #known = new Map<string, Known>()
  #bytes = 0

  constructor(rules: ShelfRules) {
    this.#rules = rules
  }

  get heldBytes(): number {
    return this.#bytes
  }

  /** Makes the answer, or gives the one that the same request got before. @throws Problem on another file under the same key. */
  async answer(request: { readonly token: string; readonly key: string | undefined; readonly sha256: string }, make: () => Promise<Answer>): Promise<Answer> {
    this.#sweep()
    const { token, sha256 } = request
    const key = request.key === undefined ? undefined : `${token} ${request.key}`
    const known = key === undefined ? undefined : this.#known.get(key)
    if (known && known.sha256 !== sha256) throw new Problem('idempotency-conflict')
    if (known) return known.answer
    const making = make()
    if (key !== undefined) this.#known.set(key, { sha256, answer: making })
    try {
      const answer = await making
      this.#hold(answer, token, key)
      return answer
    } catch (error) {
      if (key !== undefined) this.#known.delete(key)
      throw error
    }
  }

  /** Once. @throws Problem */
  fetch(id: string, token: string): NonNullable<Answer['file']> {
    this.#sweep()
    const held = this.#held.get(id)
    const isThere = held && held.token === token && !held.fetched && this.#rules.nowMs() - held.atMs < this.#rules.resultMs
    if (!isThere || held.file === undefined) throw new Problem('result-gone')
    held.fetched = true
    if (held.key === undefined) this.#drop(id)
    return held.file
  }

  #hold(answer: Answer, token: string, key: string | undefined): void {
    const reportBytes = JSON.stringify(answer.report).length
    for (const { id, file } of [answer, ...(answer.beside ? [answer.beside] : [])]) {
      const bytes = ANSWER_BYTES + reportBytes + (file?.bytes.length ?? 0)
      this.#held.set(id, { file, token, key, bytes, atMs: this.#rules.nowMs(), fetched: false })
      this.#bytes += bytes
    }
    // The newest stays whatever its size: its owner has been told where it is.
    for (const id of this.#held.keys()) {
      if (this.#bytes <= this.#rules.heldBytes || id === answer.id) break
      this.#drop(id)
    }
  }

  #sweep(): void {
    const nowMs = this.#rules.nowMs()
    for (const [id, { key, atMs }] of this.#held) {
      if (nowMs - atMs >= (key === undefined ? this.#rules.resultMs : REPEAT_MS)) this.#drop(id)
    }
  }

  #drop(id: string): void {
    const held = this.#held.get(id)
    if (!held) return
    this.#held.delete(id)
    this.#bytes -= held.bytes
    if (held.key !== undefined) this.#known.delete(held.key)
  }
}
