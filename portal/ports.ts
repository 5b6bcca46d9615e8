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

/** The gateway, asked over its control socket. */
export interface Mail {
  list(question: MailQuestion): Promise<MailPage>
  message(publicId: PublicId): Promise<MailMessage | undefined>
}
