/**
 * Which files of a mail can be asked for, and what the request keeps of them: the report is gone with the mail, the request
 * stays for years. A file is asked for as it came; what is inside of it comes with it.
 *
 * Programs and what the antivirus found have no release, whoever asks and whoever would approve; nor has a container that
 * is seen to hold one. The vault looks once more.
 */
import { isProgram } from '../../core/media/dangerous-names.ts'
import type { ObjectKind } from '../../core/objects.ts'
import type { PartRef, PublicId } from '../../core/purposes.ts'
import { mayBeAskedFor } from '../../core/text/reasons.ts'
import type { MemberReport, PartReport, Report } from '../../core/verdict.ts'
import { partKey } from '../part-key.ts'
import type { RequestRules } from './rules.ts'

export type RequestedPart = {
  readonly partId: string
  readonly name: string
  readonly detectedType: string
  readonly bytes: number
  readonly sha256: string
  /** Why it was kept back, as in the notice; '' when it was delivered. */
  readonly reason: string
  readonly removed: readonly ObjectKind[]
}

export type Askable = { readonly kind: 'yes' } | { readonly kind: 'no'; readonly why: 'program' | 'malware' | 'not-scanned' }
/** `key`: what a form sends. */
export type AskablePart = RequestedPart & { readonly key: string; readonly askable: Askable }

export function askableParts(report: Report, rules: Pick<RequestRules, 'antivirusRequired'>): AskablePart[] {
  const ofAll = judgeScan(report, rules)
  return report.parts.filter(isFile).map(part => {
    const { id: partId, name, detectedType, bytes, sha256, reason = '' } = part
    const removed = [...new Set(part.removed.map(each => each.what))]
    const forbidden = forbiddenIn(part)
    return { key: partKey({ partId, member: [] }), partId, name, detectedType, bytes, sha256, reason, removed, askable: forbidden ? { kind: 'no', why: forbidden } : ofAll }
  })
}

/** Texts of the body are no files, a container has its children, and what is pending is still to come. */
function isFile({ outcome }: PartReport): boolean {
  return outcome === 'rebuilt' || outcome === 'quarantined'
}

function judgeScan(report: Report, { antivirusRequired }: Pick<RequestRules, 'antivirusRequired'>): Askable {
  if (report.parts.some(part => part.reason === 'malware')) return { kind: 'no', why: 'malware' }
  return antivirusRequired && report.antivirus !== 'clean' ? { kind: 'no', why: 'not-scanned' } : { kind: 'yes' }
}

/** The file itself, or anything that is seen inside of it. */
function forbiddenIn(file: Pick<PartReport | MemberReport, 'name' | 'detectedType' | 'reason' | 'members'>): 'program' | 'malware' | undefined {
  if (file.reason === 'malware') return 'malware'
  if (!mayBeAskedFor(file.reason ?? '') || isProgram(file.name, file.detectedType)) return 'program'
  for (const member of file.members ?? []) {
    const inside = forbiddenIn(member)
    if (inside) return inside
  }
  return undefined
}

export function partRef(publicId: PublicId, { partId }: Pick<RequestedPart, 'partId'>): PartRef {
  return { publicId, partId, member: [] }
}
