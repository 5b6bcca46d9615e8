/** The vault while nobody answers for it: everything that needs an original says so, and nothing is given out. */
import type { Refusal, Vault } from '../core/purposes.ts'

const refuse = async (): Promise<Refusal> => ({ kind: 'cannot', reason: 'busy' })

export const absentVault: Vault = {
  deliveredText: refuse,
  deliveredFile: refuse,
  preview: refuse,
  lockedNames: refuse,
  unlock: refuse,
  again: refuse,
  bring: refuse,
  shelf: refuse,
  mailInward: refuse,
  passwordCandidates: async () => [],
  grant: refuse,
  original: refuse,
  originalToMailbox: refuse,
  revokeGrants: async () => 0,
}
