/**
 * Which parts of a mail can be asked for, and what the request keeps of them: the report is gone with the mail, the request
 * stays for years.
 *
 * Programs and what the antivirus found have no release, whoever asks and whoever would approve; nor has a container that
 * is seen to hold one. The vault looks once more.
 */
import { isProgram } from '../../core/media/dangerous-names.ts'
import type { ObjectKind } from '../../core/objects.ts'
import type { MemberReport, PartReport, Report } from '../../core/verdict.ts'
import type { PublicId } from '../../core/purposes.ts'
import { partKey } from '../part-key.ts'
import type { RequestRules } from './rules.ts'

export type RequestedPart = {
  readonly partId: string
  readonly member: readonly number[]
  readonly name: string
  readonly detectedType: string
  readonly bytes: number
  readonly sha256: string
  /** Why it was kept back or what it lost, as in the notice; '' when it was delivered whole. */
  readonly reason: string
  readonly removed: readonly ObjectKind[]
}

export type Askable = { readonly kind: 'yes' } | { readonly kind: 'no'; readonly why: 'program' | 'malware' | 'not-scanned' }
export type AskablePart = RequestedPart & { readonly key: string; readonly askable: Askable }

const NO_RELEASE: Readonly<Record<string, 'program' | 'malware'>> = { 'dangerous-type': 'program', malware: 'malware' }

/** Every file of the mail, those inside of containers too, with the key that a form sends. */
export function askableParts(report: Report, rules: Pick<RequestRules, 'antivirusRequired'>): AskablePart[] {
  const wholeScan = judgeScan(report, rules)
  return report.parts.filter(isFile).flatMap(part => [entryOf(part, part.id, [], wholeScan), ...memberEntries(part.members ?? [], part.id, [], wholeScan)])
}

/** Texts of the body are no files; a container of MIME has its children. */
function isFile({ outcome }: PartReport): boolean {
  return outcome === 'rebuilt' || outcome === 'quarantined' || outcome === 'pending'
}

function judgeScan(report: Report, { antivirusRequired }: Pick<RequestRules, 'antivirusRequired'>): Askable {
  if (report.parts.some(part => part.reason === 'malware')) return { kind: 'no', why: 'malware' }
  return antivirusRequired && report.antivirus !== 'clean' ? { kind: 'no', why: 'not-scanned' } : { kind: 'yes' }
}

function memberEntries(members: readonly MemberReport[], partId: string, path: readonly number[], wholeScan: Askable): AskablePart[] {
  return members.flatMap((member, index) => {
    const here = [...path, index]
    return [entryOf(member, partId, here, wholeScan), ...memberEntries(member.members, partId, here, wholeScan)]
  })
}

function entryOf(file: PartReport | MemberReport, partId: string, member: readonly number[], wholeScan: Askable): AskablePart {
  const { name, detectedType, bytes, sha256 } = file
  const removed = [...new Set(file.removed.map(each => each.what))]
  const forbidden = forbiddenIn(file)
  return { key: partKey({ partId, member }), partId, member, name, detectedType, bytes, sha256, reason: file.reason ?? '', removed, askable: forbidden ? { kind: 'no', why: forbidden } : wholeScan }
}

/** The file itself, or anything that is seen inside of it. */
function forbiddenIn(file: Pick<PartReport, 'name' | 'detectedType' | 'reason' | 'members'>): 'program' | 'malware' | undefined {
  const own = file.reason === undefined ? undefined : NO_RELEASE[file.reason]
  if (own) return own
  if (isProgram(file.name, file.detectedType)) return 'program'
  for (const member of file.members ?? []) {
    const inside = forbiddenIn(member)
    if (inside) return inside
  }
  return undefined
}

export function partRef(publicId: PublicId, { partId, member }: Pick<RequestedPart, 'partId' | 'member'>): { publicId: PublicId; partId: string; member: readonly number[] } {
  return { publicId, partId, member }
}
