/** Small forms of a mail's page: who takes care of it, with whom it is shared, whether it was read. */
import type { House } from '../house.ts'
import { options, token } from '../http/frame.ts'
import { html, type SafeHtml } from '../http/html.ts'
import { type Answer, type Page, Refused, type Route, type SignedVisit } from '../http/route.ts'
import { shortTime } from '../http/when.ts'
import { CARE_ACTS, type CareAct, stampOf } from '../keeping/cares.ts'
import type { MailMessage } from '../ports.ts'
import { commonTexts } from '../texts/common.ts'
import { messageTexts } from '../texts/message.ts'
import { mayDo, ofMessage, type Reading, STAFF } from './reading.ts'

export function messageFormRoutes(house: House): Route[] {
  return [
    { ...STAFF, method: 'POST', path: '/m/:publicId/care', handle: ofMessage(house, (visit, reading) => care(house, visit, reading)) },
    { ...STAFF, method: 'POST', path: '/m/:publicId/share', handle: ofMessage(house, (visit, reading) => share(house, visit, reading)) },
    { ...STAFF, method: 'POST', path: '/m/:publicId/unread', handle: ofMessage(house, (visit, reading) => unread(house, visit, reading)) },
  ]
}

export function careForms({ keeping }: House, visit: SignedVisit, reading: Reading): SafeHtml {
  // Only mail that several people read has somebody in care of it.
  if (!mayDo(visit, 'mail.care', reading)) return html``
  const { publicId, tenant } = reading.message
  const { care: texts } = messageTexts(visit.language)
  const now = keeping.cares.of(tenant, [publicId]).get(publicId)
  const when = now === undefined ? '' : shortTime(now.atMs, visit.language)
  const acts: readonly (readonly [CareAct, string])[] =
    now === undefined ? [['take', texts.take], ['done', texts.done_]] : now.state === 'done' ? [['reopen', texts.reopen]] : [['done', texts.done_], now.personId === visit.person.personId ? ['release', texts.release] : ['take', texts.take]]
  return html`<h2>${texts.title}</h2>
<p>${now === undefined ? texts.nobody : texts[now.state](now.name, when)}</p>
<form method="post" action="/m/${publicId}/care" class="row">${token(visit)}<input type="hidden" name="seen" value="${stampOf(now)}">
${acts.map(([act, label]) => html`<button class="second" name="act" value="${act}">${label}</button>`)}</form>`
}

function care({ keeping }: House, visit: SignedVisit, reading: Reading): Answer {
  const act = CARE_ACTS.find(each => each === visit.form.get('act'))
  if (act === undefined) throw new Refused('bad-request')
  if (!mayDo(visit, 'mail.care', reading)) throw new Refused('not-allowed')
  if (!keeping.cares.act(visit.person, reading.message.publicId, act, visit.form.get('seen'))) return tooLate(visit, reading.message)
  return { kind: 'redirect', to: `/m/${reading.message.publicId}`, say: 'saved' }
}

function tooLate({ language }: SignedVisit, { publicId }: MailMessage): Page {
  const texts = messageTexts(language)
  const body = html`<div class="notice problem" role="alert"><p>${texts.care.late}</p></div><p><a class="button" href="/m/${publicId}">${commonTexts(language).back}</a></p>`
  return { kind: 'page', status: 409, title: texts.cannotTitle, body }
}

/** A recipient's to do; whoever reads a mail because it was shared cannot share it on. */
export function shareForms({ reach, keeping }: House, visit: SignedVisit, reading: Reading): SafeHtml {
  const { message } = reading
  const departments = reach.departmentsOf(visit.person, visit.nowMs)
  if (!mayDo(visit, 'mail.pass-on', reading) || departments.length === 0) return html``
  const { share: texts } = messageTexts(visit.language)
  const now = keeping.shares.of(message.tenant, message.publicId)
  const nameOf = (id: number) => departments.find(({ departmentId }) => departmentId === id)?.name ?? texts.somewhere
  const left = departments.filter(({ departmentId }) => !now.some(share => share.departmentId === departmentId))
  return html`<details><summary>${texts.title}</summary><p class="soft">${texts.hint}</p>
${now.map(share => html`<p>${texts.now(nameOf(share.departmentId), share.name, shortTime(share.atMs, visit.language))}</p>`)}
<form method="post" action="/m/${message.publicId}/share" class="row">${token(visit)}
${left.length > 0 && html`<div class="field fit"><label for="department">${texts.with}</label><select id="department" name="department">${options(left.map(({ departmentId, name }) => [String(departmentId), name] as const), '')}</select></div>
<button class="second" name="act" value="share">${texts.act}</button>`}
${now.length > 0 && html`<button class="second" name="act" value="end">${texts.end}</button>`}</form></details>`
}

function share({ reach, keeping }: House, visit: SignedVisit, reading: Reading): Answer {
  const { message } = reading
  if (!mayDo(visit, 'mail.pass-on', reading)) throw new Refused('not-allowed')
  const to = { kind: 'redirect', to: `/m/${message.publicId}`, say: 'saved' } as const
  if (visit.form.get('act') === 'end') {
    keeping.shares.end(visit.person, message.publicId)
    return to
  }
  const departments = reach.departmentsOf(visit.person, visit.nowMs)
  const chosen = departments.find(({ departmentId }) => String(departmentId) === visit.form.get('department'))
  if (!chosen) throw new Refused('bad-request')
  keeping.shares.share(visit.person, message.publicId, chosen.departmentId)
  return to
}

export function unreadForm(visit: SignedVisit, { publicId }: MailMessage): SafeHtml {
  return html`<form method="post" action="/m/${publicId}/unread">${token(visit)}<button class="second">${messageTexts(visit.language).unread}</button></form>`
}

function unread({ keeping }: House, visit: SignedVisit, { message }: Reading): Answer {
  keeping.readMarks.unread(visit.person, message.publicId)
  return { kind: 'redirect', to: '/', say: 'saved' }
}
