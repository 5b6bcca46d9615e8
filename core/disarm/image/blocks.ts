/**
 * What GIF and WebP files carry beside their pictures. Linear; never throws.
 * Standards: GIF89a §§17-26; RFC 9649 §2 (WebP container).
 */
import { Buffer } from 'node:buffer'

export type BlockFacts = { readonly metadata: number; readonly unknownBlocks: number; readonly trailingBytes: number }

export function readGif(untrustedBytes: Uint8Array): BlockFacts {
  const bytes = Buffer.from(untrustedBytes.buffer, untrustedBytes.byteOffset, untrustedBytes.byteLength)
  const counts = { metadata: 0, unknownBlocks: 0 }
  let at = 13 + colourTableBytes(bytes[10])
  while (at < bytes.length && bytes[at] !== 0x3b) {
    if (bytes[at] === 0x2c) at = skipSubBlocks(bytes, at + 11 + colourTableBytes(bytes[at + 9]))
    else if (bytes[at] === 0x21) {
      const isRepeat = bytes[at + 1] === 0xff && /^(?:NETSCAPE2\.0|ANIMEXTS1\.0)$/.test(bytes.toString('latin1', at + 3, at + 14))
      if (bytes[at + 1] !== 0xf9 && !isRepeat) counts.metadata++
      at = skipSubBlocks(bytes, at + 2)
    } else return { ...counts, trailingBytes: bytes.length - at }
  }
  return { ...counts, trailingBytes: Math.max(0, bytes.length - at - 1) }
}

function colourTableBytes(flags: number | undefined): number {
  return flags !== undefined && flags & 0x80 ? 3 << ((flags & 7) + 1) : 0
}

function skipSubBlocks(bytes: Buffer, from: number): number {
  let at = from
  while (at < bytes.length && bytes[at] !== 0) at += bytes[at]! + 1
  return at + 1
}

export type WebpFacts = BlockFacts & { readonly lossless: boolean }

const WEBP_PICTURE = new Set(['VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ANIM', 'ANMF', 'ICCP'])

export function readWebp(untrustedBytes: Uint8Array): WebpFacts {
  const bytes = Buffer.from(untrustedBytes.buffer, untrustedBytes.byteOffset, untrustedBytes.byteLength)
  const counts = { metadata: 0, unknownBlocks: 0 }
  let lossless = false
  const end = Math.min(bytes.length, bytes.length >= 12 ? evenUp(bytes.readUInt32LE(4)) + 8 : 0)
  let at = 12
  while (at + 8 <= end) {
    const name = bytes.toString('latin1', at, at + 4)
    if (name === 'EXIF' || name === 'XMP ') counts.metadata++
    else if (!WEBP_PICTURE.has(name)) counts.unknownBlocks++
    // A frame holds its picture in chunks of its own, behind 16 octets of place and time.
    if (name === 'VP8L' || (name === 'ANMF' && bytes.toString('latin1', at + 24, at + 28) === 'VP8L')) lossless = true
    at += 8 + evenUp(bytes.readUInt32LE(at + 4))
  }
  return { ...counts, lossless, trailingBytes: bytes.length - end }
}

function evenUp(length: number): number {
  return length + (length % 2)
}
