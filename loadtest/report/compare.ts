/**
 * Two results side by side. Differences within the tolerance say nothing: runs on one machine differ by that much.
 */
import { troubledPercent } from '../checks.ts'
import { LATENCIES, type Latency, RESULT_VERSION, type Result } from '../result.ts'
import { grouped, span } from './html.ts'
import { htmlTable, number, page, text } from './page.ts'
import { escaped, linePlot } from './plots.ts'
import { type Lang, type Word, WORDS, wordsIn } from './words.ts'

export type Compared = {
  readonly name: string
  readonly first: number
  readonly second: number
  readonly unit: 'ms' | '/s' | '%' | ''
  readonly change: 'better' | 'worse' | 'same'
}

type Measure = {
  readonly name: string
  readonly unit: Compared['unit']
  readonly higherIsBetter: boolean
  readonly of: (result: Result) => number | null | undefined
}

const QUANTILES = ['p50Ms', 'p95Ms', 'p99Ms', 'maxMs'] as const satisfies readonly (keyof Latency)[]

const MEASURES: readonly Measure[] = [
  { name: 'acceptedRate', unit: '/s', higherIsBetter: true, of: result => result.acceptedPerSecond },
  { name: 'arrivedRate', unit: '/s', higherIsBetter: true, of: result => result.arrivedPerSecond },
  { name: 'limit', unit: '/s', higherIsBetter: true, of: result => result.limit?.perSecond },
  { name: 'errors', unit: '%', higherIsBetter: false, of: troubledPercent },
  ...LATENCIES.flatMap(name =>
    QUANTILES.map(quantile => ({
      name: `${name} ${quantile.slice(0, -2)}`,
      unit: 'ms' as const,
      higherIsBetter: false,
      of: (result: Result) => result.latency[name]?.[quantile],
    })),
  ),
  ...(['lost', 'duplicated', 'mixed', 'unsanitized', 'unexpected'] as const).map(name => ({
    name,
    unit: '' as const,
    higherIsBetter: false,
    of: (result: Result) => result.verification?.[name],
  })),
]

/** Counts of what must not be are compared exactly, everything else within the tolerance. */
export function compare(first: Result, second: Result, tolerancePercent: number): Compared[] {
  return MEASURES.flatMap(({ name, unit, higherIsBetter, of }) => {
    const [a, b] = [of(first), of(second)]
    if (a === null || a === undefined || b === null || b === undefined) return []
    const room = unit === '' ? 0 : unit === '%' ? 0.1 : (Math.max(a, b) * tolerancePercent) / 100
    const change = Math.abs(b - a) <= room ? 'same' : b > a === higherIsBetter ? 'better' : 'worse'
    return [{ name, first: a, second: b, unit, change }]
  })
}

/** What is wrong with it as the result of a run, or undefined. */
export function problemOfResult(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('version' in value) || !('latency' in value))
    return 'is no result of a load test'
  return value.version === RESULT_VERSION
    ? undefined
    : `has version ${String(value.version)}, this is for ${RESULT_VERSION}`
}

export function valueIn(unit: Compared['unit'], value: number): string {
  return unit === 'ms'
    ? span(value)
    : unit === '%'
      ? `${value.toFixed(2)} %`
      : unit === '/s'
        ? `${grouped(value)}/s`
        : String(value)
}

export function htmlComparison(
  first: Result,
  second: Result,
  { tolerancePercent, lang }: { readonly tolerancePercent: number; readonly lang: Lang },
): string {
  const say = wordsIn(lang)
  const rows = compare(first, second, tolerancePercent).map(({ name, first: a, second: b, unit, change }) => [
    text(nameIn(name, say)),
    number(valueIn(unit, a)),
    number(valueIn(unit, b)),
    number(a === 0 ? '–' : `${b >= a ? '+' : ''}${(((b - a) / a) * 100).toFixed(1)} %`),
    text(say(change), change === 'worse' ? 'bad' : change === 'better' ? 'good' : undefined),
  ])
  const about = [first, second].map(
    (each, i) =>
      `<p>${escaped(say(i === 0 ? 'first' : 'second'))}: <b>${escaped(each.server.address)}</b> <span class="soft">${escaped(each.startedAt.slice(0, 19).replace('T', ' '))} UTC, ${escaped(each.machine.cpu)}</span></p>`,
  )
  return page(lang, say('compareTitle'), [
    `<h1>${escaped(say('compareTitle'))}</h1>`,
    ...about,
    htmlTable([say('measure'), say('first'), say('second'), say('change'), say('verdict')], rows),
    `<h2>${escaped(say('distribution'))}</h2>`,
    distribution(first, second, say),
  ])
}

function distribution(first: Result, second: Result, say: (word: Word) => string): string {
  const shares = [0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999]
  const points = ({ latency }: Result) => shares.map((share, i) => [i, quantileOf(latency.answered, share)] as const)
  return linePlot(
    say('distribution'),
    [
      { name: say('first'), points: points(first) },
      { name: say('second'), points: points(second) },
    ],
    {
      label: say('percentile'),
      min: 0,
      max: shares.length - 1,
      ticks: shares.map((share, at) => ({ at, text: `${share * 100}` })),
    },
    'ms',
  )
}

function quantileOf(latency: Latency | null, share: number): number | null {
  if (latency === null) return null
  let seen = 0
  for (const [ms, count] of latency.buckets) {
    seen += count
    if (seen >= Math.max(1, share * latency.count)) return ms
  }
  return latency.maxMs
}

function nameIn(name: string, say: (word: Word) => string): string {
  const [word, quantile] = name.split(' ')
  const said = word! in WORDS ? say(word as Word) : word!
  return quantile === undefined ? said : `${said} ${quantile}`
}
