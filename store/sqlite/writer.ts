/**
 * The one writer of the store: group commit.
 *
 * All calls that came in while the last commit was under way share the next one: one flush of each segment,
 * one transaction, one flush of the database, however many messages. On an idle store a message is committed alone,
 * at once; what is only told (a delivery) waits a few milliseconds for company. After a failed flush nothing is known about the disk: every call is refused from then on.
 */
import { StoreBroken } from '../contract.ts'
import { Acceptance } from './acceptance.ts'
import {
  allDone,
  appendToSegments,
  flushNewFiles,
  removeObsolete,
  renameIntoPlace,
  syncFolders,
} from './batch.ts'
import { answerFor } from './channel.ts'
import type { FileOps } from './files.ts'
import type { Opened } from './opening.ts'
import { Planner, type WriterCall } from './planner.ts'
import type { Answer } from './protocol.ts'
import type { WriterState } from './state.ts'
import { Transaction } from './transaction.ts'

const MAX_CALLS_PER_BATCH = 256
const IDLE_MS = 1000
const FREE_SPACE_FRESH_MS = 1000
/** Nobody is kept waiting by these: alone, they wait a moment for a commit whose flush they can share. */
const UNHURRIED: ReadonlySet<string> = new Set(['settle', 'confirm'])
const UNHURRIED_MS = 15
/** Calls that change no row: a batch of these alone needs no transaction. */
const READS: ReadonlySet<string> = new Set(['space', 'readMessage', 'confirm', 'reconfigure'])

export class Writer {
  readonly #state: WriterState
  readonly #lock: Opened['lock']
  readonly #files: FileOps
  readonly #post: (answers: readonly Answer[]) => void
  readonly #drain: () => readonly WriterCall[]
  readonly #acceptance: Acceptance
  readonly #planner: Planner
  readonly #transaction: Transaction
  #calls: WriterCall[] = []
  #running = false
  #broken: StoreBroken | undefined
  #freeBytesAtMs = Date.now()
  #idleTimer: NodeJS.Timeout | undefined
  #patience: NodeJS.Timeout | undefined

  /** `drain` returns calls that have arrived meanwhile, without waiting. */
  constructor(
    { state, lock }: Opened,
    files: FileOps,
    { post, drain }: { post: (answers: readonly Answer[]) => void; drain: () => readonly WriterCall[] },
  ) {
    this.#state = state
    this.#lock = lock
    this.#files = files
    this.#post = post
    this.#drain = drain
    this.#acceptance = new Acceptance(state)
    this.#planner = new Planner(state, this.#acceptance)
    this.#transaction = new Transaction(state, this.#acceptance)
  }

  async take(calls: readonly WriterCall[]): Promise<void> {
    this.#calls.push(...calls)
    if (this.#running) return
    if (this.#isUrgent()) await this.#run()
    else this.#waitForCompany()
  }

  #isUrgent(): boolean {
    return this.#calls.some(call => !UNHURRIED.has(call.name))
  }

  #waitForCompany(): void {
    this.#patience ??= setTimeout(() => this.#run(), UNHURRIED_MS)
  }

  async #run(): Promise<void> {
    if (this.#running) return
    this.#running = true
    clearTimeout(this.#patience)
    this.#patience = undefined
    clearTimeout(this.#idleTimer)
    do {
      this.#calls.push(...this.#drain())
      await this.#runBatch(this.#calls.splice(0, MAX_CALLS_PER_BATCH))
    } while (this.#isUrgent())
    this.#running = false
    if (this.#calls.length > 0) this.#waitForCompany()
    if (this.#broken) return
    this.#idleTimer = setTimeout(() => this.#tidy(), IDLE_MS)
    this.#idleTimer.unref()
  }

  async #runBatch(calls: readonly WriterCall[]): Promise<void> {
    try {
      if (this.#broken) throw this.#broken
      await this.#refreshFreeBytes()
      await this.#commitBatch(calls)
    } catch (error) {
      this.#broken ??= new StoreBroken(`the store failed: ${(error as Error).message}`, { cause: error })
      this.#post(calls.map(({ id }) => answerFor(id, this.#broken)))
    }
  }

  /**
   * Invariant: 250 means durable. Nothing is named by a row before it is on the disk under its final name, and
   * nobody is answered before the row is. No flush is ever tried again.
   */
  async #commitBatch(calls: readonly WriterCall[]): Promise<void> {
    const files = this.#files
    const { layout, segments } = this.#state
    const plan = this.#reading(() => this.#planner.plan(calls, Date.now()))
    this.#calls.unshift(...plan.later)
    const { batch } = plan

    await allDone([flushNewFiles(files, batch), appendToSegments(files, layout, segments, batch)])
    await renameIntoPlace(files, layout, batch)
    await syncFolders(files, layout, batch)
    if (calls.some(call => !READS.has(call.name))) files.commit(() => this.#transaction.run(plan))
    else this.#transaction.answerReads(plan)
    for (const [name, { end }] of batch.appends) segments.ends.set(name, end)
    this.#post(plan.answers)
    await removeObsolete(files, batch)
    await segments.trim(batch)
    if (calls.some(call => call.name === 'close')) await this.#close()
  }

  /** One look at the database for all questions of a batch: each alone would lock and unlock the file. */
  #reading<Result>(read: () => Result): Result {
    const { database } = this.#state
    database.exec('BEGIN')
    try {
      return read()
    } finally {
      if (database.isTransaction) database.exec('COMMIT')
    }
  }

  async #refreshFreeBytes(): Promise<void> {
    if (Date.now() - this.#freeBytesAtMs < FREE_SPACE_FRESH_MS) return
    this.#state.freeBytes = await this.#files.freeBytes(this.#state.layout.directory, this.#state.settings.minFreeFiles)
    this.#freeBytesAtMs = Date.now()
  }

  /** When nobody waits: late confirmations, and old pages out of the WAL (plain copies among them). */
  #tidy(): void {
    if (this.#running || this.#broken) return
    const { database } = this.#state
    try {
      if (this.#acceptance.unconfirmed.size > 0) {
        database.exec('BEGIN IMMEDIATE')
        this.#acceptance.writeConfirmations()
        database.exec('COMMIT')
      }
      // Not waiting for readers: the next idle moment will do.
      database.exec('PRAGMA busy_timeout = 0')
      database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()
      database.exec('PRAGMA busy_timeout = 5000')
    } catch (error) {
      this.#broken = new StoreBroken(`the store failed: ${(error as Error).message}`, { cause: error })
      this.#post([answerFor(0, this.#broken)])
    }
  }

  async #close(): Promise<void> {
    this.#broken = new StoreBroken('the store is closed')
    await this.abandon()
  }

  /** Lets go of the files without another word: nobody is there to answer, or the store is broken. */
  async abandon(): Promise<void> {
    clearTimeout(this.#idleTimer)
    clearTimeout(this.#patience)
    this.#broken ??= new StoreBroken('the store was abandoned')
    await this.#state.segments.close()
    if (this.#state.database.isOpen) this.#state.database.close()
    if (this.#lock.isOpen) this.#lock.close()
  }
}
