/** A picture as a page: its pixels on white, made small enough for a screen, with the mark over them. */
import { lookAt, type PictureFormat, type Source, toScreen } from '../disarm/image/pixels.ts'
import { readTiff } from '../disarm/image/tiff.ts'
import { bitmapPng } from '../disarm/pdf/pages.ts'
import type { Look, LookAsk } from '../preview-ways.ts'
import type { FileBounds } from '../rebuild.ts'
import { drawMark } from './mark.ts'

const FORMATS: Readonly<Record<string, PictureFormat>> = { 'image/jpeg': 'jpeg', 'image/png': 'png', 'image/gif': 'gif', 'image/webp': 'webp', 'image/tiff': 'tiff' }
const LONGEST_SIDE = 1600
/** A smaller picture is shown as it is: but the mark must find room. */
const SHORTEST_SIDE = 240

type Page = { readonly source: Source; readonly width: number; readonly height: number; readonly pages: number }

/** `bytes` were rebuilt by us, upright. Undefined for what has no such page, or is of a kind that is not drawn (icons). */
export async function lookAtPicture(bytes: Uint8Array, mediaType: string, { ask, bounds }: { readonly ask: LookAsk; readonly bounds: FileBounds }): Promise<Look | undefined> {
  const format = FORMATS[mediaType]
  if (!format) return undefined
  const source: Source = { untrustedBytes: bytes, format, limits: bounds }
  const page = format === 'tiff' ? tiffPage(source, ask.page) : ask.page === 1 ? { source, ...(await lookAt(source)), pages: 1 } : undefined
  if (!page) return undefined
  const bitmap = await toScreen(page.source, screenSize(page))
  if (!(await drawMark(bitmap, ask.mark))) return undefined
  return { kind: 'look', png: bitmapPng(bitmap), page: ask.page, pages: page.pages, text: '', drawn: 'page' }
}

/** Pixels of a fax are not square: as tall as it was on paper. */
function tiffPage(source: Source, number: number): Page | undefined {
  const pages = readTiff(source.untrustedBytes, source.limits.pages)
  const page = Array.isArray(pages) ? pages[number - 1] : undefined
  if (!page || !Array.isArray(pages)) return undefined
  const { x, y } = page.resolution ?? { x: 1, y: 1 }
  const height = x > 0 && y > 0 && x / y < 10 && y / x < 10 ? page.height * (x / y) : page.height
  return { source: { ...source, frames: { page: number - 1 } }, width: page.width, height, pages: pages.length }
}

function screenSize({ width, height }: Page): { readonly width: number; readonly height: number } {
  const scale = Math.max(Math.min(1, LONGEST_SIDE / Math.max(width, height)), Math.min(4, SHORTEST_SIDE / Math.max(width, height)))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}
