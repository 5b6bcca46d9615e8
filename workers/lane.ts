/**
 * A lane: jobs of one kind, the processes that do them, and a bounded line between the two.
 *
 *   enqueue ──▶ [waiting, oldest first] ──▶ process with room ──▶ end frame │ process gone │ deadline
 *
 * A job that no process takes in time is late, which loses nothing. A job that a process has and does not answer
 * in time costs that process its life: whoever was in work there is told so, and decides what comes next.
 */
import type { LaneJob, Peer } from './peer.ts'

export type LaneOptions = {
  readonly name: string
  readonly mostWaiting: number
  readonly mostWaitingBytes: number
  /** What one process may have in work. The first job is taken whatever its size. */
  readonly jobsPerProcess: number
  readonly bytesPerProcess: number
  /** While a process is not behind with a job by so much, the next one is its too: two that take turns cost each other their caches. 0: whoever has least. */
  readonly promptMs: number
  /** More processes are wanted when the first job that waits, or the oldest of every process, is older. 0: as soon as a job waits. */
  readonly growMs: number
  /** Longest silence about one job while it is the process's turn. */
  readonly timeoutMs: number
  /** After so many jobs a process is replaced; with `oneJob` it ends after its first. */
  readonly recycleAfterJobs: number
  readonly oneJob: boolean
}

export type LaneHooks = {
  /** Ask for a successor of a worn process. */
  readonly replace: (peer: Peer) => void
  /** It has its first job. */
  readonly began: (peer: Peer) => void
  readonly kill: (peer: Peer, cause: string) => void
  /** More jobs than processes can take, or than they can do in time. */
  readonly wanting: () => void
}

type Waiting = { readonly job: LaneJob; readonly sinceMs: number; readonly untilMs: number }

const TICK_MS = 50
let lastId = 0

/** Ids are unique among what is in work at once, far beyond any bound here. */
function nextId(): number {
  lastId = (lastId % 0xffff_fffe) + 1
  return lastId
}

export class Lane {
  readonly options: LaneOptions
  readonly peers = new Set<Peer>()
  readonly #hooks: LaneHooks
  readonly #waiting: Waiting[] = []
  #waitingBytes = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: LaneOptions, hooks: LaneHooks) {
    this.options = options
    this.#hooks = hooks
  }

  get waiting(): number {
    return this.#waiting.length
  }

  get inWork(): number {
    let sum = 0
    for (const peer of this.peers) sum += peer.inWork.size
    return sum
  }

  get live(): boolean {
    for (const peer of this.peers) if (!peer.draining) return true
    return false
  }

  /** `urgent` goes to the head of the line and is never turned away. */
  enqueue(job: LaneJob, withinMs: number, urgent = false): void {
    const { mostWaiting, mostWaitingBytes } = this.options
    const full = this.#waiting.length >= mostWaiting || this.#waitingBytes + job.bytes > mostWaitingBytes
    if (full && !urgent) job.late()
    else this.#lineUp(job, withinMs, urgent)
  }

  #lineUp(job: LaneJob, withinMs: number, urgent: boolean): void {
    const sinceMs = Date.now()
    const entry = { job, sinceMs, untilMs: sinceMs + withinMs }
    if (urgent) this.#waiting.unshift(entry)
    else this.#waiting.push(entry)
    this.#waitingBytes += job.bytes
    this.#assign()
    if (this.#waiting.length > 0 && (this.options.growMs === 0 || this.peers.size === 0)) this.#hooks.wanting()
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref()
  }

  /** Takes a job out of the line or away from its process. */
  withdraw(job: LaneJob): void {
    const index = this.#waiting.findIndex(each => each.job === job)
    if (index >= 0) {
      this.#waiting.splice(index, 1)
      this.#waitingBytes -= job.bytes
    }
    for (const peer of this.peers) for (const id of peer.inWork.keys()) if (peer.inWork.get(id)?.job === job) this.#release(peer, id)
  }

  add(peer: Peer): void {
    this.peers.add(peer)
    const successorOf = [...this.peers].find(each => each.leaving && !each.draining)
    if (successorOf) this.retire(successorOf)
    this.#assign()
  }

  /** A frame from a process of this lane. A frame that no job expects ends the process. */
  heard(peer: Peer, type: number, id: number, payload: Buffer): void {
    const entry = peer.inWork.get(id)
    // Late words about a job that was withdrawn a moment ago are no offence.
    if (!entry) return
    entry.touchedMs = Date.now()
    try {
      if (entry.job.heard(type, payload)) this.#release(peer, id)
    } catch (error) {
      this.#hooks.kill(peer, `bad frame: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  gone(peer: Peer, cause: string): void {
    if (!this.peers.delete(peer)) return
    for (const id of [...peer.inWork.keys()]) peer.take(id)?.lost(cause)
  }

  /** No more work for it; it ends when it has none. */
  retire(peer: Peer): void {
    peer.draining = true
    if (peer.inWork.size === 0) peer.end('retired')
  }

  close(): void {
    clearInterval(this.#timer)
    for (const { job } of this.#waiting.splice(0)) job.late()
    for (const peer of this.peers) peer.end('closed')
  }

  #release(peer: Peer, id: number): void {
    if (!peer.take(id)) return
    if (this.options.oneJob || peer.draining) this.retire(peer)
    else if (!peer.leaving && (peer.jobsBegun >= this.options.recycleAfterJobs || peer.worn)) this.#hooks.replace(peer)
    this.#assign()
  }

  #assign(): void {
    const nowMs = Date.now()
    while (this.#waiting.length > 0) {
      const peer = this.#taker(this.#waiting[0]!.job.bytes, nowMs)
      if (!peer) return
      const { job } = this.#waiting.shift()!
      this.#waitingBytes -= job.bytes
      if (peer.jobsBegun === 0) this.#hooks.began(peer)
      peer.give(nextId(), job, nowMs)
    }
  }

  /** The first that is prompt, or who has least. */
  #taker(bytes: number, nowMs: number): Peer | undefined {
    const { jobsPerProcess, bytesPerProcess, oneJob } = this.options
    let best: Peer | undefined
    for (const peer of this.peers) {
      if (peer.draining || peer.inWork.size >= jobsPerProcess || (oneJob && peer.jobsBegun > 0)) continue
      if (peer.inWork.size > 0 && peer.bytesInWork + bytes > bytesPerProcess) continue
      if (isPrompt(peer, this.options.promptMs, nowMs)) return peer
      if (!best || peer.inWork.size < best.inWork.size) best = peer
    }
    return best
  }

  #tick(): void {
    const nowMs = Date.now()
    for (const { job } of this.#waiting.filter(each => each.untilMs <= nowMs)) {
      this.withdraw(job)
      job.late()
    }
    for (const peer of this.peers) if (this.#overdue(peer, nowMs)) this.#hooks.kill(peer, 'deadline')
    if (this.#isBehind(nowMs)) this.#hooks.wanting()
    if (this.#waiting.length > 0 || this.inWork > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #isBehind(nowMs: number): boolean {
    const { growMs } = this.options
    if (growMs === 0) return false
    const longWait = this.#waiting.some(({ sinceMs }) => nowMs - sinceMs > growMs)
    return longWait || ![...this.peers].some(peer => !peer.draining && isPrompt(peer, growMs, nowMs))
  }

  #overdue(peer: Peer, nowMs: number): boolean {
    for (const { job, touchedMs } of peer.inWork.values()) {
      if (!job.waiting && nowMs - touchedMs > Math.min(this.options.timeoutMs, job.mostMs ?? Number.POSITIVE_INFINITY)) return true
    }
    return false
  }
}

/** By its oldest job that waits for nobody else: jobs stand in the order in which they were given. */
function isPrompt(peer: Peer, withinMs: number, nowMs: number): boolean {
  for (const { job, touchedMs } of peer.inWork.values()) if (!job.waiting) return nowMs - touchedMs < withinMs
  return withinMs > 0
}
