/** The tree of organs and departments as of a day; one department with its people and mailboxes; adding, changing, closing. */
import { html, type SafeHtml } from '../http/html.ts'
import { type Page, Refused, type SignedRoute, type SignedVisit } from '../http/route.ts'
import { dayOf, isDay } from '../people/day.ts'
import type { Classification, Department } from '../people/departments.ts'
import { PeopleProblem } from '../people/people.ts'
import { headcounts } from '../people/registers.ts'
import { adminTexts } from '../texts/admin.ts'
import { commonTexts } from '../texts/common.ts'
import { peopleActsTexts } from '../texts/people-acts.ts'
import { peopleAdminTexts } from '../texts/people-admin.ts'
import { type ActPage, showAct, takeAct } from './acts.ts'
import { type AdminHouse, needing } from './house.ts'
import { choiceField, isAdministrator, type PeopleDesk, tabs, textField, tickField } from './people-desk.ts'
import { dataTable, facts, field, noticeBox, number } from './widgets.ts'

export function departmentRoutes({ people: desk }: AdminHouse): SignedRoute[] {
  return [
    { ...needing('people.see'), method: 'GET', path: '/people/departments', handle: visit => tree(desk, visit) },
    { ...needing('people.change'), method: 'GET', path: '/people/departments/new', handle: visit => showAct(addAct(desk, visit), visit) },
    { ...needing('people.change'), method: 'POST', path: '/people/departments/new', handle: visit => takeAct(desk, addAct(desk, visit), visit) },
    { ...needing('people.see'), method: 'GET', path: '/people/departments/:departmentId', handle: visit => one(desk, visit) },
    { ...needing('people.change'), method: 'GET', path: '/people/departments/:departmentId/:act', handle: visit => showAct(actOf(desk, visit), visit) },
    { ...needing('people.change'), method: 'POST', path: '/people/departments/:departmentId/:act', handle: visit => takeAct(desk, actOf(desk, visit), visit) },
  ]
}

type Placed = { readonly department: Department; readonly depth: number }

/** Each below the one that it belongs to. One whose upper one is closed on the day stands at the top. */
function placed(list: readonly Department[]): Placed[] {
  const ids = new Set(list.map(({ departmentId }) => departmentId))
  const below = Map.groupBy(list, ({ parentId }) => (parentId !== undefined && ids.has(parentId) ? parentId : undefined))
  const walk = (parentId: number | undefined, depth: number): Placed[] =>
    (below.get(parentId) ?? []).flatMap(department => [{ department, depth }, ...walk(department.departmentId, depth + 1)])
  return walk(undefined, 0)
}

function tree(desk: PeopleDesk, visit: SignedVisit): Page {
  const { language, person, query, nowMs } = visit
  const texts = peopleAdminTexts(language).departments
  const day = isDay(query.get('day')) ? query.get('day') : dayOf(nowMs)
  const sought = query.get('q').trim().toLowerCase()
  const all = placed(desk.departments.list(person.tenant, day))
  const rows = all.filter(({ department: { code, name } }) => sought === '' || code.toLowerCase().includes(sought) || name.toLowerCase().includes(sought))
  const counts = headcounts(desk.db, person.tenant, day)
  const columns = [{ label: texts.name }, { label: texts.code }, { label: texts.members, isNumber: true as const }, { label: texts.approvers, isNumber: true as const }, { label: texts.classification }, { label: texts.sharesAbove }]
  const cells = ({ department, depth }: Placed) => {
    const { people = 0, approvers = 0 } = counts.get(department.departmentId) ?? {}
    return [
      html`<span class="depth-${Math.min(depth, 6)}"><a href="/people/departments/${department.departmentId}">${department.name}</a></span>`,
      department.code,
      number(people, language),
      number(approvers, language),
      classText(desk, department, language),
      department.sharesAbove ? texts.shares : '',
    ]
  }
  const body = html`${tabs('departments', language)}<p>${texts.lead}</p>
<form method="get" role="search"><div class="row">${field({ name: 'q', label: texts.words, type: 'search', value: query.get('q') })}${field({ name: 'day', label: texts.day, type: 'date', value: day })}<button>${commonTexts(language).search}</button></div></form>
${rows.length === 0 ? html`<p class="empty">${all.length === 0 ? texts.empty : texts.notFound}</p>` : html`<div class="tree">${dataTable(texts.title, columns, rows.map(cells))}</div>`}
<p class="row no-print">${isAdministrator(visit) && html`<a class="button" href="/people/departments/new">${texts.add}</a>`}<a href="/people/departments.csv?${new URLSearchParams({ day }).toString()}">${adminTexts(language).csv}</a></p>`
  return { kind: 'page', title: texts.title, body, wide: true }
}

function classText({ departments }: PeopleDesk, { departmentId, classification }: Department, language: SignedVisit['language']): string {
  if (classification !== undefined) return String(classification)
  const inherited = departments.classOf(departmentId)
  return inherited === undefined ? '' : peopleAdminTexts(language).departments.inherited(String(inherited))
}

function departmentOf({ departments }: PeopleDesk, { params, person }: SignedVisit): Department {
  const found = departments.byId(Number(params['departmentId']))
  if (!found || found.tenant !== person.tenant) throw new Refused('not-found')
  return found
}

function one(desk: PeopleDesk, visit: SignedVisit): Page {
  const { language, nowMs } = visit
  const { departments: texts, period } = peopleAdminTexts(language)
  const department = departmentOf(desk, visit)
  const { departmentId, code, sharesAbove, fromDate, toDate, parentId } = department
  const today = dayOf(nowMs)
  const members = desk.memberships.ofDepartment(departmentId, today)
  const isClosed = toDate !== undefined && toDate < today
  const acts = peopleActsTexts(language).department
  const links = isAdministrator(visit) && html`<p class="row no-print"><a class="button second" href="/people/departments/${departmentId}/change">${acts.change.title}</a>${!isClosed && html`<a class="button second" href="/people/departments/${departmentId}/close">${acts.close.title}</a>`}</p>`
  const body = html`${tabs('departments', language)}${isClosed && members.length > 0 && noticeBox('warning', html`<p>${texts.closedWithMembers}</p>`)}
${facts([
  [texts.code, code],
  [texts.path, parentId === undefined ? department.name : html`<a href="/people/departments/${parentId}">${desk.departments.pathOf(parentId)}</a> ${department.name}`],
  [texts.classification, classText(desk, department, language) || texts.unset],
  [texts.sharesAbove, sharesAbove ? texts.shares : texts.sharesNot],
  [peopleAdminTexts(language).person.period, period(fromDate, toDate ?? '')],
])}${links}
<h2>${texts.members}</h2>${memberTable(desk, members, language)}
<h2>${texts.mailboxes}</h2>${listOr(desk.mailboxes.heldBy(departmentId, today).map(address => html`<li><a href="/people/mailboxes?q=${encodeURIComponent(address)}">${address}</a></li>`), texts.none)}
<h2>${texts.below}</h2>${listOr(desk.departments.below(departmentId, today).map(each => html`<li><a href="/people/departments/${each.departmentId}">${each.name}</a> <span class="soft">${each.code}</span></li>`), texts.none)}`
  return { kind: 'page', title: department.name, body, wide: true }
}

function memberTable({ people }: PeopleDesk, members: ReturnType<PeopleDesk['memberships']['ofDepartment']>, language: SignedVisit['language']): SafeHtml {
  const { departments: texts, person: words, people: { columns: names } } = peopleAdminTexts(language)
  if (members.length === 0) return html`<p class="empty">${texts.membersNone}</p>`
  const columns = [names.name, words.post, words.kind, words.approves].map(label => ({ label }))
  const rows = members.map(({ personId, post, kind, approves }) => [html`<a href="/people/${personId}">${people.byId(personId)?.name ?? ''}</a>`, post, words.kinds[kind], approves ? words.yes : words.no])
  return html`${!members.some(each => each.approves) && noticeBox('', html`<p>${texts.noApprover}</p>`)}${dataTable(texts.members, columns, rows)}`
}

function listOr(items: readonly SafeHtml[], nothing: string): SafeHtml {
  return items.length === 0 ? html`<p class="empty">${nothing}</p>` : html`<ul>${items}</ul>`
}

type Given = { readonly name: string; readonly parentCode: string; readonly classification: string; readonly sharesAbove: boolean }

function placeFields(language: SignedVisit['language'], given: Given) {
  const texts = peopleAdminTexts(language).departments
  const classes = Object.entries(texts.classes)
  return [
    textField({ name: 'name', label: texts.name, value: given.name, required: true }),
    textField({ name: 'parent', label: texts.parent, hint: texts.parentHint, value: given.parentCode }),
    choiceField('classification', texts.classification, classes, given.classification),
    tickField({ name: 'shares', label: texts.sharesAboveLabel, isSet: given.sharesAbove, yes: texts.shares }),
  ]
}

const placeIn = (form: SignedVisit['form']) => ({
  name: form.get('name'),
  parentCode: form.get('parent').trim(),
  classification: classIn(form.get('classification')),
  sharesAbove: form.get('shares') === 'yes',
})

export function classIn(written: string): Classification | undefined {
  return ['1', '2', '3'].includes(written) ? (Number(written) as Classification) : undefined
}

function addAct(desk: PeopleDesk, { language, person, nowMs }: SignedVisit): ActPage {
  const [texts, { fields: words, department }] = [peopleAdminTexts(language).departments, peopleActsTexts(language)]
  return {
    words: department.add,
    about: '',
    path: '/people/departments/new',
    back: '/people/departments',
    fields: [
      textField({ name: 'code', label: texts.code, required: true }),
      ...placeFields(language, { name: '', parentCode: '', classification: '', sharesAbove: false }),
      textField({ name: 'from', label: words.firstDay, type: 'date', value: dayOf(nowMs), required: true }),
    ],
    perform: (form, by) => {
      if (!isDay(form.get('from'))) throw new PeopleProblem('dates', 'that is no day')
      const { departmentId } = desk.departments.add({ tenant: person.tenant, code: form.get('code'), fromDate: form.get('from'), ...placeIn(form) }, by)
      return { kind: 'redirect', to: `/people/departments/${departmentId}`, say: 'saved' }
    },
  }
}

function actOf(desk: PeopleDesk, visit: SignedVisit): ActPage {
  const department = departmentOf(desk, visit)
  const act = visit.params['act']
  if (act === 'change') return changeAct(desk, visit, department)
  if (act === 'close') return closeAct(desk, visit, department)
  throw new Refused('not-found')
}

function changeAct(desk: PeopleDesk, { language }: SignedVisit, { departmentId, code, name, parentId, classification, sharesAbove }: Department): ActPage {
  const parentCode = parentId === undefined ? '' : (desk.departments.byId(parentId)?.code ?? '')
  return {
    words: peopleActsTexts(language).department.change,
    about: `${name} (${code})`,
    path: `/people/departments/${departmentId}/change`,
    back: `/people/departments/${departmentId}`,
    fields: placeFields(language, { name, parentCode, classification: String(classification ?? ''), sharesAbove }),
    perform: (form, by) => {
      desk.departments.change(departmentId, placeIn(form), by)
      return { kind: 'redirect', to: `/people/departments/${departmentId}`, say: 'saved' }
    },
  }
}

function closeAct(desk: PeopleDesk, { language, nowMs }: SignedVisit, { departmentId, code, name }: Department): ActPage {
  const { fields: words, department } = peopleActsTexts(language)
  return {
    words: department.close,
    about: `${name} (${code})`,
    path: `/people/departments/${departmentId}/close`,
    back: `/people/departments/${departmentId}`,
    isDanger: true,
    fields: [textField({ name: 'last', label: words.lastDay, type: 'date', value: dayOf(nowMs), required: true })],
    perform: (form, by) => {
      const last = form.get('last')
      if (!isDay(last)) throw new PeopleProblem('dates', 'that is no day')
      if (desk.departments.below(departmentId, last).some(({ toDate }) => toDate === undefined || toDate > last)) throw new PeopleProblem('not-empty', 'there are departments below it')
      desk.departments.change(departmentId, { toDate: last }, by)
      return { kind: 'redirect', to: `/people/departments/${departmentId}`, say: 'saved' }
    },
  }
}
