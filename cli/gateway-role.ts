/**
 * The gateway process, put together from its rooms. Reads as the order of starting, and of stopping.
 *
 *   store ▸ workshop ▸ relay ▸ listener ▸ control and admin ▸ ready line
 *
 * It starts no programs and reads no private keys; the supervisor does both.
 */
import { hash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { acceptedDomains } from '../config/recipients.ts'
import type { Config } from '../config/schema.ts'
import { MADE_TYPES } from '../core/disarm/registry.ts'
import { checkSpf } from '../core/mime/authentication.ts'
import { composeFixedNotice } from '../core/notice-only.ts'
import { parseRecipient, type Recipient } from '../core/seal/age.ts'
import type { Mailbox } from '../core/smtp/envelope.ts'
import { createAlarms, type RaiseAlarm } from '../gateway/alarms.ts'
import { startAdmin } from '../gateway/admin.ts'
import { startControl } from '../gateway/control.ts'
import { createLookUp, type LookUp } from '../gateway/dns.ts'
import { CallAhead } from '../gateway/inbound/call-ahead.ts'
import { createIds } from '../gateway/inbound/ids.ts'
import { startListener } from '../gateway/inbound/listener.ts'
import type { Listener } from '../gateway/inbound/options.ts'
import { loopGuard } from '../gateway/inbound/loop.ts'
import { RecipientFile, recipientCheck } from '../gateway/inbound/recipients.ts'
import { inboundEvents, transactionRecord } from '../gateway/inbound/record.ts'
import { createTransaction, SMALL_MESSAGE } from '../gateway/inbound/transaction.ts'
import { createMailLog, type LogSink, openLogSink } from '../gateway/maillog.ts'
import { createMetrics } from '../gateway/metrics.ts'
import { HopExtensions } from '../gateway/outbound/hop-extensions.ts'
import { recipientProbe } from '../gateway/outbound/recipient-probe.ts'
import { createRelay } from '../gateway/outbound/relay.ts'
import { relayRecord } from '../gateway/outbound/relay-record.ts'
import type { RouteTable } from '../gateway/outbound/routes.ts'
import { openStore, type SqliteStore } from '../store/sqlite/store.ts'
import { DEFAULTS as WORKSHOP_DEFAULTS, type OpenWorkshop, openWorkshop } from '../workers/workshop.ts'
import { policyChooser } from './recipient-policy.ts'
import type { ToGateway } from './supervisor.ts'
import { packageVersion } from './version.ts'
import { readSecret, storeSettings } from './store-settings.ts'
import { gaugesOf, readinessOf, statusOf } from './status.ts'
import { inboundLimits, ourHostname, relayLimits, relaySchedule, routeTable, sanitizeLimits, workersSocket } from './wiring.ts'

const SPACE_LOOK_MS = 1_000
/** Next hops that have not answered yet are asked again. */
const PROBE_EVERY_MS = 60_000
const RETAIN_EVERY_MS = 6 * 3_600_000
const EXIT_BROKEN = 70
/** Time for replies to leave after the store has broken. */
const LAST_REPLIES_MS = 250

export async function runGateway(config: Config): Promise<void> {
  // A thread may read the directory that its process stands in, whatever the permissions: so it is an empty one.
  process.chdir(join(config.dataDir, 'run/gateway'))
  const gateway = new Gateway(config)
  await gateway.start()
  await gateway.untilStopped()
}

class Gateway {
  readonly #config: Config
  readonly #sink: LogSink
  readonly #alarm: RaiseAlarm
  readonly #startedAtMs = Date.now()
  readonly #stopped = Promise.withResolvers<void>()
  #space = { freeBytes: Number.POSITIVE_INFINITY, originalBytes: 0, quotaBytes: Number.POSITIVE_INFINITY, queuedMessages: 0, oldestDueAtMs: undefined as number | undefined }
  #emergency: 'none' | 'hold' | 'isolate' = 'none'
  #overQuotaShare = false
  #isBroken = false
  #parts: Parts | undefined

  constructor(config: Config) {
    this.#config = config
    this.#sink = openLogSink(config.maillog.path, error => process.stderr.write(`sekisho: mail log: ${error.message}\n`))
    this.#alarm = createAlarms({
      webhook: config.alarms.webhook,
      repeatMs: config.alarms.repeatMinutes * 60_000,
      hostname: ourHostname(config),
      nowMs: Date.now,
      write: line => void process.stderr.write(line),
    })
  }

  async start(): Promise<void> {
    const config = this.#config
    const log = createMailLog({ format: config.maillog.format, write: line => this.#sink.write(line), now: () => new Date() })
    const metrics = createMetrics({ refresh: async each => gaugesOf(each, this.#view()), processMetrics: true })
    const settings = await storeSettings(config)
    const store = await openStore({ directory: join(config.dataDir, 'mail'), ...settings, onBroken: error => this.#broken(error) })
    this.#emergency = config.emergency.atStart === 'keep' ? await store.emergency() : config.emergency.atStart
    this.#space = { ...this.#space, ...(await store.space()) }

    const lookUp = createLookUp({ servers: config.auth.resolvers, timeoutMs: config.auth.timeoutMs, nowMs: Date.now })
    const record = transactionRecord({ log, metrics, onAlarm: this.#alarm })
    const workshop = await this.#openWorkshop(lookUp, text => record.alarm('workshop', text), (lane, cause, pid) => {
      metrics.count('sanitizer_ended_total', 1, { lane, cause: cause.slice(0, 40) })
      log.event('sanitizer', '-', { state: 'ended', lane, cause, pid })
    })
    const routes = routeTable(config)
    const ids = createIds(Date.now, randomBytes)
    const extensions = new HopExtensions(routes, { connectMs: config.relay.timeouts.connectMs, replyMs: PROBE_TIMEOUT_MS })
    const relay = createRelay({
      store,
      routes,
      clock: Date.now,
      random: Math.random,
      log: relayRecord({ log, metrics, onAlarm: this.#alarm }),
      schedule: relaySchedule(config),
      limits: relayLimits(config),
      identity: { hostname: ourHostname(config), from: `sekisho@${ourHostname(config)}` as Mailbox, newQueueId: () => ids.queueId(), retentionClass: 'default' },
      onGreeted: (hop, session) => extensions.learn(hop, session),
    })
    const recipients = new Map(Object.entries(settings.recipients).map(([tenant, keys]) => [tenant, keys.flatMap(key => parseRecipient(key) ?? [])]))
    const onMessage = createTransaction({
      workshop,
      store,
      recipientsOf: (tenant): readonly Recipient[] => recipients.get(tenant) ?? [],
      randomBytes,
      policyFor: policyChooser(config, routes),
      spf: async (session, envelope) =>
        config.auth.spf
          ? checkSpf({ clientAddress: session.clientAddress, helo: session.helo, reversePath: envelope.reversePath ?? '', hostname: ourHostname(config), resolver: lookUp, withinMs: config.auth.timeoutMs })
          : { result: 'none', domain: '' },
      authenticate: (['dkim', 'dmarc'] as const).filter(check => config.auth[check]),
      dsnToUnauthenticated: config.dsn.toUnauthenticated,
      ids,
      nowMs: Date.now,
      hostname: ourHostname(config),
      limits: sanitizeLimits(config),
      small: SMALL_MESSAGE,
      loop: loopGuard(await readSecret(join(config.dataDir, 'mail/loop.key')), config.smtp.maxReceived),
      offer: (entry, message) => relay.offer(entry, message),
      onStoreBroken: error => this.#broken(error),
      record,
    })
    const recipientFile = config.smtp.recipientFile === '' ? undefined : new RecipientFile(config.smtp.recipientFile, Date.now, error => record.alarm('recipient-file', String(error)))
    const listener = await startListener(
      {
        address: config.smtp.address,
        port: config.smtp.port,
        hostname: ourHostname(config),
        banner: config.smtp.banner,
        tls: config.smtp.tls.certFile === '' ? undefined : config.smtp.tls,
        requireTls: config.smtp.tls.required,
        smtpUtf8: () => extensions.allHaveSmtpUtf8,
        upstreams: config.smtp.upstreams.map(upstream => ({ networks: [upstream.network], authservIds: upstream.authservIds })),
        proxyHosts: config.smtp.proxyProtocolFrom,
        xclientHosts: config.smtp.xclientFrom,
        acceptStrangers: config.smtp.acceptStrangers,
        checkRecipient: recipientCheck({
          domains: [...acceptedDomains(config)],
          ...(recipientFile ? { file: recipientFile } : {}),
          ...(config.smtp.callAhead.enabled ? { callAhead: callAhead(config, routes) } : {}),
        }),
        postmaster: `postmaster@${[...acceptedDomains(config)][0] ?? ourHostname(config)}` as Mailbox,
        admission: { isolated: () => this.#emergency === 'isolate', hasSpace: bytes => this.#hasSpace(bytes) },
        limits: inboundLimits(config),
        events: inboundEvents({ log, metrics }, (context, error) => record.alarm('smtp', `${context}: ${error instanceof Error ? error.message : String(error)}`)),
        nowMs: Date.now,
      },
      onMessage,
    )
    if (this.#emergency === 'hold') relay.pause()
    const relayDone = relay.run().catch(error => this.#broken(error))
    const view = () => this.#view()
    const control = await startControl({
      socketPath: config.controlSocket,
      store,
      status: async () => statusOf(view(), this.#startedAtMs),
      onEmergency: (state, by) => {
        this.#emergency = state
        if (state === 'hold') relay.pause()
        else relay.resume()
        log.event('emergency', '-', { state, by: by.actor, reason: by.reason })
      },
      onQueueChanged: () => relay.retryNow(),
      onError: error => record.alarm('control', String(error)),
    })
    const admin = config.admin.enabled
      ? await startAdmin({
          address: config.admin.address,
          port: config.admin.port,
          version: packageVersion(),
          readiness: async () => ({ reasons: readinessOf(view()) }),
          metrics: () => metrics.exposition(),
        })
      : undefined
    const timers = [
      setInterval(() => void this.#lookAtSpace(store, record.alarm), SPACE_LOOK_MS),
      setInterval(() => void this.#retain(store), RETAIN_EVERY_MS),
      setInterval(() => void extensions.probe(), PROBE_EVERY_MS),
    ]
    void extensions.probe()
    void this.#retain(store)
    this.#parts = { store, workshop, relay, relayDone, listener, extensions, control, admin, timers, reload: () => this.#reload(listener, log, recipientFile) }
    this.#listenToSignals()
    await store.audit({ tenant: 'default', kind: 'config', actor: 'system', subject: 'start', detail: { version: packageVersion(), digest: hash('sha256', JSON.stringify(config)) } })
    const smtp = `${listener.address.host}:${listener.address.port}`
    const adminAt = admin ? ` admin=${admin.address}:${admin.port}` : ''
    log.event('started', '-', { version: packageVersion(), smtp, admin: admin ? `${admin.address}:${admin.port}` : undefined })
    await whenReady(workshop)
    this.#sink.flush()
    process.stdout.write(`sekisho ready smtp=${smtp}${adminAt}\n`)
    await once(process, 'sekisho-stop')
    await this.#stop(log)
  }

  untilStopped(): Promise<void> {
    return this.#stopped.promise
  }

  #openWorkshop(lookUp: LookUp, onAlarm: (text: string) => void, onDeath: (lane: string, cause: string, pid: number) => void): Promise<OpenWorkshop> {
    const { sanitizer } = this.#config
    return openWorkshop({
      ...WORKSHOP_DEFAULTS,
      socketPath: workersSocket(this.#config),
      allowedTypes: MADE_TYPES,
      composeNotice: composeFixedNotice,
      lookupTxt: async (_queueId, name) => (await lookUp(name, 'TXT')) as string[][],
      txtWithinMs: this.#config.auth.timeoutMs,
      startWithinMs: sanitizer.startWithinMs,
      jobTimeoutMs: sanitizer.jobTimeoutMs,
      recycleAfterJobs: sanitizer.recycleAfterJobs,
      onAlarm,
      onDeath: ({ lane, cause, pid }) => onDeath(lane, cause, pid),
    })
  }

  #view() {
    const { workshop, listener, relay } = this.#parts ?? {}
    return { config: this.#config, space: this.#space, emergency: this.#emergency, workshop, listener, relay, droppedLines: this.#sink.droppedLines, nowMs: Date.now() }
  }

  #hasSpace(bytes: number): boolean {
    const { minFreeBytes } = this.#config.store
    return this.#space.freeBytes - bytes > minFreeBytes && this.#space.originalBytes + bytes < this.#space.quotaBytes
  }

  async #lookAtSpace(store: SqliteStore, raise: RaiseAlarm): Promise<void> {
    try {
      this.#space = { ...this.#space, ...(await store.space()) }
      this.#lookAtQuota(raise)
    } catch {
      // A store that cannot say is about to be reported broken by the same thread.
    }
  }

  async #retain(store: SqliteStore): Promise<void> {
    try {
      await store.retain(Date.now())
    } catch (error) {
      this.#alarm('retention', error instanceof Error ? error.message : String(error))
    }
  }

  /** Raised when the share is passed, not for as long as it is: a line in the log each time would hide the rest. */
  #lookAtQuota(raise: RaiseAlarm): void {
    const usedPercent = (100 * this.#space.originalBytes) / this.#space.quotaBytes
    const isOver = usedPercent >= this.#config.store.quotaAlarmPercent
    if (isOver && !this.#overQuotaShare) raise('quota', `originals use ${Math.floor(usedPercent)} % of store.quotaBytes`)
    this.#overQuotaShare = isOver
  }

  /** What is on disk is unknown: end, the next start recovers. Every commit is refused from here on, and who waits hears 451. */
  #broken(error: unknown): void {
    if (this.#isBroken) return
    this.#isBroken = true
    process.stderr.write(`sekisho: the store cannot go on: ${error instanceof Error ? error.message : String(error)}\n`)
    this.#sink.flush()
    setTimeout(() => process.exit(EXIT_BROKEN), LAST_REPLIES_MS)
  }

  async #reload(listener: Listener, log: ReturnType<typeof createMailLog>, recipientFile: RecipientFile | undefined): Promise<void> {
    this.#sink.reopen()
    try {
      if (this.#config.smtp.tls.certFile !== '') await listener.reload(this.#config.smtp.tls)
      recipientFile?.reload()
      log.event('reloaded', '-', { ok: true })
    } catch (error) {
      log.event('reloaded', '-', { ok: false, problems: error instanceof Error ? error.message : String(error) })
    }
  }

  #listenToSignals(): void {
    const stop = () => process.emit('sekisho-stop' as never)
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop)
    if (process.connected) process.once('disconnect', stop)
    process.on('SIGHUP', () => void this.#parts?.reload())
    process.on('message', (told: ToGateway) => (told === 'stop' ? stop() : void this.#parts?.reload()))
  }

  /** First nothing new, then what is under way, then the store. */
  async #stop(log: ReturnType<typeof createMailLog>): Promise<void> {
    const { store, workshop, relay, relayDone, listener, extensions, control, admin, timers } = this.#parts!
    const graceMs = this.#config.shutdownMs
    for (const timer of timers) clearInterval(timer)
    extensions.close()
    await listener.close(graceMs)
    await relay.close(graceMs)
    await relayDone
    await Promise.all([control.close(), admin?.close(), workshop.close()])
    await store.close()
    log.event('stopped', '-', { reason: 'signal' })
    this.#sink.flush()
    if (process.connected) process.disconnect?.()
    this.#stopped.resolve()
  }
}

type Parts = {
  readonly store: SqliteStore
  readonly workshop: OpenWorkshop
  readonly relay: ReturnType<typeof createRelay>
  readonly relayDone: Promise<void>
  readonly listener: Listener
  readonly extensions: HopExtensions
  readonly control: Awaited<ReturnType<typeof startControl>>
  readonly admin: Awaited<ReturnType<typeof startAdmin>> | undefined
  readonly timers: readonly NodeJS.Timeout[]
  readonly reload: () => Promise<void>
}

const NEGATIVE_ANSWER_MS = 60_000
const PROBE_TIMEOUT_MS = 20_000

function callAhead({ smtp }: Config, routes: RouteTable): CallAhead {
  return new CallAhead({
    probe: recipientProbe(routes, PROBE_TIMEOUT_MS),
    positiveMs: smtp.callAhead.cacheMinutes * 60_000,
    negativeMs: Math.min(NEGATIVE_ANSWER_MS, smtp.callAhead.cacheMinutes * 60_000),
    maxEntries: 100_000,
    maxUnderWay: 50,
    nowMs: Date.now,
  })
}

const READY_LOOK_MS = 20
const SAY_EVERY_MS = 10_000

/** Worker processes need a moment to join; mail before that would only wait. Who waits long is told for what. */
async function whenReady(workshop: OpenWorkshop): Promise<void> {
  let saidAtMs = Date.now()
  while (!workshop.ready) {
    await new Promise(resolve => setTimeout(resolve, READY_LOOK_MS))
    if (Date.now() - saidAtMs < SAY_EVERY_MS) continue
    saidAtMs = Date.now()
    const { launcher, sick, lanes } = workshop.status()
    const processes = lanes.map(lane => `${lane.name} ${lane.processes}`).join(', ')
    process.stderr.write(`sekisho: still waiting for worker processes (launcher ${launcher ? 'connected' : 'not connected'}; ${sick ?? processes})\n`)
  }
}
