/**
 * The supervisor: the one process that may start others. It makes the vault's keys, starts the gateway and the worker
 * processes, restarts what ends, and passes signals on. It parses nothing and listens on nothing.
 *
 *   supervisor ─┬─ [wall] gateway               told to stop and to reload by messages: a wall passes no signals on
 *               ├─ [wall] api                   files over HTTP, where that is switched on
 *               ├─ [wall] vault                 reads the keys; no network
 *               ├─ [wall] portal                pages for people; sees neither mail nor keys
 *               └─ launcher ─── [wall] sanitizer, verifier processes and LibreOffice, each on one connected descriptor
 */
import { mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as delay } from 'node:timers/promises'
import type { Config } from '../config/schema.ts'
import { YOUNG_GENERATION } from '../workers/collector.ts'
import { withoutTypes } from '../workers/untyped.ts'
import type { Wall } from '../workers/wall.ts'
import { type ConfigSource, readSource } from './config-source.ts'
import { forbidCoreDumps } from './no-core-dumps.ts'
import { tidyOnceStarted } from './once-started.ts'
import { ReadyParts } from './ready.ts'
import { type ChildCommand, type ChildRole, RoleKeeper } from './role-keeper.ts'
import { findOurWall, walledApi, walledGateway, walledPortal, walledVault } from './walls.ts'
import { startAllWorkers } from './workers-role.ts'
import { makeVaultKeys } from './vault-keys.ts'

const CODE_ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const LAUNCHER_CLOSE_MS = 2_000

export async function supervise(config: Config, source: ConfigSource): Promise<void> {
  await forbidCoreDumps(line => void process.stderr.write(line))
  const wall = await findOurWall(config)
  await prepare(config)
  const launchers = startAllWorkers(config, wall)
  const { children, ready } = openChildren(config, wall, source)
  const gateway = children.get('gateway')!
  const stopAll = () => {
    for (const child of children.values()) child.stop()
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stopAll)
  process.on('SIGHUP', () => void makeNewKeys(config, source).finally(() => gateway.tell('reload')))
  const others = [...children.values()].filter(child => child !== gateway).map(child => child.keep().then(() => ready.giveUp(child.role)))
  tidyOnceStarted()
  const code = await gateway.keep()
  stopAll()
  await Promise.race([Promise.all(others), delay(config.shutdownMs)])
  const closed = launchers.map(launcher => launcher.then(running => running.close()))
  await Promise.race([Promise.all(closed), delay(LAUNCHER_CLOSE_MS)])
  process.exit(code)
}

/** One keeper for each process that these settings ask for. */
function openChildren(config: Config, wall: Wall | undefined, source: ConfigSource): { readonly children: ReadonlyMap<ChildRole, RoleKeeper>; readonly ready: ReadyParts<ChildRole> } {
  const { niceness } = config
  const given = (role: ChildRole) => roleCommand(role, source.path)
  const commands: readonly ChildCommand[] = [
    { role: 'gateway', command: walledGateway(config, wall, given('gateway')), niceness: 0 },
    ...(config.api.enabled ? [{ role: 'api', command: walledApi(config, wall, given('api')), niceness } as const] : []),
    ...(config.portal.enabled ? [{ role: 'vault', command: walledVault(config, wall, given('vault')), niceness } as const] : []),
    ...(config.portal.enabled ? [{ role: 'portal', command: walledPortal(config, wall, given('portal')), niceness } as const] : []),
  ]
  const ready = new ReadyParts<ChildRole>(commands.map(({ role }) => role), 'gateway', line => process.stdout.write(line))
  const children = new Map(commands.map(command => [command.role, new RoleKeeper(command, config.shutdownMs, part => ready.add(command.role, part))]))
  return { children, ready }
}

/** Folders and keys, before any other role looks for them. */
async function prepare(config: Config): Promise<void> {
  for (const folder of ['mail', 'portal', 'run', 'run/gateway', 'run/portal', 'run/mail-work', 'run/door', 'run/vault', 'run/vault-work', 'run/vault-office', 'run/empty']) mkdirSync(join(config.dataDir, folder), { recursive: true, mode: 0o700 })
  await makeVaultKeys(config)
}

/** A tenant that a reload brings needs its keys first. What is wrong with the file is for the gateway to tell. */
async function makeNewKeys({ dataDir }: Config, source: ConfigSource): Promise<void> {
  const read = await readSource(source)
  if (!('config' in read)) return
  await makeVaultKeys({ ...read.config, dataDir }).catch(error => process.stderr.write(`sekisho: keys: ${String(error)}\n`))
}

/**
 * Node's permission model is not for this process: it refuses fsync, without which no 250 may be given. What it may read
 * is decided by its user and, on Linux, by its wall (walls.ts) or its unit (config/systemd/).
 */
function roleCommand(role: ChildRole, configPath: string | undefined): string[] {
  const config = configPath === undefined ? [] : ['--config', configPath]
  const young = role === 'gateway' ? [YOUNG_GENERATION.gateway] : []
  return [process.execPath, '--disable-sigusr1', '--no-warnings', ...young, ...withoutTypes(CODE_ROOT), join(CODE_ROOT, 'cli/main.ts'), 'serve', '--role', role, ...config]
}
