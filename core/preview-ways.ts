/** What a look at a file is, for those who ask for one (core/preview.ts draws it) and those who pass it on. */
import type { ReasonKey } from './text/reasons.ts'

/**
 * What a picture shows: a page as it looks, only the words of a document, a drawing's lines and texts, or what a file says
 * about itself.
 */
export const DRAWN_WAYS = ['page', 'words', 'sketch', 'summary'] as const
export type Drawn = (typeof DRAWN_WAYS)[number]

export type Look = {
  readonly kind: 'look'
  readonly png: Uint8Array
  readonly page: number
  readonly pages: number
  readonly text: string
  readonly drawn: Drawn
  /** For a program that draws it better. */
  readonly handedOut?: OfficeFile
}
/**
 * `rebuilt`: only what was rebuilt as a file of its kind. `old-too`: old Word and PowerPoint files as they came, since of them only
 * the words are ever rebuilt.
 */
export const HANDS_OUT = ['no', 'rebuilt', 'old-too'] as const
export type HandsOut = (typeof HANDS_OUT)[number]
export type OfficeFile = { readonly bytes: Uint8Array; readonly extension: string }
export type LookKept = { readonly kind: 'kept'; readonly reason: ReasonKey | 'no-preview' }
export type LookAsk = {
  readonly page: number
  readonly mark: string
  /** Whether Office files are handed out, too; of the words the last page is shown then where there are not so many. */
  readonly handsOut?: HandsOut
}
