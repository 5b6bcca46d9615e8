/** A workshop that composes next to nothing, and a store in memory that knows a message it has seen. */
import { USUAL_FORMS } from '../../../../core/file-forms.ts'
import { TEST_FILE_LIMITS } from '../../../support/job.ts'
import { randomBytes } from 'node:crypto'
import type { ComposedGroup, NoticeContext, SanitizeJob, SanitizeResult } from '../../../../core/job.ts'
import { DEFAULT_READER_LIMITS } from '../../../../core/mime/part.ts'
import type { Policy } from '../../../../core/policy/model.ts'
import { generateIdentity, parseIdentity, parseRecipient } from '../../../../core/seal/age.ts'
import type { QueueId } from '../../../../core/smtp/envelope.ts'
import type { Verdict } from '../../../../core/verdict.ts'
import { createIds } from '../../../../gateway/inbound/ids.ts'
import { loopGuard } from '../../../../gateway/inbound/loop.ts'
import { SMALL_MESSAGE, type TransactionDeps } from '../../../../gateway/inbound/transaction.ts'
import type { AcceptedMessage, CommitResult, QueueEntry } from '../../../../store/contract.ts'
import type { Replay, Workshop, WorkResult } from '../../../../workers/contract.ts'

export const POLICY: Policy = { profile: 'text-only', version: 'v1', rows: [], objects: {}, files: USUAL_FORMS, links: 'keep', bodyCharset: 'utf-8', extraHeaderFields: [], subjectTag: '' }

const keys = generateIdentity(randomBytes(32))
export const IDENTITY = parseIdentity(keys.identity)!

export type FakeWorkshop = Workshop & {
  readonly jobs: SanitizeJob[]
  readonly seen: Buffer[]
  readonly replayed: Buffer[]
  aborts: number
  /** Changes what the next messages come to. */
  settle: (job: SanitizeJob, done: WorkResult) => WorkResult | Promise<WorkResult>
}

export function fakeWorkshop(): FakeWorkshop {
  const workshop: FakeWorkshop = {
    jobs: [],
    seen: [],
    replayed: [],
    aborts: 0,
    ready: true,
    settle: (_job, done) => done,
    async sanitize(job, untrusted) {
      workshop.jobs.push(job)
      workshop.seen.push(Buffer.from(untrusted))
      return await workshop.settle(job, done(job))
    },
    begin(job, replay: Replay) {
      workshop.jobs.push(job)
      const chunks: Uint8Array[] = []
      let aborted = (_result: WorkResult) => {}
      const abortion = new Promise<WorkResult>(resolve => {
        aborted = resolve
      })
      return {
        async write(chunk) {
          chunks.push(chunk)
        },
        async finish() {
          workshop.seen.push(Buffer.concat(chunks))
          const again: Uint8Array[] = []
          for await (const chunk of replay()) again.push(chunk)
          workshop.replayed.push(Buffer.concat(again))
          return await Promise.race([abortion, Promise.resolve(workshop.settle(job, done(job)))])
        },
        abort() {
          workshop.aborts++
          aborted({ kind: 'aborted' })
        },
      }
    },
    close: async () => undefined,
  }
  return workshop
}

export function done(job: SanitizeJob, verdict: Verdict = { kind: 'relay' }): Extract<WorkResult, { kind: 'done' }> {
  const summary = { messageId: '<m@x.example>', subject: 's', from: 'a@x.example', receivedCount: 1, loopMarks: [] }
  const result: SanitizeResult = { verdict, summary, reversePathConfirmed: !job.session.listedUpstream && job.spf?.result === 'pass', groups: job.groups.map(({ id }) => composed(job, id)) }
  return { kind: 'done', result, degraded: 'no', alarms: [] }
}

export function composed(job: SanitizeJob, id: string): ComposedGroup {
  const text = `Received: from x by ${job.hostname} with ESMTP id ${job.queueId}; ${job.receivedDate}\r\nSubject: group ${id}\r\n\r\nhello\r\n`
  return {
    id,
    message: Buffer.from(text),
    manifest: { queueId: job.queueId, fields: ['received', 'subject'], subject: `group ${id}`, messageId: '', textSha256: '', files: [] },
    report: { verdict: 'relay', profile: 'text-only', policyVersion: 'v1', parts: [], findings: [] },
  }
}

export type FakeStore = TransactionDeps['store'] & {
  readonly committed: AcceptedMessage[]
  readonly confirmed: QueueId[]
  beforeCommit: () => void | Promise<void>
}

export function fakeStore(folder: string): FakeStore {
  const store: FakeStore = {
    committed: [],
    confirmed: [],
    beforeCommit: () => undefined,
    incomingPath: name => `${folder}/${name}`,
    confirmReply: queueId => void store.confirmed.push(queueId),
    async commit(message): Promise<CommitResult & { entries: readonly QueueEntry[] }> {
      await store.beforeCommit()
      const twin = store.committed.find(({ dedupKey, queueId }) => dedupKey === message.dedupKey && !store.confirmed.includes(queueId))
      if (twin) return { kind: 'duplicate', of: twin.queueId, entries: [] }
      store.committed.push(message)
      return { kind: 'committed', entries: message.groups.map((group, index) => entryOf(message, group.groupId, index)) }
    },
  }
  return store
}

function entryOf(message: AcceptedMessage, groupId: string, index: number): QueueEntry {
  const { queueId, reversePath, dsnAllowed, smtpUtf8, acceptedAtMs } = message
  const { tenant, route, recipients, message: bytes } = message.groups[index]!
  const fixed = { direction: 'inward', attempts: 0, delayWarned: false, mayBeDuplicate: false } as const
  return { entryId: index + 1, queueId, tenant, groupId, route, reversePath, dsnAllowed, smtpUtf8, acceptedAtMs, recipients, messageBytes: bytes.length, ...fixed }
}

const NOTICE: NoticeContext = { language: 'ja', url: '', checkCode: '', keptUntil: '', contact: '', texts: {} }

export type RecordedEvent = readonly [name: string, ...details: unknown[]]

export function fakeDeps(parts: Pick<TransactionDeps, 'workshop' | 'store'>, events: RecordedEvent[], overrides: Partial<TransactionDeps> = {}): TransactionDeps {
  const note = (name: string) => (...details: unknown[]) => void events.push([name, ...details])
  return {
    ...parts,
    recipientsOf: () => [parseRecipient(keys.recipient)!],
    randomBytes,
    policyFor: mailbox => ({
      tenant: mailbox.endsWith('@other.example') ? 'other' : 'default',
      policyKey: mailbox.startsWith('boss') ? 'strict' : 'usual',
      policy: POLICY,
      route: 'inward',
      retentionClass: 'original',
      classification: mailbox.startsWith('secret') ? 3 : undefined,
      ownDomains: ['inside.example'],
      notice: ({ publicId, checkCode }) => ({ ...NOTICE, url: `https://portal.example/m/${publicId}`, checkCode }),
    }),
    retentionFor: (tenant, ofPeople, { subject }) => `${tenant} ${ofPeople ?? '-'} ${subject}`,
    spf: async () => ({ result: 'pass', domain: 'client.example' }),
    authenticate: ['dkim', 'dmarc'],
    dsnToUnauthenticated: false,
    ids: createIds(Date.now, randomBytes),
    nowMs: Date.now,
    hostname: 'gate.example',
    limits: { reader: DEFAULT_READER_LIMITS, textPartBytes: 1e6, bodyBytes: 1e6, fileBytes: 1e6, filesBytes: 1e6, ...TEST_FILE_LIMITS },
    small: SMALL_MESSAGE,
    seal: undefined,
    loop: loopGuard(Buffer.from('key'), 50),
    offer: note('offer'),
    onStoreBroken: note('broken'),
    record: {
      received: note('received'),
      judged: note('judged'),
      accepted: note('accepted'),
      duplicate: note('duplicate'),
      replyLost: note('replyLost'),
      ended: note('ended'),
      alarm: note('alarm'),
    },
    ...overrides,
  }
}
