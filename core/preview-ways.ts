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
  /** The file that we rebuilt, where somebody else may draw it better. */
  readonly rebuilt?: OfficeFile
}
export type OfficeFile = { readonly bytes: Uint8Array; readonly extension: string }
export type LookKept = { readonly kind: 'kept'; readonly reason: ReasonKey | 'no-preview' }
export type LookAsk = {
  readonly page: number
  readonly mark: string
  /** Office files are handed out, too, as we rebuilt them; of the words the last page is shown where there are not so many. */
  readonly handsOut?: boolean
}
