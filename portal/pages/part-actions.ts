/**
 * Which buttons a file of a message has: what the verdict and the policy allow, and no other.
 *
 *   take      the disarmed copy, as it was delivered          password  opens a locked one
 *   mail      the same, into one's own mailbox                again     disarm once more under the policy of now
 *   preview   pictures of the pages                           ask       request the original
 *
 * Programs and known malware have none: there is nothing to ask for. Nothing is offered of which the octets are gone.
 */
import { FAMILIES } from '../../core/disarm/registry.ts'
import { isProgram } from '../../core/media/dangerous-names.ts'
import { mayBeAskedFor } from '../../core/text/reasons.ts'
import type { MemberReport, PartReport } from '../../core/verdict.ts'
import type { MailMessage } from '../ports.ts'
import type { Piece } from '../part-key.ts'

export const PART_ACTIONS = ['take', 'mail', 'password', 'preview', 'ask', 'again'] as const
export type PartAction = (typeof PART_ACTIONS)[number]

export type Kept = Pick<MailMessage, 'originalUntilMs' | 'textUntilMs'> & {
  /** Whether the person has a mailbox of their own. */
  readonly hasMailbox: boolean
  /** Parts that this person may ask for: by their rights, the class of the mail and what is in each part. */
  readonly askable: ReadonlySet<string>
  /** Whether the class of the mail allows pictures of pages. */
  readonly mayPreview: boolean
}

/** Of what can be disarmed a sealed process draws pages (core/preview.ts); of these it does not: their names stand in the list. */
const NOT_DRAWN: ReadonlySet<string> = new Set(['archive'])
const DRAWN: ReadonlySet<string> = new Set([
  ...FAMILIES.filter(({ name }) => !NOT_DRAWN.has(name)).flatMap(({ mediaTypes }) => mediaTypes),
  'application/x-ooxml-encrypted',
])

export function isDrawn(detectedType: string): boolean {
  return DRAWN.has(detectedType)
}

/** Locked files of these types open with their password (core/unlock.ts). */
export const UNLOCKABLE: ReadonlySet<string> = new Set([
  'application/zip',
  'application/x-7z-compressed',
  'application/vnd.rar',
  'application/x-ooxml-encrypted',
  'application/pdf',
  'application/msword',
  'application/vnd.ms-excel',
  'application/vnd.ms-powerpoint',
])

export const LOCKED_REASONS: ReadonlySet<string> = new Set(['encrypted', 'wrong-password'])

/** Why a later version, or a longer limit, may do better. */
const WORTH_ANOTHER_TRY = /^(?:unknown-type|cannot-disarm|time-limit|not-scanned|format-.+)$/

type File = PartReport | MemberReport

export function isLocked(file: File): boolean {
  return file.outcome === 'quarantined' && LOCKED_REASONS.has(file.reason ?? '') && UNLOCKABLE.has(file.detectedType)
}

/** Whether a file, or one inside it, is a program or malware. */
export function holdsForbidden(file: File): boolean {
  return isForbidden(file) || (file.members ?? []).some(holdsForbidden)
}

/** A program or malware: there is no way to it. */
export function isForbidden(file: File): boolean {
  return file.outcome === 'quarantined' && (!mayBeAskedFor(file.reason ?? '') || isProgram(file.name, file.detectedType))
}

export function actionsFor({ file, outermost, member }: Pick<Piece, 'file' | 'outermost' | 'member'>, kept: Kept): readonly PartAction[] {
  const hasOriginal = kept.originalUntilMs !== undefined
  const isOutermost = member.length === 0
  const isFile = file.outcome === 'rebuilt' || file.outcome === 'quarantined'
  if (!isFile || isForbidden(file) || isForbidden(outermost)) return []
  const may: Record<PartAction, boolean> = {
    take: isOutermost && file.outcome === 'rebuilt' && (kept.textUntilMs !== undefined || hasOriginal),
    mail: isOutermost && file.outcome === 'rebuilt' && hasOriginal && kept.hasMailbox,
    password: hasOriginal && isLocked(file),
    preview: hasOriginal && kept.mayPreview && canBeDrawn(file),
    again: hasOriginal && isOutermost && file.outcome === 'quarantined' && WORTH_ANOTHER_TRY.test(file.reason ?? ''),
    ask: hasOriginal && isOutermost && kept.askable.has(outermost.id) && !holdsForbidden(file),
  }
  return PART_ACTIONS.filter(action => may[action])
}

/** A locked file is drawn with its password, where there is a way to use one. */
function canBeDrawn(file: File): boolean {
  const isClosed = LOCKED_REASONS.has(file.reason ?? '') && !isLocked(file)
  return isDrawn(file.detectedType) && file.reason !== 'malformed' && !isClosed
}
