/**
 * The workshop as the gateway holds it: a socket that worker processes connect to, lanes, ladder, one call.
 *
 *   wing ── sanitize │ begin ──▶ light lane ──▶ verifier ──▶ done
 *                                  └─ died ──▶ ladder (suspect lane, notice) ──▶ done │ sick │ busy
 *
 * Nothing is started here: the launcher does that, and reaches us by the same socket. Whatever the processes do,
 * every call ends in a WorkResult.
 */
import { chmod, rm } from 'node:fs/promises'
import net from 'node:net'
import type { ComposedGroup, SanitizeJob } from '../core/job.ts'
import type { LooseFile } from '../core/rebuild.ts'
import type { Report } from '../core/verdict.ts'
import { WHOLE_BYTES } from './attempt.ts'
import type { FileWorkshop, LookAsk, LookResult, LookWorkshop, LooseResult, LooseRules, NoticeWorkshop, Replay, TxtLookup, VerifyWorkshop, WorkInProgress, WorkResult, Workshop } from './contract.ts'
import { Health } from './health.ts'
import { type ComposeNotice, Ladder, type NoticeFacts } from './ladder.ts'
import { Lane, type LaneOptions } from './lane.ts'
import { LauncherLink } from './launcher-link.ts'
import { ENDED, Peer } from './peer.ts'
import {
  type Died,
  FRAME,
  FrameReader,
  type Hello,
  json,
  type LaneName,
  PROTOCOL_VERSION,
  parseJson,
  type WorkerRole,
} from './protocol.ts'
import { type Lanes, Rounds, sourceOf } from './rounds.ts'
import { RefusedWork, StreamedWork } from './work-in-progress.ts'

export type WorkshopOptions = {
  readonly socketPath: string
  /** Media types that a composed message may have files of. */
  readonly allowedTypes: readonly string[]
  readonly composeNotice: ComposeNotice
  readonly lookupTxt: TxtLookup
  /** All TXT questions of one message. */
  readonly txtWithinMs: number
  readonly startWithinMs: number
  /** Longest silence of a process about one message. */
  readonly jobTimeoutMs: number
  /** All runs of one message after its end of data. */
  readonly totalMs: number
  readonly recycleAfterJobs: number
  readonly mostWaiting: number
  readonly mostWaitingBytes: number
  /** Threads of one heavy process: it gets that many files at once. */
  readonly heavyThreads: number
  /** All files of one message in the heavy lane; what is not ready then is pending. */
  readonly filesWithinMs: number
  /** Suspect processes: how many stand ready, and how many there may be. */
  readonly suspects: { readonly ready: number; readonly most: number }
  /** Most processes of the lanes that are started only when something waits; lanes without a number the launcher keeps. */
  readonly onDemand?: { readonly light?: number; readonly heavy?: number; readonly verifier?: number }
  readonly canaryRetryMs: number
  /** Largest frame that a worker process may send: its largest composed message and report. */
  readonly mostFrameBytes: number
  readonly onAlarm: (text: string) => void
  readonly onDeath: (death: WorkerDeath) => void
}

/** A process that ended without being told to. */
export type WorkerDeath = {
  readonly role: WorkerRole
  readonly lane: LaneName
  readonly pid: number
  readonly cause: string
  readonly lastWords: string
}

export type LaneStatus = {
  readonly name: string
  readonly processes: number
  readonly waiting: number
  readonly inWork: number
}
export type WorkshopStatus = {
  readonly ready: boolean
  readonly sick: string | undefined
  readonly launcher: boolean
  readonly lanes: readonly LaneStatus[]
}

export type OpenWorkshop = Workshop & FileWorkshop & NoticeWorkshop & LookWorkshop & VerifyWorkshop & { status(): WorkshopStatus; pids(): readonly number[] }

export const DEFAULTS = {
  txtWithinMs: 2000,
  startWithinMs: 20_000,
  jobTimeoutMs: 30_000,
  totalMs: 105_000,
  recycleAfterJobs: 20_000,
  mostWaiting: 1000,
  mostWaitingBytes: 64 * 2 ** 20,
  heavyThreads: 1,
  filesWithinMs: 25_000,
  suspects: { ready: 1, most: 4 },
  canaryRetryMs: 5000,
  mostFrameBytes: 256 * 2 ** 20,
} as const

const NO_REPORT: Report = { verdict: 'relay', profile: '', policyVersion: '', parts: [], findings: [] }
const JOBS_PER_PROCESS = 48
const BYTES_PER_PROCESS = 16 * 2 ** 20
/** On a machine at its limit the code of all formats takes long to load. */
const HELLO_WITHIN_MS = 60_000
const MOST_CONNECTIONS = 1024
/** Endings that are part of the work. */
const MEANT = new Set(['retired', 'closed'])

/** Resolves when the socket listens; processes join as the launcher starts them. */
export async function openWorkshop(options: WorkshopOptions): Promise<OpenWorkshop> {
  const workshop = new ListeningWorkshop(options)
  await workshop.listen()
  return workshop
}

class ListeningWorkshop implements OpenWorkshop {
  readonly #options: WorkshopOptions
  readonly #server: net.Server
  readonly #launcher: LauncherLink
  readonly #lanes: Lanes
  readonly #rounds: Rounds
  readonly #health: Health
  readonly #ladder: Ladder
  readonly #endings = new Map<number, Peer>()
  readonly #told = new WeakSet<Peer>()
  #closed = false

  constructor(options: WorkshopOptions) {
    this.#options = options
    this.#launcher = new LauncherLink({ onDied: died => this.#died(died), onSwollen: pid => this.#swollen(pid) })
    this.#lanes = this.#makeLanes()
    this.#rounds = new Rounds(this.#lanes, options)
    this.#health = new Health(this.#rounds, {
      canaryWithinMs: options.startWithinMs,
      retryMs: options.canaryRetryMs,
      onAlarm: options.onAlarm,
    })
    this.#ladder = new Ladder(this.#rounds, this.#health, options)
    this.#server = net.createServer(socket => this.#greet(socket))
    this.#server.maxConnections = MOST_CONNECTIONS
  }

  async listen(): Promise<void> {
    const { socketPath } = this.#options
    await rm(socketPath, { force: true })
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(socketPath, resolve)
    })
    await chmod(socketPath, 0o600)
  }

  get ready(): boolean {
    return !this.#closed && this.#health.sick === undefined && this.#lanes.light.live && this.#lanes.verifier.live
  }

  async sanitize(job: SanitizeJob, untrustedMessage: Uint8Array): Promise<WorkResult> {
    const refused = this.#refusal()
    if (refused) return refused
    const source = sourceOf(untrustedMessage)
    if (untrustedMessage.length > WHOLE_BYTES) return this.#stream(job, source.read, untrustedMessage)
    const budget = { untilMs: Date.now() + this.#options.totalMs }
    const first = await this.#rounds.whole(job, untrustedMessage, this.#options.startWithinMs)
    return this.#ladder.climb({ job, source, budget, aborted: () => false }, first)
  }

  async #stream(job: SanitizeJob, replay: Replay, octets: Uint8Array): Promise<WorkResult> {
    const work = this.begin(job, replay)
    await work.write(octets)
    return work.finish()
  }

  notice(job: SanitizeJob, facts: NoticeFacts): Promise<WorkResult> {
    return this.#ladder.notice(job, facts, [])
  }

  begin(job: SanitizeJob, replay: Replay): WorkInProgress {
    const refused = this.#refusal()
    if (refused) return new RefusedWork(refused)
    return new StreamedWork({ job, replay }, this.#options, { rounds: this.#rounds, ladder: this.#ladder })
  }

  async rebuild({ untrustedBytes, ...meta }: LooseFile, { policy, bounds, passwords, within, alone = false }: LooseRules): Promise<LooseResult> {
    if (this.#closed) return { kind: 'busy', why: 'closed' }
    const question = { meta: { ...meta, passwords, within }, octets: untrustedBytes, policy, bounds }
    return this.#rounds.judgeFile(question, { withinMs: this.#options.startWithinMs, alone })
  }

  async look({ untrustedBytes, ...meta }: LooseFile, { policy, bounds, ...ask }: LookAsk): Promise<LookResult> {
    if (this.#closed) return { kind: 'busy', why: 'closed' }
    const question = { meta: { ...meta, ...ask, purpose: 'look' }, octets: untrustedBytes, policy, bounds }
    return this.#rounds.lookAtFile(question, { ...this.#soon, alone: (ask.passwords ?? []).length > 0 })
  }

  async lockedNames({ untrustedBytes, ...meta }: LooseFile, { policy, bounds, within }: Pick<LooseRules, 'policy' | 'bounds' | 'within'>): Promise<readonly string[]> {
    if (this.#closed) return []
    return this.#rounds.namesIn({ meta: { ...meta, within, purpose: 'names' }, octets: untrustedBytes, policy, bounds }, { ...this.#soon, alone: false })
  }

  /** For questions at a screen. */
  get #soon(): { readonly withinMs: number; readonly mostMs: number } {
    return { withinMs: this.#options.startWithinMs, mostMs: this.#options.jobTimeoutMs }
  }

  async verify(group: Pick<ComposedGroup, 'message' | 'manifest'>): Promise<readonly string[] | undefined> {
    if (this.#closed) return undefined
    const end = await this.#rounds.verify({ groups: [{ ...group, id: '', report: NO_REPORT }] }, this.#options.startWithinMs)
    return end.kind === 'answer' ? end.value : undefined
  }

  #refusal(): WorkResult | undefined {
    if (this.#closed) return { kind: 'busy' }
    const reason = this.#health.sick
    return reason === undefined ? undefined : { kind: 'sick', reason }
  }

  status(): WorkshopStatus {
    const lanes = Object.entries(this.#lanes).map(([name, lane]) => ({
      name,
      processes: lane.peers.size,
      waiting: lane.waiting,
      inWork: lane.inWork,
    }))
    return { ready: this.ready, sick: this.#health.sick, launcher: this.#launcher.connected, lanes }
  }

  pids(): readonly number[] {
    return Object.values(this.#lanes).flatMap(lane => [...lane.peers].map(peer => peer.pid))
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#health.close()
    for (const lane of Object.values(this.#lanes)) lane.close()
    this.#launcher.close()
    await new Promise(resolve => this.#server.close(resolve))
  }

  // ---- connections -------------------------------------------------------------------------------------------

  /** Says nothing until the other side has said who it is: a child takes over this line unread. */
  #greet(socket: net.Socket): void {
    let heard: ((type: number, id: number, payload: Buffer) => void) | undefined
    const reader = new FrameReader((type, id, payload) => {
      if (heard) return heard(type, id, payload)
      clearTimeout(timer)
      heard = this.#welcome(socket, type, payload)
      if (!heard) socket.destroy()
    }, this.#options.mostFrameBytes)
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

  #welcome(
    socket: net.Socket,
    type: number,
    payload: Buffer,
  ): ((type: number, id: number, payload: Buffer) => void) | undefined {
    const hello = parseJson(payload) as Hello
    if (type !== FRAME.hello || hello.version !== PROTOCOL_VERSION || this.#closed) return undefined
    if (hello.role === 'launcher') return this.#welcomeLauncher(socket)
    const lane = this.#laneOf(hello.role, hello.lane)
    if (!lane) return undefined
    const peer = new Peer(socket, { ...hello, role: hello.role })
    socket.on('close', () => this.#gone(lane, peer))
    if (hello.role === 'verifier') peer.send(FRAME.allowedTypes, 0, json(this.#options.allowedTypes))
    lane.add(peer)
    return (frameType, id, framePayload) => lane.heard(peer, frameType, id, framePayload)
  }

  /** A new launcher brings its own processes; those of the one before are no longer watched by anybody. */
  #welcomeLauncher(socket: net.Socket): (type: number, id: number, payload: Buffer) => void {
    this.#retireAll()
    this.#launcher.connect(socket)
    socket.on('close', () => {
      if (this.#launcher.disconnected(socket) && !this.#closed) this.#retireAll()
    })
    return (type, _id, payload) => this.#launcher.heard(type, payload)
  }

  #retireAll(): void {
    for (const lane of Object.values(this.#lanes)) for (const peer of lane.peers) lane.retire(peer)
  }

  #gone(lane: Lane, peer: Peer): void {
    if (!MEANT.has(peer.ended ?? '') && !this.#told.has(peer)) this.#endings.set(peer.pid, peer)
    lane.gone(peer, peer.ended ?? ENDED)
    this.#tune(lane)
  }

  /** A wall that is killed is known to be gone before its inside has closed the line. */
  #died({ pid, cause, lastWords }: Died): void {
    const peer = this.#endings.get(pid) ?? this.#peerOf(pid)
    this.#endings.delete(pid)
    if (!peer || MEANT.has(peer.ended ?? '')) return
    this.#told.add(peer)
    this.#options.onDeath({ role: peer.role, lane: peer.lane, pid, cause: peer.ended ?? cause, lastWords })
    peer.end(ENDED)
  }

  #peerOf(pid: number): Peer | undefined {
    return Object.values(this.#lanes)
      .flatMap(lane => [...lane.peers])
      .find(peer => peer.pid === pid)
  }

  #swollen(pid: number): void {
    const peer = this.#peerOf(pid)
    if (peer) this.#replace(peer)
  }

  #replace(peer: Peer): void {
    peer.leaving = true
    this.#launcher.replace(peer.pid)
  }

  // ---- lanes -------------------------------------------------------------------------------------------------

  #makeLanes(): Lanes {
    const { heavyThreads, recycleAfterJobs, jobTimeoutMs, filesWithinMs } = this.#options
    const many = {
      jobsPerProcess: JOBS_PER_PROCESS,
      bytesPerProcess: BYTES_PER_PROCESS,
      recycleAfterJobs,
      timeoutMs: jobTimeoutMs,
      oneJob: false,
    }
    const single = { ...many, jobsPerProcess: 1, oneJob: true }
    return {
      light: this.#makeLane('light', many),
      heavy: this.#makeLane('heavy', { ...many, jobsPerProcess: heavyThreads, timeoutMs: filesWithinMs }),
      suspect: this.#makeLane('suspect', single),
      verifier: this.#makeLane('verifier', { ...many, recycleAfterJobs: recycleAfterJobs * 10 }),
      suspectVerifier: this.#makeLane('suspect verifier', single),
    }
  }

  #makeLane(name: string, rules: Omit<LaneOptions, 'name' | 'mostWaiting' | 'mostWaitingBytes'>): Lane {
    const { mostWaiting, mostWaitingBytes } = this.#options
    const lane: Lane = new Lane(
      { ...rules, name, mostWaiting, mostWaitingBytes },
      {
        replace: peer => this.#replace(peer),
        began: peer => this.#launcher.began(peer.pid),
        kill: (peer, cause) => {
          this.#launcher.kill(peer.pid)
          peer.end(cause)
        },
        wanting: () => this.#tune(lane),
      },
    )
    return lane
  }

  /** Suspect processes, and others where that is asked for, are started as they are needed, within a bound. */
  #tune(lane: Lane): void {
    const { suspects: { ready, most }, onDemand } = this.#options
    const needed = lane.waiting + lane.inWork
    if (onDemand && needed > 0) this.#demand(lane, needed, onDemand)
    if (lane === this.#lanes.suspect) this.#want('sanitizer', Math.min(most, Math.max(ready, needed)))
    if (lane === this.#lanes.suspectVerifier) this.#want('verifier', Math.min(1, needed))
  }

  /** What was started stays. A message that is read will be verified: both start at once. */
  #demand(lane: Lane, needed: number, most: NonNullable<WorkshopOptions['onDemand']>): void {
    const { light, heavy, verifier } = this.#lanes
    if (lane === light && most.light) this.#want('sanitizer', Math.min(most.light, Math.max(needed, light.peers.size)), 'light')
    if (lane === heavy && most.heavy) this.#want('sanitizer', Math.min(most.heavy, Math.max(needed, heavy.peers.size)), 'heavy')
    if ((lane === light || lane === verifier) && most.verifier) this.#want('verifier', most.verifier, 'light')
  }

  #want(role: WorkerRole, count: number, lane: LaneName = 'suspect'): void {
    this.#launcher.want({ role, lane, count })
  }

  #laneOf(role: WorkerRole, lane: LaneName): Lane | undefined {
    if (role === 'verifier') return lane === 'suspect' ? this.#lanes.suspectVerifier : this.#lanes.verifier
    return role === 'sanitizer' ? this.#lanes[lane] : undefined
  }
}
