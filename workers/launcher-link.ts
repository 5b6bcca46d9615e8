/**
 * The gateway's line to the launcher: how many processes are wanted, which are to be killed or replaced, and why
 * those that ended did. Without a launcher everything here is silently nothing: the lanes then run dry.
 */
import type { Socket } from 'node:net'
import { type Died, FRAME, FrameWriter, json, parseJson, type Want } from './protocol.ts'

export type LauncherHooks = {
  readonly onDied: (died: Died) => void
  /** Memory above the soft limit: to be replaced when convenient. */
  readonly onSwollen: (pid: number) => void
}

const MOST_CAUSE_CHARS = 400

export class LauncherLink {
  readonly #hooks: LauncherHooks
  #socket: Socket | undefined
  #writer: FrameWriter | undefined
  #wanted = new Map<string, Want>()

  constructor(hooks: LauncherHooks) {
    this.#hooks = hooks
  }

  get connected(): boolean {
    return this.#writer !== undefined
  }

  connect(socket: Socket): void {
    this.#socket?.destroy()
    this.#socket = socket
    this.#writer = new FrameWriter(socket)
    for (const want of this.#wanted.values()) this.#writer.send(FRAME.want, 0, json(want))
  }

  /** True when this was the launcher in use. */
  disconnected(socket: Socket): boolean {
    if (socket !== this.#socket) return false
    this.#socket = undefined
    this.#writer = undefined
    return true
  }

  heard(type: number, payload: Buffer): void {
    const said = parseJson(payload) as { pid?: unknown; cause?: unknown; lastWords?: unknown }
    if (typeof said.pid !== 'number') return
    if (type === FRAME.swollen) this.#hooks.onSwollen(said.pid)
    else if (type === FRAME.died)
      this.#hooks.onDied({ pid: said.pid, cause: short(said.cause), lastWords: short(said.lastWords) })
  }

  want(want: Want): void {
    const key = `${want.role} ${want.lane}`
    if (this.#wanted.get(key)?.count === want.count) return
    this.#wanted.set(key, want)
    this.#writer?.send(FRAME.want, 0, json(want))
  }

  kill(pid: number): void {
    this.#writer?.send(FRAME.kill, 0, json({ pid }))
  }

  began(pid: number): void {
    this.#writer?.send(FRAME.began, 0, json({ pid }))
  }

  replace(pid: number): void {
    this.#writer?.send(FRAME.replace, 0, json({ pid }))
  }

  close(): void {
    this.#socket?.destroy()
  }
}

function short(value: unknown): string {
  return String(value ?? '')
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, MOST_CAUSE_CHARS)
}
