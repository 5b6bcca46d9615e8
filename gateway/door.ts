/**
 * The gateway's door for the vault: sealed octets out, outcomes and mails of ours in.
 *
 *   vault ──rpc──▶ here ──▶ SealedReads (reader thread), own-mail.ts (commit, relay)
 *
 * What leaves here is sealed, or was composed by us; what comes in is looked at before it is committed.
 */
import type { OwnMail, Submitted } from '../core/own-mail.ts'
import { actParam, asParams, BadRequest, choiceParam, countParam, listParam, type Params, textParam } from '../rpc/params.ts'
import { collectWithin } from '../rpc/octets.ts'
import { type RpcAnswer, type RpcServer, startRpc } from '../rpc/server.ts'
import type { AuditRecord, MailReads, PartAmendment, PartOutcome, SealedReads, Store, StoreAdmin } from '../store/contract.ts'
import type { DoorMethods } from './door-protocol.ts'

export type DoorOptions = {
  readonly socketPath: string
  readonly store: SealedReads & MailReads & Pick<StoreAdmin, 'emergency'> & Pick<Store, 'audit'>
  readonly submit: (mail: OwnMail, message: Uint8Array) => Promise<Submitted>
  readonly submitOutside: (mail: OwnMail, message: Uint8Array) => Promise<Submitted>
  /** Of a submitted message. */
  readonly mostBytes: number
  /** Of the configuration in force. */
  readonly configDigest: () => string
  readonly onError: (error: unknown) => void
}

type Methods = { readonly [M in keyof DoorMethods]: (params: Params) => Promise<DoorMethods[M]['result']> }

export function startDoor(options: DoorOptions): Promise<RpcServer> {
  const { socketPath, store, onError } = options
  const methods: Methods = {
    message: async params => (await store.mailMessage(textParam(params, 'publicId'))) ?? null,
    pending: params => store.pendingMails(countParam(params, 'limit')),
    amend: params => store.amendPart(amendmentParam(params)),
    record: async params => {
      await store.audit(recordParam(asParams(params['record'])))
      return null
    },
    state: async () => ({ emergency: await store.emergency(), configDigest: options.configDigest() }),
  }
  const exchanges = {
    original: async (params: Params): Promise<RpcAnswer> => {
      const octets = await store.sealedOriginal(textParam(params, 'queueId'), textParam(params, 'tenant'))
      return octets ? { meta: { found: true }, octets } : { meta: { found: false } }
    },
    text: async (params: Params): Promise<RpcAnswer> => {
      const found = await store.composedText(textParam(params, 'publicId'))
      return found ? { meta: { found: true, sealed: found.sealed }, octets: found.octets } : { meta: { found: false, sealed: false } }
    },
    submit: submitted(options, options.submit),
    submitOutside: submitted(options, options.submitOutside),
  }
  return startRpc({ socketPath, methods, exchanges, onError })
}

function submitted({ mostBytes }: DoorOptions, submit: DoorOptions['submit']) {
  return async (params: Params, octets: AsyncIterable<Uint8Array>): Promise<RpcAnswer> => {
    const mail = ownMailParam(params)
    const message = await collectWithin(octets, mostBytes)
    if (!message) throw new BadRequest('message too large')
    return { meta: await submit(mail, message) }
  }
}

function ownMailParam(params: Params): OwnMail {
  const text = (name: keyof OwnMail) => textParam(params, name)
  return {
    queueId: text('queueId'),
    tenant: text('tenant'),
    mailbox: text('mailbox'),
    subject: text('subject'),
    messageId: text('messageId'),
    onceKey: text('onceKey'),
  }
}

function recordParam(record: Params): AuditRecord {
  const detail = asParams(record['detail'] ?? {})
  for (const value of Object.values(detail)) {
    if (value !== null && !['string', 'number', 'boolean'].includes(typeof value)) throw new BadRequest('detail must be flat')
  }
  const text = (name: string) => textParam(record, name)
  return { tenant: text('tenant'), kind: choiceParam(record, 'kind', ['release']), actor: text('actor'), subject: text('subject'), detail: detail as AuditRecord['detail'] }
}

function amendmentParam(params: Params): PartAmendment {
  return { publicId: textParam(params, 'publicId'), partId: textParam(params, 'partId'), outcome: outcomeParam(asParams(params['outcome'])), by: actParam(params) }
}

/** Lists of the report are the vault's, which has checked what the sealed process said. */
function outcomeParam(given: Params): PartOutcome {
  const list = <T>(name: string) => listParam(given, name, each => asParams(each[name]) as T)
  return {
    outcome: choiceParam(given, 'outcome', ['rebuilt', 'quarantined']),
    ...(given['reason'] === undefined ? {} : { reason: textParam(given, 'reason') }),
    ...(given['deliveredName'] === undefined ? {} : { deliveredName: textParam(given, 'deliveredName') }),
    ...(given['besideName'] === undefined ? {} : { besideName: textParam(given, 'besideName') }),
    ...(given['object'] === undefined ? {} : { object: textParam(given, 'object') as NonNullable<PartOutcome['object']> }),
    removed: list<PartOutcome['removed'][number]>('removed'),
    findings: list<PartOutcome['findings'][number]>('findings'),
    ...(given['members'] === undefined ? {} : { members: list<NonNullable<PartOutcome['members']>[number]>('members') }),
  }
}
