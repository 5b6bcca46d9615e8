/**
 * File keys of small originals, kept in memory from their commit until their delivered text is sealed.
 *
 *   commit ──▶ remember ──▶ delivery ──▶ take ──▶ text sealed under the header that the original has
 *
 * Wrapping a file key costs more than anything else that is done to a small mail in this thread, and the text of a
 * mail is no secret to whoever may open its original. So both payloads share a key, each with a nonce of its own,
 * and the header is written twice. Meanwhile the plain copy stands in the database: the key gives nobody more.
 * Only where the text goes no later than the original: deleting the last header over a key must be its end.
 * What is not found here (after a restart, large originals) is sealed under a new key.
 */
type TextKey = { readonly fileKey: Uint8Array; readonly header: Uint8Array; readonly queueId: string; readonly originalExpiresAtMs: number }

const MOST_KEYS = 20_000

export class TextKeys {
  readonly #keys = new Map<number, TextKey>()

  remember(entryId: number, key: TextKey): void {
    this.#keys.set(entryId, key)
    if (this.#keys.size <= MOST_KEYS) return
    for (const [oldest] of this.#keys) {
      this.#keys.delete(oldest)
      return
    }
  }

  /** For the text of this message's entry, kept until `expiresAtMs`. Each key is handed out once. */
  take(entryId: number, { queueId, expiresAtMs }: { readonly queueId: string; readonly expiresAtMs: number }): TextKey | undefined {
    const key = this.#keys.get(entryId)
    this.#keys.delete(entryId)
    // A transaction that was undone gives its numbers of entries to other messages.
    if (key === undefined || key.queueId !== queueId) return undefined
    return expiresAtMs <= key.originalExpiresAtMs ? key : undefined
  }

  /** The header of this message's original was deleted: nothing more may be sealed under its key. */
  forget(queueId: string): void {
    for (const [entryId, key] of this.#keys) if (key.queueId === queueId) this.#keys.delete(entryId)
  }
}
