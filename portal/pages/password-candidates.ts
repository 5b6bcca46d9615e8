/**
 * Which mails a password may have come in: those of the same sender, domain or thread that this person may read, before or
 * after. The vault reads their delivered text and names lines that look like passwords; nothing is tried here.
 */
import type { House } from '../house.ts'
import type { SignedVisit } from '../http/route.ts'
import type { MailMessage, MailRow } from '../ports.ts'
import { askerOf, readingOf } from './reading.ts'

export type Candidate = {
  readonly candidate: string
  /** Where it stands: public number of the mail and place in it. So a button needs no password in it. */
  readonly place: string
  readonly mail: Pick<MailRow, 'publicId' | 'subject' | 'acceptedAtMs'>
}

const DAYS_AROUND_MS = 7 * 86_400_000
const MOST_MAILS = 30
const MOST_CANDIDATES = 10
const SHORTEST_THREAD = 4

export async function candidatesFor(house: House, visit: SignedVisit, message: MailMessage): Promise<Candidate[]> {
  const mails = new Map((await mailsAround(house, visit, message)).map(mail => [mail.publicId, mail]))
  const found = await house.vault.passwordCandidates([...mails.keys()], askerOf(visit))
  const counts = new Map<string, number>()
  const candidates: Candidate[] = []
  for (const { publicId, candidate } of found) {
    const n = counts.get(publicId) ?? 0
    counts.set(publicId, n + 1)
    const mail = mails.get(publicId)
    if (mail && !candidates.some(each => each.candidate === candidate)) candidates.push({ candidate, place: `${publicId}:${n}`, mail })
  }
  return candidates.slice(0, MOST_CANDIDATES)
}

/** The password at a place, if the person may read that mail; undefined when there is none. */
export async function candidateOf(house: House, visit: SignedVisit, message: MailMessage, untrustedPlace: string): Promise<string | undefined> {
  const [, publicId, n] = /^([\w-]{1,64}):(\d{1,3})$/.exec(untrustedPlace) ?? []
  if (publicId === undefined) return undefined
  const isReadable = publicId === message.publicId || (await readingOf(house, { ...visit, params: { publicId } })) !== undefined
  if (!isReadable) return undefined
  const found = await house.vault.passwordCandidates([publicId], askerOf(visit))
  return found.filter(each => each.publicId === publicId)[Number(n)]?.candidate
}

/** Newest first, the mail itself among them. */
export async function mailsAround({ mail, reach }: House, { person, nowMs }: Pick<SignedVisit, 'person' | 'nowMs'>, message: MailMessage): Promise<Pick<MailRow, 'publicId' | 'subject' | 'acceptedAtMs'>[]> {
  const mailboxes = reach.mailboxesOf(person, nowMs).map(({ address }) => address)
  const domain = domainOf(message)
  const thread = threadOf(message.subject)
  const base = { tenant: person.tenant, mailboxes, sinceMs: message.acceptedAtMs - DAYS_AROUND_MS, untilMs: message.acceptedAtMs + DAYS_AROUND_MS, limit: MOST_MAILS }
  const lists = await Promise.all([
    domain === '' ? [] : mail.list({ ...base, sender: `@${domain}` }).then(({ rows }) => rows.filter(row => domainOf(row) === domain)),
    thread.length < SHORTEST_THREAD ? [] : mail.list({ ...base, subject: thread }).then(({ rows }) => rows),
  ])
  const around = new Map([message, ...lists.flat()].map(each => [each.publicId, each]))
  return [...around.values()].sort((a, b) => b.acceptedAtMs - a.acceptedAtMs).slice(0, MOST_MAILS)
}

function domainOf({ headerFrom, reversePath }: Pick<MailRow, 'headerFrom' | 'reversePath'>): string {
  const found = /@([a-z0-9.-]{1,255})/i.exec(headerFrom) ?? /@([a-z0-9.-]{1,255})/i.exec(reversePath ?? '')
  return (found?.[1] ?? '').toLowerCase()
}

/** The subject without what answers and forwarding put before it. */
function threadOf(subject: string): string {
  return subject.replace(/^(?:\s*(?:re|fw|fwd)\s*[:：])+/i, '').trim().slice(0, 60)
}
