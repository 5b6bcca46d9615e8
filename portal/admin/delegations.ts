/** Who reads a colleague's mail for a time: all delegations of the town, the newest first. Given and ended at the person. */
import { flag, html } from '../http/html.ts'
import type { Page, SignedRoute, SignedVisit } from '../http/route.ts'
import { dayOf } from '../people/day.ts'
import { type DelegationRow, delegationPage } from '../people/registers.ts'
import { adminTexts } from '../texts/admin.ts'
import { commonTexts } from '../texts/common.ts'
import { peopleActsTexts } from '../texts/people-acts.ts'
import { peopleAdminTexts } from '../texts/people-admin.ts'
import { type AdminHouse, needing } from './house.ts'
import { isAdministrator, type PeopleDesk, PEOPLE_PAGE, tabs } from './people-desk.ts'
import { dataTable, field, nextLink } from './widgets.ts'

export function delegationRoutes({ people: desk }: AdminHouse): SignedRoute[] {
  return [{ ...needing('people.see'), method: 'GET', path: '/people/delegations', handle: visit => list(desk, visit) }]
}

function list(desk: PeopleDesk, visit: SignedVisit): Page {
  const { language, person, query, nowMs } = visit
  const texts = peopleAdminTexts(language).delegations
  const today = dayOf(nowMs)
  const only = query.get('state') === 'open'
  const before = /^\d{1,15}$/.test(query.get('after')) ? Number(query.get('after')) : Number.MAX_SAFE_INTEGER
  const rows = delegationPage(desk.db, person.tenant, { before, limit: PEOPLE_PAGE + 1, words: query.get('q').trim(), from: only ? today : '' })
  const shown = rows.slice(0, PEOPLE_PAGE)
  const columns = [texts.owner, texts.delegate, texts.period, texts.state, peopleAdminTexts(language).end].map(label => ({ label }))
  const body = html`${tabs('delegations', language)}<p>${texts.lead}</p>
<form method="get" role="search"><div class="row">${field({ name: 'q', label: texts.words, type: 'search', value: query.get('q') })}
<div class="choices"><label><input type="checkbox" name="state" value="open" ${flag('checked', only)}> ${texts.only}</label></div><button>${commonTexts(language).search}</button></div></form>
${shown.length === 0 ? html`<p class="empty">${texts.empty}</p>` : dataTable(texts.title, columns, shown.map(row => cellsOf(desk, row, visit)))}
${nextLink(visit, rows.length > PEOPLE_PAGE ? shown.at(-1)!.delegationId : undefined, adminTexts(language).more)}
<p class="no-print"><a href="/people/delegations.csv?${new URLSearchParams({ q: query.get('q'), state: only ? 'open' : '' }).toString()}">${adminTexts(language).csv}</a></p>`
  return { kind: 'page', title: texts.title, body, wide: true }
}

function cellsOf({ people }: PeopleDesk, { delegationId, ownerId, delegateId, fromDate, toDate }: DelegationRow, visit: SignedVisit) {
  const { language, nowMs } = visit
  const { delegations: texts, period } = peopleAdminTexts(language)
  const today = dayOf(nowMs)
  const state = toDate < today ? 'over' : fromDate > today ? 'later' : 'now'
  const name = (personId: number) => html`<a href="/people/${personId}">${people.byId(personId)?.name ?? ''}</a>`
  const end = isAdministrator(visit) && state !== 'over' && html`<a class="button second" href="/people/${ownerId}/end-delegation?delegation=${delegationId}">${peopleActsTexts(language).person['end-delegation'].title}</a>`
  return [name(ownerId), name(delegateId), period(fromDate, toDate), html`<span class="tag">${texts.states[state]}</span>`, end]
}
