/**
 * How the gateway, the launcher and the worker processes talk: length-framed octets over a Unix socket.
 *
 *   u32 length of the payload │ u8 type │ u32 job id │ payload
 *
 * A payload is raw octets, JSON, or a packet: u32 length of JSON │ JSON │ octets. Message octets are never put
 * into JSON or cloned as objects. Frames that are queued in one turn of the event loop leave in one write.
 * Whoever reads from a process that has seen hostile bytes treats every frame as a claim (untrusted-result.ts).
 */
import type { Writable } from 'node:stream'

export const FRAME = {
  // From every worker process and from the launcher, first of all.
  hello: 1,
  // Gateway to sanitizer.
  policy: 10,
  whole: 11,
  open: 12,
  data: 13,
  end: 14,
  abort: 15,
  txtAnswer: 16,
  fileAnswer: 17,
  file: 18,
  // Sanitizer to gateway.
  result: 30,
  failed: 31,
  credit: 32,
  txtQuestion: 33,
  fileQuestion: 34,
  fileResult: 35,
  // Gateway to verifier and back.
  allowedTypes: 40,
  verify: 41,
  verified: 42,
  // To a box with LibreOffice and back.
  draw: 45,
  drawn: 46,
  // Gateway to launcher and back.
  want: 50,
  kill: 51,
  replace: 52,
  /** A child has its first job: if it dies now, the job did it and not the way it was started. */
  began: 55,
  died: 53,
  swollen: 54,
} as const

export type FrameType = (typeof FRAME)[keyof typeof FRAME]

export const HEADER_BYTES = 9
/** Octets of one message that may be on their way to a thread and not yet taken. */
export const WINDOW_BYTES = 1024 * 1024
/** Largest payload of one `data` frame. */
export const CHUNK_BYTES = 64 * 1024
/** Frames smaller than this together are copied into one write: cheaper than a vector of many pieces. */
const COALESCE_BYTES = 16 * 1024

/** Thrown on what no honest peer sends. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}

/** Collects frames and writes them at the end of the turn, so that a busy loop makes few system calls. */
export class FrameWriter {
  readonly #out: Writable
  #queue: Uint8Array[] = []
  #bytes = 0
  #scheduled = false

  constructor(out: Writable) {
    this.#out = out
  }

  send(type: FrameType, id: number, ...parts: readonly Uint8Array[]): void {
    let length = 0
    for (const part of parts) length += part.length
    this.#push(frameHeader(type, id, length))
    for (const part of parts) if (part.length > 0) this.#push(part)
  }

  /** Octets that are whole frames already. */
  forward(frames: Uint8Array): void {
    this.#push(frames)
  }

  /** Octets not yet taken by the kernel. */
  get pendingBytes(): number {
    return this.#bytes + this.#out.writableLength
  }

  #push(part: Uint8Array): void {
    this.#queue.push(part)
    this.#bytes += part.length
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => this.flush())
  }

  flush(): void {
    const queue = this.#queue
    const bytes = this.#bytes
    this.#queue = []
    this.#bytes = 0
    this.#scheduled = false
    if (bytes === 0 || !this.#out.writable) return
    if (bytes <= COALESCE_BYTES) {
      this.#out.write(queue.length === 1 ? queue[0]! : Buffer.concat(queue, bytes))
      return
    }
    this.#out.cork()
    for (const part of queue) this.#out.write(part)
    this.#out.uncork()
  }
}

function frameHeader(type: FrameType, id: number, length: number): Buffer {
  const header = Buffer.allocUnsafe(HEADER_BYTES)
  header.writeUInt32LE(length, 0)
  header.writeUInt8(type, 4)
  header.writeUInt32LE(id, 5)
  return header
}

/** One whole frame in one buffer of its own, so that it can be transferred between threads. */
export function frame(type: FrameType, id: number, ...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0
  for (const part of parts) length += part.length
  const out = new Uint8Array(HEADER_BYTES + length)
  out.set(frameHeader(type, id, length))
  let at = HEADER_BYTES
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

export function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}

/** Throws on anything that is not JSON: the caller treats that as the death of the process that sent it. */
export function parseJson(payload: Uint8Array): unknown {
  return JSON.parse(asBuffer(payload).toString())
}

/** JSON and octets in one payload, as the pieces to send. */
export function packet(meta: unknown, ...octets: readonly Uint8Array[]): Uint8Array[] {
  const text = json(meta)
  const length = Buffer.allocUnsafe(4)
  length.writeUInt32LE(text.length, 0)
  return [length, text, ...octets]
}

export function parsePacket(payload: Uint8Array): { readonly meta: unknown; readonly octets: Buffer } {
  const buffer = asBuffer(payload)
  if (buffer.length < 4) throw new ProtocolError('packet without length')
  const end = 4 + buffer.readUInt32LE(0)
  if (end > buffer.length) throw new ProtocolError('packet cut short')
  return { meta: JSON.parse(buffer.toString('utf8', 4, end)), octets: buffer.subarray(end) }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

export type WorkerRole = 'sanitizer' | 'verifier' | 'office'
export type LaneName = 'light' | 'heavy' | 'suspect' | 'office'

/** `version` is the code's, so that a gateway never works with processes of another release. */
export type Hello = {
  readonly role: WorkerRole | 'launcher'
  readonly lane: LaneName
  readonly pid: number
  readonly version: number
}

/** Raised with every change of a frame's meaning. */
export const PROTOCOL_VERSION = 3

export type Want = { readonly role: WorkerRole; readonly lane: LaneName; readonly count: number }
export type Died = { readonly pid: number; readonly cause: string; readonly lastWords: string }
