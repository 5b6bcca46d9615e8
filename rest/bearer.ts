/**
 * Tokens of the HTTP APIs: a secret text, known to us by its SHA-256 alone, and a bucket of requests for each.
 * The secret has 256 random bits, so its digest needs no salt and no slow hash.
 *
 * @see RFC 6750 (bearer tokens)
 */
import { createHash, randomBytes } from 'node:crypto'
import { Problem } from './problem.ts'

/** So that whoever finds one in a repository or a log knows what it is. */
const PREFIX = 'sekisho_'
const BEARER = /^Bearer ([\x21-\x7e]{1,512})$/i
const MINUTE_MS = 60_000

export function newSecret(): string {
  return PREFIX + randomBytes(32).toString('base64url')
}

export function secretDigest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

/** Digest of the secret of an Authorization field; undefined where there is none. */
export function digestOf(authorization: string | undefined): Buffer | undefined {
  const [, secret] = BEARER.exec(authorization ?? '') ?? []
  return secret === undefined ? undefined : secretDigest(secret)
}

/** As many requests as a minute may have, refilled evenly. */
export class Bucket {
  readonly #perMinute: number
  #left: number
  #atMs: number

  constructor(perMinute: number, nowMs: number) {
    this.#perMinute = perMinute
    this.#left = perMinute
    this.#atMs = nowMs
  }

  /** @throws Problem when no request is left. */
  spend(nowMs: number): void {
    const perMs = this.#perMinute / MINUTE_MS
    this.#left = Math.min(this.#perMinute, this.#left + (nowMs - this.#atMs) * perMs)
    this.#atMs = nowMs
    if (this.#left < 1) throw new Problem('too-many-requests', '', Math.ceil((1 - this.#left) / perMs / 1000))
    this.#left--
  }
}
