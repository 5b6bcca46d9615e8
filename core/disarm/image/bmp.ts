/**
 * BMP and the pictures inside icons, decoded to pixels.
 *
 * A device-independent bitmap is a header, perhaps a palette, and rows from the bottom up. Read are all the kinds
 * that programs write: 1, 4, 8, 16, 24 and 32 bits a pixel, run lengths, colour masks, the old header of OS/2.
 * JPEG and PNG inside a BMP exist for printers only and are not read.
 * Linear in the pixels; every read is within the file; undefined for what is no bitmap.
 * Source: Microsoft's documentation of BITMAPFILEHEADER, BITMAPCOREHEADER, BITMAPINFOHEADER, BITMAPV5HEADER.
 */
import type { Buffer } from 'node:buffer'

export type Bitmap = {
  readonly width: number
  readonly height: number
  readonly bitsPerPixel: number
  /** RGBA. */
  readonly data: Uint8Array
  /** Pixels per metre. */
  readonly resolution: { readonly x: number; readonly y: number } | undefined
  /** Octets of the file that are used, from the header of the bitmap on. */
  readonly usedBytes: number
}

export type BitmapHeader = {
  readonly headerBytes: number
  readonly width: number
  readonly height: number
  readonly topDown: boolean
  readonly bitsPerPixel: number
  readonly compression: number
  readonly resolution: Bitmap['resolution']
  readonly paletteEntries: number
  readonly paletteEntryBytes: 3 | 4
}

const RGB = 0
const RLE8 = 1
const RLE4 = 2
const BITFIELDS = 3
const ALPHA_BITFIELDS = 6
const DEPTHS = new Set([1, 4, 8, 16, 24, 32])
/** Longest side; larger ones are no picture. */
const MAX_SIDE = 65_535

/** The header at `at`. In an icon the height counts the mask, too. */
export function readBitmapHeader(bytes: Buffer, at: number, inIcon: boolean): BitmapHeader | undefined {
  if (at + 40 > bytes.length && !(at + 12 <= bytes.length && bytes.readUInt32LE(at) === 12)) return undefined
  const headerBytes = bytes.readUInt32LE(at)
  if (headerBytes === 12) return checked(coreHeader(bytes, at))
  if (headerBytes < 40 || headerBytes > 1024 || at + headerBytes > bytes.length) return undefined
  const bitsPerPixel = bytes.readUInt16LE(at + 14)
  const height = bytes.readInt32LE(at + 8)
  const used = bytes.readUInt32LE(at + 32)
  const [x, y] = [bytes.readInt32LE(at + 24), bytes.readInt32LE(at + 28)]
  return checked({
    headerBytes,
    width: bytes.readInt32LE(at + 4),
    height: Math.floor(Math.abs(height) / (inIcon ? 2 : 1)),
    topDown: height < 0,
    bitsPerPixel,
    compression: bytes.readUInt32LE(at + 16),
    resolution: x > 0 && y > 0 ? { x, y } : undefined,
    paletteEntries: bitsPerPixel <= 8 ? Math.min(used === 0 ? 1 << bitsPerPixel : used, 256) : Math.min(used, 256),
    paletteEntryBytes: 4,
  })
}

function coreHeader(bytes: Buffer, at: number): BitmapHeader {
  const bitsPerPixel = bytes.readUInt16LE(at + 10)
  return {
    headerBytes: 12,
    width: bytes.readUInt16LE(at + 4),
    height: bytes.readUInt16LE(at + 6),
    topDown: false,
    bitsPerPixel,
    compression: RGB,
    resolution: undefined,
    paletteEntries: bitsPerPixel <= 8 ? 1 << bitsPerPixel : 0,
    paletteEntryBytes: 3,
  }
}

function checked(header: BitmapHeader): BitmapHeader | undefined {
  const { width, height, bitsPerPixel, compression } = header
  if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE || !DEPTHS.has(bitsPerPixel)) return undefined
  const isKnown =
    compression === RGB ||
    (compression === RLE8 && bitsPerPixel === 8) ||
    (compression === RLE4 && bitsPerPixel === 4) ||
    ((compression === BITFIELDS || compression === ALPHA_BITFIELDS) && bitsPerPixel >= 16 && bitsPerPixel !== 24)
  return isKnown ? header : undefined
}

/** `pixelsAt` is where the rows begin; undefined means right behind the palette, as in icons. */
export function decodeBitmap(bytes: Buffer, at: number, header: BitmapHeader, pixelsAt?: number): Bitmap | undefined {
  const { headerBytes, compression, paletteEntries, paletteEntryBytes, width, height, bitsPerPixel, resolution } = header
  const masksBytes = headerBytes !== 40 ? 0 : compression === BITFIELDS ? 12 : compression === ALPHA_BITFIELDS ? 16 : 0
  const paletteAt = at + headerBytes + masksBytes
  const start = pixelsAt ?? paletteAt + paletteEntries * paletteEntryBytes
  if (start >= bytes.length) return undefined
  const colourOf = bitsPerPixel <= 8 ? paletteColours(bytes, paletteAt, header) : maskColours(bytes, at, header)
  const canvas = new Canvas(header)
  const end = compression === RLE8 || compression === RLE4 ? readRuns(bytes, start, header, (x, y, index) => canvas.put(x, y, colourOf(index))) : readRows(bytes, start, header, (x, y, value) => canvas.put(x, y, colourOf(value)))
  if (end === undefined) return undefined
  return { width, height, bitsPerPixel, resolution, data: canvas.finish(), usedBytes: end - at }
}

/** Colours are 0xAABBGGRR, as they lie in RGBA memory. */
class Canvas {
  readonly #pixels: Uint32Array
  readonly #header: BitmapHeader
  #seenAlpha = false

  constructor(header: BitmapHeader) {
    this.#header = header
    this.#pixels = new Uint32Array(header.width * header.height).fill(0xff000000)
  }

  /** `y` counts rows as the file does. */
  put(x: number, y: number, colour: number): void {
    const { width, height, topDown } = this.#header
    if (colour >>> 24 !== 0) this.#seenAlpha = true
    this.#pixels[(topDown ? y : height - 1 - y) * width + x] = colour
  }

  /** Programs leave the fourth octet at zero when they mean opaque. */
  finish(): Uint8Array {
    if (!this.#seenAlpha) for (let i = 0; i < this.#pixels.length; i++) this.#pixels[i]! |= 0xff000000
    return new Uint8Array(this.#pixels.buffer)
  }
}

type ColourOf = (value: number) => number

function paletteColours(bytes: Buffer, at: number, { paletteEntries, paletteEntryBytes }: BitmapHeader): ColourOf {
  const colours = new Uint32Array(256).fill(0xff000000)
  for (let i = 0; i < paletteEntries; i++) {
    const entry = at + i * paletteEntryBytes
    if (entry + 3 > bytes.length) break
    colours[i] = (0xff000000 | (bytes[entry]! << 16) | (bytes[entry + 1]! << 8) | bytes[entry + 2]!) >>> 0
  }
  return index => colours[index]!
}

function maskColours(bytes: Buffer, at: number, header: BitmapHeader): ColourOf {
  const { bitsPerPixel, compression, headerBytes } = header
  const given = compression === BITFIELDS || compression === ALPHA_BITFIELDS
  const hasAlphaMask = given && (headerBytes >= 56 || compression === ALPHA_BITFIELDS)
  const mask = (i: number) => (at + 44 + 4 * i <= bytes.length ? bytes.readUInt32LE(at + 40 + 4 * i) : 0)
  const usual = bitsPerPixel === 16 ? [0x7c00, 0x3e0, 0x1f, 0] : [0xff0000, 0xff00, 0xff, bitsPerPixel === 32 ? 0xff000000 : 0]
  const masks = given ? [mask(0), mask(1), mask(2), hasAlphaMask ? mask(3) : 0] : usual
  const [red, green, blue, alpha] = masks.map(channelOf)
  const opaque = masks[3] === 0
  return value => ((red!(value) | (green!(value) << 8) | (blue!(value) << 16) | ((opaque ? 255 : alpha!(value)) << 24)) >>> 0)
}

/** The bits under a mask as 0 to 255. */
function channelOf(mask: number): ColourOf {
  if (mask === 0) return () => 0
  const shift = 31 - Math.clz32(mask & -mask)
  const most = mask >>> shift
  return most === 255 ? value => (value >>> shift) & 255 : value => Math.round((((value & mask) >>> shift) * 255) / most)
}

type OnPixel = (x: number, y: number, value: number) => void

/** Rows of whole pixels, each filled up to four octets. Undefined when the file ends before its last row does. */
function readRows(bytes: Buffer, start: number, { width, height, bitsPerPixel }: BitmapHeader, onPixel: OnPixel): number | undefined {
  const rowBytes = Math.ceil((width * bitsPerPixel) / 32) * 4
  const needed = start + rowBytes * (height - 1) + Math.ceil((width * bitsPerPixel) / 8)
  if (needed > bytes.length) return undefined
  for (let y = 0; y < height; y++) {
    const row = start + y * rowBytes
    for (let x = 0; x < width; x++) onPixel(x, y, pixelAt(bytes, row, x, bitsPerPixel))
  }
  return Math.min(bytes.length, start + rowBytes * height)
}

function pixelAt(bytes: Buffer, row: number, x: number, bitsPerPixel: number): number {
  switch (bitsPerPixel) {
    case 1:
      return (bytes[row + (x >> 3)]! >> (7 - (x & 7))) & 1
    case 4:
      return x & 1 ? bytes[row + (x >> 1)]! & 15 : bytes[row + (x >> 1)]! >> 4
    case 8:
      return bytes[row + x]!
    case 16:
      return bytes.readUInt16LE(row + 2 * x)
    case 24:
      return bytes[row + 3 * x]! | (bytes[row + 3 * x + 1]! << 8) | (bytes[row + 3 * x + 2]! << 16)
    default:
      return bytes.readUInt32LE(row + 4 * x)
  }
}

/** Run lengths: what lies outside of the picture is not drawn. Undefined without an end mark. */
function readRuns(bytes: Buffer, start: number, header: BitmapHeader, onPixel: OnPixel): number | undefined {
  const { width, height, bitsPerPixel } = header
  const draw = (x: number, y: number, value: number) => void (x < width && y < height && onPixel(x, y, value))
  const nibble = (octet: number, i: number) => (bitsPerPixel === 8 ? octet : i & 1 ? octet & 15 : octet >> 4)
  let [x, y, at] = [0, 0, start]
  while (at + 2 <= bytes.length) {
    const [count, value] = [bytes[at]!, bytes[at + 1]!]
    at += 2
    if (count > 0) for (let i = 0; i < count; i++) draw(x++, y, nibble(value, i))
    else if (value === 0) [x, y] = [0, y + 1]
    else if (value === 1) return at
    else if (value === 2) {
      if (at + 2 > bytes.length) return undefined
      x += bytes[at]!
      y += bytes[at + 1]!
      at += 2
    } else {
      const octets = bitsPerPixel === 8 ? value : (value + 1) >> 1
      if (at + octets > bytes.length) return undefined
      for (let i = 0; i < value; i++) draw(x++, y, nibble(bytes[at + (bitsPerPixel === 8 ? i : i >> 1)]!, i))
      at += octets + (octets & 1)
    }
  }
  return undefined
}
