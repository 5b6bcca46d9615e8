/**
 * Asking for originals: which files of a mail, and why. What cannot be asked for stands in the list with its reason and has
 * no box; what nobody could approve now is said before anything is written.
 *
 *   GET /requests/new?m=publicId&part=key      POST /requests/new
 */
import type { House } from '../house.ts'
import { token } from '../http/frame.ts'
import { flag, html, type SafeHtml } from '../http/html.ts'
import { type Answer, type Page, Refused, type Route, type SignedVisit } from '../http/route.ts'
import { sizeText, timeText } from '../http/when.ts'
import { type CannotFile, LONGEST_REASON, type Outlook } from '../requests/filing.ts'
import type { AskablePart } from '../requests/parts.ts'
import { factWords, partName } from '../texts/request-facts.ts'
import { requestsTexts } from '../texts/requests.ts'
import { mayDo, notYours, type Reading, readingOf, STAFF } from './reading.ts'
import { named } from './request-views.ts'

type Filled = { readonly keys: readonly string[]; readonly reason: string; readonly wrong: CannotFile | undefined }

export function requestNewRoutes(house: House): Route[] {
  return [
    { ...STAFF, method: 'GET', path: '/requests/new', handle: (visit: SignedVisit) => newPage(house, visit) },
    { ...STAFF, method: 'POST', path: '/requests/new', handle: (visit: SignedVisit) => file(house, visit) },
  ]
}

/** Who may read a mail because it was shared may not ask for it: whoever it came to does. */
async function askedReading(house: House, visit: SignedVisit, publicId: string): Promise<Reading | undefined> {
  const reading = await readingOf(house, visit, publicId)
  if (reading && !mayDo(visit, 'mail.request', reading)) throw new Refused('not-allowed')
  return reading
}

async function newPage(house: House, visit: SignedVisit): Promise<Page> {
  const reading = await askedReading(house, visit, visit.query.get('m'))
  return reading ? formPage(house, visit, reading, { keys: visit.query.all('part'), reason: '', wrong: undefined }) : notYours(house, visit)
}

async function file(house: House, visit: SignedVisit): Promise<Answer> {
  const reading = await askedReading(house, visit, visit.form.get('m'))
  if (!reading) return notYours(house, visit)
  const asked = { partKeys: visit.form.all('part'), reason: visit.form.get('reason') }
  const filed = house.requests.desk.file(visit.person, reading.message, asked)
  if (filed.kind === 'cannot') return formPage(house, visit, reading, { keys: asked.partKeys, reason: asked.reason, wrong: filed.why })
  void house.requests.outbox.send()
  return { kind: 'redirect', to: `/requests/${filed.request.requestId}`, say: 'request-filed' }
}

function formPage(house: House, visit: SignedVisit, { message }: Reading, filled: Filled): Page {
  const texts = requestsTexts(visit.language)
  const outlook = house.requests.desk.filing.outlook(visit.person, message)
  const back = html`<p><a href="/m/${message.publicId}">${texts.page.mail}</a></p>`
  const { blocked } = outlook
  const isPossible = blocked === undefined && outlook.parts.some(part => part.askable.kind === 'yes')
  const body = html`<p>${message.subject}</p>
<div class="notice"><p>${texts.ask.hint}</p></div>
${blocked !== undefined && html`<div class="notice problem" role="alert"><p>${texts.cannot[blocked]}</p></div>`}
${isPossible ? form(house, visit, message.publicId, { outlook, filled }) : partList(outlook.parts, visit)}
${back}`
  return { kind: 'page', title: texts.ask.title, body, ...(filled.wrong !== undefined && { status: 422 as const }) }
}

function form({ era }: House, visit: SignedVisit, publicId: string, { outlook, filled }: { readonly outlook: Outlook; readonly filled: Filled }): SafeHtml {
  const { language } = visit
  const texts = requestsTexts(language)
  const { wrong } = filled
  const isReason = wrong === 'no-reason' || wrong === 'long-reason'
  const names = outlook.askedFirst.map(each => named(each.person.name, language)).join(language === 'ja' ? '、' : ', ')
  return html`${wrong !== undefined && html`<div class="notice problem" role="alert"><p>${texts.ask.wrong}</p><p><a href="#${isReason ? 'reason' : 'files'}">${texts.cannot[wrong]}</a></p></div>`}
<form method="post" action="/requests/new" data-once>${token(visit)}<input type="hidden" name="m" value="${publicId}">
<fieldset id="files" tabindex="-1"><legend>${texts.ask.which}</legend>${outlook.parts.map(part => choice(part, outlook.parts.length, filled, visit))}</fieldset>
<div class="field"><label for="reason">${texts.ask.reason}</label>
<p class="hint" id="reason-hint">${texts.ask.reasonHint}</p>
<textarea id="reason" name="reason" required maxlength="${LONGEST_REASON}" aria-describedby="reason-hint${isReason && ' reason-wrong'}"${isReason && html` aria-invalid="true"`}>${filled.reason}</textarea>
${isReason && html`<p class="wrong" id="reason-wrong">${texts.cannot[wrong]}</p>`}</div>
<p>${texts.labels.place}: <strong>${factWords(language).place}</strong></p>
<p>${texts.ask.who(names, outlook.steps)}${texts.ask.until(timeText(outlook.dueAtMs, language, era))}</p>
<p><button>${texts.ask.submit}</button></p></form>`
}

function choice(part: AskablePart, count: number, { keys }: Filled, { language }: SignedVisit): SafeHtml {
  const texts = requestsTexts(language)
  const label = html`<span>${partName(part, language)} <span class="soft">${sizeText(part.bytes)}</span></span>`
  if (part.askable.kind === 'no') return html`<p>${label}<br><span class="soft">${texts.cannot[part.askable.why]}</span></p>`
  const isChosen = keys.includes(part.key) || (count === 1 && keys.length === 0)
  return html`<p class="choices"><label><input type="checkbox" name="part" value="${part.key}" ${flag('checked', isChosen)}>${label}</label></p>`
}

function partList(parts: readonly AskablePart[], { language }: SignedVisit): SafeHtml {
  const texts = requestsTexts(language)
  if (parts.length === 0) return html`<p class="empty">${texts.ask.none}</p>`
  return html`<ul>${parts.map(part => html`<li>${partName(part, language)}${part.askable.kind === 'no' && html`<br><span class="soft">${texts.cannot[part.askable.why]}</span>`}</li>`)}</ul>`
}
