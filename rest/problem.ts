/**
 * Everything that can go wrong with an HTTP API of ours, once: the answers, the OpenAPI documents and docs/api.md are made
 * from it.
 *
 * @see RFC 9457 (problem details)
 */
export const PROBLEMS = {
  unauthorized: { status: 401, title: 'The token is missing, not known or no longer valid' },
  forbidden: { status: 403, title: 'This token is not for that, or not for this address' },
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

export const PROBLEM_TYPE = 'application/problem+json'

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

  /** Fields of the answer beside its type. */
  get headers(): Record<string, string> {
    return {
      ...(this.kind === 'unauthorized' ? { 'www-authenticate': 'Bearer realm="sekisho"' } : {}),
      ...(this.retryAfterSeconds === undefined ? {} : { 'retry-after': String(this.retryAfterSeconds) }),
    }
  }

  body(requestId: string): Record<string, unknown> {
    const { status, title } = PROBLEMS[this.kind]
    const detail = this.message === '' ? {} : { detail: this.message }
    return { type: `urn:sekisho:problem:${this.kind}`, title, status, ...detail, instance: `urn:uuid:${requestId}` }
  }
}

/** Rows of the table in docs/api.md. */
export function problemRows(kinds: readonly ProblemKind[]): string {
  return kinds.map(kind => `| ${PROBLEMS[kind].status} | \`urn:sekisho:problem:${kind}\` | ${PROBLEMS[kind].title} |`).join('\n')
}
