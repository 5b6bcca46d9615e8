/**
 * Each room of the gateway with its options, made from the configuration in force: what a start opens and what a
 * reload changes over are the same few functions.
 */
import { recipientSettings } from '../config/recipients.ts'
import { MADE_TYPES } from '../core/disarm/registry.ts'
import { sealArc } from '../core/mime/arc.ts'
import { checkSpf } from '../core/mime/authentication.ts'
import { composeFixedNotice } from '../core/notice-only.ts'
import type { Mailbox } from '../core/smtp/envelope.ts'
import { domainOf } from '../core/smtp/mailbox.ts'
import { noticeText } from '../core/text/notice-texts.ts'
import type { ClassBook } from '../gateway/inbound/class-book.ts'
import { createIds } from '../gateway/inbound/ids.ts'
import type { ListenerOptions } from '../gateway/inbound/options.ts'
import { inboundEvents, type TransactionRecord, transactionRecord } from '../gateway/inbound/record.ts'
import { SMALL_MESSAGE, type TransactionDeps } from '../gateway/inbound/transaction.ts'
import type { Metrics } from '../gateway/metrics.ts'
import type { LetterDeps, OutsideDeps, OwnMailDeps } from '../gateway/own-mail.ts'
import { createRelay, type Relay, type RelayPlan } from '../gateway/outbound/relay.ts'
import { outsideRoute } from '../gateway/outbound/routes.ts'
import { relayRecord } from '../gateway/outbound/relay-record.ts'
import { drawRandom } from '../store/random.ts'
import type { SqliteStore } from '../store/sqlite/store.ts'
import type { OpenOffice } from '../workers/office.ts'
import { DEFAULTS as WORKSHOP_DEFAULTS, type OpenWorkshop, openWorkshop } from '../workers/workshop.ts'
import type { InForce } from './in-force.ts'
import { mailOfficeSocket, workersSocket } from './places.ts'
import type { Pulse } from './pulse.ts'
import type { Voice } from './voice.ts'
import { behindAntivirus, inboundLimits, openOldOffice, relayLimits, relaySchedule, sanitizeLimits } from './wiring.ts'

/** What every room needs. `now` changes with a reload. */
export type House = {
  now: InForce
  readonly voice: Voice
  readonly metrics: Metrics
  readonly record: TransactionRecord
  readonly store: SqliteStore
  readonly classes: ClassBook
  readonly pulse: Pulse
  readonly onBroken: (error: unknown) => void
}

const ids = createIds(Date.now, drawRandom)

export function recordOf(voice: Voice, metrics: Metrics): TransactionRecord {
  return transactionRecord({ log: voice.log, metrics, onAlarm: voice.raise })
}

/** Whoever asks for it closes it. */
export function openHouseOffice({ now, metrics, voice }: House): Promise<OpenOffice | undefined> {
  return openOldOffice(now.config, mailOfficeSocket(now.config), ({ lane, cause, pid }) => {
    metrics.count('sanitizer_ended_total', 1, { lane, cause: cause.slice(0, 40) })
    voice.log.event('sanitizer', '-', { state: 'ended', lane, cause, pid })
  })
}

export function openHouseWorkshop(house: House, office: OpenOffice | undefined): Promise<OpenWorkshop> {
  const { now, record, metrics, voice } = house
  const { sanitizer, auth } = now.config
  return openWorkshop({
    ...WORKSHOP_DEFAULTS,
    socketPath: workersSocket(now.config),
    allowedTypes: MADE_TYPES,
    office,
    composeNotice: composeFixedNotice,
    lookupTxt: async (_queueId, name) => (await house.now.lookUp(name, 'TXT')) as string[][],
    txtWithinMs: auth.timeoutMs,
    startWithinMs: sanitizer.startWithinMs,
    jobTimeoutMs: sanitizer.jobTimeoutMs,
    recycleAfterJobs: sanitizer.recycleAfterJobs,
    // The code of every format is a hundred MiB that a house of plain mails never needs.
    onDemand: { light: sanitizer.lightProcesses, heavy: sanitizer.heavyProcesses },
    onAlarm: text => record.alarm('workshop', text),
    onDeath: ({ lane, cause, pid }) => {
      metrics.count('sanitizer_ended_total', 1, { lane, cause: cause.slice(0, 40) })
      voice.log.event('sanitizer', '-', { state: 'ended', lane, cause, pid })
    },
  })
}

export function openHouseRelay(house: House): Relay {
  const { store, voice, metrics, now } = house
  return createRelay({
    ...relayPlan(now),
    store,
    clock: Date.now,
    random: Math.random,
    log: relayRecord({ log: voice.log, metrics, onAlarm: voice.raise }),
    identity: {
      hostname: now.hostname,
      from: `sekisho@${now.hostname}` as Mailbox,
      newQueueId: () => ids.queueId(),
      retentionClass: 'default',
    },
    onGreeted: (hop, session) => house.now.extensions.learn(hop, session),
  })
}

/** Under the configuration of now: what the vault sends does not begin with a transaction. */
export function ownMailDeps({ now, store }: House, relay: Relay): OwnMailDeps {
  const { hostname, checkRecipient, policyFor } = now
  const offer: OwnMailDeps['offer'] = (entry, message) => relay.offer(entry, message)
  return { store, hostname, from: `sekisho@${hostname}`, checkRecipient, policyFor, offer, nowMs: Date.now }
}

/** The same, for approved originals: to domains that the settings name, of the first tenant. */
export function outsideDeps(house: House, relay: Relay): OutsideDeps {
  const { config, routes } = house.now
  const outsideFor: OutsideDeps['outsideFor'] = (mailbox, tenant) => {
    if (tenant !== 'default' || !config.portal.requests.outsideDomains.includes(domainOf(mailbox))) return undefined
    const route = outsideRoute(routes, mailbox)
    return route && { route: route.name, retentionClass: 'default' }
  }
  return { ...ownMailDeps(house, relay), outsideFor }
}

/** For mails in words: the same, and who composes and verifies them. */
export function letterDeps(house: House, relay: Relay, workshop: OpenWorkshop): LetterDeps {
  const { config } = house.now
  const senderOf = (mailbox: string) => noticeText('fixedSender', { language: recipientSettings(config)(mailbox).tenant.language, texts: {} })
  return { ...ownMailDeps(house, relay), newQueueId: () => ids.queueId(), newSeed: () => ids.seed(), senderOf, verify: composed => workshop.verify(composed) }
}

export function relayPlan({ config, routes }: InForce): RelayPlan {
  return { routes, schedule: relaySchedule(config), limits: relayLimits(config) }
}

/** A message keeps the configuration under which it began. */
export function transactionDeps(house: House, workshop: OpenWorkshop, relay: Relay): TransactionDeps {
  const { now, store, record, onBroken } = house
  const { config, hostname, lookUp, policyFor, retentionFor, recipientsOf, loop, arcKey } = now
  return {
    workshop: behindAntivirus(workshop, config, text => record.alarm('antivirus', text)),
    store,
    recipientsOf,
    randomBytes: drawRandom,
    policyFor,
    retentionFor,
    spf: async ({ clientAddress, helo }, { reversePath }) =>
      config.auth.spf
        ? checkSpf({ clientAddress, helo, reversePath: reversePath ?? '', hostname, resolver: lookUp, withinMs: config.auth.timeoutMs })
        : { result: 'none', domain: '' },
    authenticate: (['dkim', 'dmarc'] as const).filter(check => config.auth[check]),
    dsnToUnauthenticated: config.dsn.toUnauthenticated,
    ids,
    nowMs: Date.now,
    hostname,
    limits: sanitizeLimits(config),
    small: SMALL_MESSAGE,
    loop,
    seal: arcKey && (message => sealArc(message, arcKey, { hostname, nowMs: Date.now() })),
    offer: (entry, message) => relay.offer(entry, message),
    onStoreBroken: onBroken,
    record,
  }
}

export function listenerOptions(house: House): ListenerOptions {
  const { now, pulse, record, metrics, voice } = house
  const { smtp } = now.config
  return {
    address: smtp.address,
    port: smtp.port,
    hostname: now.hostname,
    banner: smtp.banner,
    tls: smtp.tls.certFile === '' ? undefined : smtp.tls,
    requireTls: smtp.tls.required,
    smtpUtf8: () => house.now.extensions.allHaveSmtpUtf8,
    upstreams: smtp.upstreams.map(upstream => ({ networks: [upstream.network], authservIds: upstream.authservIds })),
    proxyHosts: smtp.proxyProtocolFrom,
    xclientHosts: smtp.xclientFrom,
    acceptStrangers: smtp.acceptStrangers,
    checkRecipient: now.checkRecipient,
    postmaster: now.postmaster,
    admission: { isolated: () => pulse.emergency === 'isolate', hasSpace: bytes => pulse.hasSpace(bytes) },
    limits: inboundLimits(now.config),
    events: inboundEvents({ log: voice.log, metrics }, (context, error) => record.alarm('smtp', `${context}: ${messageOf(error)}`)),
    nowMs: Date.now,
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
