/**
 * What the gateway asks of sanitize() and what it gets back: plain data that crosses process borders.
 * No clock, no random, no look-up in core/: whatever depends on them is in the job.
 */
import type { Classification, ClassRules } from './classification.ts'
import type { ReaderLimits } from './mime/part.ts'
import type { Policy } from './policy/model.ts'
import type { FileBounds } from './rebuild.ts'
import type { Mailbox, QueueId, ReversePath } from './smtp/envelope.ts'
import type { Report, Verdict } from './verdict.ts'

/** Recipients that get the same composed message: same tenant, policy, language. */
export type PolicyGroup = {
  readonly id: string
  readonly tenant: string
  readonly policy: Policy
  readonly recipients: readonly Mailbox[]
  readonly notice: NoticeContext
  /** Domains of the organisation: outside mail whose From claims one is marked. */
  readonly ownDomains: readonly string[]
}

export type NoticeContext = {
  readonly language: 'ja' | 'en'
  /** Link of this message's page on the inner portal, opaque and useless without sign-in; '' without a portal. */
  readonly url: string
  /** Per-message digits that a body cannot know beforehand. */
  readonly checkCode: string
  /** Day until which the original is kept, already formatted for the reader. */
  readonly keptUntil: string
  /** Where sender or subject may still decide it: the day of each class. */
  readonly byClass?: ClassRules & { readonly ofPeople: Classification | undefined; readonly keptUntil: Readonly<Record<Classification, string>> }
  /** Whom to ask, e.g. 「情報政策課 内線123」; '' when not set. */
  readonly contact: string
  /** Texts of the tenant that replace the built-in ones, by key of core/text/notice-texts.ts. */
  readonly texts: Readonly<Record<string, string>>
}

/** Checks that need the header and body; SPF is the gateway's. */
export type SenderCheck = 'dkim' | 'dmarc'

export type SpfOutcome = { readonly result: string; readonly domain: string }

export type Session = {
  readonly clientAddress: string
  /** Name from EHLO. */
  readonly helo: string
  readonly protocol: 'SMTP' | 'ESMTP' | 'ESMTPS' | 'UTF8SMTP' | 'UTF8SMTPS'
  /** A listed upstream: its own Authentication-Results are believed, nothing of ours runs. */
  readonly listedUpstream: boolean
  /** authserv-ids of that upstream whose results are believed. */
  readonly trustedAuthservIds: readonly string[]
}

export type SanitizeLimits = {
  readonly reader: ReaderLimits
  /** Text of one part, and of the whole delivered body. */
  readonly textPartBytes: number
  readonly bodyBytes: number
  /** Largest file that is collected to be rebuilt. */
  readonly fileBytes: number
  /** All files of one message that are collected to be rebuilt. */
  readonly filesBytes: number
  /** Pixels of one picture or page, and of all frames of one file together. */
  readonly filePixels: number
  readonly filePages: number
  /** Dots per inch of pictures of pages. */
  readonly rasterDpi: number
  /** Entries of one container. */
  readonly fileEntries: number
  /** Containers in containers. */
  readonly fileDepth: number
  /** Files inside one file, over all levels, and their octets. */
  readonly fileMembers: number
  readonly memberBytes: number
}

export function boundsOf(limits: SanitizeLimits): FileBounds {
  const { fileBytes, filePixels, filePages, rasterDpi, fileEntries, fileDepth, fileMembers, memberBytes } = limits
  return {
    outputBytes: fileBytes,
    pixels: filePixels,
    pages: filePages,
    rasterDpi,
    entries: fileEntries,
    depth: fileDepth,
    members: fileMembers,
    memberBytes,
  }
}

export type SanitizeJob = {
  readonly queueId: QueueId
  /** RFC 5322 date-time of receipt. */
  readonly receivedDate: string
  /** Our host name for Received and Authentication-Results. */
  readonly hostname: string
  readonly session: Session
  readonly reversePath: ReversePath
  /** SPF as the gateway found it; undefined behind a listed upstream. */
  readonly spf: SpfOutcome | undefined
  /** What is to be checked here (strangers only). */
  readonly authenticate: readonly SenderCheck[]
  /** Value of our loop mark for this message (HMAC by the gateway). */
  readonly loopMark: string
  /** 128 random bits in hex for boundaries and generated ids. */
  readonly seed: string
  readonly groups: readonly PolicyGroup[]
  readonly limits: SanitizeLimits
  /** 'plain' reads header and text/plain only: the second try after a job died. */
  readonly mode: 'full' | 'plain'
}

/** What the verifier must find in a composed message, and nothing else. */
export type Manifest = {
  readonly queueId: QueueId
  /** Lower-case names of the header fields, in order. */
  readonly fields: readonly string[]
  readonly subject: string
  readonly messageId: string
  /** SHA-256 (hex) of the body text as UTF-8 with LF line ends, without the last line end. */
  readonly textSha256: string
  readonly files: readonly { readonly name: string; readonly mediaType: string; readonly bytes: number; readonly sha256: string }[]
}

export type ComposedGroup = {
  readonly id: string
  /** Canonical message: 7-bit, CRLF, lines of at most 998 octets. Empty when the verdict is reject. */
  readonly message: Uint8Array
  readonly manifest: Manifest
  readonly report: Report
}

export type SanitizeResult = {
  readonly verdict: Verdict
  readonly groups: readonly ComposedGroup[]
  /** A check that passed, ours or a listed upstream's, vouches for the reverse-path: a DSN may go there. */
  readonly reversePathConfirmed: boolean
  /** For the mail log and for tracing: decoded, printable, never trusted. */
  readonly summary: MessageSummary
}

export type MessageSummary = {
  readonly messageId: string
  readonly subject: string
  /** `name <address>` of the first author. */
  readonly from: string
  /** Number of Received fields; the loop guard of the gateway counts them. */
  readonly receivedCount: number
  /** Values of loop-mark fields found in the header, to be checked by the gateway's key. */
  readonly loopMarks: readonly string[]
}
