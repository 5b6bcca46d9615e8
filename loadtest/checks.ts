/**
 * Pass or fail: rules about a result, each true when it is bad.
 *
 *   p99>500ms   arrived.p99>5s   errors>0.5%   rate<50   lost>0   limit<100
 */
import { LATENCIES, type Check, type Latency, type Result } from './result.ts'

export type Rule = {
  readonly text: string
  readonly name: string
  readonly operator: '<' | '>'
  readonly bound: number
}

type Judged = Omit<Result, 'checks' | 'passed'>

const QUANTILES: Readonly<Record<string, keyof Omit<Latency, 'buckets'>>> = {
  mean: 'meanMs',
  min: 'minMs',
  p50: 'p50Ms',
  p90: 'p90Ms',
  p95: 'p95Ms',
  p99: 'p99Ms',
  'p99.9': 'p999Ms',
  max: 'maxMs',
}

const PLAIN: Readonly<Record<string, (result: Judged) => number | null | undefined>> = {
  errors: troubledPercent,
  rate: result => result.acceptedPerSecond,
  'arrived-rate': result => result.arrivedPerSecond,
  mails: result => result.mails,
  accepted: result => result.outcomes.accepted,
  unsent: result => result.outcomes.unsent,
  lost: result => result.verification?.lost,
  duplicated: result => result.verification?.duplicated,
  mixed: result => result.verification?.mixed,
  unsanitized: result => result.verification?.unsanitized,
  unexpected: result => result.verification?.unexpected,
  strangers: result => result.verification?.strangers,
  'without-text': result => result.verification?.withoutText,
  limit: result => result.limit?.perSecond,
}

export const RULE_NAMES: readonly string[] = [
  ...Object.keys(QUANTILES),
  ...LATENCIES.map(name => `${name}.p99`),
  ...Object.keys(PLAIN),
]

const UNITS: Readonly<Record<string, number>> = { '': 1, ms: 1, s: 1000, '%': 1 }

/** What is always asked; the verification only where there is one. */
export function usualRules(verified: boolean): Rule[] {
  const texts = [
    'accepted<1',
    ...(verified ? ['lost>0', 'duplicated>0', 'mixed>0', 'unsanitized>0', 'unexpected>0'] : []),
  ]
  return texts.map(text => parseRule(text)!)
}

/** Undefined when it is no rule. */
export function parseRule(text: string): Rule | undefined {
  const [, name, operator, number, unit] =
    /^\s*([a-z0-9.-]+)\s*([<>])\s*(\d+(?:\.\d+)?)\s*(ms|s|%|)\s*$/.exec(text) ?? []
  if (name === undefined || !isName(name)) return undefined
  return { text: text.replace(/\s/g, ''), name, operator: operator as '<' | '>', bound: Number(number) * UNITS[unit!]! }
}

/** A value that is not known is bad: a test that could not be made is not passed. */
export function check(result: Judged, { text, name, operator, bound }: Rule): Check {
  const value = measured(result, name)
  const isBad = value === null || (operator === '>' ? value > bound : value < bound)
  return { rule: text, value, ok: !isBad }
}

export function troubledPercent({ mails, outcomes }: Pick<Result, 'mails' | 'outcomes'>): number | null {
  return mails === 0 ? null : ((mails - outcomes.accepted) / mails) * 100
}

function isName(name: string): boolean {
  const [latency, quantile] = splitName(name)
  return Object.hasOwn(PLAIN, name) || (Object.hasOwn(QUANTILES, quantile) && LATENCIES.some(each => each === latency))
}

function measured(result: Judged, name: string): number | null {
  if (Object.hasOwn(PLAIN, name)) return PLAIN[name]!(result) ?? null
  const [latency, quantile] = splitName(name)
  const found = result.latency[latency as keyof Judged['latency']]
  const value = found?.[QUANTILES[quantile]!]
  return value === undefined || !Number.isFinite(value) ? null : value
}

/** Without a name of its own a quantile is that of the last reply. */
function splitName(name: string): [string, string] {
  const [, latency, quantile] = /^([a-z]+)\.(.+)$/.exec(name) ?? []
  return latency === undefined || Object.hasOwn(QUANTILES, name) ? ['answered', name] : [latency, quantile!]
}
