/**
 * JPEG pictures inside a PDF, taken apart and put together again from the segments that a decoder needs.
 *
 * Not encoded anew: that would cost quality on every pass and break "pages pixel-identical". What carries no
 * pixels (EXIF, XMP, ICC, thumbnails, comments, octets behind the end) is left behind, and the structure is checked:
 * one frame, sane sizes, entropy-coded data without foreign markers. Whoever wants new pixels takes mode 'raster'.
 * Standards: ITU-T T.81 annex B; Adobe technical note 5116 (APP14).
 */
import { Buffer } from 'node:buffer'

export type Jpeg = { readonly bytes: Uint8Array; readonly width: number; readonly height: number }

const START = 0xd8
const END = 0xd9
const SCAN = 0xda
const ADOBE = 0xee
/** Frames that PDF readers decode: baseline, extended, progressive (ISO 32000-1 §7.4.8). */
const FRAMES: ReadonlySet<number> = new Set([0xc0, 0xc1, 0xc2])
/** Huffman tables, quantization tables, restart interval. */
const TABLES: ReadonlySet<number> = new Set([0xc4, 0xdb, 0xdd])
const MOST_SEGMENTS = 20_000

/** Undefined when the structure is not a JPEG's: then its pixels must be had in another way. Linear. */
export function remuxJpeg(untrustedBytes: Uint8Array): Jpeg | undefined {
  const bytes = Buffer.from(untrustedBytes.buffer, untrustedBytes.byteOffset, untrustedBytes.byteLength)
  if (bytes.length < 4 || bytes[0] !== 0xff || bytes[1] !== START) return undefined
  const kept: Uint8Array[] = [Buffer.from([0xff, START])]
  let frame: { width: number; height: number } | undefined
  let scans = 0
  let at = 2
  for (let segments = 0; segments < MOST_SEGMENTS; segments++) {
    while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at++
    const marker = bytes[at] === 0xff ? bytes[at + 1] : undefined
    // A file that was cut off behind its last scan still shows; decoders take the end as given.
    if (marker === END || (marker === undefined && scans > 0)) break
    if (marker === undefined || at + 4 > bytes.length) return undefined
    const length = bytes.readUInt16BE(at + 2)
    const segment = bytes.subarray(at, at + 2 + length)
    if (length < 2 || segment.length < length + 2) return undefined
    at += segment.length
    if (FRAMES.has(marker)) {
      if (frame || !isFrame(segment)) return undefined
      frame = { height: segment.readUInt16BE(5), width: segment.readUInt16BE(7) }
      kept.push(segment)
    } else if (marker === SCAN) {
      if (!frame) return undefined
      const end = endOfScan(bytes, at)
      kept.push(segment, bytes.subarray(at, end))
      at = end
      scans++
    } else if (TABLES.has(marker)) kept.push(segment)
    else if (marker === ADOBE && segment.length >= 16 && segment.toString('latin1', 4, 9) === 'Adobe') kept.push(adobeSegment(segment[15]!))
    else if (marker >= 0xc0 && marker < 0xe0) return undefined
  }
  if (!frame || scans === 0) return undefined
  kept.push(Buffer.from([0xff, END]))
  return { bytes: Buffer.concat(kept), ...frame }
}

function isFrame(segment: Buffer): boolean {
  const components = segment[9]
  if (segment.length < 11 || ![8, 12].includes(segment[4]!) || (components !== 1 && components !== 3 && components !== 4)) return false
  return segment.length === 10 + 3 * components && segment.readUInt16BE(5) > 0 && segment.readUInt16BE(7) > 0
}

/** Entropy-coded octets: 0xFF only before 0x00 (stuffing) or a restart marker. */
function endOfScan(bytes: Buffer, start: number): number {
  for (let at = bytes.indexOf(0xff, start); at >= 0; at = bytes.indexOf(0xff, at + 2)) {
    const next = bytes[at + 1]
    if (next === undefined) return at
    if (next !== 0 && (next < 0xd0 || next > 0xd7)) return at
  }
  return bytes.length
}

/** Only its colour transform means something to a decoder. */
function adobeSegment(transform: number): Uint8Array {
  return Buffer.from([0xff, ADOBE, 0, 14, ...Buffer.from('Adobe'), 0, 100, 0, 0, 0, 0, transform <= 2 ? transform : 0])
}
