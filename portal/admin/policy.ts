/** The tables in force, in words; and why they decide as they do about a file, or about the files of a mail that has come. */
import { html, type Child, type SafeHtml } from '../http/html.ts'
import { options } from '../http/frame.ts'
import type { Language, SignedRoute, SignedVisit } from '../http/route.ts'
import { sizeText } from '../http/when.ts'
import { lastExtension } from '../../core/media/filename.ts'
import { OBJECTS, type ObjectKind } from '../../core/objects.ts'
import type { PartFacts } from '../../core/policy/decide.ts'
import { type Condition, type Explanation, explain, readingsOf, storedParts } from '../../core/policy/explain.ts'
import type { Policy, PolicyRow } from '../../core/policy/model.ts'
import type { PolicyScope } from '../ports.ts'
import { adminTexts } from '../texts/admin.ts'
import { policyReason } from '../texts/policy-reasons.ts'
import { policyTexts } from '../texts/policy.ts'
import { type AdminHouse, needing } from './house.ts'
import { dataTable, facts, field, noticeBox, number } from './widgets.ts'

const SHOWN_VALUES = 12
const MOST_FILES = 50

export function policyRoutes(house: AdminHouse): SignedRoute[] {
  return [
    { ...needing('policy.see'), method: 'GET', path: '/policy', handle: visit => table(house, visit) },
    { ...needing('policy.see'), method: 'GET', path: '/policy/explain', handle: visit => explanation(house, visit) },
  ]
}

export async function scopesOf({ operations }: AdminHouse, { person }: SignedVisit): Promise<readonly PolicyScope[]> {
  return (await operations.policies()).filter(({ tenant }) => tenant === person.tenant)
}

/** Which of the tables is looked at: those of groups have the group's name in the query. */
function chosen(scopes: readonly PolicyScope[], { query }: SignedVisit): PolicyScope | undefined {
  return scopes.find(({ group }) => group === query.get('group')) ?? scopes[0]
}

async function table(house: AdminHouse, visit: SignedVisit) {
  const { language } = visit
  const texts = policyTexts(language)
  const scopes = await scopesOf(house, visit)
  const scope = chosen(scopes, visit)
  const body = html`<p>${texts.lead}</p>
<p class="row no-print"><a href="/policy/explain">${texts.pages.explain}</a><a href="/policy/replay">${texts.pages.replay}</a><a href="/policy/versions">${texts.pages.versions}</a></p>
${scopes.length > 1 && html`<ul>${scopes.map(each => html`<li><a href="/policy?group=${encodeURIComponent(each.group)}">${texts.scope(each.tenant, each.group)}</a></li>`)}</ul>`}
${scope && policyTable(scope, language)}`
  return { kind: 'page', title: texts.title, body, wide: true } as const
}

export function policyTable({ tenant, group, policy }: PolicyScope, language: Language): SafeHtml {
  const [texts, words] = [policyTexts(language), adminTexts(language)]
  const name = texts.scope(tenant, group)
  const columns = [texts.row, texts.when, texts.then, texts.why, texts.clause].map(label => ({ label }))
  const rows = policy.rows.map(row => [row.id, conditionsText(row, language), words.dispositions[row.then], policyReason(row.why, language), row.clause ?? html`<span class="soft">${texts.noClause}</span>`])
  return html`<h2>${name}</h2>
${facts([
  [texts.title, texts.profile[policy.profile]],
  [texts.version, html`<span class="mono">${policy.version}</span>`],
  [texts.links, texts.linkRules[policy.links]],
])}
${dataTable(name, columns, rows)}
<h3>${texts.objects}</h3>${objectTable(policy, language)}`
}

function objectTable(policy: Policy, language: Language): SafeHtml {
  const texts = policyTexts(language)
  const rows = (Object.keys(OBJECTS) as ObjectKind[]).map(kind => [OBJECTS[kind][language], texts.objectRules[policy.objects[kind] ?? OBJECTS[kind].default]])
  return dataTable(texts.objects, [texts.object, texts.then].map(label => ({ label })), rows)
}

function conditionsText({ when }: PolicyRow, language: Language): Child {
  const texts = policyTexts(language)
  const lines: SafeHtml[] = []
  const add = (condition: Condition, text: Child) => lines.push(html`<span class="soft">${texts.conditions[condition]}</span> ${text}<br>`)
  if (when.detected) add('detected', listText(when.detected, language))
  if (when.extension) add('extension', listText(when.extension, language))
  if (when.role) add('role', when.role.map(role => texts.roles[role]).join(', '))
  if (when.encrypted !== undefined) add('encrypted', when.encrypted ? texts.yes : texts.no)
  if (when.largerThanBytes !== undefined) add('largerThanBytes', texts.above(sizeText(when.largerThanBytes)))
  if (when.finding) add('finding', listText(when.finding, language))
  return lines.length === 0 ? texts.anything : lines
}

function listText(values: readonly string[], language: Language): Child {
  if (values.length <= SHOWN_VALUES) return values.join(', ')
  const texts = policyTexts(language)
  return html`<details><summary>${values.slice(0, SHOWN_VALUES).join(', ')} ${texts.more(number(values.length - SHOWN_VALUES, language))}</summary>${values.slice(SHOWN_VALUES).join(', ')}</details>`
}

async function explanation(house: AdminHouse, visit: SignedVisit) {
  const { language, query } = visit
  const texts = policyTexts(language)
  const scopes = await scopesOf(house, visit)
  const scope = chosen(scopes, visit)
  const body = html`<p>${texts.explain.lead}</p>${explainForm(scopes, visit)}
${scope && (await results(house, visit, scope))}`
  return { kind: 'page', title: texts.explain.title, body, ...(query.get('name') === '' ? {} : { wide: true as const }) } as const
}

function explainForm(scopes: readonly PolicyScope[], { language, query }: SignedVisit): SafeHtml {
  const texts = policyTexts(language)
  const { explain: words } = texts
  return html`<form method="get">
${scopes.length > 1 && html`<div class="field"><label for="group">${texts.title}</label><select id="group" name="group">${options(scopes.map(({ tenant, group }) => [group, texts.scope(tenant, group)] as const), query.get('group'))}</select></div>`}
${field({ name: 'name', label: words.name, value: query.get('name') })}${field({ name: 'type', label: words.type, value: query.get('type'), hint: words.typeHint })}
${field({ name: 'bytes', label: words.bytes, value: query.get('bytes') })}
<div class="field"><label for="role">${words.role}</label><select id="role" name="role">${options(Object.entries(texts.roles), query.get('role'))}</select></div>
<div class="field choices"><label><input type="checkbox" name="encrypted" value="yes" ${query.get('encrypted') === 'yes' && html`checked`}>${words.encrypted}</label></div>
<p>${words.or}</p>${field({ name: 'q', label: words.queueId, value: query.get('q') })}<button>${words.title}</button></form>`
}

async function results({ operations }: AdminHouse, { language, query, person }: SignedVisit, { policy }: PolicyScope): Promise<SafeHtml | undefined> {
  const queueId = query.get('q').trim()
  if (queueId !== '') {
    const reports = await operations.reports(queueId, person.tenant)
    return html`${storedParts(reports[0]?.parts ?? []).slice(0, MOST_FILES).map(part => {
      const readings = readingsOf(part).map(each => explain(each, policy))
      const differ = readings.some(({ decision }) => decision.rule !== readings[0]?.decision.rule)
      return html`${differ && noticeBox('warning', html`<p>${policyTexts(language).explain.unsure}</p>`)}${(differ ? readings : readings.slice(0, 1)).map(each => explained(part.name || part.detectedType, each, language))}`
    })}`
  }
  const [name, type] = [query.get('name').trim(), query.get('type').trim()]
  if (name === '' && type === '') return undefined
  const part: PartFacts = {
    detectedType: type || 'application/octet-stream',
    extension: lastExtension(name),
    role: query.get('role') === 'inline' ? 'inline' : 'attachment',
    encrypted: query.get('encrypted') === 'yes',
    bytes: Number.parseInt(query.get('bytes'), 10) || 0,
    findings: [],
  }
  return explained(name || type, explain(part, policy), language)
}

function explained(name: string, { decision, asked }: Explanation, language: Language): SafeHtml {
  const [texts, words] = [policyTexts(language), adminTexts(language)]
  const { explain: own } = texts
  const isDefault = asked.every(({ failed }) => failed.length > 0)
  const columns = [texts.row, own.failed, texts.then, texts.clause].map(label => ({ label }))
  const rows = asked.map(({ row, failed }) => [row.id, failed.length === 0 ? html`<strong>${own.decidedHere}</strong>` : failed.map(condition => texts.conditions[condition]).join(', '), words.dispositions[row.then], row.clause ?? ''])
  return html`<section class="card"><h2>${name}</h2><p><strong>${words.dispositions[decision.disposition]}</strong> ${isDefault ? own.default : own.decided(decision.rule)}</p>${dataTable(`${own.asked}: ${name}`, columns, rows)}</section>`
}
