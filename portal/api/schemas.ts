/** Schemas of what the API answers with; a test holds real answers against them. */
import { DISPOSITIONS, OUTCOMES } from '../../core/verdict.ts'
import { count, type Json, list, object, oneOf, ref, text, time, yesNo } from '../../rest/openapi.ts'
import { MAIL_STATES } from '../../store/mails.ts'

/** Null where there is none. */
export const orNull = (schema: Json): Json => ({ anyOf: [schema, { type: 'null' }] })
export const jsonOf = (schema: Json): Json => ({ 'application/json': { schema } })
export const linesOf = (schema: Json): Json => ({ 'application/jsonl': { schema } })

/** `next` goes into `after` of the next question. */
export const pageOf = (name: string, items: Json): Json =>
  object({ [name]: list(items), next: orNull(text('For `after`; null when there is no more.')), searchedTo: orNull(time('A search looks at a bounded number of mails: how far back it came. A page may be empty and still have a `next`.')) }, ['searchedTo'])

const facts = { code: text('What was seen (docs/findings.md).'), detail: text() }
const removed = object({ what: text('Kind of object (docs/policy.md).'), count: count() })
const outcome = { disposition: oneOf(DISPOSITIONS), rule: text('Row of the policy that decided.'), reason: orNull(text('Why it was kept back (docs/findings.md).')), deliveredName: orNull(text('Name of the rebuilt file.')), besideName: orNull(text('Name of what goes with it: the words of a document whose pages are pictures.')), removed: list(removed), findings: list(object(facts, ['detail'])) }
const file = { name: text('As it came, made visible.'), detectedType: text(), bytes: count('Decoded.'), sha256: text() }
const recipient = object({ mailbox: text(), state: oneOf(['scheduled', 'delivered', 'failed', 'dropped']), at: orNull(time('')) })
const summary = {
  messageId: text('Public number, as in the notice’s link.'),
  queueId: text(),
  acceptedAt: time('When it was taken over.'),
  from: text('Header field From.'),
  reversePath: orNull(text('Envelope sender; null for <>.')),
  subject: text(),
  recipients: list(text()),
  bytes: count(),
  state: oneOf(MAIL_STATES.filter(state => state !== 'any')),
  partsKept: count(),
}
const step = object({ at: time(''), kind: text('docs/audit.md'), actor: text(), detail: { type: 'object' } })

export const SCHEMAS: Json = {
  MessageRow: object(summary),
  Message: object({
    ...summary,
    recipients: list(recipient),
    headerMessageId: text('Header field Message-ID.'),
    rawSha256: text('Of the octets received.'),
    client: text('Address that handed it in.'),
    verdict: oneOf(['relay', 'reject']),
    profile: text(),
    policyVersion: text(),
    senderChecks: list(object({ method: text('RFC 8601'), result: text() })),
    antivirus: oneOf(['clean', 'not-scanned']),
    originalUntil: orNull(time('Null when the sealed original is gone.')),
    parts: list(ref('Part')),
  }),
  Part: object({ partId: text('IMAP section number.'), ...file, claimedType: text(), outcome: oneOf(OUTCOMES), ...outcome, members: list(ref('Member')) }),
  Member: object({ ...file, outcome: oneOf(['rebuilt', 'quarantined']), ...outcome, members: list(ref('Member')) }),
  Step: step,
  RequestRow: object({ requestId: text(), messageId: text(), filedAt: time(''), requester: text('Login.'), department: text(), stage: oneOf(['waiting', 'approved', 'refused', 'lapsed', 'withdrawn', 'expired', 'revoked', 'taken']), due: orNull(time('When this stage ends by itself.')), classification: count('機密性'), parts: count() }),
  Request: object({
    requestId: text(),
    messageId: text(),
    queueId: text(),
    filedAt: time(''),
    requester: text('Login.'),
    department: text(),
    stage: text(),
    due: orNull(time('')),
    classification: count(),
    approvalsNeeded: count(),
    reason: text('As the requester wrote it.'),
    parts: list(object({ partId: text(), ...file, reason: text(), stage: oneOf(['ready', 'granted', 'broken', 'taken']) })),
    approvals: list(object({ by: text('Login.'), inPlaceOf: orNull(text('Login (代決).')) })),
    history: list(object({ at: time(''), event: text(), by: orNull(text()), inPlaceOf: orNull(text()), why: orNull(text()), part: orNull(count()) })),
  }),
  QueueRow: object({ queueId: text(), entryId: count(), acceptedAt: time(''), reversePath: orNull(text()), route: text(), bytes: count(), isHeld: yesNo('By an operator.'), recipients: list(object({ mailbox: text(), state: oneOf(['scheduled', 'delivered', 'failed', 'dropped']), due: orNull(time('')), attempts: count(), lastReply: text() })) }),
  QuarantineRow: object({ queueId: text(), acceptedAt: time(''), reversePath: orNull(text()), subject: text(), bytes: count(), rawSha256: text(), until: orNull(time('Null when purged, or on legal hold.')), isPinned: yesNo('Legal hold.'), isPurged: yesNo(''), parts: list(object({ partId: text(), name: text(), detectedType: text(), reason: text() })) }),
  Slot: object({ slot: text('2026-11-26, or 2026-11 for a month; by the clock of Japan.'), incoming: count(), bytes: count(), outgoing: count(), failed: count() }),
  Top: object({ by: text(), keys: count('How many there are in all.'), count: count('Of all keys.'), bytes: count('Of all keys.'), rows: list(object({ key: text(), count: count(), bytes: count() })) }),
  AuditRecord: object({ seq: count(), at: time(''), tenant: text(), kind: text('docs/audit.md'), actor: text(), subject: text(), detail: { type: 'object' }, prevHash: text(), hash: text() }),
  ChainHead: object({ chain: oneOf(['gateway', 'portal', 'vault']), seq: orNull(count()), at: orNull(time('')), hash: orNull(text()) }),
  Verification: object({ chain: text(), isWhole: yesNo(''), records: orNull(count()), headSeq: orNull(count()), headHash: orNull(text()), brokenAt: orNull(count('Number of the record.')), problem: orNull(text()) }),
  Health: object({ version: text(), startedAt: time(''), isReady: yesNo('Whether mail is taken.'), reasons: list(text('What stands against taking mail.')), emergency: oneOf(['none', 'hold', 'isolate']), queuedMessages: count(), oldestDue: orNull(time('')), freeBytes: count(), originalBytes: count(), quotaBytes: count() }),
}
