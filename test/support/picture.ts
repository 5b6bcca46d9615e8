/** Pictures for tests: fixtures, their pixels by the library itself, and hostile changes. */
import { Buffer } from 'node:buffer'
import { readFileSync } from 'node:fs'
import sharp from 'sharp'

export function fixture(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(`test/fixtures/disarm/image/${name}`))
}

export async function pixelsOf(bytes: Uint8Array, page?: number): Promise<Buffer> {
  const picture = sharp(bytes, page === undefined ? { animated: true } : { page })
  return picture.toColourspace('srgb').ensureAlpha().raw().toBuffer()
}

/** Size, frames, channels, depth. */
export async function shapeOf(bytes: Uint8Array): Promise<unknown> {
  const { format, width, height, pages, channels, depth, delay, loop, density } = await sharp(bytes, { animated: true }).metadata()
  return { format, width, height, pages, channels, depth, delay, loop, density }
}

/** Root mean square of the difference of two pictures' samples, of 255. */
export async function differenceOf(one: Uint8Array, other: Uint8Array): Promise<number> {
  const [a, b] = [await pixelsOf(one), await pixelsOf(other)]
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2
  return Math.sqrt(sum / a.length)
}

export function concat(...parts: readonly (Uint8Array | string)[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts.map(part => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part))))
}
