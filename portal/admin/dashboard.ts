/**
 * The dashboard: how things are, the emergency first. Every chart has its numbers in the table below it.
 * All figures come from tallies and gauges; nothing here counts mails.
 */
import { html, type SafeHtml } from '../http/html.ts'
import type { Language, SignedRoute, SignedVisit } from '../http/route.ts'
import { shortTime, sizeText, timeText } from '../http/when.ts'
import type { Health } from '../ports.ts'
import { type Measure, percentileMs, slotAfter, slotOf, type Tally } from '../../store/statistics.ts'
import { adminTexts } from '../texts/admin.ts'
import { type DashboardTexts, dashboardTexts } from '../texts/dashboard.ts'
import { barChart } from './chart.ts'
import { type AdminHouse, needing } from './house.ts'
import { dataTable, facts, noticeBox, number } from './widgets.ts'

const HOURS = 24
const EXPIRY_DAYS = 14
const NEARLY_FULL = 0.8

export function dashboardRoutes(house: AdminHouse): SignedRoute[] {
  return [{ ...needing('dashboard.see'), method: 'GET', path: '/', handle: visit => dashboard(house, visit) }]
}

async function dashboard({ operations, era }: AdminHouse, visit: SignedVisit) {
  const { language, nowMs, person } = visit
  const texts = dashboardTexts(language)
  const untilMs = slotAfter(slotOf(nowMs, 'hour'), 'hour', 1)
  const fromMs = slotAfter(untilMs, 'hour', -HOURS)
  const ask = (measure: Measure) => operations.series({ tenant: person.tenant, measure, grain: 'hour', fromMs, untilMs })
  const [health, incoming, outgoing, failed, verdicts, delays, expiries] = await Promise.all([
    operations.health(),
    ask('in'),
    ask('out'),
    ask('failed'),
    ask('verdict'),
    ask('delay'),
    operations.expiries(person.tenant, nowMs, EXPIRY_DAYS),
  ])
  const hours = Array.from({ length: HOURS }, (_, index) => slotAfter(fromMs, 'hour', index))
  const body = html`${state(health, visit, era)}
<h2>${texts.hours}</h2>
${byHour(health, { hours, incoming, outgoing, failed }, language)}
<div class="columns">
<section><h2>${texts.verdicts}</h2>${verdictTable(verdicts, language)}</section>
<section><h2>${texts.delays}</h2>${delayTable(delays, language)}</section>
<section><h2>${texts.queue}</h2>${queueFacts(health, visit)}</section>
<section><h2>${texts.store}</h2>${storeFacts(health, language)}</section>
</div>
<h2>${texts.expiries}</h2>
<div class="beside">${barChart({ id: 'expiries', title: texts.expiries, labels: expiries.map(({ dayMs }) => dayLabel(dayMs)), series: [{ label: texts.messages, values: expiries.map(({ messages }) => messages) }], format: value => number(value, language) })}
${dataTable(texts.expiries, [{ label: texts.day }, { label: texts.messages, isNumber: true }], expiries.map(({ dayMs, messages }) => [dayLabel(dayMs), number(messages, language)]))}</div>`
  return { kind: 'page', title: texts.title, body, wide: true } as const
}

function state({ emergency, reasons, startedAtMs, version }: Health, { language }: SignedVisit, era: AdminHouse['era']): SafeHtml {
  const texts = dashboardTexts(language)
  const kind = emergency !== 'none' ? 'problem' : reasons.length > 0 ? 'warning' : 'done'
  return html`${noticeBox(
    kind,
    html`<p><strong>${texts.emergency[emergency]}</strong> ${reasons.length === 0 ? texts.ready : texts.notReady}</p>
${reasons.length > 0 && html`<ul>${reasons.map(reason => html`<li lang="en">${reason}</li>`)}</ul>`}
${emergency !== 'none' && html`<p><a href="/emergency">${texts.emergencyLink}</a></p>`}`,
  )}
<p class="soft">${texts.since(timeText(startedAtMs, language, era))} ${version}</p>`
}

type Hourly = { readonly hours: readonly number[]; readonly incoming: readonly Tally[]; readonly outgoing: readonly Tally[]; readonly failed: readonly Tally[] }

function byHour(health: Health, { hours, incoming, outgoing, failed }: Hourly, language: Language): SafeHtml {
  const texts = dashboardTexts(language)
  const [came, left, lost] = [incoming, outgoing, failed].map(bySlot)
  const labels = hours.map(hourMs => shortTime(hourMs, language).slice(-5))
  const recent = new Map(health.hours.map(hour => [hour.hourMs, hour]))
  const chart = barChart({
    id: 'hours',
    title: texts.hours,
    labels,
    series: [
      { label: texts.incoming, values: hours.map(hourMs => came!.get(hourMs) ?? 0) },
      { label: texts.outgoing, values: hours.map(hourMs => left!.get(hourMs) ?? 0) },
    ],
    format: value => number(value, language),
  })
  const rows = hours.map((hourMs, index) => {
    const hour = recent.get(hourMs)
    const p95 = hour && percentileMs(new Map(hour.acceptClasses.map((count, key) => [key, count])), 0.95)
    return [labels[index]!, ...[came, left, lost].map(series => number(series!.get(hourMs) ?? 0, language)), p95 === undefined ? '–' : duration(p95, texts), number(hour?.ended ?? 0, language)]
  })
  const columns = [{ label: texts.hour }, ...[texts.incoming, texts.outgoing, texts.failed, texts.accept95, texts.ended].map(label => ({ label, isNumber: true as const }))]
  return html`<div class="beside">${chart}${dataTable(texts.hours, columns, rows)}</div>`
}

function bySlot(tallies: readonly Tally[]): ReadonlyMap<number, number> {
  const sums = new Map<number, number>()
  for (const { slotMs, count } of tallies) sums.set(slotMs, (sums.get(slotMs) ?? 0) + count)
  return sums
}

function verdictTable(verdicts: readonly Tally[], language: Language): SafeHtml {
  const texts = dashboardTexts(language)
  const { mailStates } = adminTexts(language)
  const sums = byKey(verdicts)
  if (sums.size === 0) return html`<p class="empty">${texts.noMail}</p>`
  const rows = Object.entries(mailStates).map(([key, label]) => [label, number(sums.get(key) ?? 0, language)])
  return dataTable(texts.verdicts, [{ label: adminTexts(language).state }, { label: texts.messages, isNumber: true }], rows)
}

function delayTable(delays: readonly Tally[], language: Language): SafeHtml {
  const texts = dashboardTexts(language)
  const classes = new Map([...byKey(delays)].map(([key, count]) => [Number(key), count]))
  if (classes.size === 0) return html`<p class="empty">${texts.noMail}</p>`
  return facts([0.5, 0.95, 0.99].map(share => [texts.percentile(share * 100), texts.within(duration(percentileMs(classes, share)!, texts))] as const))
}

function byKey(tallies: readonly Tally[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>()
  for (const { key, count } of tallies) sums.set(key, (sums.get(key) ?? 0) + count)
  return sums
}

function queueFacts({ queuedMessages, oldestDueAtMs }: Health, { language, nowMs }: SignedVisit): SafeHtml {
  const texts = dashboardTexts(language)
  const waitMs = oldestDueAtMs === undefined ? 0 : Math.max(0, nowMs - oldestDueAtMs)
  return facts([
    [texts.queued, html`<a href="/queue">${number(queuedMessages, language)}</a>`],
    [texts.oldest, waitMs === 0 ? texts.noWait : duration(waitMs, texts)],
  ])
}

function storeFacts({ freeBytes, originalBytes, quotaBytes }: Health, language: Language): SafeHtml {
  const texts = dashboardTexts(language)
  return html`${originalBytes >= quotaBytes * NEARLY_FULL && noticeBox('warning', html`<p>${texts.quotaNear}</p>`)}
${facts([
  [texts.free, sizeText(freeBytes)],
  [texts.originals, `${sizeText(originalBytes)} (${Math.round((originalBytes / Math.max(1, quotaBytes)) * 100)} %)`],
  [texts.quota, sizeText(quotaBytes)],
])}`
}

/** Month and day in Japan. */
function dayLabel(dayMs: number): string {
  const date = new Date(dayMs + 9 * 3_600_000)
  return `${date.getUTCMonth() + 1}/${date.getUTCDate()}`
}

export function duration(ms: number, texts: DashboardTexts): string {
  if (!Number.isFinite(ms)) return texts.beyond
  const seconds = ms / 1000
  if (seconds < 60) return texts.seconds(String(Math.round(seconds * 100) / 100))
  return seconds < 3_600 ? texts.minutes(String(Math.round(seconds / 6) / 10)) : texts.hoursUnit(String(Math.round(seconds / 360) / 10))
}
