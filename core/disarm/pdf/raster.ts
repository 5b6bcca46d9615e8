/**
 * Mode raster: a picture of each page, and a new PDF of nothing but these pictures.
 *
 *   untrusted ─▶ PDFium draws a page ─▶ pixels ─▶ the smallest true coding ─▶ page of the new file ─▶ next page
 *
 * What crosses is what could be seen; text, links and fields are pictures of themselves. One page is in memory at a
 * time. A page too large for the resolution gets a lower one.
 */
import { Buffer } from 'node:buffer'
import type { Disarmed, DisarmInput, DisarmLimits } from '../contract.ts'
import type { Removed } from '../../objects.ts'
import { deflate } from './filters.ts'
import { type PdfDocument, withDocument } from './engine.ts'
import { numberText } from './lexer.ts'
import { Damaged, OverLimit } from './object.ts'
import { Pixels } from './pixels.ts'
import { cannotOpen, trailing } from './outside.ts'
import { type Body, PdfWriter } from './writer.ts'

const POINTS_PER_INCH = 72
/** PDFium needs four octets for each of them at once. */
const MOST_DRAWN_PIXELS = 40_000_000
const LONGEST_SIDE = 20_000
/** Pictures below this size are not worth any loss. */
const SMALL_BYTES = 128 * 1024

/** Pixels for a page at a resolution, fewer where they would be too many; undefined when it has no size. */
export function rasterSize(
  { width, height }: { readonly width: number; readonly height: number },
  dpi: number,
  limits: Pick<DisarmLimits, 'pixels'>,
): { readonly width: number; readonly height: number } | undefined {
  if (!(width > 0 && height > 0) || !Number.isFinite(width * height)) return undefined
  const most = Math.min(limits.pixels, MOST_DRAWN_PIXELS)
  const wanted = dpi / POINTS_PER_INCH
  const scale = Math.min(wanted, Math.sqrt(most / (width * height)), LONGEST_SIDE / Math.max(width, height))
  const side = (points: number) => Math.max(1, Math.floor(points * scale + 0.5))
  return { width: side(width), height: side(height) }
}

/** Throws OverLimit and Damaged. */
export async function rasterFile(input: DisarmInput): Promise<Disarmed> {
  const { untrustedBytes, limits } = input
  if (untrustedBytes.length > 4 * limits.outputBytes) throw new OverLimit()
  const opening = await withDocument(untrustedBytes, '', document => drawAll(document, limits))
  if (opening.kind !== 'opened') return cannotOpen(opening.kind)
  const { bytes, signatures } = opening.value
  const removed: Removed[] = signatures > 0 ? [{ what: 'signatures', count: signatures }] : []
  return { kind: 'rebuilt', bytes, mediaType: 'application/pdf', extension: 'pdf', removed: [...trailing(untrustedBytes), ...removed], findings: [] }
}

async function drawAll(document: PdfDocument, limits: DisarmLimits): Promise<{ readonly bytes: Uint8Array; readonly signatures: number }> {
  if (document.pages > limits.pages) throw new OverLimit()
  if (document.pages < 1) throw new Damaged()
  const writer = new PdfWriter(limits.outputBytes)
  const [root, tree] = [writer.allocate(), writer.allocate()]
  const kids: string[] = []
  for (let index = 0; index < document.pages; index++) {
    const size = document.pageSize(index)
    const pixels = rasterSize(size, limits.rasterDpi, limits)
    const bitmap = pixels && document.draw(index, pixels)
    if (!bitmap) throw new Damaged()
    kids.push(`${await writePage(writer, { tree, size, picture: new Pixels(bitmap) })} 0 R`)
  }
  writer.put(tree, { text: `<</Type/Pages/Count ${kids.length}/Kids[${kids.join(' ')}]>>` })
  writer.put(root, { text: `<</Type/Catalog/Pages ${tree} 0 R>>` })
  return { bytes: writer.finish(root, ''), signatures: document.signatures }
}

type PagePicture = { readonly tree: number; readonly size: { readonly width: number; readonly height: number }; readonly picture: Pixels }

async function writePage(writer: PdfWriter, { tree, size, picture }: PagePicture): Promise<number> {
  const [page, content, image] = [writer.allocate(), writer.allocate(), writer.allocate()]
  const [width, height] = [numberText(size.width), numberText(size.height)]
  const resources = `/Resources<</XObject<</P ${image} 0 R>>>>`
  writer.put(page, { text: `<</Type/Page/Parent ${tree} 0 R/MediaBox[0 0 ${width} ${height}]${resources}/Contents ${content} 0 R>>` })
  writer.put(content, { text: '<<>>', data: new TextEncoder().encode(`q\n${width} 0 0 ${height} 0 0 cm\n/P Do\nQ\n`) })
  writer.put(image, await pictureBody(picture))
  return page
}

/** Without loss where that is small, which it is for text; JPEG where it saves more than half, as of photographs. */
export async function pictureBody(picture: Pixels): Promise<Body> {
  const lossless = losslessBody(picture)
  if (lossless.data.length < SMALL_BYTES) return lossless
  const jpeg = await picture.jpeg()
  if (!jpeg || jpeg.length > lossless.data.length / 2) return lossless
  return { text: `${head(picture)}/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode>>`, data: jpeg }
}

function head({ width, height }: Pixels): string {
  return `<</Type/XObject/Subtype/Image/Width ${width}/Height ${height}`
}

/** Grey where there is no colour, a palette where there are few. */
function losslessBody(picture: Pixels): Required<Body> {
  const start = `${head(picture)}/Filter/FlateDecode`
  if (picture.isGray) return { text: `${start}/ColorSpace/DeviceGray/BitsPerComponent 8>>`, data: deflate(picture.gray()) }
  const few = picture.palette()
  if (!few) return { text: `${start}/ColorSpace/DeviceRGB/BitsPerComponent 8>>`, data: deflate(picture.rgb()) }
  const colors = Buffer.from(few.colors).toString('hex')
  return { text: `${start}/ColorSpace[/Indexed/DeviceRGB ${few.colors.length / 3 - 1}<${colors}>]/BitsPerComponent 8>>`, data: deflate(few.indices) }
}
