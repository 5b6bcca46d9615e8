/**
 * Checks what comes over a socket before anything relies on it. The peer is one of ours, but a wrong type must be an
 * answer and not a crash, and a stolen peer must find nothing to play with.
 */
export class BadRequest extends Error {
  override readonly name = 'BadRequest'
}

export type Params = Readonly<Record<string, unknown>>

const LONGEST_TEXT = 1_000
const LONGEST_LIST = 1_000

export function asParams(body: unknown): Params {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new BadRequest('the body must be a JSON object')
  return body as Params
}

export function textParam(params: Params, name: string): string {
  const value = params[name]
  if (typeof value !== 'string' || value === '' || value.length > LONGEST_TEXT) throw new BadRequest(`${name} must be text`)
  return value
}

/** Undefined where nothing is given, or nothing is in it. */
export function optionalTextParam(params: Params, name: string): string | undefined {
  return params[name] === undefined || params[name] === '' ? undefined : textParam(params, name)
}

export function countParam(params: Params, name: string): number {
  const value = params[name]
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new BadRequest(`${name} must be a whole number`)
  return value
}

export function optionalCountParam(params: Params, name: string): number | undefined {
  return params[name] === undefined ? undefined : countParam(params, name)
}

export function flagParam(params: Params, name: string): boolean {
  const value = params[name]
  if (typeof value !== 'boolean') throw new BadRequest(`${name} must be true or false`)
  return value
}

export function choiceParam<T extends string>(params: Params, name: string, choices: readonly T[]): T {
  const value = params[name]
  if (!choices.includes(value as T)) throw new BadRequest(`${name} must be one of ${choices.join(', ')}`)
  return value as T
}

/** Who acts and why; both stand in the audit chain. */
export function actParam(params: Params): { readonly actor: string; readonly reason: string } {
  const by = asParams(params['by'] ?? {})
  return { actor: textParam(by, 'actor'), reason: textParam(by, 'reason') }
}

export function listParam<T>(params: Params, name: string, read: (params: Params, name: string) => T): readonly T[] {
  const value = params[name]
  if (!Array.isArray(value) || value.length > LONGEST_LIST) throw new BadRequest(`${name} must be a list`)
  return value.map(each => read({ [name]: each }, name))
}

const LONGEST_PAGE = 500

/** A question for a page of an audit chain (store/audit-page.ts), as every process that has one is asked. */
export function auditQuestionParam(question: Params): { readonly limit: number } & { readonly [Name in 'actor' | 'subject' | 'text' | 'tenant']?: string } & { readonly [Name in 'sinceMs' | 'untilMs' | 'before']?: number } & { readonly kinds?: readonly string[] } {
  const texts = (['actor', 'subject', 'text', 'tenant'] as const).map(name => [name, optionalTextParam(question, name)] as const)
  const counts = (['sinceMs', 'untilMs', 'before'] as const).map(name => [name, optionalCountParam(question, name)] as const)
  return {
    limit: Math.min(Math.max(1, countParam(question, 'limit')), LONGEST_PAGE),
    ...(question['kinds'] === undefined ? {} : { kinds: listParam(question, 'kinds', textParam) }),
    ...Object.fromEntries([...texts, ...counts].filter(([, value]) => value !== undefined)),
  }
}
