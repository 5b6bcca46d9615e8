/**
 * Checks what comes over the control socket before it reaches the store. The peer is the operator, but
 * a wrong type must be an answer, not a crash of the mail path, and a forgotten filter must not drop everything.
 */
import type { Act, AuditCheckpoint, Emergency, MessageFilter, PurgeFilter, QuarantineFilter } from '../store/contract.ts'

export class BadRequest extends Error {
  override readonly name = 'BadRequest'
}

type Params = Readonly<Record<string, unknown>>

const LARGEST_LIMIT = 100_000
const FILTER_TEXTS = ['queueId', 'sha256', 'sender', 'recipient', 'tenant'] as const

export function asParams(body: unknown): Params {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new BadRequest('the body must be a JSON object')
  return body as Params
}

export function textParam(params: Params, name: string): string {
  const value = params[name]
  if (typeof value !== 'string' || value === '' || value.length > 1_000) throw new BadRequest(`${name} must be text`)
  return value
}

export function countParam(params: Params, name: string): number {
  const value = params[name]
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new BadRequest(`${name} must be a whole number`)
  return value
}

export function flagParam(params: Params, name: string): boolean {
  const value = params[name]
  if (typeof value !== 'boolean') throw new BadRequest(`${name} must be true or false`)
  return value
}

export function filterParam(params: Params): MessageFilter {
  const given = asParams(params['filter'] ?? {})
  const limit = given['limit'] === undefined ? 100 : countParam(given, 'limit')
  const texts = FILTER_TEXTS.filter(name => given[name] !== undefined).map(
    name => [name, textParam(given, name)] as const,
  )
  const sinceMs = given['sinceMs'] === undefined ? {} : { sinceMs: countParam(given, 'sinceMs') }
  return { ...Object.fromEntries(texts), ...sinceMs, limit: Math.min(limit, LARGEST_LIMIT) }
}

export function quarantineFilterParam(params: Params): QuarantineFilter {
  const { keptOnly } = asParams(params['filter'] ?? {})
  if (keptOnly === undefined) return filterParam(params)
  return { ...filterParam(params), keptOnly: flagParam({ keptOnly }, 'keptOnly') }
}

/** For acts that cannot be taken back: at least one message must be meant. */
export function narrowFilterParam(params: Params): MessageFilter {
  const filter = filterParam(params)
  if (!FILTER_TEXTS.some(name => name !== 'tenant' && filter[name] !== undefined))
    throw new BadRequest('say which messages: an id, a digest, a sender or a recipient')
  return filter
}

export function purgeFilterParam(params: Params): PurgeFilter {
  const { olderThanMs } = asParams(params['filter'] ?? {})
  if (olderThanMs === undefined) return narrowFilterParam(params)
  return { ...filterParam(params), olderThanMs: countParam({ olderThanMs }, 'olderThanMs') }
}

/** Who acts and why; both stand in the audit chain. */
export function actParam(params: Params): Act {
  const by = asParams(params['by'] ?? {})
  return { actor: textParam(by, 'actor'), reason: textParam(by, 'reason') }
}

export function emergencyParam(params: Params): Emergency {
  const state = params['state']
  if (state !== 'none' && state !== 'hold' && state !== 'isolate')
    throw new BadRequest('state must be none, hold or isolate')
  return state
}

export function checkpointParam(params: Params): AuditCheckpoint | undefined {
  if (params['anchor'] === undefined) return undefined
  const anchor = asParams(params['anchor'])
  return {
    seq: countParam(anchor, 'seq'),
    hash: textParam(anchor, 'hash'),
    atMs: countParam(anchor, 'atMs'),
    publicKey: textParam(anchor, 'publicKey'),
    signature: textParam(anchor, 'signature'),
  }
}
