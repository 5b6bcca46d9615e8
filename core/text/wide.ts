/**
 * UTF-16 and UTF-32 text, with and without a byte order mark.
 *
 * A label without an order ("utf-16") leaves it to the mark, and without a mark to us: RFC 2781 says big endian,
 * WHATWG little endian, and senders do both, so the zero octets of line ends and spaces decide.
 * Standards: RFC 2781; Unicode §3.10.
 */
import { Buffer } from 'node:buffer'

export type WideEncoding = 'utf-16le' | 'utf-16be' | 'utf-32le' | 'utf-32be'

const REPLACEMENT = 0xfffd

/** Encoding named by a byte order mark at the start, longest mark first. */
export function byteOrderMark(bytes: Uint8Array): WideEncoding | 'utf-8' | undefined {
  const [a, b, c, d] = bytes
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'utf-8'
  if (a === 0xff && b === 0xfe && c === 0 && d === 0) return 'utf-32le'
  if (a === 0 && b === 0 && c === 0xfe && d === 0xff) return 'utf-32be'
  if (a === 0xff && b === 0xfe) return 'utf-16le'
  if (a === 0xfe && b === 0xff) return 'utf-16be'
  return undefined
}

/** Byte order of UTF-16 text without a mark, by where its high octets are 0x00 (ASCII) or 0x30 (kana). */
export function guessUtf16Order(bytes: Uint8Array): 'utf-16le' | 'utf-16be' {
  const end = Math.min(bytes.length & ~1, 4096)
  let little = 0
  let big = 0
  for (let at = 0; at < end; at += 2) {
    if (bytes[at] === 0 || bytes[at] === 0x30) big++
    if (bytes[at + 1] === 0 || bytes[at + 1] === 0x30) little++
  }
  return big > little ? 'utf-16be' : 'utf-16le'
}

/** True when every other octet of the beginning is mostly zero: UTF-16 text that nobody labelled. */
export function looksLikeUtf16(bytes: Uint8Array): boolean {
  const end = Math.min(bytes.length & ~1, 4096)
  if (end < 4) return false
  const zeros = [0, 0]
  for (let at = 0; at < end; at++) if (bytes[at] === 0) zeros[at & 1]!++
  const [even, odd] = zeros as [number, number]
  return Math.max(even, odd) > end / 8 && Math.min(even, odd) < end / 50
}

/** Decodes UTF-32; what is not a scalar value becomes U+FFFD. A mark at the start is dropped. */
export function decodeUtf32(bytes: Uint8Array, order: 'utf-32le' | 'utf-32be'): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const units = new Uint16Array(Math.ceil(bytes.length / 4) * 2)
  let out = 0
  for (let at = 0; at < bytes.length; at += 4) {
    const whole = at + 4 <= bytes.length
    const codePoint = whole ? view.getUint32(at, order === 'utf-32le') : REPLACEMENT
    if (at === 0 && codePoint === 0xfeff) continue
    if (codePoint > 0x10ffff || (codePoint >= 0xd800 && codePoint <= 0xdfff)) units[out++] = REPLACEMENT
    else if (codePoint < 0x10000) units[out++] = codePoint
    else {
      units[out++] = 0xd800 + ((codePoint - 0x10000) >> 10)
      units[out++] = 0xdc00 + ((codePoint - 0x10000) & 0x3ff)
    }
  }
  return Buffer.from(units.buffer, 0, out * 2).toString('utf16le')
}
