/**
 * Sealed originals: which there are, until when; legal hold and purge. Never what is in them: no route here reads one.
 *
 *   GET /quarantine ─▶ list        GET /quarantine/:queueId ─▶ one, with its form for the legal hold
 *   GET /quarantine/purge ─▶ filter ─POST (dry run)─▶ counted, with what will happen ─POST─▶ purged
 */
import { Readable } from 'node:stream'
import { html } from '../http/html.ts'
import { Refused, type SignedRoute, type SignedVisit } from '../http/route.ts'
import { dayOfField, dayText, shortTime, sizeText } from '../http/when.ts'
import { options } from '../http/frame.ts'
import { csvLine } from '../../store/audit-formats.ts'
import type { PurgeFilter, QuarantineRow } from '../../store/contract.ts'
import type { MailQuestion } from '../ports.ts'
import { adminTexts } from '../texts/admin.ts'
import { commonTexts } from '../texts/common.ts'
import { queueTexts } from '../texts/queue.ts'
import { type AdminHouse, needing } from './house.ts'
import { actForm, csvAnswer, dataTable, facts, field, nextLink, noticeBox, number, reasonField } from './widgets.ts'

const PAGE = 50
const CSV_PAGES = 20
const CSV_PAGE = 500
const LONGEST_REASON = 500
const MOST_PURGED = 100_000
const DAY_MS = 86_400_000

export function quarantineRoutes(house: AdminHouse): SignedRoute[] {
  return [
    { ...needing('quarantine.see'), method: 'GET', path: '/quarantine', handle: visit => list(house, visit) },
    { ...needing('quarantine.see'), method: 'GET', path: '/quarantine.csv', handle: visit => csv(house, visit) },
    { ...needing('quarantine.change'), method: 'GET', path: '/quarantine/purge', handle: visit => purgeForm(visit, {}) },
    { ...needing('quarantine.change'), method: 'POST', path: '/quarantine/purge', handle: visit => purge(house, visit) },
    { ...needing('quarantine.see'), method: 'GET', path: '/quarantine/:queueId', handle: visit => one(house, visit, undefined) },
    { ...needing('quarantine.change'), method: 'POST', path: '/quarantine/:queueId', handle: visit => pin(house, visit) },
  ]
}

/** Found as mails are found, a bounded number of them; then the row of each original. */
export async function originalsOf({ operations, mail }: { readonly operations: Pick<AdminHouse['operations'], 'quarantine'>; readonly mail: Pick<AdminHouse['mail'], 'list'> }, question: MailQuestion) {
  const page = await mail.list(question)
  const queueIds = [...new Set(page.rows.map(row => row.queueId))]
  const rows = queueIds.length === 0 ? [] : await operations.quarantine({ queueIds, tenant: question.tenant, limit: queueIds.length })
  return { rows, next: page.next, searchedToMs: page.searchedToMs }
}

function rowsOf(house: AdminHouse, visit: SignedVisit, limit: number, after: string) {
  return originalsOf(house, { ...questionOf(visit), limit, ...(after === '' ? {} : { after }) })
}

function questionOf({ query, person }: SignedVisit): Omit<MailQuestion, 'limit'> {
  const [sender, fileName, recipient] = [query.get('sender').trim(), query.get('file').trim(), query.get('to').trim()]
  const [sinceMs, untilMs] = [dayOfField(query.get('from')), dayOfField(query.get('until'))]
  return {
    tenant: person.tenant,
    mailboxes: recipient === '' ? 'all' : [recipient],
    state: query.get('state') === 'any' ? 'any' : 'kept',
    ...(sender ? { sender } : {}),
    ...(fileName ? { fileName } : {}),
    ...(sinceMs === undefined ? {} : { sinceMs }),
    ...(untilMs === undefined ? {} : { untilMs: untilMs + DAY_MS - 1 }),
  }
}

async function list(house: AdminHouse, visit: SignedVisit) {
  const { language, query, person } = visit
  const [words, texts] = [adminTexts(language), queueTexts(language).quarantine]
  const { rows, next, searchedToMs } = await rowsOf(house, visit, PAGE, query.get('after'))
  const columns = [words.id, words.time, words.sender, words.subject, texts.parts, texts.until, words.size].map(label => ({ label }))
  const table = dataTable(texts.title, columns, rows.map(row => cellsOf(row, visit)))
  const body = html`<p>${texts.lead}</p>
<form method="get" role="search"><div class="row">${field({ name: 'sender', label: words.sender, value: query.get('sender') })}
${field({ name: 'to', label: words.recipient, value: query.get('to') })}${field({ name: 'file', label: words.file, value: query.get('file') })}
${field({ name: 'from', label: words.from, type: 'date', value: query.get('from') })}${field({ name: 'until', label: words.until, type: 'date', value: query.get('until') })}
<div class="field"><label for="state">${texts.scope}</label><select id="state" name="state">${options([['kept', texts.keptOnly], ['any', texts.everything]], query.get('state'))}</select></div></div>
<button>${commonTexts(language).search}</button></form>
${rows.length === 0 ? html`<p class="empty">${texts.empty}</p>` : table}
${searchedToMs !== undefined && html`<p>${words.searchOn(dayText(searchedToMs, language, house.era))}</p>`}
${nextLink(visit, next, words.more)}
<p class="row no-print"><a href="/quarantine.csv?${new URLSearchParams(['sender', 'to', 'file', 'from', 'until', 'state'].flatMap(name => (query.get(name) ? [[name, query.get(name)]] : []))).toString()}">${words.csv}</a>
${person.roles.has('administrator') && html`<a href="/quarantine/purge">${texts.purgeTitle}</a>`}</p>`
  return { kind: 'page', title: texts.title, body, wide: true } as const
}

function cellsOf(row: QuarantineRow, { language }: SignedVisit) {
  const words = adminTexts(language)
  return [
    html`<a href="/quarantine/${encodeURIComponent(row.queueId)}">${row.queueId}</a>`,
    shortTime(row.acceptedAtMs, language),
    row.reversePath || words.nobody,
    row.subject,
    row.parts.map(({ name, detectedType }) => html`${name || detectedType}<br>`),
    untilText(row, language),
    sizeText(row.bytes),
  ]
}

function untilText(row: QuarantineRow, language: SignedVisit['language']): string {
  const texts = queueTexts(language).quarantine
  if (row.purged) return texts.purged
  return row.pinned ? texts.pinned : shortTime(row.expiresAtMs, language)
}

/** Begins at once and is never whole in memory: it may be ten thousand rows. */
function csv(house: AdminHouse, visit: SignedVisit) {
  return csvAnswer('quarantine.csv', Readable.from(csvLines(house, visit)))
}

async function* csvLines(house: AdminHouse, visit: SignedVisit): AsyncGenerator<Buffer> {
  const { language } = visit
  const [words, texts] = [adminTexts(language), queueTexts(language).quarantine]
  const lineOf = (row: QuarantineRow) => {
    const until = row.purged ? texts.purged : row.pinned ? texts.pinned : new Date(row.expiresAtMs).toISOString()
    return csvLine([row.queueId, new Date(row.acceptedAtMs).toISOString(), row.reversePath ?? '', row.subject, row.parts.map(({ name, reason }) => `${name} (${reason})`).join(' / '), until, row.bytes, row.rawSha256])
  }
  yield Buffer.from(`\ufeff${csvLine([words.id, words.time, words.sender, words.subject, texts.parts, texts.until, words.size, 'SHA-256'])}`)
  let after = ''
  for (let page = 0; page < CSV_PAGES; page++) {
    const { rows, next } = await rowsOf(house, visit, CSV_PAGE, after)
    yield Buffer.from(rows.map(lineOf).join(''))
    if (next === undefined) return
    after = next
  }
}

async function rowOf({ operations }: AdminHouse, { params, person }: SignedVisit): Promise<QuarantineRow> {
  const [row] = await operations.quarantine({ queueId: params['queueId']!, tenant: person.tenant, limit: 1 })
  if (!row) throw new Refused('not-found')
  return row
}

async function one(house: AdminHouse, visit: SignedVisit, wrong: string | undefined) {
  const { language, person } = visit
  const [words, texts] = [adminTexts(language), queueTexts(language).quarantine]
  const row = await rowOf(house, visit)
  const form = person.roles.has('administrator') && !row.purged && html`<h2>${row.pinned ? texts.unpin : texts.pin}</h2><p>${row.pinned ? texts.unpinWhat : texts.pinWhat}</p>
${actForm(visit, `/quarantine/${encodeURIComponent(row.queueId)}`, html`<input type="hidden" name="pinned" value="${row.pinned ? 'no' : 'yes'}">${reasonField(language, wrong)}<button>${row.pinned ? texts.unpin : texts.pin}</button>`)}`
  const body = html`${facts([
    [words.time, shortTime(row.acceptedAtMs, language)],
    [words.sender, row.reversePath || words.nobody],
    [words.subject, row.subject],
    [words.size, sizeText(row.bytes)],
    [texts.until, untilText(row, language)],
    ['SHA-256', html`<span class="mono">${row.rawSha256}</span>`],
  ])}
${row.parts.length > 0 && dataTable(texts.parts, [words.file, words.what, words.reason].map(label => ({ label })), row.parts.map(({ name, detectedType, reason }) => [name || detectedType, detectedType, reason]))}
${form}<p><a href="/trace/${encodeURIComponent(row.queueId)}">${queueTexts(language).toTrace}</a></p>`
  return { kind: 'page', title: texts.one(row.queueId), body, ...(wrong === undefined ? {} : { status: 422 as const }) } as const
}

async function pin(house: AdminHouse, visit: SignedVisit) {
  const { form, params, person } = visit
  const reason = form.get('reason').trim().slice(0, LONGEST_REASON)
  if (reason === '') return one(house, visit, 'missing')
  const pinned = form.get('pinned') === 'yes'
  const done = await house.operations.pin(params['queueId']!, person.tenant, pinned, { actor: `user:${person.login}`, reason })
  if (!done) throw new Refused('conflict')
  return { kind: 'redirect', to: `/quarantine/${encodeURIComponent(params['queueId']!)}`, say: pinned ? 'pinned' : 'unpinned' } as const
}

type Counted = { readonly messages: number; readonly bytes: number }
type PurgeState = { readonly counted?: Counted; readonly problem?: 'filter' | 'reason' | 'nothing' }

function purgeForm(visit: SignedVisit, { counted, problem }: PurgeState) {
  const { language, form } = visit
  const [words, texts] = [adminTexts(language), queueTexts(language).quarantine]
  const given = (name: string) => form.get(name)
  const filterFields = html`<div class="row">${field({ name: 'queueId', label: words.id, value: given('queueId') })}${field({ name: 'sender', label: queueTexts(language).filter.sender, value: given('sender') })}
${field({ name: 'to', label: queueTexts(language).filter.recipient, value: given('to') })}${field({ name: 'before', label: texts.olderThan, type: 'date', value: given('before') })}</div>`
  const hidden = ['queueId', 'sender', 'to', 'before'].map(name => html`<input type="hidden" name="${name}" value="${given(name)}">`)
  const second = counted && html`${noticeBox('warning', html`<p>${texts.dryRunResult(number(counted.messages, language), sizeText(counted.bytes))}</p><p>${texts.purgeWhat}</p>`)}
${actForm(visit, '/quarantine/purge', html`${hidden}<input type="hidden" name="expected" value="${counted.messages}">${reasonField(language, problem === 'reason' ? 'missing' : undefined)}<button class="danger" name="act" value="purge">${texts.purge}</button> <a class="button second" href="/quarantine">${commonTexts(language).cancel}</a>`)}`
  const body = html`<p>${texts.purgeLead}</p>
${problem === 'filter' && noticeBox('problem', html`<p>${texts.needsFilter}</p>`)}${problem === 'nothing' && noticeBox('', html`<p>${texts.nothing}</p>`)}
${second ?? actForm(visit, '/quarantine/purge', html`${filterFields}<button name="act" value="count">${texts.dryRun}</button>`)}`
  return { kind: 'page', title: texts.purgeTitle, body, ...(problem ? { status: 422 as const } : {}) } as const
}

/** Counted first; the second time only as many as were counted may go, or it is counted again. */
async function purge({ operations }: AdminHouse, visit: SignedVisit) {
  const { form, person } = visit
  const filter = purgeFilterOf(visit)
  if (!filter) return purgeForm(visit, { problem: 'filter' })
  const by = { actor: `user:${person.login}`, reason: form.get('reason').trim().slice(0, LONGEST_REASON) || 'dry run' }
  const counted = await operations.purge(filter, by, true)
  if (counted.messages === 0) return purgeForm(visit, { problem: 'nothing' })
  if (form.get('act') !== 'purge' || form.get('expected') !== String(counted.messages)) return purgeForm(visit, { counted })
  if (form.get('reason').trim() === '') return purgeForm(visit, { counted, problem: 'reason' })
  await operations.purge(filter, by, false)
  return { kind: 'redirect', to: '/quarantine', say: 'purged' } as const
}

function purgeFilterOf({ form, person }: SignedVisit): PurgeFilter | undefined {
  const [queueId, sender, recipient] = [form.get('queueId').trim(), form.get('sender').trim(), form.get('to').trim()]
  const olderThanMs = dayOfField(form.get('before'))
  const narrow = { ...(queueId ? { queueId } : {}), ...(sender ? { sender } : {}), ...(recipient ? { recipient } : {}), ...(olderThanMs === undefined ? {} : { olderThanMs }) }
  return Object.keys(narrow).length === 0 ? undefined : { ...narrow, tenant: person.tenant, limit: MOST_PURGED }
}
