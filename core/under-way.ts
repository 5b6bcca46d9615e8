/**
 * What is under way, by its key, in the order in which it began: entries that come and go all day.
 *
 * Why not a Map alone: V8 gives it a new table after every few entries that went, and the old table refers to the new one. Once one of them
 * has come into the old generation, all that follow it stay there, with whatever was under way when each was replaced (whole messages),
 * until the whole heap is collected: a third of all entries (docs/performance/notes.md, *What stays until the whole heap is
 * collected*). Here what is over is cut off, so that only a few octets of it stay.
 */
export class UnderWay<Key extends string | number, Value extends object> {
  readonly #slots = new Map<Key, { value: Value | undefined }>()

  get size(): number {
    return this.#slots.size
  }

  set(key: Key, value: Value): void {
    this.#slots.set(key, { value })
  }

  get(key: Key): Value | undefined {
    return this.#slots.get(key)?.value
  }

  /** It is over: its entry goes. */
  take(key: Key): Value | undefined {
    const slot = this.#slots.get(key)
    if (!slot) return undefined
    const { value } = slot
    slot.value = undefined
    this.#slots.delete(key)
    return value
  }

  keys(): IterableIterator<Key> {
    return this.#slots.keys()
  }

  /** Oldest first. What begins or ends meanwhile is heeded, as with a Map. */
  *values(): Generator<Value> {
    for (const { value } of this.#slots.values()) if (value) yield value
  }
}
