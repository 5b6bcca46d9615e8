/**
 * The form for passwords of a mail's locked files: one press tries what was entered on all of them.
 *
 * A password never stands in an address, a value or a hidden field: what was entered is not shown again.
 */
import { token } from '../http/frame.ts'
import { html, type SafeHtml } from '../http/html.ts'
import type { Language, SignedVisit } from '../http/route.ts'
import type { Result } from '../keeping/results.ts'
import { type Piece, piecesOf } from '../part-key.ts'
import type { MailMessage } from '../ports.ts'
import type { House } from '../house.ts'
import { type UnlockTexts, unlockTexts } from '../texts/unlock.ts'
import { isLocked } from './part-actions.ts'
import { fileName } from './part-cards.ts'

/** Locked files of a mail that this person has not opened yet. */
export function stillLocked({ report, originalUntilMs }: MailMessage, results: readonly Result[]): Piece[] {
  if (originalUntilMs === undefined) return []
  const opened = new Set(results.map(({ partKey }) => partKey))
  return report.parts.flatMap(piecesOf).filter(({ file, key }) => isLocked(file) && !opened.has(key))
}

export type FormOptions = {
  readonly message: MailMessage
  readonly locked: readonly Piece[]
  /** What was wrong with the last try; '' for nothing. */
  readonly wrong: string
  /** On the mail's own page the rest is a link away. */
  readonly isBrief: boolean
  /** As the settings say: nothing to choose, a box to tick, or told. */
  readonly lockAgain: House['lockAgain']
}

export function passwordForm(visit: SignedVisit, { message, locked, wrong, isBrief, lockAgain }: FormOptions): SafeHtml {
  const texts = unlockTexts(visit.language)
  const field = (n: number) => {
    const isFirst = n === 1
    const described = [isFirst && wrong !== '' ? 'password-wrong' : '', isFirst ? 'password-hint' : 'password-more-hint'].filter(Boolean).join(' ')
    return html`<input id="password-${n}" class="masked" name="password" type="text" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="256" aria-describedby="${described}"${isFirst && wrong !== '' ? html` aria-invalid="true"` : ''}>`
  }
  return html`<form method="post" action="/m/${message.publicId}/unlock" class="card" data-once autocomplete="off">${token(visit)}
<p>${texts.about(namesText(locked, visit.language))}</p>
<div class="field"><label for="password-1">${texts.password}</label><p class="hint" id="password-hint">${texts.hint}</p>${field(1)}
${wrong !== '' && html`<p class="wrong" id="password-wrong" role="alert">${wrong}</p>`}</div>
<details><summary>${texts.more}</summary><p class="soft" id="password-more-hint">${texts.moreHint}</p>
${[2, 3].map(n => html`<div class="field"><label for="password-${n}">${texts.another(n)}</label>${field(n)}</div>`)}</details>
<p class="choices"><label><input type="checkbox" class="reveal">${texts.reveal}</label></p>
${lockChoice(lockAgain, texts)}
<div class="row">${visit.person.mailbox !== '' && html`<button name="then" value="mail">${texts.thenMail}</button>`}<button class="second" name="then" value="take">${texts.thenTake}</button></div>
${isBrief && html`<p><a href="/m/${message.publicId}/unlock">${texts.toPage}</a></p>`}
</form>`
}

/** The password itself is what was entered: nothing of it is kept for this. */
export function lockChoice(lockAgain: House['lockAgain'], texts: UnlockTexts): SafeHtml | false {
  if (lockAgain === 'off') return false
  if (lockAgain === 'always') return html`<p class="hint">${texts.lockAlways}</p>`
  return html`<p class="choices"><label><input type="checkbox" name="lock" value="again">${texts.lockAgain}</label></p><p class="hint">${texts.lockHint}</p>`
}

function namesText(locked: readonly Piece[], language: Language): string {
  const texts = unlockTexts(language)
  return locked.map(({ file }) => texts.quoted(fileName(file, language))).join(language === 'ja' ? '' : ', ')
}
