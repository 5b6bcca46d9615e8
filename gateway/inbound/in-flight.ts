/**
 * Bytes in flight: octets received whose message has had no final reply yet, per client and in all.
 *
 * Over a limit we stop reading, so that TCP slows the sender down. The oldest message may always go on: somebody
 * must be able to finish, or all would wait for each other; the overdraft is at most one message.
 */

/** One message being received, as the budget sees it. */
export type Holder = { readonly client: string; readonly stranger: boolean }

/** Of the whole, strangers together may have this much: slow ones from everywhere must not shut the upstreams out. */
const SHARE_OF_STRANGERS = 0.75

export class BytesInFlight {
  #maxBytes: number
  #maxBytesPerClient: number
  /** In order of arrival: the first key is the oldest. */
  readonly #holders = new Map<Holder, number>()
  readonly #perClient = new Map<string, number>()
  readonly #waiting = new Map<Holder, () => void>()
  #all = 0

  constructor(maxBytes: number, maxBytesPerClient: number) {
    this.#maxBytes = maxBytes
    this.#maxBytesPerClient = maxBytesPerClient
  }

  setLimits(maxBytes: number, maxBytesPerClient: number): void {
    this.#maxBytes = maxBytes
    this.#maxBytesPerClient = maxBytesPerClient
    this.#wake()
  }

  get all(): number {
    return this.#all
  }

  charge(holder: Holder, bytes: number): void {
    this.#holders.set(holder, (this.#holders.get(holder) ?? 0) + bytes)
    this.#perClient.set(holder.client, (this.#perClient.get(holder.client) ?? 0) + bytes)
    this.#all += bytes
  }

  mayRead(holder: Holder): boolean {
    const maxBytes = holder.stranger ? this.#maxBytes * SHARE_OF_STRANGERS : this.#maxBytes
    const within = this.#all < maxBytes && (this.#perClient.get(holder.client) ?? 0) < this.#maxBytesPerClient
    return within || this.#holders.keys().next().value === holder
  }

  /** Calls back once the holder may read again; a released holder is never called. */
  wait(holder: Holder, goOn: () => void): void {
    this.#waiting.set(holder, goOn)
  }

  release(holder: Holder): void {
    const bytes = this.#holders.get(holder) ?? 0
    this.#holders.delete(holder)
    this.#waiting.delete(holder)
    this.#all -= bytes
    const left = (this.#perClient.get(holder.client) ?? 0) - bytes
    if (left > 0) this.#perClient.set(holder.client, left)
    else this.#perClient.delete(holder.client)
    this.#wake()
  }

  #wake(): void {
    for (const [holder, goOn] of this.#waiting) {
      if (!this.mayRead(holder)) continue
      this.#waiting.delete(holder)
      goOn()
    }
  }
}
