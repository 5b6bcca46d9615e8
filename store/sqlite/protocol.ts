/**
 * What the main thread and the writer and reader threads say to each other: plain data.
 *
 * Calls of one turn of the event loop go over in one post, answers of one batch come back in one post.
 * Octets are copied once, on the way out, and then moved: the caller keeps its own.
 */
import type { Report } from '../../core/verdict.ts'
import type {
  AcceptedMessage,
  Act,
  AuditCheckpoint,
  AuditRecord,
  CommitResult,
  Emergency,
  MessageFilter,
  PartAmendment,
  PurgeFilter,
  QueuedGroup,
  QueueEntry,
  SealedOriginal,
  Settlement,
  TenantId,
} from '../contract.ts'
import { reportFacts } from '../mails.ts'
import type { RetentionSettings } from '../retention.ts'

/** What may change while the store is open (SIGHUP). */
export type StoreSettings = {
  /** Sealed bytes, of all tenants together. */
  readonly quotaBytes: number
  /** Below this much free disk nothing more is accepted. */
  readonly minFreeBytes: number
  /** The same for inodes. */
  readonly minFreeFiles: number
  readonly retention: RetentionSettings
  /** age recipients (`age1…`) that originals and delivered texts of a tenant are sealed to. */
  readonly recipients: Readonly<Record<TenantId, readonly string[]>>
}

/** A group with its report as JSON and what the audit record says of it. */
export type WireGroup = Omit<QueuedGroup, 'report'> & {
  readonly reportJson: string
  readonly verdict: string
  readonly profile: string
  readonly partsKeptBack: number
  readonly mailState: string
  readonly fileNames: string
  /** Digests of attachments, for `trace --sha256`. */
  readonly digests: readonly string[]
}
export type WireMessage = Omit<AcceptedMessage, 'groups'> & { readonly groups: readonly WireGroup[] }

export type Retained = {
  readonly originals: number
  readonly texts: number
  readonly log: number
  readonly more: boolean
}

/** Every call to the writer: arguments and answer, by name. */
export type WriterCalls = {
  commit: [message: WireMessage, answer: CommitResult & { readonly entries: readonly QueueEntry[] }]
  settle: [settlements: readonly Settlement[], answer: undefined]
  claimDue: [due: { readonly nowMs: number; readonly limit: number }, answer: readonly QueueEntry[]]
  markDelayWarned: [entryId: number, answer: undefined]
  readMessage: [entryId: number, answer: StoredBytes]
  confirm: [queueIds: readonly string[], answer: undefined]
  audit: [record: AuditRecord, answer: undefined]
  space: [nothing: undefined, answer: WriterSpace]
  retry: [ask: { readonly filter: MessageFilter; readonly by: Act }, answer: number]
  hold: [ask: { readonly filter: MessageFilter; readonly by: Act }, answer: number]
  drop: [ask: { readonly filter: MessageFilter; readonly by: Act }, answer: number]
  purge: [
    ask: { readonly filter: PurgeFilter; readonly by: Act; readonly dryRun: boolean },
    answer: { messages: number; bytes: number },
  ]
  pin: [ask: OriginalKey & { readonly pinned: boolean; readonly by: Act }, answer: boolean]
  exportOriginal: [
    ask: OriginalKey & { readonly by: Act },
    answer: { readonly header: Uint8Array; readonly payload: StoredBytes },
  ]
  amendPart: [amendment: PartAmendment, answer: boolean]
  setEmergency: [ask: { readonly state: Emergency; readonly by: Act }, answer: undefined]
  checkpoint: [nothing: undefined, answer: AuditCheckpoint]
  retain: [nowMs: number, answer: Retained]
  reconfigure: [settings: StoreSettings, answer: undefined]
  close: [nothing: undefined, answer: undefined]
}

export type OriginalKey = { readonly queueId: string; readonly tenant: TenantId }

/** Octets from the store: at hand, or a stretch of a file that the asker reads itself. */
export type StoredBytes =
  | { readonly kind: 'memory'; readonly bytes: Uint8Array }
  | { readonly kind: 'file'; readonly path: string; readonly offset: number; readonly length: number }

export type WriterSpace = {
  readonly freeBytes: number
  readonly originalBytes: number
  readonly queuedMessages: number
  readonly oldestDueAtMs: number | undefined
}

export type Call<Calls> = {
  [Name in keyof Calls]: { readonly id: number; readonly name: Name; readonly argument: First<Calls[Name]> }
}[keyof Calls]
type First<Pair> = Pair extends [infer Argument, unknown] ? Argument : never
export type AnswerOf<Pair> = Pair extends [unknown, infer Answer] ? Answer : never
export type Answer = {
  readonly id: number
  readonly value?: unknown
  readonly error?: { readonly name: string; readonly message: string }
}

/** Copies what the writer needs out of a message, its octets into buffers that can be moved. */
export function toWire(message: AcceptedMessage): { readonly wire: WireMessage; readonly moved: ArrayBuffer[] } {
  const moved: ArrayBuffer[] = []
  const copy = (bytes: Uint8Array) => {
    // A view of a pool would be sent with the whole pool.
    const own = new Uint8Array(bytes)
    moved.push(own.buffer)
    return own
  }
  const groups = message.groups.map(({ report, ...group }) => ({
    ...group,
    message: copy(group.message),
    ...wireFacts(report),
  }))
  const original = message.original && copyOriginal(message.original, copy)
  return { wire: { ...message, original, groups }, moved }
}

function copyOriginal(original: SealedOriginal, copy: (bytes: Uint8Array) => Uint8Array): SealedOriginal {
  const headers = original.headers.map(({ tenant, ageHeader }) => ({ tenant, ageHeader: copy(ageHeader) }))
  const { payload } = original
  return { headers, payload: payload.kind === 'file' ? payload : { kind: payload.kind, bytes: copy(payload.bytes) } }
}

function wireFacts(report: Report) {
  const { partsKept, mailState, fileNames } = reportFacts(report)
  const files = report.parts.filter(part => ['quarantined', 'pending', 'rebuilt'].includes(part.outcome))
  return {
    reportJson: JSON.stringify(report),
    verdict: report.verdict,
    profile: report.profile,
    partsKeptBack: partsKept,
    mailState,
    fileNames,
    digests: [...new Set(files.map(part => part.sha256).filter(digest => digest !== ''))],
  }
}
