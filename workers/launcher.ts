/**
 * Starts the worker processes and keeps them in number: runs in the supervisor, or alone under its own user.
 *
 *   launcher ── connects once per child ──▶ gateway's socket ── handed to the child as fd 3
 *            ── one line of its own ──────▶ gateway: want, kill, replace  │  died, swollen
 *
 * The gateway itself starts nothing. A child gets one connected descriptor, an empty directory, an empty
 * environment, the arguments of sandbox.ts and, where there is one, the wall of wall.ts; its memory is watched from
 * here, because limits inside the process do not hold for buffers. Children that end at once are started again with back-off.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import net from 'node:net'
import { constants } from 'node:os'
import { lowerSession } from './behind-mail.ts'
import { type ChildCode, commandOf, type Kind } from './child-command.ts'
import { FrameReader } from './frame-reader.ts'
import {
  FRAME,
  FrameWriter,
  json,
  type LaneName,
  parseJson,
  PROTOCOL_VERSION,
  type Want,
  type WorkerRole,
} from './protocol.ts'
import { killBelow, residentMiB } from './resident.ts'

export type LauncherOptions = ChildCode & {
  readonly socketPath: string
  /** The gateway asks for suspect processes itself; `suspect` here is how many stand ready. */
  readonly counts: {
    readonly light: number
    readonly heavy: number
    readonly suspect: number
    readonly verifier: number
  }
  /** An empty directory that nobody writes to: the children's current directory. */
  readonly emptyDir: string
  readonly onProblem?: (text: string) => void
}

export type Launcher = {
  readonly pids: readonly number[]
  close(): Promise<void>
}

type Child = {
  readonly kind: Kind
  readonly process: ChildProcess
  readonly startedMs: number
  began: boolean
  leaving: boolean
  swollen: boolean
  cause: string
  lastWords: string
}
type Group = { readonly kind: Kind; target: number; starting: number; delayMs: number; notBeforeMs: number }

const LOOK_MS = 250
const RECONNECT_MS = 200
const SHORT_LIFE_MS = 2000
const FIRST_DELAY_MS = 50
const LONGEST_DELAY_MS = 5000
const SWOLLEN_SHARE = 0.75
const LAST_WORDS_BYTES = 2048
const MOST_FRAME_BYTES = 64 * 1024

/** Resolves when the line to the gateway stands; keeps trying until then, and again whenever it is lost. */
export async function startLauncher(options: LauncherOptions): Promise<Launcher> {
  const running = new RunningLauncher(options)
  await running.connect()
  return running
}

class RunningLauncher implements Launcher {
  readonly #options: LauncherOptions
  readonly #children = new Map<number, Child>()
  readonly #groups: Group[]
  #control: net.Socket | undefined
  #writer: FrameWriter | undefined
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: LauncherOptions) {
    this.#options = options
    const { light, heavy, suspect, verifier } = options.counts
    const group = (role: WorkerRole, lane: LaneName, target: number): Group => ({
      kind: { role, lane },
      target,
      starting: 0,
      delayMs: 0,
      notBeforeMs: 0,
    })
    this.#groups = [
      group('verifier', 'light', verifier),
      group('sanitizer', 'light', light),
      group('sanitizer', 'heavy', heavy),
      group('sanitizer', 'suspect', suspect),
      group('verifier', 'suspect', 0),
      ...(options.office ? [group('office', 'office', 0)] : []),
    ]
  }

  get pids(): readonly number[] {
    return [...this.#children.keys()]
  }

  async connect(): Promise<void> {
    while (!this.#closed) {
      const socket = await connectTo(this.#options.socketPath)
      if (socket) return this.#connected(socket)
      await new Promise(resolve => setTimeout(resolve, RECONNECT_MS))
    }
  }

  #connected(socket: net.Socket): void {
    this.#control = socket
    this.#writer = new FrameWriter(socket)
    const reader = new FrameReader((type, _id, payload) => this.#hear(type, payload), { maxBytes: MOST_FRAME_BYTES })
    socket.on('data', (chunk: Buffer) => reader.push(chunk))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#lost())
    socket.resume()
    this.#writer.send(
      FRAME.hello,
      0,
      json({ role: 'launcher', lane: 'light', pid: process.pid, version: PROTOCOL_VERSION }),
    )
    this.#timer = setInterval(() => this.#look(), LOOK_MS)
    this.#fill()
  }

  /** The gateway is gone, and with it everything the children could work for. */
  #lost(): void {
    clearInterval(this.#timer)
    this.#control = undefined
    this.#writer = undefined
    for (const child of this.#children.values()) this.#kill(child, 'gateway gone')
    if (!this.#closed) this.connect()
  }

  #hear(type: number, payload: Buffer): void {
    const said = parseJson(payload) as Want & { readonly pid: number }
    const child = this.#children.get(said.pid)
    if (type === FRAME.kill && child) this.#kill(child, 'killed on request')
    else if (type === FRAME.replace && child) child.leaving = true
    else if (type === FRAME.began && child) child.began = true
    else if (type === FRAME.want) {
      const group = this.#groups.find(({ kind }) => kind.role === said.role && kind.lane === said.lane)
      if (group) group.target = said.count
    }
    this.#fill()
  }

  #fill(): void {
    if (this.#closed || !this.#writer) return
    const nowMs = Date.now()
    for (const group of this.#groups) {
      if (nowMs < group.notBeforeMs) continue
      for (let missing = group.target - this.#staying(group) - group.starting; missing > 0; missing--)
        this.#start(group)
    }
  }

  #staying({ kind }: Group): number {
    let count = 0
    for (const child of this.#children.values()) {
      if (child.kind.role === kind.role && child.kind.lane === kind.lane && !child.leaving) count++
    }
    return count
  }

  async #start(group: Group): Promise<void> {
    group.starting++
    const socket = await connectTo(this.#options.socketPath)
    group.starting--
    if (!socket || this.#closed || !this.#writer) return void socket?.destroy()
    const child = this.#spawn(group.kind, socket)
    // The child has its own copy of the descriptor; ours would keep the line open after its death.
    socket.destroy()
    if (child.process.pid === undefined) return this.#failedToStart(group)
    this.#children.set(child.process.pid, child)
    child.process.on('exit', (code, signal) => this.#exited(group, child, signal ?? howItEnded(code ?? 0)))
  }

  #spawn(kind: Kind, socket: net.Socket): Child {
    const [program, ...given] = commandOf(kind, this.#options)
    const spawned = spawn(program!, given, {
      cwd: this.#options.emptyDir,
      env: {},
      stdio: ['ignore', 'ignore', 'pipe', socket],
      // A session of its own has no terminal: nothing inside can type into ours.
      detached: true,
    })
    if (spawned.pid !== undefined) void lowerSession(spawned.pid, this.#options.niceness ?? 0)
    const child: Child = {
      kind,
      process: spawned,
      startedMs: Date.now(),
      began: false,
      leaving: false,
      swollen: false,
      cause: '',
      lastWords: '',
    }
    spawned.on('error', error => this.#options.onProblem?.(`cannot start ${kind.role}: ${error.message}`))
    spawned.stderr?.on(
      'data',
      (said: Buffer) => (child.lastWords = (child.lastWords + said.toString('latin1')).slice(-LAST_WORDS_BYTES)),
    )
    return child
  }

  #failedToStart(group: Group): void {
    group.delayMs = Math.min(LONGEST_DELAY_MS, group.delayMs * 2 || FIRST_DELAY_MS)
    group.notBeforeMs = Date.now() + group.delayMs
  }

  #exited(group: Group, child: Child, how: string): void {
    const pid = child.process.pid!
    this.#children.delete(pid)
    // SIGTERM is how a child ends when its work is done: see child-line.ts.
    const meant = child.cause === 'killed on request' || how === 'SIGTERM'
    if (meant || child.began || Date.now() - child.startedMs > SHORT_LIFE_MS) group.delayMs = 0
    else this.#failedToStart(group)
    this.#writer?.send(FRAME.died, 0, json({ pid, cause: child.cause || how, lastWords: child.lastWords }))
    this.#fill()
  }

  /** A wall that dies while it is being built would leave its inside behind, waiting: that goes first. */
  #kill(child: Child, cause: string): void {
    child.cause ||= cause
    if (this.#options.wall !== undefined) killBelow(child.process.pid ?? 0)
    child.process.kill('SIGKILL')
  }

  /** Fills up what back-off held back, and looks at every child's memory. */
  async #look(): Promise<void> {
    this.#fill()
    for (const [pid, child] of this.#children) {
      const rssMiB = await residentMiB(pid, child.kind.role === 'office')
      if (rssMiB > this.#options.memoryMiB) this.#kill(child, 'memory')
      else if (!child.swollen && rssMiB > this.#options.memoryMiB * SWOLLEN_SHARE) {
        child.swollen = true
        this.#writer?.send(FRAME.swollen, 0, json({ pid }))
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#timer)
    const exits = [...this.#children.values()].map(child => new Promise(resolve => child.process.once('exit', resolve)))
    for (const child of this.#children.values()) this.#kill(child, 'launcher closed')
    this.#control?.destroy()
    await Promise.all(exits)
  }
}

function connectTo(path: string): Promise<net.Socket | undefined> {
  return new Promise(resolve => {
    const socket = net.connect({ path })
    // Never read here: what the gateway sends is the child's.
    socket.pause()
    socket.once('connect', () => {
      socket.off('error', failed)
      resolve(socket)
    })
    const failed = () => resolve(undefined)
    socket.once('error', failed)
  })
}

/** A wall passes on by its own exit code which signal ended what was inside, as shells do. */
function howItEnded(code: number): string {
  const signal = Object.entries(constants.signals).find(([, number]) => number === code - 128)
  return signal === undefined ? `exit ${code}` : signal[0]
}
