/**
 * Starts sanitizer and verifier processes for a gateway on this host: inside the supervisor, or as a role of its own
 * under another user.
 */
import { mkdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Config } from '../config/schema.ts'
import { type Launcher, startLauncher } from '../workers/launcher.ts'
import type { Wall } from '../workers/wall.ts'
import { findOurWall } from './walls.ts'
import { workersSocket } from './wiring.ts'

const CODE_ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** Resolves once the gateway is reached; keeps trying until then. */
export function startWorkers(config: Config, wall: Wall | undefined): Promise<Launcher> {
  const emptyDir = join(config.dataDir, 'run/empty')
  mkdirSync(emptyDir, { recursive: true, mode: 0o700 })
  const { sanitizer } = config
  return startLauncher({
    socketPath: workersSocket(config),
    counts: { light: lightProcesses(config), heavy: heavyProcesses(config), suspect: 0, verifier: 1 },
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
  const launcher = startWorkers(config, await findOurWall(config))
  const stop = async () => {
    await Promise.race([launcher.then(running => running.close()), new Promise(done => setTimeout(done, 1000))])
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop)
  await launcher
}

function lightProcesses({ sanitizer }: Config): number {
  return sanitizer.lightProcesses || Math.max(1, Math.floor(availableParallelism() / 2))
}

function heavyProcesses({ sanitizer }: Config): number {
  return sanitizer.heavyProcesses || Math.max(1, Math.floor(availableParallelism() / 2))
}
