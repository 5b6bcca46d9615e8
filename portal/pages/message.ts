/**
 * The page of one mail, where the notice's link leads: what to do next, each file with what happened to it, the text as
 * delivered, and for shared mailboxes who takes care.
 *
 *   GET  /m/:publicId                     the page            POST /m/:publicId/parts/:part/again   disarm once more
 *   GET  /m/:publicId/files/:index        a delivered file    POST /m/:publicId/parts/:part/mail    copy to the own mailbox
 *   GET  /m/:publicId/results             what lies ready     POST /m/:publicId/care | share | unread
 */
import type { Report } from '../../core/verdict.ts'
import type { House } from '../house.ts'
import { html, type SafeHtml } from '../http/html.ts'
import { type Answer, type Page, Refused, type Route, type SignedVisit } from '../http/route.ts'
import { dayText, timeElement, timeText } from '../http/when.ts'
import type { Result } from '../keeping/results.ts'
import { parsePartKey, type Piece, pieceAt } from '../part-key.ts'
import type { DeliveredText, MailMessage, Refusal, Unlocked } from '../ports.ts'
import { mailsTexts } from '../texts/mails.ts'
import { messageTexts } from '../texts/message.ts'
import { careForms, shareForms, unreadForm } from './message-forms.ts'
import { backTo, titleOf } from './message-title.ts'
import { actionsFor, isForbidden, type Kept, type PartAction } from './part-actions.ts'
import { hasCard, partCards } from './part-cards.ts'
import { askerOf, mayDo, ofMessage, type Reading, STAFF } from './reading.ts'
import { refusalPage, refusalText } from './refusals.ts'
import { resultCards } from './result-cards.ts'
import { senderText, stateTag } from './mails.ts'
import { passwordForm, stillLocked } from './unlock-form.ts'

export function messageRoutes(house: House): Route[] {
  return [
    { ...STAFF, method: 'GET', path: '/m/:publicId', handle: ofMessage(house, (visit, reading) => messagePage(house, visit, reading)) },
    { ...STAFF, method: 'GET', path: '/m/:publicId/files/:index', handle: ofMessage(house, (visit, reading) => deliveredFile(house, visit, reading)) },
    { ...STAFF, method: 'GET', path: '/m/:publicId/results', handle: ofMessage(house, (visit, { message }) => resultsPage(house, visit, message)) },
    { ...STAFF, method: 'POST', path: '/m/:publicId/parts/:part/again', handle: ofMessage(house, (visit, reading) => again(house, visit, reading)) },
    { ...STAFF, method: 'POST', path: '/m/:publicId/parts/:part/mail', handle: ofMessage(house, (visit, reading) => mailCopy(house, visit, reading)) },
  ]
}

async function messagePage(house: House, visit: SignedVisit, reading: Reading): Promise<Page> {
  const { message } = reading
  const texts = messageTexts(visit.language)
  const delivered = message.textUntilMs === undefined ? undefined : await house.vault.deliveredText(message.publicId, askerOf(visit))
  house.keeping.readMarks.open(visit.person, message.publicId, visit.address)
  const results = house.keeping.results.of(visit.person, { publicId: message.publicId })
  const locked = stillLocked(message, results)
  const files = delivered?.kind === 'text' ? delivered.files : []
  const cards = partCards(message.report.parts, { visit, message, kept: keptOf(house, visit, reading), files, ready: new Set(results.map(({ partKey }) => partKey)) })
  const body = html`<p><a href="/">${texts.backToList}</a></p>
${facts(house, visit, reading)}
${nextStep(message, { locked: locked.length, results }, visit)}
${results.length > 0 && html`<h2>${texts.results}</h2>${resultCards(results, visit, house)}`}
${locked.length > 0 && passwordForm(visit, { message, locked, wrong: '', isBrief: true, lockAgain: house.lockAgain })}
<h2>${texts.parts}</h2>
${message.originalUntilMs === undefined && html`<div class="notice warning"><p>${texts.originalGone}</p></div>`}
${cards.length === 0 ? html`<p class="empty">${texts.noParts}</p>` : cards}
<h2>${texts.body}</h2>
${deliveredBody(message, delivered, visit)}
${careForms(house, visit, reading)}
<h2>${texts.more}</h2>
${shareForms(house, visit, reading)}
${unreadForm(visit, message)}`
  return { kind: 'page', title: titleOf(message, visit), body }
}

function keptOf({ requests: { desk } }: House, visit: SignedVisit, reading: Reading): Kept {
  const { originalUntilMs, textUntilMs } = reading.message
  const { parts, classification, blocked } = desk.filing.outlook(visit.person, reading.message)
  const mayAsk = blocked !== 'gone' && mayDo(visit, 'mail.request', reading)
  const askable = new Set(mayAsk ? parts.filter(part => part.askable.kind === 'yes').map(({ key }) => key) : [])
  return { originalUntilMs, textUntilMs, hasMailbox: visit.person.mailbox !== '', askable, mayPreview: desk.rules.classes[classification].preview }
}

function facts({ era }: House, { language }: SignedVisit, { message, mine, sharedBy }: Reading): SafeHtml {
  const texts = messageTexts(language)
  const until = message.originalUntilMs
  return html`<dl class="facts">
<dt>${texts.from}</dt><dd>${senderText(message, mailsTexts(language))}</dd>
<dt>${texts.received}</dt><dd>${timeElement(message.acceptedAtMs, timeText(message.acceptedAtMs, language, era))} ${stateTag(message, mailsTexts(language))}</dd>
${mine.length > 0 && html`<dt>${texts.to}</dt><dd>${mine.map(({ name, address }) => (name === '' ? address : `${name} ${address}`)).join(', ')}</dd>`}
${until !== undefined && html`<dt>${texts.keptUntil}</dt><dd>${timeElement(until, texts.untilNote(dayText(until, language, era)))}</dd>`}
</dl>${sharedBy && html`<p>${texts.share.by(sharedBy.name)}</p>`}`
}

/** The one thing to do next, above everything else. */
function nextStep({ report, state }: MailMessage, { locked, results }: { readonly locked: number; readonly results: readonly Result[] }, { language }: SignedVisit): SafeHtml {
  const { next } = messageTexts(language)
  const kept = report.parts.filter(({ outcome, id }) => outcome === 'quarantined' && !results.some(({ partKey }) => partKey === id))
  if (locked > 0) return html`<div class="notice warning"><p>${next.locked(locked)}</p></div>`
  if (state === 'pending') return html`<div class="notice"><p>${next.pending}</p></div>`
  if (kept.length > 0 && kept.every(isForbidden)) return html`<div class="notice problem"><p>${next.stopped(kept.length)}</p></div>`
  if (kept.length > 0) return html`<div class="notice warning"><p>${next.kept(kept.length)}</p></div>`
  if (results.length > 0) return html`<div class="notice done"><p>${next.ready}</p></div>`
  return html`<div class="notice done"><p>${!report.parts.some(hasCard) ? next.clean : state === 'changed' ? next.changed : next.rebuilt}</p></div>`
}

function deliveredBody(message: MailMessage, delivered: DeliveredText | Refusal | undefined, { language }: SignedVisit): SafeHtml {
  const texts = messageTexts(language)
  if (delivered?.kind === 'text') return html`<div class="mail" lang="" tabindex="0" role="region" aria-label="${texts.body}">${delivered.text}</div>`
  if (delivered !== undefined && delivered.reason !== 'gone') return html`<p class="empty">${delivered.reason === 'busy' ? texts.bodyBusy : refusalText(delivered, language)}</p>`
  const isOnItsWay = message.recipients.some(({ state }) => state === 'scheduled')
  return html`<p class="empty">${isOnItsWay ? texts.bodyNotYet : texts.bodyGone}</p>`
}

async function deliveredFile(house: House, visit: SignedVisit, { message }: Reading): Promise<Answer> {
  const index = Number(visit.params['index'])
  if (!Number.isSafeInteger(index) || index < 0) throw new Refused('not-found')
  const file = await house.vault.deliveredFile(message.publicId, index, askerOf(visit))
  return file.kind === 'file' ? file : refusalPage(file, visit.language, backTo(message, visit))
}

function resultsPage(house: House, visit: SignedVisit, message: MailMessage): Page {
  const results = house.keeping.results.of(visit.person, { publicId: message.publicId })
  if (results.length === 0) throw new Refused('not-found')
  const locked = stillLocked(message, results)
  const body = html`<p class="soft">${titleOf(message, visit)}</p>${resultCards(results, visit, house, 2)}
${locked.length > 0 && passwordForm(visit, { message, locked, wrong: '', isBrief: true, lockAgain: house.lockAgain })}${backTo(message, visit)}`
  return { kind: 'page', title: messageTexts(visit.language).results, body }
}

/** The part of the address, if its button is on the page. @throws Refused */
export function pieceOf(house: House, visit: SignedVisit, { reading, action }: { readonly reading: Reading; readonly action: PartAction }): Piece {
  const { report } = reading.message
  const place = parsePartKey(visit.params['part'] ?? '')
  const piece = place && pieceAt(report, place)
  if (!piece) throw new Refused('not-found')
  if (!actionsFor(piece, keptOf(house, visit, reading)).includes(action)) throw new Refused('not-allowed')
  return piece
}

async function again(house: House, visit: SignedVisit, reading: Reading): Promise<Answer> {
  const { message } = reading
  const place = parsePartKey(visit.params['part'] ?? '')
  const piece = place && pieceAt(message.report, place)
  const action = piece?.file.outcome === 'rebuilt' ? 'take' : 'again'
  const made = await disarmAgain(house, visit, message, pieceOf(house, visit, { reading, action }))
  if (made.kind === 'cannot') return refusalPage(made, visit.language, backTo(message, visit))
  return { kind: 'redirect', to: `/m/${message.publicId}/results`, say: 'ready' }
}

async function mailCopy(house: House, visit: SignedVisit, reading: Reading): Promise<Answer> {
  const { message } = reading
  const made = await disarmAgain(house, visit, message, pieceOf(house, visit, { reading, action: 'mail' }))
  if (made.kind === 'cannot') return refusalPage(made, visit.language, backTo(message, visit))
  const sent = await house.vault.mailInward([made.file.id], visit.person.mailbox, message.publicId, askerOf(visit))
  if (sent.kind === 'cannot') return refusalPage(sent, visit.language, backTo(message, visit))
  house.keeping.results.mailed(made.resultId)
  return { kind: 'redirect', to: `/m/${message.publicId}`, say: 'mailed' }
}

async function disarmAgain({ vault, keeping }: House, visit: SignedVisit, { publicId }: MailMessage, { partId, member, key }: Piece): Promise<(Unlocked & { readonly resultId: string }) | Refusal> {
  const made = await vault.again({ publicId, partId, member }, askerOf(visit))
  if (made.kind === 'cannot') return made
  const { file, report }: { readonly file: Unlocked['file']; readonly report: Report } = made
  return { ...made, resultId: keeping.results.add(visit.person, { origin: 'again', publicId, partKey: key, report, file }) }
}
