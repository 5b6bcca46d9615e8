/** One person: record, departments with their days, mail, absence, delegation, ways to prove who one is; and what can be done. */
import { type Child, html, type SafeHtml } from '../http/html.ts'
import { Refused, type Page, type SignedRoute, type SignedVisit } from '../http/route.ts'
import { shortTime } from '../http/when.ts'
import { dayOf } from '../people/day.ts'
import type { Membership } from '../people/memberships.ts'
import type { PersonRecord } from '../people/people.ts'
import { awayOf, delegationsAround } from '../people/registers.ts'
import { accountTexts } from '../texts/account.ts'
import { peopleActsTexts } from '../texts/people-acts.ts'
import { peopleAdminTexts } from '../texts/people-admin.ts'
import { showAct, takeAct } from './acts.ts'
import { type AdminHouse, needing } from './house.ts'
import { rolesText, stateText } from './people.ts'
import { isAdministrator, type PeopleDesk, recordOf, tabs } from './people-desk.ts'
import { type PersonAct, PERSON_ACTS } from './person-acts.ts'
import { dataTable, facts } from './widgets.ts'

export function personRoutes({ people: desk }: AdminHouse): SignedRoute[] {
  return [
    { ...needing('people.see'), method: 'GET', path: '/people/:personId', handle: visit => personPage(desk, visit) },
    { ...needing('people.change'), method: 'GET', path: '/people/:personId/:act', handle: visit => showAct(actOf(desk, visit), visit) },
    { ...needing('people.change'), method: 'POST', path: '/people/:personId/:act', handle: visit => takeAct(desk, actOf(desk, visit), visit) },
  ]
}

function actOf(desk: PeopleDesk, visit: SignedVisit) {
  const record = recordOf(desk, visit)
  const act = visit.params['act'] ?? ''
  if (!Object.hasOwn(PERSON_ACTS, act)) throw new Refused('not-found')
  return PERSON_ACTS[act as PersonAct](desk, visit, record)
}

/** A link to the form of an act; nothing for who only looks. */
type ActLink = (act: PersonAct, query?: Readonly<Record<string, string | number>>) => SafeHtml | undefined

function personPage(desk: PeopleDesk, visit: SignedVisit): Page {
  const { language, nowMs } = visit
  const record = recordOf(desk, visit)
  const texts = peopleAdminTexts(language).person
  const today = dayOf(nowMs)
  const link: ActLink = (act, query = {}) => {
    if (!isAdministrator(visit)) return undefined
    const search = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
    return html`<a class="button second" href="/people/${record.personId}/${act}${search !== '' && `?${search}`}">${peopleActsTexts(language).person[act].title}</a>`
  }
  const body = html`${tabs('people', language)}${facts(recordFacts(desk, record, visit))}
<p class="row no-print">${link('change')}${link('invite')}${link(record.disabled ? 'enable' : 'disable')}</p>
<h2>${texts.posts}</h2>${postsTable(desk, record, { visit, link })}<p class="no-print">${link('join')}</p>
<h2>${texts.mail}</h2>${mailList(desk, record, visit)}
<h2>${texts.away}</h2>${awayList(desk, record, { visit, link })}<p class="row no-print">${link('away')}${link('deputy')}</p>
<h2>${texts.delegations}</h2>${delegationList(desk, record, { visit, link, today })}<p class="no-print">${record.mailbox !== '' && link('delegate')}</p>
<h2>${texts.factors}</h2>${factorList(desk, record, visit)}<p class="row no-print">${desk.factors.of(record.personId).length > 0 && link('reset-factors')}${desk.linked.isLinked(record.personId) && link('unlink')}</p>
${sessionTable(desk, record, visit)}<p class="no-print">${desk.sessions.ofPerson(record.personId).length > 0 && link('end-sessions')}</p>`
  return { kind: 'page', title: record.name, body, wide: true }
}

function recordFacts({ people }: PeopleDesk, record: PersonRecord, { language, nowMs }: SignedVisit): (readonly [string, Child])[] {
  const { person: texts, people: { columns } } = peopleAdminTexts(language)
  const today = dayOf(nowMs)
  return [
    [columns.login, record.login],
    [texts.staffNumber, record.staffNumber ?? ''],
    [columns.mailbox, record.mailbox],
    [columns.roles, rolesText(record, today, { people, language })],
    [texts.language, accountTexts(language).languages[record.language]],
    [texts.period, peopleAdminTexts(language).period(record.fromDate, record.toDate ?? '')],
    [texts.state, html`<strong>${stateText(record, today, language)}</strong>`],
  ]
}

type Around = { readonly visit: SignedVisit; readonly link: ActLink }

function postsTable({ memberships, departments }: PeopleDesk, { personId }: PersonRecord, { visit: { language, nowMs }, link }: Around): SafeHtml {
  const { person: texts, period } = peopleAdminTexts(language)
  const today = dayOf(nowMs)
  const rows = memberships.everyOf(personId)
  if (rows.length === 0) return html`<p class="empty">${texts.postsNone}</p>`
  const isOpen = ({ toDate }: Membership) => toDate === undefined || toDate >= today
  const cells = (each: Membership) => {
    const department = departments.byId(each.departmentId)
    const isClosed = department?.toDate !== undefined && department.toDate < today
    return [
      html`<a href="/people/departments/${each.departmentId}">${departments.pathOf(each.departmentId)}</a>${isClosed && html` <span class="tag kept">${texts.closed}</span>`}`,
      each.post,
      texts.kinds[each.kind],
      each.approves ? texts.yes : texts.no,
      period(each.fromDate, each.toDate ?? ''),
      isOpen(each) && link('leave', { membership: each.membershipId }),
    ]
  }
  const columns = [texts.posts, texts.post, texts.kind, texts.approves, texts.period, peopleAdminTexts(language).end].map(label => ({ label }))
  return dataTable(texts.posts, columns, rows.map(cells))
}

function mailList({ mailboxes }: PeopleDesk, { personId }: PersonRecord, { language, nowMs }: SignedVisit): SafeHtml {
  const texts = peopleAdminTexts(language).person
  const seen = mailboxes.accessOf(personId, dayOf(nowMs))
  if (seen.length === 0) return html`<p class="empty">${texts.mailNone}</p>`
  return html`<ul>${seen.map(({ address, name, relation, via }) => html`<li>${address} ${name} <span class="tag">${texts.relations[relation]}</span>${via !== '' && html` <span class="soft">${texts.via(via)}</span>`}</li>`)}</ul>`
}

function awayList({ db, people }: PeopleDesk, { personId }: PersonRecord, { visit: { language, nowMs }, link }: Around): SafeHtml {
  const { person: texts, period } = peopleAdminTexts(language)
  const { absences, deputies } = awayOf(db, personId, dayOf(nowMs))
  if (absences.length + deputies.length === 0) return html`<p class="empty">${texts.awayNone}</p>`
  return html`<ul>${absences.map(({ kind, fromDate, toDate }) => html`<li>${texts.awayKinds[kind]}: ${period(fromDate, toDate ?? '')}</li>`)}
${deputies.map(({ deputyId, rank, fromDate, toDate }) => html`<li>${texts.deputy(people.byId(deputyId)?.name ?? '', rank)} <span class="soft">${period(fromDate, toDate ?? '')}</span> ${link('end-deputy', { deputy: deputyId })}</li>`)}</ul>
${absences.length > 0 && html`<p class="no-print">${link('back')}</p>`}`
}

function delegationList({ db, people }: PeopleDesk, { personId }: PersonRecord, { visit: { language }, link, today }: Around & { readonly today: string }): SafeHtml {
  const { person: texts, period } = peopleAdminTexts(language)
  const rows = delegationsAround(db, personId, today)
  if (rows.length === 0) return html`<p class="empty">${texts.delegationsNone}</p>`
  return html`<ul>${rows.map(({ delegationId, ownerId, delegateId, fromDate, toDate }) => {
    const isGiven = ownerId === personId
    const name = people.byId(isGiven ? delegateId : ownerId)?.name ?? ''
    return html`<li>${isGiven ? texts.given(name) : texts.taken(name)} <span class="soft">${period(fromDate, toDate)}</span> ${isGiven && link('end-delegation', { delegation: delegationId })}</li>`
  })}</ul>`
}

function factorList({ factors, certificates, linked }: PeopleDesk, { personId }: PersonRecord, { language }: SignedVisit): SafeHtml {
  const texts = peopleAdminTexts(language).person
  const [held, cards] = [factors.of(personId), certificates.ofPerson(personId).length]
  const isLinked = linked.isLinked(personId)
  if (held.length + cards === 0 && !isLinked) return html`<p class="empty">${texts.factorsNone}</p>`
  return html`<ul>${held.map(each => html`<li>${texts.factorNames[each]}</li>`)}${held.length > 0 && html`<li>${texts.codes(factors.recoveryCodesLeft(personId))}</li>`}${cards > 0 && html`<li>${texts.cards(cards)}</li>`}${isLinked && html`<li>${texts.linked}</li>`}</ul>`
}

function sessionTable({ sessions }: PeopleDesk, { personId }: PersonRecord, { language }: SignedVisit): SafeHtml {
  const texts = peopleAdminTexts(language).person
  const rows = sessions.ofPerson(personId)
  if (rows.length === 0) return html`<p>${texts.sessionsNone}</p>`
  const columns = [texts.since, texts.seen, texts.method, texts.address].map(label => ({ label }))
  return dataTable(texts.sessions, columns, rows.map(row => [shortTime(row.startedAtMs, language), shortTime(row.seenAtMs, language), texts.methods[row.method] ?? row.method, row.address]))
}
