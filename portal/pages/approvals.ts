/**
 * Deciding about requests, on both faces: what waits, what was decided, and one request with everything that a decision
 * needs. Who may decide is looked up at every visit.
 *
 *   GET /approvals   GET /approvals/:requestId   POST …/code ▸ …/approve │ …/refuse   GET …/parts/:part/preview │ …/parts/:part/picture
 */
import type { House } from '../house.ts'
import { token } from '../http/frame.ts'
import { html, type SafeHtml } from '../http/html.ts'
import { type Answer, type Page, Refused, type Route, type SignedVisit } from '../http/route.ts'
import type { Decided, Verdict } from '../requests/desk.ts'
import type { KeptRequest } from '../requests/records.ts'
import { partName } from '../texts/request-facts.ts'
import { requestsTexts } from '../texts/requests.ts'
import { agreeForms, agreeWithCode, sendCode } from './agreeing.ts'
import { approvalPreviewRoutes, previewOf } from './approval-preview.ts'
import { STAFF } from './reading.ts'
import { factList, historyList, requestTable, seenRequest, stageTag } from './request-views.ts'

const MOST_DECIDED = 20

export function approvalRoutes(house: House): Route[] {
  const approver = { ...STAFF, roles: ['approver'] } as const
  return [
    { ...approver, method: 'GET', path: '/approvals', handle: (visit: SignedVisit) => listPage(house, visit) },
    { ...approver, method: 'GET', path: '/approvals/:requestId', handle: (visit: SignedVisit) => decidePage(house, visit, {}) },
    { ...approver, method: 'POST', path: '/approvals/:requestId/code', handle: (visit: SignedVisit) => code(house, visit) },
    { ...approver, method: 'POST', path: '/approvals/:requestId/approve', handle: (visit: SignedVisit) => approve(house, visit) },
    { ...approver, method: 'POST', path: '/approvals/:requestId/refuse', handle: (visit: SignedVisit) => decide(house, visit, { kind: 'refuse', why: visit.form.get('why').slice(0, 1_000) }) },
    ...approvalPreviewRoutes(house),
  ]
}

function listPage(house: House, visit: SignedVisit): Page {
  const { approvals } = requestsTexts(visit.language)
  const { desk } = house.requests
  const waiting = desk.waitingFor(visit.person)
  const decided = desk.records.ofPerson(visit.person.personId, 'decided', { beforeMs: Number.MAX_SAFE_INTEGER, limit: MOST_DECIDED })
  const body = html`<h2>${approvals.waiting}</h2>
${waiting.length === 0 ? html`<div class="empty"><p>${approvals.empty}</p><p>${approvals.emptyNext}</p></div>` : requestTable(visit, waiting, { caption: approvals.waiting, to: '/approvals', open: approvals.open, isTitled: true })}
<h2>${approvals.decided}</h2>
${decided.length === 0 ? html`<p class="empty">${approvals.none}</p>` : requestTable(visit, decided, { caption: approvals.decided, to: '/approvals', open: approvals.open, isTitled: true })}`
  return { kind: 'page', title: approvals.title, body }
}

/** `code`: what is wrong with the number; `decision`: with the decision as a whole. */
type Wrong = { readonly decision?: string; readonly code?: string }

function decidePage(house: House, visit: SignedVisit, wrong: Wrong): Page {
  const { request } = seenRequest(house, visit)
  const { decide } = requestsTexts(visit.language)
  const decider = house.requests.desk.deciderAmong(request, visit.person)
  const { steps, approvals } = request.state
  const body = html`<p>${stageTag(request, visit.language)}</p>
${wrong.decision !== undefined && html`<div class="notice problem" role="alert"><p>${wrong.decision}</p></div>`}
${decider?.inPlaceOf && html`<div class="notice"><p>${decide.deputy(decider.inPlaceOf.name)}</p></div>`}
${factList(house, visit, request)}
${steps > 1 && html`<p>${decide.steps(approvals.length, steps)}</p>`}
${decider && html`${previews(house, visit, request)}<h2>${decide.checks}</h2><ul>${(request.facts.brought === undefined ? decide.checkList : decide.broughtCheckList).map(each => html`<li>${each}</li>`)}</ul>${request.facts.brought === undefined ? agreeForms(visit, request, wrong.code) : plainApproval(visit, request)}${refuseForm(visit, request, wrong.decision !== undefined)}`}
${historyList(house, visit, request)}
<p><a href="/approvals">${requestsTexts(visit.language).approvals.back}</a></p>`
  return { kind: 'page', title: request.facts.brought === undefined ? decide.title : decide.broughtTitle, body, ...((wrong.decision ?? wrong.code) !== undefined && { status: 422 as const }) }
}

function previews(house: House, { language }: SignedVisit, request: KeptRequest): SafeHtml {
  const { decide } = requestsTexts(language)
  const row = (part: KeptRequest['facts']['parts'][number], index: number) => {
    const preview = previewOf(house, request, index)
    const name = partName(part, language)
    return html`<li>${name}: ${preview === 'yes' ? html`<a href="/approvals/${request.requestId}/parts/${index}/preview">${decide.look}<span class="hide"> ${name}</span></a>` : preview === 'off' ? decide.previewOff : decide.noPreview}</li>`
  }
  return html`<h2>${decide.look}</h2><ul>${request.facts.parts.map(row)}</ul>`
}

/** What was brought in is disarmed: the portal's own word is enough. */
function plainApproval(visit: SignedVisit, { requestId }: KeptRequest): SafeHtml {
  const { decide } = requestsTexts(visit.language)
  return html`<form method="post" action="/approvals/${requestId}/approve" data-once data-confirm="${decide.approveBroughtSure}">${token(visit)}<button>${decide.approve}</button></form>`
}

function refuseForm(visit: SignedVisit, { requestId }: KeptRequest, isWrong: boolean): SafeHtml {
  const { decide } = requestsTexts(visit.language)
  return html`<form class="card" method="post" action="/approvals/${requestId}/refuse" data-once>${token(visit)}<h2>${decide.refuseTitle}</h2>
<div class="field"><label for="why">${decide.why}</label><p class="hint" id="why-hint">${decide.whyHint}</p>
<textarea id="why" name="why" required maxlength="1000" aria-describedby="why-hint"${isWrong && html` aria-invalid="true"`}></textarea></div>
<button class="danger">${decide.refuse}</button></form>`
}

/** Only for whoever may decide now: the vault does not know whose turn it is. */
async function code(house: House, visit: SignedVisit): Promise<Answer> {
  const { request } = seenRequest(house, visit, 'request.decide')
  if (request.facts.brought !== undefined || !house.requests.desk.deciderAmong(request, visit.person)) throw new Refused('conflict')
  const wrong = await sendCode(house, visit, request)
  return wrong === undefined ? { kind: 'redirect', to: `/approvals/${request.requestId}`, say: 'code-sent' } : decidePage(house, visit, { code: wrong })
}

async function approve(house: House, visit: SignedVisit): Promise<Answer> {
  const { request } = seenRequest(house, visit, 'request.decide')
  const isTheirs = house.requests.desk.deciderAmong(request, visit.person) !== undefined
  const wrong = isTheirs && request.facts.brought === undefined ? await agreeWithCode(house, visit, request) : undefined
  return wrong === undefined ? decide(house, visit, { kind: 'approve' }) : decidePage(house, visit, { code: wrong })
}

function decide(house: House, visit: SignedVisit, verdict: Verdict): Answer {
  const { request } = seenRequest(house, visit, 'request.decide')
  const decided: Decided = house.requests.desk.decide(request.requestId, visit.person, verdict)
  if (decided.kind === 'cannot') {
    const { cannot } = requestsTexts(visit.language).decide
    if (!Object.hasOwn(cannot, decided.why)) throw new Refused('conflict')
    return decidePage(house, visit, { decision: cannot[decided.why]! })
  }
  void house.requests.outbox.send()
  return { kind: 'redirect', to: '/approvals', say: verdict.kind === 'approve' ? 'request-approved' : 'request-refused' }
}
