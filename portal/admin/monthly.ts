/** The report of one month, made to be printed and filed: figures, emergency acts, heads of the audit chains. */
import { html, type SafeHtml } from '../http/html.ts'
import type { Language, SignedRoute, SignedVisit } from '../http/route.ts'
import { dayText, type Era, timeText } from '../http/when.ts'
import type { ChainedRecord } from '../../store/audit.ts'
import { percentileMs, slotOf } from '../../store/statistics.ts'
import { adminTexts } from '../texts/admin.ts'
import { dashboardTexts } from '../texts/dashboard.ts'
import { reportTexts } from '../texts/reports.ts'
import { duration } from './dashboard.ts'
import { monthOfField, slotName } from './figures.ts'
import { type AdminHouse, needing } from './house.ts'
import { MONTH_DIMENSIONS, monthOf } from './month.ts'
import { flowChart, flowTable, topTable, totalOf } from './reports.ts'
import { dataTable, facts, number } from './widgets.ts'

export function monthlyRoutes(house: AdminHouse): SignedRoute[] {
  return [{ ...needing('dashboard.see'), method: 'GET', path: '/reports/month', handle: visit => page(house, visit) }]
}

async function page(house: AdminHouse, visit: SignedVisit) {
  const { language, query, nowMs, person } = visit
  const texts = reportTexts(language)
  const era: Era = query.get('era') === 'wareki' || query.get('era') === 'western' ? (query.get('era') as Era) : house.era
  const fromMs = monthOfField(query.get('month')) ?? slotOf(nowMs, 'month')
  const { stretch, flow, delays, heads, emergencies, tops } = await monthOf(house, person.tenant, fromMs)
  const total = totalOf(flow)
  const body = html`<p>${texts.report.made(timeText(nowMs, language, era))}</p>
<p class="no-print row"><a href="/reports/month?month=${slotName(fromMs, 'month')}&amp;era=wareki">${texts.report.wareki}</a><a href="/reports/month?month=${slotName(fromMs, 'month')}&amp;era=western">${texts.report.western}</a> ${adminTexts(language).print}</p>
<h2>${texts.report.summary}</h2>${facts([
    [texts.incoming, number(total.incoming, language)],
    [texts.outgoing, number(total.outgoing, language)],
    [texts.failed, number(total.failed, language)],
    [texts.report.delays, delayText(delays, language)],
  ])}
${flowChart(flow, stretch, language)}
${MONTH_DIMENSIONS.map((dimension, index) => html`<h2>${texts.top(texts.dimensions[dimension]!)}</h2>${topTable(tops[index]!, dimension, language)}`)}
<h2>${texts.report.perDay}</h2>${flowTable(flow, stretch, language, slotMs => dayText(slotMs, language, era))}
<h2>${texts.report.emergencies}</h2>${emergencyTable(emergencies, language, era)}
<h2>${texts.report.chains}</h2><p>${texts.report.chainsLead}</p>${chainTable(heads, language)}`
  return { kind: 'page', title: texts.monthTitle(monthText(fromMs, language, era)), body } as const
}

/** Era and year with the month, without a day. */
export function monthText(monthMs: number, language: Language, era: Era): string {
  const locale = language === 'en' ? 'en-GB' : era === 'wareki' ? 'ja-JP-u-ca-japanese' : 'ja-JP'
  return new Intl.DateTimeFormat(locale, { ...(language === 'ja' && era === 'wareki' ? { era: 'long' as const } : {}), year: 'numeric', month: 'long', timeZone: 'Asia/Tokyo' }).format(monthMs)
}

function delayText(rows: readonly { readonly key: string; readonly count: number }[], language: Language): string {
  const texts = dashboardTexts(language)
  const classes = new Map(rows.map(({ key, count }) => [Number(key), count]))
  const shares = [0.5, 0.95, 0.99].flatMap(share => {
    const ms = percentileMs(classes, share)
    return ms === undefined ? [] : [`${texts.percentile(share * 100)} ${texts.within(duration(ms, texts))}`]
  })
  return shares.join(' / ') || adminTexts(language).none
}

function emergencyTable(records: readonly ChainedRecord[], language: Language, era: Era): SafeHtml {
  const [texts, words] = [reportTexts(language), adminTexts(language)]
  if (records.length === 0) return html`<p>${texts.report.noEmergency}</p>`
  const columns = [words.time, words.what, words.who, words.reason].map(label => ({ label }))
  return dataTable(texts.report.emergencies, columns, records.toReversed().map(({ atMs, actor, detail }) => [timeText(atMs, language, era), String(detail['state'] ?? ''), actor, String(detail['reason'] ?? '')]))
}

function chainTable(chains: readonly { readonly name: string; readonly head: ChainedRecord | undefined }[], language: Language): SafeHtml {
  const { report } = reportTexts(language)
  const columns = [report.chain, report.seq, report.hash].map(label => ({ label }))
  return dataTable(report.chains, columns, chains.map(({ name, head }) => [name, head ? number(head.seq, language) : '', html`<span class="mono">${head?.hash ?? ''}</span>`]))
}
