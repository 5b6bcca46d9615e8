/** What administrators do to a person; each act by acts.ts, in two presses, with a reason. */
import type { Answer, SignedVisit } from '../http/route.ts'
import { addDays, dayOf } from '../people/day.ts'
import { PeopleProblem, type PersonRecord } from '../people/people.ts'
import { endSessions, invite } from '../sign-in/invitations.ts'
import { type PeopleActsTexts, peopleActsTexts } from '../texts/people-acts.ts'
import { peopleAdminTexts } from '../texts/people-admin.ts'
import { type PeopleLetter, peopleLettersTexts } from '../texts/people-letters.ts'
import { type ActPage, takenBack } from './acts.ts'
import { choiceField, type PeopleDesk, textField, tickField } from './people-desk.ts'
import { linkPage, roleFields, rolesOf } from './people.ts'

export type PersonAct = Exclude<keyof PeopleActsTexts['person'], 'add'>
type Make = (desk: PeopleDesk, visit: SignedVisit, record: PersonRecord) => ActPage

export const PERSON_ACTS: Readonly<Record<PersonAct, Make>> = {
  change: changeAct,
  invite: (desk, visit, record) => ({
    ...base('invite', visit, record),
    perform: (_form, by) => {
      const token = invite(desk, record, { hours: desk.invitationHours, resetFactors: false, by })
      tell(desk, record, 'invited')
      return linkPage(desk, visit, { personId: record.personId, name: record.name, token })
    },
  }),
  'reset-factors': (desk, visit, record) => ({
    ...base('reset-factors', visit, record),
    isDanger: true,
    perform: (_form, by) => {
      desk.factors.reset(record.personId, by)
      tell(desk, record, 'reset')
      return done(record)
    },
  }),
  unlink: (desk, visit, record) => ({ ...base('unlink', visit, record), isDanger: true, perform: (_form, by) => after(record, () => takenBack(desk.linked.unlink(record, by))) }),
  'end-sessions': (desk, visit, record) => ({ ...base('end-sessions', visit, record), perform: (_form, by) => after(record, () => endSessions(desk, record, by)) }),
  disable: (desk, visit, record) => ({ ...base('disable', visit, record), isDanger: true, perform: (_form, by) => after(record, () => desk.people.setDisabled(record.personId, true, by)) }),
  enable: (desk, visit, record) => ({ ...base('enable', visit, record), perform: (_form, by) => after(record, () => desk.people.setDisabled(record.personId, false, by)) }),
  join: joinAct,
  leave: leaveAct,
  away: awayAct,
  back: (desk, visit, record) => ({ ...base('back', visit, record), perform: (_form, by) => after(record, () => desk.memberships.setBack(record.personId, dayOf(visit.nowMs), by)) }),
  deputy: deputyAct,
  'end-deputy': (desk, visit, record) => {
    const deputy = desk.people.byId(numberOf(visit, 'deputy'))
    return {
      ...base('end-deputy', visit, record),
      about: [aboutOf(record), deputy?.tenant === record.tenant ? deputy.name : ''].filter(Boolean).join(' / '),
      path: `/people/${record.personId}/end-deputy?deputy=${numberOf(visit, 'deputy')}`,
      perform: (_form, by) => after(record, () => desk.memberships.endDeputy(record.personId, numberOf(visit, 'deputy'), addDays(dayOf(visit.nowMs), -1), by)),
    }
  },
  delegate: delegateAct,
  'end-delegation': (desk, visit, record) => ({
    ...base('end-delegation', visit, record),
    path: `/people/${record.personId}/end-delegation?delegation=${numberOf(visit, 'delegation')}`,
    perform: (_form, by) => after(record, () => takenBack(desk.memberships.endDelegation(numberOf(visit, 'delegation'), record.personId, addDays(dayOf(visit.nowMs), -1), by))),
  }),
}

function base(act: PersonAct, { language }: SignedVisit, record: PersonRecord): Omit<ActPage, 'perform'> {
  return { words: peopleActsTexts(language).person[act], about: aboutOf(record), path: `/people/${record.personId}/${act}`, back: `/people/${record.personId}` }
}

function aboutOf({ name, login }: PersonRecord): string {
  return `${name} (${login})`
}

function done({ personId }: PersonRecord): Answer {
  return { kind: 'redirect', to: `/people/${personId}`, say: 'saved' }
}

function after(record: PersonRecord, act: () => void): Answer {
  act()
  return done(record)
}

/** What the act is about beside the person: it stands in the form's address. */
function numberOf({ query }: SignedVisit, name: string): number {
  return /^\d{1,15}$/.test(query.get(name)) ? Number(query.get(name)) : 0
}

function changeAct(desk: PeopleDesk, visit: SignedVisit, record: PersonRecord): ActPage {
  const { language } = visit
  const [texts, { person: words }] = [peopleActsTexts(language).fields, peopleAdminTexts(language)]
  return {
    ...base('change', visit, record),
    fields: [
      textField({ name: 'name', label: texts.name, value: record.name, required: true }),
      textField({ name: 'number', label: words.staffNumber, value: record.staffNumber ?? '' }),
      textField({ name: 'mailbox', label: texts.mailbox, value: record.mailbox }),
      ...roleFields(language, record.roles),
      textField({ name: 'to', label: texts.lastDay, hint: texts.lastDayHint, type: 'date', value: record.toDate ?? '' }),
    ],
    perform: (form, by) => {
      const change = { name: form.get('name'), staffNumber: form.get('number').trim() || undefined, roles: rolesOf(form), toDate: form.get('to') || undefined }
      desk.people.change(record.personId, change, by)
      const mailbox = form.get('mailbox').trim().toLowerCase()
      if (mailbox !== record.mailbox) desk.people.setMailbox(record.personId, mailbox, by)
      return done(record)
    },
  }
}

function joinAct(desk: PeopleDesk, visit: SignedVisit, record: PersonRecord): ActPage {
  const { language, nowMs, query } = visit
  const [texts, { person: words }] = [peopleActsTexts(language).fields, peopleAdminTexts(language)]
  return {
    ...base('join', visit, record),
    fields: [
      textField({ name: 'department', label: texts.department, value: query.get('department'), required: true }),
      textField({ name: 'post', label: texts.post }),
      choiceField('kind', texts.kind, [['main', words.kinds.main], ['concurrent', words.kinds.concurrent]], 'main'),
      tickField({ name: 'approves', label: texts.approves, isSet: false, yes: words.yes }),
      textField({ name: 'from', label: texts.firstDay, type: 'date', value: dayOf(nowMs), required: true }),
      textField({ name: 'to', label: texts.lastDay, hint: texts.lastDayHint, type: 'date' }),
    ],
    perform: (form, by) => {
      const department = desk.departments.byCode(record.tenant, form.get('department').trim())
      if (!department || (department.toDate !== undefined && department.toDate < form.get('from'))) throw new PeopleProblem('department', 'there is no such department')
      const { departmentId } = department
      const kind = form.get('kind') === 'concurrent' ? 'concurrent' : 'main'
      const given = { personId: record.personId, departmentId, kind, post: form.get('post').trim(), approves: form.get('approves') === 'yes', fromDate: form.get('from'), toDate: form.get('to') || undefined } as const
      return after(record, () => desk.memberships.join(given, by))
    },
  }
}

function leaveAct(desk: PeopleDesk, visit: SignedVisit, record: PersonRecord): ActPage {
  const membershipId = numberOf(visit, 'membership')
  const membership = desk.memberships.oneOf(record.personId, membershipId)
  const texts = peopleActsTexts(visit.language).fields
  return {
    ...base('leave', visit, record),
    about: [aboutOf(record), membership ? `${desk.departments.pathOf(membership.departmentId)} ${membership.post}`.trim() : ''].filter(Boolean).join(' / '),
    path: `/people/${record.personId}/leave?membership=${membershipId}`,
    isDanger: true,
    fields: [textField({ name: 'last', label: texts.lastDay, hint: texts.lastDayNow, type: 'date', value: dayOf(visit.nowMs), required: true })],
    perform: (form, by) => {
      takenBack(membership !== undefined)
      return after(record, () => desk.memberships.leave(membershipId, dayIn(form.get('last')), by))
    },
  }
}

function awayAct(desk: PeopleDesk, visit: SignedVisit, record: PersonRecord): ActPage {
  const [texts, { person: words }] = [peopleActsTexts(visit.language).fields, peopleAdminTexts(visit.language)]
  return {
    ...base('away', visit, record),
    fields: [
      choiceField('kind', texts.awayKind, [['away', words.awayKinds.away], ['leave', words.awayKinds.leave]], 'away'),
      textField({ name: 'from', label: texts.firstDay, type: 'date', value: dayOf(visit.nowMs), required: true }),
      textField({ name: 'to', label: texts.lastDay, hint: texts.lastDayHint, type: 'date' }),
    ],
    perform: (form, by) => after(record, () => desk.memberships.setAway(record.personId, form.get('kind') === 'leave' ? 'leave' : 'away', { fromDate: form.get('from'), toDate: form.get('to') || undefined }, by)),
  }
}

function deputyAct(desk: PeopleDesk, visit: SignedVisit, record: PersonRecord): ActPage {
  const texts = peopleActsTexts(visit.language).fields
  return {
    ...base('deputy', visit, record),
    fields: [
      textField({ name: 'deputy', label: texts.deputy, required: true }),
      choiceField('rank', `${texts.rank} (${texts.rankHint})`, ['1', '2', '3'].map(each => [each, each] as const), '1'),
      textField({ name: 'from', label: texts.firstDay, type: 'date', value: dayOf(visit.nowMs), required: true }),
      textField({ name: 'to', label: texts.lastDay, hint: texts.lastDayHint, type: 'date' }),
    ],
    perform: (form, by) => {
      const deputy = personIn(desk, record, form.get('deputy'))
      const rank = Math.min(3, Math.max(1, Number(form.get('rank')) || 1))
      return after(record, () => desk.memberships.setDeputy(record.personId, deputy.personId, rank, { fromDate: form.get('from'), toDate: form.get('to') || undefined }, by))
    },
  }
}

function delegateAct(desk: PeopleDesk, visit: SignedVisit, record: PersonRecord): ActPage {
  const texts = peopleActsTexts(visit.language).fields
  return {
    ...base('delegate', visit, record),
    isDanger: true,
    fields: [
      textField({ name: 'delegate', label: texts.delegate, required: true }),
      textField({ name: 'from', label: texts.firstDay, type: 'date', value: dayOf(visit.nowMs), required: true }),
      textField({ name: 'to', label: texts.lastDay, type: 'date', required: true }),
    ],
    perform: (form, by) => {
      const colleague = personIn(desk, record, form.get('delegate'))
      desk.memberships.delegate(record.personId, colleague.personId, { fromDate: form.get('from'), toDate: dayIn(form.get('to')) }, by)
      tell(desk, record, 'delegated', `${colleague.name} (${colleague.login}) ${form.get('from')} – ${form.get('to')}`)
      return done(record)
    },
  }
}

function dayIn(written: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(written)) throw new PeopleProblem('dates', 'that is no day')
  return written
}

/** @throws PeopleProblem */
function personIn({ people }: PeopleDesk, { tenant }: PersonRecord, written: string): PersonRecord {
  const found = people.byLogin(tenant, written.normalize('NFKC').trim())
  if (!found) throw new PeopleProblem('nobody', 'there is no such person')
  return found
}

/** What gives somebody a way into a person's mail, that person is told by mail; it cannot be done in silence. */
function tell({ db, tell: put }: PeopleDesk, { personId, tenant, mailbox, name, language }: PersonRecord, what: PeopleLetter, more = ''): void {
  const texts = peopleLettersTexts(language)
  put({ key: `people/${what}/${personId}/${db.nowMs()}`, tenant, to: mailbox, subject: texts.subjects[what], text: texts.text(name, texts.what[what], more) })
}
