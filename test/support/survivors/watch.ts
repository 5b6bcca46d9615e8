/** Within a script of survivors.ts: notes objects, and tells how many of them outlived the young generation. */
import { setTimeout as delay } from 'node:timers/promises'

const collect = (globalThis as unknown as { gc(options?: { type: 'minor' }): void }).gc

export class Watch {
  readonly #noted = new Map<string, WeakRef<object>[]>()

  note(kind: string, object: object): void {
    const refs = this.#noted.get(kind) ?? []
    refs.push(new WeakRef(object))
    this.#noted.set(kind, refs)
  }

  /** Whatever lives moves to the old generation, as it does now and then in a process that runs for long. What was noted is forgotten. */
  async begin(): Promise<void> {
    await delay(20)
    collect()
    this.#noted.clear()
  }

  /** Prints the shares. */
  async end(): Promise<void> {
    for (let i = 0; i < 2; i++) {
      await delay(50)
      collect({ type: 'minor' })
    }
    const shares = [...this.#noted].map(([kind, refs]) => [kind, refs.filter(ref => ref.deref() !== undefined).length / refs.length])
    process.stdout.write(JSON.stringify(Object.fromEntries(shares)))
  }
}
