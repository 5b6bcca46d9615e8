/** Draws what lies ready for a person, with its buttons: take it, or have it mailed to the own mailbox. */
import { removedWords } from '../../core/objects.ts'
import type { House } from '../house.ts'
import { token } from '../http/frame.ts'
import { html, type SafeHtml } from '../http/html.ts'
import type { SignedVisit } from '../http/route.ts'
import { sizeText, timeElement, timeText } from '../http/when.ts'
import type { Result } from '../keeping/results.ts'
import type { Held } from '../requests/bringing.ts'
import { fileTypeText } from '../texts/file-types.ts'
import { messageTexts } from '../texts/message.ts'
import { shelfTexts } from '../texts/shelf.ts'
import { isForbidden, isLocked } from './part-actions.ts'
import { explanation, fileName, whyText } from './part-cards.ts'
import { refusalText } from './refusals.ts'

export function resultCards(results: readonly Result[], visit: SignedVisit, house: Pick<House, 'era' | 'requests'>, level: 2 | 3 = 3): SafeHtml[] {
  return results.map(result => resultCard(result, visit, house, level))
}

function resultCard(result: Result, visit: SignedVisit, { era, requests }: Pick<House, 'era' | 'requests'>, level: 2 | 3): SafeHtml {
  const { language } = visit
  const texts = shelfTexts(language)
  const title = level === 2 ? html`<h2>${result.name}</h2>` : html`<h3>${result.name}</h3>`
  const origin = html`<span class="soft">${texts.origins[result.origin]}</span>`
  if (result.shelfId === undefined) {
    return html`<section class="card">${title}<p><span class="tag kept">${texts.notPassed}</span> ${origin}</p>${whyNot(result, visit)}${mailLink(result, visit)}</section>`
  }
  return html`<section class="card">${title}
<p><span class="soft">${fileTypeText(result.mediaType, language)}・${sizeText(result.bytes)}・</span>${timeElement(result.untilMs, texts.until(timeText(result.untilMs, language, era)))} ${origin}</p>
<p>${result.takenAtMs !== undefined && html`<span class="tag good">${texts.taken}</span> `}${result.mailedAtMs !== undefined && html`<span class="tag good">${texts.mailed}</span>`}</p>
${missing(result, visit)}
${takeForms(result, visit, requests.bringing.stateOf(result))}${mailLink(result, visit)}</section>`
}

function takeForms(result: Result, visit: SignedVisit, held: Held): SafeHtml {
  const texts = shelfTexts(visit.language)
  if (held.kind === 'waiting') return html`<p><span class="tag pending">${texts.held.waiting}</span> <a href="/requests/${held.requestId}">${texts.held.see}</a></p>`
  if (held.kind === 'ask') return askForm(result, visit, held.requestId)
  return html`<div class="row">
<form method="post" action="/shelf/${result.resultId}/file">${token(visit)}<button>${texts.take}<span class="hide"> ${result.name}</span></button></form>
${visit.person.mailbox !== '' && html`<form method="post" action="/shelf/${result.resultId}/mail" data-once>${token(visit)}<button class="second">${texts.mail}<span class="hide"> ${result.name}</span></button></form>`}
</div>`
}

/** What was brought in where somebody else decides. */
function askForm({ resultId }: Result, visit: SignedVisit, before: string | undefined): SafeHtml {
  const { held } = shelfTexts(visit.language)
  const id = `reason-${resultId}`
  return html`<p><span class="tag pending">${held.needed}</span>${before !== undefined && html` <a href="/requests/${before}">${held.before}</a>`}</p>
<form method="post" action="/shelf/${resultId}/ask" data-once>${token(visit)}<div class="field"><label for="${id}">${held.reason}</label>
<textarea id="${id}" name="reason" required maxlength="1000"></textarea></div><button>${held.ask}</button></form>`
}

function mailLink({ publicId }: Result, { language, path }: SignedVisit): SafeHtml {
  return publicId === undefined || path === `/m/${publicId}` ? html`` : html`<p><a href="/m/${publicId}">${shelfTexts(language).aboutMail}</a></p>`
}

function whyNot({ report, refusal }: Result, { language }: SignedVisit): SafeHtml {
  if (refusal !== undefined) return html`<p>${refusal === 'too-large' ? shelfTexts(language).upload.tooLarge : refusalText({ kind: 'cannot', reason: refusal }, language)}</p>`
  const texts = shelfTexts(language).upload
  const kept = (report?.parts ?? []).filter(({ outcome }) => outcome === 'quarantined')
  return html`${kept.map(part => html`<p>${whyText(part, language)}${isLocked(part) ? texts.locked : isForbidden(part) ? texts.forbidden : texts.otherForm}</p>`)}`
}

/** What a reader of the disarmed file may miss. */
function missing({ report }: Result, { language }: SignedVisit): SafeHtml {
  const texts = messageTexts(language)
  const words = removedWords((report?.parts ?? []).flatMap(({ removed }) => removed), language)
  const kept = (report?.parts ?? []).flatMap(({ members }) => members ?? []).filter(({ outcome }) => outcome === 'quarantined')
  return html`${words.length > 0 && html`<p>${texts.removed}: ${words.join(language === 'ja' ? '、' : ', ')}</p>`}
${kept.length > 0 && html`<ul>${kept.map(member => html`<li>${fileName(member, language)} ${explanation(member, language)}</li>`)}</ul>`}`
}
