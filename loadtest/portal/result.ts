/** A run on the portal as a Result, so that report and comparison are the same as for mail. */
import { check, type Rule } from '../checks.ts'
import { RESULT_VERSION, type Result } from '../result.ts'
import { latencyOf, machine } from '../run.ts'
import { numberOrNull } from '../tally.ts'
import type { PortalRan } from './http-load.ts'

export type AboutPortal = {
  readonly url: string
  readonly settings: Result['settings']
  readonly rules: readonly Rule[]
}

const EMPTY = { fine: 0, troubled: 0, answered: undefined }

export function portalResult(ran: PortalRan, { url, settings, rules }: AboutPortal): Result {
  const requests = Object.values(ran.outcomes).reduce((sum, count) => sum + count, 0)
  const judged = {
    version: RESULT_VERSION as typeof RESULT_VERSION,
    kind: 'portal' as const,
    startedAt: ran.startedAt.toISOString(),
    run: '',
    settings,
    server: { address: url, greeting: '', extensions: [] },
    machine: machine(),
    durationS: ran.durationS,
    mails: requests,
    outcomes: ran.outcomes,
    recipients: { accepted: 0, refused: 0 },
    bytesSent: ran.bytes,
    acceptedPerSecond: ran.outcomes.accepted / ran.durationS,
    arrivedPerSecond: null,
    latency: { answered: latencyOf(ran.answered), service: latencyOf(ran.service), data: null, arrived: null },
    overTime: Array.from(ran.seconds, ({ fine, troubled, answered } = EMPTY as never, atS) => ({
      atS,
      intended: fine + troubled,
      accepted: fine,
      troubled,
      arrived: 0,
      queue: null,
      p50Ms: answered === undefined ? null : numberOrNull(answered.quantile(0.5)),
      p99Ms: answered === undefined ? null : numberOrNull(answered.quantile(0.99)),
    })),
    troubles: [...ran.troubles].map(([text, count]) => ({ text, count })).sort((a, b) => b.count - a.count),
    kinds: [...ran.kinds].map(([kind, { requests: mails, fine, answered }]) => ({
      kind,
      mails,
      accepted: fine,
      p50Ms: numberOrNull(answered.quantile(0.5)),
      p99Ms: numberOrNull(answered.quantile(0.99)),
    })),
    verification: null,
    tester: {
      lateP99Ms: numberOrNull(ran.lateP99Ms),
      cpuShare: ran.cpuShare,
      limited: ran.cpuShare > 0.9 || ran.lateP99Ms > 50,
    },
    limit: null,
  }
  const checks = rules.map(rule => check(judged, rule))
  return { ...judged, checks, passed: checks.every(({ ok }) => ok) }
}
