/**
 * One message's whole life, found by whatever somebody has of it: an id, a page number, an address, a file name, a digest.
 *
 *   question ─▶ [what is it?] ─┬▶ queue id, digest, Message-ID, page number: by an index
 *                              └▶ address, file name: a search that looks at a bounded number of mails and can go on
 *
 * Steps come from every chain there is (gateway, vault, portal). Metadata only.
 */
import { html, type SafeHtml } from '../http/html.ts'
import { Refused, type SignedRoute, type SignedVisit } from '../http/route.ts'
import { dayText, shortTime, sizeText } from '../http/when.ts'
import type { Report } from '../../core/verdict.ts'
import { csvLine } from '../../store/audit-formats.ts'
import type { MailPage, MailQuestion } from '../ports.ts'
import { adminTexts } from '../texts/admin.ts'
import { commonTexts } from '../texts/common.ts'
import { glassTexts } from '../texts/glass.ts'
import { auditKindText } from '../texts/audit-kinds.ts'
import { traceTexts } from '../texts/trace.ts'
import { type AdminHouse, needing } from './house.ts'
import { type LifeStep, lifeOf } from './life.ts'
import { csvAnswer, dataTable, facts, field, nextLink } from './widgets.ts'

const PAGE = 50
/** Of a file. */
const MOST_PAGES = 40

export function traceRoutes(house: AdminHouse): SignedRoute[] {
  return [
    { ...needing('dashboard.see'), method: 'GET', path: '/trace', handle: visit => search(house, visit) },
    { ...needing('dashboard.see'), method: 'GET', path: '/trace.csv', handle: visit => csv(house, visit) },
    { ...needing('dashboard.see'), method: 'GET', path: '/trace/:queueId', handle: visit => one(house, visit) },
  ]
}

async function search(house: AdminHouse, visit: SignedVisit) {
  const { language, query } = visit
  const [words, texts] = [adminTexts(language), traceTexts(language)]
  const question = query.get('q').trim()
  const found = question === '' ? undefined : await find(house, { tenant: visit.person.tenant, question, after: query.get('after') })
  if (found && 'queueId' in found) return { kind: 'redirect', to: `/trace/${encodeURIComponent(found.queueId)}` } as const
  const body = html`<p>${texts.lead}</p>
<form method="get" role="search">${field({ name: 'q', label: texts.question, value: question, type: 'search' })}<button>${commonTexts(language).search}</button></form>
${found && resultList(found, house, visit)}
${found && found.searchedToMs !== undefined && html`<p>${words.searchOn(dayText(found.searchedToMs, language, house.era))}</p>`}
${found && nextLink(visit, found.next, words.more)}
${found && found.rows.length > 0 && html`<p class="no-print"><a href="/trace.csv?${new URLSearchParams({ q: question }).toString()}">${words.csv}</a></p>`}`
  return { kind: 'page', title: texts.title, body, wide: true } as const
}

function resultList({ rows, next }: MailPage, _house: AdminHouse, { language }: SignedVisit): SafeHtml {
  const [words, texts] = [adminTexts(language), traceTexts(language)]
  if (rows.length === 0) return next === undefined ? html`<p class="empty">${texts.empty}</p>` : html``
  const columns = [words.id, words.time, words.sender, words.recipients, words.subject, words.state].map(label => ({ label }))
  return dataTable(
    texts.title,
    columns,
    rows.map(row => [
      html`<a href="/trace/${encodeURIComponent(row.queueId)}">${row.queueId}</a>`,
      shortTime(row.acceptedAtMs, language),
      row.headerFrom || row.reversePath || words.nobody,
      row.mailboxes.map(mailbox => html`${mailbox}<br>`),
      row.subject,
      words.mailStates[row.state],
    ]),
  )
}

type Found = MailPage | { readonly queueId: string }
type Ask = { readonly tenant: string; readonly question: string; readonly after: string }

/** What the search finds, page after page; a bounded number of them. */
async function csv(house: AdminHouse, { language, query, person: { tenant } }: SignedVisit) {
  const words = adminTexts(language)
  const lines = [csvLine([words.id, words.time, words.sender, words.recipients, words.subject, words.state, words.size])]
  for (let [after, pages] = ['' as string | undefined, 0]; after !== undefined && pages < MOST_PAGES; pages++) {
    const found = await find(house, { tenant, question: query.get('q').trim(), after })
    const page = 'queueId' in found ? pageOf(await house.operations.trace({ tenant, queueId: found.queueId, limit: 1 })) : found
    for (const { queueId, acceptedAtMs, headerFrom, reversePath, mailboxes, subject, state, bytes } of page.rows) lines.push(csvLine([queueId, new Date(acceptedAtMs).toISOString(), headerFrom || reversePath || words.nobody, mailboxes.join(' '), subject, words.mailStates[state] ?? state, bytes]))
    after = page.next
  }
  return csvAnswer('trace.csv', `\ufeff${lines.join('')}`)
}

/** What the words may be decides how they are looked for; a name that looks like nothing else is a file's. */
async function find({ operations, mail }: AdminHouse, { tenant, question, after }: Ask): Promise<Found> {
  const base: MailQuestion = { tenant, mailboxes: 'all', limit: PAGE, ...(after === '' ? {} : { after }) }
  if (/^[0-9a-f]{64}$/i.test(question)) return byTrace(await operations.trace({ tenant, sha256: question, limit: PAGE }))
  if (/^<.*>$/.test(question)) return mail.list({ ...base, messageId: question })
  if (question.includes('@')) return byAddress(mail, base, question)
  if (/^[A-Za-z0-9_-]{1,64}$/.test(question)) {
    const [known] = await operations.trace({ tenant, queueId: question, limit: 1 })
    const message = known ? undefined : await mail.message(question)
    if (known) return { queueId: known.queueId }
    if (message?.tenant === tenant) return { queueId: message.queueId }
  }
  return mail.list({ ...base, fileName: question })
}

/** Recipients stand in an index, so they come first; senders are searched. */
async function byAddress(mail: AdminHouse['mail'], base: MailQuestion, address: string): Promise<MailPage> {
  if (base.after === undefined || base.after.startsWith('to:')) {
    const { after: _, ...first } = base
    const page = await mail.list({ ...first, mailboxes: [address.toLowerCase()], ...(base.after ? { after: base.after.slice(3) } : {}) })
    if (page.rows.length > 0) return { ...page, next: page.next === undefined ? undefined : `to:${page.next}` }
  }
  return mail.list({ ...base, sender: address })
}

function byTrace(results: Awaited<ReturnType<AdminHouse['operations']['trace']>>): Found {
  return results.length === 1 ? { queueId: results[0]!.queueId } : pageOf(results)
}

function pageOf(results: Awaited<ReturnType<AdminHouse['operations']['trace']>>): MailPage {
  const rows = results.map(({ queueId, tenant, reversePath, recipients, subject, steps }) => ({ publicId: '', queueId, tenant, acceptedAtMs: steps[0]?.atMs ?? 0, headerFrom: '', reversePath, subject, mailboxes: recipients, bytes: 0, state: 'clean' as const, partsKept: 0 }))
  return { rows, next: undefined, searchedToMs: undefined }
}

async function one(house: AdminHouse, visit: SignedVisit) {
  const { language, params, person } = visit
  const [words, texts] = [adminTexts(language), traceTexts(language)]
  const queueId = params['queueId']!
  const life = await lifeOf(house, person.tenant, queueId)
  if (!life) throw new Refused('not-found')
  const { message, steps } = life
  const reports = await house.operations.reports(queueId, person.tenant)
  const accept = message.steps.find(({ kind }) => kind === 'accept')?.detail
  const body = html`${facts([
    [words.sender, message.reversePath || words.nobody],
    [words.recipients, message.recipients.map(mailbox => html`${mailbox}<br>`)],
    [words.subject, message.subject],
    [words.size, typeof accept?.['bytes'] === 'number' ? sizeText(accept['bytes']) : ''],
    [texts.client, typeof accept?.['client'] === 'string' ? accept['client'] : ''],
    ['SHA-256', html`<span class="mono">${message.rawSha256}</span>`],
  ])}
<h2>${texts.life}</h2>${stepTable(steps, language)}
${reports.map((report, index) => reportTable(report, index, language))}
<p class="row">${visit.person.roles.has('administrator') && html`<a href="/glass-new?q=${encodeURIComponent(queueId)}">${glassTexts(language).newLink}</a>`}<a href="/quarantine/${encodeURIComponent(queueId)}">${texts.toQuarantine}</a><a href="/queue/${encodeURIComponent(queueId)}">${texts.toQueue}</a></p>`
  return { kind: 'page', title: texts.one(queueId), body, wide: true } as const
}

function stepTable(steps: readonly LifeStep[], language: SignedVisit['language']): SafeHtml {
  const [words, texts] = [adminTexts(language), traceTexts(language)]
  const columns = [words.time, texts.step, words.who, words.detail].map(label => ({ label }))
  return dataTable(texts.life, columns, steps.map(({ atMs, kind, actor, detail }) => [shortTime(atMs, language), texts.kinds[kind] ?? auditKindText(kind, language), actor, detailText(detail)]))
}

/** As it stands in the record, one field a line. */
export function detailText(detail: Readonly<Record<string, unknown>>): SafeHtml[] {
  return Object.entries(detail).map(([key, value]) => html`<span class="soft">${key}</span> ${shortened(typeof value === 'string' ? value : JSON.stringify(value))}<br>`)
}

const LONGEST_VALUE = 300

function shortened(text: string): string {
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE)}…`
}

function reportTable({ parts, profile, policyVersion }: Report, index: number, language: SignedVisit['language']): SafeHtml {
  const [words, texts] = [adminTexts(language), traceTexts(language)]
  const columns = [texts.part, words.file, texts.result, texts.rule, texts.findings, words.size].map(label => ({ label }))
  const rows = parts
    .filter(({ outcome }) => outcome !== 'container')
    .map(part => [part.id, part.name || part.detectedType, `${words.outcomes[part.outcome] ?? part.outcome}${part.reason ? ` (${part.reason})` : ''}`, part.rule, part.findings.map(({ code }) => html`${code}<br>`), sizeText(part.bytes)])
  return html`<h2>${texts.parts}${index > 0 && ` ${index + 1}`}</h2><p class="soft">${texts.policy(profile, policyVersion)}</p>${dataTable(texts.parts, columns, rows)}`
}
