/** A file that somebody brings in on the outer face: the same engine, the policy of their mailbox (its group and department), the result on the shelf. The original is not kept. */
import { createHash } from 'node:crypto'
import { boundsOf } from '../core/job.ts'
import type { Asker, Brought, Refusal, Vault } from '../core/purposes.ts'
import { makeHarmlessLine } from '../core/text/harmless.ts'
import { collectWithin } from '../rpc/octets.ts'
import { loosePart } from '../workers/loose-report.ts'
import { refuse } from './entrance.ts'
import type { House } from './house.ts'
import { rebuiltFile, reportOf } from './unlocking.ts'

type BroughtFile = Parameters<Vault['bring']>[0]

export async function bringFile(house: House, { name, mediaType, bytes, profile, mailbox }: BroughtFile, by: Asker): Promise<Brought | Refusal> {
  const { entrance, workshop, shelf, database } = house
  const { limits, brought, shelfMs } = house.rules()
  const refused = entrance.admit('bring', { subject: 'file', detail: { name: makeHarmlessLine(name, 300) } }, by)
  if (refused) return refused
  const octets = await collectWithin(bytes, limits.fileBytes)
  if (!octets) return refuse('too-large')
  const policy = brought(by.tenant, { mailbox, profile })
  const result = await workshop.rebuild({ untrustedBytes: octets, untrustedName: name, claimedType: mediaType, wholeBytes: octets.length }, { policy, bounds: boundsOf(limits) })
  if (result.kind === 'busy') return refuse('busy')
  const sha256 = createHash('sha256').update(octets).digest('hex')
  const report = reportOf(loosePart(result, { name, claimedType: mediaType, bytes: octets.length, sha256 }), policy)
  const rebuilt = result.kind === 'judged' && result.file.rebuilt.kind === 'rebuilt' ? result.file.rebuilt.file : undefined
  const file = rebuilt && (await shelf.put(rebuiltFile(name, rebuilt), database.nowMs() + shelfMs, by))
  return { kind: 'brought', report, file }
}
