/**
 * The embedded engine: SQLite and files in one directory, on one host.
 *
 *   main thread (SMTP) ──calls──▶ writer thread: group commit     mail.db, segments, files
 *                      ──asks───▶ reader thread: lists, traces    mail.db, read-only
 *
 * This is the main thread's side: it copies octets out, waits, and streams files back in.
 */
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Report } from '../../core/verdict.ts'
import type {
  AcceptedMessage,
  Act,
  AuditCheckpoint,
  AuditRecord,
  AuditVerdict,
  Emergency,
  MailQuestion,
  MailReads,
  MessageFilter,
  PartAmendment,
  PurgeFilter,
  QuarantineFilter,
  QueueEntry,
  SealedReads,
  Settlement,
  Store,
  StoreAdmin,
  StoreBroken,
  StoreSpace,
  TenantId,
} from '../contract.ts'
import type { AuditQuestion } from '../audit-page.ts'
import type { StoredQuestion, StoreOverview } from '../overview.ts'
import { auditCutoffMs, type RetentionSettings } from '../retention.ts'
import type { SeriesQuestion, TopQuestion } from '../statistics.ts'
import type { FileOps } from './files.ts'
import { type Layout, layoutOf } from './layout.ts'
import { type StoredBytes, type StoreSettings, toWire, type WriterCalls } from './protocol.ts'
import type { ReaderCalls } from './reader.ts'
import type { Walked } from './verifying.ts'
import { type Running, startReader, startWriter, startWriterHere } from './threads.ts'

export type StoreOptions = StoreSettings & {
  /** Made when missing; local disk, never a network file system. */
  readonly directory: string
  /** Called once when a flush has failed or the thread has died: end the process, start-up recovers. */
  readonly onBroken?: (error: StoreBroken) => void
  /** How far reads for people stand behind mail when the processor is short (nice(2)). */
  readonly niceness?: number
  /** Tests only: writer and reader run in this thread, the writer on these. */
  readonly files?: FileOps
}

export type SqliteStore = Store & StoreAdmin & MailReads & SealedReads & StoreOverview & { reconfigure(settings: StoreSettings): Promise<void> }

/** Rejects when another process has the store open, or its files cannot be read. */
export async function openStore(options: StoreOptions): Promise<SqliteStore> {
  const { directory, onBroken = () => {}, files, niceness = 0, ...rest } = options
  const settings = settingsOf(rest)
  const writer = files
    ? await startWriterHere(directory, settings, files, onBroken)
    : await startWriter(directory, settings, onBroken)
  return new ThreadedStore(directory, settings, { writer, here: files !== undefined, niceness })
}

const SPACE_FRESH_MS = 1000
const AUDIT_PAGE = 1000
/** Records that are counted in one go, and at most each time: pages are not to wait for it, nor mail. */
const TALLY_SLICE = 500
const MOST_TALLY_SLICES = 20

class ThreadedStore implements SqliteStore {
  readonly #layout: Layout
  readonly #writer: Running<WriterCalls>
  readonly #readers: { readonly here: boolean; readonly niceness: number }
  #reader: Running<ReaderCalls> | undefined
  #settings: StoreSettings
  #space: { readonly atMs: number; readonly space: Promise<StoreSpace> } | undefined
  #confirmed: string[] = []

  constructor(
    directory: string,
    settings: StoreSettings,
    { writer, ...readers }: { writer: Running<WriterCalls>; here: boolean; niceness: number },
  ) {
    this.#layout = layoutOf(directory)
    this.#settings = settings
    this.#writer = writer
    this.#readers = readers
  }

  commit(message: AcceptedMessage) {
    const { wire, moved } = toWire(message)
    this.#sendConfirmations()
    return this.#writer.channel.call('commit', wire, moved)
  }

  confirmReply(queueId: string): void {
    this.#confirmed.push(queueId)
  }

  claimDue(nowMs: number, limit: number): Promise<readonly QueueEntry[]> {
    this.#sendConfirmations()
    return this.#writer.channel.call('claimDue', { nowMs, limit })
  }

  async readMessage(entryId: number): Promise<Uint8Array> {
    return collect(await this.#writer.channel.call('readMessage', entryId))
  }

  settle(settlements: readonly Settlement[]): Promise<void> {
    this.#sendConfirmations()
    return this.#writer.channel.call('settle', settlements)
  }

  markDelayWarned(entryId: number): Promise<void> {
    return this.#writer.channel.call('markDelayWarned', entryId)
  }

  incomingPath(name: string): string {
    return this.#layout.file('incoming', name)
  }

  /** At most a second old: it is asked at every MAIL FROM. */
  space(): Promise<StoreSpace> {
    const nowMs = Date.now()
    if (this.#space && nowMs - this.#space.atMs < SPACE_FRESH_MS) return this.#space.space
    const space = this.#writer.channel
      .call('space', undefined)
      .then(space => ({ ...space, quotaBytes: this.#settings.quotaBytes }))
    this.#space = { atMs: nowMs, space }
    return space
  }

  audit(record: AuditRecord): Promise<void> {
    return this.#writer.channel.call('audit', record)
  }

  async reconfigure(settings: StoreSettings): Promise<void> {
    await this.#writer.channel.call('reconfigure', settingsOf(settings))
    this.#settings = settings
    this.#space = undefined
  }

  async close(): Promise<void> {
    await this.#reader?.stop()
    this.#sendConfirmations()
    try {
      await this.#writer.channel.call('close', undefined)
    } finally {
      await this.#writer.stop()
    }
  }

  listQueue(filter: MessageFilter) {
    return this.#read('listQueue', filter)
  }

  listQuarantine(filter: QuarantineFilter) {
    return this.#read('listQuarantine', filter)
  }

  trace(filter: MessageFilter) {
    return this.#read('trace', filter)
  }

  report(queueId: string, tenant: TenantId): Promise<readonly Report[]> {
    return this.#read('report', { queueId, tenant })
  }

  listMails(question: MailQuestion) {
    return this.#read('listMails', question)
  }

  mailMessage(publicId: string) {
    return this.#read('mailMessage', publicId)
  }

  emergency(): Promise<Emergency> {
    return this.#read('emergency', undefined)
  }

  /** Slice by slice: other questions are answered in between. */
  async verifyAudit(anchor?: AuditCheckpoint): Promise<AuditVerdict> {
    const cutoffMs = auditCutoffMs(this.#settings.retention, Date.now())
    for (let walked: Walked | undefined; ; ) {
      const slice = await this.#read('verifySlice', { anchor, cutoffMs, walked })
      if (slice.kind === 'done') return slice.verdict
      walked = slice.walked
    }
  }

  async *exportAudit(sinceSeq: number): AsyncGenerator<string> {
    let fromSeq = sinceSeq
    for (;;) {
      const { lines, nextSeq } = await this.#read('auditPage', { fromSeq, limit: AUDIT_PAGE })
      yield* lines
      if (lines.length < AUDIT_PAGE) return
      fromSeq = nextSeq
    }
  }

  series(question: SeriesQuestion) {
    return this.#read('series', question)
  }

  top(question: TopQuestion) {
    return this.#read('top', question)
  }

  expiries(tenant: TenantId, fromMs: number, days: number) {
    return this.#read('expiries', { tenant, fromMs, days })
  }

  auditRecords(question: AuditQuestion) {
    return this.#read('auditRecords', question)
  }

  storedMessages(question: StoredQuestion) {
    return this.#read('storedMessages', question)
  }

  async catchUp(): Promise<void> {
    for (let slice = 0; slice < MOST_TALLY_SLICES; slice++) {
      if (!(await this.#read('catchUp', { limit: TALLY_SLICE, nowMs: Date.now() }))) return
    }
  }

  hold(filter: MessageFilter, by: Act): Promise<number> {
    return this.#writer.channel.call('hold', { filter, by })
  }

  retry(filter: MessageFilter, by: Act): Promise<number> {
    return this.#writer.channel.call('retry', { filter, by })
  }

  drop(filter: MessageFilter, by: Act): Promise<number> {
    return this.#writer.channel.call('drop', { filter, by })
  }

  purge(filter: PurgeFilter, by: Act, dryRun: boolean) {
    return this.#writer.channel.call('purge', { filter, by, dryRun })
  }

  pin(queueId: string, tenant: TenantId, pinned: boolean, by: Act): Promise<boolean> {
    return this.#writer.channel.call('pin', { queueId, tenant, pinned, by })
  }

  async *exportOriginal(queueId: string, tenant: TenantId, by: Act): AsyncGenerator<Uint8Array> {
    const { header, payload } = await this.#writer.channel.call('exportOriginal', { queueId, tenant, by })
    yield* piecesOf(header, payload)
  }

  async sealedOriginal(queueId: string, tenant: TenantId) {
    const located = await this.#read('locateOriginal', { queueId, tenant })
    return located && piecesOf(located.header, located.payload)
  }

  async composedText(publicId: string) {
    const located = await this.#read('locateText', publicId)
    return located && { sealed: located.header !== undefined, octets: piecesOf(located.header, located.payload) }
  }

  pendingMails(limit: number) {
    return this.#read('pendingMails', limit)
  }

  amendPart(amendment: PartAmendment): Promise<boolean> {
    return this.#writer.channel.call('amendPart', amendment)
  }

  setEmergency(state: Emergency, by: Act): Promise<void> {
    return this.#writer.channel.call('setEmergency', { state, by })
  }

  checkpoint(): Promise<AuditCheckpoint> {
    return this.#writer.channel.call('checkpoint', undefined)
  }

  async retain(nowMs: number) {
    const total = { originals: 0, texts: 0, log: 0 }
    for (;;) {
      const slice = await this.#writer.channel.call('retain', nowMs)
      total.originals += slice.originals
      total.texts += slice.texts
      total.log += slice.log
      if (!slice.more) return total
    }
  }

  #read<Name extends keyof ReaderCalls>(name: Name, argument: ReaderCalls[Name][0]) {
    this.#reader ??= startReader(this.#layout.directory, this.#readers)
    return this.#reader.channel.call(name, argument)
  }

  /** They ride along with the next call that has a transaction anyway. */
  #sendConfirmations(): void {
    if (this.#confirmed.length === 0) return
    this.#writer.channel.call('confirm', this.#confirmed).catch(() => {})
    this.#confirmed = []
  }
}

/** The settings alone: whatever else stood in the options cannot cross to a thread. */
function settingsOf({ quotaBytes, minFreeBytes, minFreeFiles, retention, recipients }: StoreSettings): StoreSettings {
  const { originalDays, textDays, logDays, auditYears, classes } = retention
  const times: RetentionSettings = { originalDays, textDays, logDays, auditYears, ...(classes ? { classes } : {}) }
  return { quotaBytes, minFreeBytes, minFreeFiles, retention: times, recipients }
}

async function* piecesOf(header: Uint8Array | undefined, payload: StoredBytes): AsyncGenerator<Uint8Array> {
  if (header) yield header
  if (payload.kind === 'memory') yield payload.bytes
  else if (payload.length > 0) yield* createReadStream(payload.path, { start: payload.offset, end: payload.offset + payload.length - 1 })
}

async function collect(stored: StoredBytes): Promise<Uint8Array> {
  if (stored.kind === 'memory') return stored.bytes
  const file = await open(stored.path, 'r')
  try {
    return await file.readFile()
  } finally {
    await file.close()
  }
}
