/**
 * A mail that we write ourselves to one of the staff: text, and files that were rebuilt. Canonical like every message we
 * compose, so that the gateway's last look and the verifier know it for what it is.
 */
import { compose, type Composed, type OutFile } from './mime/compose.ts'
import { encodeUnstructured } from './mime/encode.ts'
import { ourAddress } from './mime/fields.ts'
import type { Mailbox, QueueId } from './smtp/envelope.ts'

/** Such a mail, composed and verified, on its way to the gateway. `onceKey`: the same key again within two days is the same mail, and is not sent twice. */
export type OwnMail = {
  readonly queueId: string
  readonly tenant: string
  /** An inner mailbox. */
  readonly mailbox: string
  readonly subject: string
  readonly messageId: string
  readonly onceKey: string
}

export type Submitted =
  | { readonly kind: 'queued'; readonly queueId: string }
  /** `not-inward`: not a mailbox of ours, or no way to it; `not-outward`: one of ours, or no way out to it; `busy`: no room now; `faulty`: octets that are not canonical. */
  | { readonly kind: 'refused'; readonly reason: 'not-inward' | 'not-outward' | 'busy' | 'faulty'; readonly why: string }

/** One in words only (requests, digests, alarms): composed and queued by the gateway, inward only. */
export type StaffMail = {
  readonly tenant: string
  /** One inner mailbox: who else is told is nobody's business. */
  readonly to: string
  readonly subject: string
  readonly text: string
  /** What was queued under this key before is not queued again: so it may be asked until it is answered. */
  readonly key: string
}

/** `not-inward`: the mailbox has no inward route, so it is never asked again. */
export type StaffMailAnswer = { readonly kind: 'queued'; readonly queueId: string } | { readonly kind: 'cannot'; readonly reason: 'not-inward' | 'busy' }

export type OwnLetter = {
  readonly queueId: QueueId
  readonly hostname: string
  readonly to: Mailbox
  /** Display name of our own address. */
  readonly sender: string
  readonly subject: string
  readonly text: string
  readonly files: readonly OutFile[]
  readonly nowMs: number
  /** 128 random bits in hex. */
  readonly seed: string
}

export function composeOwnLetter(letter: OwnLetter): Composed & { readonly messageId: string } {
  const { queueId, hostname, to, sender, subject, text, files, nowMs, seed } = letter
  const date = new Date(nowMs).toUTCString().replace('GMT', '+0000')
  const messageId = `<${queueId}.own@${hostname}>`
  const fields = [
    { name: 'Received', value: `by ${hostname} id ${queueId}; ${date}` },
    { name: 'Date', value: date },
    { name: 'From', value: ourAddress(hostname, sender) },
    { name: 'To', value: /^[\x20-\x7e]+$/.test(to) ? `<${to}>` : 'undisclosed-recipients:;' },
    { name: 'Subject', value: encodeUnstructured(subject) },
    { name: 'Message-ID', value: messageId },
    { name: 'Auto-Submitted', value: 'auto-generated' },
  ]
  return { ...compose({ queueId, fields, subject, messageId, text, iso2022Jp: undefined, files, seed }), messageId }
}
