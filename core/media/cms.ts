/**
 * Opaque S/MIME: takes the signed MIME entity out of a CMS SignedData, without judging the signature.
 *
 * Only the path ContentInfo ▸ SignedData ▸ encapContentInfo ▸ eContent is walked; definite and indefinite
 * lengths, primitive and constructed OCTET STRINGs. Everything else of the structure is left behind.
 * Standards: RFC 5652 §3-5, RFC 8551 §3.5.2, X.690 (BER).
 */
import { Buffer } from 'node:buffer'

const SEQUENCE = 0x30
const SET = 0x31
const OID = 0x06
const INTEGER = 0x02
const OCTET_STRING = 0x04
const CONSTRUCTED_OCTET_STRING = 0x24
const CONTEXT_0 = 0xa0
const SIGNED_DATA = Buffer.from('2a864886f70d010702', 'hex')
const DATA = Buffer.from('2a864886f70d010701', 'hex')
const MOST_CHUNKS = 100_000

type Element = { readonly tag: number; readonly start: number; readonly end: number; readonly next: number }

/** The content, or undefined when this is no SignedData with data inside (enveloped data, damage). Never throws. */
export function unwrapSignedData(untrustedBytes: Uint8Array): Uint8Array | undefined {
  const walk = new BerWalk(Buffer.from(untrustedBytes.buffer, untrustedBytes.byteOffset, untrustedBytes.byteLength))
  const contentInfo = walk.expect(0, SEQUENCE)
  const type = contentInfo && walk.expect(contentInfo.start, OID)
  if (!type || !walk.bytes(type).equals(SIGNED_DATA)) return undefined
  const wrapper = walk.expect(type.next, CONTEXT_0)
  const signedData = wrapper && walk.expect(wrapper.start, SEQUENCE)
  const version = signedData && walk.expect(signedData.start, INTEGER)
  const digests = version && walk.expect(version.next, SET)
  const encapsulated = digests && walk.expect(digests.next, SEQUENCE)
  const innerType = encapsulated && walk.expect(encapsulated.start, OID)
  if (!innerType || !walk.bytes(innerType).equals(DATA)) return undefined
  const content = walk.expect(innerType.next, CONTEXT_0)
  return content && walk.octets(content.start)
}

class BerWalk {
  readonly #buffer: Buffer

  constructor(buffer: Buffer) {
    this.#buffer = buffer
  }

  bytes(element: Element): Buffer {
    return this.#buffer.subarray(element.start, element.end)
  }

  expect(at: number, tag: number): Element | undefined {
    const element = this.#element(at, 0)
    return element?.tag === tag ? element : undefined
  }

  /** One OCTET STRING, in one piece or as a row of pieces. */
  octets(at: number): Uint8Array | undefined {
    const outer = this.#element(at, 0)
    if (outer?.tag === OCTET_STRING) return this.bytes(outer)
    if (outer?.tag !== CONSTRUCTED_OCTET_STRING) return undefined
    const pieces: Buffer[] = []
    let position = outer.start
    while (position < outer.end && pieces.length < MOST_CHUNKS) {
      const piece = this.expect(position, OCTET_STRING)
      if (!piece) return undefined
      pieces.push(this.bytes(piece))
      position = piece.next
    }
    return Buffer.concat(pieces)
  }

  /** Reads one header; an indefinite length is measured by walking the content, to a small depth. */
  #element(at: number, depth: number): Element | undefined {
    const buffer = this.#buffer
    if (at + 2 > buffer.length || depth > 16) return undefined
    const tag = buffer[at]!
    const first = buffer[at + 1]!
    if (first < 0x80) return this.#definite(tag, at + 2, first)
    if (first === 0x80) return this.#indefinite(tag, at + 2, depth)
    const lengthBytes = first & 0x7f
    if (lengthBytes > 5 || at + 2 + lengthBytes > buffer.length) return undefined
    return this.#definite(tag, at + 2 + lengthBytes, buffer.readUIntBE(at + 2, lengthBytes))
  }

  #definite(tag: number, start: number, length: number): Element | undefined {
    const end = start + length
    return end <= this.#buffer.length ? { tag, start, end, next: end } : undefined
  }

  /** Content of an indefinite length ends with two zero octets. A fixed budget keeps hostile nesting linear. */
  #indefinite(tag: number, start: number, depth: number): Element | undefined {
    let position = start
    for (let count = 0; count < MOST_CHUNKS; count++) {
      if (this.#buffer[position] === 0 && this.#buffer[position + 1] === 0) return { tag, start, end: position, next: position + 2 }
      const inner = this.#element(position, depth + 1)
      if (!inner) return undefined
      position = inner.next
    }
    return undefined
  }
}
