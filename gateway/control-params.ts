/**
 * Checks what comes over the control socket before it reaches the store. The peer is the operator, but
 * a wrong type must be an answer, not a crash of the mail path, and a forgotten filter must not drop everything.
 */
import type { StaffMail } from '../core/own-mail.ts'
import type { ClassPiece } from './inbound/class-book.ts'
import { asParams, BadRequest, countParam, flagParam, listParam, optionalCountParam, optionalTextParam, type Params, textParam } from '../rpc/params.ts'
import {
  type AuditCheckpoint,
  type Emergency,
  MAIL_STATES,
  type MailQuestion,
  type MessageFilter,
  type PurgeFilter,
  type QuarantineFilter,
} from '../store/contract.ts'

const LARGEST_LIMIT = 100_000
const LONGEST_PAGE = 500
const MOST_MAILBOXES = 500
const FILTER_TEXTS = ['queueId', 'sha256', 'sender', 'recipient', 'tenant'] as const

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
  const { keptOnly, queueIds } = asParams(params['filter'] ?? {})
  return {
    ...filterParam(params),
    ...(keptOnly === undefined ? {} : { keptOnly: flagParam({ keptOnly }, 'keptOnly') }),
    ...(queueIds === undefined ? {} : { queueIds: listParam({ queueIds }, 'queueIds', textParam) }),
  }
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

export function classPieceParam(piece: Params): ClassPiece {
  const addresses = asParams(piece['addresses'])
  return {
    tenant: textParam(piece, 'tenant'),
    isFirst: flagParam(piece, 'isFirst'),
    isLast: flagParam(piece, 'isLast'),
    addresses: { 1: listParam(addresses, '1', textParam), 2: listParam(addresses, '2', textParam), 3: listParam(addresses, '3', textParam) },
  }
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

export function mailQuestionParam(params: Params): MailQuestion {
  const given = asParams(params['question'])
  const texts = (['sender', 'subject', 'fileName', 'messageId', 'after'] as const).map(name => [name, optionalTextParam(given, name)] as const)
  const counts = (['sinceMs', 'untilMs'] as const).map(name => [name, optionalCountParam(given, name)] as const)
  const state = MAIL_STATES.find(each => each === given['state'])
  if (given['state'] !== undefined && state === undefined) throw new BadRequest(`state must be one of ${MAIL_STATES.join(', ')}`)
  return {
    tenant: textParam(given, 'tenant'),
    mailboxes: mailboxesParam(given['mailboxes']),
    limit: Math.min(Math.max(1, countParam(given, 'limit')), LONGEST_PAGE),
    ...(state === undefined ? {} : { state }),
    ...Object.fromEntries([...texts, ...counts].filter(([, value]) => value !== undefined)),
  }
}

function mailboxesParam(value: unknown): MailQuestion['mailboxes'] {
  if (value === 'all') return 'all'
  if (!Array.isArray(value) || value.length > MOST_MAILBOXES) throw new BadRequest('mailboxes must be a list, or all')
  return value.map(mailbox => textParam({ mailbox }, 'mailbox'))
}

const LONGEST_LETTER = 500_000

export function letterParam(params: Params): StaffMail {
  const mail = asParams(params['mail'])
  const { text } = mail
  if (typeof text !== 'string' || text.length > LONGEST_LETTER) throw new BadRequest('text must be text')
  return { tenant: textParam(mail, 'tenant'), to: textParam(mail, 'to'), subject: textParam(mail, 'subject'), text, key: textParam(mail, 'key') }
}
