/** Who may send files, and how many: tokens known by their SHA-256 only, and a bucket of requests for each. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { PROFILES } from '../../core/policy/model.ts'
import { Problem } from './problem.ts'

export type Token = {
  readonly name: string
  /** Hex. */
  readonly sha256: string
  readonly profile: (typeof PROFILES)[number]
  readonly requestsPerMinute: number
  readonly maxBytes: number
}

type Bucket = { left: number; atMs: number }

export class Access {
  readonly #tokens: readonly { readonly token: Token; readonly digest: Buffer; readonly bucket: Bucket }[]
  readonly #nowMs: () => number

  constructor(tokens: readonly Token[], nowMs: () => number) {
    this.#nowMs = nowMs
    this.#tokens = tokens.map(token => ({
      token,
      digest: Buffer.from(token.sha256, 'hex'),
      bucket: { left: token.requestsPerMinute, atMs: nowMs() },
    }))
  }

  /** Looks at all of them whatever is found, so that time tells nothing. @throws Problem */
  tokenOf(authorization: string | undefined): Token {
    const [, secret] = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization ?? '') ?? []
    const digest = createHash('sha256').update(secret ?? '').digest()
    const matches = this.#tokens.filter(each => timingSafeEqual(each.digest, digest))
    if (secret === undefined || matches[0] === undefined) throw new Problem('unauthorized')
    return matches[0].token
  }

  /** @throws Problem when the token has no request left. */
  spend(token: Token): void {
    const { bucket } = this.#tokens.find(each => each.token === token)!
    const perMs = token.requestsPerMinute / 60_000
    const nowMs = this.#nowMs()
    bucket.left = Math.min(token.requestsPerMinute, bucket.left + (nowMs - bucket.atMs) * perMs)
    bucket.atMs = nowMs
    if (bucket.left < 1) throw new Problem('too-many-requests', '', Math.ceil((1 - bucket.left) / perMs / 1000))
    bucket.left--
  }
}
