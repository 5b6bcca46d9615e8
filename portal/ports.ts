/**
 * What the portal asks of the others: the gateway (mail and its queue) and the vault (everything that needs an original).
 *
 * The portal holds no key, opens no database but its own and parses no octet of a sender's. Answers are plain data that
 * a sealed process made, or facts of the store. `cli/portal-role.ts` puts the real ones behind these interfaces.
 */
import type { PublicId } from '../core/purposes.ts'
import type { MailMessage, MailPage, MailQuestion } from '../store/mails.ts'

export type * from '../core/purposes.ts'
export { MAIL_STATES } from '../store/mails.ts'
export type { MailMessage, MailPage, MailQuestion, MailRow, MailState } from '../store/mails.ts'

/** A mail of ours to one of the staff (requests, digests, alarms): composed and queued by the gateway, inward only. */
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

/** The gateway, asked over its control socket. */
export interface Mail {
  list(question: MailQuestion): Promise<MailPage>
  message(publicId: PublicId): Promise<MailMessage | undefined>
  notify(mail: StaffMail): Promise<StaffMailAnswer>
}
