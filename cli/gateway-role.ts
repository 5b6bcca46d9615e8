/**
 * The gateway process, put together from its rooms. Reads as the order of starting, and of stopping.
 *
 *   store ▸ workshop ▸ relay ▸ listener ▸ control and admin ▸ ready line
 *
 * It starts no programs and reads no private keys; the supervisor does both.
 */
import { join } from 'node:path'
import { policyScopes } from '../config/recipients.ts'
import type { Config } from '../config/schema.ts'
import { type AdminServer, startAdmin } from '../gateway/admin.ts'
import { type ControlServer, startControl } from '../gateway/control.ts'
import { startDoor } from '../gateway/door.ts'
import type { ReloadOutcome } from '../gateway/control-protocol.ts'
import { ClassBook } from '../gateway/inbound/class-book.ts'
import { startListener } from '../gateway/inbound/listener.ts'
import type { Listener, OnMessage } from '../gateway/inbound/options.ts'
import { createTransaction } from '../gateway/inbound/transaction.ts'
import { createMetrics } from '../gateway/metrics.ts'
import { notifyStaff, submitOutside, submitOwnMail } from '../gateway/own-mail.ts'
import { Recent } from '../gateway/recent.ts'
import type { Relay } from '../gateway/outbound/relay.ts'
import type { RpcServer } from '../rpc/server.ts'
import type { Act, Emergency } from '../store/contract.ts'
import { openStore } from '../store/sqlite/store.ts'
import { letBuffersGrowWithTheHeap } from '../workers/collector.ts'
import type { OpenOffice } from '../workers/office.ts'
import type { OpenWorkshop } from '../workers/workshop.ts'
import { type ConfigSource, digestOf } from './config-source.ts'
import { gatewayFacts } from './gateway-facts.ts'
import { settle } from './in-force.ts'
import { doorSocket } from './places.ts'
import { recordPolicy } from './policy-record.ts'
import { Pulse } from './pulse.ts'
import { sayReady } from './ready.ts'
import { reload } from './reload.ts'
import { type House, letterDeps, listenerOptions, messageOf, openHouseRelay, openHouseOffice, openHouseWorkshop, outsideDeps, ownMailDeps, recordOf, transactionDeps } from './rooms.ts'
import { gaugesOf, type GatewayView, readinessOf, statusOf } from './status.ts'
import type { ToChild } from './role-keeper.ts'
import { packageVersion } from './version.ts'
import { Voice } from './voice.ts'

const SPACE_LOOK_MS = 1_000
/** Next hops that have not answered yet are asked again. */
const PROBE_EVERY_MS = 60_000
const TALLY_EVERY_MS = 60_000
const RETAIN_EVERY_MS = 6 * 3_600_000
const SILENT_AFTER_MS = 30_000
const EXIT_BROKEN = 70

/** Time for replies to leave after the store has broken. */
const LAST_REPLIES_MS = 250

export async function runGateway(config: Config, source: ConfigSource): Promise<void> {
  letBuffersGrowWithTheHeap()
  // A thread may read the directory that its process stands in, whatever the permissions: so it is an empty one.
  process.chdir(join(config.dataDir, 'run/gateway'))
  await new Gateway(config, source).run()
}

type Rooms = {
  readonly workshop: OpenWorkshop
  readonly office: OpenOffice | undefined
  readonly relay: Relay
  readonly relayDone: Promise<void>
  readonly listener: Listener
  readonly control: ControlServer
  readonly door: RpcServer | undefined
  readonly admin: AdminServer | undefined
  readonly timers: readonly NodeJS.Timeout[]
}

class Gateway {
  readonly #config: Config
  readonly #source: ConfigSource
  readonly #startedAtMs = Date.now()
  readonly #voice: Voice
  readonly #recent = new Recent(Date.now)
  readonly #told = new Orders()
  // Set by `run`, in this order.
  #house!: House
  #onMessage!: OnMessage
  #changeOver!: (by: Act) => Promise<ReloadOutcome>
  #rooms!: Rooms
  /** One at a time, in the order they were asked for. */
  #reloading: Promise<unknown> = Promise.resolve()
  #isBroken = false

  constructor(config: Config, source: ConfigSource) {
    this.#config = config
    this.#source = source
    this.#voice = new Voice(config)
  }

  async run(): Promise<void> {
    this.#house = await this.#openHouse(this.#config)
    this.#rooms = await this.#openRooms(this.#house)
    this.#told.onReload(() => void this.#reload({ actor: 'system', reason: 'SIGHUP' }))
    await this.#sayStarted()
    await Promise.race([whenReady(this.#rooms.workshop), this.#told.toStop])
    this.#sayReady()
    await this.#told.toStop
    await this.#close(this.#house, this.#rooms)
  }

  async #openHouse(config: Config): Promise<House> {
    const voice = this.#voice
    const metrics = this.#recent.listening(createMetrics({ refresh: async each => gaugesOf(each, this.#view()), processMetrics: true }))
    const record = recordOf(voice, metrics)
    const onBroken = (error: unknown) => this.#broken(error)
    const classes = await ClassBook.open(join(config.dataDir, 'mail/classes.json'), error => record.alarm('class-book', messageOf(error)))
    const now = await settle(config, classes.classOf, error => record.alarm('recipient-file', String(error)))
    const store = await openStore({ directory: join(config.dataDir, 'mail'), ...now.storeSettings, niceness: config.niceness, onBroken })
    const pulse = await Pulse.of(store, () => this.#house.now.config)
    pulse.emergency = config.emergency.atStart === 'keep' ? await store.emergency() : config.emergency.atStart
    return { now, voice, metrics, record, store, classes, pulse, onBroken }
  }

  async #openRooms(house: House): Promise<Rooms> {
    const office = await openHouseOffice(house)
    const workshop = await openHouseWorkshop(house, office)
    const relay = openHouseRelay(house)
    const useNewSettings = () => {
      this.#onMessage = createTransaction(transactionDeps(house, workshop, relay))
    }
    useNewSettings()
    const listener = await startListener(listenerOptions(house), (...message) => this.#onMessage(...message))
    if (house.pulse.emergency === 'hold') relay.pause()
    const relayDone = relay.run().catch(error => this.#broken(error))
    this.#changeOver = by => reload({ source: this.#source, house, listener, relay, onChanged: useNewSettings }, by)
    const control = await this.#openControl(house, relay, workshop)
    const door = await this.#openDoor(house, relay)
    const admin = await this.#openAdmin(house)
    return { workshop, office, relay, relayDone, listener, control, door, admin, timers: this.#startTimers(house) }
  }

  #openControl({ now, store, classes, voice, record, pulse }: House, relay: Relay, workshop: OpenWorkshop): Promise<ControlServer> {
    return startControl({
      socketPath: now.config.controlSocket,
      store,
      status: async () => statusOf(this.#view(), this.#startedAtMs, this.#recent.hours()),
      onEmergency: (state: Emergency, by: Act) => {
        pulse.emergency = state
        if (state === 'hold') relay.pause()
        else relay.resume()
        voice.log.event('emergency', '-', { state, by: by.actor, reason: by.reason })
      },
      notify: mail => notifyStaff(mail, letterDeps(this.#house, relay, workshop)),
      tellClasses: piece => classes.tell(piece),
      onQueueChanged: () => relay.retryNow(),
      reload: by => this.#reload(by),
      scopes: () => policyScopes(this.#house.now.config),
      facts: () => gatewayFacts(this.#house.now),
      onError: error => record.alarm('control', String(error)),
    })
  }

  /** For the vault alone, which runs where the portal does. */
  async #openDoor(house: House, relay: Relay): Promise<RpcServer | undefined> {
    const { now, store, record } = house
    if (!now.config.portal.enabled) return undefined
    return startDoor({
      socketPath: doorSocket(now.config),
      store,
      mostBytes: 2 * now.config.smtp.maxMessageBytes,
      submit: (mail, message) => submitOwnMail(mail, message, ownMailDeps(house, relay)),
      submitOutside: (mail, message) => submitOutside(mail, message, outsideDeps(house, relay)),
      configDigest: () => digestOf(house.now.config),
      onError: error => record.alarm('vault-door', messageOf(error)),
    })
  }

  async #openAdmin({ now, metrics }: House): Promise<AdminServer | undefined> {
    const { enabled, address, port } = now.config.admin
    if (!enabled) return undefined
    return startAdmin({
      address,
      port,
      version: packageVersion(),
      readiness: async () => ({ reasons: readinessOf(this.#view()) }),
      metrics: () => metrics.exposition(),
    })
  }

  #startTimers(house: House): NodeJS.Timeout[] {
    const retain = () => house.store.retain(Date.now()).catch(error => house.record.alarm('retention', messageOf(error)))
    const tally = () => house.store.catchUp().catch(error => house.record.alarm('statistics', messageOf(error)))
    const probe = () => house.now.extensions.probe()
    void retain()
    void probe()
    house.voice.startUpkeep()
    this.#scheduleHeartbeat()
    return [
      setInterval(() => void house.pulse.look(house.record.alarm), SPACE_LOOK_MS),
      setInterval(() => void retain(), RETAIN_EVERY_MS),
      setInterval(() => void tally(), TALLY_EVERY_MS),
      setInterval(() => void probe(), PROBE_EVERY_MS),
    ]
  }

  /** Its interval may change with the configuration. Says nothing while the store does not answer: silence is the alarm. */
  #scheduleHeartbeat(): void {
    const minutes = this.#house.now.config.alarms.heartbeatMinutes
    setTimeout(() => {
      if (minutes > 0 && Date.now() - this.#house.pulse.aliveAtMs < SILENT_AFTER_MS) this.#beat()
      this.#scheduleHeartbeat()
    }, (minutes || 1) * 60_000).unref()
  }

  #beat(): void {
    const view = this.#view()
    this.#voice.beat({ ready: readinessOf(view).length === 0, queue: view.space.queuedMessages, emergency: view.emergency })
  }

  #reload(by: Act): Promise<ReloadOutcome> {
    const done = this.#reloading.then(() => this.#changeOver(by))
    this.#reloading = done.catch(error => this.#broken(error))
    return done
  }

  #view(): GatewayView {
    const { now, pulse } = this.#house
    const { workshop, listener, relay } = this.#rooms ?? {}
    const { space, emergency, aliveAtMs } = pulse
    return { config: now.config, space, emergency, workshop, listener, relay, droppedLines: this.#voice.droppedLines, aliveAtMs, nowMs: Date.now() }
  }

  async #sayStarted(): Promise<void> {
    const { store, now } = this.#house
    const detail = { version: packageVersion(), digest: digestOf(now.config) }
    await store.audit({ tenant: 'default', kind: 'config', actor: 'system', subject: 'start', detail })
    await recordPolicy(store, now.config, { actor: 'system', reason: 'start' })
    this.#voice.log.event('started', '-', { version: packageVersion(), ...this.#addresses() })
  }

  #sayReady(): void {
    this.#voice.flush()
    const { smtp, admin } = this.#addresses()
    sayReady({ smtp, ...(admin === undefined ? {} : { admin }) })
  }

  #addresses(): { readonly smtp: string; readonly admin: string | undefined } {
    const { listener, admin } = this.#rooms
    const smtp = `${listener.address.host}:${listener.address.port}`
    return { smtp, admin: admin && `${admin.address}:${admin.port}` }
  }

  /** What is on disk is unknown: end, the next start recovers. Every commit is refused from here on, and who waits hears 451. */
  #broken(error: unknown): void {
    if (this.#isBroken) return
    this.#isBroken = true
    this.#voice.raise('store', `the store cannot go on: ${messageOf(error)}`)
    this.#voice.flush()
    setTimeout(() => process.exit(EXIT_BROKEN), LAST_REPLIES_MS)
  }

  /** First nothing new, then what is under way, then the store. */
  async #close({ now, store, voice }: House, rooms: Rooms): Promise<void> {
    const { workshop, office, relay, relayDone, listener, control, door, admin, timers } = rooms
    const graceMs = now.config.shutdownMs
    for (const timer of timers) clearInterval(timer)
    now.extensions.close()
    await listener.close(graceMs)
    await relay.close(graceMs)
    await relayDone
    await Promise.all([control.close(), door?.close(), admin?.close(), workshop.close(), office?.close()])
    await store.close()
    voice.log.event('stopped', '-', { reason: 'signal' })
    voice.close()
    if (process.connected) process.disconnect?.()
  }
}

/** What the outside tells this process, by signals or by the supervisor's line; heard from the first moment on. */
class Orders {
  readonly toStop: Promise<void>
  #reload: (() => void) | undefined
  #reloadWasAsked = false

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.toStop = promise
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve())
    if (process.connected) process.once('disconnect', () => resolve())
    process.on('message', (told: ToChild) => (told === 'stop' ? resolve() : this.#askReload()))
    process.on('SIGHUP', () => this.#askReload())
  }

  onReload(reload: () => void): void {
    this.#reload = reload
    if (this.#reloadWasAsked) reload()
  }

  #askReload(): void {
    if (this.#reload) this.#reload()
    else this.#reloadWasAsked = true
  }
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
