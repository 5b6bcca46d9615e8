/**
 * What runs in a pool thread: the one place where hostile octets are parsed.
 *
 * Piscina calls the default export with tasks. Results, credits and questions leave as finished frames by the
 * thread's own line; data and answers come back by it. Within a batch the next message begins when the one
 * before is done or waits for an answer. Capabilities are taken away after the code is loaded.
 */
import { MessageChannel, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { pathToFileURL } from 'node:url'
import type { DisarmerTable } from '../core/disarm/registry.ts'
import type { Policy } from '../core/policy/model.ts'
import { type FileBounds, type FileTask, rebuildFile } from '../core/rebuild.ts'
import type { beginSanitize, Sanitizing, SanitizeTools } from '../core/sanitize.ts'
import { deprive } from './deprive.ts'
import { decodeJob, decodePolicy, encodeResult, packFile, unpackFile } from './message-codec.ts'
import type { FromThread, ThreadModules, ThreadTask, ToThread } from './pool.ts'
import {
  FRAME,
  FrameReader,
  type FrameType,
  frame,
  json,
  packet,
  parseJson,
  parsePacket,
  WINDOW_BYTES,
} from './protocol.ts'

type Code = {
  readonly beginSanitize: typeof beginSanitize
  readonly disarmers: DisarmerTable
}
type Waiting = { readonly resolve: (value: never) => void; readonly reject: (error: Error) => void }

const CREDIT_AT_BYTES = WINDOW_BYTES / 4
const MOST_BYTES = 2 ** 31

const { port1: line, port2: farEnd } = new MessageChannel()
const policies = new Map<number, Policy>()
const jobs = new Map<number, MessageJob>()
const code = load(workerData as ThreadModules)
// A failure shows in the `load` task; until then it must not count as unhandled.
code.catch(() => {})
line.on('message', hear)
parentPort?.postMessage(farEnd, [farEnd])

async function load(modules: ThreadModules): Promise<Code> {
  const sanitizer = await import(pathToFileURL(modules.sanitizer).href)
  const registry = await import(pathToFileURL(modules.disarmers).href)
  if (modules.heavy) await registry.preloadHeavy()
  deprive()
  return { beginSanitize: sanitizer.beginSanitize, disarmers: registry.DISARMERS }
}

export default async function run(task: ThreadTask): Promise<void> {
  const loaded = await code
  if (task.kind === 'batch') return runBatch(loaded, task.frames)
  if (task.kind === 'stream') return runStream(loaded, task.id, parseJson(task.meta))
  if (task.kind === 'file') return runFile(loaded, task.id, task.payload)
}

function say(message: FromThread, transfer: ArrayBuffer[] = []): void {
  line.postMessage(message, transfer)
}

function sayFrame(type: FrameType, id: number, ...parts: readonly Uint8Array[]): void {
  const frames = frame(type, id, ...parts)
  say({ kind: 'frames', frames }, [frames.buffer])
}

/** Policies are sent before the task that needs them, but a waiting thread sees its task first. */
function catchUp(): void {
  for (let received = receiveMessageOnPort(line); received; received = receiveMessageOnPort(line))
    hear(received.message)
}

function hear(message: ToThread): void {
  if (message.kind === 'policy') policies.set(message.number, decodePolicy(message.text))
  else jobs.get(message.id)?.hear(message)
}

/** One message in work: feeds it, asks for it, and reports its end exactly once. */
class MessageJob {
  readonly id: number
  readonly done: Promise<void>
  /** Resolves when the job is done or first waits for somebody else. */
  readonly yielded: Promise<void>
  readonly #questions = new Map<number, Waiting>()
  readonly #tools: SanitizeTools = {
    lookupTxt: name => this.#ask(question => sayFrame(FRAME.txtQuestion, this.id, json({ question, name }))),
    disarmHeavy: ({ untrustedBytes, ...meta }, group) =>
      this.#ask(question =>
        sayFrame(FRAME.fileQuestion, this.id, ...packet({ question, group, ...meta }, untrustedBytes)),
      ),
  }
  #asked = 0
  #taken = 0
  #sanitizing: Sanitizing | undefined
  #over = false
  #finish = () => {}
  #yield = () => {}

  constructor(id: number) {
    this.id = id
    this.done = new Promise(resolve => (this.#finish = resolve))
    this.yielded = new Promise(resolve => (this.#yield = resolve))
    jobs.set(id, this)
  }

  begin(loaded: Code, meta: unknown): void {
    this.#attempt(() => {
      this.#sanitizing = loaded.beginSanitize(decodeJob(meta, policies), this.#tools)
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

  hear(message: ToThread): void {
    if (message.kind === 'data') this.#take(message.chunk)
    else if (message.kind === 'end') this.end()
    else if (message.kind === 'abort') this.#leave()
    else if (message.kind === 'txt' || message.kind === 'file') this.#answered(message.kind, message.payload)
  }

  #take(chunk: Uint8Array): void {
    this.write(chunk)
    this.#taken += chunk.length
    if (this.#over || this.#taken < CREDIT_AT_BYTES) return
    sayFrame(FRAME.credit, this.id, json({ bytes: this.#taken }))
    this.#taken = 0
  }

  #ask<T>(send: (question: number) => void): Promise<T> {
    const question = ++this.#asked
    if (question === 1) say({ kind: 'takes', id: this.id })
    return new Promise<T>((resolve, reject) => {
      this.#questions.set(question, { resolve, reject })
      send(question)
      this.#yield()
    })
  }

  #answered(kind: 'txt' | 'file', payload: Uint8Array): void {
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
    sayFrame(type, this.id, ...parts)
    this.#leave()
  }

  #leave(): void {
    this.#over = true
    jobs.delete(this.id)
    this.#questions.clear()
    if (this.#asked > 0) say({ kind: 'leaves', id: this.id })
    this.#yield()
    this.#finish()
  }
}

async function runBatch(loaded: Code, frames: Uint8Array): Promise<void> {
  catchUp()
  const begun: MessageJob[] = []
  const waiting: { readonly id: number; readonly payload: Buffer }[] = []
  new FrameReader((_type, id, payload) => waiting.push({ id, payload }), MOST_BYTES).push(Buffer.from(frames.buffer))
  for (const { id, payload } of waiting) {
    const { meta, octets } = parsePacket(payload)
    const job = new MessageJob(id)
    begun.push(job)
    job.begin(loaded, meta)
    job.write(octets)
    job.end()
    await job.yielded
  }
  await Promise.all(begun.map(job => job.done))
}

async function runStream(loaded: Code, id: number, meta: unknown): Promise<void> {
  catchUp()
  const job = new MessageJob(id)
  job.begin(loaded, meta)
  say({ kind: 'takes', id })
  await job.done
  say({ kind: 'leaves', id })
}

/** A meta that is no task of ours, or a policy that was not sent, ends the process: rejecting says so. */
async function runFile(loaded: Code, id: number, payload: Uint8Array): Promise<void> {
  catchUp()
  const { meta, octets: untrustedBytes } = parsePacket(payload)
  const { policy: number, bounds, ...task } = meta as { policy: number; bounds: FileBounds } & FileTask
  const policy = policies.get(number)
  if (!policy) throw new Error('policy was not sent')
  const rebuilt = await rebuildFile({ ...task, untrustedBytes }, { disarmers: loaded.disarmers, policy, bounds })
  sayFrame(FRAME.fileResult, id, ...packFile({}, rebuilt))
}
