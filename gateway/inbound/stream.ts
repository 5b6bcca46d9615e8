/**
 * What a client sends, taken apart: command lines, and the octets of a message for the data phase. Extends smtp-server's parser.
 *
 *   socket ──▶ [InboundStream] ──▶ StreamOwner.hear (a command) │ DataPhase.push (octets of a message)
 *
 * Standards: RFC 5321 §2.3.7 and §4.1.1.4 (lines, end of data), RFC 2920 (what is pipelined behind it).
 */
import type { Writable } from 'node:stream'
import { SMTPStream } from 'smtp-server/lib/smtp-stream.js'
import type { DataPhase } from './data-phase.ts'
import { LineWatch } from './line-watch.ts'

/** The connection, as its stream needs it. */
export interface StreamOwner {
  readonly isUpstream: boolean
  /** `next` is called when the command has been answered: until then no other one is read. */
  hear(command: Buffer, next: () => void): void
  refuseAndClose(name: 'badLineEnds'): void
}

type Next = (error?: Error | null) => void

/** Larger than a read of the socket, so that a packet is taken without stopping the stream each time. */
const STREAM_BUFFER_BYTES = 256 * 1024

/**
 * After its last event. A Writable of Node holds itself by a function in one of its properties, and V8 puts such functions into
 * the old generation at once: what they reach stays until that is collected (docs/performance/notes.md). An error may still come late.
 */
export function forgetListeners(stream: Writable): void {
  stream.removeAllListeners()
  stream.on('error', () => undefined)
}

const NOBODY: StreamOwner = { isUpstream: false, hear() {}, refuseAndClose() {} }

export class InboundStream extends SMTPStream {
  /** Octets that the socket has delivered, taken or not. */
  arrivedBytes = 0
  #owner: StreamOwner
  readonly #watch = new LineWatch()
  #phase: DataPhase | undefined
  #behindData: { readonly octets: Buffer; readonly next: Next } | undefined

  constructor(owner: StreamOwner, maxCommandLength: number | undefined) {
    super({ maxCommandLength, highWaterMark: STREAM_BUFFER_BYTES })
    this.#owner = owner
  }

  /** Where the packet now being read began, in octets of the connection. */
  get chunkStart(): number { return this.arrivedBytes - this.writableLength }

  /** After the connection is closed. */
  letGo(): void {
    this.#owner = NOBODY
    this.#phase = undefined
    this.#behindData = undefined
    forgetListeners(this)
  }

  override oncommand(command: Buffer, next: () => void = () => undefined): void {
    this.#owner.hear(command, next)
  }

  // biome-ignore lint/suspicious/noExplicitAny: the overloads of Writable.write, handed on unchanged
  override write(chunk: any, ...rest: any[]): boolean {
    this.arrivedBytes += chunk.length
    return super.write(chunk, ...rest)
  }

  startData(phase: DataPhase): void {
    this.#phase = phase
    this._dataMode = true
  }

  override _write(chunk: Buffer, encoding: BufferEncoding | 'buffer', next: Next): void {
    if (this.isClosed || chunk.length === 0) next()
    else if (this._dataMode) this.#data(chunk, next)
    else if (!this.#owner.isUpstream && !this.#watch.push(chunk)) {
      this.#owner.refuseAndClose('badLineEnds')
      next()
    } else super._write(chunk, encoding, next)
  }

  #data(chunk: Buffer, next: Next): void {
    const phase = this.#phase!
    const end = phase.push(chunk)
    if (end < 0) {
      phase.whenReady(next)
      return
    }
    this._dataMode = false
    this.#phase = undefined
    // The message may be handed on with its memory; what follows it must not hang on that.
    this.#behindData = { octets: Buffer.from(chunk.subarray(end)), next }
    phase.end()
  }

  /** A line that the client left unfinished is not a command. */
  override _flushData(): void {}

  /** After the final reply: what the client sent behind the end of data is commands again. */
  override continue(): void {
    const behind = this.#behindData
    this.#behindData = undefined
    if (behind) this._write(behind.octets, 'buffer', behind.next)
  }
}
