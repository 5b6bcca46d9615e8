/** What settings say to the vault: how often, how long, and whose policy. Read anew for every question, so a reload holds at once. */
import type { SanitizeLimits } from '../core/job.ts'
import type { Policy } from '../core/policy/model.ts'

/** Whose words and rules hold for a mailbox. */
export type RecipientRules = { readonly policy: Policy; readonly tenant: string; readonly language: 'ja' | 'en'; readonly contact: string }

export type VaultRules = {
  readonly hostname: string
  /** Questions of one person within an hour, by what they cost. */
  readonly perHour: Readonly<Record<RateClass, number>>
  /** Wrong passwords of one person for one part within an hour. */
  readonly tries: number
  readonly shelfMs: number
  /** Other persons who must have agreed before an original may leave. */
  readonly approvers: number
  /** Mailboxes of those who say who may approve. */
  readonly registrars: (tenant: string) => readonly string[]
  /** How long the number of a letter is good, and how long what was agreed to by it holds. */
  readonly codeMs: number
  readonly agreementMs: number
  /** Whether this is a mailbox of the Internet side to which an approved original may go. */
  readonly outside: (tenant: string, mailbox: string) => boolean
  /** Longest life of a grant. */
  readonly grantMs: number
  readonly limits: SanitizeLimits
  /** Whether what was unlocked is locked again: never, where its reader wishes, always. */
  readonly lockAgain: 'off' | 'offer' | 'always'
  /** Whether LibreOffice may be given old Word and PowerPoint files, of which only the words can be rebuilt. */
  readonly drawsOld: boolean
  readonly recipient: (mailbox: string) => RecipientRules
  /** For files that somebody brings in. */
  readonly brought: (tenant: string, by: { /** Of who brings it; '' or of another tenant: that of the tenant as a whole. */ readonly mailbox?: string | undefined; readonly profile?: string | undefined }) => Policy
}

export const RATE_CLASSES = ['texts', 'pictures', 'files', 'mails', 'originals'] as const
/** `texts`: delivered text and files; `pictures`: previews and names; `files`: unlocked, run again or brought in. */
export type RateClass = (typeof RATE_CLASSES)[number]
