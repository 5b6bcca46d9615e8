/**
 * From coded pictures to pixels and back: the only door to the picture library.
 *
 *   octets ──▶ [lookAt: header only] ──▶ bounds ──▶ [pixels decoded ▸ turned upright ▸ sRGB] ──▶ coded anew
 *
 * Only the readers of the types named here are switched on, so that octets cannot choose a reader that policy did not
 * name. No cache and one thread per picture: memory is what one picture needs. Nothing of the file but its pixels,
 * times of frames and resolution goes into what is written; colour profiles are applied, then left behind.
 * Throws what the library throws, and OverLimit: disarmer.ts makes verdicts of both.
 */
import { Buffer } from 'node:buffer'
import sharp, { type Sharp, type SharpOptions } from 'sharp'
import type { Cannot, DisarmLimits } from '../contract.ts'

sharp.cache(false)
sharp.concurrency(1)
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Gif', 'Nsgif', 'Webp', 'Tiff', 'Heif', 'Svg'].map(name => `VipsForeignLoad${name}Buffer`),
})

/** Longest work on one picture; the process that runs it has a limit of its own. */
const LONGEST_SECONDS = 60
/** Octets of pixels that may be in memory at once, where a picture cannot be worked on line by line. */
const BUFFERED_BYTES = 224 << 20

export type PictureFormat = 'jpeg' | 'png' | 'gif' | 'webp' | 'tiff' | 'heif' | 'svg'

export type Source = {
  readonly untrustedBytes: Uint8Array
  readonly format: PictureFormat
  readonly limits: DisarmLimits
  /** All frames of an animation, or one page; the first by default. */
  readonly frames?: 'all' | { readonly page: number }
  /** What to refuse: any doubt of the reader, or only what makes reading impossible. */
  readonly refuse?: 'doubt' | 'error'
  readonly density?: number
}

export type Look = {
  readonly width: number
  /** Of one frame. */
  readonly height: number
  readonly frames: number
  readonly channels: number
  readonly alpha: boolean
  /** One channel of brightness. */
  readonly grey: boolean
  readonly sixteenBit: boolean
  /** Dots per inch, if the file says so. */
  readonly density: number | undefined
  /** Octets of the file, for reading only. */
  readonly exif: Uint8Array | undefined
  /** Exif and XMP, whether read or not. */
  readonly metadata: number
}

/** What is too large, too many, or would need too much memory. */
export class OverLimit extends Error {}
/** The octets are not what their type says. */
export class NotThatFormat extends Error {}

/** What the decoders say when a limit of ours stopped them. */
const LIMIT_WORDS = /exceeds pixel limit|timeout|too (?:large|big)|out of memory/i

/** The verdict for whatever was thrown on the way. */
export function cannotFor(error: unknown): Cannot {
  const isLimit = error instanceof OverLimit || LIMIT_WORDS.test(error instanceof Error ? error.message : '')
  return { kind: 'cannot', reason: isLimit ? 'limit' : 'malformed' }
}

function open({ untrustedBytes, limits, frames, refuse, density }: Source): Sharp {
  const options: SharpOptions = {
    failOn: refuse === 'doubt' ? 'warning' : 'error',
    limitInputPixels: Math.max(1, limits.pixels),
    sequentialRead: true,
    ...(frames === 'all' ? { animated: true } : {}),
    ...(typeof frames === 'object' ? { page: frames.page } : {}),
    ...(density === undefined ? {} : { density }),
  }
  // No copy: the library only reads it, and has let go of it when its promise settles.
  return sharp(Buffer.from(untrustedBytes.buffer, untrustedBytes.byteOffset, untrustedBytes.byteLength), options).timeout({ seconds: LONGEST_SECONDS })
}

/** Reads the header. Throws OverLimit above the limits of pixels and frames. */
export async function lookAt(source: Source): Promise<Look> {
  const { format, width, height, pages, pageHeight, channels, space, depth, hasAlpha, density, exif, xmp } = await open(source).metadata()
  if (format !== source.format) throw new NotThatFormat()
  const frames = source.frames === 'all' ? (pages ?? 1) : 1
  const look: Look = {
    width,
    height: frames > 1 ? (pageHeight ?? height) : height,
    frames,
    channels,
    alpha: hasAlpha,
    grey: space === 'b-w' || space === 'grey16',
    sixteenBit: depth === 'ushort' && (space === 'rgb16' || space === 'grey16'),
    density,
    exif,
    metadata: (exif ? 1 : 0) + (xmp ? 1 : 0),
  }
  checkSize(look, source.limits)
  // A drawing is as large as it is drawn, and a page of TIFF is one of many: both are bounded where they are counted.
  if (format !== 'svg' && format !== 'tiff') checkWork(look.width * look.height * frames * channels, source.untrustedBytes.length)
  return look
}

/**
 * Samples cost ten nanoseconds each to read and write, and a file of a few octets can hold a hundred million pixels. Honest pictures
 * of one colour per pixel (plans, faxes) pack to some hundred samples in an octet; photographs to less than ten.
 */
const FREE_SAMPLES = 75_000_000
const SAMPLES_PER_OCTET = 200

/** Throws OverLimit for more samples (pixels by channels) than a file of this size may have. */
export function checkWork(samples: number, bytes: number): void {
  if (samples > FREE_SAMPLES + SAMPLES_PER_OCTET * bytes) throw new OverLimit()
}

export function checkSize({ width, height, frames }: Pick<Look, 'width' | 'height' | 'frames'>, limits: DisarmLimits): void {
  if (frames > limits.pages || width * height * frames > limits.pixels) throw new OverLimit()
}

/** For work that needs `bytesPerPixel` for all pixels at once. */
export function checkMemory({ width, height }: Pick<Look, 'width' | 'height'>, bytesPerPixel: number): void {
  if (width * height * bytesPerPixel > BUFFERED_BYTES) throw new OverLimit()
}

/** Upright, in the colour space in which it will be written. */
function upright(source: Source, look: Look): Sharp {
  const wide = look.sixteenBit && (source.format === 'png' || source.format === 'tiff')
  const space = look.grey ? (wide ? 'grey16' : 'b-w') : wide ? 'rgb16' : 'srgb'
  const picture = open(source)
  return (look.frames > 1 ? picture : picture.autoOrient()).toColourspace(space)
}

export type JpegOptions = { readonly quality: number; readonly fullChroma: boolean }

export async function toJpeg(source: Source, look: Look, options: JpegOptions): Promise<Uint8Array> {
  return octetsOf(upright(source, look).jpeg(jpegSettings(look, options)))
}

/** A tenth smaller with codes made for the picture; but then all of it is in memory, twice as large as its pixels. */
const MADE_TO_MEASURE_PIXELS = 4_000_000

function jpegSettings({ width, height }: Pick<Look, 'width' | 'height'>, { quality, fullChroma }: JpegOptions) {
  const chromaSubsampling = fullChroma ? '4:4:4' : '4:2:0'
  return { quality, chromaSubsampling, optimiseCoding: width * height <= MADE_TO_MEASURE_PIXELS, mozjpeg: false }
}

export async function toPng(source: Source, look: Look): Promise<Uint8Array> {
  return octetsOf(upright(source, look).png({ compressionLevel: 6, adaptiveFiltering: true }))
}

export async function toGif(source: Source, look: Look): Promise<Uint8Array> {
  return octetsOf(upright(source, look).gif({ reuse: false, dither: 0, interFrameMaxError: 0, effort: 4 }))
}

export async function toWebp(source: Source, look: Look, { lossless }: { readonly lossless: boolean }): Promise<Uint8Array> {
  return octetsOf(upright(source, look).webp({ lossless, quality: lossless ? 100 : 90, alphaQuality: 100, effort: lossless && isLarge(look) ? 0 : 2 }))
}

/** Of more pixels than this the smaller file is not worth its time. */
const LARGE_PIXELS = 4_000_000

function isLarge({ width, height, frames }: Look): boolean {
  return width * height * frames > LARGE_PIXELS
}

export type TiffOptions = {
  readonly compression: 'ccittfax4' | 'lzw' | 'jpeg'
  /** Dots per inch. */
  readonly resolution: { readonly x: number; readonly y: number } | undefined
}

/** A file of one page, little-endian, in strips. */
export async function toTiff(source: Source, look: Look, { compression, resolution }: TiffOptions): Promise<Uint8Array> {
  const bilevel = compression === 'ccittfax4'
  return octetsOf(
    upright(source, look).tiff({
      compression,
      predictor: 'horizontal',
      quality: 90,
      ...(bilevel ? { bitdepth: 1, miniswhite: true } : {}),
      ...(resolution ? { xres: resolution.x / 25.4, yres: resolution.y / 25.4, resolutionUnit: 'inch' } : {}),
    }),
  )
}

export type RawPicture = { readonly data: Uint8Array; readonly width: number; readonly height: number; readonly channels: 3 | 4 }

/** RGBA, eight bits each. */
export async function toPixels(source: Source, look: Look): Promise<RawPicture> {
  checkMemory(look, 5)
  const picture = open(source).autoOrient().toColourspace('srgb').ensureAlpha().raw({ depth: 'uchar' })
  const { data, info } = await picture.toBuffer({ resolveWithObject: true })
  return { data, width: info.width, height: info.height, channels: 4 }
}

/** On white, stretched to the given size: four octets a pixel, the fourth without meaning. */
export async function toScreen(source: Source, size: { readonly width: number; readonly height: number }): Promise<{ readonly width: number; readonly height: number; readonly rgbx: Uint8Array }> {
  const picture = open(source).flatten({ background: '#ffffff' }).toColourspace('srgb').resize({ ...size, fit: 'fill' })
  const { data, info } = await picture.ensureAlpha().raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, rgbx: new Uint8Array(data) }
}

/** The box around everything that can be seen; undefined when nothing can. */
export async function inkOf(source: Source): Promise<{ readonly width: number; readonly height: number } | undefined> {
  const { data, width } = await toPixels(source, await lookAt(source))
  const seen: { x: number; y: number }[] = []
  for (let i = 0; i * 4 < data.length; i++) if (data[4 * i + 3]! > 64) seen.push({ x: i % width, y: Math.floor(i / width) })
  if (seen.length === 0) return undefined
  const span = (values: readonly number[]) => Math.max(...values) - Math.min(...values) + 1
  return { width: span(seen.map(({ x }) => x)), height: span(seen.map(({ y }) => y)) }
}

export async function pixelsToPng({ data, width, height, channels }: RawPicture): Promise<Uint8Array> {
  return octetsOf(sharp(data, { raw: { width, height, channels } }).png({ compressionLevel: 6, adaptiveFiltering: true }))
}

export async function pixelsToJpeg({ data, width, height, channels }: RawPicture, options: JpegOptions): Promise<Uint8Array> {
  return octetsOf(sharp(data, { raw: { width, height, channels } }).removeAlpha().jpeg(jpegSettings({ width, height }, options)))
}

async function octetsOf(picture: Sharp): Promise<Uint8Array> {
  return new Uint8Array(await picture.toBuffer())
}
