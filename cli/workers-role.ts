/**
 * Starts sanitizer and verifier processes for a gateway on this host: inside the supervisor, or as a role of its own
 * under another user.
 */
import { mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Config } from '../config/schema.ts'
import { type Launcher, type LauncherOptions, startLauncher } from '../workers/launcher.ts'
import { findOffice } from '../workers/office-wall.ts'
import { findWall, type Wall } from '../workers/wall.ts'
import { EXIT, Failure } from './exit.ts'
import { tidyOnceStarted } from './once-started.ts'
import { apiOfficeSocket, apiWorkersSocket, mailOfficeSocket, OFFICE_OUTPUT_BYTES, officeSocket, vaultWorkersSocket, workersSocket } from './places.ts'
import { findOurWall } from './walls.ts'

const CODE_ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** Resolves once the gateway is reached; keeps trying until then. More processes are started as it asks for them. */
function startWorkers(config: Config, wall: Wall | undefined): Promise<Launcher> {
  const counts = { light: 1, heavy: 0, suspect: 0, verifier: 1 }
  return launch(config, wall, { socketPath: workersSocket(config), counts })
}

/** Those of the HTTP face, started as it asks for them: files sent there never wait for, or hold up, mail. */
function startApiWorkers(config: Config, wall: Wall | undefined): Promise<Launcher> {
  return launch(config, wall, { socketPath: apiWorkersSocket(config), counts: { light: 0, heavy: 0, suspect: 0, verifier: 0 }, niceness: config.niceness })
}

/** Those of the vault: some stand ready, so that the first page does not wait for a start; the others as they are asked for. */
function startVaultWorkers(config: Config, wall: Wall | undefined): Promise<Launcher> {
  const { ready, aloneReady, processes } = config.vault
  return launch(config, wall, { socketPath: vaultWorkersSocket(config), counts: { light: 0, heavy: Math.min(ready, processes), suspect: aloneReady, verifier: 0 }, warm: true, niceness: config.niceness })
}

/** Boxes with LibreOffice for those who look at files, where it is installed and can be walled in; else the reason why not. */
function startOfficeBoxes(config: Config, wall: Wall | undefined): Promise<Launcher> | string {
  const { use, timeoutMs } = config.vault.office
  return use === 'off' ? 'vault.office.use is off' : startBoxes(config, wall, { socketPath: officeSocket(config), timeoutMs })
}

/** The same for old Office files, beside the workers of whoever has them. */
function startOldOffice(config: Config, wall: Wall | undefined, socketPath: string): Promise<Launcher>[] {
  const { use, timeoutMs } = config.sanitizer.oldOffice
  return use === 'off' ? [] : optional(startBoxes(config, wall, { socketPath, timeoutMs }))
}

function startBoxes(config: Config, wall: Wall | undefined, { socketPath, timeoutMs }: { readonly socketPath: string; readonly timeoutMs: number }): Promise<Launcher> | string {
  const box = officeBox(config, wall, timeoutMs)
  return typeof box === 'string' ? box : launch(config, wall, { socketPath, counts: { light: 0, heavy: 0, suspect: 0, verifier: 0 }, ...box, niceness: config.niceness })
}

/** What a launcher must know of LibreOffice, or why there is none. */
export function officeBox(config: Config, wall: Wall | undefined, timeoutMs: number): Required<Pick<LauncherOptions, 'office' | 'memoryMiB'>> | string {
  const { program: setting, memoryMiB, scratchBytes } = config.vault.office
  const program = findOffice(setting)
  if (program === undefined) return `LibreOffice is not installed${setting === '' ? '' : ` at ${setting}`}`
  if (wall?.kind !== 'bubblewrap') return 'LibreOffice is used inside bubblewrap only'
  return { office: { program, scratchBytes, mostSeconds: Math.ceil((2 * timeoutMs) / 1000), outputBytes: OFFICE_OUTPUT_BYTES }, memoryMiB }
}

/** All that these settings ask for. */
export function startAllWorkers(config: Config, wall: Wall | undefined): Promise<Launcher>[] {
  return [
    startWorkers(config, wall),
    ...startOldOffice(config, wall, mailOfficeSocket(config)),
    ...(config.api.enabled ? [startApiWorkers(config, wall), ...startOldOffice(config, wall, apiOfficeSocket(config))] : []),
    ...(config.portal.enabled ? [startVaultWorkers(config, wall), ...optional(startOfficeBoxes(config, wall))] : []),
  ]
}

/** Without it there are words instead of pictures. */
function optional(started: Promise<Launcher> | string): Promise<Launcher>[] {
  return typeof started === 'string' ? [] : [started]
}

function launch(config: Config, wall: Wall | undefined, own: Pick<LauncherOptions, 'socketPath' | 'counts' | 'office' | 'warm' | 'niceness'> & { readonly memoryMiB?: number }): Promise<Launcher> {
  const emptyDir = join(config.dataDir, 'run/empty')
  mkdirSync(emptyDir, { recursive: true, mode: 0o700 })
  const { sanitizer } = config
  return startLauncher({
    heavyThreads: 1,
    memoryMiB: sanitizer.memoryMiB,
    ...own,
    nodePath: process.execPath,
    codeRoot: CODE_ROOT,
    emptyDir,
    wall,
    dataDir: config.dataDir,
    onProblem: text => process.stderr.write(`sekisho: ${text}\n`),
  })
}

export async function runWorkers(config: Config): Promise<void> {
  await runLaunchers(startAllWorkers(config, await findOurWall(config)))
}

/** Under a user of its own; its unit is no wall for LibreOffice, so it needs bubblewrap whatever `sandbox.wall` says. */
export async function runOffice(config: Config): Promise<void> {
  const found = await findWall('bubblewrap', process.execPath)
  const started = startOfficeBoxes(config, found.wall)
  if (typeof started === 'string') throw new Failure(EXIT.failure, `nothing to do: ${started}${found.wall === undefined ? ` (${found.why})` : ''}`)
  await runLaunchers([started])
}

async function runLaunchers(launchers: readonly Promise<Launcher>[]): Promise<void> {
  const stop = async () => {
    const closed = launchers.map(launcher => launcher.then(running => running.close()))
    await Promise.race([Promise.all(closed), new Promise(done => setTimeout(done, 1000))])
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop)
  await Promise.all(launchers)
  tidyOnceStarted()
}
