/** OpenAPI 3.1 documents, from a list of operations: pieces of schemas, and what every document of ours has. */
import { PROBLEM_TYPE, PROBLEMS, type ProblemKind } from './problem.ts'

export type Json = Readonly<Record<string, unknown>>

export const text = (description = ''): Json => ({ type: 'string', ...(description === '' ? {} : { description }) })
export const count = (description = ''): Json => ({ type: 'integer', minimum: 0, ...(description === '' ? {} : { description }) })
export const yesNo = (description: string): Json => ({ type: 'boolean', description })
export const time = (description: string): Json => ({ type: 'string', format: 'date-time', description })
export const oneOf = (values: readonly string[], description = ''): Json => ({ type: 'string', enum: values, ...(description === '' ? {} : { description }) })
export const list = (items: Json, description = ''): Json => ({ type: 'array', items, ...(description === '' ? {} : { description }) })
/** `optional`: properties that may be left out. */
export const object = (properties: Json, optional: readonly string[] = []): Json => ({ type: 'object', properties, required: Object.keys(properties).filter(name => !optional.includes(name)) })
export const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` })

export type Parameter = { readonly name: string; readonly in: 'path' | 'query' | 'header'; readonly schema: Json }

export type Operation = {
  readonly method: 'get' | 'post'
  /** `/api/v1/messages/{messageId}`. */
  readonly path: string
  readonly operationId: string
  readonly summary: string
  /** Needs no token. */
  readonly isOpen?: true
  readonly description?: string
  readonly parameters: readonly Parameter[]
  readonly requestBody?: Json
  readonly answer: { readonly description: string; /** By media type. */ readonly content: Json }
  readonly problems: readonly ProblemKind[]
}

const PROBLEM_SCHEMA = object({ type: text('urn:sekisho:problem:KIND'), title: text(), status: count(), detail: text(), instance: text('Also in X-Request-Id.') }, ['detail'])

export function openApiDocument(about: { readonly title: string; readonly version: string; readonly description: string }, operations: readonly Operation[], schemas: Json): Json {
  const paths: Record<string, Record<string, Json>> = {}
  for (const operation of operations) paths[operation.path] = { ...paths[operation.path], [operation.method]: described(operation) }
  return {
    openapi: '3.1.0',
    info: about,
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths,
    components: { schemas: { ...schemas, Problem: PROBLEM_SCHEMA }, securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  }
}

/** Each API gives its own. */
export const DOCUMENT_OPERATION: Operation = {
  method: 'get',
  path: '/api/v1/openapi.json',
  operationId: 'openapi',
  summary: 'This document',
  isOpen: true,
  parameters: [],
  answer: { description: 'OpenAPI 3.1', content: { 'application/json': { schema: { type: 'object' } } } },
  problems: [],
}

function described({ operationId, summary, description, isOpen, parameters, requestBody, answer, problems }: Operation): Json {
  return {
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    ...(isOpen ? { security: [] } : {}),
    ...(parameters.length === 0 ? {} : { parameters: parameters.map(each => ({ ...each, required: each.in === 'path' })) }),
    ...(requestBody === undefined ? {} : { requestBody }),
    responses: { '200': answer, ...problemAnswers(problems) },
  }
}

/** Two kinds may have one status: both titles stand there. */
function problemAnswers(kinds: readonly ProblemKind[]): Json {
  const titles = new Map<string, string[]>()
  for (const kind of kinds) titles.set(String(PROBLEMS[kind].status), [...(titles.get(String(PROBLEMS[kind].status)) ?? []), PROBLEMS[kind].title])
  return Object.fromEntries([...titles].map(([status, all]) => [status, { description: all.join('. '), content: { [PROBLEM_TYPE]: { schema: ref('Problem') } } }]))
}
