/**
 * Compressed RTF as Outlook stores message bodies, unpacked.
 * Bounded by the size it announces and by `limitBytes`; broken input gives undefined, never a throw.
 * Standards: MS-OXRTFCP §2.1 (format), §3.1.3 (LZFu, with its initial dictionary).
 */
import { Buffer } from 'node:buffer'

const HEADER_BYTES = 16
const COMPRESSED = 0x75465a4c
const UNCOMPRESSED = 0x414c454d
const DICTIONARY_BYTES = 4096
/** What the dictionary begins with, by the standard (§2.1.2.1). */
const INITIAL = Buffer.from(
  '{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier' +
    '{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx',
  'latin1',
)

/** RTF octets, or undefined when `untrustedBytes` is no compressed RTF or would be larger than `limitBytes`. */
export function unpackRtf(untrustedBytes: Uint8Array, limitBytes: number): Uint8Array | undefined {
  const source = Buffer.from(untrustedBytes.buffer, untrustedBytes.byteOffset, untrustedBytes.byteLength)
  if (source.length < HEADER_BYTES) return undefined
  const rawBytes = source.readUInt32LE(4)
  const kind = source.readUInt32LE(8)
  if (rawBytes > limitBytes) return undefined
  if (kind === UNCOMPRESSED) return new Uint8Array(source.subarray(HEADER_BYTES, HEADER_BYTES + rawBytes))
  return kind === COMPRESSED ? unpack(source.subarray(HEADER_BYTES), rawBytes) : undefined
}

function unpack(source: Buffer, rawBytes: number): Uint8Array {
  const dictionary = Buffer.alloc(DICTIONARY_BYTES)
  INITIAL.copy(dictionary)
  // No run makes more than 17 octets of two, so a lying size cannot make us reserve more than that.
  const out = new Uint8Array(Math.min(rawBytes, source.length * 9))
  let write = INITIAL.length
  let length = 0
  let at = 0
  const put = (octet: number): void => {
    if (length < out.length) out[length++] = octet
    dictionary[write] = octet
    write = (write + 1) % DICTIONARY_BYTES
  }
  while (at < source.length && length < out.length) {
    const control = source[at++]!
    for (let bit = 0; bit < 8 && at < source.length; bit++) {
      if ((control & (1 << bit)) === 0) {
        put(source[at++]!)
        continue
      }
      if (at + 2 > source.length) return out.subarray(0, length)
      const reference = source.readUInt16BE(at)
      at += 2
      let read = reference >> 4
      // A reference to the place where the next octet goes marks the end.
      if (read === write) return out.subarray(0, length)
      for (let left = (reference & 15) + 2; left > 0; left--) {
        put(dictionary[read]!)
        read = (read + 1) % DICTIONARY_BYTES
      }
    }
  }
  return out.subarray(0, length)
}
