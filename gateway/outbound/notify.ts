/**
 * Tells the reverse-path that mail failed or is late, as a DSN that goes through the queue like any mail.
 *
 * A DSN goes out only when somebody may be answered (no null reverse-path, and the envelope came from a
 * client whose reverse-path is believed) and an outward route exists. The administrator is told of every
 * failure by alarm, whatever happens to the DSN.
 *
 * The DSN is committed before the failure is settled, under a key made from entry and recipients: a crash
 * between the two makes the store see the same DSN again and keep one.
 * Standards: RFC 5321 §4.5.5, §6.1 (no answer to the null reverse-path); RFC 3464.
 */
import { createHash } from 'node:crypto'
import { composeDsn, DSN_SUBJECTS, type DsnRecipient } from '../../core/smtp/dsn.ts'
import type { Mailbox, QueueId } from '../../core/smtp/envelope.ts'
import { needsSmtpUtf8 } from '../../core/smtp/mailbox.ts'
import { type AcceptedMessage, type QueueEntry, type Store, StoreBroken } from '../../store/contract.ts'
import type { RelayLog } from './relay-log.ts'
import type { RouteTable } from './routes.ts'
import type { SettledRecipient, SettlementPlan } from './settle.ts'

export type DsnIdentity = {
  /** Our name as the outside may know it. */
  readonly hostname: string
  /** From: of our DSNs; answers to it should reach a person. */
  readonly from: Mailbox
  readonly newQueueId: () => QueueId
  readonly retentionClass: string
}

export type NotifyDeps = {
  readonly store: Store
  readonly routes: RouteTable
  readonly log: RelayLog
  readonly identity: DsnIdentity
  readonly clock: () => number
  readonly giveUpAfterMs: number
}

export type CommittedDsn = { readonly entries: readonly QueueEntry[]; readonly message: Uint8Array }
type DsnKind = 'failed' | 'delayed'

/**
 * Commits the DSNs that the plan calls for and marks a delay warning as given. A DSN that
 * could not be made is an alarm, never a reason not to settle; rejects when the store is broken or did not mark.
 */
export async function notify(
  entry: QueueEntry,
  plan: SettlementPlan,
  message: Uint8Array | undefined,
  deps: NotifyDeps,
): Promise<readonly CommittedDsn[]> {
  const failed = plan.recipients.filter(({ outcome }) => outcome.kind === 'failed')
  const delayed = plan.warn ? plan.recipients.filter(({ outcome }) => outcome.kind === 'deferred') : []
  for (const { recipient, outcome } of failed)
    alarm(deps, entry, 'undeliverable', `<${recipient}> ${outcome.reply.line}`)
  const dsns = [
    await commitDsn('failed', failed, { entry, message, deps }),
    await commitDsn('delayed', delayed, { entry, message, deps }),
  ]
  if (delayed.length > 0) await deps.store.markDelayWarned(entry.entryId)
  return dsns.filter(dsn => dsn !== undefined)
}

type Context = { readonly entry: QueueEntry; readonly message: Uint8Array | undefined; readonly deps: NotifyDeps }

async function commitDsn(
  kind: DsnKind,
  recipients: readonly SettledRecipient[],
  context: Context,
): Promise<CommittedDsn | undefined> {
  const { entry, deps } = context
  const { reversePath } = entry
  if (recipients.length === 0 || reversePath === null || !entry.dsnAllowed) return undefined
  const route = deps.routes.forMailbox(reversePath, 'outward')
  if (route === undefined) {
    alarm(deps, entry, 'no-outward-route', `no DSN to <${reversePath}>`)
    return undefined
  }
  try {
    const accepted = acceptedDsn(kind, recipients, { ...context, reversePath, route: route.name })
    const { kind: result, entries } = await deps.store.commit(accepted)
    if (result === 'duplicate') return undefined
    deps.log.bounced({
      kind,
      queueId: entry.queueId,
      tenant: entry.tenant,
      dsnQueueId: accepted.queueId,
      reversePath,
      recipients: recipients.map(({ recipient }) => recipient),
    })
    return { entries, message: accepted.groups[0]!.message }
  } catch (error) {
    if (error instanceof StoreBroken) throw error
    alarm(deps, entry, 'dsn-not-committed', error instanceof Error ? error.message : String(error))
    return undefined
  }
}

function acceptedDsn(
  kind: DsnKind,
  recipients: readonly SettledRecipient[],
  { entry, message, deps, reversePath, route }: Context & { reversePath: Mailbox; route: string },
): AcceptedMessage {
  const { identity } = deps
  const queueId = identity.newQueueId()
  const nowMs = deps.clock()
  const dsn = composeDsn({
    kind,
    queueId,
    hostname: identity.hostname,
    from: identity.from,
    to: reversePath,
    nowMs,
    arrivedAtMs: entry.acceptedAtMs,
    retryUntilMs: entry.acceptedAtMs + deps.giveUpAfterMs,
    recipients: recipients.map(dsnRecipient),
    message,
  })
  return {
    queueId,
    acceptedAtMs: nowMs,
    clientAddress: '',
    helo: identity.hostname,
    reversePath: null,
    dsnAllowed: false,
    smtpUtf8: needsSmtpUtf8(reversePath),
    rawBytes: dsn.length,
    rawSha256: createHash('sha256').update(dsn).digest('hex'),
    dedupKey: dedupKey(kind, entry, recipients),
    summary: {
      messageId: `<${queueId}@${identity.hostname}>`,
      subject: DSN_SUBJECTS[kind],
      from: identity.from,
      receivedCount: 0,
      loopMarks: [],
    },
    original: undefined,
    groups: [
      {
        groupId: 'dsn',
        tenant: entry.tenant,
        recipients: [reversePath],
        route,
        direction: 'outward',
        message: dsn,
        report: { verdict: 'relay', profile: 'dsn', policyVersion: '', parts: [], findings: [] },
        publicId: queueId,
        checkCode: '',
        retentionClass: identity.retentionClass,
      },
    ],
  }
}

function dsnRecipient({ recipient, outcome }: SettledRecipient): DsnRecipient {
  return { mailbox: recipient, code: outcome.reply.code, status: outcome.reply.status }
}

function dedupKey(kind: DsnKind, entry: QueueEntry, recipients: readonly SettledRecipient[]): string {
  const named = JSON.stringify([
    entry.queueId,
    entry.entryId,
    kind,
    ...recipients.map(({ recipient }) => recipient).sort(),
  ])
  return `dsn:${createHash('sha256').update(named).digest('hex')}`
}

function alarm(
  deps: NotifyDeps,
  entry: QueueEntry,
  kind: 'undeliverable' | 'no-outward-route' | 'dsn-not-committed',
  detail: string,
): void {
  deps.log.alarm({ kind, queueId: entry.queueId, tenant: entry.tenant, detail })
}
