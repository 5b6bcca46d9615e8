/**
 * Words on pages: text becomes a PDF of ours, a page at a time, in a font that we ship (core/disarm/pdf/fonts.ts draws
 * MS-Gothic with BIZ UDGothic). A form feed begins a new page.
 * Standards: ISO 32000-1 §9.7 (composite fonts), Adobe-Japan1 (UniJIS-UCS2-HW-H).
 */
import { Buffer } from 'node:buffer'
import { type Body, PdfWriter } from '../disarm/pdf/writer.ts'

/** A4 in points. */
const WIDTH = 595
const HEIGHT = 842
const MARGIN = 50
const SIZE = 10
const LEADING = 15
const COLUMNS = Math.floor((WIDTH - 2 * MARGIN) / (SIZE / 2))
const LINES = Math.floor((HEIGHT - 2 * MARGIN) / LEADING)
const MOST_CHARACTERS = 2_000_000
const MOST_PDF_BYTES = 1 << 20

export type WrittenPages = {
  readonly count: number
  /** Counts from 1. */
  page(number: number): { readonly pdf: Uint8Array; readonly text: string } | undefined
}

export function writtenPages(text: string, mostPages: number): WrittenPages {
  const pages = paginate(text.slice(0, MOST_CHARACTERS)).slice(0, mostPages)
  return {
    count: pages.length,
    page(number) {
      const lines = pages[number - 1]
      return lines && { pdf: pdfOfLines(lines), text: lines.join('\n') }
    },
  }
}

function paginate(text: string): string[][] {
  const pages: string[][] = []
  for (const sheet of text.replace(/\f+$/, '').split('\f')) {
    const lines = sheet.split('\n').flatMap(wrap)
    for (let at = 0; at === 0 || at < lines.length; at += LINES) pages.push(lines.slice(at, at + LINES))
  }
  return pages
}

function wrap(line: string): string[] {
  const out: string[] = []
  let row = ''
  let width = 0
  for (const character of line.replaceAll('\t', '    ').replace(/[\u0000-\u001f]/g, '')) {
    const columns = columnsOf(character)
    if (width + columns > COLUMNS) {
      out.push(row)
      row = ''
      width = 0
    }
    row += character
    width += columns
  }
  return [...out, row]
}

/** Half-width: ASCII and half-width kana; everything else takes a full square in the font. */
function columnsOf(character: string): number {
  const code = character.codePointAt(0)!
  return code < 0x7f || (code >= 0xff61 && code <= 0xff9f) ? 1 : 2
}

function pdfOfLines(lines: readonly string[]): Uint8Array {
  const rows = lines.map(line => `<${ucs2(line)}> Tj T*`).join('\n')
  return pdfOf({ width: WIDTH, height: HEIGHT }, `BT /F ${SIZE} Tf ${LEADING} TL 1 0 0 1 ${MARGIN} ${HEIGHT - MARGIN - SIZE} Tm\n${rows}\nET`)
}

/** One page with one font, /F. */
export function pdfOf({ width, height }: { readonly width: number; readonly height: number }, content: string): Uint8Array {
  const writer = new PdfWriter(MOST_PDF_BYTES + 2 * content.length)
  const [catalog, pages, page, stream, font, descendant, descriptor] = Array.from({ length: 7 }, () => writer.allocate()) as [number, number, number, number, number, number, number]
  const put = (number: number, body: Body) => writer.put(number, body)
  put(catalog, { text: `<</Type/Catalog/Pages ${pages} 0 R>>` })
  put(pages, { text: `<</Type/Pages/Count 1/Kids[${page} 0 R]>>` })
  put(page, { text: `<</Type/Page/Parent ${pages} 0 R/MediaBox[0 0 ${width} ${height}]/Resources<</Font<</F ${font} 0 R>>>>/Contents ${stream} 0 R>>` })
  put(stream, { text: '<<>>', data: Buffer.from(content, 'latin1') })
  put(font, { text: `<</Type/Font/Subtype/Type0/BaseFont/MS-Gothic/Encoding/UniJIS-UCS2-HW-H/DescendantFonts[${descendant} 0 R]>>` })
  const system = '/CIDSystemInfo<</Registry(Adobe)/Ordering(Japan1)/Supplement 2>>'
  put(descendant, { text: `<</Type/Font/Subtype/CIDFontType2/BaseFont/MS-Gothic${system}/DW 1000/W[1[500] 231 632 500]/FontDescriptor ${descriptor} 0 R>>` })
  put(descriptor, { text: '<</Type/FontDescriptor/FontName/MS-Gothic/Flags 5/FontBBox[0 -137 1000 859]/ItalicAngle 0/Ascent 859/Descent -140/CapHeight 769/StemV 78>>' })
  return writer.finish(catalog, '')
}

/** UTF-16BE in hex; what is outside of the first plane is beyond the font anyway. */
export function ucs2(text: string): string {
  let hex = ''
  for (const character of text) hex += (character.length > 1 ? 0x3013 : character.charCodeAt(0)).toString(16).padStart(4, '0')
  return hex
}
