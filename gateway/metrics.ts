/**
 * Counters and gauges for Prometheus: one table, printed as docs/metrics.md. The only file that knows
 * prom-client. Lives in the gateway process; other processes report through it.
 *
 * Invariant: no label has a value that a sender chooses (addresses, names, subjects), so the number of
 * series is bounded by these tables.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

type Metric = {
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels?: readonly string[]
  readonly buckets?: readonly number[]
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]
const LONG_SECONDS = [0.1, 0.5, 1, 5, 15, 60, 300, 1_800, 7_200, 43_200, 172_800, 432_000]

export const METRICS = {
  smtp_connections_total: { kind: 'counter', help: 'SMTP connections accepted', labels: ['client'] },
  smtp_replies_total: {
    kind: 'counter',
    help: 'Replies that refused something or put it off, by name (docs/replies.md)',
    labels: ['reply'],
  },
  smtp_received_bytes_total: { kind: 'counter', help: 'Octets of messages received' },
  messages_accepted_total: { kind: 'counter', help: 'Messages that got 250' },
  messages_duplicate_total: { kind: 'counter', help: 'Messages recognised as sent again after a lost reply' },
  messages_aborted_total: { kind: 'counter', help: 'Messages that a client did not finish' },
  verdicts_total: {
    kind: 'counter',
    help: 'Verdicts, by how far down the ladder of attempts the message went',
    labels: ['verdict', 'degraded'],
  },
  parts_total: { kind: 'counter', help: 'Parts, by what became of them', labels: ['outcome'] },
  accept_seconds: { kind: 'histogram', help: 'From end of data to 250', buckets: SECONDS },
  sanitize_seconds: { kind: 'histogram', help: 'In the workshop: waiting, sanitizing and verifying', buckets: SECONDS },
  delivery_seconds: {
    kind: 'histogram',
    help: 'From acceptance to delivery, per recipient',
    labels: ['direction'],
    buckets: LONG_SECONDS,
  },
  relay_attempts_total: {
    kind: 'counter',
    help: 'Delivery attempts per recipient, by result',
    labels: ['outcome', 'direction'],
  },
  dsn_total: { kind: 'counter', help: 'DSNs, by whether one was sent', labels: ['outcome'] },
  store_flushes_total: { kind: 'counter', help: 'Group commits flushed to disk' },
  store_commits_total: { kind: 'counter', help: 'Messages and settlements committed by them' },
  sanitizer_ended_total: {
    kind: 'counter',
    help: 'Sanitizer and verifier processes that ended, by cause',
    labels: ['lane', 'cause'],
  },
  alarms_total: { kind: 'counter', help: 'Alarms, by kind', labels: ['kind'] },
  purged_messages_total: { kind: 'counter', help: 'Sealed originals made unreadable' },
  smtp_connections: { kind: 'gauge', help: 'SMTP connections open now' },
  smtp_bytes_in_flight: { kind: 'gauge', help: 'Octets of messages being received now' },
  queue_messages: { kind: 'gauge', help: 'Messages waiting for delivery' },
  queue_oldest_seconds: { kind: 'gauge', help: 'How long the oldest due entry is overdue' },
  lane_busy: { kind: 'gauge', help: 'Jobs under way in a lane', labels: ['lane'] },
  lane_waiting: { kind: 'gauge', help: 'Jobs waiting for a lane', labels: ['lane'] },
  quarantine_bytes: { kind: 'gauge', help: 'Octets of sealed originals on disk' },
  quarantine_quota_bytes: { kind: 'gauge', help: 'Quota for sealed originals' },
  store_free_bytes: { kind: 'gauge', help: 'Free space on the disk of the store' },
  heartbeat_timestamp_seconds: {
    kind: 'gauge',
    help: 'When the event loop and the store last answered (Unix time); an old one, or none, is an alarm',
  },
  ready: { kind: 'gauge', help: '1 when /ready says yes' },
  emergency: { kind: 'gauge', help: '1 for the emergency state in force', labels: ['state'] },
  maillog_dropped_lines: { kind: 'gauge', help: 'Log lines lost because nobody read them' },
} as const satisfies Record<string, Metric>

export const METRIC_PREFIX = 'sekisho_'

type MetricName = keyof typeof METRICS
type NameOf<K extends Metric['kind']> = {
  [N in MetricName]: (typeof METRICS)[N]['kind'] extends K ? N : never
}[MetricName]
type LabelsOf<N extends MetricName> = (typeof METRICS)[N] extends { labels: readonly (infer L extends string)[] }
  ? { readonly [K in L]: string }
  : undefined
type WithLabels<N extends MetricName> = LabelsOf<N> extends undefined ? [] : [labels: LabelsOf<N>]

export interface Metrics {
  count<N extends NameOf<'counter'>>(name: N, amount: number, ...labels: WithLabels<N>): void
  observe<N extends NameOf<'histogram'>>(name: N, seconds: number, ...labels: WithLabels<N>): void
  set<N extends NameOf<'gauge'>>(name: N, value: number, ...labels: WithLabels<N>): void
  /** Runs `refresh` first, which sets the gauges. */
  exposition(): Promise<{ readonly contentType: string; readonly text: string }>
}

type MetricsOptions = { readonly refresh?: (metrics: Metrics) => Promise<void>; readonly processMetrics?: boolean }

export function createMetrics({ refresh, processMetrics = false }: MetricsOptions = {}): Metrics {
  const registry = new Registry()
  if (processMetrics) collectDefaultMetrics({ register: registry, prefix: METRIC_PREFIX })
  const series = new Map(Object.entries<Metric>(METRICS).map(([name, metric]) => [name, build(registry, name, metric)]))
  const metrics: Metrics = {
    count: (name, amount, ...[labels]) => (series.get(name) as Counter).inc(labels ?? {}, amount),
    observe: (name, seconds, ...[labels]) => (series.get(name) as Histogram).observe(labels ?? {}, seconds),
    set: (name, value, ...[labels]) => (series.get(name) as Gauge).set(labels ?? {}, value),
    exposition: async () => {
      await refresh?.(metrics)
      return { contentType: registry.contentType, text: await registry.metrics() }
    },
  }
  return metrics
}

function build(
  registry: Registry,
  name: string,
  { kind, help, labels = [], buckets = [] }: Metric,
): Counter | Gauge | Histogram {
  const common = { name: METRIC_PREFIX + name, help, labelNames: [...labels], registers: [registry] }
  if (kind === 'counter') return new Counter(common)
  return kind === 'gauge' ? new Gauge(common) : new Histogram({ ...common, buckets: [...buckets] })
}
