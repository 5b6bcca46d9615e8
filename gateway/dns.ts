/**
 * DNS for sender checks: cached, bounded in time, and never a reason to wait longer than that.
 *
 * Used by SPF in this process and by the TXT questions that DKIM and DMARC ask through the worker's pipe. Without an
 * answer in time the look-up fails with ETIMEOUT, which the checks report as `temperror`.
 */
import { Resolver as DnsResolver } from 'node:dns/promises'

export type DnsOptions = {
  /** Empty: the servers of the system. */
  readonly servers: readonly string[]
  readonly timeoutMs: number
  readonly nowMs: () => number
}

export type LookUp = (name: string, type: string) => Promise<unknown>

type Cached = { readonly untilMs: number; readonly answer: Promise<unknown> }

const MOST_CACHED = 10_000
const POSITIVE_MS = 300_000
const NEGATIVE_MS = 60_000
const TYPES = new Set(['A', 'AAAA', 'MX', 'TXT', 'PTR'])

export function createLookUp(options: DnsOptions): LookUp {
  const resolver = new DnsResolver({ timeout: options.timeoutMs, tries: 1 })
  if (options.servers.length > 0) resolver.setServers(options.servers)
  const cache = new Map<string, Cached>()
  return (name, type) => {
    if (!TYPES.has(type)) return Promise.reject(dnsError('EREFUSED', `no ${type} look-ups`))
    const key = `${type} ${name.toLowerCase()}`
    const known = cache.get(key)
    if (known && known.untilMs > options.nowMs()) return known.answer
    const answer = withTimeout(resolver.resolve(name, type), options.timeoutMs)
    remember(cache, key, { untilMs: options.nowMs() + POSITIVE_MS, answer })
    answer.catch((error: NodeJS.ErrnoException) => {
      const final = error.code === 'ENOTFOUND' || error.code === 'ENODATA'
      if (final) remember(cache, key, { untilMs: options.nowMs() + NEGATIVE_MS, answer })
      else cache.delete(key)
    })
    return answer
  }
}

/** Oldest out first: what is asked for again is soon back. */
function remember(cache: Map<string, Cached>, key: string, entry: Cached): void {
  if (cache.size >= MOST_CACHED && !cache.has(key)) cache.delete(cache.keys().next().value ?? '')
  cache.set(key, entry)
}

function withTimeout<T>(answer: Promise<T>, timeoutMs: number): Promise<T> {
  const { promise, reject, resolve } = Promise.withResolvers<T>()
  const timer = setTimeout(() => reject(dnsError('ETIMEOUT', 'no answer in time')), timeoutMs)
  answer.then(resolve, reject).finally(() => clearTimeout(timer))
  return promise
}

function dnsError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
