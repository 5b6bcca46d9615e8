/**
 * A mail of ours to an inner mailbox (files that a person asked for, parts that took longer): committed and relayed as
 * any other. The one mail that leaves the other way holds an approved original [submitOutside]. The gateway looks at it as it looks at every composed message: grammar, queue id, a recipient of ours.
 */
import { createHash } from 'node:crypto'
import { domainToASCII } from 'node:url'
import { checkCanonical, composedQueueId } from '../core/mime/canonical.ts'
import type { Composed } from '../core/mime/compose.ts'
import { composeOwnLetter, type OwnMail, type StaffMail, type StaffMailAnswer, type Submitted } from '../core/own-mail.ts'
import type { QueueId } from '../core/smtp/envelope.ts'
import { needsSmtpUtf8, parseMailbox } from '../core/smtp/mailbox.ts'
import { makeHarmless, makeHarmlessLine } from '../core/text/harmless.ts'
import { type AcceptedMessage, type QueueEntry, type Store, StoreFull } from '../store/contract.ts'
import type { RecipientPolicy } from './inbound/groups.ts'
import type { RecipientCheck } from './inbound/recipients.ts'

export type OwnMailDeps = {
  readonly store: Pick<Store, 'commit'>
  readonly hostname: string
  readonly from: string
  readonly checkRecipient: RecipientCheck
  /** @throws when no route leads there. */
  readonly policyFor: (mailbox: NonNullable<ReturnType<typeof parseMailbox>>) => RecipientPolicy
  readonly offer: (entry: QueueEntry, message: Uint8Array) => void
  readonly nowMs: () => number
}

/** How an approved original may go out; undefined where it may not. */
export type OutsideDeps = OwnMailDeps & { readonly outsideFor: (mailbox: Mailbox, tenant: string) => { readonly route: string; readonly retentionClass: string } | undefined }

/**
 * A mail of the vault's with an approved original, to a mailbox of the Internet side: outward or not at all. A recipient of
 * ours is refused first, so no setting of routes can turn it inward. Resolves when durable. @throws StoreBroken
 */
export async function submitOutside(mail: OwnMail, message: Uint8Array, deps: OutsideDeps): Promise<Submitted> {
  const mailbox = parseMailbox(mail.mailbox, { smtpUtf8: true, domainToAscii: domainToASCII })
  if (!mailbox || !(await deps.checkRecipient(mailbox))) return refused('not-outward', 'a mailbox of the inner side, or none')
  const fault = faultOf(mail, message)
  if (fault) return refused('faulty', fault)
  const way = deps.outsideFor(mailbox, mail.tenant)
  if (!way) return refused('not-outward', 'no outward route of its own leads there')
  return commitOwn(acceptedOf({ ...mail, mailbox, queueId: mail.queueId as QueueId }, message, { way: { ...way, direction: 'outward' }, deps }), message, deps)
}

/** Resolves when durable. @throws StoreBroken */
export async function submitOwnMail(mail: OwnMail, message: Uint8Array, deps: OwnMailDeps): Promise<Submitted> {
  const mailbox = parseMailbox(mail.mailbox, { smtpUtf8: true, domainToAscii: domainToASCII })
  if (!mailbox || (await deps.checkRecipient(mailbox))) return refused('not-inward', 'not a mailbox of ours')
  const fault = faultOf(mail, message)
  if (fault) return refused('faulty', fault)
  const policy = policyOf(mailbox, deps)
  if (policy?.tenant !== mail.tenant) return refused('not-inward', 'no route, or another tenant')
  const { route, retentionClass } = policy
  return commitOwn(acceptedOf({ ...mail, mailbox, queueId: mail.queueId as QueueId }, message, { way: { route, retentionClass, direction: 'inward' }, deps }), message, deps)
}

function faultOf({ queueId }: OwnMail, message: Uint8Array): string | undefined {
  return checkCanonical(message) ?? (composedQueueId(message) === queueId ? undefined : 'another queue id in the message')
}

async function commitOwn(accepted: AcceptedMessage, message: Uint8Array, deps: OwnMailDeps): Promise<Submitted> {
  try {
    const result = await deps.store.commit(accepted)
    if (result.kind === 'duplicate') return { kind: 'queued', queueId: result.of }
    for (const entry of result.entries) deps.offer(entry, message)
    return { kind: 'queued', queueId: accepted.queueId }
  } catch (error) {
    if (error instanceof StoreFull) return refused('busy', error.message)
    throw error
  }
}

function refused(reason: Extract<Submitted, { kind: 'refused' }>['reason'], why: string): Submitted {
  return { kind: 'refused', reason, why }
}

export type LetterDeps = OwnMailDeps & {
  readonly newQueueId: () => QueueId
  /** 128 random bits in hex. */
  readonly newSeed: () => string
  /** Display name of our own address. */
  readonly senderOf: (mailbox: Mailbox) => string
  /** By the verifier process; undefined when nobody could in time. */
  readonly verify: (composed: Composed) => Promise<readonly string[] | undefined>
}

const LONGEST_SUBJECT = 300
const MOST_LETTER_CHARS = 200_000

/** Words of the portal (requests, digests, alarms) to one of the staff: made harmless, composed and verified here. @throws StoreBroken */
export async function notifyStaff({ tenant, to, subject, text, key }: StaffMail, deps: LetterDeps): Promise<StaffMailAnswer> {
  const mailbox = parseMailbox(to, { smtpUtf8: true, domainToAscii: domainToASCII })
  if (!mailbox) return { kind: 'cannot', reason: 'not-inward' }
  const queueId = deps.newQueueId()
  const words = { subject: makeHarmlessLine(subject, LONGEST_SUBJECT), text: makeHarmless(text.slice(0, MOST_LETTER_CHARS)).text }
  const letter = composeOwnLetter({ queueId, hostname: deps.hostname, to: mailbox, sender: deps.senderOf(mailbox), ...words, files: [], nowMs: deps.nowMs(), seed: deps.newSeed() })
  const differences = await deps.verify(letter)
  if (differences === undefined) return { kind: 'cannot', reason: 'busy' }
  if (differences.length > 0) throw new Error(`a letter of ours was not verified: ${differences[0]}`)
  const own = { queueId, tenant, mailbox: to, subject: words.subject, messageId: letter.messageId, onceKey: `staff ${tenant} ${key}` }
  const submitted = await submitOwnMail(own, letter.message, deps)
  if (submitted.kind === 'queued') return submitted
  return { kind: 'cannot', reason: submitted.reason === 'not-inward' ? 'not-inward' : 'busy' }
}

type Mailbox = Parameters<OwnMailDeps['policyFor']>[0]

function policyOf(mailbox: Mailbox, { policyFor }: OwnMailDeps): RecipientPolicy | undefined {
  try {
    return policyFor(mailbox)
  } catch {
    return undefined
  }
}

type Way = { readonly route: string; readonly retentionClass: string; readonly direction: 'inward' | 'outward' }
type Own = Omit<OwnMail, 'mailbox' | 'queueId'> & { readonly mailbox: Mailbox; readonly queueId: QueueId }

function acceptedOf(mail: Own, message: Uint8Array, { way, deps }: { readonly way: Way; readonly deps: OwnMailDeps }): AcceptedMessage {
  const { queueId, tenant, mailbox, subject, messageId, onceKey } = mail
  const sha256 = createHash('sha256').update(message).digest('hex')
  return {
    queueId,
    acceptedAtMs: deps.nowMs(),
    clientAddress: '',
    helo: deps.hostname,
    // Nobody outside is ever told of it.
    reversePath: null,
    dsnAllowed: false,
    smtpUtf8: needsSmtpUtf8(mailbox),
    rawBytes: message.length,
    rawSha256: sha256,
    dedupKey: `own:${createHash('sha256').update(onceKey).digest('hex')}`,
    summary: { messageId, subject, from: deps.from, receivedCount: 0, loopMarks: [] },
    original: undefined,
    groups: [
      {
        groupId: 'own',
        tenant,
        recipients: [mailbox],
        route: way.route,
        direction: way.direction,
        message,
        report: { verdict: 'relay', profile: 'own', policyVersion: '', parts: [], findings: [] },
        publicId: queueId,
        checkCode: '',
        retentionClass: way.retentionClass,
      },
    ],
  }
}
