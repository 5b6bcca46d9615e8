/**
 * The report of one run as one HTML file: verdict first, then what arrived, latencies, the course of the run, errors.
 */
import { troubledPercent } from '../checks.ts'
import { LATENCIES, type Latency, type Limit, type Result } from '../result.ts'
import { card, htmlTable, number, page, text } from './page.ts'
import { barPlot, escaped, linePlot } from './plots.ts'
import { type Lang, REASONS_JA, wordsIn } from './words.ts'

type Say = ReturnType<typeof wordsIn>

const MOST_TROUBLES = 12
/** Percentiles on a scale on which each nine has the same room. */
const NINES = [0, 0.5, 0.9, 0.99, 0.999, 0.9999]

export function htmlReport(result: Result, lang: Lang): string {
  const say = wordsIn(lang)
  return page(lang, `${say('title')} ${result.server.address}`, [
    head(result, say),
    result.tester.limited ? `<p class="warning">${escaped(say('limited'))}</p>` : '',
    summary(result, say),
    result.limit === null ? '' : limitSection(result.limit, say, lang),
    verification(result, say),
    checks(result, say),
    latencies(result, say),
    overTime(result, say),
    troubles(result, say),
    kinds(result, say),
    surroundings(result, say),
  ])
}

/** Milliseconds, or seconds where they are many. */
export function span(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '–'
  return ms < 10 ? `${ms.toFixed(1)} ms` : ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

export function grouped(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 1 : 0 })
}

function head({ server, startedAt, passed }: Result, say: Say): string {
  return `<h1>${escaped(say('title'))}</h1>
<p>${escaped(say('server'))}: <b>${escaped(server.address)}</b> <span class="soft">${escaped(server.greeting)}</span><br>
<span class="soft">${escaped(say('started'))}: ${escaped(startedAt.slice(0, 19).replace('T', ' '))} UTC</span></p>
<p class="verdict${passed ? '' : ' bad'}">${escaped(say(passed ? 'passed' : 'failed'))}</p>`
}

function summary(
  { mails, outcomes, durationS, acceptedPerSecond, arrivedPerSecond, bytesSent, latency }: Result,
  say: Say,
): string {
  const errors = troubledPercent({ mails, outcomes }) ?? 0
  return `<div class="cards">${[
    card(say('mails'), `${grouped(mails)}`),
    card(say('accepted'), grouped(outcomes.accepted)),
    card(say('errors'), `${errors.toFixed(2)} %`, errors > 0),
    card(say('duration'), `${durationS.toFixed(1)} ${say('seconds')}`),
    card(say('acceptedRate'), `${grouped(acceptedPerSecond)} ${say('perSecond')}`),
    arrivedPerSecond === null ? '' : card(say('arrivedRate'), `${grouped(arrivedPerSecond)} ${say('perSecond')}`),
    card('p50', span(latency.answered?.p50Ms)),
    card('p99', span(latency.answered?.p99Ms)),
    bytesSent === 0 ? '' : card(say('bytes'), `${grouped(bytesSent / 1e6)} MB`),
  ].join('')}</div>`
}

function limitSection(limit: Limit, say: Say, lang: Lang): string {
  const assumption = say('assumption')
    .replace('{busy}', String(Math.round(limit.busyHourShare * 100)))
    .replace('{peak}', String(limit.peakFactor))
    .replace('{person}', String(limit.mailsPerPerson))
  const byRate = limit.trials.toSorted((a, b) => a.perSecond - b.perSecond)
  const rates = byRate.map(({ perSecond }) => perSecond)
  return `<h2>${escaped(say('limit'))}</h2><p>${escaped(say('limitText'))}</p><div class="cards">${[
    card(say('rate'), `${grouped(limit.perSecond)} ${say('perSecond')}${limit.atLeast ? ` ${say('atLeast')}` : ''}`),
    card(say('day'), `${grouped(limit.mailsPerDay)} ${say('mailsUnit')}`),
    card(say('staff'), `${grouped(limit.staff)} ${say('people')}`),
  ].join('')}</div><p class="soft">${escaped(assumption)}</p>${
    byRate.length < 2
      ? ''
      : linePlot(
          say('trials'),
          [{ name: 'p99', points: byRate.map(({ perSecond, p99Ms }) => [perSecond, p99Ms]) }],
          {
            label: say('perSecond'),
            min: 0,
            max: Math.max(...rates),
            ticks: rates
              .filter((rate, i) => i === rates.length - 1 || rates[i + 1]! - rate > Math.max(...rates) / 12)
              .map(at => ({ at, text: grouped(at) })),
          },
          'ms',
        )
  }${htmlTable(
    [say('rate'), 'p99', say('errors'), say('backlog'), say('verdict'), say('why')],
    limit.trials.map(trial => [
      number(grouped(trial.perSecond)),
      number(span(trial.p99Ms)),
      number(`${(trial.troubledShare * 100).toFixed(2)} %`),
      number(trial.backlog),
      text(say(trial.ok ? 'ok' : 'notOk'), trial.ok ? 'good' : 'bad'),
      text(lang === 'ja' ? (REASONS_JA[trial.why] ?? trial.why) : trial.why),
    ]),
  )}`
}

function verification({ verification: found }: Result, say: Say): string {
  if (found === null) return ''
  const bad = ['lost', 'duplicated', 'mixed', 'unsanitized', 'unexpected'] as const
  const rules = Object.entries(found.unsanitizedBy).map(([rule, count]) => `${rule}: ${count}`)
  return `<h2>${escaped(say('verification'))}</h2><p>${escaped(say('verificationText'))}</p><div class="cards">${[
    card(say('arrivals'), grouped(found.arrivals)),
    ...bad.map(name => card(say(name), grouped(found[name]), found[name] > 0)),
    ...(['strangers', 'withoutText'] as const)
      .filter(name => found[name] > 0)
      .map(name => card(say(name), grouped(found[name]))),
  ].join('')}</div>${rules.length === 0 ? '' : `<p class="bad-text">${escaped(rules.join(', '))}</p>`}`
}

function checks({ checks: made }: Result, say: Say): string {
  const shown = (value: number | null) => (value === null ? say('unknown') : String(Number(value.toPrecision(4))))
  return `<h2>${escaped(say('checks'))}</h2>${htmlTable(
    [say('rule'), say('value'), say('verdict')],
    made.map(({ rule, value, ok }) => [
      text(rule),
      number(shown(value)),
      text(say(ok ? 'ok' : 'notOk'), ok ? 'good' : 'bad'),
    ]),
  )}`
}

function latencies({ latency }: Result, say: Say): string {
  const known = LATENCIES.flatMap(name => (latency[name] === null ? [] : [{ name, each: latency[name] }]))
  if (known.length === 0) return ''
  const rows = known.map(({ name, each }) => [
    text(say(name)),
    ...[each.meanMs, each.p50Ms, each.p90Ms, each.p95Ms, each.p99Ms, each.p999Ms, each.maxMs].map(ms =>
      number(span(ms)),
    ),
  ])
  const ticks = NINES.map(share => ({
    at: nines(share),
    text: share === 0 ? '0 %' : `${Number((share * 100).toFixed(2))} %`,
  }))
  const lines = known
    .filter(({ name }) => name !== 'data')
    .map(({ name, each }) => ({ name: say(name), points: percentiles(each) }))
  const most = Math.max(...lines.flatMap(({ points }) => points.map(([x]) => x)), 1)
  return `<h2>${escaped(say('latency'))}</h2><p>${escaped(say('latencyText'))}</p>${htmlTable(['', say('mean'), 'p50', 'p90', 'p95', 'p99', 'p99.9', say('max')], rows)}
<h3>${escaped(say('distribution'))}</h3>${linePlot(say('distribution'), lines, { label: say('percentile'), min: 0, max: most, ticks: ticks.filter(({ at }) => at <= most) }, 'ms')}`
}

function nines(share: number): number {
  return -Math.log10(1 - share)
}

/** Points of the curve "so large a share was answered within so long", as far as there is a mail behind each. */
function percentiles({ buckets, count }: Latency): [number, number][] {
  let seen = 0
  const points: [number, number][] = []
  for (const [ms, more] of buckets) {
    points.push([nines(Math.min(seen / count, 1 - 1 / (count + 1))), ms])
    seen += more
  }
  const last = buckets.at(-1)!
  points.push([nines(1 - 1 / (count + 1)), last[0]])
  return points
}

function overTime({ overTime: moments }: Result, say: Say): string {
  if (moments.length < 2) return ''
  const stepS = moments[1]!.atS - moments[0]!.atS
  const endS = moments.at(-1)!.atS
  const x = {
    label: say('seconds'),
    min: 0,
    max: endS,
    ticks: Array.from({ length: 7 }, (_, i) => ({ at: (endS * i) / 6, text: String(Math.round((endS * i) / 6)) })),
  }
  const rate = (pick: 'intended' | 'accepted' | 'arrived' | 'troubled') =>
    moments.map(moment => [moment.atS, moment[pick] / stepS] as const)
  const hasArrivals = moments.some(({ arrived }) => arrived > 0)
  const queue = moments.some(({ queue: known }) => known !== null)
  return `<h2>${escaped(say('overTime'))}</h2><h3>${escaped(say('rateOverTime'))}</h3>${linePlot(
    say('rateOverTime'),
    [
      { name: say('intended'), points: rate('intended') },
      { name: say('acceptedLine'), points: rate('accepted') },
      ...(hasArrivals ? [{ name: say('arrivedLine'), points: rate('arrived') }] : []),
      { name: say('troubledLine'), points: rate('troubled') },
    ],
    x,
    say('perSecond'),
  )}<h3>${escaped(say('latencyOverTime'))}</h3>${linePlot(
    say('latencyOverTime'),
    [
      { name: 'p50', points: moments.map(({ atS, p50Ms }) => [atS, p50Ms]) },
      { name: 'p99', points: moments.map(({ atS, p99Ms }) => [atS, p99Ms]) },
    ],
    x,
    'ms',
  )}${queue ? `<h3>${escaped(say('queueOverTime'))}</h3>${linePlot(say('queueOverTime'), [{ name: say('queueOverTime'), points: moments.map(({ atS, queue: waiting }) => [atS, waiting]) }], x, say('mailsUnit'))}` : ''}`
}

function troubles({ troubles: seen }: Result, say: Say): string {
  const title = `<h2>${escaped(say('troubles'))}</h2>`
  if (seen.length === 0) return `${title}<p>${escaped(say('noTroubles'))}</p>`
  return title + barPlot(seen.slice(0, MOST_TROUBLES).map(({ text: name, count }) => ({ name, value: count })))
}

function kinds({ kinds: all, kind }: Result, say: Say): string {
  const rows = all
    .toSorted((a, b) => b.mails - a.mails)
    .map(each => [
      text(each.kind),
      number(grouped(each.mails)),
      number(grouped(each.accepted)),
      number(span(each.p50Ms)),
      number(span(each.p99Ms)),
    ])
  return `<h2>${escaped(say(kind === 'portal' ? 'page' : 'kinds'))}</h2>${htmlTable([say(kind === 'portal' ? 'page' : 'kind'), say('count'), say('accepted'), 'p50', 'p99'], rows)}`
}

function surroundings({ tester, machine, settings, server }: Result, say: Say): string {
  const rows = Object.entries(settings).map(([name, value]) => [text(name), text(String(value))])
  return `<h2>${escaped(say('tester'))}</h2>
<p>${escaped(say('late'))}: ${span(tester.lateP99Ms)}, ${(tester.cpuShare * 100).toFixed(0)} % ${escaped(say('cpu'))}<br>
<span class="soft">${escaped(`${machine.cpu} × ${machine.cores}, ${machine.system}, Node ${machine.node}`)}<br>${escaped(server.extensions.join(', '))}</span></p>
<h3>${escaped(say('settings'))}</h3>${htmlTable([say('measure'), say('value')], rows)}`
}
