/** A result as text for the terminal. */
import { troubledPercent } from '../loadtest/checks.ts'
import { LATENCIES, type Result } from '../loadtest/result.ts'
import { span } from './loadtest-live.ts'
import { fields, type Output, size, table } from './output.ts'

const MEANING = {
  answered: 'from the time meant to the last reply',
  service: 'from the real start',
  data: 'from end of data to its reply',
  arrived: 'from the time meant to the next hop',
} as const

export function summaryOf(output: Output, result: Result): string {
  const blocks = [
    head(output, result),
    latencies(output, result),
    troubles(output, result),
    limit(output, result),
    checks(output, result),
  ]
  return blocks.filter(block => block !== '').join('\n') + `${result.passed ? 'PASSED' : 'FAILED'}\n`
}

function head(
  output: Output,
  { mails, outcomes, acceptedPerSecond, arrivedPerSecond, bytesSent, durationS, tester, verification, ...rest }: Result,
): string {
  const others = Object.entries(outcomes)
    .filter(([name, count]) => name !== 'accepted' && count > 0)
    .map(([name, count]) => `, ${count} ${name}`)
  return fields(output, [
    ['server', `${rest.server.address}, ${rest.server.greeting}`],
    ['mails', `${mails} in ${durationS.toFixed(1)} s: ${outcomes.accepted} accepted${others.join('')}`],
    [
      'rate',
      `${acceptedPerSecond.toFixed(1)} accepted/s${arrivedPerSecond === null ? '' : `, ${arrivedPerSecond.toFixed(1)} arrived/s`}, ${size(Math.round(bytesSent / durationS))}/s`,
    ],
    ['errors', `${(troubledPercent({ mails, outcomes }) ?? 0).toFixed(2)} %`],
    ...(verification === null ? [] : [['arrived', arrivedText(verification)] as const]),
    [
      'tester',
      `late p99 ${span(tester.lateP99Ms)}, ${(tester.cpuShare * 100).toFixed(0)} % of a CPU${tester.limited ? ': IT WAS AT ITS OWN LIMIT, the figures are too' : ''}`,
    ],
  ])
}

function arrivedText(verification: NonNullable<Result['verification']>): string {
  const { arrivals, lost, duplicated, mixed, unsanitized, unexpected, strangers, withoutText } = verification
  const more = strangers + withoutText === 0 ? '' : `; ${strangers} without a mark, ${withoutText} without their text`
  return `${arrivals}: ${lost} lost, ${duplicated} duplicated, ${mixed} mixed, ${unsanitized} unsanitized, ${unexpected} unexpected${more}`
}

function latencies(output: Output, { latency }: Result): string {
  const rows = LATENCIES.flatMap(name => {
    const each = latency[name]
    return each === null
      ? []
      : [
          [
            name,
            span(each.meanMs),
            span(each.p50Ms),
            span(each.p95Ms),
            span(each.p99Ms),
            span(each.p999Ms),
            span(each.maxMs),
            MEANING[name],
          ],
        ]
  })
  return table(output, ['LATENCY', 'MEAN', 'P50', 'P95', 'P99', 'P99.9', 'MAX', ''], rows)
}

function troubles(output: Output, result: Result): string {
  if (result.troubles.length === 0) return ''
  return table(
    output,
    ['ERRORS', 'REPLY'],
    result.troubles.slice(0, 10).map(({ text, count }) => [count, text]),
  )
}

function limit(output: Output, { limit: found }: Result): string {
  if (found === null) return ''
  return fields(output, [
    ['limit', `${found.atLeast ? 'at least ' : ''}${found.perSecond.toFixed(1)} mails/s`],
    [
      'a day',
      `${found.mailsPerDay} mails, if the busiest hour has ${(found.busyHourShare * 100).toFixed(0)} % of them and its peak is ${found.peakFactor} times its mean`,
    ],
    ['staff', `${found.staff}, at ${found.mailsPerPerson} mails from outside per person and day`],
  ])
}

function checks(output: Output, result: Result): string {
  return table(
    output,
    ['FAIL IF', 'VALUE', ''],
    result.checks.map(({ rule, value, ok }) => [
      rule,
      value === null ? 'not known' : String(Number(value.toPrecision(4))),
      ok ? 'ok' : 'FAILED',
    ]),
  )
}
