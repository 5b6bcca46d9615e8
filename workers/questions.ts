/**
 * What a job in the sanitizer may ask of the world, and no more: a few TXT records, and files rebuilt elsewhere.
 *
 * The asking process may be in the sender's hands, so a name could carry a message out: ten questions of two
 * fixed forms, within two seconds, none once files are being rebuilt. Half of the ten are kept for DMARC: else a
 * forger would only need to add signatures until nobody asks for the policy of the domain that he forges.
 */
import type { Policy } from '../core/policy/model.ts'
import type { FileBounds, Rebuilt } from '../core/rebuild.ts'
import type { TxtLookup } from './contract.ts'

export type TxtAnswer = { readonly records: readonly (readonly string[])[] } | { readonly error: string }
export type FileAnswer = Rebuilt | { readonly kind: 'pending' }
/** A file to be rebuilt elsewhere: `meta` is a FileTask or a LooseFile without its octets, as the asking side says it. */
export type FileQuestion = {
  readonly meta: Readonly<Record<string, unknown>>
  readonly octets: Uint8Array
  readonly policy: Policy
  readonly bounds: FileBounds
}
/** `withinMs`: what is not ready then is of no use any more. */
export type RebuildFile = (question: FileQuestion, withinMs: number) => Promise<FileAnswer>

export type Answering = {
  readonly lookupTxt: TxtLookup
  /** All TXT questions of one message. */
  readonly txtWithinMs: number
  readonly rebuildFile: RebuildFile
  readonly filesWithinMs: number
}

const MOST_TXT_QUESTIONS = 10
const MOST_KEY_QUESTIONS = 5
const MOST_NAME_CHARS = 253
/** `<selector>._domainkey.<domain>` (RFC 6376 §3.6.2.1) and `_dmarc.<domain>` (RFC 7489 §6.1). */
const TXT_NAME = /^(?:(?:[a-z0-9_-]{1,63}\.)+_domainkey|_dmarc)(?:\.[a-z0-9_-]{1,63})+$/i

const PENDING: FileAnswer = { kind: 'pending' }

export class Questions {
  readonly #queueId: string
  readonly #answering: Answering
  #txtAsked = 0
  #keysAsked = 0
  #txtUntilMs = 0
  #filesUntilMs = 0

  constructor(queueId: string, answering: Answering) {
    this.#queueId = queueId
    this.#answering = answering
  }

  /** Never rejects. `error` is a DNS code as node:dns gives them. */
  async txt(untrustedName: unknown): Promise<TxtAnswer> {
    const nowMs = Date.now()
    if (this.#txtAsked === 0) this.#txtUntilMs = nowMs + this.#answering.txtWithinMs
    const allowed =
      typeof untrustedName === 'string' && untrustedName.length <= MOST_NAME_CHARS && TXT_NAME.test(untrustedName)
    if (!allowed || this.#filesUntilMs > 0 || !this.#mayAsk(untrustedName)) return { error: 'EREFUSED' }
    if (nowMs >= this.#txtUntilMs) return { error: 'ETIMEOUT' }
    return within(this.#lookup(untrustedName), this.#txtUntilMs - nowMs, { error: 'ETIMEOUT' })
  }

  #mayAsk(name: string): boolean {
    const isKey = !/^_dmarc\./i.test(name)
    if (isKey && ++this.#keysAsked > MOST_KEY_QUESTIONS) return false
    return ++this.#txtAsked <= MOST_TXT_QUESTIONS
  }

  async #lookup(name: string): Promise<TxtAnswer> {
    try {
      return { records: await this.#answering.lookupTxt(this.#queueId, name) }
    } catch (error) {
      const code = (error as { code?: unknown } | null)?.code
      return { error: typeof code === 'string' ? code : 'ESERVFAIL' }
    }
  }

  /** Never rejects. Files of one message share one span of time; what is not ready then is worked on later. */
  async file(question: FileQuestion): Promise<FileAnswer> {
    const nowMs = Date.now()
    if (this.#filesUntilMs === 0) this.#filesUntilMs = nowMs + this.#answering.filesWithinMs
    if (nowMs >= this.#filesUntilMs) return PENDING
    const leftMs = this.#filesUntilMs - nowMs
    return within(this.#answering.rebuildFile(question, leftMs), leftMs, PENDING)
  }
}

/** The answer in time, else the other one: never rejects. */
export function within<T>(answer: Promise<T>, ms: number, otherwise: T): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<T>()
  const timer = setTimeout(resolve, ms, otherwise)
  answer.then(
    value => resolve(value),
    () => resolve(otherwise),
  )
  return promise.finally(() => clearTimeout(timer))
}
