/** Opens an engine in a directory of its own for each test, and closes it afterwards. */
import { rmSync } from 'node:fs'
import { afterEach, beforeEach, expect } from 'vitest'
import type { Mailbox } from '../../core/smtp/envelope.ts'
import type { AcceptedMessage, QueueEntry, Store, StoreAdmin } from '../../store/contract.ts'
import { scratchDirectory } from '../unit/store/sample.ts'

export type Engine = Store & StoreAdmin
/** `quotaBytes` when the test is about it. */
export type OpenEngine = (directory: string, over?: { readonly quotaBytes: number }) => Promise<Engine>

export const DAY_MS = 24 * 60 * 60 * 1000
export const ALL = { limit: 100 }
export const mailboxes = (...names: string[]) => names.map(name => `${name}@town.example.jp` as Mailbox)

/** `now.store` is the engine of the running test. */
export function engineForEachTest(openEngine: OpenEngine) {
  let directory: string
  const now = {
    store: undefined as unknown as Engine,
    async reopen(over?: { readonly quotaBytes: number }): Promise<void> {
      await now.store.close()
      now.store = await openEngine(directory, over)
    },
    async commitOne(accepted: AcceptedMessage): Promise<QueueEntry> {
      const result = await now.store.commit(accepted)
      expect(result.kind).toBe('committed')
      return result.entries[0]!
    },
  }
  beforeEach(async () => {
    directory = scratchDirectory()
    now.store = await openEngine(directory)
  })
  afterEach(async () => {
    await now.store.close().catch(() => {})
    rmSync(directory, { recursive: true })
  })
  return now
}
