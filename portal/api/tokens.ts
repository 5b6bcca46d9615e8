/**
 * Tokens of the HTTP API: made and revoked by administrators, shown once, known by their digest, bounded by scopes,
 * tenant, networks, a rate and an end.
 *
 *   Authorization ▸ digest ▸ in force? ▸ network ▸ scope ▸ rate ▸ counted ──▶ who asks (portal/http/desk.ts)
 *
 * Every use stands in the audit chain, but bounded: a record when the first one of an hour comes, and one with the
 * counts when the hour is over, so two for a token and an hour however often it asks.
 */
import { Bucket, digestOf, newSecret, secretDigest } from '../../rest/bearer.ts'
import { Problem } from '../../rest/problem.ts'
import type { Act } from '../../store/contract.ts'
import type { Row } from '../../store/sqlite/own-database.ts'
import type { PortalDb } from '../db/open.ts'
import { isNetwork, isWithin, networksOf } from '../http/networks.ts'
import type { ApiToken } from '../http/route.ts'
import type { TokenUse } from '../http/face.ts'
import { isScope, type Scope } from './scopes.ts'
import { TokenUses } from './token-uses.ts'

export type TokenRecord = ApiToken & {
  /** Empty: from anywhere that may connect. */
  readonly networks: readonly string[]
  readonly requestsPerMinute: number
  readonly createdAtMs: number
  readonly createdBy: string
  readonly untilMs: number
  /** To the minute. */
  readonly usedAtMs: number | undefined
  readonly usedFrom: string
  readonly revokedAtMs: number | undefined
}

export type NewToken = Pick<TokenRecord, 'tenant' | 'name' | 'scopes' | 'networks' | 'requestsPerMinute'> & { readonly days: number }

/** What is wrong with what was asked for; key of texts/tokens.ts. */
export type TokenProblem = 'name' | 'scopes' | 'networks' | 'days' | 'rate' | 'too-many'
export type Made = { readonly kind: 'made'; readonly token: TokenRecord; /** Shown once. */ readonly secret: string } | { readonly kind: 'problem'; readonly problem: TokenProblem }

export const MOST_DAYS = 366
export const MOST_PER_MINUTE = 6_000
const MOST_TOKENS = 100
const MOST_NETWORKS = 20
const MOST_LISTED = 500
const NAME = /^[^\p{C}]{1,60}$/u
const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

export class ApiTokens {
  readonly #db: PortalDb
  readonly #uses: TokenUses
  readonly #buckets = new Map<number, Bucket>()

  constructor(db: PortalDb) {
    this.#db = db
    this.#uses = new TokenUses(db)
  }

  make(wanted: NewToken, by: Act): Made {
    const problem = this.#problemOf(wanted)
    if (problem) return { kind: 'problem', problem }
    const secret = newSecret()
    const { tenant, name, scopes, networks, requestsPerMinute, days } = wanted
    const nowMs = this.#db.nowMs()
    return this.#db.write(() => {
      const values = [tenant, name, secretDigest(secret).toString('hex'), scopes.join(' '), nowMs, by.actor, nowMs + days * DAY_MS, networks.join(' '), requestsPerMinute]
      const tokenId = this.#db.insert('INSERT INTO api_tokens (tenant, name, sha256, scopes, created_at_ms, created_by, until_ms, networks, requests_per_minute) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)', ...values)
      this.#audit(tenant, tokenId, by, { act: 'made', name, scopes: scopes.join(' '), networks: networks.join(' '), requestsPerMinute, days })
      return { kind: 'made', secret, token: this.byId(tenant, tokenId)! }
    })
  }

  /** False when there is none that is in force. */
  revoke(tenant: string, tokenId: number, by: Act): boolean {
    return this.#db.write(() => {
      const changed = this.#db.run('UPDATE api_tokens SET revoked_at_ms = ? WHERE tenant = ? AND token_id = ? AND revoked_at_ms IS NULL', this.#db.nowMs(), tenant, tokenId)
      if (changed === 0) return false
      this.#buckets.delete(tokenId)
      this.#audit(tenant, tokenId, by, { act: 'revoked' })
      return true
    })
  }

  /** Newest first. */
  list(tenant: string): TokenRecord[] {
    return this.#db.all('SELECT * FROM api_tokens WHERE tenant = ? ORDER BY token_id DESC LIMIT ?', tenant, MOST_LISTED).map(recordOf)
  }

  byId(tenant: string, tokenId: number): TokenRecord | undefined {
    const row = this.#db.get('SELECT * FROM api_tokens WHERE tenant = ? AND token_id = ?', tenant, tokenId)
    return row && recordOf(row)
  }

  /** Nothing is told apart for who has no token in force. @throws Problem */
  admit(authorization: string | undefined, { scope, operation, address, nowMs }: TokenUse): ApiToken {
    const digest = digestOf(authorization)
    const row = digest && this.#db.get('SELECT * FROM api_tokens WHERE sha256 = ? AND revoked_at_ms IS NULL AND until_ms > ?', digest.toString('hex'), nowMs)
    if (!row) throw new Problem('unauthorized')
    const token = recordOf(row)
    const use = { token, address, nowMs }
    try {
      if (token.networks.length > 0 && !isWithin(networksOf(token.networks), address)) throw new Problem('forbidden')
      if (!token.scopes.includes(scope)) throw new Problem('forbidden', `needs the scope ${scope}`)
      this.#bucketOf(token, nowMs).spend(nowMs)
    } catch (error) {
      this.#uses.count(use, 'refused')
      throw error
    }
    this.#uses.count(use, operation)
    if (token.usedAtMs === undefined || nowMs - token.usedAtMs >= MINUTE_MS) this.#db.run('UPDATE api_tokens SET used_at_ms = ?, used_address = ? WHERE token_id = ?', nowMs, address, token.tokenId)
    return token
  }

  /** Once a minute: hours that are over go into the audit chain. */
  turn(nowMs: number): void {
    this.#uses.turn(nowMs)
  }

  /** Before the database closes. */
  close(): void {
    this.#uses.turn(Number.POSITIVE_INFINITY)
  }

  #bucketOf({ tokenId, requestsPerMinute }: TokenRecord, nowMs: number): Bucket {
    const known = this.#buckets.get(tokenId)
    if (known) return known
    const bucket = new Bucket(requestsPerMinute, nowMs)
    this.#buckets.set(tokenId, bucket)
    return bucket
  }

  #problemOf({ tenant, name, scopes, networks, requestsPerMinute, days }: NewToken): TokenProblem | undefined {
    const within = (value: number, most: number) => Number.isSafeInteger(value) && value >= 1 && value <= most
    if (!NAME.test(name)) return 'name'
    if (scopes.length === 0 || !scopes.every(isScope)) return 'scopes'
    if (networks.length > MOST_NETWORKS || !networks.every(isNetwork)) return 'networks'
    if (!within(days, MOST_DAYS)) return 'days'
    if (!within(requestsPerMinute, MOST_PER_MINUTE)) return 'rate'
    const inForce = this.#db.get('SELECT count(*) AS n FROM api_tokens WHERE tenant = ? AND revoked_at_ms IS NULL AND until_ms > ?', tenant, this.#db.nowMs())
    return Number(inForce?.['n']) >= MOST_TOKENS ? 'too-many' : undefined
  }

  #audit(tenant: string, tokenId: number, { actor, reason }: Act, detail: Readonly<Record<string, string | number>>): void {
    this.#db.audit({ tenant, kind: 'token', actor, subject: `token:${tokenId}`, detail: { ...detail, reason } })
  }
}

/** Of a field or option: networks separated by blanks, commas or lines. */
export function networksOfText(written: string): string[] {
  return written.split(/[\s,]+/).filter(each => each !== '')
}

function recordOf(row: Row): TokenRecord {
  const words = (name: string) => String(row[name]).split(' ').filter(each => each !== '')
  const optional = (name: string) => (row[name] === null ? undefined : Number(row[name]))
  return {
    tokenId: Number(row['token_id']),
    tenant: String(row['tenant']),
    name: String(row['name']),
    scopes: words('scopes').filter(isScope) as readonly Scope[],
    networks: words('networks'),
    requestsPerMinute: Number(row['requests_per_minute']),
    createdAtMs: Number(row['created_at_ms']),
    createdBy: String(row['created_by']),
    untilMs: Number(row['until_ms']),
    usedAtMs: optional('used_at_ms'),
    usedFrom: String(row['used_address']),
    revokedAtMs: optional('revoked_at_ms'),
  }
}
