/**
 * The watermark: who looks, and when, drawn slantwise all over a picture, so that a photograph of the screen says whose
 * it was. Drawn by PDFium on a page of ours and mixed into the pixels: it cannot be taken off again.
 */
import { type Bitmap, withDocument } from '../disarm/pdf/engine.ts'
import { pdfOf, ucs2 } from './written-pages.ts'

const MOST_MARK_CHARS = 80
const SIZE = 15
const DOWN = 150
/** How much of a pixel a stroke of the mark takes. */
const STRENGTH = 0.32
const TONE = 128

/** Changes the picture in place; false when it could not be drawn, and then the picture must not be shown. */
export async function drawMark(picture: Bitmap, mark: string): Promise<boolean> {
  const text = [...mark.replace(/[\u0000-\u001f]/g, ' ')].slice(0, MOST_MARK_CHARS).join('')
  if (text.trim() === '') return true
  const { width, height } = picture
  const opening = await withDocument(pdfOf(picture, contentOf(text, picture)), '', document => document.draw(0, { width, height }))
  if (opening.kind !== 'opened' || !opening.value) return false
  mix(picture.rgbx, opening.value.rgbx)
  return true
}

/** Rows of the text, turned by thirty degrees, from corner to corner. */
function contentOf(text: string, { width, height }: Bitmap): string {
  const across = SIZE * text.length + 120
  const rows: string[] = []
  for (let y = -width; y < height + DOWN; y += DOWN) {
    for (let x = ((y / DOWN) % 2) * (across / 3) - across / 2; x < width; x += across) rows.push(`0.866 0.5 -0.5 0.866 ${Math.round(x)} ${Math.round(y + x / 3)} Tm <${ucs2(text)}> Tj`)
  }
  return `BT /F ${SIZE} Tf\n${rows.join('\n')}\nET`
}

/** Towards a middle tone, so that it shows on white and on black. */
function mix(rgbx: Uint8Array, mark: Uint8Array): void {
  for (let at = 0; at < rgbx.length; at += 4) {
    const darkness = 255 - mark[at]!
    if (darkness === 0) continue
    const share = (darkness / 255) * STRENGTH
    for (let channel = at; channel < at + 3; channel++) rgbx[channel] = rgbx[channel]! * (1 - share) + TONE * share
  }
}
