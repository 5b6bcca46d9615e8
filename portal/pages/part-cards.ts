/** Draws the files of a mail: name, kind, size, what happened and why, what was inside, and the buttons of part-actions.ts. */
import { OBJECTS, removedWords } from '../../core/objects.ts'
import { reasonOf } from '../../core/text/reasons.ts'
import type { MemberReport, PartReport } from '../../core/verdict.ts'
import { token } from '../http/frame.ts'
import { html, type SafeHtml } from '../http/html.ts'
import type { Language, SignedVisit } from '../http/route.ts'
import { sizeText } from '../http/when.ts'
import { type Piece, piecesOf } from '../part-key.ts'
import type { DeliveredText, MailMessage } from '../ports.ts'
import { fileTypeText } from '../texts/file-types.ts'
import { messageTexts } from '../texts/message.ts'
import { actionsFor, isForbidden, isLocked, type Kept, type PartAction } from './part-actions.ts'

/** More files inside one are counted, not listed. */
const MOST_MEMBERS = 200

export type CardContext = {
  readonly visit: SignedVisit
  readonly message: MailMessage
  readonly kept: Kept
  /** Files of the delivered message; empty when they are gone. */
  readonly files: DeliveredText['files']
  /** What lies ready for this person already, by key. */
  readonly ready: ReadonlySet<string>
}

/** Parts that a reader calls attachments: what became text has no card. */
export function hasCard({ outcome }: PartReport): boolean {
  return outcome === 'rebuilt' || outcome === 'quarantined' || outcome === 'pending'
}

export function partCards(parts: readonly PartReport[], context: CardContext): SafeHtml[] {
  const fileOf = deliveredFiles(parts, context.files)
  return parts.filter(hasCard).map(part => partCard(part, fileOf.get(part), context))
}

/** Which delivered file is which part: by name, in the order of both. */
function deliveredFiles(parts: readonly PartReport[], files: DeliveredText['files']): ReadonlyMap<PartReport, number> {
  const left = [...files]
  const found = new Map<PartReport, number>()
  for (const part of parts.filter(({ outcome }) => outcome === 'rebuilt')) {
    const at = left.findIndex(({ name }) => name === (part.deliveredName ?? part.name))
    if (at >= 0) found.set(part, left.splice(at, 1)[0]!.index)
  }
  return found
}

function partCard(part: PartReport, fileIndex: number | undefined, context: CardContext): SafeHtml {
  const { visit } = context
  const texts = messageTexts(visit.language)
  const [whole, ...inner] = piecesOf(part)
  const isRenamed = part.outcome === 'rebuilt' && part.deliveredName !== undefined && part.deliveredName !== part.name
  const tag = part.outcome === 'rebuilt' ? (part.removed.length > 0 ? 'changed' : 'clean') : part.outcome === 'pending' ? 'pending' : 'kept'
  return html`<section class="card part" id="part-${whole!.key}">
<h3>${fileName(part, visit.language)}</h3>
<p><span class="tag ${tag}">${texts.what[part.outcome]}</span> <span class="soft">${fileTypeText(part.detectedType, visit.language, part.reason)}・${sizeText(part.bytes)}</span></p>
${isRenamed && html`<p>${texts.deliveredAs}: <strong>${part.deliveredName}</strong>${part.besideName !== undefined && html`、<strong>${part.besideName}</strong>`}</p>`}
${context.ready.has(whole!.key) && part.outcome === 'quarantined' ? html`<p>${texts.opened}</p>` : explanation(part, visit.language)}
${buttons(whole!, fileIndex, context)}
${inner.length > 0 && members(inner, context)}
</section>`
}

export function fileName(file: PartReport | MemberReport, language: Language): string {
  const texts = messageTexts(language)
  return file.name || ('id' in file && file.id === '' ? texts.wholeMessage : texts.nameless)
}

/** Why it was kept back, or what is missing from it. */
export function explanation(file: PartReport | MemberReport, language: Language): SafeHtml {
  const texts = messageTexts(language)
  if (file.outcome === 'quarantined') {
    const { next } = reasonOf(file.reason ?? '')
    const then = isLocked(file) ? texts.lockedNext : file.reason === 'malware' ? texts.malware : isForbidden(file) ? texts.forbidden : sentence(next[language], language)
    return html`<p>${whyText(file, language)}${then}</p>`
  }
  const words = removedWords(file.removed, language)
  const comma = language === 'ja' ? '、' : ', '
  return html`${words.length > 0 && html`<p>${texts.removed}: ${words.join(comma)}</p>`}${file.removed.some(({ what }) => what === 'signatures') && html`<p>${texts.signature}</p>`}`
}

/** Why a file was kept back, as a sentence. */
export function whyText(file: PartReport | MemberReport, language: Language): string {
  const object = 'object' in file && file.object !== undefined ? OBJECTS[file.object][language] : ''
  return sentence(reasonOf(file.reason ?? '').why[language].replace('{object}', object), language)
}

function sentence(text: string, language: Language): string {
  return language === 'ja' ? `${text}。` : `${text.charAt(0).toUpperCase()}${text.slice(1)}. `
}

function members(inner: readonly Piece[], context: CardContext): SafeHtml {
  const { visit } = context
  const texts = messageTexts(visit.language)
  const shown = inner.slice(0, MOST_MEMBERS)
  const item = (piece: Piece) => {
    const { file } = piece
    const what = file.outcome === 'rebuilt' ? texts.memberWhat.rebuilt : texts.memberWhat.quarantined
    return html`<li class="depth-${Math.min(piece.member.length, 4)}"><strong>${fileName(file, visit.language)}</strong>
<span class="soft">${fileTypeText(file.detectedType, visit.language, file.reason)}・${sizeText(file.bytes)}</span> <span class="tag ${file.outcome === 'rebuilt' ? 'clean' : 'kept'}">${what}</span>
${context.ready.has(piece.key) ? html`<p>${texts.opened}</p>` : explanation(file, visit.language)}${buttons(piece, undefined, context)}</li>`
  }
  return html`<details class="members"><summary>${texts.members(inner.length)}</summary><ul>${shown.map(item)}${inner.length > shown.length && html`<li>${texts.moreMembers(inner.length - shown.length)}</li>`}</ul></details>`
}

function buttons(piece: Piece, fileIndex: number | undefined, context: CardContext): SafeHtml {
  const isReady = context.ready.has(piece.key)
  const actions = actionsFor(piece, context.kept).filter(action => !isReady || (action !== 'password' && action !== 'again'))
  if (actions.length === 0) return html``
  return html`<div class="row">${actions.map((action, index) => button(action, index === 0 && piece.member.length === 0, { piece, fileIndex, context }))}</div>`
}

type Pressed = { readonly piece: Piece; readonly fileIndex: number | undefined; readonly context: CardContext }

function button(action: PartAction, isFirst: boolean, { piece, fileIndex, context }: Pressed): SafeHtml {
  const { visit, message } = context
  const texts = messageTexts(visit.language)
  const page = `/m/${message.publicId}`
  const label = html`${texts.actions[action]}<span class="hide"> ${fileName(piece.file, visit.language)}</span>`
  const looks = isFirst ? 'button' : 'button second'
  const link = (to: string) => html`<a class="${looks}" href="${to}">${label}</a>`
  const form = (to: string) => html`<form method="post" action="${to}" data-once>${token(visit)}<button class="${isFirst ? '' : 'second'}">${label}</button></form>`
  switch (action) {
    case 'take':
      // After the delivered files are gone, the part is disarmed once more.
      return fileIndex === undefined ? form(`${page}/parts/${piece.key}/again`) : link(`${page}/files/${fileIndex}`)
    case 'mail':
      return form(`${page}/parts/${piece.key}/mail`)
    case 'again':
      return form(`${page}/parts/${piece.key}/again`)
    case 'preview':
      return link(`${page}/preview/${piece.key}`)
    case 'password':
      return link(`${page}/unlock`)
    case 'ask':
      return link(`/requests/new?m=${message.publicId}&part=${encodeURIComponent(piece.partId)}`)
  }
}
