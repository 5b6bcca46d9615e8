/**
 * 画像プレビュー for whoever decides: the pages of one file of a request, drawn in the sealed workshop, with the approver's name
 * in them. Only of what is asked for, only while this person may decide, only where the class allows it.
 */
import type { House } from '../house.ts'
import { html } from '../http/html.ts'
import { type Answer, type Page, Refused, type Route, type SignedVisit } from '../http/route.ts'
import { partRef } from '../requests/parts.ts'
import type { KeptRequest } from '../requests/records.ts'
import { partName } from '../texts/request-facts.ts'
import { requestsTexts } from '../texts/requests.ts'
import { PageViews } from './page-views.ts'
import { isDrawn, LOCKED_REASONS } from './part-actions.ts'
import { askedPage, drawnPage, type Picture, pictureAnswer, viewerPage } from './picture-viewer.ts'
import { STAFF } from './reading.ts'
import { seenRequest } from './request-views.ts'

export function approvalPreviewRoutes(house: House): Route[] {
  const views = new PageViews()
  const approver = { ...STAFF, roles: ['approver'], method: 'GET' } as const
  return [
    { ...approver, path: '/approvals/:requestId/parts/:part/preview', handle: (visit: SignedVisit) => viewer(house, views, visit) },
    { ...approver, path: '/approvals/:requestId/parts/:part/picture', handle: (visit: SignedVisit) => picture(house, views, visit) },
  ]
}

export function previewOf(house: Pick<House, 'requests' | 'keeping'>, request: KeptRequest, index: number): 'yes' | 'no' | 'off' {
  const { requests } = house
  const { facts } = request
  const part = facts.parts[index]
  if (!part) return 'no'
  const type = facts.brought === undefined ? part.detectedType : (broughtFile(house, request)?.mediaType ?? '')
  if (!isDrawn(type) || LOCKED_REASONS.has(part.reason)) return 'no'
  return requests.desk.rules.classes[facts.classification].preview ? 'yes' : 'off'
}

/** What was brought in, as it was disarmed, while it lies on the shelf of who asks. */
function broughtFile({ keeping }: Pick<House, 'keeping'>, { facts, state }: KeptRequest): { readonly shelfId: string; readonly mediaType: string } | undefined {
  const result = facts.brought === undefined ? undefined : keeping.results.one(state.requester, facts.brought)
  return result?.shelfId === undefined ? undefined : { shelfId: result.shelfId, mediaType: result.mediaType }
}

type Wanted = { readonly request: KeptRequest; readonly index: number; readonly picture: Picture }

/** @throws Refused */
function wantedOf(house: House, visit: SignedVisit, by: Picture['by']): Wanted {
  const { request } = seenRequest(house, visit, 'request.decide')
  const index = Number(visit.params['part'])
  if (!house.requests.desk.deciderAmong(request, visit.person) || previewOf(house, request, index) !== 'yes') throw new Refused('not-found')
  const { requestId, facts } = request
  const of = broughtFile(house, request) ?? partRef(facts.publicId, facts.parts[index]!)
  return { request, index, picture: { scope: `${requestId} ${index}`, of, by, ...askedPage(visit) } }
}

async function viewer(house: House, views: PageViews, visit: SignedVisit): Promise<Page> {
  const { request, index, picture } = wantedOf(house, visit, 'viewer')
  const { requestId, facts } = request
  const back = html`<p><a href="/approvals/${requestId}">${requestsTexts(visit.language).decide.title}</a></p>`
  return viewerPage(visit, await drawnPage(house, views, visit, picture), { name: partName(facts.parts[index]!, visit.language), source: `/approvals/${requestId}/parts/${index}/picture`, back })
}

async function picture(house: House, views: PageViews, visit: SignedVisit): Promise<Answer> {
  return pictureAnswer(await drawnPage(house, views, visit, wantedOf(house, visit, 'picture').picture))
}
