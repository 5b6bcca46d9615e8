/**
 * The supervisor: the one process that may start others. It makes the vault's keys, starts the gateway and the worker
 * processes, restarts what ends, and passes signals on. It parses nothing and listens on nothing.
 *
 *   supervisor ─┬─ [wall] gateway               told to stop and to reload by messages: a wall passes no signals on
 *               ├─ [wall] api                   files over HTTP, where that is switched on
 *               └─ launcher ─── [wall] sanitizer, verifier processes, each on one connected descriptor
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as delay } from 'node:timers/promises'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { ensureVaultKeys } from '../store/keys.ts'
import type { ConfigSource } from './reload.ts'
import { findOurWall, walledApi, walledGateway } from './walls.ts'
import { startApiWorkers, startWorkers } from './workers-role.ts'
import { tenantIds } from './wiring.ts'

const CODE_ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const FIRST_BACKOFF_MS = 250
const LONGEST_BACKOFF_MS = 30_000
/** A gateway that ran this long was well: the next failure is a new one. */
const HEALTHY_AFTER_MS = 60_000
const LAUNCHER_CLOSE_MS = 2_000
const BEYOND_SHUTDOWN_MS = 10_000
/** Exit code of a gateway that cannot start with these settings: trying again would not help. */
const EXIT_CONFIG = 78

/** What the gateway hears on its line to the supervisor. */
export type ToGateway = 'stop' | 'reload'

type ChildRole = 'gateway' | 'api'

export async function supervise(config: Config, source: ConfigSource): Promise<void> {
  const wall = await findOurWall(config)
  await prepare(config)
  const launchers = [startWorkers(config, wall), ...(config.api.enabled ? [startApiWorkers(config, wall)] : [])]
  const gateway = new RoleKeeper('gateway', walledGateway(config, wall, roleCommand('gateway', source.path)), config.shutdownMs)
  const api = config.api.enabled ? new RoleKeeper('api', walledApi(config, wall, roleCommand('api', source.path)), config.shutdownMs) : undefined
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      gateway.stop()
      api?.stop()
    })
  }
  const apiEnded = api?.keep()
  process.on('SIGHUP', () => void makeNewKeys(config, source).finally(() => gateway.tell('reload')))
  const code = await gateway.keep()
  api?.stop()
  await Promise.race([apiEnded, delay(config.shutdownMs)])
  const closed = launchers.map(launcher => launcher.then(running => running.close()))
  await Promise.race([Promise.all(closed), delay(LAUNCHER_CLOSE_MS)])
  process.exit(code)
}

/** Folders and keys, before any other role looks for them. */
async function prepare(config: Config): Promise<void> {
  for (const folder of ['mail', 'run', 'run/gateway', 'run/empty']) mkdirSync(join(config.dataDir, folder), { recursive: true, mode: 0o700 })
  await makeKeys(config)
}

async function makeKeys(config: Config): Promise<void> {
  const vault = join(config.dataDir, 'vault')
  for (const { tenant, created } of await ensureVaultKeys(vault, tenantIds(config))) {
    if (created) process.stderr.write(`sekisho: made a key pair for '${tenant}' in ${vault}; put copies of it in two safe places\n`)
  }
}

/** A tenant that a reload brings needs its keys first. What is wrong with the file is for the gateway to tell. */
async function makeNewKeys({ dataDir }: Config, source: ConfigSource): Promise<void> {
  const loaded = loadConfig(source.path, process.env, source.currentDir)
  if (!('config' in loaded)) return
  await makeKeys({ ...loaded.config, dataDir }).catch(error => process.stderr.write(`sekisho: keys: ${String(error)}\n`))
}

/** Keeps the process of one role running until told to stop. */
class RoleKeeper {
  readonly #role: ChildRole
  readonly #command: readonly string[]
  readonly #shutdownMs: number
  #child: ChildProcess | undefined
  #stopping = false
  #backoffMs = FIRST_BACKOFF_MS

  constructor(role: ChildRole, command: readonly string[], shutdownMs: number) {
    this.#role = role
    this.#command = command
    this.#shutdownMs = shutdownMs
  }

  /** Resolves with the exit code once it has ended for good. */
  async keep(): Promise<number> {
    for (;;) {
      const startedMs = Date.now()
      const code = await this.#runOnce()
      if (this.#stopping) return code
      if (code === EXIT_CONFIG) return 1
      if (Date.now() - startedMs > HEALTHY_AFTER_MS) this.#backoffMs = FIRST_BACKOFF_MS
      process.stderr.write(`sekisho: the ${this.#role} ended (${code}); starting it again in ${this.#backoffMs} ms\n`)
      await delay(this.#backoffMs)
      this.#backoffMs = Math.min(this.#backoffMs * 2, LONGEST_BACKOFF_MS)
      if (this.#stopping) return 0
    }
  }

  tell(message: ToGateway): void {
    if (this.#child?.connected) this.#child.send(message)
  }

  /** The listener and the relay may each take the time they are given; what is not over then is ended. */
  stop(): void {
    this.#stopping = true
    this.tell('stop')
    setTimeout(() => this.#child?.kill('SIGKILL'), 2 * this.#shutdownMs + BEYOND_SHUTDOWN_MS).unref()
  }

  #runOnce(): Promise<number> {
    return new Promise(done => {
      const [program, ...given] = this.#command
      const child = spawn(program!, given, {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        // A terminal's ^C reaches the whole group; the gateway is to hear it from us, once.
        detached: true,
      })
      this.#child = child
      child.on('error', error => {
        process.stderr.write(`sekisho: cannot start the ${this.#role}: ${error.message}\n`)
        done(1)
      })
      child.on('exit', (code, signal) => done(code ?? (signal === null ? 1 : 128)))
    })
  }
}

/**
 * Node's permission model is not for this process: it refuses fsync, without which no 250 may be given. What it may read
 * is decided by its user and, on Linux, by its wall (walls.ts) or its unit (config/systemd/).
 */
function roleCommand(role: ChildRole, configPath: string | undefined): string[] {
  const config = configPath === undefined ? [] : ['--config', configPath]
  return [process.execPath, '--disable-sigusr1', '--no-warnings', join(CODE_ROOT, 'cli/main.ts'), 'serve', '--role', role, ...config]
}
