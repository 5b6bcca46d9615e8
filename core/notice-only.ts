/**
 * The last rung: a fixed message from the envelope alone, for a mail that no parser survived.
 *
 * Nothing of the received octets is in it: who sent it by the envelope, when, how large, and that it is kept.
 * Composed and verified like any other message.
 */
import { noticeForMessage } from './classification.ts'
import type { ComposedGroup, PolicyGroup, SanitizeJob, SanitizeResult } from './job.ts'
import { compose, type OutField } from './mime/compose.ts'
import { encodeUnstructured } from './mime/encode.ts'
import { ourAddress } from './mime/fields.ts'
import { LOOP_MARK_FIELD, ourReceived } from './smtp/trace.ts'
import { composeNotice } from './text/notice.ts'
import { noticeText } from './text/notice-texts.ts'
import type { ReasonKey } from './text/reasons.ts'
import { keptForReason, type PartReport } from './verdict.ts'

const NOTHING_ELSE = {
  signatureDropped: false,
  senderFailed: false,
  claimsOwnDomain: false,
  hiddenTexts: 0,
  gaiji: 0,
  guessedCharset: false,
  linkMismatches: 0,
}

/** `reason`: why it is kept back, when it is not that no parser survived it. */
export type WholeFacts = { readonly bytes: number; readonly reason?: ReasonKey }

export function composeFixedNotice(job: SanitizeJob, facts: WholeFacts): SanitizeResult {
  return {
    verdict: { kind: 'relay' },
    groups: job.groups.map(group => composeForGroup(job, group, facts)),
    reversePathConfirmed: false,
    summary: { messageId: '', subject: '', from: '', receivedCount: 0, loopMarks: [] },
  }
}

function composeForGroup(job: SanitizeJob, group: PolicyGroup, facts: WholeFacts): ComposedGroup {
  const notice = noticeForMessage(group.notice, { headerFrom: '', reversePath: job.reversePath, subject: '' })
  const { bytes, reason = 'whole-message' } = facts
  const part = wholeMessage(bytes, reason)
  const subject = noticeText('fixedSubject', notice)
  const messageId = `<${job.queueId}.notice@${job.hostname}>`
  const sentence = noticeText('fixedBody', notice, {
    from: job.reversePath ?? noticeText('nullSender', notice),
    date: job.receivedDate,
    bytes,
  })
  const fields: OutField[] = [
    { name: 'Received', value: ourReceived(job) },
    { name: 'Date', value: job.receivedDate },
    { name: 'From', value: ourAddress(job.hostname, noticeText('fixedSender', notice)) },
    { name: 'To', value: 'undisclosed-recipients:;' },
    { name: 'Subject', value: encodeUnstructured(subject) },
    { name: 'Message-ID', value: messageId },
    { name: 'Auto-Submitted', value: 'auto-generated' },
    { name: LOOP_MARK_FIELD, value: job.loopMark },
  ]
  const text = `${composeNotice([part], new Set(), NOTHING_ELSE, notice)}${sentence}`
  const composed = compose({ queueId: job.queueId, fields, subject, messageId, text, iso2022Jp: undefined, files: [], seed: job.seed })
  const report = { verdict: 'relay' as const, profile: group.policy.profile, policyVersion: group.policy.version, parts: [part], findings: [] }
  return { id: group.id, ...composed, report }
}

function wholeMessage(bytes: number, reason: ReasonKey): PartReport {
  return {
    id: '',
    path: 'message/rfc822',
    name: '',
    claimedType: 'message/rfc822',
    detectedType: '',
    offset: 0,
    length: bytes,
    transferEncoding: 'binary',
    bytes,
    sha256: '',
    ...keptForReason(reason),
  }
}
