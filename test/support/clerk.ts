/**
 * A clerk at a terminal, without script: keeps cookies of one face, presses the buttons that a page has, follows where it
 * is sent. A form is found by its address; what is not on the page cannot be pressed.
 */
import { expect } from 'vitest'
import { codeOf } from '../../portal/sign-in/totp.ts'

export type Seen = { readonly status: number; readonly path: string; readonly page: string; readonly headers: Headers; readonly octets: Buffer }

export class Clerk {
  readonly origin: string
  readonly #cookies = new Map<string, string>()
  seen: Seen = { status: 0, path: '', page: '', headers: new Headers(), octets: Buffer.alloc(0) }

  constructor(origin: string) {
    this.origin = origin
  }

  open(path: string): Promise<Seen> {
    return this.#go(path, undefined)
  }

  /** Fills in and sends the form of this address that stands on the page now. */
  press(action: string, fields: Readonly<Record<string, string | readonly string[]>> = {}): Promise<Seen> {
    const form = [...this.seen.page.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)].find(([, head]) => head!.includes(`action="${action}"`))
    if (!form) expect.fail(`no form ${action} on ${this.seen.path}:\n${this.words()}`)
    const sent = new URLSearchParams()
    for (const [tag] of form[2]!.matchAll(/<input type="hidden"[^>]*>/g)) sent.append(/name="([^"]*)"/.exec(tag)![1]!, plain(/value="([^"]*)"/.exec(tag)![1]!))
    for (const [name, values] of Object.entries(fields)) for (const value of [values].flat()) sent.append(name, value as string)
    return this.#go(action, sent)
  }

  /** Past the page: what somebody sends who has the session and no button. */
  send(action: string, fields: Readonly<Record<string, string>> = {}): Promise<Seen> {
    const token = /name="_token" value="([^"]*)"/.exec(this.seen.page)?.[1] ?? ''
    return this.#go(action, new URLSearchParams({ _token: token, ...fields }))
  }

  async signIn(login: string, password: string, secret?: string): Promise<void> {
    await this.open('/sign-in')
    await this.press('/sign-in', { login, password })
    if (secret !== undefined) await this.press('/second-factor', { code: codeOf(secret, Date.now()) })
    expect(this.seen.path, this.words()).not.toMatch(/sign-in|second-factor/)
  }

  words(): string {
    return plain(this.seen.page.replace(/^.*<main[^>]*>|<\/main>.*$/gs, '').replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' '))
  }

  async #go(path: string, form: URLSearchParams | undefined): Promise<Seen> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(this.origin + path, { method: form ? 'POST' : 'GET', redirect: 'manual', headers: { cookie, origin: this.origin }, ...(form ? { body: form } : {}) })
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
      if (value === '') this.#cookies.delete(name!)
      else this.#cookies.set(name!, value!)
    }
    const to = answer.headers.get('location')
    if (to !== null) return this.#go(to, undefined)
    const octets = Buffer.from(await answer.arrayBuffer())
    const isPage = (answer.headers.get('content-type') ?? '').startsWith('text/html')
    this.seen = { status: answer.status, path, page: isPage ? octets.toString() : '', headers: answer.headers, octets }
    return this.seen
  }
}

function plain(markup: string): string {
  return markup.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&')
}
