/** The audit chains: newest first with filters, and each of them verified on a button. Exports: audit-export.ts. */
import { html, type SafeHtml } from '../http/html.ts'
import { options, token as tokenOf } from '../http/frame.ts'
import type { SignedRoute, SignedVisit } from '../http/route.ts'
import { dayOfField, dayText, timeText } from '../http/when.ts'
import { AUDIT_KINDS } from '../../store/audit.ts'
import { AUDIT_FORMATS } from '../../store/audit-formats.ts'
import type { AuditQuestion } from '../../store/audit-page.ts'
import type { AuditSource } from '../ports.ts'
import { adminTexts } from '../texts/admin.ts'
import { auditKindText } from '../texts/audit-kinds.ts'
import { auditTexts } from '../texts/audit.ts'
import { commonTexts } from '../texts/common.ts'
import { type AdminHouse, needing } from './house.ts'
import { detailText } from './trace.ts'
import { actForm, dataTable, field, nextLink, noticeBox, number } from './widgets.ts'

const PAGE = 50
const DAY_MS = 86_400_000

export function auditRoutes(house: AdminHouse): SignedRoute[] {
  return [
    { ...needing('audit.see'), method: 'GET', path: '/audit', handle: visit => list(house, visit) },
    { ...needing('audit.see'), method: 'POST', path: '/audit/verify', handle: visit => verify(house, visit) },
  ]
}

export function chainOf({ chains }: AdminHouse, name: string): AuditSource {
  return chains.find(chain => chain.name === name) ?? chains[0]!
}

/** Of the fields of a query or form; always within the asker's tenant. */
export function auditQuestionOf({ person }: SignedVisit, get: (name: string) => string): Omit<AuditQuestion, 'limit'> {
  const [kind, actor, subject, text] = [get('kind'), get('actor').trim(), get('subject').trim(), get('text').trim()]
  const [sinceMs, untilMs] = [dayOfField(get('from')), dayOfField(get('until'))]
  return {
    tenant: person.tenant,
    ...(Object.hasOwn(AUDIT_KINDS, kind) ? { kinds: [kind] } : {}),
    ...(actor ? { actor } : {}),
    ...(subject ? { subject } : {}),
    ...(text ? { text } : {}),
    ...(sinceMs === undefined ? {} : { sinceMs }),
    ...(untilMs === undefined ? {} : { untilMs: untilMs + DAY_MS }),
  }
}

async function list(house: AdminHouse, visit: SignedVisit) {
  const { language, query } = visit
  const [texts, words] = [auditTexts(language), adminTexts(language)]
  const chain = chainOf(house, query.get('chain'))
  const before = Number.parseInt(query.get('after'), 10)
  const { records, next, searchedToMs } = await chain.page({ ...auditQuestionOf(visit, query.get), limit: PAGE, ...(before > 0 ? { before } : {}) })
  const columns = [{ label: texts.seq, isNumber: true as const }, { label: words.time, isTime: true as const }, ...[texts.kind, words.who, texts.subject, words.detail].map(label => ({ label }))]
  const rows = records.map(({ seq, atMs, kind, actor, subject, detail }) => [number(seq, language), timeText(atMs, language, house.era), auditKindText(kind, language), actor, subject, detailText(detail)])
  const body = html`<p>${texts.lead}</p>${filterForm(house, visit)}
${records.length === 0 ? html`<p class="empty">${texts.empty}</p>` : dataTable(`${texts.title}: ${texts.chains[chain.name]}`, columns, rows)}
${searchedToMs !== undefined && html`<p>${words.searchOn(dayText(searchedToMs, language, house.era))}</p>`}${nextLink(visit, next, words.more)}
<h2>${texts.verify.title}</h2><p>${texts.verify.lead}</p>${actForm(visit, '/audit/verify', html`<button>${texts.verify.run}</button>`)}
${exportForms(house, visit)}`
  return { kind: 'page', title: texts.title, body, wide: true } as const
}

function filterForm({ chains }: AdminHouse, { language, query }: SignedVisit): SafeHtml {
  const [texts, words] = [auditTexts(language), adminTexts(language)]
  const kinds = [['', words.all] as const, ...Object.keys(AUDIT_KINDS).map(kind => [kind, auditKindText(kind, language)] as const)]
  return html`<form method="get" role="search"><div class="row">
<div class="field"><label for="chain">${texts.chain}</label><select id="chain" name="chain">${options(chains.map(({ name }) => [name, texts.chains[name]!] as const), query.get('chain'))}</select></div>
<div class="field"><label for="kind">${texts.kind}</label><select id="kind" name="kind">${options(kinds, query.get('kind'))}</select></div>
${field({ name: 'actor', label: words.who, value: query.get('actor') })}${field({ name: 'subject', label: texts.subject, value: query.get('subject') })}
${field({ name: 'text', label: texts.text, value: query.get('text') })}${field({ name: 'from', label: words.from, type: 'date', value: query.get('from') })}
${field({ name: 'until', label: words.until, type: 'date', value: query.get('until') })}</div><button>${commonTexts(language).search}</button></form>`
}

const FILTERS = ['chain', 'kind', 'actor', 'subject', 'text', 'from', 'until'] as const

/** The filter of the page goes along with both, by POST: each leaves a record. */
function exportForms({ operations }: AdminHouse, visit: SignedVisit): SafeHtml {
  const { language, query } = visit
  const texts = auditTexts(language)
  const filters = FILTERS.map(name => html`<input type="hidden" name="${name}" value="${query.get(name)}">`)
  const formats = (id: string, names: readonly string[]) => html`<div class="field"><label for="${id}">${texts.export.format}</label><select id="${id}" name="format">${options(names.map(name => [name, texts.export.formats[name]!] as const), '')}</select></div>`
  return html`<div class="no-print"><h2>${texts.export.title}</h2><p>${texts.export.lead}</p>
<form method="post" action="/audit/export">${tokenOf(visit)}${filters}${formats('format', AUDIT_FORMATS)}<button>${texts.export.save}</button></form>
<h2>${texts.forward.title}</h2>${operations.collector === '' ? html`<p class="soft">${texts.forward.none}</p>` : html`<p>${texts.forward.lead(operations.collector)}</p>${actForm(visit, '/audit/forward', html`${filters}${formats('forward-format', ['syslog', 'cef'])}<button>${texts.forward.send}</button>`)}`}</div>`
}

async function verify({ chains, record }: AdminHouse, { language, nowMs, person }: SignedVisit) {
  const texts = auditTexts(language)
  const verdicts = await Promise.all(chains.map(async chain => ({ name: chain.name, verdict: await chain.verify().catch(() => undefined) })))
  const isWhole = verdicts.every(({ verdict }) => verdict?.ok)
  record({ tenant: person.tenant, kind: 'verify', actor: `user:${person.login}`, subject: 'audit', detail: { ok: isWhole, chains: chains.map(({ name }) => name).join(' ') } })
  const body = html`<p>${texts.verify.at(timeText(nowMs, language))}</p>
${verdicts.map(({ name, verdict }) =>
  noticeBox(
    verdict?.ok ? 'done' : 'problem',
    html`<h2>${texts.chains[name]}</h2><p>${verdict === undefined ? texts.verify.failed : verdict.ok ? texts.verify.whole(number(verdict.records, language), number(verdict.headSeq, language)) : texts.verify.broken(number(verdict.seq, language), verdict.problem)}</p>
${verdict?.ok && html`<p class="mono">${verdict.headHash}</p>`}`,
  ),
)}
<p><a href="/audit">${texts.title}</a></p>`
  return { kind: 'page', title: texts.verify.title, body } as const
}
