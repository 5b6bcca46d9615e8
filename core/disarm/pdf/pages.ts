/**
 * A look at a PDF without opening it anywhere else: how many pages, what a page says, and a picture of it.
 *
 * For previews. What comes back was drawn or read by PDFium and is made harmless here; a picture is a PNG of our own.
 * Never throws; undefined for what cannot be read, needs a password or is over a limit.
 * Standards: PNG (W3C, third edition) §5, §11.2.
 */
import { Buffer } from 'node:buffer'
import { crc32, deflateSync } from 'node:zlib'
import { makeHarmless } from '../../text/harmless.ts'
import type { DisarmLimits, Picture } from '../contract.ts'
import { type Bitmap, type PdfDocument, withDocument } from './engine.ts'
import { Pixels } from './pixels.ts'
import { rasterSize } from './raster.ts'

const MOST_CHARACTERS = 200_000
const MIN_DPI = 20
const MAX_DPI = 600

export async function pageCount(untrustedBytes: Uint8Array): Promise<number | undefined> {
  return look(untrustedBytes, document => document.pages)
}

/** `page` counts from 1. */
export async function pageText(untrustedBytes: Uint8Array, page: number): Promise<string | undefined> {
  return look(untrustedBytes, document => (hasPage(document, page) ? makeHarmless(document.text(page - 1, MOST_CHARACTERS)).text : undefined))
}

export type PagePicture = { readonly page: number; readonly dpi: number; readonly limits: Pick<DisarmLimits, 'pixels'> }

/** `page` counts from 1; a page too large for the resolution is drawn with a lower one. */
export async function pagePng(untrustedBytes: Uint8Array, { page, dpi, limits }: PagePicture): Promise<Picture | undefined> {
  const bytes = await look(untrustedBytes, document => {
    if (!hasPage(document, page)) return undefined
    const size = rasterSize(document.pageSize(page - 1), Math.min(MAX_DPI, Math.max(MIN_DPI, dpi)), limits)
    const bitmap = size && document.draw(page - 1, size)
    return bitmap && png(new Pixels(bitmap))
  })
  return bytes && { bytes, mediaType: 'image/png', extension: 'png' }
}

async function look<T>(untrustedBytes: Uint8Array, use: (document: PdfDocument) => T): Promise<T | undefined> {
  try {
    const opening = await withDocument(untrustedBytes, '', use)
    return opening.kind === 'opened' ? opening.value : undefined
  } catch {
    return undefined
  }
}

function hasPage(document: PdfDocument, page: number): boolean {
  return Number.isInteger(page) && page >= 1 && page <= document.pages
}

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex')
const GRAY = 0
const RGB = 2

export function bitmapPng(bitmap: Bitmap): Uint8Array {
  return png(new Pixels(bitmap))
}

function png(pixels: Pixels): Uint8Array {
  const { width, height, isGray } = pixels
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 8
  header[9] = isGray ? GRAY : RGB
  const samples = isGray ? pixels.gray() : pixels.rgb()
  const rowBytes = samples.length / height
  // Each row begins with the number of its filter; 0 is none.
  const rows = Buffer.alloc(samples.length + height)
  for (let row = 0; row < height; row++) rows.set(samples.subarray(row * rowBytes, (row + 1) * rowBytes), row * (rowBytes + 1) + 1)
  return new Uint8Array(Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', deflateSync(rows, { level: 6 })), chunk('IEND', Buffer.alloc(0))]))
}

function chunk(name: string, data: Uint8Array): Uint8Array {
  const out = Buffer.alloc(data.length + 12)
  out.writeUInt32BE(data.length, 0)
  out.write(name, 4, 'latin1')
  out.set(data, 8)
  out.writeUInt32BE(crc32(out.subarray(4, data.length + 8)), data.length + 8)
  return out
}
