/**
 * The only door to piscina: threads of one worker process, and a line to each of them.
 *
 *   main thread ── run(task) ──▶ thread            a batch of small messages, one large one, or one file
 *               ◀── line ──▶                       frames outward; data, answers and policies inward
 *
 * Several tasks may wait inside one thread at once (for data, for an answer), so a slow sender holds no thread.
 * Nothing here is aborted or timed: a task that hangs or kills its thread is the death of the whole process,
 * and the gateway deals with that.
 */
import type { MessagePort } from 'node:worker_threads'
import { Piscina } from 'piscina'

/** What a thread loads, by path. */
export type ThreadModules = {
  readonly sanitizer: string
  readonly disarmers: string
  /** Whether files are rebuilt here: then all their code is loaded at once, native code included. */
  readonly heavy: boolean
}

export type ThreadTask =
  | { readonly kind: 'load' }
  /** Concatenated `whole` frames. */
  | { readonly kind: 'batch'; readonly frames: Uint8Array }
  | { readonly kind: 'stream'; readonly id: number; readonly meta: Uint8Array }
  | { readonly kind: 'file'; readonly id: number; readonly payload: Uint8Array }

export type ToThread =
  | { readonly kind: 'policy'; readonly number: number; readonly text: Uint8Array }
  | { readonly kind: 'data'; readonly id: number; readonly chunk: Uint8Array }
  | { readonly kind: 'end' | 'abort'; readonly id: number }
  | { readonly kind: 'txt' | 'file'; readonly id: number; readonly payload: Uint8Array }

export type FromThread =
  /** Whole frames for the gateway. */
  | { readonly kind: 'frames'; readonly frames: Uint8Array }
  /** From now on this thread takes what comes for job `id`. */
  | { readonly kind: 'takes'; readonly id: number }
  | { readonly kind: 'leaves'; readonly id: number }

export type PoolOptions = {
  readonly entry: string
  readonly threads: number
  readonly execArgv: readonly string[]
  readonly heapMiB: number
  readonly modules: ThreadModules
}

const TASKS_PER_THREAD = 128
const MOST_QUEUED = 1024

export class ThreadPool {
  readonly #piscina: Piscina<ThreadTask, void>
  readonly #lines: MessagePort[] = []

  constructor(options: PoolOptions, onMessage: (message: FromThread, line: MessagePort) => void) {
    this.#piscina = new Piscina<ThreadTask, void>({
      filename: options.entry,
      minThreads: options.threads,
      maxThreads: options.threads,
      concurrentTasksPerWorker: TASKS_PER_THREAD,
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
      line.on('message', (message: FromThread) => onMessage(message, line))
      line.unref()
    })
  }

  /** Resolves when every thread has loaded its code. */
  async load(): Promise<void> {
    await Promise.all(Array.from({ length: this.#piscina.maxThreads }, () => this.run({ kind: 'load' }, [])))
  }

  onBroken(handler: () => void): void {
    this.#piscina.on('error', handler)
  }

  /** Rejects when the thread died. */
  run(task: ThreadTask, transfer: ArrayBuffer[]): Promise<void> {
    return this.#piscina.run(task, { transferList: transfer as never })
  }

  tellAll(message: ToThread): void {
    for (const line of this.#lines) line.postMessage(message)
  }
}
