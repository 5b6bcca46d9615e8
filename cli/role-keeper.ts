/** Keeps the process of one role running until told to stop, with back-off between starts. */
import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { behindMail, lowerSession } from '../workers/behind-mail.ts'
import type { ReadyAddresses } from './ready.ts'

const FIRST_BACKOFF_MS = 250
const LONGEST_BACKOFF_MS = 30_000
/** One that ran this long was well: the next failure is a new one. */
const HEALTHY_AFTER_MS = 60_000
const BEYOND_SHUTDOWN_MS = 10_000
/** Exit code of a process that cannot start with these settings: trying again would not help. */
const EXIT_CONFIG = 78

export const CHILD_ROLES = ['gateway', 'api', 'vault', 'portal'] as const
export type ChildRole = (typeof CHILD_ROLES)[number]

/** What a child hears on its line to the supervisor. */
export type ToChild = 'stop' | 'reload'
/** What it says there. */
export type FromChild = { readonly ready: ReadyAddresses }

export type ChildCommand = { readonly role: ChildRole; readonly command: readonly string[]; readonly niceness: number }

export class RoleKeeper {
  readonly role: ChildRole
  readonly #command: readonly string[]
  readonly #niceness: number
  readonly #shutdownMs: number
  readonly #onReady: (addresses: ReadyAddresses) => void
  #child: ChildProcess | undefined
  readonly #stopping = new AbortController()
  readonly #firstBackoffMs: number
  #backoffMs: number

  constructor({ role, command, niceness }: ChildCommand, shutdownMs: number, onReady: (addresses: ReadyAddresses) => void, firstBackoffMs = FIRST_BACKOFF_MS) {
    this.role = role
    this.#command = behindMail(command, niceness)
    this.#niceness = niceness
    this.#shutdownMs = shutdownMs
    this.#onReady = onReady
    this.#firstBackoffMs = firstBackoffMs
    this.#backoffMs = firstBackoffMs
  }

  /** Resolves with the exit code once it has ended for good. */
  async keep(): Promise<number> {
    for (;;) {
      const startedMs = Date.now()
      const code = await this.#runOnce()
      if (this.#stopping.signal.aborted) return code
      if (code === EXIT_CONFIG) return 1
      if (Date.now() - startedMs > HEALTHY_AFTER_MS) this.#backoffMs = this.#firstBackoffMs
      process.stderr.write(`sekisho: the ${this.role} ended (${code}); starting it again in ${this.#backoffMs} ms\n`)
      await delay(this.#backoffMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined)
      this.#backoffMs = Math.min(this.#backoffMs * 2, LONGEST_BACKOFF_MS)
      if (this.#stopping.signal.aborted) return 0
    }
  }

  tell(message: ToChild): void {
    if (this.#child?.connected) this.#child.send(message)
  }

  /** Nobody waits for another start. The rooms of a role may each take the time they are given; what is not over then is ended. */
  stop(): void {
    this.#stopping.abort()
    this.tell('stop')
    setTimeout(() => this.#child?.kill('SIGKILL'), 2 * this.#shutdownMs + BEYOND_SHUTDOWN_MS).unref()
  }

  #runOnce(): Promise<number> {
    return new Promise(done => {
      const [program, ...given] = this.#command
      const child = spawn(program!, given, {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        // A terminal's ^C reaches the whole group; a child is to hear it from us, once.
        detached: true,
      })
      this.#child = child
      if (child.pid !== undefined) void lowerSession(child.pid, this.#niceness)
      child.on('message', ({ ready }: FromChild) => this.#onReady(ready))
      child.on('error', error => {
        process.stderr.write(`sekisho: cannot start the ${this.role}: ${error.message}\n`)
        done(1)
      })
      child.on('exit', (code, signal) => done(code ?? (signal === null ? 1 : 128)))
    })
  }
}
