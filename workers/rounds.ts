/**
 * Single steps that the ladder is made of: run a message in a lane, have a result verified, rebuild a file.
 * Each ends in a JobEnd and never rejects.
 */
import type { ComposedGroup, SanitizeJob, SanitizeResult } from '../core/job.ts'
import { Attempt } from './attempt.ts'
import type { LookResult, LooseResult, OfficeWorkshop, Replay } from './contract.ts'
import type { Lane } from './lane.ts'
import { type JobEnd, type Peer, SingleJob } from './peer.ts'
import { PicturePages } from './picture-pages.ts'
import { FRAME, packet, parseJson } from './protocol.ts'
import type { Answering, FileAnswer, FileQuestion } from './questions.ts'
import { readJudged, readLook, readMismatches, readNames, readRebuilt } from './untrusted-result.ts'

export type Lanes = {
  readonly light: Lane
  readonly heavy: Lane
  readonly suspect: Lane
  readonly verifier: Lane
  readonly suspectVerifier: Lane
}

/** The octets of one message, as often as they are needed. */
export type Source = { readonly bytes: number; readonly read: Replay }

export function sourceOf(octets: Uint8Array): Source {
  return {
    bytes: octets.length,
    read: async function* () {
      yield octets
    },
  }
}

/** How long the steps of one message may still take. */
export type Budget = { readonly untilMs: number }

export function remainingMs({ untilMs }: Budget): number {
  return Math.max(0, untilMs - Date.now())
}

const BUSY: Extract<LooseResult, { kind: 'busy' }> = { kind: 'busy', why: 'no sanitizer process was free in time' }

type FileRules<T> = { readonly withinMs: number; readonly mostMs?: number; readonly read: (payload: Buffer) => T }
type LookRules = { readonly withinMs: number; readonly mostMs: number; readonly alone: boolean }
export type RoundsRules = Omit<Answering, 'rebuildFile'> & { readonly allowedTypes: readonly string[]; readonly office?: OfficeWorkshop | undefined }

export class Rounds {
  readonly #lanes: Lanes
  readonly #answering: Answering
  readonly #allowedTypes: ReadonlySet<string>
  readonly #pages: PicturePages | undefined

  constructor(lanes: Lanes, rules: RoundsRules) {
    this.#lanes = lanes
    this.#allowedTypes = new Set(rules.allowedTypes)
    this.#answering = { ...rules, rebuildFile: (question, withinMs) => this.rebuildFile(question, withinMs) }
    this.#pages = rules.office && new PicturePages(rules.office, question => this.#rebuildOnce(question))
  }

  whole(job: SanitizeJob, octets: Uint8Array, withinMs: number): Promise<JobEnd<SanitizeResult>> {
    const attempt = new Attempt(job, { kind: 'whole', octets }, this.#answering)
    this.#lanes.light.enqueue(attempt, withinMs)
    return attempt.ended
  }

  stream(job: SanitizeJob, withinMs: number): Attempt {
    const attempt = new Attempt(job, { kind: 'stream' }, this.#answering)
    this.#lanes.light.enqueue(attempt, withinMs)
    return attempt
  }

  /** Takes a streamed attempt out of its lane. */
  withdraw(attempt: Attempt): void {
    attempt.abort()
    this.#lanes.light.withdraw(attempt)
  }

  /** In a process of its own, that does nothing else and ends afterwards. */
  async alone(
    job: SanitizeJob,
    source: Source,
    rules: { readonly withinMs: number; readonly urgent?: boolean },
  ): Promise<JobEnd<SanitizeResult>> {
    const attempt = new Attempt(job, { kind: 'stream' }, this.#answering)
    this.#lanes.suspect.enqueue(attempt, rules.withinMs, rules.urgent)
    try {
      for await (const chunk of source.read()) {
        if (attempt.over) break
        await attempt.write(chunk)
      }
      attempt.finish()
    } catch (error) {
      attempt.abort()
      this.#lanes.suspect.withdraw(attempt)
      return { kind: 'unreadable', cause: error instanceof Error ? error.message : String(error) }
    }
    return attempt.ended
  }

  /** Differences in any group, [] when every message is what was meant. A group without octets leaves nothing to verify. */
  async verify(result: Pick<SanitizeResult, 'groups'>, withinMs: number): Promise<JobEnd<string[]>> {
    const ends = await Promise.all(
      result.groups.filter(group => group.message.length > 0).map(group => this.#verifyGroup(group, withinMs)),
    )
    const different: string[] = []
    for (const end of ends) {
      if (end.kind !== 'answer') return end
      different.push(...end.value)
    }
    return { kind: 'answer', value: different }
  }

  /** A verifier that dies is asked once more, alone; dying again is a difference. */
  async #verifyGroup(group: ComposedGroup, withinMs: number): Promise<JobEnd<string[]>> {
    const first = await this.#verifyIn(this.#lanes.verifier, group, withinMs)
    if (first.kind !== 'died') return first
    const second = await this.#verifyIn(this.#lanes.suspectVerifier, group, withinMs)
    return second.kind === 'died' ? { kind: 'answer', value: [`verifier died: ${second.cause}`] } : second
  }

  #verifyIn(lane: Lane, { manifest, message }: ComposedGroup, withinMs: number): Promise<JobEnd<string[]>> {
    const ask = () => ({ type: FRAME.verify, parts: packet(manifest, message) })
    const job = new SingleJob({ bytes: message.length, ask }, { type: FRAME.verified, read: payload => readMismatches(parseJson(payload)) })
    lane.enqueue(job, withinMs)
    return job.ended
  }

  /** Of old Office files with pictures of their pages, where there is time for them. */
  async rebuildFile(question: FileQuestion, withinMs: number): Promise<FileAnswer> {
    const untilMs = Date.now() + withinMs
    const answer = await this.#rebuildOnce(question)
    if (answer.kind === 'pending' || !this.#pages || question.meta['mode'] !== 'disarm') return answer
    return this.#pages.add(answer, { ...question, detectedType: String(question.meta['detectedType']) }, remainingMs({ untilMs }))
  }

  /** Full or late: pending. Dying with others: again alone; dying there: not to be rebuilt. */
  async #rebuildOnce(question: FileQuestion): Promise<FileAnswer> {
    const first = await this.#fileIn(this.#lanes.heavy, question)
    if (first.kind === 'answer') return first.value
    if (first.kind === 'late' || (first.kind === 'died' && first.cause === 'deadline')) return { kind: 'pending' }
    const second = await this.#fileIn(this.#lanes.suspect, question)
    if (second.kind === 'answer') return second.value
    return second.kind === 'late' ? { kind: 'pending' } : { kind: 'kept', reason: 'cannot-disarm', members: [] }
  }

  /** The same for a file that nobody has looked at. Dying twice or too late is its own fault; waiting is not. */
  async judgeFile(question: FileQuestion, rules: { readonly withinMs: number; readonly alone: boolean }): Promise<LooseResult> {
    const result = await this.#judgeOnce(question, rules)
    if (result.kind !== 'judged' || !this.#pages) return result
    return { kind: 'judged', file: await this.#pages.addTo(result.file, question, this.#answering.filesWithinMs) }
  }

  async #judgeOnce(question: FileQuestion, { withinMs, alone }: { readonly withinMs: number; readonly alone: boolean }): Promise<LooseResult> {
    const read = (payload: Buffer) => readJudged(payload, this.#allowedTypes)
    for (const lane of [this.#laneFor({ alone }), this.#lanes.suspect]) {
      const end = await this.#ask(lane, question, { withinMs, read })
      if (end.kind === 'answer') return { kind: 'judged', file: end.value }
      if (end.kind !== 'died') return BUSY
      if (end.cause === 'deadline') return { kind: 'kept', reason: 'time-limit' }
    }
    return { kind: 'kept', reason: 'cannot-disarm' }
  }

  /** Somebody waits for it: a short limit. With a password in a process of its own. Dying of it is its own fault. */
  async lookAtFile(question: FileQuestion, rules: LookRules): Promise<LookResult> {
    const end = await this.#ask(this.#laneFor(rules), question, { ...rules, read: readLook })
    if (end.kind === 'answer') return end.value
    if (end.kind !== 'died') return BUSY
    return { kind: 'kept', reason: end.cause === 'deadline' ? 'time-limit' : 'cannot-disarm' }
  }

  async namesIn(question: FileQuestion, rules: LookRules): Promise<readonly string[]> {
    const end = await this.#ask(this.#laneFor(rules), question, { ...rules, read: readNames })
    return end.kind === 'answer' ? end.value : []
  }

  #laneFor({ alone }: Pick<LookRules, 'alone'>): Lane {
    return alone ? this.#lanes.suspect : this.#lanes.heavy
  }

  #fileIn(lane: Lane, question: FileQuestion): Promise<JobEnd<FileAnswer>> {
    return this.#ask<FileAnswer>(lane, question, { withinMs: this.#answering.filesWithinMs, read: readRebuilt })
  }

  #ask<T>(lane: Lane, { meta, octets, policy, bounds }: FileQuestion, rules: FileRules<T>): Promise<JobEnd<T>> {
    const ask = (peer: Peer) => ({ type: FRAME.file, parts: packet({ ...meta, policy: peer.numberOf(policy), bounds }, octets) })
    const job = new SingleJob<T>({ bytes: octets.length, ask, ...(rules.mostMs === undefined ? {} : { mostMs: rules.mostMs }) }, { type: FRAME.fileResult, read: rules.read })
    lane.enqueue(job, rules.withinMs)
    return job.ended
  }
}
