/** Pictures of pages, and names in what is locked: from a sealed process that serves this one question and ends. */
import { boundsOf } from '../core/job.ts'
import type { Asker, LockedNames, PageView, PartRef, Refusal } from '../core/purposes.ts'
import type { LooseFile } from '../core/rebuild.ts'
import { isRefusal, type FoundPart, refuse } from './entrance.ts'
import type { House } from './house.ts'
import { afterTry, mayTry } from './tries.ts'

export type LookQuestion = { readonly part: PartRef; readonly page: number; readonly mark: string; readonly password?: string }

/** @throws Gone */
export async function lookAtPart(house: House, { part: ref, page, mark, password }: LookQuestion, by: Asker): Promise<PageView | Refusal> {
  const found = await house.entrance.part('preview', ref, by)
  if (isRefusal(found)) return found
  const tried = password === undefined ? undefined : mayTry(house, ref, by)
  if (tried && isRefusal(tried)) return tried
  const octets = await house.unsealing.part(found.message, found.part)
  const rules = rulesOf(house, found)
  const answer = await house.looks.look(looseFile(octets, found), { ...rules, page, mark, ...(password === undefined ? {} : { passwords: [password] }) })
  if (answer.kind === 'busy') return refuse('busy')
  const refusal = answer.kind === 'kept' ? refuse(answer.reason) : undefined
  if (tried) return afterTry(house, tried, refusal) ?? view(answer as Extract<typeof answer, { kind: 'look' }>)
  return refusal ?? view(answer as Extract<typeof answer, { kind: 'look' }>)
}

function view({ png, page, pages, text }: { readonly png: Uint8Array; readonly page: number; readonly pages: number; readonly text: string }): PageView {
  return { kind: 'page', png, page, pages, text }
}

/** @throws Gone */
export async function namesInPart(house: House, ref: PartRef, by: Asker): Promise<LockedNames | Refusal> {
  const found = await house.entrance.part('names', ref, by)
  if (isRefusal(found)) return found
  const octets = await house.unsealing.part(found.message, found.part)
  return { kind: 'names', names: await house.looks.lockedNames(looseFile(octets, found), rulesOf(house, found)) }
}

export function looseFile(untrustedBytes: Uint8Array, { part }: FoundPart): LooseFile {
  return { untrustedBytes, untrustedName: part.name, claimedType: part.claimedType, wholeBytes: untrustedBytes.length }
}

/** Those of the mail's own recipients. */
export function rulesOf({ rules }: House, { message, members }: FoundPart) {
  const { limits, recipient } = rules()
  const { policy } = recipient(message.recipients[0]?.mailbox ?? '')
  return { policy, bounds: boundsOf(limits), within: members.map(({ sha256 }) => sha256) }
}
