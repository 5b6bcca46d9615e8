/**
 * The message while it arrives: a bounded queue between the socket and the transaction.
 *
 *   socket ──▶ DotReader ──▶ [MessageReceiver] ──▶ transaction
 *
 * The writing side (data-phase.ts) pushes views of packets and is told when to stop reading; the reading side
 * takes the whole of a small message at once, or the pieces of a large one as they come.
 * Invariant: at most about HIGH_WATER_BYTES wait here, whatever the client sends and however slow the reader is.
 */
import { createHash, type Hash, hash } from 'node:crypto'
import type { LineEnds } from './line-watch.ts'

const HIGH_WATER_BYTES = 512 * 1024

/** The client went away, or stopped being served, before the message was whole. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone'
}

export type Collected =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  | { readonly kind: 'large'; readonly head: readonly Uint8Array[]; readonly rest: AsyncIterable<Uint8Array> }

/** What a transaction sees of the arriving message: received octets after dot-unstuffing. */
export interface MessageSource extends AsyncIterable<Uint8Array> {
  readonly receivedBytes: number
  /** Counts so far; undefined behind a listed upstream, where nobody refuses for it and nobody counts. */
  readonly lineEnds: LineEnds | undefined
  readonly clientGone: boolean
  /** Called at most once, also when the client left after the end of data. */
  onClientGone(callback: () => void): void
  /**
   * Waits until the message has ended, has grown over `limitBytes`, or `waitMs` have passed. Rejects with
   * ClientGone, or with the Refusal that the client is going to get.
   */
  collectSmall(limitBytes: number, waitMs: number): Promise<Collected>
  /** Hex digest of all octets; valid once they have all been taken. */
  sha256(): string
}

type Waiter = { readonly bytes: number; readonly resolve: () => void; readonly reject: (error: Error) => void }

export class MessageReceiver implements MessageSource {
  receivedBytes = 0
  clientGone = false
  readonly lineEnds: LineEnds | undefined
  #queue: Uint8Array[] = []
  #queuedBytes = 0
  #ended = false
  #failure: Error | undefined
  #discarding = false
  #waiter: Waiter | undefined
  #resume: (() => void) | undefined
  #gone: (() => void) | undefined
  #hash: Hash | undefined
  #digest: string | undefined

  constructor(lineEnds: LineEnds | undefined) {
    this.lineEnds = lineEnds
  }

  // The writing side

  write(chunk: Uint8Array): void {
    this.receivedBytes += chunk.length
    if (this.#discarding) return
    this.#queue.push(chunk)
    this.#queuedBytes += chunk.length
    if (this.#waiter && this.#queuedBytes >= this.#waiter.bytes) this.#wake()
  }

  end(): void {
    this.#ended = true
    this.#wake()
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Calls `next` when more may be written: at once, or when the reader has taken enough. */
  whenReady(next: () => void): void {
    const readerWantsMore = this.#waiter !== undefined && this.#waiter.bytes > this.#queuedBytes
    if (this.#discarding || readerWantsMore || this.#queuedBytes < HIGH_WATER_BYTES) next()
    else this.#resume = next
  }

  /** True while the client is kept waiting by the reader, not by itself. */
  get stopped(): boolean {
    return this.#resume !== undefined
  }

  /** What is queued and still to come is counted and dropped; the reader gets `error`. */
  fail(error: Error): void {
    this.#failure ??= error
    this.discard()
    this.#wake()
  }

  discard(): void {
    this.#discarding = true
    this.#queue = []
    this.#queuedBytes = 0
    this.#resumeWriter()
  }

  leave(): void {
    if (this.clientGone) return
    this.clientGone = true
    if (!this.#ended) this.fail(new ClientGone('client left before the end of data'))
    this.#gone?.()
  }

  // The reading side

  onClientGone(callback: () => void): void {
    this.#gone = callback
    if (this.clientGone) callback()
  }

  async collectSmall(limitBytes: number, waitMs: number): Promise<Collected> {
    await this.#until(limitBytes + 1, waitMs)
    if (this.#ended && this.#queuedBytes <= limitBytes) {
      const bytes = this.#queue.length === 1 ? asBuffer(this.#queue[0]!) : Buffer.concat(this.#queue, this.#queuedBytes)
      this.#take()
      this.#digest = hash('sha256', bytes)
      return { kind: 'whole', bytes }
    }
    const head = this.#take()
    for (const chunk of head) this.#hashed(chunk)
    return { kind: 'large', head, rest: this }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        await this.#until(1)
        const chunks = this.#take()
        if (chunks.length === 0) return
        for (const chunk of chunks) yield this.#hashed(chunk)
      }
    } finally {
      if (!this.#ended) this.discard()
    }
  }

  sha256(): string {
    this.#digest ??= (this.#hash ?? createHash('sha256')).digest('hex')
    return this.#digest
  }

  #hashed(chunk: Uint8Array): Uint8Array {
    this.#hash ??= createHash('sha256')
    this.#hash.update(chunk)
    return chunk
  }

  #take(): readonly Uint8Array[] {
    const chunks = this.#queue
    this.#queue = []
    this.#queuedBytes = 0
    this.#resumeWriter()
    return chunks
  }

  /** Waits for `bytes` in the queue, the end, or the time; rejects when the message failed. */
  async #until(bytes: number, waitMs?: number): Promise<void> {
    if (!this.#failure && !this.#ended && this.#queuedBytes < bytes) {
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>((resolve, reject) => {
        this.#waiter = { bytes, resolve, reject }
        if (waitMs !== undefined) timer = setTimeout(() => this.#wake(), waitMs)
        this.#resumeWriter()
      }).finally(() => clearTimeout(timer))
    }
    if (this.#failure) throw this.#failure
  }

  #wake(): void {
    const waiter = this.#waiter
    this.#waiter = undefined
    if (this.#failure) waiter?.reject(this.#failure)
    else waiter?.resolve()
  }

  #resumeWriter(): void {
    const resume = this.#resume
    this.#resume = undefined
    resume?.()
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
