/**
 * Why a table decides as it does: the rows that were asked before, and the condition at which each of them failed.
 *
 * Facts of a stored report are not complete: how the part was meant to be shown is not written down. Such a fact is left
 * open, and where the answer hangs on it, that is said instead of guessed (`unsure`).
 */
import type { FindingCode } from '../finding.ts'
import type { MemberReport, PartReport } from '../verdict.ts'
import { type Decision, decide, type PartFacts } from './decide.ts'
import type { Policy, PolicyRow } from './model.ts'
import { lastExtension } from '../media/filename.ts'

export type Condition = keyof PolicyRow['when']

export type AskedRow = {
  readonly row: PolicyRow
  /** The conditions that do not hold; empty for the row that decided. */
  readonly failed: readonly Condition[]
}

export type Explanation = { readonly decision: Decision; /** In order, the one that decided last. */ readonly asked: readonly AskedRow[] }

const CONDITIONS: readonly Condition[] = ['detected', 'extension', 'role', 'encrypted', 'largerThanBytes', 'finding']

export function explain(facts: PartFacts, policy: Policy): Explanation {
  const asked: AskedRow[] = []
  for (const row of policy.rows) {
    const failed = CONDITIONS.filter(condition => row.when[condition] !== undefined && !holds(row, condition, facts, policy))
    asked.push({ row, failed })
    if (failed.length === 0) break
  }
  return { decision: decide(facts, policy), asked }
}

/** One condition alone, by the same function that decides. */
function holds(row: PolicyRow, condition: Condition, facts: PartFacts, policy: Policy): boolean {
  const alone: PolicyRow = { ...row, when: { [condition]: row.when[condition] } }
  return decide(facts, { ...policy, rows: [alone] }).rule === row.id
}

/** What a stored report says about one file, as far as a policy asks. */
export type StoredPart = {
  readonly name: string
  readonly detectedType: string
  readonly bytes: number
  readonly findings: readonly string[]
  /** Of then. */
  readonly disposition: string
  readonly rule: string
  readonly outcome: string
  readonly isMember: boolean
}

const BUILT_IN = /^built-in:|^body-text$|^$/

/** Every file of a report whose fate a table decided, those inside of others too. */
export function storedParts(parts: readonly PartReport[]): StoredPart[] {
  return parts.filter(part => part.outcome !== 'container' && !BUILT_IN.test(part.rule)).flatMap(part => [storedPart(part, false), ...storedMembers(part.members)])
}

function storedMembers(members: readonly MemberReport[] | undefined): StoredPart[] {
  return (members ?? []).flatMap(member => [...(BUILT_IN.test(member.rule) ? [] : [storedPart(member, true)]), ...storedMembers(member.members)])
}

function storedPart(part: Pick<PartReport, 'name' | 'detectedType' | 'bytes' | 'findings' | 'disposition' | 'rule' | 'outcome'> | MemberReport, isMember: boolean): StoredPart {
  const { name, detectedType, bytes, disposition, rule, outcome } = part
  return { name, detectedType, bytes, findings: part.findings.map(({ code }) => code), disposition, rule, outcome, isMember }
}

/**
 * The readings of a stored part that its facts allow: one, or two where its role is not known. Whether it was encrypted is:
 * the row for that stands before all others that ask for it, in every profile.
 */
export function readingsOf(part: StoredPart): readonly PartFacts[] {
  const facts = {
    detectedType: part.detectedType,
    extension: lastExtension(part.name),
    encrypted: part.rule === 'encrypted',
    bytes: part.bytes,
    findings: part.findings as readonly FindingCode[],
  }
  const roles = part.isMember ? (['attachment'] as const) : part.rule.startsWith('inline-') ? (['inline'] as const) : (['attachment', 'inline'] as const)
  return roles.map(role => ({ ...facts, role }))
}
