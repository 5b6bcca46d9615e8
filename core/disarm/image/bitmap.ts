/** BMP becomes PNG; an icon stays one, each of its pictures a PNG inside. */
import { Buffer } from 'node:buffer'
import type { DisarmInput } from '../contract.ts'
import { type Bitmap, decodeBitmap, readBitmapHeader } from './bmp.ts'
import { makePng } from './coded.ts'
import { leftBehind, type Maker } from './made.ts'
import { checkMemory, checkSize, NotThatFormat, OverLimit, pixelsToPng } from './pixels.ts'
import { encodeFewColours, SIGNATURE } from './png.ts'

const FILE_HEADER_BYTES = 14
const ICON_ENTRY_BYTES = 16
/** A rest of that length is padding, not a payload. */
const PADDING_BYTES = 4

export const makeBmp: Maker = async ({ untrustedBytes, limits }) => {
  const bytes = Buffer.from(untrustedBytes.buffer, untrustedBytes.byteOffset, untrustedBytes.byteLength)
  if (bytes.length < FILE_HEADER_BYTES) throw new NotThatFormat()
  const header = readBitmapHeader(bytes, FILE_HEADER_BYTES, false)
  if (!header) throw new NotThatFormat()
  checkSize({ ...header, frames: 1 }, limits)
  checkMemory(header, 6)
  const bitmap = decodeBitmap(bytes, FILE_HEADER_BYTES, header, bytes.readUInt32LE(10))
  if (!bitmap) throw new NotThatFormat()
  const rest = bytes.length - FILE_HEADER_BYTES - bitmap.usedBytes
  return {
    bytes: await bitmapToPng(bitmap),
    mediaType: 'image/png',
    extension: 'png',
    removed: leftBehind({ trailingData: rest > PADDING_BYTES ? 1 : 0 }),
  }
}

async function bitmapToPng({ data, width, height, bitsPerPixel, resolution }: Bitmap): Promise<Uint8Array> {
  const few = bitsPerPixel <= 8 ? encodeFewColours({ data, width, height }, resolution) : undefined
  if (few) return few
  const opaque = isOpaque(data)
  return pixelsToPng(opaque ? { data: withoutAlpha(data), width, height, channels: 3 } : { data, width, height, channels: 4 })
}

function isOpaque(data: Uint8Array): boolean {
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return false
  return true
}

function withoutAlpha(data: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((data.length / 4) * 3)
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) {
    rgb[to] = data[from]!
    rgb[to + 1] = data[from + 1]!
    rgb[to + 2] = data[from + 2]!
  }
  return rgb
}

type IconPicture = { readonly png: Uint8Array; readonly width: number; readonly height: number; readonly usedTo: number }

export const makeIcon: Maker = async input => {
  const { untrustedBytes, limits } = input
  const bytes = Buffer.from(untrustedBytes.buffer, untrustedBytes.byteOffset, untrustedBytes.byteLength)
  const count = bytes.length < 6 ? 0 : bytes.readUInt16LE(4)
  if (count === 0 || 6 + count * ICON_ENTRY_BYTES > bytes.length) throw new NotThatFormat()
  if (count > limits.pages) throw new OverLimit()
  const pictures: IconPicture[] = []
  let pixels = 0
  for (let i = 0; i < count; i++) {
    const picture = await iconPicture(input, bytes, 6 + i * ICON_ENTRY_BYTES)
    pixels += picture.width * picture.height
    if (pixels > limits.pixels) throw new OverLimit()
    pictures.push(picture)
  }
  const rest = bytes.length - Math.max(...pictures.map(({ usedTo }) => usedTo))
  return {
    bytes: joinIcon(pictures),
    mediaType: 'image/x-icon',
    extension: 'ico',
    removed: leftBehind({ trailingData: rest > PADDING_BYTES ? 1 : 0 }),
  }
}

async function iconPicture(input: DisarmInput, bytes: Buffer, entry: number): Promise<IconPicture> {
  const [length, at] = [bytes.readUInt32LE(entry + 8), bytes.readUInt32LE(entry + 12)]
  if (at + length > bytes.length) throw new NotThatFormat()
  const content = bytes.subarray(at, at + length)
  if (content.subarray(0, 8).equals(SIGNATURE)) {
    const { bytes: png } = await makePng({ ...input, untrustedBytes: content })
    const size = Buffer.from(png.buffer, png.byteOffset, png.byteLength)
    return { png, width: size.readUInt32BE(16), height: size.readUInt32BE(20), usedTo: at + length }
  }
  const header = readBitmapHeader(content, 0, true)
  if (!header) throw new NotThatFormat()
  checkSize({ ...header, frames: 1 }, input.limits)
  checkMemory(header, 6)
  const bitmap = decodeBitmap(content, 0, header)
  if (!bitmap) throw new NotThatFormat()
  if (header.bitsPerPixel < 32) applyMask(bitmap, content)
  return { png: await bitmapToPng(bitmap), width: bitmap.width, height: bitmap.height, usedTo: at + length }
}

/** Behind the picture stands a bit for each pixel that is not to be seen. */
function applyMask({ data, width, height, usedBytes }: Bitmap, content: Buffer): void {
  const rowBytes = Math.ceil(width / 32) * 4
  if (usedBytes + rowBytes * height > content.length) return
  for (let y = 0; y < height; y++) {
    const row = usedBytes + (height - 1 - y) * rowBytes
    for (let x = 0; x < width; x++) {
      if ((content[row + (x >> 3)]! >> (7 - (x & 7))) & 1) data[(y * width + x) * 4 + 3] = 0
    }
  }
}

function joinIcon(pictures: readonly IconPicture[]): Uint8Array {
  const directory = Buffer.alloc(6 + pictures.length * ICON_ENTRY_BYTES)
  directory.writeUInt16LE(1, 2)
  directory.writeUInt16LE(pictures.length, 4)
  let at = directory.length
  for (const [i, { png, width, height }] of pictures.entries()) {
    const entry = 6 + i * ICON_ENTRY_BYTES
    // 0 stands for 256 and more.
    directory[entry] = width >= 256 ? 0 : width
    directory[entry + 1] = height >= 256 ? 0 : height
    directory.writeUInt16LE(1, entry + 4)
    directory.writeUInt16LE(32, entry + 6)
    directory.writeUInt32LE(png.length, entry + 8)
    directory.writeUInt32LE(at, entry + 12)
    at += png.length
  }
  return new Uint8Array(Buffer.concat([directory, ...pictures.map(({ png }) => png)]))
}
