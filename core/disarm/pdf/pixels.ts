/** Pixels as PDFium draws them, in the forms that pictures of a PDF are made of. */
import { Buffer } from 'node:buffer'
import { pixelsToJpeg } from '../image/pixels.ts'
import type { Bitmap } from './engine.ts'
import { remuxJpeg } from './jpeg.ts'

/** Sharp edges of letters keep their colour: no part of it is left out. */
const JPEG = { quality: 88, fullChroma: true }

export class Pixels {
  readonly width: number
  readonly height: number
  /** Red, green and blue are the same everywhere. */
  readonly isGray: boolean
  readonly #rgbx: Uint8Array

  constructor({ width, height, rgbx }: Bitmap) {
    this.width = width
    this.height = height
    this.#rgbx = rgbx
    this.isGray = isGray(rgbx)
  }

  rgb(): Uint8Array {
    const from = this.#rgbx
    const to = Buffer.allocUnsafe(this.width * this.height * 3)
    for (let at = 0, out = 0; out < to.length; at += 4, out += 3) {
      to[out] = from[at]!
      to[out + 1] = from[at + 1]!
      to[out + 2] = from[at + 2]!
    }
    return to
  }

  gray(): Uint8Array {
    const from = this.#rgbx
    const to = Buffer.allocUnsafe(this.width * this.height)
    for (let at = 0, out = 0; out < to.length; at += 4, out++) to[out] = from[at]!
    return to
  }

  /** Three components, whatever the colours. */
  async jpeg(): Promise<Uint8Array | undefined> {
    return remuxJpeg(await pixelsToJpeg({ data: this.#rgbx, width: this.width, height: this.height, channels: 4 }, JPEG))?.bytes
  }

  /** Colours, three octets each, and one octet a pixel; undefined when there are more than 256. */
  palette(): { readonly colors: readonly number[]; readonly indices: Uint8Array } | undefined {
    const from = new DataView(this.#rgbx.buffer, this.#rgbx.byteOffset, this.#rgbx.byteLength)
    const indices = Buffer.allocUnsafe(this.width * this.height)
    const known = new Map<number, number>()
    let [lastColor, lastIndex] = [-1, 0]
    for (let at = 0; at < indices.length; at++) {
      const color = from.getUint32(4 * at) >>> 8
      if (color !== lastColor) {
        lastIndex = known.get(color) ?? known.size
        if (lastIndex === 256) return undefined
        known.set(color, lastIndex)
        lastColor = color
      }
      indices[at] = lastIndex
    }
    return { colors: [...known.keys()].flatMap(color => [color >>> 16, (color >>> 8) & 0xff, color & 0xff]), indices }
  }

  /** One bit a pixel, 1 for what is rather white; rows begin on an octet. */
  bilevel(): Uint8Array {
    const from = this.#rgbx
    const rowBytes = Math.ceil(this.width / 8)
    const to = Buffer.alloc(rowBytes * this.height)
    for (let y = 0, at = 0; y < this.height; y++) {
      for (let x = 0; x < this.width; x++, at += 4) {
        if (from[at]! >= 128) to[y * rowBytes + (x >> 3)]! |= 0x80 >> (x & 7)
      }
    }
    return to
  }
}

function isGray(rgbx: Uint8Array): boolean {
  for (let at = 0; at < rgbx.length; at += 4) if (rgbx[at] !== rgbx[at + 1] || rgbx[at] !== rgbx[at + 2]) return false
  return true
}
