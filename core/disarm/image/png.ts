/**
 * PNG on the level of chunks: what a file carries beside its picture, and a writer for few colours.
 *
 * The writer keeps what a general encoder would lose: a scan of two colours stays at one bit a pixel, a drawing of
 * sixteen at four, every colour exact. Colours stand in the order of their first appearance, so equal pixels give
 * equal octets. Reading is linear and never throws.
 * Standards: PNG (W3C, third edition) §5 chunks, §11.2 IHDR and PLTE, §11.3.1 tRNS.
 */
import { Buffer } from 'node:buffer'
import { crc32, deflateSync } from 'node:zlib'

export type PngFacts = {
  readonly bitDepth: number
  readonly colourType: number
  readonly interlaced: boolean
  /** Texts, Exif, times. */
  readonly metadata: number
  /** Chunks that are not in the standard. */
  readonly unknownChunks: number
  /** Frames of an animation behind the first; readers of PNG see only the first. */
  readonly furtherFrames: number
  readonly trailingBytes: number
  /** Pixels per metre as the pHYs chunk has it, to be copied by value. */
  readonly resolution: { readonly x: number; readonly y: number } | undefined
}

export const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex')
const METADATA = new Set(['tEXt', 'zTXt', 'iTXt', 'eXIf', 'tIME'])
/** They say how the picture looks; used when it is decoded, or of no further meaning. */
const KNOWN = new Set(
  'IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs sPLT acTL fcTL fdAT'.split(' '),
)

export function readPng(untrustedBytes: Uint8Array): PngFacts {
  const bytes = Buffer.from(untrustedBytes.buffer, untrustedBytes.byteOffset, untrustedBytes.byteLength)
  const counts = { metadata: 0, unknownChunks: 0, furtherFrames: 0 }
  let resolution: PngFacts['resolution']
  let at = SIGNATURE.length
  while (at + 12 <= bytes.length) {
    const length = bytes.readUInt32BE(at)
    const name = bytes.toString('latin1', at + 4, at + 8)
    if (METADATA.has(name)) counts.metadata++
    else if (!KNOWN.has(name)) counts.unknownChunks++
    if (name === 'fcTL') counts.furtherFrames++
    if (name === 'pHYs' && length === 9 && at + 17 <= bytes.length && bytes[at + 16] === 1) {
      resolution = { x: bytes.readUInt32BE(at + 8), y: bytes.readUInt32BE(at + 12) }
    }
    at += 12 + length
    if (name === 'IEND') break
  }
  const isWhole = bytes.length >= 33
  return {
    bitDepth: isWhole ? bytes[24]! : 8,
    colourType: isWhole ? bytes[25]! : 2,
    interlaced: isWhole && bytes[28] === 1,
    ...counts,
    furtherFrames: Math.max(0, counts.furtherFrames - 1),
    trailingBytes: Math.max(0, bytes.length - at),
    resolution,
  }
}

export type Raster = { readonly data: Uint8Array; readonly width: number; readonly height: number }

/** Undefined when there are more than 256 colours. `data` is RGBA, four octets a pixel. */
export function encodeFewColours({ data, width, height }: Raster, resolution: PngFacts['resolution']): Uint8Array | undefined {
  const indexed = indexColours(data, width * height)
  if (!indexed) return undefined
  const { colours, indices } = indexed
  const bitDepth = colours.length <= 2 ? 1 : colours.length <= 4 ? 2 : colours.length <= 16 ? 4 : 8
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = bitDepth
  header[9] = 3
  const palette = Buffer.from(colours.flatMap(colour => [colour & 0xff, (colour >>> 8) & 0xff, (colour >>> 16) & 0xff]))
  const alpha = Buffer.from(colours.map(colour => colour >>> 24))
  return new Uint8Array(
    Buffer.concat([
      SIGNATURE,
      chunk('IHDR', header),
      ...(resolution ? [chunk('pHYs', resolutionOctets(resolution))] : []),
      chunk('PLTE', palette),
      ...(alpha.every(value => value === 255) ? [] : [chunk('tRNS', alpha)]),
      chunk('IDAT', deflateSync(packRows(indices, { width, height, bitDepth }), { level: 6 })),
      chunk('IEND', Buffer.alloc(0)),
    ]),
  )
}

function resolutionOctets({ x, y }: { readonly x: number; readonly y: number }): Buffer {
  const octets = Buffer.alloc(9)
  octets.writeUInt32BE(x, 0)
  octets.writeUInt32BE(y, 4)
  octets[8] = 1
  return octets
}

export function chunk(name: string, content: Buffer): Buffer {
  const octets = Buffer.alloc(content.length + 12)
  octets.writeUInt32BE(content.length, 0)
  octets.write(name, 4, 'latin1')
  content.copy(octets, 8)
  octets.writeUInt32BE(crc32(octets.subarray(4, -4)), octets.length - 4)
  return octets
}

type Indexed = { readonly colours: readonly number[]; readonly indices: Uint8Array }

/** Colours as 0xAABBGGRR; what cannot be seen has no colour, so that it cannot carry a message either. */
function indexColours(data: Uint8Array, pixels: number): Indexed | undefined {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const numbers = new Map<number, number>()
  const indices = new Uint8Array(pixels)
  let lastColour = -1
  let lastIndex = 0
  for (let i = 0; i < pixels; i++) {
    const seen = view.getUint32(4 * i, true)
    const colour = seen >>> 24 === 0 ? 0 : seen
    if (colour !== lastColour) {
      lastIndex = numbers.get(colour) ?? numbers.size
      if (lastIndex === numbers.size) {
        if (lastIndex === 256) return undefined
        numbers.set(colour, lastIndex)
      }
      lastColour = colour
    }
    indices[i] = lastIndex
  }
  return { colours: [...numbers.keys()], indices }
}

/** Rows of packed indices, each behind its filter octet (0, none: the best for palettes). */
function packRows(indices: Uint8Array, { width, height, bitDepth }: { width: number; height: number; bitDepth: number }): Buffer {
  const perOctet = 8 / bitDepth
  const rowBytes = Math.ceil(width / perOctet) + 1
  const packed = Buffer.alloc(rowBytes * height)
  for (let y = 0, from = 0; y < height; y++) {
    const row = y * rowBytes + 1
    for (let x = 0; x < width; x++, from++) {
      const shift = 8 - bitDepth * ((x % perOctet) + 1)
      packed[row + Math.floor(x / perOctet)]! |= indices[from]! << shift
    }
  }
  return packed
}
