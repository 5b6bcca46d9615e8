/** What pages about requests show alike: the facts, the state, what has happened, and whether a visitor may see it at all. */
import type { House } from '../house.ts'
import { html, type SafeHtml } from '../http/html.ts'
import { type Language, Refused, type SignedVisit } from '../http/route.ts'
import { shortTime, timeElement, timeText } from '../http/when.ts'
import type { Relation } from '../requests/desk.ts'
import type { KeptRequest } from '../requests/records.ts'
import type { Acting, RequestEvent } from '../requests/request.ts'
import { may } from '../rights/may.ts'
import type { Act } from '../rights/table.ts'
import { factWords, partName, senderVerdict } from '../texts/request-facts.ts'
import { requestsTexts } from '../texts/requests.ts'

export type Seen = { readonly request: KeptRequest; readonly relation: Relation }

/** The request of the address, for whom it concerns. @throws Refused: for all others it does not exist. */
export function seenRequest(house: House, visit: SignedVisit, act: Act = 'request.see'): Seen {
  const requestId = visit.params['requestId'] ?? ''
  const request = /^[\w-]{22}$/.test(requestId) ? house.requests.desk.records.byId(requestId) : undefined
  if (!request) throw new Refused('not-found')
  const relation = house.requests.desk.relationOf(request, visit.person)
  // Roles that see every request do so on the face of administration; here it goes by the relation alone.
  if (relation === 'none') throw new Refused('not-found')
  const answer = may(visit.signedIn, act, { kind: 'request', tenant: request.tenant, relation }, { nowMs: visit.nowMs, stepUpMs: Number.POSITIVE_INFINITY })
  // Whether the second factor was shown is the route's to look at (needsStepUp).
  if (answer !== 'yes' && answer !== 'step-up') throw new Refused('not-allowed')
  return { request, relation }
}

export function factList({ era }: House, { language }: SignedVisit, { facts, state, filedAtMs }: KeptRequest): SafeHtml {
  const { labels } = requestsTexts(language)
  const words = factWords(language)
  const time = (atMs: number) => timeElement(atMs, timeText(atMs, language, era))
  return html`<dl class="facts">
<dt>${labels.files}</dt><dd>${facts.parts.map(part => html`<div>${partName(part, language)}</div>`)}</dd>
${facts.brought === undefined && html`<dt>${labels.subject}</dt><dd>${facts.subject}</dd>
<dt>${labels.sender}</dt><dd>${facts.sender}<br>${words.sender[senderVerdict(facts.senderChecks)]}</dd>
<dt>${labels.received}</dt><dd>${time(facts.acceptedAtMs)}</dd>`}
<dt>${labels.requester}</dt><dd>${state.requester.name}${facts.department !== '' && html` (${facts.department})`}</dd>
<dt>${labels.reason}</dt><dd>${facts.reason}</dd>
<dt>${labels.place}</dt><dd>${facts.brought === undefined ? words.place : words.broughtPlace}</dd>
<dt>${labels.antivirus}</dt><dd>${words.antivirus[facts.antivirus]}</dd>
<dt>${labels.classification}</dt><dd>${words.classification[facts.classification]}</dd>
<dt>${labels.filed}</dt><dd>${time(filedAtMs)}</dd>
${state.stage.kind === 'waiting' && html`<dt>${labels.until}</dt><dd>${time(state.stage.dueAtMs)}${language === 'ja' ? '。' : '. '}${words.noAutomatic}</dd>`}
${state.approvals.length > 0 && html`<dt>${labels.approvals}</dt><dd>${state.approvals.map(each => html`<div>${actingText(each, language)}</div>`)}</dd>`}
</dl>`
}

const TAGS: Readonly<Record<string, string>> = { waiting: 'pending', approved: 'good', taken: 'clean', refused: 'kept', revoked: 'kept' }

export function stageKey({ state: { stage } }: KeptRequest): keyof ReturnType<typeof requestsTexts>['stages'] {
  return stage.kind === 'closed' ? stage.why : stage.kind
}

export function stageTag(request: KeptRequest, language: Language): SafeHtml {
  const key = stageKey(request)
  return html`<span class="tag ${TAGS[key] ?? ''}">${requestsTexts(language).stages[key]}</span>`
}

export function historyList({ era }: House, { language }: SignedVisit, request: KeptRequest): SafeHtml {
  const texts = requestsTexts(language)
  return html`<h2>${texts.page.history}</h2>
<ol class="history">${request.events.map(event => html`<li>${timeElement(event.atMs, timeText(event.atMs, language, era))} ${eventText(event, request, language)}</li>`)}</ol>`
}

function eventText(event: RequestEvent, { facts }: KeptRequest, language: Language): string {
  const texts = requestsTexts(language)
  const part = 'part' in event ? facts.parts[event.part] : undefined
  const file = part ? `${partName(part, language)}${event.kind === 'granted' ? ` (${texts.ways[event.way]})` : ''}` : ''
  return texts.history[event.kind](whoText(event, language), part ? file : 'why' in event ? event.why : '')
}

function whoText(event: RequestEvent, language: Language): string {
  if (event.kind === 'passed-on') return named(event.to.name, language)
  if (event.kind === 'approved' || event.kind === 'refused') return actingText(event, language)
  return 'by' in event ? named(event.by.name, language) : ''
}

export function actingText({ by, inPlaceOf }: Acting, language: Language): string {
  return `${named(by.name, language)}${inPlaceOf === undefined ? '' : factWords(language).inPlaceOf(inPlaceOf.name)}`
}

export function named(name: string, language: Language): string {
  return `${name}${requestsTexts(language).san}`
}

/** A list of requests; on narrow windows each row is a card. */
export function requestTable({ language }: SignedVisit, requests: readonly KeptRequest[], { caption, to, open, isTitled = false }: { readonly caption: string; readonly to: string; readonly open: string; /** A heading says the same. */ readonly isTitled?: boolean }): SafeHtml {
  const { labels } = requestsTexts(language)
  const until = ({ state: { stage } }: KeptRequest) => (stage.kind === 'waiting' ? stage.dueAtMs : stage.kind === 'approved' ? stage.untilMs : undefined)
  return html`<div class="table"><table class="cards"><caption class="${isTitled && 'hide'}">${caption}</caption>
<thead><tr><th scope="col">${labels.files}</th><th scope="col">${labels.requester}</th><th scope="col">${labels.filed}</th><th scope="col">${labels.state}</th><th scope="col">${labels.until}</th></tr></thead>
<tbody>${requests.map(request => {
    const untilMs = until(request)
    const names = request.facts.parts.map(part => partName(part, language)).join(factWords(language).and)
    return html`<tr><th scope="row"><a href="${to}/${request.requestId}">${names}<span class="hide"> ${open}</span></a></th>
<td data-name="${labels.requester}">${request.state.requester.name}</td>
<td class="nowrap" data-name="${labels.filed}">${timeElement(request.filedAtMs, shortTime(request.filedAtMs, language))}</td>
<td data-name="${labels.state}">${stageTag(request, language)}</td>
<td class="nowrap" data-name="${labels.until}">${untilMs === undefined ? '–' : timeElement(untilMs, shortTime(untilMs, language))}</td></tr>`
  })}</tbody></table></div>`
}
