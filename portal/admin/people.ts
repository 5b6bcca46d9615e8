/**
 * People: the list, and adding one. A page of one person is person.ts; what is done to people, person-acts.ts.
 *
 *   GET /people ─▶ list, search      GET /people/new ─POST─▶ what will happen ─POST─▶ the link to choose a password with, once
 */
import { csvLine } from '../../store/audit-formats.ts'
import { options } from '../http/frame.ts'
import { html } from '../http/html.ts'
import type { Answer, Page, SignedRoute, SignedVisit } from '../http/route.ts'
import { dayOf } from '../people/day.ts'
import { activeOn, GIVEN_ROLES, type GivenRole, type PersonRecord } from '../people/people.ts'
import { addPerson } from '../sign-in/invitations.ts'
import { accountTexts } from '../texts/account.ts'
import { adminTexts } from '../texts/admin.ts'
import { commonTexts } from '../texts/common.ts'
import { peopleActsTexts } from '../texts/people-acts.ts'
import { peopleAdminTexts } from '../texts/people-admin.ts'
import { type ActField, type ActPage, showAct, takeAct } from './acts.ts'
import { type AdminHouse, needing } from './house.ts'
import { isAdministrator, type PeopleDesk, PEOPLE_PAGE, tabs, textField, tickField } from './people-desk.ts'
import { csvAnswer, dataTable, field, nextLink, noticeBox } from './widgets.ts'

const CSV_ROWS = 20_000
const STATES = ['active', 'stopped', 'all'] as const

export function peopleRoutes({ people: desk }: AdminHouse): SignedRoute[] {
  return [
    { ...needing('people.see'), method: 'GET', path: '/people', handle: visit => list(desk, visit) },
    { ...needing('people.see'), method: 'GET', path: '/people.csv', handle: visit => csv(desk, visit) },
    { ...needing('people.change'), method: 'GET', path: '/people/new', handle: visit => showAct(newPerson(desk, visit), visit) },
    { ...needing('people.change'), method: 'POST', path: '/people/new', handle: visit => takeAct(desk, newPerson(desk, visit), visit) },
  ]
}

function questionOf({ query }: SignedVisit) {
  return { words: query.get('q').trim(), state: STATES.find(each => each === query.get('state')) ?? 'active', afterLogin: query.get('after') }
}

function list(desk: PeopleDesk, visit: SignedVisit): Page {
  const { language, person } = visit
  const texts = peopleAdminTexts(language).people
  const question = questionOf(visit)
  const rows = desk.people.list(person.tenant, { ...question, limit: PEOPLE_PAGE + 1 })
  const shown = rows.slice(0, PEOPLE_PAGE)
  const columns = Object.values(texts.columns).map(label => ({ label }))
  const table = dataTable(texts.title, columns, shown.map(record => cellsOf(desk, record, visit)))
  const body = html`${tabs('people', language)}<p>${texts.lead}</p>
<form method="get" role="search"><div class="row">${field({ name: 'q', label: texts.words, type: 'search', value: question.words })}
<div class="field fit"><label for="state">${texts.state}</label><select id="state" name="state">${options(STATES.map(each => [each, texts.states[each]]), question.state)}</select></div><button>${commonTexts(language).search}</button></div></form>
${shown.length === 0 ? html`<p class="empty">${texts.empty}</p>` : table}
${nextLink(visit, rows.length > PEOPLE_PAGE ? shown.at(-1)!.login : undefined, adminTexts(language).more)}
<p class="row no-print">${isAdministrator(visit) && html`<a class="button" href="/people/new">${texts.add}</a>`}<a href="/people.csv?${new URLSearchParams({ q: question.words, state: question.state }).toString()}">${adminTexts(language).csv}</a></p>`
  return { kind: 'page', title: texts.title, body, wide: true }
}

function cellsOf({ people, departments, factors }: PeopleDesk, record: PersonRecord, { language, nowMs }: SignedVisit) {
  const texts = peopleAdminTexts(language).person
  const today = dayOf(nowMs)
  const { personId, login, name, mailbox } = record
  const state = stateText(record, today, language)
  return [
    html`<a href="/people/${personId}">${name}</a>${state !== texts.working && html` <span class="tag kept">${state}</span>`}`,
    login,
    mailbox,
    people.departmentsOf(personId, today).map(id => html`${departments.byId(id)?.name}<br>`),
    rolesText(record, today, { people, language }),
    factors.of(personId).map(each => html`${texts.factorNames[each]}<br>`),
  ]
}

/** Given ones, and approver where the person is one today. */
export function rolesText({ personId, roles }: PersonRecord, today: string, { people, language }: { readonly people: PeopleDesk['people']; readonly language: SignedVisit['language'] }): string {
  const held = [...(people.person(personId, today)?.roles ?? roles)]
  return held.map(role => accountTexts(language).roles[role]).join(language === 'ja' ? '、' : ', ')
}

export function stateText(record: PersonRecord, today: string, language: SignedVisit['language']): string {
  const texts = peopleAdminTexts(language).person
  if (activeOn(record, today)) return texts.working
  return record.disabled ? texts.disabled : record.fromDate > today ? texts.notYet : texts.over
}

function csv(desk: PeopleDesk, visit: SignedVisit): Answer {
  const { language, person, nowMs } = visit
  const { people: { columns }, person: texts } = peopleAdminTexts(language)
  const today = dayOf(nowMs)
  const rows = desk.people.list(person.tenant, { ...questionOf(visit), afterLogin: '', limit: CSV_ROWS })
  const head = csvLine([columns.login, texts.staffNumber, columns.name, columns.mailbox, columns.departments, columns.roles, columns.factors, texts.from, texts.to, texts.state])
  const lines = rows.map(record => {
    const { personId, login, staffNumber = '', name, mailbox, fromDate, toDate = '' } = record
    const where = desk.people.departmentsOf(personId, today).map(id => desk.departments.pathOf(id)).join(' / ')
    return csvLine([login, staffNumber, name, mailbox, where, rolesText(record, today, { people: desk.people, language }), desk.factors.of(personId).join(' '), fromDate, toDate, stateText(record, today, language)])
  })
  return csvAnswer('people.csv', `\ufeff${head}${lines.join('')}`)
}

export function roleFields(language: SignedVisit['language'], held: readonly GivenRole[]): ActField[] {
  const [texts, { roles }] = [peopleActsTexts(language).fields, accountTexts(language)]
  return GIVEN_ROLES.map(role => tickField({ name: `role-${role}`, label: `${texts.roles}: ${roles[role]}`, isSet: held.includes(role), yes: roles[role] }))
}

export function rolesOf(form: SignedVisit['form']): GivenRole[] {
  return GIVEN_ROLES.filter(role => form.get(`role-${role}`) === 'yes')
}

function newPerson(desk: PeopleDesk, visit: SignedVisit): ActPage {
  const { language, person, nowMs } = visit
  const { person: { add }, fields: texts } = peopleActsTexts(language)
  const fields = [
    textField({ name: 'login', label: texts.login, hint: texts.loginHint, required: true }),
    textField({ name: 'name', label: texts.name, required: true }),
    textField({ name: 'number', label: peopleAdminTexts(language).person.staffNumber }),
    textField({ name: 'mailbox', label: texts.mailbox }),
    ...roleFields(language, ['staff']),
    textField({ name: 'from', label: texts.firstDay, type: 'date', value: dayOf(nowMs), required: true }),
    textField({ name: 'to', label: texts.lastDay, hint: texts.lastDayHint, type: 'date' }),
    textField({ name: 'department', label: texts.department, hint: texts.departmentHint }),
    textField({ name: 'post', label: texts.post }),
    tickField({ name: 'approves', label: texts.approves, isSet: false, yes: peopleAdminTexts(language).person.yes }),
  ]
  return {
    words: add,
    about: '',
    path: '/people/new',
    back: '/people',
    fields,
    perform: (form, by) => {
      const code = form.get('department').trim()
      const given = {
        tenant: person.tenant,
        login: form.get('login'),
        name: form.get('name'),
        staffNumber: form.get('number').trim() || undefined,
        mailbox: form.get('mailbox').trim() || undefined,
        roles: rolesOf(form),
        fromDate: form.get('from') || dayOf(nowMs),
        toDate: form.get('to') || undefined,
        department: code === '' ? undefined : { code, post: form.get('post').trim(), approves: form.get('approves') === 'yes' },
      }
      const { personId, token } = addPerson(desk, given, desk.invitationHours, by)
      return linkPage(desk, visit, { personId, name: given.name, token })
    },
  }
}

/** Shown once: what stands in portal.db is a hash. */
export function linkPage({ linkOrigin, invitationHours }: PeopleDesk, { language, person }: SignedVisit, { personId, name, token }: { readonly personId: number; readonly name: string; readonly token: string }): Page {
  const { link: texts } = peopleActsTexts(language)
  const body = html`${noticeBox('warning', html`<p>${texts.what(name)}</p><p>${texts.hours(invitationHours)}</p>`)}
<p class="mono" id="link">${linkOrigin(person.tenant)}/welcome/${token}</p>
<p class="row no-print"><button class="second" type="button" data-copy="#link">${texts.copy}</button><a class="button" href="/people/${personId}">${texts.done}</a></p>`
  return { kind: 'page', title: texts.title, body }
}
