/**
 * The one writer of the store: group commit.
 *
 * All calls that came in while the last commit was under way share the next one: one flush of each segment,
 * one transaction, one flush of the database, however many messages. On an idle store a message is committed alone,
 * at once; what is only told (a delivery) waits a few milliseconds for company. After a failed flush nothing is known about the disk: every call is refused from then on.
 */
import { StoreBroken } from '../contract.ts'
import { Acceptance } from './acceptance.ts'
import { amendPart } from './amending.ts'
import {
  allDone,
  appendToSegments,
  Batch,
  flushNewFiles,
  removeObsolete,
  renameIntoPlace,
  syncFolders,
} from './batch.ts'
import { answerFor } from './channel.ts'
import type { FileOps } from './files.ts'
import { type Opened, writeEmergency } from './opening.ts'
import { Originals } from './originals.ts'
import type { Answer, Call, WireMessage, WriterCalls } from './protocol.ts'
import { Queue } from './queue.ts'
import { Savepoint } from './savepoint.ts'
import { Sealing } from './sealing.ts'
import { prepareSettling, Settling, type SettlingStatements } from './settling.ts'
import type { WriterState } from './state.ts'

type WriterCall = Call<WriterCalls>
/** What a call does inside the transaction; its return value is the answer. */
type Work = () => unknown
type Planned = { readonly call: WriterCall; readonly work: Work }
type Plan = {
  readonly batch: Batch
  readonly settling: Settling
  readonly planned: Planned[]
  readonly answers: Answer[]
  readonly nowMs: number
}

const MAX_CALLS_PER_BATCH = 256
const IDLE_MS = 1000
const FREE_SPACE_FRESH_MS = 1000
type PlannedName = 'commit' | 'settle' | 'drop' | 'confirm' | 'reconfigure'
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
  readonly #queue: Queue
  readonly #originals: Originals
  readonly #settlingStatements: SettlingStatements
  readonly #savepoint: Savepoint
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
    this.#queue = new Queue(state)
    this.#originals = new Originals(state)
    this.#settlingStatements = prepareSettling(state)
    this.#savepoint = new Savepoint(state)
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
   * nobody is answered before the row is. No step is ever tried again.
   */
  async #commitBatch(calls: readonly WriterCall[]): Promise<void> {
    const files = this.#files
    const { layout, segments } = this.#state
    const plan = this.#reading(() => this.#plan(calls))
    const { batch } = plan

    await allDone([flushNewFiles(files, batch), appendToSegments(files, layout, segments, batch)])
    await renameIntoPlace(files, layout, batch)
    await syncFolders(files, layout, batch)
    if (calls.some(call => !READS.has(call.name))) files.commit(() => this.#transaction(plan))
    else this.#work(plan)
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

  /** Reads and seals; writes nothing. A call that cannot be planned is answered with its error. */
  #plan(calls: readonly WriterCall[]): Plan {
    const nowMs = Date.now()
    const batch = new Batch(this.#state.layout, this.#state.segments)
    const plan: Plan = {
      batch,
      settling: new Settling(this.#state, this.#settlingStatements),
      planned: [],
      answers: [],
      nowMs,
    }
    const dedupKeys = new Set<string>()
    const later: WriterCall[] = []
    for (const call of calls) {
      if (call.name === 'commit' && dedupKeys.has(call.argument.dedupKey)) {
        later.push(call) // the copy of a message of this very batch: whether that one is here, the next batch knows
        continue
      }
      if (call.name === 'commit') dedupKeys.add(call.argument.dedupKey)
      try {
        plan.planned.push({ call, work: this.#planCall(call, plan) })
      } catch (error) {
        if (isDiskError(error)) throw error
        plan.answers.push(answerFor(call.id, error))
      }
    }
    plan.settling.planFinished(batch, nowMs)
    this.#calls.unshift(...later)
    return plan
  }

  /** What must be decided, sealed or checked before anything is written. */
  #planCall(call: WriterCall, plan: Plan): Work {
    const { settling, nowMs } = plan
    switch (call.name) {
      case 'commit':
        return this.#planCommit(call.argument, plan)
      case 'settle': {
        const changes = settling.add(call.argument)
        return () => settling.writeChanges(changes, nowMs)
      }
      case 'drop': {
        const settlements = this.#queue.dropSettlements(call.argument.filter, call.argument.by, nowMs)
        const changes = settling.add(settlements)
        return () => {
          settling.writeChanges(changes, nowMs)
          return new Set(settlements.map(({ entryId }) => entryId)).size
        }
      }
      case 'confirm':
        for (const queueId of call.argument) this.#acceptance.unconfirmed.add(queueId)
        return () => undefined
      case 'reconfigure':
        this.#state.sealing = new Sealing(call.argument.recipients)
        this.#state.settings = call.argument
        return () => undefined
      default:
        return () => this.#perform(call, plan)
    }
  }

  /** Calls that are nothing but their part of the transaction. */
  #perform(call: Exclude<WriterCall, { readonly name: PlannedName }>, { batch, nowMs }: Plan): unknown {
    const { chain, freeBytes, payloads } = this.#state
    switch (call.name) {
      case 'claimDue':
        return this.#queue.claimDue(call.argument)
      case 'markDelayWarned':
        return this.#queue.markDelayWarned(call.argument)
      case 'readMessage':
        return this.#queue.locateCopy(call.argument)
      case 'retry':
        return this.#queue.retry(call.argument.filter, call.argument.by, nowMs)
      case 'hold':
        return this.#queue.hold(call.argument.filter, call.argument.by, nowMs)
      case 'audit':
        return chain.add(nowMs, call.argument)
      case 'checkpoint':
        return chain.checkpoint(nowMs)
      case 'space':
        return { freeBytes, originalBytes: payloads.storedBytes, ...this.#queue.census() }
      case 'pin':
        return this.#originals.pin(call.argument, nowMs)
      case 'exportOriginal':
        return this.#originals.exportOriginal(call.argument, nowMs)
      case 'purge':
        return this.#originals.purge(call.argument.filter, call.argument.by, {
          dryRun: call.argument.dryRun,
          nowMs,
          batch,
        })
      case 'retain':
        return this.#originals.retain(call.argument, batch)
      case 'amendPart':
        return amendPart(this.#state, call.argument, nowMs)
      case 'setEmergency':
        return this.#setEmergency(call.argument, nowMs)
      case 'close':
        return chain.add(nowMs, { tenant: 'default', kind: 'stop', actor: 'system', subject: 'store', detail: {} })
    }
  }

  #planCommit(message: WireMessage, { batch }: Plan): Work {
    const temp = message.original?.payload.kind === 'file' ? message.original.payload.tempPath : undefined
    try {
      const of = this.#acceptance.duplicateOf(message)
      if (of !== undefined) {
        if (temp) batch.obsolete.push(temp)
        return () => this.#acceptance.writeDuplicate(message, of)
      }
      const first = batch.newFiles.length
      const acceptance = this.#acceptance.plan(message, batch)
      const written = batch.newFiles.slice(first)
      return () => {
        try {
          return this.#acceptance.write(acceptance)
        } catch (error) {
          for (const { folder, name } of written) batch.obsolete.push(this.#state.layout.file(folder, name))
          throw error
        }
      }
    } catch (error) {
      if (temp) batch.obsolete.push(temp) // refused: the client keeps the message, we keep nothing of it
      throw error
    }
  }

  #transaction(plan: Plan): void {
    const { database, payloads } = this.#state
    database.exec('BEGIN IMMEDIATE')
    try {
      this.#acceptance.writeConfirmations()
      payloads.commitSegments(plan.batch)
      this.#work(plan)
      plan.settling.writeEntries(plan.nowMs)
      database.exec('COMMIT')
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
  }

  #work({ planned, answers }: Plan): void {
    for (const { call, work } of planned) {
      try {
        // A settlement was checked while planning; a failure now would leave its entry half-settled.
        const value = call.name === 'settle' || call.name === 'drop' ? work() : this.#savepoint.run(work)
        answers.push({ id: call.id, value })
      } catch (error) {
        if (isDiskError(error) || call.name === 'settle' || call.name === 'drop') throw error
        answers.push(answerFor(call.id, error))
      }
    }
  }

  #setEmergency({ state, by }: WriterCalls['setEmergency'][0], nowMs: number): void {
    writeEmergency(this.#state.database, state)
    this.#state.emergency = state
    const detail = { state, reason: by.reason }
    this.#state.chain.add(nowMs, {
      tenant: 'default',
      kind: 'emergency',
      actor: by.actor,
      subject: 'emergency',
      detail,
    })
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

/** Result codes after which the database file is not to be trusted: NOMEM, IOERR, CORRUPT, FULL, NOTADB. */
const DISK_ERRORS: ReadonlySet<number> = new Set([7, 10, 11, 13, 26])

function isDiskError(error: unknown): boolean {
  const { errcode } = error as { readonly errcode?: number }
  return errcode !== undefined && DISK_ERRORS.has(errcode & 0xff)
}
