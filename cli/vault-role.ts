/**
 * The vault as a process of its own: it alone reads the private keys. It listens on one socket for the portal, asks the
 * gateway by the gateway's door, has worker processes of its own, and writes vault.db and the shelf. No network.
 *
 *   database ▸ workshop ▸ rooms ▸ socket ▸ ready ▸ (pending work, expiry, configuration of the gateway)
 */
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Config } from '../config/schema.ts'
import { MADE_TYPES } from '../core/disarm/registry.ts'
import { createIds } from '../gateway/inbound/ids.ts'
import { RpcError } from '../rpc/client.ts'
import { OwnDatabase } from '../store/sqlite/own-database.ts'
import { drawRandom } from '../store/random.ts'
import { Agreements } from '../vault/agreements.ts'
import { ApproverBook } from '../vault/approvers.ts'
import { Entrance } from '../vault/entrance.ts'
import type { House } from '../vault/house.ts'
import { ORIGINAL_TYPE } from '../vault/letters.ts'
import { PendingWork } from '../vault/pending.ts'
import type { Gateway } from '../vault/ports.ts'
import { startVaultServer } from '../vault/server.ts'
import { Shelf } from '../vault/shelf.ts'
import { VAULT_MIGRATIONS } from '../vault/tables.ts'
import { Unsealing } from '../vault/unsealing.ts'
import { OfficePages } from '../vault/office-pages.ts'
import { OpenVault } from '../vault/vault.ts'
import { type OpenOffice, openOffice } from '../workers/office.ts'
import { type OpenWorkshop, openWorkshop } from '../workers/workshop.ts'
import { type ConfigSource, digestOf, readChanges } from './config-source.ts'
import { doorClient } from './door-client.ts'
import { EXIT, Failure } from './exit.ts'
import { fileWorkshopOptions } from './own-workshop.ts'
import { doorSocket, OFFICE_OUTPUT_BYTES, officeFolder, officeSocket, vaultFolder, vaultKept, vaultSocket, vaultWorkersSocket } from './places.ts'
import { sayReady } from './ready.ts'
import { toldToStop } from './told-to-stop.ts'
import { vaultRules } from './vault-rules.ts'
import { behindAntivirus } from './wiring.ts'

const MINUTE_MS = 60_000
const LOOK_MS = 5_000
/** The gateway recovers its store before it answers. */
const GATEWAY_WITHIN_MS = MINUTE_MS
const EXPIRE_MS = 10 * MINUTE_MS
/** A file with a password, or one that is looked at, alone in its process. */
const JOBS_OF_ONE_PROCESS = 50
const ALONE_WITHIN_MS = 60_000
/** PDFs of files that somebody looks at, in memory. */
const PDF_KEPT_MS = 10 * MINUTE_MS
const PDFS_BYTES = 128 * 2 ** 20

export async function runVault(config: Config, source: ConfigSource): Promise<void> {
  if (!config.portal.enabled) throw new Failure(EXIT.failure, 'portal.enabled is false: nobody would ask the vault')
  const told = toldToStop()
  for (const folder of [vaultKept(config), vaultFolder(config), officeFolder(config), dirname(vaultSocket(config))]) mkdirSync(folder, { recursive: true, mode: 0o700 })
  const settings = new Settings(config, source)
  const database = await OwnDatabase.open({ directory: vaultKept(config), name: 'vault', migrations: VAULT_MIGRATIONS, nowMs: Date.now, auditYears: config.store.retention.auditYears })
  const office = config.vault.office.use === 'off' ? undefined : await openOffice(officeOptions(config))
  const workshop = await openWorkshop({ ...workshopOptions(config), office: config.sanitizer.oldOffice.use === 'off' ? undefined : office })
  const gateway = doorClient(doorSocket(config))
  const house = await furnish(config, { settings, database, workshop, office, gateway })
  const vault = new OpenVault(house)
  const server = await startVaultServer({ socketPath: vaultSocket(config), vault, database, onError: error => say(`vault: ${wordsOf(error)}`) })
  const upkeep = startUpkeep(house, vault, settings)
  sayReady({})
  await told
  const late = setTimeout(() => process.exit(EXIT.ok), config.shutdownMs)
  await server.close()
  await upkeep.close()
  await Promise.all([workshop.close(), office?.close()])
  database.close()
  clearTimeout(late)
  if (process.connected) process.disconnect?.()
}

/** The configuration in force: what the gateway says it is, as soon as the file is the same. */
class Settings {
  config: Config
  readonly #source: ConfigSource
  #followed: string

  constructor(config: Config, source: ConfigSource) {
    this.config = config
    this.#followed = digestOf(config)
    this.#source = source
  }

  async follow(digest: string): Promise<void> {
    if (digest === this.#followed) return
    this.#followed = digest
    const changes = await readChanges(this.#source, this.config)
    if ('inForce' in changes && digestOf(changes.inForce) === digest) this.config = changes.inForce
  }
}

type Rooms = { readonly settings: Settings; readonly database: OwnDatabase; readonly workshop: OpenWorkshop; readonly office: OpenOffice | undefined; readonly gateway: Gateway }

async function furnish(config: Config, { settings, database, workshop, office, gateway }: Rooms): Promise<House> {
  const keys = join(config.dataDir, 'vault')
  const rules = () => vaultRules(settings.config)
  const unsealing = new Unsealing(gateway, keys)
  const onAlarm = (text: string) => say(`vault: ${text}`)
  const ids = createIds(Date.now, drawRandom)
  const letters = { gateway, workshop, rules, newQueueId: () => ids.queueId(), nowMs: Date.now, onAlarm }
  const entrance = new Entrance(database, gateway, rules)
  const approvers = new ApproverBook({ database, entrance, letters, rules })
  return {
    database,
    gateway,
    entrance,
    unsealing,
    shelf: await Shelf.open({ database, unsealing, folder: join(vaultKept(config), 'shelf'), keys }),
    letters,
    pieces: { folder: join(vaultKept(config), 'pieces'), keys },
    approvers,
    agreements: new Agreements({ database, entrance, letters, rules, approvers }),
    workshop: behindAntivirus(workshop, config, onAlarm),
    looks: workshop,
    office: office && new OfficePages(office, { firstWithinMs: config.vault.office.firstWithinMs, keptMs: PDF_KEPT_MS, mostBytes: PDFS_BYTES, nowMs: Date.now }),
    rules,
    onAlarm,
  }
}

function officeOptions(config: Config) {
  const { ready, most, timeoutMs } = config.vault.office
  return {
    socketPath: officeSocket(config),
    ready: Math.min(ready, most),
    most,
    startWithinMs: timeoutMs,
    drawWithinMs: timeoutMs,
    outputBytes: OFFICE_OUTPUT_BYTES,
    onDeath: ({ cause }: { readonly cause: string }) => say(`vault: a box with LibreOffice ended: ${cause}`),
  }
}

function workshopOptions(config: Config) {
  const { processes, aloneReady, pendingMinutes } = config.vault
  return {
    ...fileWorkshopOptions(config, vaultWorkersSocket(config), processes),
    // An approved original on its way to the Internet side; vault/letters.ts sends it no other way.
    allowedTypes: [...MADE_TYPES, ORIGINAL_TYPE],
    filesWithinMs: pendingMinutes * MINUTE_MS,
    jobTimeoutMs: Math.max(ALONE_WITHIN_MS, config.sanitizer.jobTimeoutMs),
    // What a process has seen before is not near what it sees much later.
    recycleAfterJobs: JOBS_OF_ONE_PROCESS,
    suspects: { ready: aloneReady, most: Math.max(2, processes, aloneReady) },
  }
}

type Upkeep = { close(): Promise<void> }

function startUpkeep(house: House, vault: OpenVault, settings: Settings): Upkeep {
  const pending = new PendingWork(house)
  let isolated = false
  const look = async () => {
    const { emergency, configDigest } = await house.gateway.state()
    await settings.follow(configDigest)
    if (emergency === 'isolate' && !isolated) await vault.revokeGrants('all', { actor: 'system', tenant: 'default', address: '' })
    isolated = emergency === 'isolate'
    if (emergency === 'none') await pending.run()
  }
  const expire = () => {
    void Promise.all([house.shelf.expire(), vault.pieces.expire()]).catch(error => say(`vault: ${wordsOf(error)}`))
    house.database.retainAudit()
  }
  const startedAtMs = Date.now()
  const troubles = new Set<string>()
  const lookAgain = () =>
    void look().then(
      () => troubles.clear(),
      error => {
        // Said once, however long it lasts; a gateway that starts beside us is no trouble yet.
        const words = wordsOf(error)
        const isEarly = Date.now() - startedAtMs < GATEWAY_WITHIN_MS && error instanceof RpcError
        if (!troubles.has(words) && !isEarly) say(`vault: ${words}`)
        if (!isEarly) troubles.add(words)
      },
    )
  expire()
  const timers = [setInterval(lookAgain, LOOK_MS), setInterval(expire, EXPIRE_MS)]
  return {
    async close() {
      for (const timer of timers) clearInterval(timer)
      await pending.close()
    },
  }
}

/** Messages of errors here name methods and places, never what was asked. */
function wordsOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}

function say(text: string): void {
  process.stderr.write(`sekisho: ${text}\n`)
}
