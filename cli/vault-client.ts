/**
 * The portal's window on the vault: each purpose as one question over its socket. Octets stream as they are read.
 */
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import type { Asker, Refusal, Vault } from '../core/purposes.ts'
import { Refused } from '../portal/http/route.ts'
import type { AuditSource } from '../portal/ports.ts'
import { RpcError, type RpcClient, rpcClient } from '../rpc/client.ts'
import type { ChainedRecord } from '../store/audit.ts'

/** A vault that is not there, or is being started again, is busy and no error. */
export function vaultClient(socketPath: string): Vault {
  const client = rpcClient(socketPath)
  const call = (method: string, params: object, by: Asker) => client.call(method, { ...params, by }).catch(orBusy) as Promise<never>
  const fetch = (method: string, params: object, by: Asker) => withBytes(client, method, { ...params, by }) as Promise<never>
  return {
    deliveredText: (publicId, by) => call('deliveredText', { publicId }, by),
    deliveredFile: (publicId, index, by) => fetch('deliveredFile', { publicId, index }, by),
    preview: async (part, { page, mark, password, patient }, by) => asPage(await fetch('preview', { part, page, mark, password, patient }, by)),
    previewShelf: async (id, { page, mark, patient }, by) => asPage(await fetch('previewShelf', { id, page, mark, patient }, by)),
    lockedNames: (part, by) => call('lockedNames', { part }, by),
    unlock: (part, passwords, by, lockAgain = false) => call('unlock', { part, passwords, lockAgain }, by),
    again: (part, by) => call('again', { part }, by),
    bring: async ({ bytes, ...file }, by) => {
      try {
        return (await client.exchange('bring', { ...file, by }, bytes)).meta as never
      } catch (error) {
        return orBusy(error)
      }
    },
    beginPieces: (file, by) => call('beginPieces', file, by),
    piecesState: (uploadId, by) => call('piecesState', { uploadId }, by),
    addPiece: async (uploadId, offset, bytes, by) => {
      try {
        return (await client.exchange('addPiece', { uploadId, offset, by }, bytes)).meta as never
      } catch (error) {
        return orBusy(error)
      }
    },
    finishPieces: (uploadId, mailbox, by) => call('finishPieces', { uploadId, mailbox }, by),
    shelf: (id, by) => fetch('shelf', { id }, by),
    mailInward: (shelfIds, mailbox, about, by) => call('mailInward', { shelfIds, mailbox, about }, by),
    passwordCandidates: async (publicIds, by) => {
      const found: unknown = await call('passwordCandidates', { publicIds }, by)
      return Array.isArray(found) ? found : []
    },
    approvers: by => call('approvers', {}, by),
    proposeApprovers: (proposal, by) => call('proposeApprovers', proposal, by),
    confirmApprovers: (proposalId, code, by) => call('confirmApprovers', { proposalId, code }, by),
    askAgreement: (ask, by) => call('askAgreement', { ask }, by),
    agree: (agreement, by) => call('agree', { agreement }, by),
    grant: (ask, by) => call('grant', { ask }, by),
    original: async (grantId, by) => {
      try {
        const { meta, octets } = await client.exchange('original', { grantId, by })
        return (isRefused(meta) ? meta : { ...(meta as object), bytes: octets }) as never
      } catch (error) {
        return orBusy(error)
      }
    },
    originalToMailbox: (grantId, mailbox, by) => call('originalToMailbox', { grantId, mailbox }, by),
    // Not "busy": whoever revokes must hear that nothing was revoked.
    revokeGrants: async (requestId, by) => (await client.call('revokeGrants', { requestId, by })) as number,
  }
}

/** The vault's chain, for auditors. */
export function vaultAudit(socketPath: string): AuditSource {
  const client = rpcClient(socketPath)
  const call = (method: string, params: object) => client.call(method, params).catch(orUnavailable) as Promise<never>
  return {
    name: 'vault',
    page: question => call('audit.page', { question }),
    verify: () => call('audit.verify', {}),
    checkpoint: () => call('audit.checkpoint', {}),
    records: async function* (sinceSeq) {
      const octets = await client.stream('audit.export', { sinceSeq }).catch(orUnavailable)
      const lines = createInterface({ input: Readable.from(octets), crlfDelay: Number.POSITIVE_INFINITY })
      for await (const line of lines) if (line !== '') yield JSON.parse(line) as ChainedRecord
    },
  }
}

function asPage({ bytes, ...view }: { readonly bytes?: Uint8Array }): never {
  return { ...view, ...(bytes ? { png: bytes } : {}) } as never
}

/** A vault that is not there, or starting, is a page that says so. */
function orUnavailable(error: unknown): never {
  throw error instanceof RpcError && NOT_THERE.has(error.kind) ? new Refused('unavailable') : error
}

async function withBytes(client: RpcClient, method: string, params: object): Promise<unknown> {
  try {
    const { meta, octets } = await client.exchange(method, params)
    const bytes = Buffer.concat(await Array.fromAsync(octets))
    return isRefused(meta) ? meta : { ...(meta as object), bytes }
  } catch (error) {
    return orBusy(error)
  }
}

function isRefused(meta: unknown): boolean {
  return (meta as { kind?: unknown } | null)?.kind === 'cannot'
}

const NOT_THERE = new Set<RpcError['kind']>(['absent', 'unreachable'])

function orBusy(error: unknown): Refusal {
  if (error instanceof RpcError && NOT_THERE.has(error.kind)) return { kind: 'cannot', reason: 'busy' }
  throw error
}
