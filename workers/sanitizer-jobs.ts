/**
 * Where hostile octets are parsed: messages and files in work, fed by frames from the gateway and answering by frames.
 *
 *   frames ──▶ [SanitizerJobs] ── core/sanitize.ts, core/rebuild.ts ──▶ result │ failed │ credit │ question
 *
 * Host is the main thread of a light process or a pool thread of a heavy one; both have taken their capabilities
 * away before the first frame. Small messages wait for each other: the next begins when the one before is done or
 * waits for an answer. A frame that is none of ours throws, and the host ends the process.
 */
import { pathToFileURL } from 'node:url'
import type { DisarmerTable } from '../core/disarm/registry.ts'
import { memberAt } from '../core/member-path.ts'
import type { Policy } from '../core/policy/model.ts'
import type { HandsOut } from '../core/preview-ways.ts'
import type { lockAgain } from '../core/lock-again.ts'
import { type FileBounds, type FileTask, type JudgedFile, judgeFile, type LooseFile, rebuildFile } from '../core/rebuild.ts'
import type { beginSanitize, Sanitizing, SanitizeTools } from '../core/sanitize.ts'
import { UnderWay } from '../core/under-way.ts'
import type { unlockerOf } from '../core/unlock.ts'
import { deprive } from './deprive.ts'
import { decodeJob, decodePolicy, encodeResult, packFile, packLook, unpackFile } from './message-codec.ts'
import { FRAME, type FrameType, json, packet, parseJson, parsePacket, ProtocolError, WINDOW_BYTES } from './protocol.ts'

/** What a host loads, by path. */
export type SanitizerModules = {
  readonly sanitizer: string
  readonly disarmers: string
  /** Whether files are rebuilt here: then all their code is loaded at once, native code included. */
  readonly heavy: boolean
  /** Whether somebody waits at a screen for what is done here first: a page is drawn before anybody asks. */
  readonly warm: boolean
}
export type SanitizerCode = {
  readonly beginSanitize: typeof beginSanitize
  readonly disarmers: DisarmerTable
  /** Only where files are rebuilt. */
  readonly unlockerOf: typeof unlockerOf | undefined
  readonly lockAgain: typeof lockAgain | undefined
  readonly preview: typeof import('../core/preview.ts') | undefined
}
export type Say = (type: FrameType, id: number, ...parts: readonly Uint8Array[]) => void

type FileMeta = {
  readonly policy: number
  readonly bounds: FileBounds
  readonly passwords?: readonly string[]
  /** Whether what comes out is locked with the password that fitted. */
  readonly lockAgain?: boolean
  /** Digests on the way to a file inside the file. */
  readonly within?: readonly string[]
  /** What is wanted instead of a rebuilt file. */
  readonly purpose?: 'look' | 'names'
  readonly page?: number
  readonly mark?: string
  readonly handsOut?: HandsOut
}
type Waiting = { readonly resolve: (value: never) => void; readonly reject: (error: Error) => void }

const CREDIT_AT_BYTES = WINDOW_BYTES / 4

/** Loads the code and takes the means away. Once per thread or process. */
export async function loadSanitizer(modules: SanitizerModules): Promise<SanitizerCode> {
  const sanitizer = await import(pathToFileURL(modules.sanitizer).href)
  const registry = await import(pathToFileURL(modules.disarmers).href)
  if (modules.heavy) await registry.preloadHeavy()
  const unlocking = modules.heavy ? await import('../core/unlock.ts') : undefined
  const locking = modules.heavy ? await import('../core/lock-again.ts') : undefined
  const preview = modules.heavy ? await registry.loadPreview?.() : undefined
  deprive()
  if (modules.warm) await preview?.warmUp()
  return { beginSanitize: sanitizer.beginSanitize, disarmers: registry.DISARMERS, unlockerOf: unlocking?.unlockerOf, lockAgain: locking?.lockAgain, preview }
}

export class SanitizerJobs {
  readonly #code: SanitizerCode
  readonly #say: Say
  readonly #policies = new Map<number, Policy>()
  readonly #jobs = new UnderWay<number, MessageJob>()
  readonly #queue: { readonly id: number; readonly payload: Uint8Array }[] = []
  #running = false

  constructor(code: SanitizerCode, say: Say) {
    this.#code = code
    this.#say = say
  }

  /** Any frame of the gateway but a file. Late words about a job that is over are no offence. */
  hear(type: number, id: number, payload: Uint8Array): void {
    if (type === FRAME.whole) this.#whole(id, payload)
    else if (type === FRAME.open) this.#begin(id, parseJson(payload))
    else if (type === FRAME.policy) this.#policies.set(id, decodePolicy(payload))
    else if (type === FRAME.data) this.#jobs.get(id)?.take(payload)
    else if (type === FRAME.end) this.#jobs.get(id)?.end()
    else if (type === FRAME.abort) this.#jobs.get(id)?.leave()
    else if (type === FRAME.txtAnswer) this.#jobs.get(id)?.answered('txt', payload)
    else if (type === FRAME.fileAnswer) this.#jobs.get(id)?.answered('file', payload)
    else throw new ProtocolError(`frame type ${type}`)
  }

  /** A small message. `payload` must stay as it is until its turn has come. */
  #whole(id: number, payload: Uint8Array): void {
    this.#queue.push({ id, payload })
    if (!this.#running) void this.#runQueue()
  }

  async #runQueue(): Promise<void> {
    this.#running = true
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      const { meta, octets } = parsePacket(next.payload)
      const job = this.#begin(next.id, meta)
      job.write(octets)
      job.end()
      await job.yielded
    }
    this.#running = false
  }

  /** Resolves when the message that was opened under this id is over. */
  async over(id: number): Promise<void> {
    await this.#jobs.get(id)?.done
  }

  #begin(id: number, meta: unknown): MessageJob {
    const job = new MessageJob(id, this.#say, () => this.#jobs.take(id))
    this.#jobs.set(id, job)
    job.begin(this.#code, meta, this.#policies)
    return job
  }

  /** A file to be rebuilt, its type known or to be found out first. Rejects on what is no task of ours. */
  async file(id: number, payload: Uint8Array): Promise<void> {
    const { meta, octets: untrustedBytes } = parsePacket(payload)
    const { policy: number, bounds, passwords = [], lockAgain = false, within = [], purpose, page = 1, mark = '', handsOut = 'no', ...task } = meta as FileMeta & (FileTask | LooseFile)
    const policy = this.#policies.get(number)
    if (!policy) throw new ProtocolError('policy was not sent')
    const context = { disarmers: this.#code.disarmers, policy, bounds }
    if ('detectedType' in task) {
      const rebuilt = await rebuildFile({ ...task, untrustedBytes }, context)
      return this.#say(FRAME.fileResult, id, ...packFile({}, rebuilt))
    }
    const unlock = passwords.length > 0 ? this.#code.unlockerOf?.(passwords, bounds) : undefined
    const whole = unlock ? { ...context, unlock } : context
    const file = await memberAt({ ...task, untrustedBytes }, within, whole)
    if (!file) throw new ProtocolError('no such file inside of the file')
    if (purpose === 'look') return this.#say(FRAME.fileResult, id, ...packLook(await this.#heavy().lookAtFile(file, { page, mark, handsOut }, whole)))
    if (purpose === 'names') return this.#say(FRAME.fileResult, id, json(await this.#heavy().lockedNamesOf(file, whole)))
    const judged = await judgeFile(file, whole)
    const { report, rebuilt } = lockAgain ? await this.#lock(judged, { ...file, passwords, bounds }) : judged
    this.#say(FRAME.fileResult, id, ...packFile({ report }, rebuilt))
  }

  #lock(judged: JudgedFile, { untrustedName, untrustedBytes, passwords, bounds }: LooseFile & { readonly passwords: readonly string[]; readonly bounds: FileBounds }): Promise<JudgedFile> {
    const { lockAgain } = this.#code
    if (!lockAgain) throw new ProtocolError('nothing is locked here')
    return lockAgain(judged, { passwords, limits: bounds, untrustedName, untrustedBytes })
  }

  #heavy(): typeof import('../core/preview.ts') {
    const { preview } = this.#code
    if (!preview) throw new ProtocolError('no pictures are drawn here')
    return preview
  }
}

/** One message in work: feeds it, asks for it, and reports its end exactly once. */
class MessageJob {
  readonly id: number
  readonly done: Promise<void>
  /** Resolves when the job is done or first waits for somebody else. */
  readonly yielded: Promise<void>
  readonly #say: Say
  readonly #left: () => void
  readonly #questions = new Map<number, Waiting>()
  readonly #tools: SanitizeTools = {
    lookupTxt: name => this.#ask(question => this.#say(FRAME.txtQuestion, this.id, json({ question, name }))),
    disarmHeavy: ({ untrustedBytes, ...meta }, group) =>
      this.#ask(question =>
        this.#say(FRAME.fileQuestion, this.id, ...packet({ question, group, ...meta }, untrustedBytes)),
      ),
  }
  #asked = 0
  #taken = 0
  #sanitizing: Sanitizing | undefined
  #over = false
  #finish = () => {}
  #yield = () => {}

  constructor(id: number, say: Say, left: () => void) {
    this.id = id
    this.#say = say
    this.#left = left
    this.done = new Promise(resolve => (this.#finish = resolve))
    this.yielded = new Promise(resolve => (this.#yield = resolve))
  }

  begin(code: SanitizerCode, meta: unknown, policies: ReadonlyMap<number, Policy>): void {
    this.#attempt(() => {
      this.#sanitizing = code.beginSanitize(decodeJob(meta, policies), this.#tools)
    })
  }

  write(chunk: Uint8Array): void {
    this.#attempt(() => this.#sanitizing?.write(chunk))
  }

  end(): void {
    this.#attempt(() => {
      this.#sanitizing?.end().then(
        result => this.#attempt(() => this.#report(FRAME.result, encodeResult(result))),
        error => this.#fail(error),
      )
    })
  }

  take(chunk: Uint8Array): void {
    this.write(chunk)
    this.#taken += chunk.length
    if (this.#over || this.#taken < CREDIT_AT_BYTES) return
    this.#say(FRAME.credit, this.id, json({ bytes: this.#taken }))
    this.#taken = 0
  }

  #ask<T>(send: (question: number) => void): Promise<T> {
    const question = ++this.#asked
    return new Promise<T>((resolve, reject) => {
      this.#questions.set(question, { resolve, reject })
      send(question)
      this.#yield()
    })
  }

  answered(kind: 'txt' | 'file', payload: Uint8Array): void {
    const { meta, octets } = parsePacket(payload)
    const { question, error, ...answer } = meta as { question: number; error?: string; records?: string[][] }
    const waiting = this.#questions.get(question)
    this.#questions.delete(question)
    if (error !== undefined) waiting?.reject(Object.assign(new Error(error), { code: error }))
    else if (kind === 'txt') waiting?.resolve(answer.records as never)
    else waiting?.resolve(unpackFile(answer, octets) as never)
  }

  #attempt(action: () => void): void {
    if (this.#over) return
    try {
      action()
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    this.#report(FRAME.failed, [json({ error: text.slice(0, 300) })])
  }

  #report(type: FrameType, parts: readonly Uint8Array[]): void {
    if (this.#over) return
    this.#say(type, this.id, ...parts)
    this.leave()
  }

  leave(): void {
    if (this.#over) return
    this.#over = true
    this.#questions.clear()
    this.#left()
    this.#yield()
    this.#finish()
  }
}
