/** A relay on a fake store with a clock that the test turns, and everything it said. */
import type { Mailbox, QueueId } from '../../../../core/smtp/envelope.ts'
import { DEFAULT_POOL_LIMITS, type PoolLimits } from '../../../../gateway/outbound/pool.ts'
import type { AlarmEvent, BounceEvent, RecipientEvent } from '../../../../gateway/outbound/relay-log.ts'
import { createRelay, type Relay, type RelayLimits } from '../../../../gateway/outbound/relay.ts'
import { createRouteTable, type NextHop, type Route, type SmtpHop } from '../../../../gateway/outbound/routes.ts'
import { DEFAULT_SCHEDULE, type Schedule } from '../../../../gateway/outbound/schedule.ts'
import type { OnGreeted } from '../../../../gateway/outbound/transports.ts'
import { FakeStore } from './fake-store.ts'

export const START_MS = Date.UTC(2026, 2, 1, 0, 30)
export const STAFF = 'staff@town.example.jp' as Mailbox
export const OTHER = 'other@town.example.jp' as Mailbox
export const THIRD = 'third@town.example.jp' as Mailbox
export const MESSAGE = Buffer.from('Subject: x\r\n\r\nhello\r\n')

export const FAST_POOL: PoolLimits = {
  ...DEFAULT_POOL_LIMITS, connectMs: 1500, replyMs: 1500, maxConnections: 4, idleMs: 5000, acquireMs: 5000, transactionMs: 5000, backOffMs: 20, longestBackOffMs: 40,
}
const LIMITS: RelayLimits = { pool: FAST_POOL, maxInFlight: 20, maxOfferedBytes: 1 << 20, maxWaiting: 10, pollMs: 15 }

export type Said = {
  readonly delivered: RecipientEvent[]
  readonly deferred: (RecipientEvent & { dueAtMs: number })[]
  readonly failed: RecipientEvent[]
  readonly bounced: BounceEvent[]
  readonly alarms: AlarmEvent[]
}
export type Rig = { readonly relay: Relay; readonly store: FakeStore; readonly said: Said; readonly clock: { nowMs: number }; stop(): Promise<void> }

export function smtpHop(port: number, more: Partial<SmtpHop> = {}): SmtpHop {
  return { kind: 'smtp', host: '127.0.0.1', port, tls: 'off', name: 'gateway.example.jp', ...more }
}

export function inward(...hops: [NextHop, ...NextHop[]]): Route {
  return { name: 'inner', direction: 'inward', domains: ['town.example.jp'], hops }
}

export function outward(...hops: [NextHop, ...NextHop[]]): Route {
  return { name: 'outer', direction: 'outward', domains: ['*'], hops }
}

export function rig(routes: readonly Route[], more: { limits?: Partial<RelayLimits>; schedule?: Partial<Schedule>; onGreeted?: OnGreeted } = {}): Rig {
  const store = new FakeStore()
  const clock = { nowMs: START_MS }
  const said: Said = { delivered: [], deferred: [], failed: [], bounced: [], alarms: [] }
  let ids = 0
  const relay = createRelay({
    store, routes: createRouteTable(routes), clock: () => clock.nowMs, random: () => 0,
    log: {
      delivered: event => said.delivered.push(event),
      deferred: event => said.deferred.push(event),
      failed: event => said.failed.push(event),
      bounced: event => said.bounced.push(event),
      alarm: event => said.alarms.push(event),
    },
    schedule: { ...DEFAULT_SCHEDULE, ...more.schedule },
    limits: { ...LIMITS, ...more.limits },
    identity: { hostname: 'mail.town.example.jp', from: 'postmaster@town.example.jp' as Mailbox, newQueueId: () => `dsn${++ids}` as QueueId, retentionClass: 'default' },
    ...(more.onGreeted ? { onGreeted: more.onGreeted } : {}),
  })
  return { relay, store, said, clock, stop: () => relay.close(200) }
}

export async function until(condition: () => boolean, what = 'condition'): Promise<void> {
  const endMs = Date.now() + 8000
  while (!condition()) {
    if (Date.now() > endMs) throw new Error(`waited in vain for ${what}`)
    await new Promise(resolve => setTimeout(resolve, 3))
  }
}
