/**
 * Takes over a changed configuration while mail goes on.
 *
 *   read ▸ compare ▸ settle (everything that can fail) ▸ change over ▸ audit and log
 *
 * Whatever is wrong with the new one, the old one stays in force as a whole, and all problems are told.
 */
import { accessSync, constants, mkdirSync } from 'node:fs'
import type { ConfigChanges } from '../config/changes.ts'
import type { Config } from '../config/schema.ts'
import type { Listener } from '../gateway/inbound/options.ts'
import type { ReloadOutcome } from '../gateway/control-protocol.ts'
import type { Relay } from '../gateway/outbound/relay.ts'
import type { Act } from '../store/contract.ts'
import { type ConfigSource, digestOf, readChanges } from './config-source.ts'
import { type InForce, settle } from './in-force.ts'
import { recordPolicy } from './policy-record.ts'
import { type House, listenerOptions, messageOf, relayPlan } from './rooms.ts'

export type Reloading = {
  readonly source: ConfigSource
  readonly house: House
  readonly listener: Listener
  readonly relay: Relay
  /** The next message begins with what is in force now. */
  readonly onChanged: () => void
}

export async function reload(reloading: Reloading, by: Act): Promise<ReloadOutcome> {
  const { source, house } = reloading
  const changes = await readChanges(source, house.now.config)
  if ('problems' in changes) return refuse(house, changes.problems)
  try {
    makeMaildirs(changes.inForce)
    const next = await settle(changes.inForce, house.classes.classOf, error => house.record.alarm('recipient-file', String(error)))
    await changeOver(reloading, next)
  } catch (error) {
    return refuse(house, [messageOf(error)])
  }
  await tell(house, changes, by)
  return { ok: true, changed: changes.changed, needRestart: changes.needRestart, problems: [] }
}

/** A folder that the wall around this process keeps shut, or that is not ours, is found out before a mail is. */
function makeMaildirs({ routes }: Config): void {
  for (const hop of routes.flatMap(route => route.nextHops)) {
    if (hop.kind !== 'maildir') continue
    mkdirSync(hop.path, { recursive: true, mode: 0o700 })
    accessSync(hop.path, constants.W_OK)
  }
}

/** The certificate comes first: it is the last thing that can be refused. */
async function changeOver({ house, listener, relay, onChanged }: Reloading, next: InForce): Promise<void> {
  const before = house.now
  const { tls } = next.config.smtp
  if (tls.certFile !== '') await listener.reload(tls)
  house.now = next
  try {
    listener.adopt(listenerOptions(house))
  } catch (error) {
    house.now = before
    throw error
  }
  before.extensions.close()
  void next.extensions.probe()
  relay.adopt(relayPlan(next))
  onChanged()
  house.voice.adopt(next.config, before.config)
  await house.store.reconfigure(next.storeSettings)
}

async function tell({ voice, store, now }: House, { changed, needRestart }: ConfigChanges, by: Act): Promise<void> {
  voice.log.event('reloaded', '-', {
    ok: true,
    changed: changed.length > 0 ? changed : undefined,
    'needs-restart': needRestart.length > 0 ? needRestart : undefined,
  })
  if (changed.length === 0) return
  const detail = { reason: by.reason, digest: digestOf(now.config), changed: changed.join(' '), needsRestart: needRestart.join(' ') }
  await store.audit({ tenant: 'default', kind: 'config', actor: by.actor, subject: 'reload', detail })
  await recordPolicy(store, now.config, by)
}

function refuse({ voice, record }: House, problems: readonly string[]): ReloadOutcome {
  for (const problem of problems) process.stderr.write(`sekisho: reload: ${problem}\n`)
  voice.log.event('reloaded', '-', { ok: false, problems })
  record.alarm('config', `the new configuration is not used: ${problems[0]}${problems.length > 1 ? ` and ${problems.length - 1} more` : ''}`)
  return { ok: false, changed: [], needRestart: [], problems }
}
