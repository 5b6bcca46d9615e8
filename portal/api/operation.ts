/**
 * An operation of the HTTP API: what the OpenAPI document says of it and what answers it, in one place. The route is made
 * of the same (routes.ts), so the two cannot differ.
 *
 * The rooms have no vault and no way to write but the audit chain: what an operation cannot reach it cannot give away.
 */
import type { Operation, Parameter } from '../../rest/openapi.ts'
import { Problem, type ProblemKind } from '../../rest/problem.ts'
import type { AdminDesk } from '../admin/house.ts'
import type { ApiAnswer, ApiFace, TokenVisit } from '../http/route.ts'
import type { AuditSource, Mail, Operations } from '../ports.ts'
import type { RequestRecords } from '../requests/records.ts'
import type { Scope } from './scopes.ts'

export type ApiRooms = Pick<AdminDesk, 'departmentOf' | 'record' | 'seal'> & {
  readonly mail: Pick<Mail, 'list' | 'message'>
  readonly operations: Pick<Operations, 'health' | 'series' | 'top' | 'queue' | 'quarantine' | 'trace' | 'reports' | 'expiries' | 'audit'>
  readonly chains: readonly AuditSource[]
  readonly requests: Pick<RequestRecords, 'byId' | 'page'>
  readonly apiFaces: readonly ApiFace[]
  readonly version: string
}

export type ApiOperation = Operation & { readonly method: 'get'; readonly scope: Scope; readonly read: (visit: TokenVisit) => Promise<ApiAnswer> }

const PROBLEMS: readonly ProblemKind[] = ['bad-request', 'unauthorized', 'forbidden', 'too-many-requests', 'internal', 'unavailable']

type Told = Pick<Operation, 'operationId' | 'summary' | 'description'> & { readonly path: string; readonly scope: Scope; readonly parameters?: readonly Parameter[]; readonly answer: Operation['answer']['content'] }

/** `answer`: by media type. An operation on one thing can end in not-found. */
export function operation({ answer, parameters = [], path, ...told }: Told, read: ApiOperation['read']): ApiOperation {
  const paths = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]): Parameter => ({ name: name!, in: 'path', schema: { type: 'string', maxLength: LONGEST } }))
  return {
    ...told,
    method: 'get',
    path: `/api/v1${path}`,
    description: [told.description, `Scope: \`${told.scope}\`.`].filter(Boolean).join(' '),
    parameters: [...paths, ...parameters],
    answer: { description: told.summary, content: answer },
    problems: paths.length > 0 ? [...PROBLEMS, 'not-found'] : PROBLEMS,
    read,
  }
}

export const query = (name: string, schema: Parameter['schema']): Parameter => ({ name, in: 'query', schema })

export const LONGEST = 500

/** Undefined where the query has none. @throws Problem */
export function textOf({ query: { all } }: TokenVisit, name: string): string | undefined {
  const [value = '', ...more] = all(name)
  if (more.length > 0) throw new Problem('bad-request', `${name} may stand once`)
  if (value.length > LONGEST) throw new Problem('bad-request', `${name} is too long`)
  return value.trim() === '' ? undefined : value.trim()
}

/** @throws Problem */
export function choiceOf<T extends string>(visit: TokenVisit, name: string, choices: readonly T[]): T | undefined {
  const value = textOf(visit, name)
  if (value !== undefined && !choices.includes(value as T)) throw new Problem('bad-request', `${name} must be one of ${choices.join(', ')}`)
  return value as T | undefined
}

/** @throws Problem */
export function numberOf(visit: TokenVisit, name: string, { most, usual }: { readonly most: number; readonly usual: number }): number {
  const value = textOf(visit, name)
  if (value === undefined) return usual
  if (!/^\d{1,15}$/.test(value) || Number(value) < 1 || Number(value) > most) throw new Problem('bad-request', `${name} must be a whole number from 1 to ${most}`)
  return Number(value)
}

const MOMENT = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/

/** A day is its first moment in Japan; a moment says its offset (RFC 3339). @throws Problem */
export function momentOf(visit: TokenVisit, name: string): number | undefined {
  const value = textOf(visit, name)
  if (value === undefined) return undefined
  const atMs = MOMENT.test(value) ? Date.parse(value.length === 10 ? `${value}T00:00:00+09:00` : value) : Number.NaN
  if (Number.isNaN(atMs)) throw new Problem('bad-request', `${name} must be like 2026-11-26 or 2026-11-26T09:00:00+09:00`)
  return atMs
}

/** Given fields only: `exactOptionalPropertyTypes`. */
export function given<T extends Readonly<Record<string, unknown>>>(fields: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [Name in keyof T]?: Exclude<T[Name], undefined> }
}

export function iso(atMs: number): string {
  return new Date(atMs).toISOString()
}

export function isoOrNull(atMs: number | undefined): string | null {
  return atMs === undefined ? null : iso(atMs)
}

export const json = (value: unknown): ApiAnswer => ({ kind: 'json', value })
