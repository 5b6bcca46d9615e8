/**
 * What is known of a sender: SPF, the results of a listed upstream, how all results are written down, and ARC sets
 * (core/mime/arc.ts). A door to mailauth; the other is signatures.ts (DKIM and DMARC).
 *
 * Checks of our own run for strangers only; behind a listed upstream its results are read instead (`readTrustedResults`).
 * Standards: RFC 7208 (SPF), RFC 8601 (Authentication-Results).
 */
import type { SpfOutcome } from '../job.ts'
import type { Mailbox } from '../smtp/envelope.ts'
import { domainOf } from '../smtp/mailbox.ts'
import type { HeaderField } from './part.ts'

export type AuthResult = { readonly method: string; readonly result: string; readonly properties: readonly (readonly [string, string])[] }

/** Same shape as dns.promises.resolve; rejects with `code` ENOTFOUND, ENODATA, ETIMEOUT … */
export type Resolver = (name: string, type: string) => Promise<unknown>

export type SpfQuestion = {
  readonly clientAddress: string
  readonly helo: string
  readonly reversePath: string
  readonly hostname: string
  readonly resolver: Resolver
  /** All look-ups together (RFC 7208 §4.6.4); not done by then is `temperror`. */
  readonly withinMs: number
}

/** Kept once it is there: `import` takes some 30 µs each time. */
let spf: typeof import('mailauth/lib/spf/index.js').spf | undefined

/** Runs in the gateway, which alone may look up more than TXT records. Never rejects. */
export async function checkSpf(question: SpfQuestion): Promise<SpfOutcome> {
  const domain = question.reversePath.slice(question.reversePath.lastIndexOf('@') + 1) || question.helo
  try {
    spf ??= (await import('mailauth/lib/spf/index.js')).spf
    const answer = await spf({
      ip: question.clientAddress,
      helo: question.helo,
      sender: question.reversePath,
      mta: question.hostname,
      resolver: question.resolver as never,
      maxElapsedTime: question.withinMs,
    })
    return { result: answer.status.result, domain }
  } catch {
    return { result: 'temperror', domain }
  }
}

export type ArcKey = { readonly domain: string; readonly selector: string; readonly privateKeyPem: string }
export type ArcFacts = { readonly header: Uint8Array; readonly bodyHash: string; readonly results: string; readonly nowMs: number }

/** The three fields of a first ARC set, in the order in which they stand. Rejects when the key cannot sign. */
export async function createArcSet(key: ArcKey, { header, bodyHash, results, nowMs }: ArcFacts): Promise<readonly string[]> {
  const { createSeal } = (await import('mailauth/lib/arc/index.js')) as unknown as {
    createSeal(input: false, data: Record<string, unknown>): Promise<{ headers: string[]; errors: { err: Error }[] }>
  }
  // @ts-expect-error The package does not declare this module.
  const { parseHeaders } = (await import('mailauth/lib/tools.js')) as { parseHeaders(header: Uint8Array): unknown }
  const seal = { signingDomain: key.domain, selector: key.selector, privateKey: key.privateKeyPem, cv: 'none', i: 1, bodyHash, authResults: results, signTime: new Date(nowMs) }
  const { headers, errors } = await createSeal(false, { headers: parseHeaders(Buffer.from(header)), seal })
  if (headers.length !== 3) throw errors[0]?.err ?? new Error('no ARC set was made')
  return headers
}

const METHODS = new Set(['spf', 'dkim', 'dmarc', 'arc', 'dkim-adsp', 'iprev', 'auth'])
const RESULTS = new Set(['none', 'pass', 'fail', 'softfail', 'neutral', 'policy', 'temperror', 'permerror', 'hardfail', 'bestguesspass'])
const MOST_TRUSTED_RESULTS = 20

/**
 * The results of a listed upstream: the topmost Authentication-Results field whose authserv-id is one of its own.
 * Lower ones may have come with the message. Comments are dropped, only known words survive.
 */
export function readTrustedResults(header: readonly HeaderField[], trustedIds: readonly string[]): readonly AuthResult[] {
  const wanted = new Set(trustedIds.map(id => id.toLowerCase()))
  for (const field of header) {
    if (field.key !== 'authentication-results') continue
    const [id = '', ...clauses] = withoutComments(field.value.slice(0, 16_384)).split(';')
    if (!wanted.has((id.trim().split(/\s+/)[0] ?? '').toLowerCase())) continue
    return clauses.slice(0, MOST_TRUSTED_RESULTS).flatMap(parseClause)
  }
  return []
}

function withoutComments(value: string): string {
  let depth = 0
  let out = ''
  for (const character of value) {
    if (character === '(') depth++
    else if (character === ')') depth = Math.max(0, depth - 1)
    else if (depth === 0) out += character
  }
  return out
}

function parseClause(clause: string): AuthResult[] {
  const [verdict = '', ...rest] = clause.trim().split(/\s+/)
  const [method = '', result = ''] = verdict.toLowerCase().split('=')
  if (!METHODS.has(method) || !RESULTS.has(result)) return []
  const properties = rest.flatMap(each => {
    const match = /^((?:smtp|header|policy)\.[a-z-]+)=([^\s]+)$/i.exec(each)
    return match ? [[match[1]!.toLowerCase(), match[2]!] as const] : []
  })
  return [{ method, result, properties }]
}

/** Value of our Authentication-Results field; undefined when there is nothing to say (RFC 8601 §2.2). */
export function formatResults(hostname: string, results: readonly AuthResult[]): string | undefined {
  if (results.length === 0) return undefined
  const clauses = results.map(({ method, result, properties }) => {
    const known = properties.filter(([, value]) => value !== '').map(([name, value]) => ` ${name}=${resultValue(value)}`)
    return `${method}=${result}${known.join('')}`
  })
  return `${hostname}; ${clauses.join('; ')}`
}

function resultValue(untrusted: string): string {
  const plain = untrusted.replace(/[^A-Za-z0-9.@_+/=-]/g, '').slice(0, 255)
  return plain === '' ? '""' : plain
}

/**
 * Whether a check that passed vouches for the domain of the reverse-path, so that a DSN goes to whom it claims to come from.
 * SPF looked at it itself; a signature or DMARC must be of that domain or one above it. A domain of one label vouches for none.
 */
export function confirmsReversePath(results: readonly AuthResult[], reversePath: Mailbox): boolean {
  const domain = domainOf(reversePath)
  return results.some(({ method, result, properties }) => {
    if (result !== 'pass') return false
    const of = (name: string) => domainNamed(properties.find(([key]) => key === name)?.[1] ?? '')
    if (method === 'spf') return of('smtp.mailfrom') === domain
    const signer = method === 'dkim' ? of('header.d') || of('header.i') : method === 'dmarc' ? of('header.from') : ''
    return signer.includes('.') && (domain === signer || domain.endsWith(`.${signer}`))
  })
}

/** Upstreams write a domain, an address, or an address in angle brackets. */
function domainNamed(value: string): string {
  const plain = value.replace(/[<>"]/g, '').toLowerCase()
  return plain.slice(plain.lastIndexOf('@') + 1)
}

/** What a reader of the mail should know: undefined when the checks found nothing wrong. */
export function senderWarning(results: readonly AuthResult[]): 'failed' | undefined {
  const of = (method: string) => results.filter(each => each.method === method).map(each => each.result)
  const dmarc = of('dmarc')
  if (dmarc.includes('fail')) return 'failed'
  if (dmarc.includes('pass')) return undefined
  const signed = of('dkim').includes('pass')
  return !signed && of('spf').some(result => result === 'fail' || result === 'hardfail') ? 'failed' : undefined
}
