/** The vault's side of agreeing, for tests of pages: the number of every letter is the same, letters are remembered. */
import type { AgreementAsk, EnrolledApprover, Refusal, Vault } from '../../core/purposes.ts'

export const RIGHT_CODE = '4821-9937'
const PROPOSAL = 'a'.repeat(32)

export type FakeAgreements = Pick<Vault, 'approvers' | 'proposeApprovers' | 'confirmApprovers' | 'askAgreement' | 'agree'> & {
  readonly letters: AgreementAsk[]
  enrolled: EnrolledApprover[]
  proposed: readonly EnrolledApprover[]
  refuses: Refusal['reason'] | undefined
}

export function fakeAgreements(): FakeAgreements {
  const fake: FakeAgreements = {
    letters: [],
    enrolled: [],
    proposed: [],
    refuses: undefined,
    approvers: async () => fake.enrolled,
    proposeApprovers: async ({ add, remove }) => {
      if (fake.refuses) return { kind: 'cannot', reason: fake.refuses }
      fake.enrolled = fake.enrolled.filter(({ login }) => !remove.includes(login))
      fake.proposed = add
      return add.length === 0 ? { kind: 'removed' } : { kind: 'proposed', proposalId: PROPOSAL }
    },
    confirmApprovers: async (_id, code) => {
      if (code !== RIGHT_CODE) return { kind: 'cannot', reason: 'wrong-code', triesLeft: 4 }
      fake.enrolled.push(...fake.proposed)
      return { kind: 'confirmed' }
    },
    askAgreement: async ask => {
      if (fake.refuses) return { kind: 'cannot', reason: fake.refuses }
      fake.letters.push(ask)
      return { kind: 'asked', untilMs: 0 }
    },
    agree: async ({ code }) => (code === RIGHT_CODE ? { kind: 'agreed' } : { kind: 'cannot', reason: 'wrong-code', triesLeft: 4 }),
  }
  return fake
}
