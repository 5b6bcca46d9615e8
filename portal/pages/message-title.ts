/** What every page about one mail shows of it: its subject as title, and the way back. */
import { html, type SafeHtml } from '../http/html.ts'
import type { SignedVisit } from '../http/route.ts'
import type { MailMessage } from '../ports.ts'
import { mailsTexts } from '../texts/mails.ts'
import { commonTexts } from '../texts/common.ts'

export function titleOf({ subject }: Pick<MailMessage, 'subject'>, { language }: Pick<SignedVisit, 'language'>): string {
  return subject.trim() === '' ? mailsTexts(language).noSubject : subject
}

export function backTo({ publicId }: Pick<MailMessage, 'publicId'>, { language }: Pick<SignedVisit, 'language'>): SafeHtml {
  return html`<p><a class="button second" href="/m/${publicId}">${commonTexts(language).back}</a></p>`
}
