/**
 * The relay's events as mail log lines and metrics. One alarm hook, so that who has to be told is told once.
 */
import { severityOf } from '../alarms.ts'
import type { MailLog } from '../maillog.ts'
import type { Metrics } from '../metrics.ts'
import type { RecipientEvent, RelayLog } from './relay-log.ts'

export type RelayRecordDeps = {
  readonly log: MailLog
  readonly metrics: Metrics
  readonly onAlarm: (kind: string, text: string) => void
}

export function relayRecord({ log, metrics, onAlarm }: RelayRecordDeps): RelayLog {
  const hop = (event: RecipientEvent) => ({ to: event.recipient, 'next-hop': event.nextHop, attempt: event.attempt })
  const attempted = (event: RecipientEvent, outcome: string) => metrics.count('relay_attempts_total', 1, { outcome, direction: event.direction })
  return {
    delivered(event) {
      attempted(event, 'delivered')
      metrics.observe('delivery_seconds', event.ageMs / 1000, { direction: event.direction })
      log.event('delivered', event.queueId, { ...hop(event), status: event.status, reply: event.reply, delay: (event.ageMs / 1000).toFixed(3) })
      if (event.possibleDuplicate) log.event('duplicate', event.queueId, { of: event.queueId, to: event.recipient })
    },
    deferred(event) {
      attempted(event, 'deferred')
      log.event('deferred', event.queueId, { ...hop(event), next: new Date(event.dueAtMs).toISOString(), status: event.status, reply: event.reply })
    },
    failed(event) {
      attempted(event, 'failed')
      log.event('failed', event.queueId, { ...hop(event), status: event.status, reply: event.reply })
    },
    bounced(event) {
      metrics.count('dsn_total', 1, { outcome: event.kind })
      log.event('bounced', event.queueId, { to: event.reversePath, dsn: event.dsnQueueId })
    },
    alarm(event) {
      metrics.count('alarms_total', 1, { kind: event.kind })
      log.event('alarm', event.queueId ?? '-', { kind: event.kind, text: event.detail, severity: severityOf(event.kind) })
      onAlarm(event.kind, event.detail)
    },
  }
}
