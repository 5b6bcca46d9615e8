/**
 * One run of one message in one sanitizer process: whole when it is small, else piece by piece in a window.
 *
 *   write ──▶ [window of 1 MiB] ──▶ process ──▶ thread ──▶ credit ──▶ room for more
 *
 * The octets stay the caller's: an attempt that dies leaves nothing behind, the ladder starts another.
 */
import { boundsOf, type SanitizeJob, type SanitizeResult } from '../core/job.ts'
import { describeJob, packFile } from './message-codec.ts'
import type { JobEnd, LaneJob, Peer } from './peer.ts'
import { CHUNK_BYTES, FRAME, json, packet, parseJson, parsePacket, ProtocolError, WINDOW_BYTES } from './protocol.ts'
import { type Answering, type FileQuestion, Questions } from './questions.ts'
import { readResult } from './untrusted-result.ts'

/** A message up to this size goes as one frame and is kept by the gateway until it has its result. */
export const WHOLE_BYTES = 256 * 1024
/** A thread owes credit for what it was sent beyond this. */
const OWED_BYTES = WINDOW_BYTES / 4

type Input = { readonly kind: 'whole'; readonly octets: Uint8Array } | { readonly kind: 'stream' }

export class Attempt implements LaneJob {
  readonly bytes: number
  readonly ended: Promise<JobEnd<SanitizeResult>>
  readonly #job: SanitizeJob
  readonly #input: Input
  readonly #questions: Questions
  #settle: (end: JobEnd<SanitizeResult>) => void = () => {}
  #over = false
  #peer: Peer | undefined
  #id = 0
  #backlog: Uint8Array[] = []
  #allWritten = false
  #outstanding = 0
  #room: PromiseWithResolvers<void> | undefined
  #openQuestions = 0

  constructor(job: SanitizeJob, input: Input, answering: Answering) {
    this.#job = job
    this.#input = input
    this.#questions = new Questions(job.queueId, answering)
    this.bytes = input.kind === 'whole' ? input.octets.length : OWED_BYTES
    this.ended = new Promise(resolve => (this.#settle = resolve))
  }

  get over(): boolean {
    return this.#over
  }

  get waiting(): boolean {
    if (this.#openQuestions > 0) return true
    return this.#input.kind === 'stream' && !this.#allWritten && this.#outstanding <= OWED_BYTES
  }

  begin(peer: Peer, id: number): void {
    this.#peer = peer
    this.#id = id
    const description = describeJob(this.#job, policy => peer.numberOf(policy))
    if (this.#input.kind === 'whole') peer.send(FRAME.whole, id, ...packet(description, this.#input.octets))
    else this.#open(peer, description)
  }

  #open(peer: Peer, description: unknown): void {
    peer.send(FRAME.open, this.#id, json(description))
    for (const piece of this.#backlog.splice(0)) peer.send(FRAME.data, this.#id, piece)
    if (this.#allWritten) peer.send(FRAME.end, this.#id)
  }

  /** Resolves when there is room for more. After the end of the attempt it takes and forgets. */
  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; at += CHUNK_BYTES) {
      if (this.#over) return
      const piece = chunk.subarray(at, at + CHUNK_BYTES)
      this.#outstanding += piece.length
      if (this.#peer) this.#peer.send(FRAME.data, this.#id, piece)
      else this.#backlog.push(piece)
      if (this.#outstanding >= WINDOW_BYTES) await (this.#room ??= Promise.withResolvers()).promise
    }
  }

  finish(): void {
    this.#allWritten = true
    if (!this.#over) this.#peer?.send(FRAME.end, this.#id)
  }

  /** The caller also withdraws it from its lane. */
  abort(): void {
    if (this.#over) return
    this.#peer?.send(FRAME.abort, this.#id)
    this.#finish({ kind: 'aborted' })
  }

  heard(type: number, payload: Buffer): boolean {
    if (type === FRAME.result) this.#finish({ kind: 'answer', value: readResult(payload, this.#job) })
    else if (type === FRAME.failed) this.#finish({ kind: 'died', cause: `exception: ${printable(payload)}` })
    else if (type === FRAME.credit) this.#credit(payload)
    else if (type === FRAME.txtQuestion) this.#askTxt(parseJson(payload) as Record<string, unknown>)
    else if (type === FRAME.fileQuestion) this.#askFile(payload)
    else throw new ProtocolError(`frame type ${type}`)
    return this.#over
  }

  lost(cause: string): void {
    this.#finish({ kind: 'died', cause })
  }

  late(): void {
    this.#finish({ kind: 'late' })
  }

  #finish(end: JobEnd<SanitizeResult>): void {
    this.#over = true
    this.#backlog = []
    this.#room?.resolve()
    this.#settle(end)
  }

  #credit(payload: Buffer): void {
    const { bytes } = parseJson(payload) as { bytes: unknown }
    if (typeof bytes !== 'number' || !(bytes >= 0 && bytes <= this.#outstanding))
      throw new ProtocolError('credit beyond what was sent')
    this.#outstanding -= bytes
    if (this.#outstanding >= WINDOW_BYTES) return
    this.#room?.resolve()
    this.#room = undefined
  }

  async #askTxt({ question, name }: Record<string, unknown>): Promise<void> {
    this.#openQuestions++
    const answer = await this.#questions.txt(name)
    this.#openQuestions--
    if (!this.#over) this.#peer?.send(FRAME.txtAnswer, this.#id, ...packet({ question, ...answer }))
  }

  #askFile(payload: Buffer): void {
    const { meta: said, octets } = parsePacket(payload)
    const { question, group, ...meta } = said as Record<string, unknown>
    // The policy is the gateway's own: the asking process only says for which group.
    const policy = this.#job.groups.find(({ id }) => id === group)?.policy
    if (!policy) throw new ProtocolError('file for an unknown group')
    this.#answerFile(question, { meta, octets, policy, bounds: boundsOf(this.#job.limits) })
  }

  async #answerFile(question: unknown, file: FileQuestion): Promise<void> {
    this.#openQuestions++
    const answer = await this.#questions.file(file)
    this.#openQuestions--
    if (!this.#over) this.#peer?.send(FRAME.fileAnswer, this.#id, ...packFile({ question }, answer))
  }
}

/** For the operator's log: one line, visible characters only, short. */
function printable(untrustedPayload: Buffer): string {
  const { error } = parseJson(untrustedPayload) as { error?: unknown }
  return String(error)
    .slice(0, 300)
    .replace(/[^\x20-\x7e]/g, '?')
}
