/**
 * The only door to piscina: threads of one heavy or suspect process, and a line to each of them.
 *
 *   main thread ── run(task) ──▶ thread            a file, or the place of a message that comes by the line
 *               ◀── line ──▶                       frames, both ways
 *
 * Nothing here is aborted or timed: a task that hangs or kills its thread is the death of the whole process,
 * and the gateway deals with that.
 */
import type { MessagePort } from 'node:worker_threads'
import { Piscina } from 'piscina'
import type { SanitizerModules } from './sanitizer-jobs.ts'

/** One frame of the gateway, in a buffer of its own. */
export type ToThread = { readonly type: number; readonly id: number; readonly payload: Uint8Array<ArrayBuffer> }

export type PoolOptions = {
  readonly entry: string
  readonly threads: number
  readonly execArgv: readonly string[]
  readonly heapMiB: number
  readonly modules: SanitizerModules
}

const MOST_QUEUED = 1024

export class ThreadPool {
  readonly #piscina: Piscina<ToThread | undefined, void>
  readonly #lines: MessagePort[] = []

  /** `onFrames` gets whole frames for the gateway. */
  constructor(options: PoolOptions, onFrames: (frames: Uint8Array) => void) {
    this.#piscina = new Piscina<ToThread | undefined, void>({
      filename: options.entry,
      minThreads: options.threads,
      maxThreads: options.threads,
      concurrentTasksPerWorker: 1,
      maxQueue: MOST_QUEUED,
      recordTiming: false,
      env: {},
      argv: [],
      execArgv: [...options.execArgv],
      workerData: options.modules,
      resourceLimits: { maxOldGenerationSizeMb: options.heapMiB },
    })
    this.#piscina.on('message', (line: MessagePort) => {
      this.#lines.push(line)
      line.on('message', onFrames)
      line.unref()
    })
  }

  /** Resolves when every thread has loaded its code. */
  async load(): Promise<void> {
    await Promise.all(Array.from({ length: this.#piscina.maxThreads }, () => this.#piscina.run(undefined)))
  }

  onBroken(handler: () => void): void {
    this.#piscina.on('error', handler)
  }

  /** Rejects when the thread died. The payload is handed over, not copied. */
  run(task: ToThread): Promise<void> {
    return this.#piscina.run(task, { transferList: [task.payload.buffer] as never })
  }

  tellAll(frame: ToThread): void {
    for (const line of this.#lines) line.postMessage(frame, this.#lines.length === 1 ? [frame.payload.buffer] : [])
  }
}
