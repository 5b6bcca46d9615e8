/** A StoreAdmin that remembers what it was asked and answers from fixed rows. */
import type { Emergency, MailReads, QuarantineRow, QueueRow, StoreAdmin, TraceResult } from '../../store/contract.ts'
import type { StoreOverview } from '../../store/overview.ts'
import type { Mailbox, QueueId } from '../../core/smtp/envelope.ts'

const QUEUED: QueueRow = {
  queueId: 'q1' as QueueId,
  entryId: 1,
  tenant: 'default',
  route: 'inward',
  reversePath: 'a@x.example' as Mailbox,
  acceptedAtMs: 0,
  messageBytes: 2048,
  recipients: [
    {
      mailbox: 'b@town.example.jp' as Mailbox,
      state: { kind: 'scheduled', dueAtMs: 60_000, attempts: 1, lastReply: '451 later' },
    },
  ],
}
const KEPT: QuarantineRow = {
  queueId: 'q1' as QueueId,
  tenant: 'default',
  acceptedAtMs: 0,
  reversePath: null,
  subject: '見積書\u202e',
  bytes: 4096,
  rawSha256: 'ab'.repeat(32),
  expiresAtMs: 86_400_000,
  pinned: false,
  purged: false,
  parts: [{ id: '2', name: '配置図.jww', detectedType: 'application/x-jww', reason: 'cannot-disarm' }],
}
const TRACED: TraceResult = {
  queueId: 'q1' as QueueId,
  tenant: 'default',
  reversePath: null,
  recipients: ['b@town.example.jp' as Mailbox],
  subject: '見積書',
  rawSha256: 'ab'.repeat(32),
  steps: [{ atMs: 0, kind: 'accept', actor: 'system', detail: { verdict: 'relay' } }],
}

export type FakeStoreAdmin = StoreAdmin & MailReads & StoreOverview & { readonly asked: unknown[][] }

export function fakeStoreAdmin(): FakeStoreAdmin {
  const asked: unknown[][] = []
  let emergency: Emergency = 'none'
  const answer =
    <T>(name: string, value: T) =>
    async (...args: unknown[]): Promise<T> => {
      asked.push([name, ...args])
      return value
    }
  const isKept = (queueId: string) => queueId === KEPT.queueId
  return {
    asked,
    listQueue: async filter =>
      filter.queueId === undefined || filter.queueId === QUEUED.queueId ? answer('listQueue', [QUEUED])(filter) : [],
    retry: answer('retry', 3),
    hold: answer('hold', 2),
    series: answer('series', [{ slotMs: 0, key: '', count: 3, bytes: 4096 }]),
    top: answer('top', { rows: [{ key: 'x.example', count: 3, bytes: 4096 }], count: 3, bytes: 4096, keys: 1 }),
    expiries: answer('expiries', [{ dayMs: 0, messages: 2 }]),
    auditRecords: answer('auditRecords', { records: [], next: undefined, searchedToMs: undefined }),
    storedMessages: answer('storedMessages', { messages: [], next: undefined }),
    catchUp: answer('catchUp', undefined),
    drop: answer('drop', 1),
    listQuarantine: async filter =>
      filter.queueId === undefined || isKept(filter.queueId) ? answer('listQuarantine', [KEPT])(filter) : [],
    exportOriginal: async function* (queueId, tenant, by) {
      asked.push(['exportOriginal', queueId, tenant, by])
      if (!isKept(queueId)) throw new Error(`no original of ${queueId}`)
      yield Buffer.from('age-encryption.org/v1\n')
      yield Buffer.alloc(200_000, 1)
      if (tenant === 'breaks') throw new Error('disk gone')
    },
    purge: answer('purge', { messages: 2, bytes: 8192 }),
    pin: async (queueId, tenant, pinned, by) => {
      asked.push(['pin', queueId, tenant, pinned, by])
      return isKept(queueId)
    },
    trace: async filter => (filter.sha256 === 'ff' ? [] : answer('trace', [TRACED])(filter)),
    report: answer('report', []),
    emergency: async () => emergency,
    setEmergency: async (state, by) => {
      asked.push(['setEmergency', state, by])
      emergency = state
    },
    verifyAudit: async anchor =>
      anchor?.seq === 99
        ? { ok: false, seq: 99, problem: 'the chain ends before the checkpoint' }
        : { ok: true, records: 5, headSeq: 5, headHash: 'cd' },
    exportAudit: async function* (sinceSeq) {
      for (let seq = sinceSeq + 1; seq <= 3; seq++) yield `{"seq":${seq}}\n`
    },
    checkpoint: answer('checkpoint', { seq: 5, hash: 'cd', atMs: 1, publicKey: 'pk', signature: 'sig' }),
    listMails: answer('listMails', { rows: [], next: '7', searchedToMs: undefined }),
    mailMessage: answer('mailMessage', undefined),
    retain: answer('retain', { originals: 0, texts: 0, log: 0 }),
  }
}
