/**
 * Mail as people look for it: lists, one message, its sealed octets. The shapes that gateway, portal and vault share.
 *
 * A message for several groups of recipients has one page per group, under its public number; what a list shows is the
 * group's, so nobody learns of recipients of another group (Bcc).
 */
import type { PublicId } from '../core/purposes.ts'
import type { QueueId } from '../core/smtp/envelope.ts'
import type { Report } from '../core/verdict.ts'
import type { TenantId } from './contract.ts'

export const MAIL_STATES = ['any', 'kept', 'pending', 'changed', 'clean'] as const
/**
 * `pending`: a part is still worked on; else `kept`: a part, or a file inside one, was kept back; else `changed`: one was
 * rebuilt with losses; `clean`: none of these.
 */
export type MailState = (typeof MAIL_STATES)[number]
export type KnownMailState = Exclude<MailState, 'any'>

export type MailQuestion = {
  readonly tenant: TenantId
  /** Only mail addressed to one of these mailboxes (in any case of letters). 'all' is for administrators, who see no contents. */
  readonly mailboxes: readonly string[] | 'all'
  /** Parts of words, case-insensitive; all given ones must hold. */
  readonly sender?: string
  readonly subject?: string
  readonly fileName?: string
  /** The Message-ID, exactly. */
  readonly messageId?: string
  readonly state?: MailState
  readonly sinceMs?: number
  readonly untilMs?: number
  /** `next` of the page before: keyset, not offset. */
  readonly after?: string
  readonly limit: number
}

export type MailRow = {
  readonly publicId: PublicId
  readonly queueId: QueueId
  readonly tenant: TenantId
  readonly acceptedAtMs: number
  readonly headerFrom: string
  readonly reversePath: string | null
  readonly subject: string
  /** Those of the question's mailboxes that it came to; never more than the asker may know (Bcc). */
  readonly mailboxes: readonly string[]
  readonly bytes: number
  readonly state: KnownMailState
  readonly partsKept: number
}

/**
 * Newest first. One question looks at a bounded number of mails: a page of a search may have fewer rows than asked for,
 * even none, and still a `next` by which the search goes on; `searchedToMs` says how far back it has looked.
 */
export type MailPage = { readonly rows: readonly MailRow[]; readonly next: string | undefined; readonly searchedToMs: number | undefined }

export type MailMessage = MailRow & {
  readonly recipients: readonly {
    readonly mailbox: string
    readonly state: 'scheduled' | 'delivered' | 'failed' | 'dropped'
    readonly atMs: number | undefined
  }[]
  readonly report: Report
  readonly rawSha256: string
  readonly clientAddress: string
  readonly messageId: string
  /** Until when the sealed original is kept; undefined when it is gone. */
  readonly originalUntilMs: number | undefined
  /** Until when the text as delivered is kept; undefined when it is gone or not delivered yet. */
  readonly textUntilMs: number | undefined
}

/** What a list can be searched by, as it stands beside the entry. */
export type ReportFacts = {
  readonly mailState: KnownMailState
  readonly partsKept: number
  /** Names of files as sent and as delivered, one a line. */
  readonly fileNames: string
}

const MOST_NAME_CHARS = 4_000

export function reportFacts({ parts }: Report): ReportFacts {
  const kept = parts.filter(part => part.outcome === 'quarantined' || part.outcome === 'pending')
  return { mailState: stateOf(parts), partsKept: kept.length, fileNames: namesOf(parts) }
}

function stateOf(parts: Report['parts']): KnownMailState {
  if (parts.some(part => part.outcome === 'pending')) return 'pending'
  if (parts.some(part => part.outcome === 'quarantined' || keepsMember(part.members))) return 'kept'
  return parts.some(part => part.outcome !== 'superseded' && part.removed.length > 0) ? 'changed' : 'clean'
}

type Members = Report['parts'][number]['members']

function keepsMember(members: Members): boolean {
  return (members ?? []).some(member => member.outcome === 'quarantined' || keepsMember(member.members))
}

function namesOf(parts: Report['parts']): string {
  const names = new Set<string>()
  const add = (list: NonNullable<Members>): void => {
    for (const { name, deliveredName, besideName, members } of list) {
      for (const each of [name, deliveredName, besideName]) if (each) names.add(each.replaceAll('\n', ' '))
      add(members ?? [])
    }
  }
  add(parts.map(part => ({ ...part, members: part.members ?? [] })) as never)
  return [...names].join('\n').slice(0, MOST_NAME_CHARS)
}
