/**
 * The queue: list, one message of it, and three acts. Each act has a page of its own that says what will happen, asks for
 * a reason and then posts; the gateway puts both into its chain.
 */
import { html, type SafeHtml } from '../http/html.ts'
import { Refused, type SignedRoute, type SignedVisit } from '../http/route.ts'
import { shortTime, sizeText } from '../http/when.ts'
import { csvLine } from '../../store/audit-formats.ts'
import { HELD_UNTIL_MS, type MessageFilter, type QueueRow } from '../../store/contract.ts'
import { adminTexts } from '../texts/admin.ts'
import { commonTexts } from '../texts/common.ts'
import { queueTexts } from '../texts/queue.ts'
import { type AdminHouse, needing } from './house.ts'
import { actForm, csvAnswer, dataTable, field, noticeBox, reasonField } from './widgets.ts'

const ACTS = ['retry', 'hold', 'drop'] as const
type QueueAct = (typeof ACTS)[number]

const LIST = 200
const CSV_ROWS = 10_000
const LONGEST_REASON = 500

export function queueRoutes(house: AdminHouse): SignedRoute[] {
  return [
    { ...needing('queue.see'), method: 'GET', path: '/queue', handle: visit => list(house, visit) },
    { ...needing('queue.see'), method: 'GET', path: '/queue.csv', handle: visit => csv(house, visit) },
    { ...needing('queue.see'), method: 'GET', path: '/queue/:queueId', handle: visit => one(house, visit) },
    { ...needing('queue.change'), method: 'GET', path: '/queue/:queueId/:act', handle: visit => ask(house, visit, undefined) },
    { ...needing('queue.change'), method: 'POST', path: '/queue/:queueId/:act', handle: visit => perform(house, visit) },
  ]
}

async function list({ operations }: AdminHouse, visit: SignedVisit) {
  const { language } = visit
  const [texts, words] = [queueTexts(language), adminTexts(language)]
  const rows = await operations.queue({ ...filterOf(visit), limit: LIST })
  const columns = [words.id, words.time, words.sender, words.recipients, texts.due, texts.lastReply, words.size].map(label => ({ label }))
  const table = dataTable(texts.title, columns, rows.map(row => cellsOf(row, visit)))
  const body = html`<p>${texts.lead}</p>
<form method="get" role="search" class="row">${field({ name: 'sender', label: texts.filter.sender, value: visit.query.get('sender') })}
${field({ name: 'to', label: texts.filter.recipient, value: visit.query.get('to') })}
${field({ name: 'q', label: texts.filter.queueId, value: visit.query.get('q') })}<button>${commonTexts(language).search}</button></form>
${rows.length === 0 ? html`<p class="empty">${texts.empty}</p>` : html`${table}<p><a href="/queue.csv?${queryOf(visit)}">${words.csv}</a></p>`}`
  return { kind: 'page', title: texts.title, body, wide: true } as const
}

function cellsOf(row: QueueRow, { language, nowMs }: SignedVisit) {
  const words = adminTexts(language)
  const waiting = row.recipients.filter(({ state }) => state.kind === 'scheduled')
  const last = waiting.map(({ state }) => (state.kind === 'scheduled' ? state.lastReply : '')).find(reply => reply !== '')
  return [
    html`<a href="/queue/${encodeURIComponent(row.queueId)}">${row.queueId}</a>`,
    shortTime(row.acceptedAtMs, language),
    row.reversePath || words.nobody,
    waiting.map(({ mailbox }) => html`${mailbox}<br>`),
    dueText(row, language, nowMs),
    last ?? '',
    sizeText(row.messageBytes),
  ]
}

function dueText({ recipients }: QueueRow, language: SignedVisit['language'], nowMs: number): string {
  const due = Math.min(...recipients.flatMap(({ state }) => (state.kind === 'scheduled' ? [state.dueAtMs] : [])))
  if (!Number.isFinite(due)) return ''
  return due >= HELD_UNTIL_MS ? queueTexts(language).held : shortTime(Math.max(due, nowMs), language)
}

async function csv({ operations }: AdminHouse, visit: SignedVisit) {
  const { language } = visit
  const [texts, words] = [queueTexts(language), adminTexts(language)]
  const rows = await operations.queue({ ...filterOf(visit), limit: CSV_ROWS })
  const lines = rows.flatMap(row =>
    row.recipients.map(({ mailbox, state }) => csvLine([row.queueId, new Date(row.acceptedAtMs).toISOString(), row.reversePath ?? '', mailbox, texts.states[state.kind], state.kind === 'scheduled' ? state.lastReply : '', row.messageBytes])),
  )
  const head = csvLine([words.id, words.time, words.sender, words.recipient, words.state, texts.lastReply, words.size])
  return csvAnswer('queue.csv', `\ufeff${head}${lines.join('')}`)
}

async function one({ operations }: AdminHouse, visit: SignedVisit) {
  const { language, params, person } = visit
  const [texts, words] = [queueTexts(language), adminTexts(language)]
  const queueId = params['queueId']!
  const rows = await operations.queue({ queueId, tenant: person.tenant, limit: LIST })
  const [row] = rows
  if (!row) return { kind: 'page', status: 404, title: texts.one(queueId), body: html`<p>${texts.gone}</p><p><a href="/trace/${encodeURIComponent(queueId)}">${texts.toTrace}</a></p>` } as const
  const columns = [words.recipient, words.state, texts.attempts, texts.due, texts.lastReply].map(label => ({ label }))
  const recipients = rows.flatMap(each => each.recipients).map(({ mailbox, state }) => [
    mailbox,
    texts.states[state.kind],
    state.kind === 'scheduled' ? String(state.attempts) : '',
    state.kind === 'scheduled' ? (state.dueAtMs >= HELD_UNTIL_MS ? texts.held : shortTime(state.dueAtMs, language)) : shortTime(state.atMs, language),
    state.kind === 'scheduled' ? state.lastReply : state.kind === 'dropped' ? state.why : state.reply,
  ])
  const links = person.roles.has('administrator') && html`<p class="row">${ACTS.map(act => html`<a class="button ${act === 'retry' ? '' : 'second'}" href="/queue/${encodeURIComponent(queueId)}/${act}">${texts.acts[act].button}</a>`)}</p>`
  const body = html`<p>${row.reversePath || words.nobody} · ${shortTime(row.acceptedAtMs, language)} · ${sizeText(row.messageBytes)} · ${texts.route} ${row.route}</p>
${dataTable(words.recipients, columns, recipients)}${links}<p><a href="/trace/${encodeURIComponent(queueId)}">${texts.toTrace}</a></p>`
  return { kind: 'page', title: texts.one(queueId), body } as const
}

async function ask({ operations }: AdminHouse, visit: SignedVisit, wrong: string | undefined) {
  const { language, params, person } = visit
  const texts = queueTexts(language)
  const act = actOf(params['act'])
  const queueId = params['queueId']!
  const rows = await operations.queue({ queueId, tenant: person.tenant, limit: LIST })
  if (rows.length === 0) throw new Refused('conflict')
  const waiting = rows.flatMap(row => row.recipients).filter(({ state }) => state.kind === 'scheduled')
  const inside: SafeHtml = html`${noticeBox(act === 'drop' ? 'warning' : '', html`<p><strong>${texts.confirm}</strong></p><p>${texts.acts[act].what}</p><ul>${waiting.map(({ mailbox }) => html`<li>${mailbox}</li>`)}</ul>`)}
${actForm(visit, `/queue/${encodeURIComponent(queueId)}/${act}`, html`${reasonField(language, wrong)}<button class="${act === 'drop' ? 'danger' : ''}">${texts.acts[act].button}</button> <a class="button second" href="/queue/${encodeURIComponent(queueId)}">${commonTexts(language).cancel}</a>`)}`
  return { kind: 'page', title: `${texts.acts[act].title} ${queueId}`, body: inside, ...(wrong === undefined ? {} : { status: 422 as const }) } as const
}

async function perform(house: AdminHouse, visit: SignedVisit) {
  const { params, person, form } = visit
  const act = actOf(params['act'])
  const reason = form.get('reason').trim().slice(0, LONGEST_REASON)
  if (reason === '') return ask(house, visit, 'missing')
  const filter = { queueId: params['queueId']!, tenant: person.tenant, limit: LIST }
  const count = await house.operations[act](filter, { actor: `user:${person.login}`, reason })
  if (count === 0) throw new Refused('conflict')
  return { kind: 'redirect', to: '/queue', say: queueTexts(visit.language).acts[act].done } as const
}

function actOf(given: string | undefined): QueueAct {
  const act = ACTS.find(each => each === given)
  if (!act) throw new Refused('not-found')
  return act
}

function filterOf({ query, person }: SignedVisit): Omit<MessageFilter, 'limit'> {
  const [sender, recipient, queueId] = [query.get('sender').trim(), query.get('to').trim(), query.get('q').trim()]
  return { tenant: person.tenant, ...(sender ? { sender } : {}), ...(recipient ? { recipient } : {}), ...(queueId ? { queueId } : {}) }
}

function queryOf({ query }: SignedVisit): string {
  return String(new URLSearchParams(['sender', 'to', 'q'].flatMap(name => (query.get(name) ? [[name, query.get(name)]] : []))))
}
