/**
 * BinHex 4.0: Macintosh files as text, with run-length coding and checksums.
 *
 * Only the data fork becomes a file: the resource fork means nothing outside a Macintosh.
 * Run-length coding can blow up 85 times, so the output has a limit.
 * Standards: RFC 1741.
 */
import { decodeText } from './charset.ts'

/** The comment that stands above every block. */
export const BINHEX_COMMENT = /^\(This file must be converted with BinHex/

const ALPHABET = '!"#$%&\'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr'
const VALUES = new Int8Array(128).fill(-1)
for (let value = 0; value < ALPHABET.length; value++) VALUES[ALPHABET.charCodeAt(value)] = value

const REPEAT = 0x90
const MAX_NAME_OCTETS = 63
/** Octets of the header behind the name: version, type, creator, flags, two lengths, CRC. */
const HEADER_OCTETS = 1 + 4 + 4 + 2 + 4 + 4 + 2

export type BinHexFile = { readonly name: string; readonly bytes: Uint8Array; readonly isIntact: boolean }

/** True when `line` can stand between the two colons (the first and last lines contain them). */
export function isBinHexLine(line: string): boolean {
  const body = line.startsWith(':') ? line.slice(1) : line
  const inner = body.endsWith(':') ? body.slice(0, -1) : body
  for (let at = 0; at < inner.length; at++) {
    const code = inner.charCodeAt(at)
    if (code >= 128 || VALUES[code]! < 0) return false
  }
  return line.length > 0
}

/** Decodes the characters between the colons. Broken or cut data gives what could be read. Never throws. */
export function decodeBinHex(characters: string, maxBytes: number): BinHexFile {
  const { bytes, isComplete } = expandRuns(sixBitsToOctets(characters), maxBytes)
  const nameLength = Math.min(bytes[0] ?? 0, MAX_NAME_OCTETS)
  const name = decodeText(bytes.subarray(1, 1 + nameLength), undefined).text
  const headerEnd = 1 + nameLength + HEADER_OCTETS
  if (bytes.length < headerEnd) return { name, bytes: bytes.slice(), isIntact: false }

  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const dataLength = view.getUint32(headerEnd - 10)
  const dataEnd = Math.min(headerEnd + dataLength, bytes.length)
  const isWhole = isComplete && headerEnd + dataLength + 2 <= bytes.length
  const isIntact =
    isWhole &&
    crc16(bytes.subarray(0, headerEnd - 2)) === view.getUint16(headerEnd - 2) &&
    crc16(bytes.subarray(headerEnd, dataEnd)) === view.getUint16(dataEnd)
  return { name, bytes: bytes.slice(headerEnd, dataEnd), isIntact }
}

function sixBitsToOctets(characters: string): Uint8Array {
  const octets = new Uint8Array(Math.floor((characters.length * 6) / 8))
  let bits = 0
  let held = 0
  let out = 0
  for (let at = 0; at < characters.length; at++) {
    held = ((held << 6) | VALUES[characters.charCodeAt(at) & 0x7f]!) & 0xffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    octets[out++] = held >> bits
  }
  return octets.subarray(0, out)
}

/** 0x90 n repeats the octet before it n times in all; 0x90 0 is 0x90 itself. */
function expandRuns(packed: Uint8Array, maxBytes: number): { bytes: Uint8Array; isComplete: boolean } {
  const bytes = new Uint8Array(Math.min(expandedLength(packed), maxBytes))
  let out = 0
  for (let at = 0; at < packed.length; at++) {
    const octet = packed[at]!
    const count = octet === REPEAT ? (packed[++at] ?? 0) : 1
    if (octet !== REPEAT || count === 0) bytes[out++] = octet
    else {
      const end = Math.min(out + count - 1, bytes.length)
      bytes.fill(out > 0 ? bytes[out - 1]! : 0, out, end)
      out = end
    }
    if (out >= bytes.length) return { bytes, isComplete: at >= packed.length - 1 }
  }
  return { bytes: bytes.subarray(0, out), isComplete: true }
}

function expandedLength(packed: Uint8Array): number {
  let length = 0
  for (let at = 0; at < packed.length; at++) {
    const count = packed[at] === REPEAT ? (packed[++at] ?? 0) : 0
    length += count > 0 ? count - 1 : 1
  }
  return length
}

/** CRC-CCITT, polynomial 0x1021, as BinHex runs it (zero start, two zero octets behind). */
function crc16(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff
  }
  return crc
}
