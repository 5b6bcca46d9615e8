/**
 * JPEG, PNG, GIF, WebP, AVIF and HEIC, coded anew: the same format where that serves the reader, else JPEG or PNG.
 *
 * A JPEG is saved with the quality it had, so that it neither swells nor fades; repeated disarming then hardly
 * changes it. PNG, GIF and lossless WebP keep every pixel. AVIF and HEIC become JPEG (PNG where parts are
 * transparent): coding AVIF takes seconds, and many office machines open neither.
 */
import { Buffer } from 'node:buffer'
import { readGif, readWebp } from './blocks.ts'
import { type KeptExif, keptExif } from './exif.ts'
import { decodeHeic } from './heic.ts'
import { type JpegFacts, readJpeg, withResolution } from './jpeg.ts'
import { leftBehind, type Made, type Maker } from './made.ts'
import { jpegWithExif, pngWithExif, webpWithExif } from './put-exif.ts'
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

export const makeJpeg: Maker = async ({ untrustedBytes, limits, rules }) => {
  const facts = readJpeg(untrustedBytes)
  const whole = facts.endless ? withEndMark(untrustedBytes) : untrustedBytes
  const source: Source = { untrustedBytes: whole, format: 'jpeg', limits, refuse: 'doubt' }
  const look = await lookAt(source)
  // Progressive: all coefficients, two octets each.
  if (facts.progressive) checkMemory(look, facts.fullChroma ? 2 * look.channels : 3)
  const options = { quality: qualityFor(facts), fullChroma: facts.fullChroma }
  const { bytes, doubtful } = await readWithDoubt(source, each => toJpeg(each, look, options))
  const kept = keptExif(look.exif, rules)
  return {
    bytes: jpegWithExif(withResolution(bytes, facts.resolution ?? exifResolution(look)), kept.octets),
    ...JPEG,
    removed: leftBehind({ metadata: metadataLeft(facts.metadata, kept), trailingData: facts.trailingBytes > 0 ? 1 : 0 }),
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

/** Exif that was written anew counts by the tags that are not in it. */
function metadataLeft(pieces: number, { octets, left }: KeptExif): number {
  return octets ? pieces - 1 + left : pieces
}

function qualityFor({ quality }: Pick<JpegFacts, 'quality'>): number {
  return Math.min(QUALITY_RANGE[1], Math.max(QUALITY_RANGE[0], quality ?? USUAL_QUALITY))
}

function exifResolution({ density }: Look): JpegFacts['resolution'] {
  if (density === undefined || density < 1 || density > 65_535) return undefined
  return { unit: 1, x: Math.round(density), y: Math.round(density) }
}

export const makePng: Maker = async ({ untrustedBytes, limits, rules }) => {
  const facts = readPng(untrustedBytes)
  const source: Source = { untrustedBytes, format: 'png', limits }
  const look = await lookAt(source)
  if (facts.interlaced) checkMemory(look, look.channels * (look.sixteenBit ? 2 : 1))
  const kept = keptExif(look.exif, rules)
  return {
    bytes: pngWithExif((await fewColours(source, look, facts)) ?? (await toPng(source, look)), kept.octets),
    ...PNG,
    removed: leftBehind({
      metadata: metadataLeft(facts.metadata, kept),
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

export const makeWebp: Maker = async ({ untrustedBytes, limits, rules }) => {
  const facts = readWebp(untrustedBytes)
  const source: Source = { untrustedBytes, format: 'webp', limits, frames: 'all' }
  const look = await lookAt(source)
  const kept = keptExif(look.exif, rules)
  return {
    bytes: webpWithExif(await toWebp(source, look, facts), kept.octets, look),
    mediaType: 'image/webp',
    extension: 'webp',
    removed: leftBehind({ metadata: metadataLeft(facts.metadata, kept), customData: facts.unknownBlocks, trailingData: facts.trailingBytes > 0 ? 1 : 0 }),
  }
}

export const makeAvif: Maker = async ({ untrustedBytes, limits, rules }) => {
  const first: Source = { untrustedBytes, format: 'heif', limits }
  const look = await lookAt(first)
  const { frames } = await lookAt({ ...first, frames: 'all' })
  checkMemory(look, 8)
  const bytes = look.alpha ? await toPng(first, look) : await toJpeg(first, look, { quality: USUAL_QUALITY, fullChroma: false })
  return withTold(bytes, look, keptExif(look.exif, rules), frames - 1)
}

export const makeHeic: Maker = async input => {
  if (saysAvif(input.untrustedBytes)) return makeAvif(input)
  const { furtherPictures, alpha, ...pixels } = await decodeHeic(input.untrustedBytes, input.limits)
  const bytes = alpha ? await pixelsToPng(pixels) : await pixelsToJpeg(pixels, { quality: USUAL_QUALITY, fullChroma: false })
  const told = await lookAt({ untrustedBytes: input.untrustedBytes, format: 'heif', limits: input.limits }).catch(() => NOTHING_TOLD)
  return withTold(bytes, { ...told, alpha }, keptExif(told.exif, input.rules), furtherPictures)
}

const NOTHING_TOLD: Pick<Look, 'exif' | 'metadata'> = { exif: undefined, metadata: 0 }

/** A picture that changes its format: JPEG, or PNG where parts are transparent. */
function withTold(bytes: Uint8Array, { alpha, metadata }: Pick<Look, 'alpha' | 'metadata'>, kept: KeptExif, pictures: number): Made {
  const removed = leftBehind({ metadata: metadataLeft(metadata, kept), pictures })
  return alpha ? { bytes: pngWithExif(bytes, kept.octets), ...PNG, removed } : { bytes: jpegWithExif(withResolution(bytes, undefined), kept.octets), ...JPEG, removed }
}

/** The general brand `mif1` may stand before that of AV1. */
function saysAvif(untrustedBytes: Uint8Array): boolean {
  const start = Buffer.from(untrustedBytes.subarray(0, 64)).toString('latin1')
  return start.slice(8, start.charCodeAt(3)).includes('avif')
}
