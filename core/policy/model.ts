/**
 * A policy as data: what one group of recipients wants done with what comes for them.
 * Shipped profiles stand in config/; this is only the shape, and it crosses process borders as JSON.
 */
import type { FileForms } from '../file-forms.ts'
import type { ObjectRules } from '../objects.ts'
import type { Disposition } from '../verdict.ts'

export const PROFILES = ['text-only', 'disarm', 'raster'] as const
export type ProfileName = (typeof PROFILES)[number]

export const LINK_POLICIES = ['keep', 'defang', 'remove'] as const
export type LinkPolicy = (typeof LINK_POLICIES)[number]

/** One row of the table. Every given condition must hold; the first row that holds decides. */
export type PolicyRow = {
  readonly id: string
  readonly when: {
    /** Detected media types; `text/*` matches a family, `*` anything. */
    readonly detected?: readonly string[]
    /** Last extensions, lower-case, no dot. */
    readonly extension?: readonly string[]
    readonly role?: readonly ('attachment' | 'inline')[]
    readonly encrypted?: boolean
    readonly largerThanBytes?: number
    /** Any of these findings on the part. */
    readonly finding?: readonly string[]
  }
  readonly then: Disposition
  /** Key of REASONS (core/text/reasons.ts) that the notice shows. */
  readonly reason: string
  readonly why: string
  /** Clause of the organisation's own rules (対策基準) that the row carries out. */
  readonly clause?: string
}

export type Policy = {
  readonly profile: ProfileName
  readonly version: string
  readonly rows: readonly PolicyRow[]
  readonly links: LinkPolicy
  /** What is done about objects inside of files, where it is not the usual (core/objects.ts). */
  readonly objects: ObjectRules
  /** What rebuilt files look like, where there is a choice. */
  readonly files: FileForms
  readonly bodyCharset: 'utf-8' | 'iso-2022-jp'
  /** Header fields kept beyond the built-in allow-list, lower-case. */
  readonly extraHeaderFields: readonly string[]
  /** Put in front of the Subject of mail from outside, '' for none. */
  readonly subjectTag: string
}
