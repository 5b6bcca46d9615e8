/**
 * One message, from the first octet of data to its reply. Reads as the way of a message:
 *
 *   group recipients ▸ receive (small: whole; large: sealed to disk while it streams to the workshop)
 *     ▸ result ▸ loop guard ▸ verdict ▸ canonical check ▸ ARC set, where a key is set ▸ commit ▸ 250 ▸ offer to the relay
 *
 * Invariants: 250 only after the store's commit; nothing is committed that did not pass every check; whatever is
 * thrown on the way becomes a 4xx (the client keeps the message) unless it is a Refusal that says otherwise.
 * A client that is gone before the commit leaves nothing; one that leaves after it will be recognised when it
 * sends the same again (design: lost replies).
 */
import { createHash } from 'node:crypto'
import type { ClassedMessage, Classification } from '../../core/classification.ts'
import type { SanitizeJob, SanitizeLimits, SanitizeResult, SenderCheck, SpfOutcome } from '../../core/job.ts'
import { checkCanonical, composedQueueId } from '../../core/mime/canonical.ts'
import type { RandomBytes, Recipient } from '../../core/seal/age.ts'
import type { Envelope, Mailbox, QueueId } from '../../core/smtp/envelope.ts'
import { REPLIES, Refusal } from '../../core/smtp/reply.ts'
import type { AcceptedMessage, QueueEntry, SealedOriginal, Store } from '../../store/contract.ts'
import { StoreBroken, StoreFull } from '../../store/contract.ts'
import type { Workshop, WorkResult } from '../../workers/contract.ts'
import { ClientGone, type MessageSource } from './data.ts'
import { groupRecipients, type RecipientPolicy, type RoutedGroup } from './groups.ts'
import type { Ids } from './ids.ts'
import type { LoopGuard } from './loop.ts'
import type { ClientSession, MessageAnswer, OnMessage } from './options.ts'
import { LargeOriginal } from './original.ts'
import type { TransactionRecord } from './record.ts'

export type TransactionDeps = {
  readonly workshop: Workshop
  readonly store: Pick<Store, 'commit' | 'confirmReply' | 'incomingPath'>
  /** Who can open the originals of a tenant: public keys only. */
  readonly recipientsOf: (tenant: string) => readonly Recipient[]
  readonly randomBytes: RandomBytes
  readonly policyFor: (mailbox: Mailbox) => RecipientPolicy
  /** How long the message is kept, by its tenant and its class: that of its recipients, or what sender and subject make of it. */
  readonly retentionFor: (tenant: string, ofPeople: Classification | undefined, message: ClassedMessage) => string
  /** Within its own time limit; a failure is `temperror`, never a throw. Not asked behind a listed upstream. */
  readonly spf: (session: ClientSession, envelope: Envelope) => Promise<SpfOutcome>
  /** What is checked for strangers beside SPF. */
  readonly authenticate: readonly SenderCheck[]
  /** DSNs also to senders whom no check confirmed. */
  readonly dsnToUnauthenticated: boolean
  readonly ids: Ids
  readonly nowMs: () => number
  readonly hostname: string
  readonly limits: SanitizeLimits
  /** Larger or slower messages are sealed to disk while they arrive. */
  readonly small: { readonly bytes: number; readonly waitMs: number }
  readonly loop: LoopGuard
  /** Adds an ARC set to a composed message that has passed every check; undefined where none is wanted. */
  readonly seal: ((message: Uint8Array) => Promise<Uint8Array>) | undefined
  /** Freshly committed entries, with their messages still in memory. Must not throw or wait. */
  readonly offer: (entry: QueueEntry, message: Uint8Array) => void
  /** The store can promise nothing any more: end the process, start-up recovers. */
  readonly onStoreBroken: (error: StoreBroken) => void
  readonly record: TransactionRecord
}

/** The defaults of `small`. */
export const SMALL_MESSAGE = { bytes: 256 * 1024, waitMs: 2000 } as const

export function createTransaction(deps: TransactionDeps): OnMessage {
  return async (session, envelope, data) => {
    const message = new ArrivingMessage(deps, session, envelope, data)
    try {
      return await message.run()
    } catch (error) {
      await message.discard()
      deps.record.ended(message.queueId, session, envelope, error)
      if (error instanceof StoreBroken) deps.onStoreBroken(error)
      throw error
    }
  }
}

type Received = { readonly work: WorkResult; readonly original: SealedOriginal }

class ArrivingMessage {
  readonly queueId: QueueId
  readonly #deps: TransactionDeps
  readonly #session: ClientSession
  readonly #envelope: Envelope
  readonly #data: MessageSource
  readonly #groups: readonly RoutedGroup[]
  readonly #spf: Promise<SpfOutcome | undefined>
  readonly #receivedMs: number
  #large: LargeOriginal | undefined
  #dataEndMs = 0

  constructor(deps: TransactionDeps, session: ClientSession, envelope: Envelope, data: MessageSource) {
    this.#deps = deps
    this.#session = session
    this.#envelope = envelope
    this.#data = data
    this.#receivedMs = deps.nowMs()
    this.queueId = deps.ids.queueId()
    const numbers = { ids: deps.ids, receivedMs: this.#receivedMs }
    this.#groups = groupRecipients(envelope.forwardPaths, deps.policyFor, numbers)
    this.#spf = session.listedUpstream ? Promise.resolve(undefined) : deps.spf(session, envelope)
    // Awaited below, or not at all when the client leaves first.
    this.#spf.catch(() => undefined)
  }

  async run(): Promise<MessageAnswer> {
    const { work, original } = await this.#receive()
    const result = this.#settled(work)
    this.#guardLoop(result)
    this.#guardVerdict(result)
    this.#checkComposed(result)
    if (this.#data.clientGone) throw new ClientGone('client left before the commit')
    return await this.#commit(await this.#sealed(result), original)
  }

  discard(): Promise<void> {
    return this.#large?.discard() ?? Promise.resolve()
  }

  async #receive(): Promise<Received> {
    const { small, workshop } = this.#deps
    const collected = await this.#data.collectSmall(small.bytes, small.waitMs)
    if (collected.kind === 'large') return await this.#receiveLarge(collected.head, collected.rest)
    this.#dataEnded()
    const work = await workshop.sanitize(await this.#job(), collected.bytes)
    return { work, original: { headers: [], payload: { kind: 'plain', bytes: collected.bytes } } }
  }

  async #receiveLarge(head: readonly Uint8Array[], rest: AsyncIterable<Uint8Array>): Promise<Received> {
    const { store, workshop, randomBytes } = this.#deps
    const large = await LargeOriginal.create(store.incomingPath(this.queueId), this.#sealFor(), randomBytes)
    this.#large = large
    const inProgress = workshop.begin(await this.#job(), () => large.replay())
    this.#data.onClientGone(() => inProgress.abort())
    try {
      const take = async (chunk: Uint8Array) => {
        await Promise.all([large.write(chunk), inProgress.write(chunk)])
      }
      for (const chunk of head) await take(chunk)
      for await (const chunk of rest) await take(chunk)
      await large.end()
    } catch (error) {
      inProgress.abort()
      throw error
    }
    this.#dataEnded()
    return { work: await inProgress.finish(), original: large.sealed() }
  }

  #dataEnded(): void {
    this.#dataEndMs = this.#deps.nowMs()
    this.#deps.record.received(this.queueId, this.#session, this.#envelope, this.#data.receivedBytes)
  }

  async #job(): Promise<SanitizeJob> {
    const { hostname, ids, limits, loop, authenticate } = this.#deps
    const { clientAddress, helo, protocol, listedUpstream, trustedAuthservIds } = this.#session
    return {
      queueId: this.queueId,
      receivedDate: rfc5322Date(this.#receivedMs),
      hostname,
      session: { clientAddress, helo, protocol, listedUpstream, trustedAuthservIds },
      reversePath: this.#envelope.reversePath,
      spf: await this.#spf,
      authenticate: listedUpstream ? [] : authenticate,
      loopMark: loop.mark(this.queueId),
      seed: ids.seed(),
      groups: this.#groups.map(({ group }) => group),
      limits,
      mode: 'full',
    }
  }

  #settled(work: WorkResult): SanitizeResult {
    const sanitizeMs = this.#deps.nowMs() - this.#dataEndMs
    switch (work.kind) {
      case 'done':
        this.#deps.record.judged(this.queueId, work, sanitizeMs)
        return work.result
      case 'busy':
        throw new Refusal('overloaded', { reason: 'not started in time' })
      case 'sick':
        throw new Refusal('internal', { reason: `workshop is sick: ${work.reason}` })
      case 'aborted':
        throw new ClientGone('aborted')
    }
  }

  #guardLoop({ summary }: SanitizeResult): void {
    const reason = this.#deps.loop.detect(summary)
    if (reason) throw new Refusal('loopDetected', { reason })
  }

  /** A relay that gets 5xx bounces to a forged sender, so for listed upstreams nothing may be judged `reject`. */
  #guardVerdict({ verdict }: SanitizeResult): void {
    if (verdict.kind === 'relay') return
    if (!this.#session.listedUpstream) throw new Refusal(verdict.reply, { reason: `rule ${verdict.rule}` })
    throw this.#alarm('verdict', `rule ${verdict.rule} rejects mail of a listed upstream`)
  }

  /** Our own last look: no parser, no understanding, and no trust in whoever composed it. */
  #checkComposed({ groups }: SanitizeResult): void {
    const wanted = this.#groups.map(({ group }) => group.id).join()
    if (groups.map(({ id }) => id).join() !== wanted) throw this.#alarm('composed', 'groups do not match the envelope')
    for (const { id, message, manifest } of groups) {
      const fault = checkCanonical(message)
      if (fault) throw this.#alarm('composed', `group ${id}: ${fault}`)
      const foreign = [manifest.queueId, composedQueueId(message)].some(queueId => queueId !== this.queueId)
      if (foreign) throw this.#alarm('composed', `group ${id}: another message's queue id`)
    }
  }

  /** A set that could not be made, or is not canonical itself, is left out: an alarm, and no reason to keep mail waiting. */
  async #sealed(result: SanitizeResult): Promise<SanitizeResult> {
    const { seal, record } = this.#deps
    if (!seal) return result
    const groups = result.groups.map(async group => {
      try {
        const message = await seal(group.message)
        const fault = checkCanonical(message)
        if (!fault) return { ...group, message }
        record.alarm('arc', `${this.queueId}: ${fault}`)
      } catch (error) {
        record.alarm('arc', `${this.queueId}: ${error instanceof Error ? error.message : String(error)}`)
      }
      return group
    })
    return { ...result, groups: await Promise.all(groups) }
  }

  async #commit(result: SanitizeResult, original: SealedOriginal): Promise<MessageAnswer> {
    const { store, offer, record, nowMs } = this.#deps
    const message = this.#accepted(result, original)
    const outcome = await store.commit(message).catch(orStorageFull)
    const queueId = outcome.kind === 'duplicate' ? outcome.of : this.queueId
    if (outcome.kind === 'duplicate') {
      await this.discard()
      record.duplicate(this.queueId, queueId)
    } else {
      record.accepted(message, nowMs() - this.#dataEndMs)
      for (const entry of outcome.entries) {
        const composed = result.groups.find(({ id }) => id === entry.groupId)
        if (composed) offer(entry, composed.message)
      }
    }
    return {
      reply: { ...REPLIES.accepted, text: `${REPLIES.accepted.text} as ${queueId}` },
      onClientWentOn: () => store.confirmReply(queueId),
      onReplyLost: () => record.replyLost(queueId, this.#session),
    }
  }

  #accepted(result: SanitizeResult, original: SealedOriginal): AcceptedMessage {
    const { clientAddress, helo } = this.#session
    const { reversePath, smtpUtf8, forwardPaths } = this.#envelope
    const { from: headerFrom, subject } = result.summary
    const rawSha256 = this.#data.sha256()
    const sent = [clientAddress, reversePath, [...forwardPaths].sort(), rawSha256]
    return {
      queueId: this.queueId,
      acceptedAtMs: this.#deps.nowMs(),
      clientAddress,
      helo,
      reversePath,
      dsnAllowed: reversePath !== null && (result.reversePathConfirmed || this.#deps.dsnToUnauthenticated),
      smtpUtf8,
      rawBytes: this.#data.receivedBytes,
      rawSha256,
      dedupKey: createHash('sha256').update(JSON.stringify(sent)).digest('hex'),
      summary: result.summary,
      original,
      groups: this.#groups.map(({ group, route, classification, publicId, checkCode }, index) => {
        const { message, report } = result.groups[index]!
        const { id: groupId, tenant, recipients } = group
        const composed = { groupId, tenant, recipients, message, report, publicId, checkCode }
        const retentionClass = this.#deps.retentionFor(tenant, classification, { headerFrom, reversePath, subject })
        return { ...composed, route, direction: 'inward', retentionClass }
      }),
    }
  }

  #sealFor() {
    const tenants = new Set(this.#groups.map(({ group }) => group.tenant))
    return [...tenants].map(tenant => ({ tenant, recipients: this.#deps.recipientsOf(tenant) }))
  }

  #alarm(kind: string, text: string): Refusal {
    this.#deps.record.alarm(kind, `${this.queueId}: ${text}`)
    return new Refusal('internal', { reason: text })
  }
}

function orStorageFull(error: unknown): never {
  if (error instanceof StoreFull) throw new Refusal('storageFull', { reason: error.message, cause: error })
  throw error
}

function rfc5322Date(ms: number): string {
  return new Date(ms).toUTCString().replace('GMT', '+0000')
}
