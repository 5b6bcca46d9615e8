/** Mailboxes: all of them with a search; a shared one with its holders, who sees it today, and what leads to it. */
import { options } from '../http/frame.ts'
import { html } from '../http/html.ts'
import { type Page, Refused, type SignedRoute, type SignedVisit } from '../http/route.ts'
import { dayOf } from '../people/day.ts'
import { PeopleProblem } from '../people/people.ts'
import { aliasesOf, type HolderRow, holdersOf, mailboxById, mailboxPage, type MailboxRow } from '../people/registers.ts'
import { adminTexts } from '../texts/admin.ts'
import { commonTexts } from '../texts/common.ts'
import { peopleActsTexts } from '../texts/people-acts.ts'
import { peopleAdminTexts } from '../texts/people-admin.ts'
import { type ActPage, showAct, takeAct, takenBack } from './acts.ts'
import { classIn } from './departments.ts'
import { type AdminHouse, needing } from './house.ts'
import { choiceField, isAdministrator, type PeopleDesk, PEOPLE_PAGE, tabs, textField } from './people-desk.ts'
import { dataTable, facts, field, nextLink, noticeBox } from './widgets.ts'

const KINDS = ['all', 'shared', 'own'] as const

export function mailboxRoutes({ people: desk }: AdminHouse): SignedRoute[] {
  return [
    { ...needing('people.see'), method: 'GET', path: '/people/mailboxes', handle: visit => list(desk, visit) },
    { ...needing('people.change'), method: 'GET', path: '/people/mailboxes/new', handle: visit => showAct(addAct(desk, visit), visit) },
    { ...needing('people.change'), method: 'POST', path: '/people/mailboxes/new', handle: visit => takeAct(desk, addAct(desk, visit), visit) },
    { ...needing('people.see'), method: 'GET', path: '/people/mailboxes/:mailboxId', handle: visit => one(desk, visit) },
    { ...needing('people.change'), method: 'GET', path: '/people/mailboxes/:mailboxId/:act', handle: visit => showAct(actOf(desk, visit), visit) },
    { ...needing('people.change'), method: 'POST', path: '/people/mailboxes/:mailboxId/:act', handle: visit => takeAct(desk, actOf(desk, visit), visit) },
  ]
}

function list(desk: PeopleDesk, visit: SignedVisit): Page {
  const { language, person, query, nowMs } = visit
  const texts = peopleAdminTexts(language).mailboxes
  const kind = KINDS.find(each => each === query.get('kind')) ?? 'all'
  const rows = mailboxPage(desk.db, person.tenant, { after: query.get('after'), limit: PEOPLE_PAGE + 1, words: query.get('q').trim(), kind })
  const shown = rows.slice(0, PEOPLE_PAGE)
  const columns = [texts.address, texts.name, texts.kind, texts.holders, texts.classification].map(label => ({ label }))
  const cells = ({ mailboxId, address, name, ownerId, classification }: MailboxRow) => [
    html`<a href="/people/mailboxes/${mailboxId}">${address}</a>`,
    name,
    ownerId === undefined ? texts.kinds.shared : texts.kinds.own,
    ownerId === undefined ? holdersOf(desk.db, mailboxId, dayOf(nowMs)).map(each => html`${holderName(desk, each)}<br>`) : html`<a href="/people/${ownerId}">${desk.people.byId(ownerId)?.name ?? ''}</a>`,
    classification === undefined ? '' : String(classification),
  ]
  const body = html`${tabs('mailboxes', language)}<p>${texts.lead}</p>
<form method="get" role="search"><div class="row">${field({ name: 'q', label: texts.words, type: 'search', value: query.get('q') })}
<div class="field fit"><label for="kind">${texts.kind}</label><select id="kind" name="kind">${options(KINDS.map(each => [each, texts.kinds[each]]), kind)}</select></div><button>${commonTexts(language).search}</button></div></form>
${shown.length === 0 ? html`<p class="empty">${texts.empty}</p>` : dataTable(texts.title, columns, shown.map(cells))}
${nextLink(visit, rows.length > PEOPLE_PAGE ? shown.at(-1)!.address : undefined, adminTexts(language).more)}
<p class="row no-print">${isAdministrator(visit) && html`<a class="button" href="/people/mailboxes/new">${texts.add}</a>`}<a href="/people/mailboxes.csv?${new URLSearchParams({ q: query.get('q'), kind }).toString()}">${adminTexts(language).csv}</a></p>`
  return { kind: 'page', title: texts.title, body, wide: true }
}

function holderName({ people, departments }: PeopleDesk, { personId, departmentId }: HolderRow): string {
  return personId === undefined ? departments.pathOf(departmentId!) : (people.byId(personId)?.name ?? '')
}

function mailboxOf({ db }: PeopleDesk, { params, person }: SignedVisit): MailboxRow {
  const found = mailboxById(db, person.tenant, Number(params['mailboxId']))
  if (!found) throw new Refused('not-found')
  return found
}

function one(desk: PeopleDesk, visit: SignedVisit): Page {
  const { language, person, nowMs } = visit
  const texts = peopleAdminTexts(language).mailboxes
  const { mailboxId, address, name, ownerId, classification } = mailboxOf(desk, visit)
  const today = dayOf(nowMs)
  const readers = desk.mailboxes.readersOf(person.tenant, [address], today)
  const aliases = aliasesOf(desk.db, person.tenant, address)
  const acts = peopleActsTexts(language).mailbox
  const mayAct = isAdministrator(visit) && ownerId === undefined
  const body = html`${tabs('mailboxes', language)}${facts([
    [texts.address, address],
    [texts.name, name],
    [texts.kind, ownerId === undefined ? texts.kinds.shared : texts.kinds.own],
    ...(ownerId === undefined ? [] : [[texts.owner, html`<a href="/people/${ownerId}">${desk.people.byId(ownerId)?.name ?? ''}</a>`] as const]),
    [texts.classification, classification === undefined ? texts.classes[''] : String(classification)],
  ])}
${mayAct && html`<p class="no-print"><a class="button second" href="/people/mailboxes/${mailboxId}/change">${acts.change.title}</a></p>`}
${ownerId === undefined && html`<h2>${texts.holders}</h2>${holderTable(desk, visit, mailboxId)}`}
${mayAct && html`<p class="no-print"><a class="button second" href="/people/mailboxes/${mailboxId}/add-holder">${acts['add-holder'].title}</a></p>`}
<h2>${texts.readers}</h2>${readers.length === 0 ? html`<p class="empty">${texts.readersNone}</p>` : html`<ul>${readers.map(id => html`<li><a href="/people/${id}">${desk.people.byId(id)?.name ?? ''}</a></li>`)}</ul>`}
${aliases.length > 0 && html`<h2>${texts.aliases}</h2><ul>${aliases.map(each => html`<li>${each}</li>`)}</ul>`}`
  return { kind: 'page', title: name || address, body, wide: true }
}

function holderTable(desk: PeopleDesk, visit: SignedVisit, mailboxId: number) {
  const { language, nowMs } = visit
  const { mailboxes: texts, period, end } = peopleAdminTexts(language)
  const rows = holdersOf(desk.db, mailboxId, dayOf(nowMs))
  if (rows.length === 0) return noticeBox('warning', html`<p>${texts.holdersNone}</p>`)
  const cells = (row: HolderRow) => {
    const { personId, departmentId, fromDate, toDate, holderRow } = row
    const below = departmentId === undefined ? [] : sharing(desk.departments, departmentId, dayOf(nowMs))
    return [
      html`<a href="${personId === undefined ? `/people/departments/${departmentId}` : `/people/${personId}`}">${holderName(desk, row)}</a>${below.length > 0 && html` <span class="soft">${texts.belowToo(below.join(language === 'ja' ? '、' : ', '))}</span>`}`,
      period(fromDate, toDate ?? ''),
      isAdministrator(visit) && html`<a class="button second" href="/people/mailboxes/${mailboxId}/end-holder?holder=${holderRow}">${peopleActsTexts(language).mailbox['end-holder'].title}</a>`,
    ]
  }
  return dataTable(texts.holders, [texts.holder, texts.period, end].map(label => ({ label })), rows.map(cells))
}

/** Names of the departments below that see it too, however deep. */
function sharing(departments: PeopleDesk['departments'], departmentId: number, today: string, depth = 0): string[] {
  if (depth > 12) return []
  const lower = departments.below(departmentId, today).filter(({ sharesAbove, fromDate }) => sharesAbove && fromDate <= today)
  return lower.flatMap(each => [each.name, ...sharing(departments, each.departmentId, today, depth + 1)])
}

function addAct(desk: PeopleDesk, { language, person }: SignedVisit): ActPage {
  const texts = peopleAdminTexts(language).mailboxes
  return {
    words: peopleActsTexts(language).mailbox.add,
    about: '',
    path: '/people/mailboxes/new',
    back: '/people/mailboxes',
    fields: [textField({ name: 'address', label: texts.address, required: true }), ...mailboxFields(language, '', '')],
    perform: (form, by) => {
      const address = desk.mailboxes.addShared({ tenant: person.tenant, address: form.get('address'), name: form.get('name'), classification: classIn(form.get('classification')) }, by)
      const [row] = mailboxPage(desk.db, person.tenant, { after: '', limit: 1, words: address, kind: 'shared' })
      return { kind: 'redirect', to: row ? `/people/mailboxes/${row.mailboxId}` : '/people/mailboxes', say: 'saved' }
    },
  }
}

function mailboxFields(language: SignedVisit['language'], name: string, classification: string) {
  const texts = peopleAdminTexts(language).mailboxes
  return [textField({ name: 'name', label: texts.name, value: name, required: true }), choiceField('classification', texts.classification, Object.entries(texts.classes), classification)]
}

function actOf(desk: PeopleDesk, visit: SignedVisit): ActPage {
  const row = mailboxOf(desk, visit)
  const act = visit.params['act']
  if (row.ownerId !== undefined) throw new Refused('not-found')
  if (act === 'change') return changeAct(desk, visit, row)
  if (act === 'add-holder') return addHolderAct(desk, visit, row)
  if (act === 'end-holder') return endHolderAct(desk, visit, row)
  throw new Refused('not-found')
}

function base(act: 'change' | 'add-holder' | 'end-holder', { language }: SignedVisit, { mailboxId, name, address }: MailboxRow): Omit<ActPage, 'perform'> {
  return { words: peopleActsTexts(language).mailbox[act], about: `${name} (${address})`, path: `/people/mailboxes/${mailboxId}/${act}`, back: `/people/mailboxes/${mailboxId}` }
}

function done({ mailboxId }: MailboxRow) {
  return { kind: 'redirect', to: `/people/mailboxes/${mailboxId}`, say: 'saved' } as const
}

function changeAct(desk: PeopleDesk, visit: SignedVisit, row: MailboxRow): ActPage {
  return {
    ...base('change', visit, row),
    fields: mailboxFields(visit.language, row.name, String(row.classification ?? '')),
    perform: (form, by) => {
      desk.mailboxes.changeShared(visit.person.tenant, row.address, { name: form.get('name'), classification: classIn(form.get('classification')) }, by)
      return done(row)
    },
  }
}

function addHolderAct(desk: PeopleDesk, visit: SignedVisit, row: MailboxRow): ActPage {
  const { language, person, nowMs } = visit
  const [texts, words] = [peopleAdminTexts(language).mailboxes, peopleActsTexts(language).fields]
  return {
    ...base('add-holder', visit, row),
    isDanger: true,
    fields: [
      textField({ name: 'department', label: texts.department, hint: texts.oneOf }),
      textField({ name: 'person', label: texts.person }),
      textField({ name: 'from', label: words.firstDay, type: 'date', value: dayOf(nowMs), required: true }),
      textField({ name: 'to', label: words.lastDay, hint: words.lastDayHint, type: 'date' }),
    ],
    perform: (form, by) => {
      const span = { fromDate: dayIn(form.get('from')), toDate: form.get('to') === '' ? undefined : dayIn(form.get('to')) }
      desk.mailboxes.addHolder(person.tenant, row.address, { ...whoIn(desk, person.tenant, form), ...span }, by)
      return done(row)
    },
  }
}

/** A department or a person, one of them. @throws PeopleProblem */
function whoIn({ people, departments }: PeopleDesk, tenant: string, form: SignedVisit['form']): { readonly personId: number } | { readonly departmentId: number } {
  const [code, login] = [form.get('department').trim(), form.get('person').normalize('NFKC').trim()]
  const department = code === '' || login !== '' ? undefined : departments.byCode(tenant, code)
  const record = login === '' || code !== '' ? undefined : people.byLogin(tenant, login)
  if (department) return { departmentId: department.departmentId }
  if (record) return { personId: record.personId }
  throw new PeopleProblem(login === '' ? 'department' : 'nobody', 'there is no such person or department')
}

function endHolderAct(desk: PeopleDesk, visit: SignedVisit, row: MailboxRow): ActPage {
  const { language, person, nowMs, query } = visit
  const holder = holdersOf(desk.db, row.mailboxId, dayOf(nowMs)).find(({ holderRow }) => String(holderRow) === query.get('holder'))
  return {
    ...base('end-holder', visit, row),
    about: [`${row.name} (${row.address})`, holder ? holderName(desk, holder) : ''].filter(Boolean).join(' / '),
    path: `/people/mailboxes/${row.mailboxId}/end-holder?holder=${holder?.holderRow ?? 0}`,
    isDanger: true,
    fields: [textField({ name: 'last', label: peopleActsTexts(language).fields.lastDay, hint: peopleActsTexts(language).fields.lastDayNow, type: 'date', value: dayOf(nowMs), required: true })],
    perform: (form, by) => {
      const last = dayIn(form.get('last'))
      takenBack(holder !== undefined && desk.mailboxes.endHolder(person.tenant, row.address, holder.holderRow, last, by))
      return done(row)
    },
  }
}

function dayIn(written: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(written)) throw new PeopleProblem('dates', 'that is no day')
  return written
}
