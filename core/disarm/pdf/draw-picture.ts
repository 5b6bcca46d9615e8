/**
 * One picture of a coding that must not cross (JPEG 2000, JBIG2), drawn by PDFium: a file of one page that shows
 * nothing else, one pixel to a point, is written, drawn and thrown away.
 */
import { Buffer } from 'node:buffer'
import { withDocument } from './engine.ts'
import type { PictureFilter } from './filters.ts'
import { Pixels } from './pixels.ts'
import { PdfWriter } from './writer.ts'

export type CodedPicture = {
  readonly filter: PictureFilter
  readonly data: Uint8Array
  readonly width: number
  readonly height: number
  /** Shared segments of JBIG2 (ISO 32000-1 §7.4.7). */
  readonly globals: Uint8Array | undefined
}

/** Undefined when PDFium cannot draw it. Throws OverLimit. */
export async function drawPicture(picture: CodedPicture): Promise<Pixels | undefined> {
  const { width, height } = picture
  if (width < 1 || height < 1) return undefined
  const opening = await withDocument(fileOf(picture), '', document => document.draw(0, { width, height }))
  return opening.kind === 'opened' && opening.value ? new Pixels(opening.value) : undefined
}

function fileOf({ filter, data, width, height, globals }: CodedPicture): Uint8Array {
  const writer = new PdfWriter(data.length + (globals?.length ?? 0) + 10_000)
  const [catalog, pages, page, content, image] = Array.from({ length: 5 }, () => writer.allocate())
  const shared = globals && writer.allocate()
  const color = filter === 'JBIG2Decode' ? '/ColorSpace/DeviceGray/BitsPerComponent 1' : ''
  const parameters = shared === undefined ? '' : `/DecodeParms<</JBIG2Globals ${shared} 0 R>>`
  writer.put(catalog!, { text: `<</Type/Catalog/Pages ${pages} 0 R>>` })
  writer.put(pages!, { text: `<</Type/Pages/Count 1/Kids[${page} 0 R]>>` })
  const box = `/MediaBox[0 0 ${width} ${height}]/Resources<</XObject<</I ${image} 0 R>>>>`
  writer.put(page!, { text: `<</Type/Page/Parent ${pages} 0 R${box}/Contents ${content} 0 R>>` })
  writer.put(content!, { text: '<<>>', data: Buffer.from(`${width} 0 0 ${height} 0 0 cm /I Do`) })
  writer.put(image!, { text: `<</Type/XObject/Subtype/Image/Width ${width}/Height ${height}${color}/Filter/${filter}${parameters}>>`, data })
  if (shared !== undefined) writer.put(shared, { text: '<<>>', data: globals! })
  return writer.finish(catalog!, '')
}
