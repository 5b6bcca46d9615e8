/**
 * One connected worker process, as the gateway sees it: what it is, what it has in work, how to reach it.
 *
 * A frame of an unexpected shape is the mark of a process that no longer does what we wrote: it is ended, and what
 * it had in work runs again elsewhere.
 */
import type { Socket } from 'node:net'
import type { Policy } from '../core/policy/model.ts'
import { UnderWay } from '../core/under-way.ts'
import {
  FRAME,
  type FrameType,
  FrameWriter,
  type Hello,
  json,
  type LaneName,
  ProtocolError,
  type WorkerRole,
} from './protocol.ts'

/** One piece of work for one process. Each of `lost`, `late` and its own end frame comes at most once. */
export interface LaneJob {
  readonly bytes: number
  /** Longest silence about it, where that is less than its lane's. */
  readonly mostMs?: number
  /** A process has taken it: send it now. */
  begin(peer: Peer, id: number): void
  /** Whether the next step is somebody else's (sender, resolver, another lane): no deadline runs. */
  readonly waiting: boolean
  /** True when this frame ended the job. Throws when the frame is not what an honest process sends. */
  heard(type: number, payload: Buffer): boolean
  /** The process ended first. */
  lost(cause: string): void
  /** No process was free in time, or too many waited already. */
  late(): void
}

/** Cause of death of a process that nobody here ended. */
export const ENDED = 'process ended'

/** How a job in a lane ends. */
export type JobEnd<T> =
  | { readonly kind: 'answer'; readonly value: T }
  /** The process died of it, or of something beside it; or the job failed by an exception. */
  | { readonly kind: 'died'; readonly cause: string }
  | { readonly kind: 'late' }
  | { readonly kind: 'aborted' }
  /** The octets could not be read again: nothing was learned about the message. */
  | { readonly kind: 'unreadable'; readonly cause: string }

type Ask = { readonly bytes: number; readonly mostMs?: number; readonly ask: (peer: Peer) => { readonly type: FrameType; readonly parts: readonly Uint8Array[] } }
type Answer<T> = { readonly type: FrameType; readonly read: (payload: Buffer) => T }

/** A job of one question and one answer. */
export class SingleJob<T> implements LaneJob {
  readonly bytes: number
  readonly mostMs: number
  readonly waiting = false
  readonly ended: Promise<JobEnd<T>>
  readonly #ask: Ask
  readonly #answer: Answer<T>
  #settle: (end: JobEnd<T>) => void = () => {}

  constructor(ask: Ask, answer: Answer<T>) {
    this.#ask = ask
    this.#answer = answer
    this.bytes = ask.bytes
    this.mostMs = ask.mostMs ?? Number.POSITIVE_INFINITY
    this.ended = new Promise(resolve => (this.#settle = resolve))
  }

  begin(peer: Peer, id: number): void {
    const { type, parts } = this.#ask.ask(peer)
    peer.send(type, id, ...parts)
  }

  heard(type: number, payload: Buffer): boolean {
    if (type !== this.#answer.type) throw new ProtocolError(`frame type ${type}`)
    this.#settle({ kind: 'answer', value: this.#answer.read(payload) })
    return true
  }

  lost(cause: string): void {
    this.#settle({ kind: 'died', cause })
  }

  late(): void {
    this.#settle({ kind: 'late' })
  }
}

type InWork = { readonly job: LaneJob; touchedMs: number }

/** A process gets a new number for each policy it has not seen; with too many it is replaced. */
const MOST_POLICIES = 64

export class Peer {
  readonly role: WorkerRole
  readonly lane: LaneName
  readonly pid: number
  readonly inWork = new UnderWay<number, InWork>()
  /** Takes no new work; ends when idle. */
  draining = false
  /** A successor was asked for; until it is here this one goes on. */
  leaving = false
  bytesInWork = 0
  jobsBegun = 0
  readonly #socket: Socket
  readonly #writer: FrameWriter
  readonly #policies = new Map<Policy, number>()
  #ended: string | undefined

  constructor(socket: Socket, hello: Hello & { role: WorkerRole }) {
    this.#socket = socket
    this.#writer = new FrameWriter(socket)
    this.role = hello.role
    this.lane = hello.lane
    this.pid = hello.pid
  }

  give(id: number, job: LaneJob, nowMs: number): void {
    this.inWork.set(id, { job, touchedMs: nowMs })
    this.bytesInWork += job.bytes
    this.jobsBegun++
    job.begin(this, id)
  }

  /** The job is over for this process, however it ended. */
  take(id: number): LaneJob | undefined {
    const entry = this.inWork.take(id)
    if (!entry) return undefined
    this.bytesInWork -= entry.job.bytes
    return entry.job
  }

  send(type: FrameType, id: number, ...parts: readonly Uint8Array[]): void {
    const entry = this.inWork.get(id)
    if (entry) entry.touchedMs = Date.now()
    if (this.#ended === undefined) this.#writer.send(type, id, ...parts)
  }

  /** Number of this policy in this process; sends it first when it is new there. */
  numberOf(policy: Policy): number {
    const known = this.#policies.get(policy)
    if (known !== undefined) return known
    const number = this.#policies.size + 1
    this.#policies.set(policy, number)
    this.#writer.send(FRAME.policy, number, json(policy))
    return number
  }

  get worn(): boolean {
    return this.#policies.size > MOST_POLICIES
  }

  /** Why it was ended by us, if it was. */
  get ended(): string | undefined {
    return this.#ended
  }

  end(cause: string): void {
    this.#ended ??= cause
    this.#socket.destroy()
  }
}
