/**
 * The workshop as the gateway holds it: a socket that worker processes connect to, lanes, ladder, one call.
 *
 *   wing ── sanitize │ begin ──▶ light lane ──▶ verifier ──▶ done
 *                                  └─ died ──▶ ladder (suspect lane, notice) ──▶ done │ sick │ busy
 *
 * Nothing is started here: the launcher does that, and reaches us by the same socket. Whatever the processes do,
 * every call ends in a WorkResult.
 */
import { availableParallelism } from 'node:os'
import type { ComposedGroup, SanitizeJob } from '../core/job.ts'
import type { LooseFile } from '../core/rebuild.ts'
import type { Report } from '../core/verdict.ts'
import { WHOLE_BYTES } from './attempt.ts'
import type { FileWorkshop, LookAsk, LookResult, LookWorkshop, LooseResult, LooseRules, NoticeWorkshop, OfficeWorkshop, Replay, TxtLookup, VerifyWorkshop, WorkInProgress, WorkResult, Workshop } from './contract.ts'
import { Health } from './health.ts'
import { type ComposeNotice, Ladder, type NoticeFacts } from './ladder.ts'
import { Lane, type LaneOptions } from './lane.ts'
import { FRAME, json, type LaneName, type WorkerRole } from './protocol.ts'
import { Reception, type WorkerDeath } from './reception.ts'
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
  /** Draws the pages of old Office files; without it they are words only. It is opened and closed by whoever gives it. */
  readonly office?: OfficeWorkshop | undefined
  /** Suspect processes: how many stand ready, and how many there may be. */
  readonly suspects: { readonly ready: number; readonly most: number }
  /** Most processes of the lanes that grow when something waits, or is behind; lanes without a number the launcher keeps. */
  readonly onDemand?: { readonly light?: number; readonly heavy?: number; readonly verifier?: number }
  readonly canaryRetryMs: number
  /** Largest frame that a worker process may send: its largest composed message and report. */
  readonly mostFrameBytes: number
  readonly onAlarm: (text: string) => void
  readonly onDeath: (death: WorkerDeath) => void
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
  recycleAfterJobs: 200_000,
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
/** Some dozens of small mails; where there are cores for all, a free process is worth more than a warm one. */
const PROMPT_MS = availableParallelism() > 2 ? 10 : 40
/** A light process that is behind by so much has too much to do, or hangs: another one is started beside it. */
const LIGHT_GROW_MS = 500
const BYTES_PER_PROCESS = 16 * 2 ** 20

/** Resolves when the socket listens; processes join as the launcher starts them. */
export async function openWorkshop(options: WorkshopOptions): Promise<OpenWorkshop> {
  const workshop = new ListeningWorkshop(options)
  await workshop.listen()
  return workshop
}

class ListeningWorkshop implements OpenWorkshop {
  readonly #options: WorkshopOptions
  readonly #reception: Reception
  readonly #lanes: Lanes
  readonly #rounds: Rounds
  readonly #health: Health
  readonly #ladder: Ladder
  #closed = false

  constructor(options: WorkshopOptions) {
    this.#options = options
    this.#reception = new Reception({
      socketPath: options.socketPath,
      mostFrameBytes: options.mostFrameBytes,
      lanes: () => Object.values(this.#lanes),
      laneOf: (role, lane) => this.#laneOf(role, lane),
      onJoined: peer => {
        if (peer.role === 'verifier') peer.send(FRAME.allowedTypes, 0, json(options.allowedTypes))
      },
      onLeft: lane => this.#tune(lane),
      onDeath: options.onDeath,
    })
    this.#lanes = this.#makeLanes()
    this.#rounds = new Rounds(this.#lanes, options)
    this.#health = new Health(this.#rounds, {
      canaryWithinMs: options.startWithinMs,
      retryMs: options.canaryRetryMs,
      onAlarm: options.onAlarm,
    })
    this.#ladder = new Ladder(this.#rounds, this.#health, options)
  }

  listen(): Promise<void> {
    return this.#reception.listen()
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

  async rebuild({ untrustedBytes, ...meta }: LooseFile, { policy, bounds, passwords, lockAgain, within, alone = false }: LooseRules): Promise<LooseResult> {
    if (this.#closed) return { kind: 'busy', why: 'closed' }
    const question = { meta: { ...meta, passwords, lockAgain, within }, octets: untrustedBytes, policy, bounds }
    return this.#rounds.judgeFile(question, { withinMs: this.#options.startWithinMs, alone })
  }

  async look({ untrustedBytes, ...meta }: LooseFile, { policy, bounds, alone = false, ...ask }: LookAsk): Promise<LookResult> {
    if (this.#closed) return { kind: 'busy', why: 'closed' }
    const question = { meta: { ...meta, ...ask, purpose: 'look' }, octets: untrustedBytes, policy, bounds }
    return this.#rounds.lookAtFile(question, { ...this.#soon, alone: alone || (ask.passwords ?? []).length > 0 })
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
    return { ready: this.ready, sick: this.#health.sick, launcher: this.#reception.launcher.connected, lanes }
  }

  pids(): readonly number[] {
    return Object.values(this.#lanes).flatMap(lane => [...lane.peers].map(peer => peer.pid))
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#health.close()
    await this.#reception.close()
  }

  // ---- lanes -------------------------------------------------------------------------------------------------

  #makeLanes(): Lanes {
    const { heavyThreads, recycleAfterJobs, jobTimeoutMs, filesWithinMs } = this.#options
    const many = {
      jobsPerProcess: JOBS_PER_PROCESS,
      promptMs: PROMPT_MS,
      growMs: 0,
      bytesPerProcess: BYTES_PER_PROCESS,
      recycleAfterJobs,
      timeoutMs: jobTimeoutMs,
      oneJob: false,
    }
    const single = { ...many, jobsPerProcess: 1, oneJob: true }
    return {
      light: this.#makeLane('light', { ...many, growMs: LIGHT_GROW_MS }),
      heavy: this.#makeLane('heavy', { ...many, promptMs: 0, jobsPerProcess: heavyThreads, timeoutMs: filesWithinMs }),
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
        replace: peer => this.#reception.replace(peer),
        began: peer => this.#reception.launcher.began(peer.pid),
        kill: (peer, cause) => this.#reception.kill(peer, cause),
        wanting: () => this.#tune(lane),
      },
    )
    return lane
  }

  /** Processes are started as they are needed, within a bound. */
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
    if (lane === light && most.light) this.#want('sanitizer', Math.min(most.light, light.peers.size + 1), 'light')
    if (lane === heavy && most.heavy) this.#want('sanitizer', Math.min(most.heavy, Math.max(needed, heavy.peers.size)), 'heavy')
    if ((lane === light || lane === verifier) && most.verifier) this.#want('verifier', most.verifier, 'light')
  }

  #want(role: WorkerRole, count: number, lane: LaneName = 'suspect'): void {
    this.#reception.launcher.want({ role, lane, count })
  }

  #laneOf(role: WorkerRole, lane: LaneName): Lane | undefined {
    if (role === 'verifier') return lane === 'suspect' ? this.#lanes.suspectVerifier : this.#lanes.verifier
    return role === 'sanitizer' && lane !== 'office' ? this.#lanes[lane] : undefined
  }
}
