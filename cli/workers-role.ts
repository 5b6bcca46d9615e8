/**
 * Starts sanitizer and verifier processes for a gateway on this host: inside the supervisor, or as a role of its own
 * under another user.
 */
import { mkdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Config } from '../config/schema.ts'
import { type Launcher, type LauncherOptions, startLauncher } from '../workers/launcher.ts'
import type { Wall } from '../workers/wall.ts'
import { findOurWall } from './walls.ts'
import { apiWorkersSocket, vaultWorkersSocket, workersSocket } from './wiring.ts'

const CODE_ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** Resolves once the gateway is reached; keeps trying until then. Heavy and suspect processes are started as it asks for them. */
function startWorkers(config: Config, wall: Wall | undefined): Promise<Launcher> {
  const counts = { light: lightProcesses(config), heavy: 0, suspect: 0, verifier: 1 }
  return launch(config, wall, { socketPath: workersSocket(config), counts })
}

/** Those of the HTTP face, started as it asks for them: files sent there never wait for, or hold up, mail. */
function startApiWorkers(config: Config, wall: Wall | undefined): Promise<Launcher> {
  return launch(config, wall, { socketPath: apiWorkersSocket(config), counts: { light: 0, heavy: 0, suspect: 0, verifier: 0 } })
}

/** Those of the vault: one stands ready, so that the first page does not wait for a start; the others as they are asked for. */
function startVaultWorkers(config: Config, wall: Wall | undefined): Promise<Launcher> {
  return launch(config, wall, { socketPath: vaultWorkersSocket(config), counts: { light: 0, heavy: 1, suspect: 0, verifier: 0 } })
}

/** All that these settings ask for. */
export function startAllWorkers(config: Config, wall: Wall | undefined): Promise<Launcher>[] {
  return [
    startWorkers(config, wall),
    ...(config.api.enabled ? [startApiWorkers(config, wall)] : []),
    ...(config.portal.enabled ? [startVaultWorkers(config, wall)] : []),
  ]
}

function launch(config: Config, wall: Wall | undefined, own: Pick<LauncherOptions, 'socketPath' | 'counts'>): Promise<Launcher> {
  const emptyDir = join(config.dataDir, 'run/empty')
  mkdirSync(emptyDir, { recursive: true, mode: 0o700 })
  const { sanitizer } = config
  return startLauncher({
    ...own,
    heavyThreads: 1,
    memoryMiB: sanitizer.memoryMiB,
    nodePath: process.execPath,
    codeRoot: CODE_ROOT,
    emptyDir,
    wall,
    dataDir: config.dataDir,
    onProblem: text => process.stderr.write(`sekisho: ${text}\n`),
  })
}

export async function runWorkers(config: Config): Promise<void> {
  const wall = await findOurWall(config)
  const launchers = startAllWorkers(config, wall)
  const stop = async () => {
    const closed = launchers.map(launcher => launcher.then(running => running.close()))
    await Promise.race([Promise.all(closed), new Promise(done => setTimeout(done, 1000))])
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop)
  await Promise.all(launchers)
}

function lightProcesses({ sanitizer }: Config): number {
  return sanitizer.lightProcesses || Math.max(1, Math.floor(availableParallelism() / 2))
}
