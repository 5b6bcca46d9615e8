/**
 * 画像プレビュー for whoever decides: the pages of one file of a request, drawn in the sealed workshop, with the approver's name
 * in them. Only of what is asked for, only while this person may decide, only where the class allows it.
 */
import type { House } from '../house.ts'
import { html } from '../http/html.ts'
import { type Answer, type Page, Refused, type Route, type SignedVisit } from '../http/route.ts'
import { timeText } from '../http/when.ts'
import type { PageView, Refusal } from '../ports.ts'
import { partRef } from '../requests/parts.ts'
import type { KeptRequest } from '../requests/records.ts'
import { previewTexts } from '../texts/preview.ts'
import { partName } from '../texts/request-facts.ts'
import { requestsTexts } from '../texts/requests.ts'
import { PageViews } from './page-views.ts'
import { isDrawn, LOCKED_REASONS } from './part-actions.ts'
import { waysNotice } from './preview.ts'
import { askerOf, STAFF } from './reading.ts'
import { refusalPage } from './refusals.ts'
import { seenRequest } from './request-views.ts'

const MOST_PAGES = 100_000

export function approvalPreviewRoutes(house: House): Route[] {
  const views = new PageViews()
  const approver = { ...STAFF, roles: ['approver'], method: 'GET' } as const
  return [
    { ...approver, path: '/approvals/:requestId/parts/:part/preview', handle: (visit: SignedVisit) => viewer(house, views, visit) },
    { ...approver, path: '/approvals/:requestId/parts/:part/picture', handle: (visit: SignedVisit) => picture(house, views, visit) },
  ]
}

export function previewOf({ requests }: House, { facts }: KeptRequest, index: number): 'yes' | 'no' | 'off' {
  const part = facts.parts[index]
  if (!part || !isDrawn(part.detectedType) || LOCKED_REASONS.has(part.reason)) return 'no'
  return requests.desk.rules.classes[facts.classification].preview ? 'yes' : 'off'
}

type Rooms = { readonly house: House; readonly views: PageViews; readonly visit: SignedVisit }
type Wanted = { readonly request: KeptRequest; readonly index: number; readonly page: number; readonly patient: boolean }

/** @throws Refused */
function wantedOf(house: House, visit: SignedVisit): Wanted {
  const { request } = seenRequest(house, visit, 'request.decide')
  const [index, page] = [Number(visit.params['part']), Number(visit.query.get('page') || '1')]
  const isPage = Number.isSafeInteger(page) && page >= 1 && page <= MOST_PAGES
  if (!house.requests.desk.deciderAmong(request, visit.person) || !isPage || previewOf(house, request, index) !== 'yes') throw new Refused('not-found')
  return { request, index, page, patient: visit.query.get('wait') === '1' }
}

/** A viewer asks again for what was only words for now. */
async function drawnPage({ house, views, visit }: Rooms, { request, index, page, patient }: Wanted, by: 'viewer' | 'picture'): Promise<PageView | Refusal> {
  const key = `${visit.session.sessionId} ${request.requestId} ${index} ${page}`
  const known = views.page(key, visit.nowMs)
  if (known && (by === 'picture' || known.drawn !== 'words-for-now')) return known
  const mark = `${visit.person.name} ${visit.person.login} ${timeText(visit.nowMs, 'ja', house.era)}`
  const drawn = await house.vault.preview(partRef(request.facts.publicId, request.facts.parts[index]!), { page, mark, patient }, askerOf(visit))
  if (drawn.kind === 'page') views.keepPage(key, drawn, visit.nowMs)
  return drawn
}

async function viewer(house: House, views: PageViews, visit: SignedVisit): Promise<Page> {
  const wanted = wantedOf(house, visit)
  const { request, index } = wanted
  const texts = previewTexts(visit.language)
  const back = html`<p><a href="/approvals/${request.requestId}">${requestsTexts(visit.language).decide.title}</a></p>`
  const drawn = await drawnPage({ house, views, visit }, wanted, 'viewer')
  if (drawn.kind === 'cannot') return refusalPage(drawn, visit.language, back)
  const { page, pages, text } = drawn
  const name = partName(request.facts.parts[index]!, visit.language)
  const body = html`<p class="soft">${texts.about}</p>${waysNotice(drawn, { language: visit.language, waitHref: `?page=${page}&wait=1` })}
<nav class="row" aria-label="${texts.nav}">${page > 1 && html`<a class="button second" rel="prev" href="?page=${page - 1}">${texts.previous}</a>`}<strong>${texts.page(page, pages)}</strong>${page < pages && html`<a class="button second" rel="next" href="?page=${page + 1}">${texts.next}</a>`}</nav>
<img class="page" src="/approvals/${request.requestId}/parts/${index}/picture?page=${page}" alt="${text === '' ? texts.altNoText(name, page, pages) : texts.alt(name, page, pages)}">
<details><summary>${texts.text}</summary>${text === '' ? html`<p class="empty">${texts.noText}</p>` : html`<div class="mail">${text}</div>`}</details>${back}`
  return { kind: 'page', title: texts.title(name), wide: true, body }
}

async function picture(house: House, views: PageViews, visit: SignedVisit): Promise<Answer> {
  const drawn = await drawnPage({ house, views, visit }, wantedOf(house, visit), 'picture')
  if (drawn.kind === 'cannot') throw new Refused(drawn.reason === 'busy' ? 'unavailable' : 'not-found')
  return { kind: 'picture', png: drawn.png }
}
