/** One page of a PDF: PDFium draws it, the mark goes over it, and a PNG of ours is all that comes out. */
import { type Bitmap, withDocument } from '../disarm/pdf/engine.ts'
import { bitmapPng } from '../disarm/pdf/pages.ts'
import { rasterSize } from '../disarm/pdf/raster.ts'
import type { Look, LookAsk, LookKept } from '../preview-ways.ts'
import type { FileBounds } from '../rebuild.ts'
import { makeHarmless } from '../text/harmless.ts'
import { drawMark } from './mark.ts'

const DPI = 110
const MOST_CHARACTERS = 100_000
/** More would not be seen on a screen. */
const MOST_PIXELS = 4_000_000

type Drawn = { readonly bitmap: Bitmap | undefined; readonly pages: number; readonly untrustedText: string }

export async function lookAtPdf(untrustedBytes: Uint8Array, { page, mark }: LookAsk, bounds: FileBounds): Promise<Look | LookKept | undefined> {
  const opening = await withDocument(untrustedBytes, '', (document): Drawn => {
    const pages = Math.min(document.pages, bounds.pages)
    const size = page <= pages ? rasterSize(document.pageSize(page - 1), DPI, { pixels: Math.min(bounds.pixels, MOST_PIXELS) }) : undefined
    return { bitmap: size && document.draw(page - 1, size), pages, untrustedText: size ? document.text(page - 1, MOST_CHARACTERS) : '' }
  })
  if (opening.kind !== 'opened') return { kind: 'kept', reason: opening.kind === 'encrypted' ? 'encrypted' : 'malformed' }
  const { bitmap, pages, untrustedText } = opening.value
  if (!bitmap || !(await drawMark(bitmap, mark))) return undefined
  return { kind: 'look', png: bitmapPng(bitmap), page, pages, text: makeHarmless(untrustedText).text, drawn: 'page' }
}
