/**
 * One's own requests, on both faces: where they stand, what to do next, what has happened. On the inner face an approved one
 * says where to take it; the buttons for that are of the outer face (request-take.ts).
 *
 *   GET /requests     GET /requests/:requestId     POST /requests/:requestId/withdraw
 */
import type { House } from '../house.ts'
import { token } from '../http/frame.ts'
import { html, type SafeHtml } from '../http/html.ts'
import { type Answer, type Page, Refused, type Route, type SignedVisit } from '../http/route.ts'
import { timeText } from '../http/when.ts'
import type { KeptRequest } from '../requests/records.ts'
import { shelfTexts } from '../texts/shelf.ts'
import { commonTexts } from '../texts/common.ts'
import { requestsTexts } from '../texts/requests.ts'
import { STAFF } from './reading.ts'
import { requestNewRoutes } from './request-new.ts'
import { partButtons, requestTakeRoutes } from './request-take.ts'
import { factList, historyList, named, requestTable, seenRequest, stageKey, stageTag } from './request-views.ts'

const PER_PAGE = 50

export function requestRoutes(house: House): Route[] {
  return [
    ...requestNewRoutes(house),
    { ...STAFF, method: 'GET', path: '/requests', handle: (visit: SignedVisit) => listPage(house, visit) },
    { ...STAFF, method: 'GET', path: '/requests/:requestId', handle: (visit: SignedVisit) => requestPage(house, visit) },
    { ...STAFF, method: 'POST', path: '/requests/:requestId/withdraw', handle: (visit: SignedVisit) => withdraw(house, visit) },
    ...requestTakeRoutes(house),
  ]
}

function listPage(house: House, visit: SignedVisit): Page {
  const texts = requestsTexts(visit.language)
  const before = Number(visit.query.get('before') || Number.MAX_SAFE_INTEGER)
  if (!Number.isSafeInteger(before)) throw new Refused('not-found')
  const requests = house.requests.desk.records.ofPerson(visit.person.personId, 'requester', { beforeMs: before, limit: PER_PAGE + 1 })
  const shown = requests.slice(0, PER_PAGE)
  const body =
    shown.length === 0
      ? html`<div class="empty"><p>${texts.list.empty}</p><p>${texts.list.emptyNext}</p></div>`
      : html`${requestTable(visit, shown, { caption: texts.list.caption, to: '/requests', open: texts.list.open })}
${requests.length > PER_PAGE && html`<p><a class="button second" rel="next" href="/requests?before=${shown.at(-1)!.filedAtMs}">${commonTexts(visit.language).next}</a></p>`}`
  return { kind: 'page', title: texts.list.title, body }
}

function requestPage(house: House, visit: SignedVisit): Page {
  const { request, relation } = seenRequest(house, visit)
  const texts = requestsTexts(visit.language)
  const isMine = relation === 'requester' && request.state.requester.personId === visit.person.personId
  const body = html`<p>${stageTag(request, visit.language)}</p>
<div class="notice"><p>${nextText(house, visit, request)}</p>${outerAddress(house, visit, request)}</div>
${isMine && (request.facts.brought === undefined ? partButtons(house, visit, request) : request.state.stage.kind === 'approved' && html`<p><a class="button" href="/shelf">${shelfTexts(visit.language).title}</a></p>`)}
${factList(house, visit, request)}
${request.state.stage.kind === 'waiting' && deciders(house, visit, request)}
${historyList(house, visit, request)}
${isMine && request.state.stage.kind !== 'closed' && withdrawForm(visit, request)}
<p>${isMine && request.facts.brought === undefined && html`<a href="/m/${request.facts.publicId}">${texts.page.mail}</a> `}<a href="/requests">${texts.list.back}</a></p>`
  return { kind: 'page', title: request.facts.brought === undefined ? texts.page.title : texts.page.broughtTitle, body }
}

function nextText({ era }: House, { face, language }: SignedVisit, request: KeptRequest): string {
  const { next, broughtNext } = requestsTexts(language).page
  if (request.facts.brought !== undefined && request.state.stage.kind === 'approved') return broughtNext(timeText(request.state.stage.untilMs, language, era))
  const { stage } = request.state
  if (stage.kind === 'waiting') return next.waiting(timeText(stage.dueAtMs, language, era))
  if (stage.kind === 'approved') return (face === 'outer' ? next.approvedOuter : next.approvedInner)(timeText(stage.untilMs, language, era))
  const key = stageKey(request)
  return key === 'waiting' || key === 'approved' ? '' : next[key]
}

/** To be typed or sent to the other terminal; a link would lead nowhere from here. */
function outerAddress(house: House, { face, language }: SignedVisit, { requestId, state, tenant, facts }: KeptRequest): SafeHtml | false {
  const { outer } = house.requests.origins(tenant)
  if (facts.brought !== undefined || face === 'outer' || state.stage.kind !== 'approved' || outer === '') return false
  return html`<p>${requestsTexts(language).page.outerAddress}: <span class="mono">${outer}/requests/${requestId}</span></p>`
}

function deciders(house: House, { language }: SignedVisit, request: KeptRequest): SafeHtml {
  const texts = requestsTexts(language)
  const names = house.requests.desk.deciders(request).map(each => named(each.person.name, language))
  return html`<p>${texts.labels.deciders}: ${names.length === 0 ? commonTexts(language).nothing : names.join(language === 'ja' ? '、' : ', ')}</p>`
}

function withdrawForm(visit: SignedVisit, { requestId }: KeptRequest): SafeHtml {
  const { page } = requestsTexts(visit.language)
  return html`<form method="post" action="/requests/${requestId}/withdraw" data-once data-confirm="${page.withdrawSure}">${token(visit)}<button class="second">${page.withdraw}</button></form>`
}

function withdraw(house: House, visit: SignedVisit): Answer {
  const { request } = seenRequest(house, visit, 'request.withdraw')
  if (house.requests.desk.withdraw(request.requestId, visit.person).kind === 'cannot') throw new Refused('conflict')
  return { kind: 'redirect', to: `/requests/${request.requestId}`, say: 'request-withdrawn' }
}
