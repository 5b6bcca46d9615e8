/**
 * Pages that were drawn a moment ago, and passwords of files that somebody is looking at: in memory only, for minutes, each
 * for one session. A page is asked of the vault once for the page around it and its picture.
 */
import { randomBytes } from 'node:crypto'
import type { PageView } from '../ports.ts'

const PAGE_MS = 300_000
const PASSWORD_MS = 600_000
const MOST_BYTES = 64 << 20
const MOST_PASSWORDS = 200

type Held<T> = { readonly value: T; readonly untilMs: number }

export class PageViews {
  readonly #pages = new Map<string, Held<PageView>>()
  readonly #passwords = new Map<string, Held<string>>()
  #bytes = 0

  page(key: string, nowMs: number): PageView | undefined {
    const held = this.#pages.get(key)
    return held !== undefined && held.untilMs > nowMs ? held.value : undefined
  }

  keepPage(key: string, page: PageView, nowMs: number): void {
    this.#drop(key)
    this.#pages.set(key, { value: page, untilMs: nowMs + PAGE_MS })
    this.#bytes += page.png.length
    // Oldest first: the order of a Map.
    for (const [each, { untilMs }] of this.#pages) {
      if (this.#bytes <= MOST_BYTES && untilMs > nowMs) break
      this.#drop(each)
    }
  }

  /** Returns the number under which the password is asked for again, of no use in another session or for another file. */
  keepPassword(scope: string, password: string, nowMs: number): string {
    for (const [each, { untilMs }] of this.#passwords) {
      if (untilMs > nowMs && this.#passwords.size < MOST_PASSWORDS) break
      this.#passwords.delete(each)
    }
    const view = randomBytes(16).toString('hex')
    this.#passwords.set(`${scope} ${view}`, { value: password, untilMs: nowMs + PASSWORD_MS })
    return view
  }

  forgetPassword(scope: string, view: string): void {
    this.#passwords.delete(`${scope} ${view}`)
  }

  password(scope: string, view: string, nowMs: number): string | undefined {
    const held = this.#passwords.get(`${scope} ${view}`)
    return held !== undefined && held.untilMs > nowMs ? held.value : undefined
  }

  #drop(key: string): void {
    this.#bytes -= this.#pages.get(key)?.value.png.length ?? 0
    this.#pages.delete(key)
  }
}
