/**
 * Taking an approved original: on the outer face alone, by POST, after a second factor. As an attachment of a sandboxed
 * response, as a ZIP that is locked by a password shown once, or to the mailbox of the Internet side.
 *
 *   POST /requests/:requestId/parts/:part/take │ zip ▸ zip-take │ mailbox
 */
import type { House } from '../house.ts'
import { token } from '../http/frame.ts'
import { html, type SafeHtml } from '../http/html.ts'
import { type Answer, type Page, Refused, type Route, type SignedVisit } from '../http/route.ts'
import type { KeptRequest } from '../requests/records.ts'
import type { PartStage } from '../requests/request.ts'
import type { CannotTake, Claim } from '../requests/taking.ts'
import { partName } from '../texts/request-facts.ts'
import { requestsTexts } from '../texts/requests.ts'
import { askerOf, STAFF } from './reading.ts'
import { seenRequest } from './request-views.ts'

const OUTER = { ...STAFF, faces: ['outer'], method: 'POST', needsStepUp: true } as const

export function requestTakeRoutes(house: House): Route[] {
  const path = (act: string) => `/requests/:requestId/parts/:part/${act}`
  return [
    { ...OUTER, givesOriginal: true, path: path('take'), handle: (visit: SignedVisit) => take(house, visit) },
    { ...OUTER, path: path('zip'), handle: (visit: SignedVisit) => zipPage(house, visit) },
    { ...OUTER, givesOriginal: true, path: path('zip-take'), handle: (visit: SignedVisit) => zipTake(house, visit) },
    { ...OUTER, givesOriginal: true, path: path('mailbox'), handle: (visit: SignedVisit) => toMailbox(house, visit) },
  ]
}

/** The parts of a request with what can be done about each, for its requester. */
export function partButtons(house: House, visit: SignedVisit, request: KeptRequest): SafeHtml | false {
  if (request.state.stage.kind !== 'approved') return false
  const { take } = requestsTexts(visit.language)
  const isOuter = visit.face === 'outer'
  return html`${isOuter && html`<div class="notice warning"><p>${take.warning}</p><p>${take.once}</p></div>`}
${request.facts.parts.map((part, index) => {
    const stage = request.state.parts[index]!
    return html`<section class="card"><h2>${partName(part, visit.language)}</h2><p>${take.parts[stage.kind]}</p>
${isOuter && canBegin(stage, visit.nowMs) && buttons(house, visit, `/requests/${request.requestId}/parts/${index}`)}</section>`
  })}`
}

function canBegin(stage: PartStage, nowMs: number): boolean {
  return stage.kind === 'ready' || (stage.kind === 'broken' && nowMs < stage.untilMs)
}

function buttons(house: House, visit: SignedVisit, path: string): SafeHtml {
  const { take } = requestsTexts(visit.language)
  const form = (act: string, label: string, looks: '' | 'second') => html`<form method="post" action="${path}/${act}" data-once>${token(visit)}<button class="${looks}">${label}</button></form>`
  const mailbox = outsideMailbox(house, visit)
  return html`<div class="row">${form('take', take.file, '')}${form('zip', take.zip, 'second')}${mailbox !== undefined && form('mailbox', take.mailbox(mailbox), 'second')}</div>`
}

/** One's own and no other: the same name in the domain of the Internet side. */
function outsideMailbox({ requests }: House, { person: { mailbox } }: SignedVisit): string | undefined {
  const [domain] = requests.desk.rules.outsideDomains
  return domain === undefined || mailbox === '' ? undefined : `${mailbox.slice(0, mailbox.lastIndexOf('@'))}@${domain}`
}

/** @throws Refused */
function claimOf(house: House, visit: SignedVisit): Claim {
  const { request } = seenRequest(house, visit, 'request.fetch')
  const part = visit.params['part'] ?? ''
  const { steppedUpAtMs } = visit.session
  if (!/^\d{1,4}$/.test(part) || steppedUpAtMs === undefined) throw new Refused('not-found')
  return { requestId: request.requestId, part: Number(part), person: visit.person, by: askerOf(visit), steppedUpAtMs }
}

async function take(house: House, visit: SignedVisit): Promise<Answer> {
  const claim = claimOf(house, visit)
  const given = await house.requests.taking.file(claim)
  return given.kind === 'cannot' ? cannotPage(visit, claim, given) : given
}

function zipPage(house: House, visit: SignedVisit): Page {
  const claim = claimOf(house, visit)
  const ticket = house.requests.taking.zipTicket(claim)
  if (ticket.kind === 'cannot') return cannotPage(visit, claim, ticket)
  const { password } = requestsTexts(visit.language).take
  const body = html`<div class="notice warning"><p>${password.note}</p></div>
<p>${password.label}: <strong class="mono" id="zip-password">${ticket.password}</strong> <button type="button" class="second" data-copy="#zip-password">${password.copy}</button></p>
<p>${password.program}</p>
<form method="post" action="/requests/${claim.requestId}/parts/${claim.part}/zip-take" data-once>${token(visit)}<input type="hidden" name="ticket" value="${ticket.ticket}"><button>${password.get}</button></form>
${back(visit, claim)}`
  return { kind: 'page', title: password.title, body }
}

async function zipTake(house: House, visit: SignedVisit): Promise<Answer> {
  const claim = claimOf(house, visit)
  const given = await house.requests.taking.zip(claim, visit.form.get('ticket'))
  return given.kind === 'cannot' ? cannotPage(visit, claim, given) : given
}

async function toMailbox(house: House, visit: SignedVisit): Promise<Answer> {
  const claim = claimOf(house, visit)
  const sent = await house.requests.taking.toMailbox(claim, outsideMailbox(house, visit) ?? '')
  return sent.kind === 'cannot' ? cannotPage(visit, claim, sent) : { kind: 'redirect', to: `/requests/${claim.requestId}`, say: 'sent' }
}

function cannotPage(visit: SignedVisit, claim: Claim, { why }: CannotTake): Page {
  const { take } = requestsTexts(visit.language)
  // Whose it is not, or what is no part of it, was not offered.
  if (why === 'not-yours' || why === 'no-part' || why === 'not-asked') throw new Refused('not-found')
  const text = Object.hasOwn(take.cannot, why) ? take.cannot[why]! : take.cannotOther
  const status = why === 'busy' ? 503 : why === 'rate' ? 429 : why === 'gone' ? 410 : why === 'used' || why === 'order' ? 409 : 422
  return { kind: 'page', status, title: take.cannotTitle, body: html`<div class="notice problem" role="alert"><p>${text}</p></div>${back(visit, claim)}` }
}

function back({ language }: SignedVisit, { requestId }: Claim): SafeHtml {
  return html`<p><a href="/requests/${requestId}">${requestsTexts(language).take.back}</a></p>`
}
