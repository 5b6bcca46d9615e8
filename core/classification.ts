/**
 * Confidentiality of a mail (機密性 1 to 3): what decides how many people approve, whether pages are shown, how long the original
 * is kept. The gateway asks when it accepts, the portal when somebody looks; both by this one rule.
 */
import type { NoticeContext } from './job.ts'

export type Classification = 1 | 2 | 3

export type ClassMatch = {
  /** Sender's address, or `@domain`, in lower case; '' for any. */
  readonly from: string
  /** Part of the subject, any case; '' for any. */
  readonly subject: string
  readonly classification: Classification
}

export type ClassRules = {
  readonly defaultClass: Classification
  readonly matches: readonly ClassMatch[]
}

/** What of a mail the rules look at. */
export type ClassedMessage = { readonly headerFrom: string; readonly reversePath: string | null; readonly subject: string }

/** The highest class that anything gives wins; without any, the default. */
export function classify(message: ClassedMessage, ofPeople: Classification | undefined, rules: ClassRules): Classification {
  const ofMatches = rules.matches.filter(match => matches(match, message)).map(match => match.classification)
  return highestClass([ofPeople, ...ofMatches]) ?? rules.defaultClass
}

export function highestClass(classes: readonly (Classification | undefined)[]): Classification | undefined {
  const known = classes.filter(each => each !== undefined)
  return known.length === 0 ? undefined : (Math.max(...known) as Classification)
}

/** The notice names the day that holds for this mail's class. */
export function noticeForMessage(notice: NoticeContext, message: ClassedMessage): NoticeContext {
  const { byClass } = notice
  return byClass === undefined ? notice : { ...notice, keptUntil: byClass.keptUntil[classify(message, byClass.ofPeople, byClass)] }
}

function matches({ from, subject }: ClassMatch, message: ClassedMessage): boolean {
  const senders = [addressIn(message.headerFrom), (message.reversePath ?? '').toLowerCase()]
  const fits = (sender: string) => (from.startsWith('@') ? sender.endsWith(from) : sender === from)
  return (from === '' || senders.some(fits)) && message.subject.normalize('NFKC').toLowerCase().includes(subject.normalize('NFKC').toLowerCase())
}

/** `"Name" <a@b>` or `a@b`, lower case. */
function addressIn(headerFrom: string): string {
  return (/<([^<>]*)>[^<>]*$/.exec(headerFrom)?.[1] ?? headerFrom).trim().toLowerCase()
}
