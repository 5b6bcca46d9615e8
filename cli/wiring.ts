/**
 * From settings to the values that each room is given. Only here does a name of `config` meet an options type.
 */
import { hostname } from 'node:os'
import type { Config } from '../config/schema.ts'
import type { InboundLimits } from '../gateway/inbound/options.ts'
import { DEFAULT_POOL_LIMITS } from '../gateway/outbound/pool.ts'
import type { RelayLimits } from '../gateway/outbound/relay.ts'
import { createRouteTable, type NextHop, type Route, type RouteTable } from '../gateway/outbound/routes.ts'
import type { Schedule } from '../gateway/outbound/schedule.ts'
import type { SanitizeLimits } from '../core/job.ts'
import { createClamd } from '../workers/clamd.ts'
import type { FileWorkshop, Workshop } from '../workers/contract.ts'
import { type OfficeOptions, type OpenOffice, openOffice } from '../workers/office.ts'
import { scanned } from '../workers/scanned.ts'
import { OFFICE_OUTPUT_BYTES } from './places.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const MIB = 2 ** 20

export function ourHostname(config: Config): string {
  if (config.hostname !== '') return config.hostname
  const name = hostname().toLowerCase()
  return /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/.test(name) ? name : 'localhost'
}

/** For pages of old Office files, where that is wanted; boxes start as files come. */
export async function openOldOffice({ sanitizer: { oldOffice } }: Config, socketPath: string, onDeath: OfficeOptions['onDeath']): Promise<OpenOffice | undefined> {
  if (oldOffice.use === 'off') return undefined
  const { most, timeoutMs } = oldOffice
  return openOffice({ socketPath, ready: 0, most, startWithinMs: timeoutMs, drawWithinMs: timeoutMs, outputBytes: OFFICE_OUTPUT_BYTES, onDeath })
}

type Scannable = Parameters<typeof scanned>[0]

/** The workshop, with an antivirus at its doors where one is set. */
export function behindAntivirus(workshop: Scannable, { antivirus }: Config, onAlarm: (text: string) => void): Workshop & FileWorkshop {
  const { clamd, required, scanBefore, scanAfter, connections, timeoutMs } = antivirus
  if (clamd === '') return workshop
  const scanner = createClamd({ address: clamd, timeoutMs, atOnce: connections })
  return scanned(workshop, scanner, { required, before: scanBefore, after: scanAfter, onAlarm })
}

export function inboundLimits({ smtp }: Config): InboundLimits {
  return {
    messageBytes: smtp.maxMessageBytes,
    recipients: smtp.maxRecipients,
    connections: smtp.maxConnections,
    connectionsPerClient: smtp.maxConnectionsPerClient,
    transactions: smtp.maxTransactions,
    errors: smtp.maxErrors,
    upstreamsShare: smtp.upstreamsPercent / 100,
    idleCommands: smtp.maxIdleCommands,
    commandBytes: 2048,
    greetingDelayMs: 100,
    commandTimeoutMs: smtp.timeouts.commandMs,
    firstCommandTimeoutMs: smtp.timeouts.greetingMs,
    dataTimeoutMs: smtp.timeouts.dataMs,
    sessionMs: smtp.timeouts.totalMs,
    minBytesPerSecond: smtp.minBytesPerSecond,
    minRateAfterMs: 30_000,
    bytesInFlight: smtp.bytesInFlight,
    bytesInFlightPerClient: Math.max(smtp.maxMessageBytes, Math.floor(smtp.bytesInFlight / 2)),
    budgetWaitMs: 30_000,
    drainMs: 30_000,
    lingerMs: smtp.timeouts.lingerMs,
    sweepMs: 1000,
  }
}

export function sanitizeLimits({ sanitizer: { limits } }: Config): SanitizeLimits {
  return limits
}

export function routeTable(config: Config): RouteTable {
  const name = ourHostname(config)
  // Without an outward route no DSN leaves: that is the switch. What leads to the Internet-side mailboxes stays.
  const outside = new Set(config.portal.requests.outsideDomains)
  const routes = config.routes.flatMap(route => {
    if (route.direction === 'inward' || config.dsn.enabled) return [route]
    const domains = route.domains.filter(domain => outside.has(domain))
    return domains.length === 0 ? [] : [{ ...route, domains }]
  })
  return createRouteTable(
    routes.map((route): Route => {
      const [first, ...others] = route.nextHops.map(hop => nextHop(hop, name, route.maxConnections))
      return { name: route.name, direction: route.direction, domains: route.domains, hops: [first!, ...others] }
    }),
  )
}

function nextHop(hop: Config['routes'][number]['nextHops'][number], name: string, maxConnections: number): NextHop {
  if (hop.kind === 'maildir') return { kind: 'maildir', path: hop.path }
  return {
    kind: 'smtp',
    host: hop.host,
    port: hop.port,
    tls: hop.tls,
    ...(hop.caFile === '' ? {} : { caFile: hop.caFile }),
    serverName: hop.serverName,
    name,
    maxConnections,
  }
}

export function relaySchedule({ relay }: Config): Schedule {
  return {
    rows: relay.retry.map(row => ({ untilAgeMs: row.untilAgeMinutes * MINUTE_MS, waitMs: row.waitMinutes * MINUTE_MS })),
    longestWaitMs: relay.longestWaitMinutes * MINUTE_MS,
    giveUpAfterMs: relay.expireAfterHours * HOUR_MS,
    warnAfterMs: relay.delayWarningAfterHours === 0 ? undefined : relay.delayWarningAfterHours * HOUR_MS,
  }
}

export function relayLimits({ relay }: Config): RelayLimits {
  return {
    maxInFlight: relay.maxInFlight,
    maxOfferedBytes: 64 * MIB,
    maxWaiting: 10_000,
    pollMs: 5_000,
    pool: {
      ...DEFAULT_POOL_LIMITS,
      connectMs: relay.timeouts.connectMs,
      replyMs: relay.timeouts.dataMs,
      idleMs: relay.timeouts.idleMs,
      chunking: relay.chunking,
    },
  }
}
