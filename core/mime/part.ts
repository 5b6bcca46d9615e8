/**
 * What the streaming reader tells about a message, as plain data.
 *
 * Everything here that came from outside is a claim of the sender: names and types say what a part
 * calls itself, never what it is. Offsets and lengths count received octets (after dot-unstuffing).
 */
import type { Finding } from '../finding.ts'
import type { PartId } from '../verdict.ts'

/** One header field. `value` is unfolded latin1 text, one char per octet: decode it with core/mime/words.ts. */
export type HeaderField = { readonly name: string; readonly key: string; readonly value: string }

/** `type` is lower-case `type/subtype`; a missing or broken field reads as text/plain or application/octet-stream. */
export type ContentType = { readonly type: string; readonly params: ReadonlyMap<string, string> }

export type TransferEncoding = '7bit' | '8bit' | 'binary' | 'base64' | 'quoted-printable' | 'uuencode' | 'unknown'

export type PartHead = {
  readonly id: PartId
  readonly parentId: PartId | undefined
  readonly kind: 'leaf' | 'multipart' | 'message'
  /** Media types from the root to here. */
  readonly path: string
  readonly depth: number
  /** First octet of the part's header. */
  readonly offset: number
  readonly header: readonly HeaderField[]
  readonly contentType: ContentType
  /** False when the field was missing or unreadable and `contentType` is the default. */
  readonly hasContentType: boolean
  readonly contentDisposition: 'inline' | 'attachment' | undefined
  /** Content-ID without angle brackets, '' when missing. */
  readonly contentId: string
  /** Both names a part can give itself, decoded (RFC 2231, 2047, raw 8-bit); '' when missing. */
  readonly names: { readonly contentType: string; readonly contentDisposition: string }
  readonly transferEncoding: TransferEncoding
}

export type PartTail = {
  readonly id: PartId
  /** First octet of the body, and its length as received (encoded). */
  readonly bodyOffset: number
  readonly bodyLength: number
  readonly decodedLength: number
}

export interface ReaderEvents {
  /** Return false when the body of this leaf is of no interest: partData is not called for it. */
  partStart(head: PartHead): boolean
  /** Decoded octets. The view is valid during the call only: copy what must be kept. */
  partData(id: PartId, decoded: Uint8Array): void
  partEnd(tail: PartTail): void
  finding(finding: Finding): void
}

/** Over a limit the remainder becomes one leaf of type application/octet-stream with a `limit.*` finding. */
export type ReaderLimits = {
  /** All header octets of one part. */
  readonly headerBytes: number
  readonly headerFields: number
  readonly parts: number
  readonly depth: number
  /** Longest line the reader takes apart; longer ones are split for text and flagged. */
  readonly lineBytes: number
}

export const DEFAULT_READER_LIMITS: ReaderLimits = {
  headerBytes: 256 * 1024,
  headerFields: 1000,
  parts: 1000,
  depth: 20,
  lineBytes: 64 * 1024,
}
