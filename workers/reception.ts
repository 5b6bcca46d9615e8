/**
 * The socket that worker processes and their launcher connect to: who comes is shown to a lane, who goes is missed there.
 *
 *   connection ── hello ──▶ launcher │ peer ──▶ lane          launcher ── died ──▶ why a peer is gone
 *
 * Invariant: nothing is said to a connection before it has said who it is: a child takes over its line unread.
 */
import { chmod, rm, stat } from 'node:fs/promises'
import net from 'node:net'
import { dirname } from 'node:path'
import { FrameReader } from './frame-reader.ts'
import type { Lane } from './lane.ts'
import { LauncherLink } from './launcher-link.ts'
import { ENDED, Peer } from './peer.ts'
import { type Died, FRAME, type Hello, type LaneName, PROTOCOL_VERSION, parseJson, type WorkerRole } from './protocol.ts'

/** A process that ended without being told to. */
export type WorkerDeath = {
  readonly role: WorkerRole
  readonly lane: LaneName
  readonly pid: number
  readonly cause: string
  readonly lastWords: string
}

export type ReceptionRules = {
  readonly socketPath: string
  readonly mostFrameBytes: number
  readonly lanes: () => readonly Lane[]
  readonly laneOf: (role: WorkerRole, lane: LaneName) => Lane | undefined
  /** Before it gets any work. */
  readonly onJoined?: (peer: Peer) => void
  readonly onLeft: (lane: Lane) => void
  readonly onDeath: (death: WorkerDeath) => void
}

/** On a machine at its limit the code of all formats takes long to load. */
const HELLO_WITHIN_MS = 60_000
const MOST_CONNECTIONS = 1024
/** Endings that are part of the work. */
const MEANT = new Set(['retired', 'closed'])
const GROUP_MAY_ENTER = 0o010

type Heard = (type: number, id: number, payload: Buffer) => void

export class Reception {
  readonly launcher: LauncherLink
  readonly #rules: ReceptionRules
  readonly #server: net.Server
  readonly #endings = new Map<number, Peer>()
  readonly #told = new WeakSet<Peer>()
  #closed = false

  constructor(rules: ReceptionRules) {
    this.#rules = rules
    this.launcher = new LauncherLink({ onDied: died => this.#died(died), onSwollen: pid => this.#swollen(pid) })
    this.#server = net.createServer(socket => this.#greet(socket))
    this.#server.maxConnections = MOST_CONNECTIONS
  }

  /** Who may enter the folder may connect: one that is open to a group gives the socket to that group. */
  async listen(): Promise<void> {
    const { socketPath } = this.#rules
    await rm(socketPath, { force: true })
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      const umask = process.umask(0o177)
      this.#server.listen(socketPath, resolve)
      process.umask(umask)
    })
    const isShared = ((await stat(dirname(socketPath))).mode & GROUP_MAY_ENTER) !== 0
    await chmod(socketPath, isShared ? 0o660 : 0o600)
  }

  kill(peer: Peer, cause: string): void {
    this.launcher.kill(peer.pid)
    peer.end(cause)
  }

  replace(peer: Peer): void {
    peer.leaving = true
    this.launcher.replace(peer.pid)
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const lane of this.#rules.lanes()) lane.close()
    this.launcher.close()
    await new Promise(resolve => this.#server.close(resolve))
  }

  #greet(socket: net.Socket): void {
    let heard: Heard | undefined
    const reader = new FrameReader((type, id, payload) => {
      if (heard) return heard(type, id, payload)
      clearTimeout(timer)
      heard = this.#welcome(socket, type, payload)
      if (!heard) socket.destroy()
    }, { maxBytes: this.#rules.mostFrameBytes })
    const timer = setTimeout(() => socket.destroy(), HELLO_WITHIN_MS)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => clearTimeout(timer))
    socket.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk)
      } catch {
        socket.destroy()
      }
    })
  }

  #welcome(socket: net.Socket, type: number, payload: Buffer): Heard | undefined {
    const hello = parseJson(payload) as Hello
    if (type !== FRAME.hello || hello.version !== PROTOCOL_VERSION || this.#closed) return undefined
    if (hello.role === 'launcher') return this.#welcomeLauncher(socket)
    const lane = this.#rules.laneOf(hello.role, hello.lane)
    if (!lane) return undefined
    const peer = new Peer(socket, { ...hello, role: hello.role })
    socket.on('close', () => this.#gone(lane, peer))
    this.#rules.onJoined?.(peer)
    lane.add(peer)
    return (frameType, id, framePayload) => lane.heard(peer, frameType, id, framePayload)
  }

  /** A new launcher brings its own processes; those of the one before are no longer watched by anybody. */
  #welcomeLauncher(socket: net.Socket): Heard {
    this.#retireAll()
    this.launcher.connect(socket)
    socket.on('close', () => {
      if (this.launcher.disconnected(socket) && !this.#closed) this.#retireAll()
    })
    return (type, _id, payload) => this.launcher.heard(type, payload)
  }

  #retireAll(): void {
    for (const lane of this.#rules.lanes()) for (const peer of lane.peers) lane.retire(peer)
  }

  #gone(lane: Lane, peer: Peer): void {
    if (!MEANT.has(peer.ended ?? '') && !this.#told.has(peer)) this.#endings.set(peer.pid, peer)
    lane.gone(peer, peer.ended ?? ENDED)
    this.#rules.onLeft(lane)
  }

  /** A wall that is killed is known to be gone before its inside has closed the line. */
  #died({ pid, cause, lastWords }: Died): void {
    const peer = this.#endings.get(pid) ?? this.#peerOf(pid)
    this.#endings.delete(pid)
    if (!peer || MEANT.has(peer.ended ?? '')) return
    this.#told.add(peer)
    this.#rules.onDeath({ role: peer.role, lane: peer.lane, pid, cause: peer.ended ?? cause, lastWords })
    peer.end(ENDED)
  }

  #peerOf(pid: number): Peer | undefined {
    return this.#rules
      .lanes()
      .flatMap(lane => [...lane.peers])
      .find(peer => peer.pid === pid)
  }

  #swollen(pid: number): void {
    const peer = this.#peerOf(pid)
    if (peer) this.replace(peer)
  }
}
