/**
 * JPEG, PNG, GIF, WebP, AVIF and HEIC, coded anew: the same format where that serves the reader, else JPEG or PNG.
 *
 * A JPEG is saved with the quality it had, so that it neither swells nor fades; repeated disarming then hardly
 * changes it. PNG, GIF and lossless WebP keep every pixel. AVIF and HEIC become JPEG (PNG where parts are
 * transparent): coding AVIF takes seconds, and many office machines open neither.
 */
import { Buffer } from 'node:buffer'
import { readGif, readWebp } from './blocks.ts'
import { decodeHeic } from './heic.ts'
import { type JpegFacts, readJpeg, withResolution } from './jpeg.ts'
import { leftBehind, type Made, type Maker } from './made.ts'
import {
  checkMemory,
  type Look,
  lookAt,
  pixelsToJpeg,
  pixelsToPng,
  type Source,
  toGif,
  toJpeg,
  toPixels,
  toPng,
  toWebp,
} from './pixels.ts'
import { encodeFewColours, type PngFacts, readPng } from './png.ts'

const JPEG = { mediaType: 'image/jpeg', extension: 'jpg' } as const
const PNG = { mediaType: 'image/png', extension: 'png' } as const

/** What a picture is saved with that did not say. */
const USUAL_QUALITY = 90
const QUALITY_RANGE = [50, 95] as const
/** Doubts of the reader that cost no pixel: octets between segments, a colour mark or an order of scans it does not know. */
const HARMLESS_DOUBT = /extraneous bytes|Unknown Adobe color transform|Inconsistent progression/

export const makeJpeg: Maker = async ({ untrustedBytes, limits }) => {
  const facts = readJpeg(untrustedBytes)
  const whole = facts.endless ? withEndMark(untrustedBytes) : untrustedBytes
  const source: Source = { untrustedBytes: whole, format: 'jpeg', limits, refuse: 'doubt' }
  const look = await lookAt(source)
  // Progressive: all coefficients, two octets each.
  if (facts.progressive) checkMemory(look, facts.fullChroma ? 2 * look.channels : 3)
  const options = { quality: qualityFor(facts), fullChroma: facts.fullChroma }
  const { bytes, doubtful } = await readWithDoubt(source, each => toJpeg(each, look, options))
  return {
    bytes: withResolution(bytes, facts.resolution ?? exifResolution(look)),
    ...JPEG,
    removed: leftBehind({ metadata: facts.metadata, trailingData: facts.trailingBytes > 0 ? 1 : 0 }),
    findings: doubtful || facts.endless ? [{ code: 'media.damaged-picture' }] : [],
  }
}

/** Scanners leave the end mark out. A picture that lacks more than that is refused by its reader. */
function withEndMark(untrustedBytes: Uint8Array): Uint8Array {
  return Buffer.concat([untrustedBytes, Buffer.from([0xff, 0xd9])])
}

async function readWithDoubt(source: Source, read: (source: Source) => Promise<Uint8Array>): Promise<{ bytes: Uint8Array; doubtful: boolean }> {
  try {
    return { bytes: await read(source), doubtful: false }
  } catch (error) {
    if (!HARMLESS_DOUBT.test(error instanceof Error ? error.message : '')) throw error
    return { bytes: await read({ ...source, refuse: 'error' }), doubtful: true }
  }
}

function qualityFor({ quality }: Pick<JpegFacts, 'quality'>): number {
  return Math.min(QUALITY_RANGE[1], Math.max(QUALITY_RANGE[0], quality ?? USUAL_QUALITY))
}

function exifResolution({ density }: Look): JpegFacts['resolution'] {
  if (density === undefined || density < 1 || density > 65_535) return undefined
  return { unit: 1, x: Math.round(density), y: Math.round(density) }
}

export const makePng: Maker = async ({ untrustedBytes, limits }) => {
  const facts = readPng(untrustedBytes)
  const source: Source = { untrustedBytes, format: 'png', limits }
  const look = await lookAt(source)
  if (facts.interlaced) checkMemory(look, look.channels * (look.sixteenBit ? 2 : 1))
  return {
    bytes: (await fewColours(source, look, facts)) ?? (await toPng(source, look)),
    ...PNG,
    removed: leftBehind({
      metadata: facts.metadata,
      customData: facts.unknownChunks,
      pictures: facts.furtherFrames,
      trailingData: facts.trailingBytes > 0 ? 1 : 0,
    }),
  }
}

/** Palettes and few shades of grey stay what they are: exact and small. */
async function fewColours(source: Source, look: Look, { colourType, bitDepth, resolution }: PngFacts): Promise<Uint8Array | undefined> {
  if (colourType !== 3 && bitDepth >= 8) return undefined
  return encodeFewColours(await toPixels(source, look), resolution)
}

export const makeGif: Maker = async ({ untrustedBytes, limits }) => {
  const facts = readGif(untrustedBytes)
  const source: Source = { untrustedBytes, format: 'gif', limits, frames: 'all' }
  const look = await lookAt(source)
  return {
    bytes: await toGif(source, look),
    mediaType: 'image/gif',
    extension: 'gif',
    removed: leftBehind({ metadata: facts.metadata, customData: facts.unknownBlocks, trailingData: facts.trailingBytes > 0 ? 1 : 0 }),
  }
}

export const makeWebp: Maker = async ({ untrustedBytes, limits }) => {
  const facts = readWebp(untrustedBytes)
  const source: Source = { untrustedBytes, format: 'webp', limits, frames: 'all' }
  const look = await lookAt(source)
  return {
    bytes: await toWebp(source, look, facts),
    mediaType: 'image/webp',
    extension: 'webp',
    removed: leftBehind({ metadata: facts.metadata, customData: facts.unknownBlocks, trailingData: facts.trailingBytes > 0 ? 1 : 0 }),
  }
}

export const makeAvif: Maker = async ({ untrustedBytes, limits }) => {
  const first: Source = { untrustedBytes, format: 'heif', limits }
  const look = await lookAt(first)
  const { frames } = await lookAt({ ...first, frames: 'all' })
  checkMemory(look, 8)
  const bytes = look.alpha ? await toPng(first, look) : await toJpeg(first, look, { quality: USUAL_QUALITY, fullChroma: false })
  return { bytes, ...(look.alpha ? PNG : JPEG), removed: leftBehind({ pictures: frames - 1 }) }
}

export const makeHeic: Maker = async input => {
  if (saysAvif(input.untrustedBytes)) return makeAvif(input)
  const { furtherPictures, alpha, ...pixels } = await decodeHeic(input.untrustedBytes, input.limits)
  const made: Pick<Made, 'bytes' | 'mediaType' | 'extension'> = alpha
    ? { bytes: await pixelsToPng(pixels), ...PNG }
    : { bytes: withResolution(await pixelsToJpeg(pixels, { quality: USUAL_QUALITY, fullChroma: false }), undefined), ...JPEG }
  return { ...made, removed: leftBehind({ pictures: furtherPictures }) }
}

/** The general brand `mif1` may stand before that of AV1. */
function saysAvif(untrustedBytes: Uint8Array): boolean {
  const start = Buffer.from(untrustedBytes.subarray(0, 64)).toString('latin1')
  return start.slice(8, start.charCodeAt(3)).includes('avif')
}
