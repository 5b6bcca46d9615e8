/** Statistics by day or month, broken down by what is asked for; every list as CSV. */
import { html, type SafeHtml } from '../http/html.ts'
import { options } from '../http/frame.ts'
import type { SignedRoute, SignedVisit } from '../http/route.ts'
import { dayOfField, sizeText } from '../http/when.ts'
import { csvLine } from '../../store/audit-formats.ts'
import { slotAfter, slotOf, type Top } from '../../store/statistics.ts'
import { adminTexts } from '../texts/admin.ts'
import { reportTexts } from '../texts/reports.ts'
import { barChart } from './chart.ts'
import { DIMENSIONS, type Dimension, type Flow, flowOf, keyText, slotName, type Stretch, topOf } from './figures.ts'
import { type AdminHouse, needing } from './house.ts'
import { csvAnswer, dataTable, field, number } from './widgets.ts'

const SHOWN = 50
const CSV_ROWS = 1_000
const USUAL_DAYS = 30
const USUAL_MONTHS = 12

export function reportRoutes(house: AdminHouse): SignedRoute[] {
  return [
    { ...needing('dashboard.see'), method: 'GET', path: '/reports', handle: visit => page(house, visit) },
    { ...needing('dashboard.see'), method: 'GET', path: '/reports/flow.csv', handle: visit => flowCsv(house, visit) },
    { ...needing('dashboard.see'), method: 'GET', path: '/reports/top.csv', handle: visit => topCsv(house, visit) },
  ]
}

type Chosen = { readonly stretch: Stretch; readonly dimension: Dimension; readonly query: string }

function chosen({ query, nowMs, person }: SignedVisit): Chosen {
  const grain = query.get('grain') === 'month' ? 'month' : 'day'
  const dimension = DIMENSIONS.find(each => each === query.get('by')) ?? 'verdict'
  const lastMs = slotOf(dayOfField(query.get('until')) ?? nowMs, grain)
  const untilMs = slotAfter(lastMs, grain, 1)
  const fromMs = Math.min(slotOf(dayOfField(query.get('from')) ?? slotAfter(untilMs, grain, grain === 'day' ? -USUAL_DAYS : -USUAL_MONTHS), grain), lastMs)
  const asked = new URLSearchParams({ grain, by: dimension, from: slotName(fromMs, 'day'), until: slotName(lastMs, 'day') })
  return { stretch: { tenant: person.tenant, grain, fromMs, untilMs }, dimension, query: String(asked) }
}

async function page(house: AdminHouse, visit: SignedVisit) {
  const { language, nowMs } = visit
  const texts = reportTexts(language)
  const { stretch, dimension, query } = chosen(visit)
  const [flow, top] = await Promise.all([flowOf(house, stretch), topOf(house, stretch, dimension, SHOWN)])
  const body = html`<p>${texts.lead}</p>
<form method="get" action="/reports/month" class="row">${field({ name: 'month', label: texts.month, type: 'month', value: slotName(nowMs, 'month') })}<button class="second">${texts.monthly}</button></form>
${form(visit, stretch, dimension)}
<h2>${texts.flow}</h2><div class="beside">${flowChart(flow, stretch, language)}${flowTable(flow, stretch, language)}</div><p class="no-print"><a href="/reports/flow.csv?${query}">${texts.csvSlots}</a></p>
<h2>${texts.top(texts.dimensions[dimension]!)}</h2>${topTable(top, dimension, language)}<p class="no-print"><a href="/reports/top.csv?${query}">${texts.csvTop}</a></p>`
  return { kind: 'page', title: texts.title, body, wide: true } as const
}

function form({ language }: SignedVisit, { grain, fromMs, untilMs }: Stretch, dimension: Dimension): SafeHtml {
  const [texts, words] = [reportTexts(language), adminTexts(language)]
  return html`<form method="get" class="row">
<div class="field"><label for="grain">${texts.grainLabel}</label><select id="grain" name="grain">${options(Object.entries(texts.grain), grain)}</select></div>
${field({ name: 'from', label: words.from, type: 'date', value: slotName(fromMs, 'day') })}${field({ name: 'until', label: words.until, type: 'date', value: slotName(untilMs - 1, 'day') })}
<div class="field"><label for="by">${texts.by}</label><select id="by" name="by">${options(DIMENSIONS.map(each => [each, texts.dimensions[each]!] as const), dimension)}</select></div><button>${texts.show}</button></form>`
}

export function flowChart(flow: readonly Flow[], { grain }: Stretch, language: SignedVisit['language']): SafeHtml {
  const texts = reportTexts(language)
  return barChart({
    id: 'flow',
    title: texts.flow,
    labels: flow.map(({ slotMs }) => slotName(slotMs, grain).slice(grain === 'month' ? 2 : 5)),
    series: [
      { label: texts.incoming, values: flow.map(({ incoming }) => incoming) },
      { label: texts.outgoing, values: flow.map(({ outgoing }) => outgoing) },
    ],
    format: value => number(value, language),
  })
}

export function flowTable(flow: readonly Flow[], { grain }: Stretch, language: SignedVisit['language'], nameOf = slotName): SafeHtml {
  const [texts, words] = [reportTexts(language), adminTexts(language)]
  const columns = [{ label: texts.slot }, ...[texts.incoming, texts.bytes, texts.outgoing, texts.failed].map(label => ({ label, isNumber: true as const }))]
  const cells = ({ incoming, bytes, outgoing, failed }: Omit<Flow, 'slotMs'>) => [number(incoming, language), sizeText(bytes), number(outgoing, language), number(failed, language)]
  const rows = flow.map(line => [nameOf(line.slotMs, grain), ...cells(line)])
  return dataTable(texts.flow, columns, [...rows, [words.total, ...cells(totalOf(flow))]])
}

export function totalOf(flow: readonly Flow[]): Omit<Flow, 'slotMs'> {
  const sum = (name: 'incoming' | 'bytes' | 'outgoing' | 'failed') => flow.reduce((total, line) => total + line[name], 0)
  return { incoming: sum('incoming'), bytes: sum('bytes'), outgoing: sum('outgoing'), failed: sum('failed') }
}

export function topTable({ rows, count, bytes, keys }: Top, dimension: Dimension, language: SignedVisit['language']): SafeHtml {
  const [texts, words] = [reportTexts(language), adminTexts(language)]
  if (rows.length === 0) return html`<p class="empty">${texts.empty}</p>`
  const listed = { count: rows.reduce((sum, row) => sum + row.count, 0), bytes: rows.reduce((sum, row) => sum + row.bytes, 0) }
  const name = texts.dimensions[dimension]!
  const columns = [{ label: name }, { label: words.count, isNumber: true as const }, { label: words.bytes, isNumber: true as const }]
  const lines = rows.map(row => [keyText(row.key, dimension, language), number(row.count, language), sizeText(row.bytes)])
  const others = keys > rows.length ? [[texts.others(number(keys - rows.length, language)), number(count - listed.count, language), sizeText(Math.max(0, bytes - listed.bytes))]] : []
  return dataTable(texts.top(name), columns, [...lines, ...others])
}

async function flowCsv(house: AdminHouse, visit: SignedVisit) {
  const texts = reportTexts(visit.language)
  const { stretch } = chosen(visit)
  const flow = await flowOf(house, stretch)
  const head = csvLine([texts.slot, texts.incoming, `${texts.bytes} (B)`, texts.outgoing, texts.failed])
  const lines = flow.map(({ slotMs, incoming, bytes, outgoing, failed }) => csvLine([slotName(slotMs, stretch.grain), incoming, bytes, outgoing, failed]))
  return csvAnswer('flow.csv', `\ufeff${head}${lines.join('')}`)
}

async function topCsv(house: AdminHouse, visit: SignedVisit) {
  const [texts, words] = [reportTexts(visit.language), adminTexts(visit.language)]
  const { stretch, dimension } = chosen(visit)
  const { rows } = await topOf(house, stretch, dimension, CSV_ROWS)
  const head = csvLine([texts.dimensions[dimension]!, words.count, `${words.bytes} (B)`])
  return csvAnswer(`${dimension}.csv`, `\ufeff${head}${rows.map(({ key, count, bytes }) => csvLine([keyText(key, dimension, visit.language), count, bytes])).join('')}`)
}
