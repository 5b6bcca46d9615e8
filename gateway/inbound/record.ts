/**
 * What the way in leaves in the mail log and in the metrics, one function per event, so that listener and
 * transaction say what happened and nothing about how it is written.
 */
import { Refusal, REPLIES, type ReplyName } from '../../core/smtp/reply.ts'
import type { PartReport } from '../../core/verdict.ts'
import type { AcceptedMessage } from '../../store/contract.ts'
import type { WorkResult } from '../../workers/contract.ts'
import type { Envelope, QueueId } from '../../core/smtp/envelope.ts'
import { severityOf } from '../alarms.ts'
import type { MailLog } from '../maillog.ts'
import type { Metrics } from '../metrics.ts'
import { ClientGone } from './data.ts'
import type { ClientSession, InboundEvents } from './options.ts'

type Done = Extract<WorkResult, { kind: 'done' }>

export interface TransactionRecord {
  received(queueId: QueueId, session: ClientSession, envelope: Envelope, bytes: number): void
  /** The workshop has judged; parts and verdict of every group. */
  judged(queueId: QueueId, work: Done, sanitizeMs: number): void
  accepted(message: AcceptedMessage, acceptMs: number): void
  duplicate(queueId: QueueId, of: QueueId): void
  replyLost(queueId: QueueId, session: ClientSession): void
  /** The message came to nothing: the client left, or it is refused. */
  ended(queueId: QueueId, session: ClientSession, envelope: Envelope, error: unknown): void
  alarm(kind: string, text: string): void
}

export type RecordDeps = {
  readonly log: MailLog
  readonly metrics: Metrics
  /** Beside the line in the log: whoever has to be told. */
  readonly onAlarm: (kind: string, text: string) => void
}

export function transactionRecord({ log, metrics, onAlarm }: RecordDeps): TransactionRecord {
  const alarm = (kind: string, text: string) => {
    log.event('alarm', '-', { kind, text, severity: severityOf(kind) })
    metrics.count('alarms_total', 1, { kind })
    onAlarm(kind, text)
  }
  return {
    alarm,
    received(queueId, session, envelope, bytes) {
      metrics.count('smtp_received_bytes_total', bytes)
      log.event('received', queueId, {
        from: envelope.reversePath ?? '<>',
        to: envelope.forwardPaths.length,
        bytes,
        client: session.clientAddress,
        helo: session.helo,
        tls: session.tls?.protocol,
        upstream: session.listedUpstream || undefined,
      })
    },
    judged(queueId, { result, degraded, alarms }, sanitizeMs) {
      metrics.observe('sanitize_seconds', sanitizeMs / 1000)
      metrics.count('verdicts_total', 1, { verdict: result.verdict.kind, degraded })
      // What an antivirus says is no sickness of ours.
      for (const text of alarms) alarm(text.startsWith('antivirus: ') ? 'antivirus' : 'workshop', `${queueId}: ${text}`)
      const rule = result.verdict.kind === 'reject' ? result.verdict.rule : undefined
      for (const { id, report } of result.groups) {
        for (const part of report.parts) logPart(log, metrics, queueId, id, part)
        log.event('verdict', queueId, {
          verdict: report.verdict,
          group: id,
          profile: report.profile,
          policy: report.policyVersion,
          rule,
          degraded: degraded === 'no' ? undefined : degraded,
          ms: Math.round(sanitizeMs),
          findings: codes(report.findings),
        })
      }
    },
    accepted(message, acceptMs) {
      metrics.count('messages_accepted_total', 1)
      metrics.observe('accept_seconds', acceptMs / 1000)
      log.event('accepted', message.queueId, {
        from: message.reversePath ?? '<>',
        to: message.groups.reduce((sum, group) => sum + group.recipients.length, 0),
        groups: message.groups.length,
        ms: Math.round(acceptMs),
        tenant: [...new Set(message.groups.map(({ tenant }) => tenant))],
      })
    },
    duplicate(queueId, of) {
      metrics.count('messages_duplicate_total', 1)
      log.event('duplicate', queueId, { of })
    },
    replyLost(queueId, session) {
      log.event('reply-lost', queueId, { client: session.clientAddress })
    },
    ended(queueId, session, envelope, error) {
      const reason = error instanceof Error ? error.message : String(error)
      const client = session.clientAddress
      if (error instanceof ClientGone) {
        metrics.count('messages_aborted_total', 1)
        log.event('aborted', queueId, { client, reason })
        return
      }
      const reply = error instanceof Refusal ? error.replyName : 'internal'
      const { code, status } = REPLIES[reply]
      const from = envelope.reversePath ?? '<>'
      log.event('refused', queueId, { reply, code, status, client, at: 'DATA', from, reason })
    },
  }
}

/** The listener's events: connections, and every refusal by its name. */
export function inboundEvents(deps: Omit<RecordDeps, 'onAlarm'>, onError: InboundEvents['error']): InboundEvents {
  const { log, metrics } = deps
  return {
    connected({ listedUpstream }) {
      metrics.count('smtp_connections_total', 1, { client: listedUpstream ? 'upstream' : 'stranger' })
    },
    disconnected: () => undefined,
    refused({ clientAddress: client }, { name, code, status, at, detail }) {
      metrics.count('smtp_replies_total', 1, { reply: name })
      // Refusals of a message stand in the log already, with its queue id.
      const ofMessage = at === 'DATA' && name !== 'other' && name !== 'pipelinedData'
      if (!ofMessage) log.event('refused', '-', { reply: name, code, status, client, at, reason: detail })
    },
    network: (client, { message: reason }) => log.event('aborted', '-', { client, reason }),
    error: onError,
  }
}

/** Replies by the line they make. */
const NAMES = new Map<string, ReplyName>()
for (const [name, { code, status, text }] of Object.entries(REPLIES)) {
  NAMES.set(`${code} ${status} ${text}`, name as ReplyName)
}

/** The name of a reply as it was written, or `other` for one of the library. */
export function replyName(line: string): ReplyName | 'other' {
  return NAMES.get(line) ?? 'other'
}

function logPart(log: MailLog, metrics: Metrics, queueId: QueueId, group: string, part: PartReport): void {
  metrics.count('parts_total', 1, { outcome: part.outcome })
  log.event('part', queueId, {
    part: part.id || '0',
    type: part.detectedType,
    outcome: part.outcome,
    group,
    rule: part.rule,
    reason: part.reason,
    name: part.name || undefined,
    bytes: part.bytes,
    sha256: part.sha256,
    removed: part.removed.length > 0 ? part.removed.map(({ what, count }) => `${what}:${count}`) : undefined,
    findings: codes(part.findings),
  })
}

function codes(findings: PartReport['findings']): readonly string[] | undefined {
  return findings.length > 0 ? [...new Set(findings.map(({ code }) => code))] : undefined
}
