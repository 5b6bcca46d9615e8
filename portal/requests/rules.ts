/**
 * What an organisation decided about originals: how many people must agree, how long, by which class of confidentiality
 * (機密性 1 to 3). Values come from the settings (`portal.requests`).
 */
import type { MailMessage } from '../ports.ts'
import type { WorkingHours } from './working-time.ts'

export const CLASSIFICATIONS = [1, 2, 3] as const
export type Classification = (typeof CLASSIFICATIONS)[number]

export type ClassRules = {
  /** How many independent approvals. */
  readonly steps: number
  /** Whether pages are shown as pictures (画像プレビュー). */
  readonly preview: boolean
  /** Days after which an original can no longer be asked for; the store keeps it as long as `retention` says. */
  readonly askDays: number
}

export type ClassMatch = {
  /** Sender's address, or `@domain`, in lower case; '' for any. */
  readonly from: string
  /** Part of the subject, any case; '' for any. */
  readonly subject: string
  readonly classification: Classification
}

export type RequestRules = {
  readonly hours: WorkingHours
  /** Working days in which one level of approvers is asked, and in which an approval can be used. */
  readonly decideDays: number
  readonly approvalDays: number
  readonly grantMinutes: number
  /** Code of the department that decides at nights and on holidays; '' for none. */
  readonly dutyDepartment: string
  /** Originals that the antivirus has not seen cannot be asked for. */
  readonly antivirusRequired: boolean
  /** Originals can be sent to a mailbox of the Internet side: there is a route for it. */
  readonly outsideDomains: readonly string[]
  /** Codes of departments whose people need an approval for what they bring in; `*` for all. */
  readonly bringApproval: readonly string[]
  readonly openPerPerson: number
  readonly defaultClass: Classification
  readonly classes: Readonly<Record<Classification, ClassRules>>
  readonly matches: readonly ClassMatch[]
}

/** The highest class that anything gives wins; without any, the default. */
export function classify(message: Pick<MailMessage, 'headerFrom' | 'reversePath' | 'subject'>, ofPeople: Classification | undefined, rules: RequestRules): Classification {
  const found = [ofPeople, ...rules.matches.filter(match => matches(match, message)).map(match => match.classification)].filter(each => each !== undefined)
  return found.length === 0 ? rules.defaultClass : (Math.max(...found) as Classification)
}

function matches({ from, subject }: ClassMatch, message: Pick<MailMessage, 'headerFrom' | 'reversePath' | 'subject'>): boolean {
  const senders = [addressIn(message.headerFrom), (message.reversePath ?? '').toLowerCase()]
  const fits = (sender: string) => (from.startsWith('@') ? sender.endsWith(from) : sender === from)
  return (from === '' || senders.some(fits)) && message.subject.normalize('NFKC').toLowerCase().includes(subject.normalize('NFKC').toLowerCase())
}

/** `"Name" <a@b>` or `a@b`, lower case. */
export function addressIn(headerFrom: string): string {
  return (/<([^<>]*)>[^<>]*$/.exec(headerFrom)?.[1] ?? headerFrom).trim().toLowerCase()
}
