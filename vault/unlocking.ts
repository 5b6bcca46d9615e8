/**
 * A part once more through the engine: opened with passwords that a person has entered, or under the policy of now. What
 * comes out is rebuilt and lies on the shelf. Passwords go to one process that ends afterwards, and nowhere else.
 */
import type { Asker, PartRef, Refusal, Unlocked } from '../core/purposes.ts'
import type { RebuiltFile } from '../core/rebuild.ts'
import { isLockable } from '../core/lock-password.ts'
import { writeZip } from '../core/disarm/zip-write.ts'
import { safeFileName, renamed } from '../core/media/filename.ts'
import type { Report } from '../core/verdict.ts'
import { loosePart } from '../workers/loose-report.ts'
import type { LooseResult } from '../workers/contract.ts'
import { type FoundPart, isRefusal, refuse } from './entrance.ts'
import type { House } from './house.ts'
import { looseFile, rulesOf } from './looks.ts'
import type { VaultRules } from './rules.ts'
import type { Rebuilt } from './shelf.ts'
import { afterTry, mayTry } from './tries.ts'

export type OpenQuestion = { readonly part: PartRef; readonly passwords: readonly string[]; readonly purpose: 'unlock' | 'again'; readonly lockAgain?: boolean }

/** More in one go would be guessing. */
const MOST_PASSWORDS = 5

/** @throws Gone */
export async function openPart(house: House, { part: ref, passwords, purpose, lockAgain: isWished = false }: OpenQuestion, by: Asker): Promise<Unlocked | Refusal> {
  const found = await house.entrance.part(purpose, ref, by)
  if (isRefusal(found)) return found
  const lockAgain = purpose === 'unlock' && mustLock(house.rules().lockAgain, isWished)
  if (lockAgain && !passwords.every(isLockable)) return refuse('cannot-lock')
  const tried = purpose === 'unlock' ? mayTry(house, ref, by) : undefined
  if (tried && isRefusal(tried)) return tried
  const octets = await house.unsealing.part(found.message, found.part)
  const rules = { ...rulesOf(house, found), alone: purpose === 'unlock' }
  const result = await house.workshop.rebuild(looseFile(octets, found), { ...rules, passwords: passwords.slice(0, MOST_PASSWORDS), lockAgain })
  const judged = judge(result, found, octets)
  const refusal = tried ? afterTry(house, tried, judged.refusal) : judged.refusal
  if (refusal) return refusal
  const file = await house.shelf.put(judged.file!, house.database.nowMs() + house.rules().shelfMs, by)
  return { kind: 'unlocked', file, report: reportOf(judged.part!, rules.policy) }
}

function mustLock(setting: VaultRules['lockAgain'], isWished: boolean): boolean {
  return setting === 'always' || (setting === 'offer' && isWished)
}

type Judged = { readonly refusal: Refusal | undefined; readonly file?: Rebuilt; readonly part?: Report['parts'][number] }

function judge(result: LooseResult, { part, members }: FoundPart, octets: Uint8Array): Judged {
  if (result.kind === 'busy') return { refusal: refuse('busy') }
  const { name, claimedType, sha256 } = part
  const shown = loosePart(result, { name: members.at(-1)?.name ?? name, claimedType, bytes: octets.length, sha256 })
  const rebuilt = result.kind === 'judged' && result.file.rebuilt.kind === 'rebuilt' ? result.file.rebuilt.file : undefined
  if (!rebuilt) {
    const reason = (shown.reason ?? 'cannot-disarm') as Refusal['reason']
    return { refusal: refuse(reason, shown.object === undefined ? {} : { object: shown.object }) }
  }
  return { refusal: undefined, part: shown, file: rebuiltFile(shown.name, rebuilt) }
}

/** Its own name where that is harmless, with the extension of what it is now; behind it what goes with it. */
export function rebuiltFiles(untrustedName: string, file: Pick<RebuiltFile, 'bytes' | 'mediaType' | 'extension' | 'beside'>): Rebuilt[] {
  const all = file.beside ? [file, file.beside] : [file]
  return all.map(({ bytes, mediaType, extension }) => {
    const { name } = safeFileName(untrustedName, { fallback: `file.${extension}` })
    return { name: renamed(name, extension), mediaType, bytes }
  })
}

/** The same where there is room for one file: two are put into a ZIP. */
export function rebuiltFile(untrustedName: string, file: Parameters<typeof rebuiltFiles>[1]): Rebuilt {
  const [own, ...besides] = rebuiltFiles(untrustedName, file)
  if (besides.length === 0) return own!
  const parts = [own!, ...besides].map(({ name, bytes }) => ({ name, bytes }))
  const bytes = writeZip(parts, Number.MAX_SAFE_INTEGER)!
  return { name: renamed(own!.name, 'zip'), mediaType: 'application/zip', bytes }
}

export function reportOf(part: Report['parts'][number], policy: { readonly profile: string; readonly version: string }): Report {
  return { verdict: 'relay', profile: policy.profile, policyVersion: policy.version, parts: [part], findings: [] }
}
