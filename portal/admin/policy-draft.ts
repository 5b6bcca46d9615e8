/** Drafts of a policy, tried on what has come; and the versions that were in force. Nothing here changes what is in force. */
import { html, type SafeHtml } from '../http/html.ts'
import { options } from '../http/frame.ts'
import { Refused, type SignedRoute, type SignedVisit } from '../http/route.ts'
import { dayText, shortTime } from '../http/when.ts'
import type { ReplayAnswer } from '../ports.ts'
import { adminTexts } from '../texts/admin.ts'
import { policyTexts } from '../texts/policy.ts'
import { type AdminHouse, needing, onlyOperators } from './house.ts'
import { actForm, dataTable, facts, noticeBox, number } from './widgets.ts'

const DAY_MS = 86_400_000
const DAYS = ['1', '7', '14', '30'] as const
const MOST_VERSIONS = 50
const LONGEST_DRAFT = 100_000

export function policyDraftRoutes(house: AdminHouse): SignedRoute[] {
  return [
    { ...needing('policy.see'), method: 'GET', path: '/policy/replay', handle: visit => form(house, visit) },
    { ...needing('policy.see'), method: 'POST', path: '/policy/replay', handle: visit => replay(house, visit) },
    { ...needing('policy.see'), method: 'GET', path: '/policy/versions', handle: visit => versions(house, visit) },
    { ...needing('policy.see'), method: 'GET', path: '/policy/versions/:version', handle: visit => version(house, visit) },
  ]
}

async function form({ operations }: AdminHouse, visit: SignedVisit) {
  onlyOperators(visit)
  const [current] = await operations.policyVersions(1)
  return { kind: 'page', title: policyTexts(visit.language).replay.title, body: draftForm(visit, current?.yaml ?? 'policy:\n', '7') } as const
}

function draftForm(visit: SignedVisit, yaml: string, days: string): SafeHtml {
  const { replay: texts } = policyTexts(visit.language)
  return html`<p>${texts.lead}</p><p class="soft">${texts.objectsNote}</p>
${actForm(
  visit,
  '/policy/replay',
  html`<div class="field"><label for="yaml">${texts.yaml}</label><p class="hint" id="yaml-hint">${texts.yamlHint}</p><textarea id="yaml" name="yaml" rows="18" spellcheck="false" class="mono" aria-describedby="yaml-hint">
${yaml}</textarea></div>
<div class="field"><label for="days">${texts.days}</label><select id="days" name="days">${options(DAYS.map(each => [each, each] as const), days)}</select></div><button>${texts.run}</button>`,
)}`
}

async function replay({ operations, era }: AdminHouse, visit: SignedVisit) {
  onlyOperators(visit)
  const { language, nowMs, person, form: fields } = visit
  const { replay: texts } = policyTexts(language)
  const yaml = fields.get('yaml').replaceAll('\r\n', '\n').slice(0, LONGEST_DRAFT)
  const days = DAYS.find(each => each === fields.get('days')) ?? '7'
  const sinceMs = nowMs - Number(days) * DAY_MS
  const answer = await operations.replay({ tenant: person.tenant, yaml, sinceMs })
  const result = answer.kind === 'problems' ? noticeBox('problem', html`<p>${texts.problems}</p><ul>${answer.problems.map(problem => html`<li lang="en">${problem}</li>`)}</ul>`) : outcome(answer, { sinceMs, era, visit })
  return { kind: 'page', title: texts.title, body: html`${result}${draftForm(visit, yaml, days)}`, wide: true, ...(answer.kind === 'problems' ? { status: 422 as const } : {}) } as const
}

type Shown = { readonly sinceMs: number; readonly era: AdminHouse['era']; readonly visit: SignedVisit }

function outcome({ replay: found, reachedMs }: Extract<ReplayAnswer, { kind: 'replayed' }>, { sinceMs, era, visit }: Shown): SafeHtml {
  const { language } = visit
  const [{ replay: texts, row }, words] = [policyTexts(language), adminTexts(language)]
  const changed = found.changes.reduce((sum, { count }) => sum + count, 0)
  const columns = [{ label: texts.from }, { label: texts.to }, { label: texts.type }, { label: words.count, isNumber: true as const }, { label: texts.example }]
  const rows = found.changes.map(change => [
    html`${words.dispositions[change.from] ?? change.from} <span class="soft">${row} ${change.fromRule}</span>`,
    html`${words.dispositions[change.to] ?? change.to} <span class="soft">${row} ${change.toRule}</span>`,
    change.detectedType === '*' ? words.other : change.detectedType,
    number(change.count, language),
    change.examples.map(({ queueId, name }) => html`<a href="/trace/${encodeURIComponent(queueId)}">${name || queueId}</a><br>`),
  ])
  return html`${noticeBox(changed === 0 ? 'done' : '', html`<p role="status">${texts.done(number(found.messages, language), number(found.parts, language))} ${reachedMs > sinceMs && texts.reached(dayText(reachedMs, language, era))}</p>`)}
${facts([
  [texts.changed, number(changed, language)],
  [texts.changedMessages, number(found.changedMessages, language)],
  [texts.same, number(found.same, language)],
  [texts.unsure, number(found.unsure, language)],
])}
${changed === 0 ? html`<p class="empty">${texts.nothing}</p>` : dataTable(texts.changed, columns, rows)}<p>${texts.next}</p>`
}

async function versions({ operations }: AdminHouse, visit: SignedVisit) {
  onlyOperators(visit)
  const { language } = visit
  const [{ versions: texts, version: label }, words] = [policyTexts(language), adminTexts(language)]
  const found = await operations.policyVersions(MOST_VERSIONS)
  const columns = [label, words.time, words.who, words.reason, texts.download].map(each => ({ label: each }))
  const rows = found.map(({ version: name, atMs, actor, reason, yaml }, index) => [
    html`<span class="mono">${name}</span> ${index === 0 && html`<span class="tag good">${texts.current}</span>`}`,
    shortTime(atMs, language),
    actor,
    reason,
    yaml === '' ? texts.tooLong : html`<a href="/policy/versions/${encodeURIComponent(name)}">${texts.download}<span class="hide"> ${name}</span></a>`,
  ])
  const body = html`<p>${texts.lead}</p>${found.length === 0 ? html`<p class="empty">${texts.empty}</p>` : dataTable(texts.title, columns, rows)}`
  return { kind: 'page', title: texts.title, body } as const
}

async function version({ operations }: AdminHouse, visit: SignedVisit) {
  onlyOperators(visit)
  const { params } = visit
  const found = (await operations.policyVersions(MOST_VERSIONS)).find(each => each.version === params['version'])
  if (!found || found.yaml === '') throw new Refused('not-found')
  return { kind: 'file', name: `policy-${found.version}.yaml`, mediaType: 'application/yaml', bytes: Buffer.from(found.yaml) } as const
}
