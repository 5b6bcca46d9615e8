/**
 * The vault's socket: each question is read, checked, and passed on; answers are JSON with octets behind it. Passwords are
 * in the question's memory only: nothing here logs a question, and an error names no value of one.
 */
import type { Agreement, AgreementAsk, Asker, EnrolledApprover, GrantAsk, PartRef, Vault } from '../core/purposes.ts'
import { asParams, auditQuestionParam, BadRequest, countParam, listParam, optionalTextParam, type Params, textParam } from '../rpc/params.ts'
import { type RpcAnswer, type RpcExchanges, type RpcMethods, type RpcServer, startRpc } from '../rpc/server.ts'
import { auditLine, type ChainedRecord } from '../store/audit.ts'
import { ownAudit } from '../store/sqlite/own-audit.ts'
import type { OwnDatabase } from '../store/sqlite/own-database.ts'

const LONGEST_PASSWORD = 256
const MOST_PASSWORDS = 20

export type VaultServerOptions = {
  readonly socketPath: string
  readonly vault: Vault
  readonly database: OwnDatabase
  readonly onError: (error: unknown) => void
}

export function startVaultServer({ socketPath, vault, database, onError }: VaultServerOptions): Promise<RpcServer> {
  const audit = ownAudit(database)
  const methods: RpcMethods = {
    ...methodsOf(vault),
    'audit.page': params => audit.page(auditQuestionParam(asParams(params['question']))),
    'audit.verify': () => audit.verify(),
    'audit.checkpoint': () => audit.checkpoint(),
  }
  const streams = { 'audit.export': (params: Params) => linesOf(audit.records(countParam(params, 'sinceSeq'))) }
  return startRpc({ socketPath, methods, streams, exchanges: exchangesOf(vault), onError })
}

async function* linesOf(records: AsyncIterable<ChainedRecord>): AsyncGenerator<string> {
  for await (const record of records) yield auditLine(record)
}

function methodsOf(vault: Vault): RpcMethods {
  return {
    deliveredText: async params => vault.deliveredText(textParam(params, 'publicId'), askerParam(params)),
    lockedNames: async params => vault.lockedNames(partParam(params), askerParam(params)),
    unlock: async params => vault.unlock(partParam(params), passwordsParam(params), askerParam(params), params['lockAgain'] === true),
    again: async params => vault.again(partParam(params), askerParam(params)),
    mailInward: async params =>
      vault.mailInward(listParam(params, 'shelfIds', textParam), textParam(params, 'mailbox'), optionalTextParam(params, 'about'), askerParam(params)),
    passwordCandidates: async params => vault.passwordCandidates(listParam(params, 'publicIds', textParam), askerParam(params)),
    beginPieces: async params => vault.beginPieces({ name: optionalTextParam(params, 'name') ?? '', mediaType: optionalTextParam(params, 'mediaType') ?? '', size: countParam(params, 'size') }, askerParam(params)),
    piecesState: async params => vault.piecesState(textParam(params, 'uploadId'), askerParam(params)),
    finishPieces: async params => vault.finishPieces(textParam(params, 'uploadId'), optionalTextParam(params, 'mailbox') ?? '', askerParam(params)),
    approvers: async params => vault.approvers(askerParam(params)),
    proposeApprovers: async params => vault.proposeApprovers({ add: listParam(params, 'add', each => approverParam(asParams(each['add']))), remove: listParam(params, 'remove', textParam) }, askerParam(params)),
    confirmApprovers: async params => vault.confirmApprovers(textParam(params, 'proposalId'), textParam(params, 'code'), askerParam(params)),
    askAgreement: async params => vault.askAgreement(agreementAskParam(asParams(params['ask'])), askerParam(params)),
    agree: async params => vault.agree(agreementParam(asParams(params['agreement'])), askerParam(params)),
    grant: async params => vault.grant(grantParam(params), askerParam(params)),
    originalToMailbox: async params => vault.originalToMailbox(textParam(params, 'grantId'), textParam(params, 'mailbox'), askerParam(params)),
    revokeGrants: async params => vault.revokeGrants(textParam(params, 'requestId'), askerParam(params)),
  }
}

function exchangesOf(vault: Vault): RpcExchanges {
  return {
    deliveredFile: async params => withOctets(await vault.deliveredFile(textParam(params, 'publicId'), countParam(params, 'index'), askerParam(params)), 'bytes'),
    shelf: async params => withOctets(await vault.shelf(textParam(params, 'id'), askerParam(params)), 'bytes'),
    preview: async params => {
      const password = params['password'] === undefined ? {} : { password: passwordParam(params, 'password') }
      const ask = { page: countParam(params, 'page'), mark: optionalTextParam(params, 'mark') ?? '', patient: params['patient'] === true, ...password }
      return withOctets(await vault.preview(partParam(params), ask, askerParam(params)), 'png')
    },
    previewShelf: async params => {
      const ask = { page: countParam(params, 'page'), mark: optionalTextParam(params, 'mark') ?? '', patient: params['patient'] === true }
      return withOctets(await vault.previewShelf(textParam(params, 'id'), ask, askerParam(params)), 'png')
    },
    original: async params => withOctets(await vault.original(textParam(params, 'grantId'), askerParam(params)), 'bytes'),
    addPiece: async (params, octets) => ({ meta: await vault.addPiece(textParam(params, 'uploadId'), countParam(params, 'offset'), octets, askerParam(params)) }),
    bring: async (params, octets) => {
      const [profile, mailbox] = [optionalTextParam(params, 'profile'), optionalTextParam(params, 'mailbox') ?? '']
      const file = { name: optionalTextParam(params, 'name') ?? '', mediaType: optionalTextParam(params, 'mediaType') ?? '', bytes: octets, mailbox }
      return { meta: await vault.bring(profile === undefined ? file : { ...file, profile }, askerParam(params)) }
    },
  }
}

/** The octets of an answer go behind its JSON. */
function withOctets(answer: object, field: string): RpcAnswer {
  if (!Object.hasOwn(answer, field)) return { meta: answer }
  const { [field]: octets, ...meta } = answer as Record<string, unknown>
  return { meta, octets: octets instanceof Uint8Array ? [octets] : (octets as AsyncIterable<Uint8Array>) }
}

function askerParam(params: Params): Asker {
  const by = asParams(params['by'])
  return { actor: textParam(by, 'actor'), tenant: textParam(by, 'tenant'), address: optionalTextParam(by, 'address') ?? '' }
}

function partParam(params: Params): PartRef {
  const part = asParams(params['part'])
  // The part of a message that is kept as a whole has no number.
  return { publicId: textParam(part, 'publicId'), partId: optionalTextParam(part, 'partId') ?? '', member: listParam(part, 'member', countParam) }
}

function passwordsParam(params: Params): readonly string[] {
  return listParam(params, 'passwords', passwordParam).slice(0, MOST_PASSWORDS)
}

function passwordParam(params: Params, name: string): string {
  const value = params[name]
  if (typeof value !== 'string' || value.length > LONGEST_PASSWORD) throw new BadRequest(`${name} must be text of at most ${LONGEST_PASSWORD} characters`)
  return value
}

function approverParam(given: Params): EnrolledApprover {
  return { login: textParam(given, 'login'), name: optionalTextParam(given, 'name') ?? '', mailbox: textParam(given, 'mailbox') }
}

function agreementAskParam(ask: Params): AgreementAsk {
  return {
    requestId: textParam(ask, 'requestId'),
    publicId: textParam(ask, 'publicId'),
    // The part of a message that is kept as a whole has no number.
    partIds: listParam(ask, 'partIds', (each, name) => optionalTextParam(each, name) ?? ''),
    requester: textParam(ask, 'requester'),
    requesterName: optionalTextParam(ask, 'requesterName') ?? '',
    reason: optionalTextParam(ask, 'reason') ?? '',
    approver: textParam(ask, 'approver'),
    needed: countParam(ask, 'needed'),
  }
}

function agreementParam(given: Params): Agreement {
  return { requestId: textParam(given, 'requestId'), approver: textParam(given, 'approver'), code: textParam(given, 'code') }
}

function grantParam(params: Params): GrantAsk {
  const ask = asParams(params['ask'])
  return {
    requestId: textParam(ask, 'requestId'),
    part: partParam(ask),
    requester: textParam(ask, 'requester'),
    approvers: listParam(ask, 'approvers', textParam),
    validUntilMs: countParam(ask, 'validUntilMs'),
  }
}

