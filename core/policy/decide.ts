/**
 * The policy table at work: the first row whose conditions all hold decides.
 *
 * No match is quarantine: what we do not know, we do not pass. The function is pure and looks at facts only,
 * so that a decision can be explained and replayed from a stored report.
 */
import type { FindingCode } from '../finding.ts'
import type { Disposition } from '../verdict.ts'
import type { Policy, PolicyRow } from './model.ts'

/** What is known of a part when its fate is decided. */
export type PartFacts = {
  readonly detectedType: string
  readonly extension: string
  readonly role: 'attachment' | 'inline'
  readonly encrypted: boolean
  readonly bytes: number
  readonly findings: readonly FindingCode[]
}

export type Decision = { readonly disposition: Disposition; readonly rule: string; readonly reason: string }

/** What happens when no row matches. */
export const DENY_BY_DEFAULT: Decision = { disposition: 'quarantine', rule: 'default-deny', reason: 'unknown-type' }

/** Built in and not open to settings: text that becomes the delivered body. */
export const BODY_TEXT: Decision = { disposition: 'text', rule: 'body-text', reason: '' }

export function decide(facts: PartFacts, policy: Policy): Decision {
  const row = policy.rows.find(candidate => rowMatches(candidate, facts))
  const decision = row ? { disposition: row.then, rule: row.id, reason: row.reason } : DENY_BY_DEFAULT
  // Nobody can say what nothing is: the reader is to hear that it is nothing.
  return facts.bytes === 0 && decision.reason === 'unknown-type' ? { ...decision, reason: 'empty-file' } : decision
}

function rowMatches({ when }: PolicyRow, facts: PartFacts): boolean {
  if (when.detected && !when.detected.some(pattern => typeMatches(pattern, facts.detectedType))) return false
  if (when.extension && !when.extension.includes(facts.extension)) return false
  if (when.role && !when.role.includes(facts.role)) return false
  if (when.encrypted !== undefined && when.encrypted !== facts.encrypted) return false
  if (when.largerThanBytes !== undefined && facts.bytes <= when.largerThanBytes) return false
  if (when.finding && !when.finding.some(code => facts.findings.includes(code as FindingCode))) return false
  return true
}

/** `text/csv` is exact, `text/*` a family, `*` anything. */
export function typeMatches(pattern: string, type: string): boolean {
  if (pattern === '*') return true
  return pattern.endsWith('/*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type
}
