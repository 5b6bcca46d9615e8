/**
 * The gateway as a user starts it: `node cli/main.ts serve --config F` by the pinned Node, with a data folder of its own.
 * The SMTP port is chosen once, so that a restarted gateway is found again.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { stringify } from 'yaml'
import { descendants, end, freePort, isAlive, type RunningProcess, until } from './processes.ts'

export const ROOT = resolve(fileURLToPath(new URL('../../..', import.meta.url)))
const NODE = join(ROOT, 'node_modules/.bin/node')
const READY_MS = 60_000
const STOP_MS = 60_000
const run = promisify(execFile)

/** Readable by Postfix's users, unlike what mkdtemp makes on its own. */
export function scratchFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `sekisho-${name}-`))
}

/** As in the configuration file; what is not said is set for the test. */
export type Settings = { readonly smtp?: object; readonly maillog?: object; readonly [section: string]: unknown }

export class Sekisho {
  readonly folder: string
  readonly port: number
  readonly #configPath: string
  #process: ChildProcess | undefined
  #exited: Promise<number> = Promise.resolve(0)
  #said = ''

  private constructor(folder: string, port: number, { smtp, maillog, ...settings }: Settings) {
    this.folder = folder
    this.port = port
    this.#configPath = join(folder, 'sekisho.yaml')
    const base = { hostname: 'sekisho.example.jp', dataDir: join(folder, 'var'), smtp: { port, ...smtp }, admin: { port: 0 }, portal: { enabled: false }, maillog: { path: join(folder, 'mail.log'), ...maillog } }
    writeFileSync(this.#configPath, stringify({ ...base, ...settings }))
  }

  /** In `folder` when the test has prepared one, with `var` in it for the data. */
  static async start(settings: Settings = {}, folder = scratchFolder('gateway')): Promise<Sekisho> {
    const sekisho = new Sekisho(folder, await freePort(), settings)
    await sekisho.start()
    return sekisho
  }

  get dataDir(): string {
    return join(this.folder, 'var')
  }

  get maildir(): string {
    return join(this.dataDir, 'maildir/new')
  }

  get pid(): number {
    return this.#process?.pid ?? 0
  }

  get running(): boolean {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null
  }

  /** What the processes wrote to their standard output and error so far. */
  get said(): string {
    return this.#said
  }

  /** Without our own SEKISHO_ variables: the gateway refuses ones that it does not know. */
  get #environment(): Record<string, string> {
    return { PATH: process.env['PATH'] ?? '', HOME: this.folder }
  }

  async start(): Promise<void> {
    const from = this.#said.length
    const child = spawn(NODE, [join(ROOT, 'cli/main.ts'), 'serve', '--config', this.#configPath], {
      cwd: this.folder,
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#process = child
    const keep = (text: Buffer) => void (this.#said += text.toString())
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    this.#exited = new Promise(done => child.once('exit', (code, signal) => done(code ?? (signal === null ? 1 : 128))))
    try {
      await until('the ready line', READY_MS, () => {
        if (!this.running) throw new Error('the gateway ended at start')
        return this.#said.slice(from).includes('sekisho ready ')
      })
    } catch (error) {
      const seen = this.processes().map(({ pid, role }) => `${role} ${pid}`).join(', ')
      this.killAll()
      throw new Error(`${(error as Error).message}; processes: ${seen}\n${this.#said.slice(from)}\n${this.log().slice(-2000)}`)
    }
  }

  /** SIGTERM, as a service manager stops it. Resolves with the exit code. */
  async stop(): Promise<number> {
    if (!this.running) return this.#exited
    const below = this.processes()
    process.kill(this.pid, 'SIGTERM')
    const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error('SIGTERM did not end the gateway')), STOP_MS).unref())
    const code = await Promise.race([this.#exited, late]).catch(error => {
      this.killAll()
      throw error
    })
    await until('all processes have ended', STOP_MS, () => below.every(({ pid }) => !isAlive(pid)))
    return code
  }

  processes(): RunningProcess[] {
    return this.running ? [{ pid: this.pid, role: 'supervisor' }, ...descendants(this.pid)] : []
  }

  killAll(): void {
    for (const { pid } of this.processes()) end(pid, 'SIGKILL')
  }

  /** Stops it and removes its folder, which is kept when SYSTEM_TEST_KEEP is set. */
  async remove(): Promise<void> {
    await this.stop()
    if (!process.env['SYSTEM_TEST_KEEP']) rmSync(this.folder, { recursive: true, force: true })
  }

  /** Runs one command against this gateway. @throws when its exit code is not 0. */
  async cli(...args: string[]): Promise<string> {
    const { stdout } = await run(NODE, [join(ROOT, 'cli/main.ts'), ...args, '--config', this.#configPath], { maxBuffer: 1e9, env: this.#environment })
    return stdout
  }

  async ask<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.cli(...args, '--json')) as T
  }

  async queueEmpty(limitMs: number): Promise<void> {
    let seen: unknown
    await until('the queue is empty', limitMs, async () => {
      try {
        const rows = await this.ask<unknown[]>('queue', 'list', '--limit', '5')
        seen = rows
        return rows.length === 0
      } catch (error) {
        seen = error
        return false
      }
    }).catch(error => {
      throw new Error(`${(error as Error).message}; last seen: ${JSON.stringify(seen)}\n${this.#said.slice(-2000)}`)
    })
  }

  /** Messages in the embedded Maildir, or in the `new` of another, raw, by file name. */
  delivered(folder = this.maildir): Map<string, Buffer> {
    mkdirSync(folder, { recursive: true })
    return new Map(readdirSync(folder).map(name => [name, readFileSync(join(folder, name))]))
  }

  log(): string {
    const path = join(this.folder, 'mail.log')
    return existsSync(path) ? readFileSync(path, 'utf8') : ''
  }
}
