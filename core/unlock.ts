/**
 * Takes the password off a file: octets and candidates in, a plain file of the same kind out.
 *
 *   locked file + passwords ──▶ [unlock] ──▶ plain file ──▶ identify ▸ decide ▸ disarm, as for any other
 *
 * What comes out is as untrusted as what came in. A candidate is in memory only: it is in no result, no error text and
 * no file, and nothing here prints. 7z and RAR come out as ZIP, since nobody may write the one and need not the other.
 * Invariants: never rejects; bounded by `limits` and by the number of candidates.
 */
import { EVERYBODYS_PASSWORD } from './disarm/locked-office.ts'
import { unlockOffice } from './unlock/office.ts'
import { unlockOldOffice } from './unlock/old-office.ts'
import { unlockPacked } from './unlock/packed.ts'
import { unlockPdf } from './unlock/pdf.ts'
import { unlockZip } from './unlock/zip.ts'

export type Unlocked =
  | { readonly kind: 'unlocked'; readonly bytes: Uint8Array }
  | { readonly kind: 'cannot'; readonly reason: 'wrong-password' | 'unsupported' | 'limit' | 'malformed' }

export type UnlockLimits = {
  /** All that may come out. */
  readonly outputBytes: number
  /** Entries of one container. */
  readonly entries: number
}

export type Unlocker = (untrustedBytes: Uint8Array, detectedType: string) => Promise<Unlocked>

/** More candidates than this are not tried. */
export const MOST_PASSWORDS = 10
/** Longer ones are nobody's. */
const LONGEST_PASSWORD = 256

type Way = (untrustedBytes: Uint8Array, passwords: readonly string[], limits: UnlockLimits & { readonly detectedType: string }) => Promise<Unlocked>

const WAYS: Readonly<Record<string, Way>> = {
  'application/zip': unlockZip,
  'application/x-7z-compressed': unlockPacked,
  'application/vnd.rar': unlockPacked,
  'application/x-ooxml-encrypted': unlockOffice,
  'application/pdf': unlockPdf,
  'application/msword': unlockOldOffice,
  'application/vnd.ms-excel': unlockOldOffice,
  'application/vnd.ms-powerpoint': unlockOldOffice,
}

/** Excel tries one more by itself, whatever a person enters. */
const TRIED_BY_EXCEL: ReadonlySet<string> = new Set(['application/x-ooxml-encrypted', 'application/vnd.ms-excel'])

export async function unlock(untrustedBytes: Uint8Array, detectedType: string, passwords: readonly string[], limits: UnlockLimits): Promise<Unlocked> {
  const way = Object.hasOwn(WAYS, detectedType) ? WAYS[detectedType] : undefined
  const candidates = [...new Set(passwords)].filter(each => each !== '' && each.length <= LONGEST_PASSWORD).slice(0, MOST_PASSWORDS)
  if (!way) return { kind: 'cannot', reason: 'unsupported' }
  if (candidates.length === 0) return { kind: 'cannot', reason: 'wrong-password' }
  try {
    return await way(untrustedBytes, TRIED_BY_EXCEL.has(detectedType) ? [...candidates, EVERYBODYS_PASSWORD] : candidates, { ...limits, detectedType })
  } catch {
    return { kind: 'cannot', reason: 'malformed' }
  }
}

/** The same candidates for a file and for every file inside it. */
export function unlockerOf(passwords: readonly string[], limits: UnlockLimits): Unlocker {
  return (untrustedBytes, detectedType) => unlock(untrustedBytes, detectedType, passwords, limits)
}
