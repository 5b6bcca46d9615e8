/** What an error is called: on a page, and where a program asks. Texts of exceptions are in neither. */
import { Problem, type ProblemKind } from '../../rest/problem.ts'
import { type Problem as PageProblem, Refused } from './route.ts'

const RETRY_SECONDS = 5
/** What the troubles of pages are called where a program asks. */
const API_PROBLEMS: Readonly<Record<PageProblem | 'failed', ProblemKind>> = { 'not-found': 'not-found', 'not-allowed': 'forbidden', forged: 'bad-request', 'bad-request': 'bad-request', conflict: 'bad-request', 'too-large': 'bad-request', 'too-many': 'too-many-requests', unavailable: 'unavailable', failed: 'internal' }

export function problemOf(error: unknown): PageProblem | 'failed' {
  if (error instanceof Refused) return error.problem
  const { statusCode } = error as { readonly statusCode?: number }
  if (statusCode === 413) return 'too-large'
  if (statusCode === 429) return 'too-many'
  return statusCode !== undefined && statusCode >= 400 && statusCode < 500 ? 'bad-request' : 'failed'
}

export function apiProblemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  const kind = API_PROBLEMS[problemOf(error)]
  return new Problem(kind, '', kind === 'unavailable' ? RETRY_SECONDS : undefined)
}
