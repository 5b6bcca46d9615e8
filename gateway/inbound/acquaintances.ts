/**
 * Strangers whose mail we took lately. Waiting for the greeting tells a program that speaks first from a mail server; whoever
 * has brought a whole message has shown which one it is, so the next connections are greeted at once (as Postfix's postscreen
 * does, postscreen(8), `postscreen_cache_map`). In memory: after a restart everybody waits once more.
 */
import { clientKey } from './clients.ts'

export class Acquaintances {
  /** Until when each client is known, the one heard of longest ago first. */
  readonly #untilMs = new Map<string, number>()
  readonly #lastMs: number
  readonly #most: number

  constructor(lastMs: number, most: number) {
    this.#lastMs = lastMs
    this.#most = most
  }

  isKnown(address: string, nowMs: number): boolean {
    return (this.#untilMs.get(clientKey(address)) ?? 0) > nowMs
  }

  met(address: string, nowMs: number): void {
    const key = clientKey(address)
    this.#untilMs.delete(key)
    this.#untilMs.set(key, nowMs + this.#lastMs)
    const first = this.#untilMs.keys().next().value
    if (this.#untilMs.size > this.#most && first !== undefined) this.#untilMs.delete(first)
  }
}
