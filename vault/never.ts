/** What never leaves as an original, whoever has agreed: programs, what the antivirus found, and what is seen to hold either. */
import { isProgram } from '../core/media/dangerous-names.ts'
import type { Refusal } from '../core/purposes.ts'
import type { MemberReport, PartReport } from '../core/verdict.ts'

type Named = Pick<PartReport, 'reason' | 'name' | 'detectedType'> & { readonly members?: readonly MemberReport[] }

/** Of the file, or of one inside it. */
export function neverLeaves({ reason, name, detectedType, members = [] }: Named): Refusal['reason'] | undefined {
  if (reason === 'malware') return 'malware'
  if (reason === 'dangerous-type' || isProgram(name, detectedType)) return 'program'
  for (const member of members) {
    const never = neverLeaves(member)
    if (never) return never
  }
  return undefined
}
