/**
 * The registers of people as files for spreadsheets, by the filter of their pages: departments, mailboxes, delegations.
 *
 *   GET /people/departments.csv   GET /people/mailboxes.csv   GET /people/delegations.csv
 */
import { csvLine } from '../../store/audit-formats.ts'
import type { Answer, SignedRoute, SignedVisit } from '../http/route.ts'
import { dayOf, isDay } from '../people/day.ts'
import { delegationPage, headcounts, holdersOf, mailboxPage } from '../people/registers.ts'
import { peopleAdminTexts } from '../texts/people-admin.ts'
import { type AdminHouse, needing } from './house.ts'
import type { PeopleDesk } from './people-desk.ts'
import { csvAnswer } from './widgets.ts'

const MOST_ROWS = 50_000
/** Says UTF-8 to spreadsheets. */
const MARK = '\ufeff'

export function peopleCsvRoutes({ people: desk }: AdminHouse): SignedRoute[] {
  const of = (path: string, handle: (desk: PeopleDesk, visit: SignedVisit) => Answer): SignedRoute => ({ ...needing('people.see'), method: 'GET', path, handle: visit => handle(desk, visit) })
  return [of('/people/departments.csv', departments), of('/people/mailboxes.csv', mailboxes), of('/people/delegations.csv', delegations)]
}

function departments({ db, departments: tree }: PeopleDesk, { language, person, query, nowMs }: SignedVisit): Answer {
  const texts = peopleAdminTexts(language).departments
  const day = isDay(query.get('day')) ? query.get('day') : dayOf(nowMs)
  const counts = headcounts(db, person.tenant, day)
  const lines = tree.list(person.tenant, day).map(({ departmentId, code, name, parentId, sharesAbove, fromDate, toDate = '' }) => {
    const { people = 0, approvers = 0 } = counts.get(departmentId) ?? {}
    const parent = parentId === undefined ? '' : (tree.byId(parentId)?.code ?? '')
    return csvLine([code, name, parent, tree.pathOf(departmentId), people, approvers, tree.classOf(departmentId) ?? '', sharesAbove ? texts.shares : '', fromDate, toDate])
  })
  const { person: words } = peopleAdminTexts(language)
  return csvAnswer('departments.csv', MARK + csvLine([texts.code, texts.name, texts.parent, texts.path, texts.members, texts.approvers, texts.classification, texts.sharesAbove, words.from, words.to]) + lines.join(''))
}

function mailboxes({ db, people, departments: tree }: PeopleDesk, { language, person, query, nowMs }: SignedVisit): Answer {
  const texts = peopleAdminTexts(language).mailboxes
  const kind = (['shared', 'own'] as const).find(each => each === query.get('kind')) ?? 'all'
  const nameOf = (personId: number) => people.byId(personId)?.name ?? ''
  const lines = mailboxPage(db, person.tenant, { after: '', limit: MOST_ROWS, words: query.get('q').trim(), kind }).map(({ mailboxId, address, name, ownerId, classification = '' }) => {
    const holders = ownerId === undefined ? holdersOf(db, mailboxId, dayOf(nowMs)).map(each => (each.personId === undefined ? tree.pathOf(each.departmentId!) : nameOf(each.personId))) : [nameOf(ownerId)]
    return csvLine([address, name, ownerId === undefined ? texts.kinds.shared : texts.kinds.own, holders.join(' / '), classification])
  })
  return csvAnswer('mailboxes.csv', MARK + csvLine([texts.address, texts.name, texts.kind, texts.holders, texts.classification]) + lines.join(''))
}

function delegations({ db, people }: PeopleDesk, { language, person, query, nowMs }: SignedVisit): Answer {
  const { delegations: texts, person: words, people: { columns } } = peopleAdminTexts(language)
  const today = dayOf(nowMs)
  const rows = delegationPage(db, person.tenant, { before: Number.MAX_SAFE_INTEGER, limit: MOST_ROWS, words: query.get('q').trim(), from: query.get('state') === 'open' ? today : '' })
  const lines = rows.map(({ ownerId, owner, delegateId, delegate, fromDate, toDate }) => {
    const state = toDate < today ? texts.states.over : fromDate > today ? texts.states.later : texts.states.now
    return csvLine([owner, people.byId(ownerId)?.name ?? '', delegate, people.byId(delegateId)?.name ?? '', fromDate, toDate, state])
  })
  return csvAnswer('delegations.csv', MARK + csvLine([texts.owner, columns.name, texts.delegate, columns.name, words.from, words.to, texts.state]) + lines.join(''))
}
