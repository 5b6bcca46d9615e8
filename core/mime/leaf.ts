/**
 * The body of one leaf on its way out: decoded, counted, handed to the consumer.
 *
 * The consumer may not want the octets; they are decoded all the same, because the length and the anomalies are
 * facts about the part.
 */
import type { FindingCode } from '../finding.ts'
import type { PartHead } from './part.ts'
import { TransferDecoder } from './transfer.ts'
import { latin1 } from './octets.ts'

/** Looked at to see whether a piece of header was cut off from the header and stands in the body. */
const HEAD_BYTES = 200
const MIME_HEADER = /^[\x00-\x20]*(?:content-[a-z-]{1,40}|mime-version)[ \t\0]*:/i
const ANY_HEADER = /^[\x00-\x20]*[a-z][a-z0-9-]{1,40}[ \t\0]*:/i

type LeafOptions = {
  readonly lineBytes: number
  /** Receives the decoded octets, or undefined when nobody wants them. */
  readonly emit: ((decoded: Uint8Array) => void) | undefined
}

export class Leaf {
  readonly head: PartHead
  decodedLength = 0
  readonly #decoder: TransferDecoder
  #begin = ''

  constructor(head: PartHead, options: LeafOptions) {
    this.head = head
    const { emit } = options
    const count = (decoded: Uint8Array) => {
      this.decodedLength += decoded.length
      emit?.(decoded)
    }
    this.#decoder = new TransferDecoder(head.transferEncoding, count, options.lineBytes)
  }

  write(window: Buffer, start: number, end: number): void {
    if (this.#begin.length < HEAD_BYTES) {
      this.#begin += latin1(window, start, Math.min(end, start + HEAD_BYTES - this.#begin.length))
    }
    this.#decoder.write(window, start, end)
  }

  end(tell: (code: FindingCode, detail: string) => void): void {
    this.#decoder.end()
    this.#decoder.report(tell)
    // This type is a header by design.
    if (this.head.contentType.type === 'text/rfc822-headers') return
    const bare = this.head.header.length === 0 && this.head.parentId === undefined
    if ((bare ? ANY_HEADER : MIME_HEADER).test(this.#begin)) tell('structure.header-in-body', '')
  }
}
