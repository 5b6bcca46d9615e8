/**
 * Calls from the main thread to the writer or reader thread, and their answers.
 *
 * Calls made in one turn of the event loop are posted together, after its I/O was handled: what arrives on
 * many connections at once is then one wake-up of the thread, and one commit.
 */
import type { MessagePort, Transferable } from 'node:worker_threads'
import { UnderWay } from '../../core/under-way.ts'
import { StoreBroken, StoreFull } from '../contract.ts'
import type { Answer, AnswerOf, Call } from './protocol.ts'

type Waiting = { readonly resolve: (value: never) => void; readonly reject: (error: Error) => void }

export class Channel<Calls extends { [Name in keyof Calls]: [unknown, unknown] }> {
  readonly #port: MessagePort
  readonly #waiting = new UnderWay<number, Waiting>()
  readonly #onBroken: (error: StoreBroken) => void
  #unposted: unknown[] = []
  #moved: Transferable[] = []
  #lastId = 0
  #broken: StoreBroken | undefined

  constructor(port: MessagePort, onBroken: (error: StoreBroken) => void) {
    this.#port = port
    this.#onBroken = onBroken
    port.on('message', (answers: readonly Answer[]) => {
      for (const answer of answers) this.#settle(answer)
    })
  }

  /** `moved` buffers are the thread's own afterwards. Rejects with StoreBroken once the store is. */
  call<Name extends keyof Calls>(
    name: Name,
    argument: Calls[Name][0],
    moved: ArrayBuffer[] = [],
  ): Promise<AnswerOf<Calls[Name]>> {
    if (this.#broken) return Promise.reject(this.#broken)
    const id = ++this.#lastId
    if (this.#unposted.length === 0) setImmediate(() => this.#post())
    this.#unposted.push({ id, name, argument } as Call<Calls>)
    this.#moved.push(...moved)
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
  }

  /** Rejects all calls, those to come too. */
  break(cause: string): void {
    if (this.#broken) return
    this.#broken = new StoreBroken(cause)
    for (const id of this.#waiting.keys()) this.#waiting.take(id)?.reject(this.#broken)
    this.#onBroken(this.#broken)
  }

  close(): void {
    this.#broken ??= new StoreBroken('the store is closed')
    this.#port.close()
  }

  #post(): void {
    if (this.#broken) return
    this.#port.postMessage(this.#unposted, this.#moved)
    this.#unposted = []
    this.#moved = []
  }

  #settle({ id, value, error }: Answer): void {
    const waiting = this.#waiting.take(id)
    if (error?.name === 'StoreBroken') this.break(error.message)
    if (error) waiting?.reject(errorFrom(error))
    else waiting?.resolve(value as never)
  }
}

/** Errors cross threads as name and message: only these two are told apart by their class. */
function errorFrom({ name, message }: { readonly name: string; readonly message: string }): Error {
  if (name === 'StoreBroken') return new StoreBroken(message)
  return name === 'StoreFull' ? new StoreFull(message) : new Error(message)
}

export function answerFor(id: number, thrown: unknown): Answer {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  return { id, error: { name: error.name, message: error.message } }
}
