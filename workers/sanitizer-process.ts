/**
 * Main thread of a sanitizer process: moves frames between the gateway's socket and the pool threads.
 *
 *   gateway ── fd 3 ──▶ [frames] ──▶ pool thread          small messages in batches, large ones chunk by chunk
 *
 * It parses no message. Messages that arrive while the threads are busy wait here and go as one batch.
 * When a thread dies the process ends: the gateway runs everything again that was in flight here.
 */
import type { MessagePort } from 'node:worker_threads'
import { endNow, openLine, PID_OUTSIDE, watchOwnMemory } from './child-line.ts'
import type { SanitizerSettings } from './child-command.ts'
import { type FromThread, ThreadPool, type ThreadTask, type ToThread } from './pool.ts'
import { FRAME, frame, json, PROTOCOL_VERSION } from './protocol.ts'

const settings = JSON.parse(process.argv[2] ?? '{}') as SanitizerSettings
/** Messages of one batch: enough to pay for waking a thread, few enough to run again alone. */
const BATCH_MOST = 16

const batch: Uint8Array[] = []
let batchesRunning = 0
/** Which thread takes what comes for a job, and what came before it said so. */
const takers = new Map<number, MessagePort>()
const early = new Map<number, ToThread[]>()

const gateway = openLine(hear)
const pool = new ThreadPool({ ...settings.pool }, hearThread)
pool.onBroken(() => endNow(false))
watchOwnMemory(settings.memoryMiB)
pool.load().then(
  () =>
    gateway.send(
      FRAME.hello,
      0,
      json({ role: 'sanitizer', lane: settings.lane, pid: PID_OUTSIDE, version: PROTOCOL_VERSION }),
    ),
  () => endNow(false),
)

function hear(type: number, id: number, payload: Buffer): void {
  if (type === FRAME.whole) {
    batch.push(frame(FRAME.whole, id, payload))
    if (batch.length === 1) setImmediate(nextBatch)
  } else if (type === FRAME.policy) pool.tellAll({ kind: 'policy', number: id, text: copy(payload) })
  else if (type === FRAME.open) {
    early.set(id, [])
    run({ kind: 'stream', id, meta: copy(payload) })
  } else if (type === FRAME.data) {
    const chunk = copy(payload)
    tell({ kind: 'data', id, chunk }, [chunk.buffer])
  } else if (type === FRAME.end) tell({ kind: 'end', id })
  else if (type === FRAME.abort) tell({ kind: 'abort', id })
  else if (type === FRAME.txtAnswer) tell({ kind: 'txt', id, payload: copy(payload) })
  else if (type === FRAME.fileAnswer) tell({ kind: 'file', id, payload: copy(payload) })
  else if (type === FRAME.file) {
    const octets = copy(payload)
    run({ kind: 'file', id, payload: octets }, [octets.buffer])
  }
}

/** A buffer of its own: the chunk it lies in holds other messages as well. */
function copy(payload: Buffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(payload)
}

function nextBatch(): void {
  while (batch.length > 0 && batchesRunning < settings.pool.threads) {
    const frames = join(batch.splice(0, BATCH_MOST))
    batchesRunning++
    run({ kind: 'batch', frames }, [frames.buffer]).then(() => {
      batchesRunning--
      nextBatch()
    })
  }
}

function join(frames: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(frames.reduce((sum, each) => sum + each.length, 0))
  let at = 0
  for (const each of frames) {
    whole.set(each, at)
    at += each.length
  }
  return whole
}

function run(task: ThreadTask, transfer: ArrayBuffer[] = []): Promise<void> {
  return pool.run(task, transfer).catch(() => endNow(false))
}

function tell(message: Exclude<ToThread, { kind: 'policy' }>, transfer: ArrayBuffer[] = []): void {
  const line = takers.get(message.id)
  if (line) line.postMessage(message, transfer)
  else early.get(message.id)?.push(message)
}

function hearThread(message: FromThread, line: MessagePort): void {
  if (message.kind === 'frames') gateway.forward(message.frames)
  else if (message.kind === 'takes') takes(message.id, line)
  else takers.delete(message.id)
}

function takes(id: number, line: MessagePort): void {
  takers.set(id, line)
  for (const each of early.get(id) ?? []) line.postMessage(each)
  early.delete(id)
}
