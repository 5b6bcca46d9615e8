/**
 * PDF files that need a password to be opened: tried with candidates, and written again without encryption.
 *
 * What comes out is as untrusted as what came in and goes the normal way from there. The memory that held a password
 * is thrown away with its instance of PDFium; no message, error or result contains one.
 * Standards: ISO 32000-1 §7.6 (R2 to R4), ISO 32000-2 §7.6.4 (R5, R6).
 */
import type { DisarmLimits } from '../contract.ts'
import { withDocument } from './engine.ts'
import { OverLimit } from './object.ts'

export type Unlocked =
  | { readonly kind: 'unlocked'; readonly untrustedBytes: Uint8Array; /** Place of the password in the list. */ readonly password: number }
  | { readonly kind: 'wrong-password' }
  | { readonly kind: 'cannot'; readonly reason: 'malformed' | 'limit' }

/** Tries the passwords in their order. Never rejects. */
export async function unlockPdf(untrustedBytes: Uint8Array, passwords: readonly string[], limits: Pick<DisarmLimits, 'outputBytes'>): Promise<Unlocked> {
  try {
    for (const [index, password] of passwords.entries()) {
      const opening = await withDocument(untrustedBytes, password, document => document.save(4 * limits.outputBytes))
      if (opening.kind === 'opened') {
        return opening.value ? { kind: 'unlocked', untrustedBytes: opening.value, password: index } : { kind: 'cannot', reason: 'malformed' }
      }
      if (opening.kind === 'damaged') return { kind: 'cannot', reason: 'malformed' }
    }
    return { kind: 'wrong-password' }
  } catch (error) {
    return { kind: 'cannot', reason: error instanceof OverLimit ? 'limit' : 'malformed' }
  }
}
