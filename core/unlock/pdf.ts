/** PDF of every revision (R2 to R6): opened by PDFium, written again without encryption. */
import { unlockPdf as openPdf } from '../disarm/pdf/unlock.ts'
import type { Unlocked, UnlockLimits } from '../unlock.ts'

export async function unlockPdf(untrustedBytes: Uint8Array, passwords: readonly string[], limits: UnlockLimits): Promise<Unlocked> {
  const opened = await openPdf(untrustedBytes, passwords, limits)
  if (opened.kind === 'unlocked') return { kind: 'unlocked', bytes: opened.untrustedBytes }
  return { kind: 'cannot', reason: opened.kind === 'wrong-password' ? 'wrong-password' : opened.reason }
}
