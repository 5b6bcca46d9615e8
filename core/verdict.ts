/**
 * The vocabulary of judgement, from one part up to the whole message.
 *
 *   Finding      something seen in a part             (a fact, never an action)
 *   Disposition  what policy wants done with a part   (a plan)
 *   Outcome      what was in fact done to a part      (a result)
 *   Verdict      what happens to the message          (the only thing the gateway acts on)
 *
 * "Disposition" here is never the MIME field; that one is always `contentDisposition`.
 */
import type { Finding } from './finding.ts'
import type { ObjectKind, Removed } from './objects.ts'
import type { ReplyName } from './smtp/reply.ts'

/** IMAP section number: '1.2' is the 2nd part of the 1st part, '' the whole message (RFC 3501 §6.4.5). */
export type PartId = string

export const DISPOSITIONS = ['pass', 'text', 'disarm', 'raster', 'quarantine', 'reject'] as const
export type Disposition = (typeof DISPOSITIONS)[number]

/** Whether a disposition asks for a rebuilt file. */
export function wantsFile(disposition: Disposition): boolean {
  return disposition === 'disarm' || disposition === 'pass' || disposition === 'raster'
}

/**
 * What was done to one part. Every part of a message ends in exactly one.
 *   body         its text stands in the delivered body
 *   superseded   another representation of the same content was delivered (multipart/alternative)
 *   rebuilt      a file we composed from what was understood is attached
 *   quarantined  kept sealed, named in the notice
 *   pending      kept sealed for now: worked on later, then mailed
 *   container    has no content of its own: its children have outcomes
 */
export const OUTCOMES = ['body', 'superseded', 'rebuilt', 'quarantined', 'pending', 'container'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** One line of the report: the part as it came, what policy said, and what became of it. */
export type PartReport = {
  readonly id: PartId
  /** Media types from the root to here, e.g. `multipart/mixed > application/zip`. */
  readonly path: string
  /** The name as the sender gave it, decoded, control characters made visible; '' when there is none. */
  readonly name: string
  readonly claimedType: string
  readonly detectedType: string
  /** Where the encoded body stands in the received octets. */
  readonly offset: number
  readonly length: number
  readonly transferEncoding: string
  /** Decoded size and digest (hex). */
  readonly bytes: number
  readonly sha256: string
  readonly disposition: Disposition
  /** Id of the policy row that decided. */
  readonly rule: string
  readonly outcome: Outcome
  /** Machine-readable reason for `quarantined` and `pending`; key of REASONS in core/text/reasons.ts. */
  readonly reason?: string
  /** Name under which a rebuilt file is attached. */
  readonly deliveredName?: string
  /** Name of what goes with it: the words of a document whose pages are pictures. */
  readonly besideName?: string
  /** The object that policy blocks, with the reason `blocked-object`. */
  readonly object?: ObjectKind
  readonly removed: readonly Removed[]
  readonly findings: readonly Finding[]
  /** Files that were inside this one. */
  readonly members?: readonly MemberReport[]
}

/** What a part's report says when the whole of it is kept back for a reason of our own, whatever it is. */
export function keptForReason(reason: string): Pick<PartReport, 'disposition' | 'rule' | 'outcome' | 'reason' | 'removed' | 'findings'> {
  return { disposition: 'quarantine', rule: `built-in:${reason}`, outcome: 'quarantined', reason, removed: [], findings: [] }
}

/** A file inside a file; its place is in the list of members of what it was in. */
export type MemberReport = {
  readonly name: string
  readonly detectedType: string
  readonly bytes: number
  readonly sha256: string
  readonly disposition: Disposition
  readonly rule: string
  readonly outcome: 'rebuilt' | 'quarantined'
  readonly reason?: string
  readonly deliveredName?: string
  readonly besideName?: string
  readonly removed: readonly Removed[]
  readonly findings: readonly Omit<Finding, 'partId'>[]
  readonly members: readonly MemberReport[]
}

export type Verdict = { readonly kind: 'relay' } | { readonly kind: 'reject'; readonly reply: ReplyName; readonly rule: string }

/** The machine-readable account of one message under one policy (schema: docs/report.schema.json). */
export type Report = {
  readonly verdict: 'relay' | 'reject'
  readonly profile: string
  readonly policyVersion: string
  readonly parts: readonly PartReport[]
  readonly findings: readonly Finding[]
  /** What was found about the sender (RFC 8601 methods and results), ours or a listed upstream's; left out when nothing was. */
  readonly senderChecks?: readonly { readonly method: string; readonly result: string }[]
  /** The whole message was scanned as it came, and nothing was found. Left out when it was not scanned. */
  readonly antivirus?: 'clean'
}
