/**
 * The notice at the head of a delivered mail: what was changed or kept back, why, and what to do.
 *
 * No change, no notice. It stands above the body, carries digits that a body cannot know, and whatever in the
 * body looks like a notice is marked as a quotation (core/text/notice-texts.ts). Wording: short sentences, the
 * next step first; the two lines that matter stand on top.
 */
import type { NoticeContext } from '../job.ts'
import { OBJECTS, removedWords } from '../objects.ts'
import type { PartReport } from '../verdict.ts'
import { noticeText } from './notice-texts.ts'
import { reasonOf } from './reasons.ts'

/** Facts of the whole message that a reader should know, beside its parts. */
export type MessageNotes = {
  readonly signatureDropped: boolean
  readonly senderFailed: boolean
  readonly claimsOwnDomain: boolean
  readonly hiddenTexts: number
  readonly gaiji: number
  readonly guessedCharset: boolean
  readonly linkMismatches: number
}

/**
 * The notice with its separator, or '' when there is nothing to say. `inlineImages` are the pictures that the text
 * shows: those that policy keeps out share one line.
 */
export function composeNotice(
  parts: readonly PartReport[],
  inlineImages: ReadonlySet<string>,
  notes: MessageNotes,
  context: NoticeContext,
): string {
  const files = fileLines(parts, inlineImages, context)
  const remarks = remarkLines(notes, context)
  if (files.length + remarks.length === 0) return ''
  const title = noticeText(files.length > 0 ? 'title' : 'titleNoFiles', context)
  const footer = files.length > 0 ? footerLines(context) : [noticeText('code', context, { code: context.checkCode })]
  return [title, ...files, ...remarks, ...footer, noticeText('separator', context), ''].join('\n')
}

function fileLines(parts: readonly PartReport[], inlineImages: ReadonlySet<string>, context: NoticeContext): string[] {
  const told = parts.filter(part => part.outcome === 'quarantined' || part.outcome === 'pending' || isNoteworthy(part))
  const single = told.filter(part => !inlineImages.has(part.id) || part.disposition !== 'quarantine')
  const lines = single.map((part, index) => `${index + 1} ${partLine(part, context)}`)
  const images = told.length - single.length
  if (images > 0) lines.push(`${lines.length + 1} ${noticeText('inlineImages', context, { count: images })}`)
  return lines
}

/** A rebuilt file is worth a line when somebody may miss something of it, or its name changed. */
function isNoteworthy(part: PartReport): boolean {
  return part.outcome === 'rebuilt' && (removedWords(part.removed, 'ja').length > 0 || part.deliveredName !== part.name)
}

function partLine(part: PartReport, context: NoticeContext): string {
  const name = part.name || noticeText('nameless', context)
  if (part.outcome === 'rebuilt') return rebuiltLine(part, name, context)
  const reason = reasonOf(part.reason ?? '')
  const next = context.url === '' && reason.nextWithoutPage ? reason.nextWithoutPage : reason.next
  const object = part.object === undefined ? '' : OBJECTS[part.object][context.language]
  const why = reason.why[context.language].replace('{object}', object)
  return noticeText('kept', context, { name, why, next: next[context.language] })
}

function rebuiltLine(part: PartReport, name: string, context: NoticeContext): string {
  const line = noticeText(rebuiltText(part), context, { name, deliveredName: part.deliveredName ?? name, besideName: part.besideName ?? '' })
  const words = removedWords(part.removed, context.language).slice(0, 10)
  if (words.length === 0) return line
  const removed = noticeText('removed', context, { removed: words.join(context.language === 'ja' ? '、' : ', ') })
  // Of all that goes, a signature is what somebody may have to show later.
  return line + removed + (part.removed.some(({ what }) => what === 'signatures') ? noticeText('signature', context) : '')
}

function rebuiltText({ name, deliveredName, besideName, findings }: PartReport): 'pagesAndWords' | 'pages' | 'rebuiltAs' | 'rebuilt' {
  if (besideName !== undefined) return 'pagesAndWords'
  if (findings.some(({ code }) => code === 'media.pages-drawn')) return 'pages'
  return deliveredName !== undefined && deliveredName !== name ? 'rebuiltAs' : 'rebuilt'
}

function remarkLines(notes: MessageNotes, context: NoticeContext): string[] {
  const lines: string[] = []
  if (notes.senderFailed) lines.push(noticeText('senderFailed', context))
  if (notes.claimsOwnDomain) lines.push(noticeText('ownDomain', context))
  if (notes.linkMismatches > 0) lines.push(noticeText('linkMismatch', context, { count: notes.linkMismatches }))
  if (notes.signatureDropped) lines.push(noticeText('signature', context))
  if (notes.hiddenTexts > 0) lines.push(noticeText('hiddenText', context, { count: notes.hiddenTexts }))
  if (notes.gaiji > 0) lines.push(noticeText('gaiji', context, { count: notes.gaiji }))
  if (notes.guessedCharset) lines.push(noticeText('guessedCharset', context))
  return lines
}

function footerLines(context: NoticeContext): string[] {
  const page =
    context.url === ''
      ? noticeText('code', context, { code: context.checkCode })
      : noticeText('page', context, { url: context.url, code: context.checkCode })
  const kept = context.keptUntil === '' ? '' : noticeText('until', context, { until: context.keptUntil })
  const contact = context.contact === '' ? '' : noticeText('contact', context, { contact: context.contact })
  return [page, [kept, contact].filter(Boolean).join(context.language === 'en' ? ' ' : '')].filter(Boolean)
}
