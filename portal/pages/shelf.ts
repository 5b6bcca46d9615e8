/**
 * What lies ready for a person, on both faces, and how it is taken.
 *
 *   GET /shelf       POST /shelf/:resultId/file   as attachment      POST /shelf/:resultId/mail   to the own mailbox
 *   POST /shelf/:resultId/ask    for an approval of what was brought in
 */
import type { House } from '../house.ts'
import { html } from '../http/html.ts'
import { type Answer, type Page, Refused, type Route, type SignedVisit } from '../http/route.ts'
import type { Result } from '../keeping/results.ts'
import { commonTexts } from '../texts/common.ts'
import { requestsTexts } from '../texts/requests.ts'
import { shelfTexts } from '../texts/shelf.ts'
import { askerOf, STAFF } from './reading.ts'
import { refusalPage } from './refusals.ts'
import { resultCards } from './result-cards.ts'

export function shelfRoutes(house: House): Route[] {
  return [
    { ...STAFF, method: 'GET', path: '/shelf', handle: (visit: SignedVisit) => shelfPage(house, visit) },
    { ...STAFF, method: 'POST', path: '/shelf/:resultId/file', handle: (visit: SignedVisit) => take(house, visit) },
    { ...STAFF, method: 'POST', path: '/shelf/:resultId/mail', handle: (visit: SignedVisit) => mail(house, visit) },
    { ...STAFF, method: 'POST', path: '/shelf/:resultId/ask', handle: (visit: SignedVisit) => ask(house, visit) },
  ]
}

function shelfPage(house: House, visit: SignedVisit): Page {
  const texts = shelfTexts(visit.language)
  const results = house.keeping.results.of(visit.person)
  const body = html`<p>${texts.intro}</p>
${results.length === 0 ? html`<div class="empty"><p>${texts.empty}</p><p>${texts.emptyNext}</p></div>` : resultCards(results, visit, house, 2)}`
  return { kind: 'page', title: texts.title, body }
}

/** @throws Refused for what is somebody else's, gone, or may not pass. */
function readyOf({ keeping, requests }: House, { person, params }: SignedVisit): Result & { readonly shelfId: string } {
  const result = keeping.results.one(person, params['resultId']!)
  if (result?.shelfId === undefined) throw new Refused('not-found')
  if (requests.bringing.stateOf(result).kind !== 'free') throw new Refused('not-allowed')
  return { ...result, shelfId: result.shelfId }
}

const back = ({ language }: SignedVisit) => html`<p><a class="button second" href="/shelf">${commonTexts(language).back}</a></p>`

async function take(house: House, visit: SignedVisit): Promise<Answer> {
  const { shelfId, resultId } = readyOf(house, visit)
  const found = await house.vault.shelf(shelfId, askerOf(visit))
  if (found.kind === 'cannot') return refusalPage(found, visit.language, back(visit))
  house.keeping.results.taken(resultId)
  house.requests.bringing.taken(visit.person, { resultId })
  return { kind: 'file', name: found.file.name, mediaType: found.file.mediaType, bytes: found.bytes }
}

async function mail(house: House, visit: SignedVisit): Promise<Answer> {
  const { shelfId, resultId, publicId } = readyOf(house, visit)
  const { mailbox } = visit.person
  if (mailbox === '') throw new Refused('not-allowed')
  const sent = await house.vault.mailInward([shelfId], mailbox, publicId, askerOf(visit))
  if (sent.kind === 'cannot') return refusalPage(sent, visit.language, back(visit))
  house.keeping.results.mailed(resultId)
  house.requests.bringing.taken(visit.person, { resultId })
  return { kind: 'redirect', to: '/shelf', say: 'mailed' }
}

function ask(house: House, visit: SignedVisit): Answer {
  const result = house.keeping.results.one(visit.person, visit.params['resultId']!)
  if (result?.shelfId === undefined) throw new Refused('not-found')
  const asked = house.requests.bringing.ask(visit.person, result, visit.form.get('reason'))
  if (asked.kind === 'nothing') return { kind: 'redirect', to: '/shelf' }
  if (asked.kind === 'cannot') {
    const { title } = shelfTexts(visit.language)
    return { kind: 'page', status: 422, title, body: html`<div class="notice problem" role="alert"><p>${requestsTexts(visit.language).cannot[asked.why]}</p></div>${back(visit)}` }
  }
  void house.requests.outbox.send()
  return { kind: 'redirect', to: `/requests/${asked.request.requestId}`, say: 'request-filed' }
}
