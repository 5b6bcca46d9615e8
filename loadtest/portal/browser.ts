/**
 * As much of a browser as signing in and finding pages needs: cookies, forms, redirects within one origin.
 *
 * Certificates are not checked, as elsewhere in the load tester. Answers are bounded.
 */
import { request as requestPlain } from 'node:http'
import { request as requestTls } from 'node:https'

export type Answered = { readonly status: number; readonly path: string; readonly text: string }

const MOST_BYTES = 4 * 2 ** 20
const MOST_REDIRECTS = 5
const TIMEOUT_MS = 30_000

export class Browser {
  readonly #origin: URL
  readonly #address: string
  readonly #cookies: Map<string, string>

  /** `address` is where the origin's name was found to be. */
  constructor(origin: URL, address: string, cookie = '') {
    this.#origin = origin
    this.#address = address
    this.#cookies = new Map(
      cookie
        .split(/;\s*/)
        .filter(each => each.includes('='))
        .map(each => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]),
    )
  }

  /** As it stands in a Cookie field. */
  get cookie(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  get(path: string): Promise<Answered> {
    return this.#follow('GET', path, undefined)
  }

  post(path: string, fields: Readonly<Record<string, string>>): Promise<Answered> {
    return this.#follow('POST', path, new URLSearchParams(fields).toString())
  }

  async #follow(method: string, path: string, body: string | undefined): Promise<Answered> {
    let answer = await this.#ask(method, path, body)
    for (let i = 0; i < MOST_REDIRECTS && answer.to !== undefined; i++)
      answer = await this.#ask('GET', answer.to, undefined)
    return answer
  }

  #ask(
    method: string,
    path: string,
    body: string | undefined,
  ): Promise<Answered & { readonly to: string | undefined }> {
    const { promise, resolve, reject } = Promise.withResolvers<Answered & { readonly to: string | undefined }>()
    const headers = {
      host: this.#origin.host,
      origin: this.#origin.origin,
      cookie: this.cookie,
      'sec-fetch-site': 'same-origin',
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(body) }),
    }
    const isTls = this.#origin.protocol === 'https:'
    const where = {
      host: this.#address,
      port: this.#origin.port || (isTls ? 443 : 80),
      path,
      method,
      headers,
      timeout: TIMEOUT_MS,
      rejectUnauthorized: false,
    }
    const question = (isTls ? requestTls : requestPlain)(where, response => {
      for (const each of response.headers['set-cookie'] ?? []) this.#keep(each)
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
        if (text.length > MOST_BYTES) question.destroy(new Error(`${path} is too long`))
      })
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, path, text, to: this.#ownPath(response.headers.location) }),
      )
      response.on('error', reject)
    })
    question.on('timeout', () => question.destroy(new Error(`${path} was not answered`)))
    question.on('error', reject)
    question.end(body)
    return promise
  }

  #keep(field: string): void {
    const [, name, value] = /^([^=;]+)=([^;]*)/.exec(field) ?? []
    if (name === undefined) return
    if (value === '' || /;\s*max-age=0|;\s*expires=thu, 01 jan 1970/i.test(field)) this.#cookies.delete(name)
    else this.#cookies.set(name, value!)
  }

  #ownPath(location: string | undefined): string | undefined {
    if (location === undefined) return undefined
    const target = new URL(location, this.#origin)
    return target.origin === this.#origin.origin ? target.pathname + target.search : undefined
  }
}

/** The hidden fields of a page's form with this action. */
export function hiddenFields(page: string, action: string): Record<string, string> {
  const form =
    new RegExp(`<form[^>]*action="${action.replace(/[^\w/-]/g, '\\$&')}"[^>]*>([\\s\\S]*?)</form>`).exec(page)?.[1] ??
    ''
  const inputs = [...form.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([input]) => input)
  return Object.fromEntries(inputs.map(input => [attribute(input, 'name'), attribute(input, 'value')]))
}

function attribute(tag: string, name: string): string {
  return unescaped(new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? '')
}

/** Own paths that a page links to. */
export function linksOf(page: string): string[] {
  return [...new Set([...page.matchAll(/\s(?:href|src)="(\/[^"#]*)"/g)].map(([, path]) => unescaped(path!)))].filter(
    path => !path.startsWith('//'),
  )
}

function unescaped(text: string): string {
  return text
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replace(/&quot;/g, '"')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&')
}
