/**
 * How the gateway is: reasons against taking mail, numbers for the control socket, gauges for Prometheus.
 */
import type { Config } from '../config/schema.ts'
import type { GatewayStatus } from '../gateway/control-protocol.ts'
import type { Listener } from '../gateway/inbound/options.ts'
import type { Metrics } from '../gateway/metrics.ts'
import type { Relay } from '../gateway/outbound/relay.ts'
import type { Emergency, StoreSpace } from '../store/contract.ts'
import type { OpenWorkshop } from '../workers/workshop.ts'
import { packageVersion } from './version.ts'

export type GatewayView = {
  readonly config: Config
  readonly space: StoreSpace
  readonly emergency: Emergency
  readonly workshop: OpenWorkshop | undefined
  readonly listener: Listener | undefined
  readonly relay: Relay | undefined
  readonly droppedLines: number
  readonly aliveAtMs: number
  readonly nowMs: number
}

/** In words for operators; empty means ready. */
export function readinessOf({ config, space, emergency, workshop }: GatewayView): string[] {
  const reasons: string[] = []
  const status = workshop?.status()
  if (!status?.ready) reasons.push(status?.sick ? `the sanitizer is sick: ${status.sick}` : 'no sanitizer and verifier process is at work yet')
  if (emergency === 'isolate') reasons.push('emergency isolate is in force')
  if (space.freeBytes <= config.store.minFreeBytes) reasons.push('free disk is below store.minFreeBytes')
  if (space.originalBytes >= space.quotaBytes) reasons.push('the quota for originals is used up')
  return reasons
}

export function statusOf(view: GatewayView, startedAtMs: number, hours: GatewayStatus['hours']): GatewayStatus {
  const { space, emergency } = view
  return {
    version: packageVersion(),
    pid: process.pid,
    startedAtMs,
    emergency,
    reasons: readinessOf(view),
    queuedMessages: space.queuedMessages,
    ...(space.oldestDueAtMs === undefined ? {} : { oldestDueAtMs: space.oldestDueAtMs }),
    freeBytes: space.freeBytes,
    originalBytes: space.originalBytes,
    quotaBytes: space.quotaBytes,
    hours,
  }
}

export function gaugesOf(metrics: Metrics, view: GatewayView): void {
  const { space, emergency, workshop, listener } = view
  metrics.set('heartbeat_timestamp_seconds', view.aliveAtMs / 1000)
  metrics.set('ready', readinessOf(view).length === 0 ? 1 : 0)
  for (const state of ['hold', 'isolate'] as const) metrics.set('emergency', emergency === state ? 1 : 0, { state })
  metrics.set('queue_messages', space.queuedMessages)
  metrics.set('queue_oldest_seconds', space.oldestDueAtMs === undefined ? 0 : Math.max(0, (view.nowMs - space.oldestDueAtMs) / 1000))
  metrics.set('quarantine_bytes', space.originalBytes)
  metrics.set('quarantine_quota_bytes', space.quotaBytes)
  metrics.set('store_free_bytes', space.freeBytes)
  metrics.set('maillog_dropped_lines', view.droppedLines)
  metrics.set('smtp_connections', listener?.connections ?? 0)
  metrics.set('smtp_bytes_in_flight', listener?.bytesInFlight ?? 0)
  for (const lane of workshop?.status().lanes ?? []) {
    metrics.set('lane_busy', lane.inWork, { lane: lane.name })
    metrics.set('lane_waiting', lane.waiting, { lane: lane.name })
  }
}
