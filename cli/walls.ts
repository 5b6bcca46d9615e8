/**
 * Which wall stands around the children of this host's supervisor, and what to say when none does.
 *
 * The workers get a box with nothing in it. The gateway keeps its files but not the vault's private keys, and can
 * write in its own folders only: it must not be able to change what the next start would run or mount.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Config } from '../config/schema.ts'
import { findWall, inKeylessBox, type KeylessBox, type Wall } from '../workers/wall.ts'
import { EXIT, Failure } from './exit.ts'
import { apiFolder, doorSocket, officeFolder, vaultFolder, vaultKept, vaultSocket } from './places.ts'

const CODE = join(import.meta.dirname, '..')
const TO_GET_ONE = 'install bubblewrap, or use one unit per role and say sandbox.wall: none (docs/operations.md)'

/** @throws Failure when one is asked for and this host has none. */
export async function findOurWall(config: Config): Promise<Wall | undefined> {
  const { wall: setting } = config.sandbox
  const found = await findWall(setting, process.execPath)
  if (found.wall === undefined && setting !== 'none') complain(setting, `no wall of the operating system around the processes (${found.why}); ${TO_GET_ONE}`)
  return found.wall
}

/** The gateway's command, inside the wall where that is possible. */
export function walledGateway(config: Config, wall: Wall | undefined, command: readonly string[]): readonly string[] {
  if (wall === undefined) return command
  const obstacle = obstacleToGateway(config)
  if (obstacle !== undefined) {
    complain(config.sandbox.wall, `no wall around the gateway (${obstacle}): it could read the private keys; use one unit per role (docs/operations.md)`)
    return command
  }
  const box = gatewayBox(config)
  for (const folder of box.writable) mkdirSync(folder, { recursive: true, mode: 0o700 })
  return inKeylessBox(wall, box, command)
}

/** The HTTP face's command: it sees neither keys nor mail, and writes only where its workers reach it. */
export function walledApi(config: Config, wall: Wall | undefined, command: readonly string[]): readonly string[] {
  if (wall === undefined) return command
  const vault = join(config.dataDir, 'vault')
  const run = apiFolder(config)
  for (const folder of [vault, run]) mkdirSync(folder, { recursive: true, mode: 0o700 })
  const box = { hidden: vault, sealed: vault, code: CODE, alsoHidden: [join(config.dataDir, 'mail'), ...vaultsOwn(config)], writable: [run] }
  return inKeylessBox(wall, box, command)
}

/** The portal's command: it sees neither mail nor keys, and writes its own database only. */
export function walledPortal(config: Config, wall: Wall | undefined, command: readonly string[]): readonly string[] {
  if (wall === undefined) return command
  const vault = join(config.dataDir, 'vault')
  const own = [join(config.dataDir, 'portal'), join(config.dataDir, 'run/portal')]
  for (const folder of [vault, ...own]) mkdirSync(folder, { recursive: true, mode: 0o700 })
  return inKeylessBox(wall, { hidden: vault, sealed: vault, code: CODE, alsoHidden: [join(config.dataDir, 'mail'), ...vaultsOwn(config)], writable: own }, command)
}

/** The vault's command: it alone sees the keys, without network, mail or pages; it writes what it keeps and its sockets. */
export function walledVault(config: Config, wall: Wall | undefined, command: readonly string[]): readonly string[] {
  if (wall === undefined) return command
  const own = [vaultKept(config), dirname(vaultSocket(config)), vaultFolder(config), officeFolder(config)]
  const others = ['mail', 'portal'].map(name => join(config.dataDir, name))
  for (const folder of [...own, ...others]) mkdirSync(folder, { recursive: true, mode: 0o700 })
  const keys = join(config.dataDir, 'vault/identities')
  return inKeylessBox(wall, { hidden: others[0]!, alsoHidden: others.slice(1), sealed: keys, code: CODE, writable: own, offline: !scansOverNetwork(config) }, command)
}

function scansOverNetwork({ antivirus }: Config): boolean {
  return antivirus.clamd !== '' && !antivirus.clamd.startsWith('/')
}

/** Where only the vault has anything to do. */
function vaultsOwn(config: Config): string[] {
  const folders = [dirname(doorSocket(config)), vaultFolder(config), officeFolder(config)]
  for (const folder of folders) mkdirSync(folder, { recursive: true, mode: 0o700 })
  return folders
}

function complain(setting: Config['sandbox']['wall'], text: string): void {
  if (setting !== 'auto') throw new Failure(EXIT.failure, `sandbox.wall is ${setting}: ${text}`)
  process.stderr.write(`sekisho: warning: ${text}\n`)
}

/** Whoever is root inside a user namespace only may not listen on the low ports of the host. */
export function obstacleToGateway({ smtp, admin }: Config): string | undefined {
  const lowest = lowestFreePort()
  const ports = [smtp.port, ...(admin.enabled ? [admin.port] : [])].filter(port => port > 0 && port < lowest)
  if (process.getuid?.() === 0 || ports.length === 0) return undefined
  return `port ${ports.join(', ')} is below net.ipv4.ip_unprivileged_port_start, ${lowest}`
}

function lowestFreePort(): number {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'latin1'))
  } catch {
    return 1024
  }
}

export function gatewayBox(config: Config): KeylessBox {
  const vault = join(config.dataDir, 'vault')
  const kept = vaultKept(config)
  mkdirSync(kept, { recursive: true, mode: 0o700 })
  const maildirs = config.routes.flatMap(route => route.nextHops.flatMap(hop => (hop.kind === 'maildir' ? [hop.path] : [])))
  const log = config.maillog.path === 'stdout' ? [] : [dirname(config.maillog.path)]
  return {
    hidden: join(vault, 'identities'),
    alsoHidden: [kept],
    sealed: vault,
    code: CODE,
    writable: [...new Set([config.dataDir, ...maildirs, ...log, dirname(config.controlSocket)])],
  }
}
