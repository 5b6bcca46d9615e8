/**
 * Everything that can go wrong over HTTP, once: the answers, the OpenAPI document and docs/api.md are made from it.
 *
 * @see RFC 9457 (problem details)
 */
export const PROBLEMS = {
  unauthorized: { status: 401, title: 'The token is missing or not known' },
  'not-found': { status: 404, title: 'There is nothing here' },
  'result-gone': { status: 404, title: 'No such result: fetched already, expired, or of another token' },
  'too-large': { status: 413, title: 'The file is larger than this token may send' },
  'bad-request': { status: 400, title: 'The request cannot be understood' },
  'idempotency-conflict': { status: 422, title: 'The same Idempotency-Key came with another file' },
  'too-many-requests': { status: 429, title: 'This token sends more than it may' },
  internal: { status: 500, title: 'Something failed here' },
  unavailable: { status: 503, title: 'No room now, or not well: try again later' },
} as const

export type ProblemKind = keyof typeof PROBLEMS

/** Ends a request with a problem. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly kind: ProblemKind
  readonly retryAfterSeconds: number | undefined

  constructor(kind: ProblemKind, detail = '', retryAfterSeconds?: number) {
    super(detail)
    this.kind = kind
    this.retryAfterSeconds = retryAfterSeconds
  }

  get status(): number {
    return PROBLEMS[this.kind].status
  }

  body(requestId: string): Record<string, unknown> {
    const { status, title } = PROBLEMS[this.kind]
    const detail = this.message === '' ? {} : { detail: this.message }
    return { type: `urn:sekisho:problem:${this.kind}`, title, status, ...detail, instance: `urn:uuid:${requestId}` }
  }
}
