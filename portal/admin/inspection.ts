/** Self-inspection (自己点検): judged on a button, kept, attested by persons; and a draft of the operating procedure. */
import { html, type SafeHtml } from '../http/html.ts'
import { Refused, type SignedRoute, type SignedVisit } from '../http/route.ts'
import { timeText } from '../http/when.ts'
import { adminTexts } from '../texts/admin.ts'
import { inspectionTexts } from '../texts/inspection.ts'
import { type AdminHouse, needing } from './house.ts'
import type { InspectionRun, PointResult } from './inspection-book.ts'
import { inspect, POINT_IDS, POINT_PAGES, type PointId } from './inspection-points.ts'
import { actForm, dataTable, facts, field, noticeBox, number } from './widgets.ts'

const SHOWN_RUNS = 20
const LONGEST_NAME = 100
const LONGEST_NOTE = 500

export function inspectionRoutes(house: AdminHouse): SignedRoute[] {
  return [
    { ...needing('inspection.see'), method: 'GET', path: '/inspection', handle: visit => overview(house, visit) },
    { ...needing('inspection.see'), method: 'POST', path: '/inspection', handle: visit => run(house, visit) },
    { ...needing('inspection.see'), method: 'GET', path: '/inspection/runs/:runId', handle: visit => past(house, visit) },
    { ...needing('inspection.attest'), method: 'GET', path: '/inspection/points/:pointId', handle: visit => point(house, visit, undefined) },
    { ...needing('inspection.attest'), method: 'POST', path: '/inspection/points/:pointId', handle: visit => attest(house, visit) },
  ]
}

function overview({ book, era }: AdminHouse, visit: SignedVisit) {
  const { language, person } = visit
  const texts = inspectionTexts(language)
  const runs = book.runs(person.tenant, SHOWN_RUNS)
  const [last] = runs
  const body = html`<p>${texts.lead}</p>
<p>${last ? texts.last(timeText(last.atMs, language, era), last.actor) : texts.never}</p>
${actForm(visit, '/inspection', html`<button>${texts.run}</button>`)}
${last && runTable(last, book.clauses(person.tenant), visit)}
${person.roles.has('administrator') && html`<p class="no-print"><a href="/inspection/procedure">${texts.procedure}</a></p>`}
${runs.length > 1 && pastTable(runs.slice(1), visit, era)}`
  return { kind: 'page', title: texts.title, body, wide: true } as const
}

function runTable({ results }: InspectionRun, clauses: ReadonlyMap<string, string>, { language, person }: SignedVisit): SafeHtml {
  const texts = inspectionTexts(language)
  const mayAttest = person.roles.has('administrator')
  const columns = [texts.point, texts.state, texts.evidence, texts.clause, ...(mayAttest ? [texts.attest] : [])].map(label => ({ label }))
  const rows = results.filter(isKnown).map(({ id, state, evidence }) => [
    html`${POINT_PAGES[id] === undefined ? texts.points[id].name : html`<a href="${POINT_PAGES[id]}">${texts.points[id].name}</a>`}${state !== 'good' && html`<br><span class="small">${texts.points[id].fix}</span>`}`,
    html`<span class="tag ${state === 'good' ? 'good' : state === 'bad' ? 'kept' : 'pending'}">${texts.states[state]}</span>`,
    evidence.map(line => html`${line}<br>`),
    clauses.get(id) ?? '',
    ...(mayAttest ? [html`<a href="/inspection/points/${id}">${texts.open}<span class="hide"> ${texts.points[id].name}</span></a>`] : []),
  ])
  return html`<p role="status"><strong>${countsText(results, language)}</strong></p>${dataTable(texts.title, columns, rows)}`
}

/** A result of another version may name a point that is gone. */
function isKnown(result: PointResult): result is PointResult & { readonly id: PointId } {
  return POINT_IDS.includes(result.id as PointId)
}

function countsText(results: readonly PointResult[], language: SignedVisit['language']): string {
  const count = (state: PointResult['state']) => number(results.filter(result => result.state === state).length, language)
  return inspectionTexts(language).counts(count('good'), count('bad'), count('open'))
}

function pastTable(runs: readonly InspectionRun[], { language }: SignedVisit, era: AdminHouse['era']): SafeHtml {
  const [texts, words] = [inspectionTexts(language), adminTexts(language)]
  const rows = runs.map(({ runId, atMs, actor, results }) => [html`<a href="/inspection/runs/${runId}">${timeText(atMs, language, era)}</a>`, actor, countsText(results, language)])
  return html`<h2>${texts.past}</h2>${dataTable(texts.past, [words.time, words.who, texts.state].map(label => ({ label })), rows)}`
}

async function run({ operations, chains, book, peopleFacts }: AdminHouse, { nowMs, person }: SignedVisit) {
  const [health, found, audits] = await Promise.all([
    operations.health(),
    operations.inspection(),
    Promise.all(chains.map(async chain => ({ name: chain.name, verdict: await chain.verify().catch(() => undefined) }))),
  ])
  const results = inspect({ nowMs, health, facts: found, people: peopleFacts(person.tenant), collector: operations.collector, audits }, book.attestations(person.tenant))
  book.save({ tenant: person.tenant, actor: `user:${person.login}` }, results)
  return { kind: 'redirect', to: '/inspection', say: 'inspected' } as const
}

function past({ book, era }: AdminHouse, visit: SignedVisit) {
  const { language, params, person } = visit
  const found = book.run(person.tenant, Number.parseInt(params['runId']!, 10) || 0)
  if (!found) throw new Refused('not-found')
  const texts = inspectionTexts(language)
  return { kind: 'page', title: texts.pastOne(timeText(found.atMs, language, era)), body: html`<p>${found.actor}</p>${runTable(found, book.clauses(person.tenant), visit)}`, wide: true } as const
}

function point({ book, era }: AdminHouse, visit: SignedVisit, wrong: string | undefined) {
  const { language, person } = visit
  const texts = inspectionTexts(language)
  const id = pointOf(visit)
  const attested = book.attestations(person.tenant).get(id)
  const action = `/inspection/points/${id}`
  const body = html`<p>${texts.points[id].fix}</p>
${attested && noticeBox('', facts([[texts.attestName, attested.name], [adminTexts(language).time, timeText(attested.atMs, language, era)], [texts.attestNote, attested.note], [adminTexts(language).who, attested.actor]]))}
<h2>${texts.attest}</h2><p>${texts.attestLead}</p>
${actForm(visit, action, html`${field({ name: 'name', label: texts.attestName, required: true, value: visit.form.get('name') || person.name, ...(wrong === undefined ? {} : { wrong }) })}${field({ name: 'note', label: texts.attestNote })}<button name="act" value="attest">${texts.attest}</button>`)}
<h2>${texts.clause}</h2><p>${texts.clauseLead}</p>
${actForm(visit, action, html`${field({ name: 'clause', label: texts.clause, value: book.clauses(person.tenant).get(id) ?? '' })}<button class="second" name="act" value="clause">${texts.saveClause}</button>`)}`
  return { kind: 'page', title: texts.points[id].name, body, ...(wrong === undefined ? {} : { status: 422 as const }) } as const
}

function attest(house: AdminHouse, visit: SignedVisit) {
  const { form, person, language } = visit
  const id = pointOf(visit)
  const act = { tenant: person.tenant, actor: `user:${person.login}` }
  if (form.get('act') === 'clause') {
    house.book.setClause(act, id, form.get('clause').trim().slice(0, LONGEST_NAME))
    return { kind: 'redirect', to: '/inspection', say: 'saved' } as const
  }
  const name = form.get('name').trim().slice(0, LONGEST_NAME)
  if (name === '') return point(house, visit, inspectionTexts(language).nameMissing)
  house.book.attest(act, { pointId: id, name, note: form.get('note').trim().slice(0, LONGEST_NOTE) })
  return { kind: 'redirect', to: '/inspection', say: 'attested' } as const
}

function pointOf({ params }: SignedVisit): PointId {
  const id = POINT_IDS.find(each => each === params['pointId'])
  if (!id) throw new Refused('not-found')
  return id
}
