/**
 * What a JPEG file consists of, read from its markers: how it was made, and what it carries beside its picture.
 *
 * The picture itself is decoded elsewhere (pixels.ts). Read here are the quality it was saved with, so that it is
 * saved again with the same, its resolution, and the segments and octets that will be left behind.
 * Linear; never throws; whatever cannot be read counts as absent.
 * Standards: ITU-T T.81 annex B (markers), annex K (tables); JFIF 1.02.
 */
import { Buffer } from 'node:buffer'

export type Resolution = { readonly unit: 0 | 1 | 2; readonly x: number; readonly y: number }

export type JpegFacts = {
  /** 1 to 100 as the IJG scale counts, estimated from the luminance table. */
  readonly quality: number | undefined
  /** Full colour resolution: no chroma subsampling. */
  readonly fullChroma: boolean
  readonly progressive: boolean
  /** From the JFIF segment: dots per inch (1), per centimetre (2), or a mere ratio (0). */
  readonly resolution: Resolution | undefined
  /** Exif, XMP, IPTC, comments and other application segments; not those that say what the colours mean. */
  readonly metadata: number
  /** Octets behind the end of the picture. */
  readonly trailingBytes: number
  /** The end marker is missing. */
  readonly endless: boolean
}

type Draft = { -readonly [K in keyof JpegFacts]: JpegFacts[K] }

const SOI = 0xd8
const EOI = 0xd9
const SOS = 0xda
const DQT = 0xdb
const COM = 0xfe

/** Luminance table of annex K, in zigzag order as it stands in files. */
const LUMINANCE = [
  16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60,
  57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113, 121, 112,
  100, 120, 92, 101, 103, 99,
]

export function readJpeg(untrustedBytes: Uint8Array): JpegFacts {
  const bytes = Buffer.from(untrustedBytes.buffer, untrustedBytes.byteOffset, untrustedBytes.byteLength)
  const facts: Draft = {
    quality: undefined, fullChroma: false, progressive: false, resolution: undefined, metadata: 0, trailingBytes: 0, endless: true,
  }
  let at = 2
  for (;;) {
    at = nextMarker(bytes, at)
    if (at < 0) return facts
    const marker = bytes[at + 1]!
    if (marker === EOI) return { ...facts, endless: false, trailingBytes: bytes.length - at - 2 }
    at += 2
    if (marker === SOI || marker === 0x01 || at + 2 > bytes.length) continue
    const end = Math.min(bytes.length, at + Math.max(2, bytes.readUInt16BE(at)))
    takeSegment(facts, marker, bytes.subarray(at + 2, end))
    at = end
  }
}

/** Position of the next marker that is no restart marker and no stuffed octet; -1 without one. */
function nextMarker(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at + 1)) {
    const code = bytes[at + 1]!
    if (code !== 0x00 && code !== 0xff && (code < 0xd0 || code > 0xd7)) return at
  }
  return -1
}

function takeSegment(facts: Draft, marker: number, content: Buffer): void {
  if (marker === DQT) facts.quality ??= qualityOf(content)
  else if (marker === COM) facts.metadata++
  else if (marker >= 0xe0 && marker <= 0xef) takeApplication(facts, marker, content)
  else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) takeFrame(facts, marker, content)
  else if (marker === SOS) return
}

/** JFIF, the colour profile and Adobe's transform say how the picture looks; they are used, not lost. */
function takeApplication(facts: Draft, marker: number, content: Buffer): void {
  const name = content.toString('latin1', 0, 12)
  if (marker === 0xe0 && name.startsWith('JFIF\0')) {
    if (content.length >= 12) facts.resolution ??= resolutionOf(content)
  } else if (!(marker === 0xe2 && name.startsWith('ICC_PROFILE\0')) && !(marker === 0xee && name.startsWith('Adobe'))) facts.metadata++
}

function resolutionOf(jfif: Buffer): Resolution | undefined {
  const unit = jfif[7]!
  const [x, y] = [jfif.readUInt16BE(8), jfif.readUInt16BE(10)]
  return unit <= 2 && x > 0 && y > 0 ? { unit: unit as 0 | 1 | 2, x, y } : undefined
}

function takeFrame(facts: Draft, marker: number, content: Buffer): void {
  facts.progressive = marker === 0xc2 || marker === 0xc6 || marker === 0xca || marker === 0xce
  // Sampling factors of the first component; 0x11 is one sample per pixel.
  facts.fullChroma = content.length > 7 && content[7] === 0x11
}

/** The scale that the IJG library would have used to get this table from annex K's. */
function qualityOf(tables: Buffer): number | undefined {
  if (tables.length < 65 || tables[0] !== 0) return undefined
  let wanted = 0
  let standard = 0
  for (let i = 0; i < 64; i++) {
    // Entries that were clamped to 1 or 255 say nothing about the scale.
    if (tables[1 + i] === 1 || tables[1 + i] === 255) continue
    wanted += tables[1 + i]!
    standard += LUMINANCE[i]!
  }
  if (standard === 0) return tables[1] === 255 ? 1 : 100
  const scale = (100 * wanted) / standard
  const quality = scale <= 100 ? (200 - scale) / 2 : 5000 / scale
  return Math.min(100, Math.max(1, Math.round(quality)))
}

/** JFIF segment of our own, behind the start marker: resolution is all that it says. */
export function withResolution(ownJpeg: Uint8Array, resolution: Resolution | undefined): Uint8Array {
  const { unit, x, y } = resolution ?? { unit: 0, x: 1, y: 1 }
  const segment = Buffer.from('ffe000104a46494600010200000100010000', 'hex')
  segment[11] = unit
  segment.writeUInt16BE(x, 12)
  segment.writeUInt16BE(y, 14)
  return new Uint8Array(Buffer.concat([ownJpeg.subarray(0, 2), segment, ownJpeg.subarray(2)]))
}
