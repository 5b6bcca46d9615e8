/** Who may send files, and how many: the tokens of the configuration. */
import { timingSafeEqual } from 'node:crypto'
import type { PROFILES } from '../../core/policy/model.ts'
import { Bucket, digestOf } from '../../rest/bearer.ts'
import { Problem } from '../../rest/problem.ts'

export type Token = {
  readonly name: string
  /** Hex. */
  readonly sha256: string
  readonly profile: (typeof PROFILES)[number]
  readonly requestsPerMinute: number
  readonly maxBytes: number
}

const NO_DIGEST = Buffer.alloc(32)

export class Access {
  readonly #tokens: readonly { readonly token: Token; readonly digest: Buffer; readonly bucket: Bucket }[]
  readonly #nowMs: () => number

  constructor(tokens: readonly Token[], nowMs: () => number) {
    this.#nowMs = nowMs
    this.#tokens = tokens.map(token => ({ token, digest: Buffer.from(token.sha256, 'hex'), bucket: new Bucket(token.requestsPerMinute, nowMs()) }))
  }

  /** Looks at all of them whatever is found, so that time tells nothing. @throws Problem */
  tokenOf(authorization: string | undefined): Token {
    const given = digestOf(authorization)
    const matches = this.#tokens.filter(each => timingSafeEqual(each.digest, given ?? NO_DIGEST))
    if (given === undefined || matches[0] === undefined) throw new Problem('unauthorized')
    return matches[0].token
  }

  /** @throws Problem when the token has no request left. */
  spend(token: Token): void {
    this.#tokens.find(each => each.token === token)!.bucket.spend(this.#nowMs())
  }
}
