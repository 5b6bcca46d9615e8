/**
 * Break-glass for administrators, the second person and auditors: asking, agreeing, ending, and the list of all that ever was.
 * Reading is glass-read.ts. Nothing here shows a subject: who agrees and who audits decide by the reason.
 *
 *   GET /glass   GET,POST /glass-new   GET /glass/:glassId   POST /glass/:glassId/confirm │ refuse │ end
 */
import type { Glass, Glassed } from '../glass/book.ts'
import { token } from '../http/frame.ts'
import { html, type SafeHtml } from '../http/html.ts'
import { type Answer, FACES, type Page, Refused, type SignedRoute, type SignedVisit } from '../http/route.ts'
import { shortTime, timeElement, timeText } from '../http/when.ts'
import type { MailMessage } from '../ports.ts'
import { glassTexts } from '../texts/glass.ts'
import { type AdminHouse, needing, showing } from './house.ts'
import { actForm, dataTable, facts, field, noticeBox } from './widgets.ts'

const PUBLIC_ID = /^[\w-]{1,64}$/
/** Between what the trace says and what the list of mails says. */
const NEAR_MS = 2_000

export function glassRoutes(house: AdminHouse): SignedRoute[] {
  return [
    { ...needing('glass.see'), method: 'GET', path: '/glass', handle: visit => listPage(house, visit) },
    { ...showing('glass.ask'), method: 'GET', path: '/glass-new', handle: visit => newPage(house, visit, undefined) },
    { ...needing('glass.ask'), method: 'POST', path: '/glass-new', handle: visit => ask(house, visit) },
    { ...needing('glass.ask'), method: 'POST', path: '/glass/:glassId/end', handle: visit => settle(house, visit, (book, id) => book.end(id, visit.person)) },
  ]
}

/** The second person may be an approver, who has no business on the administration face: on every face. */
export function glassSecondRoutes(house: AdminHouse): SignedRoute[] {
  const second = { ...needing('glass.confirm'), faces: FACES } as const
  return [
    { ...showing('glass.confirm'), faces: FACES, roles: ['administrator', 'approver', 'auditor'], method: 'GET', path: '/glass/:glassId', handle: visit => onePage(house, visit, undefined) },
    { ...second, method: 'POST', path: '/glass/:glassId/confirm', handle: visit => settle(house, visit, (book, id) => book.decide(id, visit.person, true)) },
    { ...second, method: 'POST', path: '/glass/:glassId/refuse', handle: visit => settle(house, visit, (book, id) => book.decide(id, visit.person, false)) },
  ]
}

function listPage({ glass }: AdminHouse, visit: SignedVisit): Page {
  const { language, person } = visit
  const texts = glassTexts(language)
  const { asked, asker, reason, mailboxes, decider, state, readings } = texts.columns
  const rows = glass.list(person.tenant).map(each => [
    html`<a href="/glass/${each.glassId}">${timeElement(each.askedAtMs, shortTime(each.askedAtMs, language))}</a>`,
    each.asker.name, each.reason, each.mailboxes.map(mailbox => html`${mailbox}<br>`), each.decider?.name ?? '–', stateTag(each, visit), each.readings,
  ])
  const body = html`<p>${texts.about}</p>${person.roles.has('administrator') && html`<p><a class="button" href="/glass-new">${texts.new}</a></p>`}
<h2>${texts.list}</h2>${rows.length === 0 ? html`<p class="empty">${texts.empty}</p>` : dataTable(texts.list, [{ label: asked }, { label: asker }, { label: reason }, { label: mailboxes }, { label: decider }, { label: state }, { label: readings, isNumber: true }], rows)}`
  return { kind: 'page', title: texts.title, wide: true, body }
}

function stateTag({ state }: Glass, { language }: SignedVisit): SafeHtml {
  return html`<span class="tag ${state === 'open' ? 'kept' : state === 'asked' ? 'pending' : ''}">${glassTexts(language).states[state]}</span>`
}

async function newPage(house: AdminHouse, visit: SignedVisit, wrong: string | undefined): Promise<Page> {
  const texts = glassTexts(visit.language)
  const given = visit.form.get('m') || visit.query.get('m')
  const found = given === '' ? await byQueueId(house, visit, visit.query.get('q')) : [given]
  const number = found.length > 1
    ? html`<fieldset><legend>${texts.several}</legend>${found.map(id => html`<p class="choices"><label><input type="radio" name="m" value="${id}" required><span class="mono">${id}</span></label></p>`)}</fieldset>`
    : field({ name: 'm', label: texts.number, hint: texts.numberHint, value: found[0] ?? '', required: true })
  const body = html`<p>${texts.about}</p>${wrong !== undefined && noticeBox('problem', html`<p>${wrong}</p>`)}
${actForm(visit, '/glass-new', html`${number}<div class="field"><label for="reason">${texts.reason}</label><p class="hint" id="reason-hint">${texts.reasonHint}</p>
<textarea id="reason" name="reason" required maxlength="500" aria-describedby="reason-hint">${visit.form.get('reason')}</textarea></div><div class="row"><button>${texts.ask}</button></div>`)}
<p><a href="/glass">${texts.back}</a></p>`
  return { kind: 'page', title: texts.new, body, ...(wrong !== undefined && { status: 422 as const }) }
}

/** Numbers of the pages of one received mail; [] for a question that finds none. */
async function byQueueId({ operations, mail }: AdminHouse, { person: { tenant } }: SignedVisit, queueId: string): Promise<string[]> {
  if (!PUBLIC_ID.test(queueId)) return []
  const [traced] = await operations.trace({ tenant, queueId, limit: 1 })
  const atMs = traced?.steps.find(({ kind }) => kind === 'accept')?.atMs
  if (!traced || atMs === undefined) return []
  const { rows } = await mail.list({ tenant, mailboxes: traced.recipients, sinceMs: atMs - NEAR_MS, untilMs: atMs + NEAR_MS, limit: 50 })
  return rows.filter(row => row.queueId === queueId).map(({ publicId }) => publicId)
}

async function ask(house: AdminHouse, visit: SignedVisit): Promise<Answer> {
  const texts = glassTexts(visit.language)
  const message = await messageOf(house, visit, visit.form.get('m').trim())
  if (!message) return newPage(house, visit, texts.notFound)
  const asked = house.glass.ask(visit.person, message, visit.form.get('reason'))
  return asked.kind === 'cannot' ? newPage(house, visit, texts.cannot[asked.why]) : { kind: 'redirect', to: `/glass/${asked.glass.glassId}`, say: 'glass-asked' }
}

async function messageOf({ mail }: AdminHouse, { person }: SignedVisit, publicId: string): Promise<MailMessage | undefined> {
  const message = PUBLIC_ID.test(publicId) ? await mail.message(publicId) : undefined
  return message?.tenant === person.tenant ? message : undefined
}

/** Others than administrators and auditors see what waits for them, or what they decided. @throws Refused */
function seen({ glass }: AdminHouse, { params, person }: SignedVisit): Glass {
  const found = glass.find(params['glassId'] ?? '', person.tenant)
  const isHouse = person.roles.has('administrator') || person.roles.has('auditor')
  if (!found || (!isHouse && found.state !== 'asked' && found.decider?.personId !== person.personId)) throw new Refused('not-found')
  return found
}

function onePage(house: AdminHouse, visit: SignedVisit, wrong: string | undefined): Page {
  const { language, person, face } = visit
  const texts = glassTexts(language)
  const glass = seen(house, visit)
  const time = (atMs: number) => timeElement(atMs, timeText(atMs, language, house.era))
  const isAsker = glass.asker.personId === person.personId
  const path = `/glass/${glass.glassId}`
  const maySecond = glass.state === 'asked' && !isAsker && (person.roles.has('administrator') || person.roles.has('approver'))
  const mayEnd = face === 'admin' && person.roles.has('administrator') && (glass.state === 'asked' || glass.state === 'open')
  const body = html`<p>${stateTag(glass, visit)}</p>${wrong !== undefined && noticeBox('problem', html`<p>${wrong}</p>`)}
${glass.state === 'asked' && noticeBox('', html`<p>${texts.waiting}</p>`)}
${facts([
    [texts.columns.asker, `${glass.asker.name} (${glass.asker.login})`],
    [texts.columns.reason, glass.reason],
    [texts.columns.mailboxes, glass.mailboxes.map(mailbox => html`<div>${mailbox}</div>`)],
    [texts.received, time(glass.acceptedAtMs)],
    [texts.columns.asked, time(glass.askedAtMs)],
    [texts.columns.decider, glass.decider ? `${glass.decider.name} (${glass.decider.login})` : '–'],
    [texts.until, time(glass.untilMs)],
    [texts.columns.readings, glass.readings],
    [texts.number, html`<span class="mono">${glass.publicId}</span>`],
  ])}
${glass.state === 'open' && isAsker && face === 'admin' && html`<p><a class="button" href="${path}/read">${texts.read}</a></p>`}
<div class="row">${maySecond && html`<form method="post" action="${path}/confirm" data-once data-confirm="${texts.confirmSure}">${token(visit)}<button>${texts.confirm}</button></form>
${actForm(visit, `${path}/refuse`, html`<button class="danger">${texts.refuse}</button>`)}`}${mayEnd && actForm(visit, `${path}/end`, html`<button class="second">${texts.end}</button>`)}</div>
${face === 'admin' && !person.roles.has('approver') && html`<p><a href="/glass">${texts.back}</a></p>`}`
  return { kind: 'page', title: texts.one, body, ...(wrong !== undefined && { status: 422 as const }) }
}

function settle(house: AdminHouse, visit: SignedVisit, act: (book: AdminHouse['glass'], glassId: string) => Glassed): Answer {
  const { glassId } = seen(house, visit)
  const done = act(house.glass, glassId)
  if (done.kind === 'cannot') return onePage(house, visit, glassTexts(visit.language).cannot[done.why])
  return { kind: 'redirect', to: visit.face === 'admin' || done.glass.decider?.personId === visit.person.personId ? `/glass/${glassId}` : '/', say: 'saved' }
}
