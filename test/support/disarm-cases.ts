/** The files that bench/disarm.ts and bench/disarm-peers.ts measure on: one per format, larger than those of the tests. */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import sharp from 'sharp'
import { PdfWriter } from '../../core/disarm/pdf/writer.ts'
import { writeZip } from '../../core/disarm/zip-write.ts'
import { tarOf, zipOf } from './archives.ts'
import { DOCX, docx, XLSX, xlsx } from './ooxml.ts'

export type Case = { readonly mediaType: string; readonly make: () => Promise<Uint8Array<ArrayBufferLike>> }


/** Soft shapes under the noise of a sensor. */
function photograph(width: number, height: number) {
  const pixels = Buffer.alloc(width * height * 3)
  let noise = 1
  for (let i = 0, at = 0; i < width * height; i++) {
    const [x, y] = [i % width, Math.floor(i / width)]
    noise = (noise * 1_103_515_245 + 12_345) >>> 0
    const grain = (noise >>> 24) / 16
    pixels[at++] = 128 + 90 * Math.sin(x / 300) + grain
    pixels[at++] = 128 + 90 * Math.sin(y / 200) + grain
    pixels[at++] = 128 + 90 * Math.sin((x + y) / 500) + grain
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
}

function page(width: number, height: number): Uint8Array {
  return Buffer.alloc(width * height).map((_, i) => (Math.floor(i / width / 40) % 2 && Math.floor((i % width) / 12) % 3 ? 0 : 255))
}

/** Text that hardly packs, as that of long documents. */
function words(count: number, from: number): string {
  let seed = from
  return Array.from({ length: count }, () => String.fromCharCode(0x4e00 + ((seed = (seed * 1_103_515_245 + 12_345) >>> 0) >>> 16) % 0x3000)).join('')
}

function paragraphs(count: number): string {
  return Array.from({ length: count }, (_, i) => `<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>${words(6, i)}</w:t></w:r><w:r><w:t>${words(60, i + 1)}</w:t></w:r></w:p>`).join('')
}

function rows(count: number): string {
  const row = (r: number) => Array.from({ length: 20 }, (_, c) => `<c r="${String.fromCharCode(65 + c)}${r}" s="1"><f>A${r}*${c}</f><v>${r * c}</v></c>`).join('')
  return `<sheetData>${Array.from({ length: count }, (_, i) => `<row r="${i + 1}">${row(i + 1)}</row>`).join('')}</sheetData>`
}

/** Pages full of text, a photograph on every other one, and a font that a program for text would embed. */
async function pdf(pages: number): Promise<Uint8Array> {
  const writer = new PdfWriter(64 << 20)
  const [root, tree, font, picture] = Array.from({ length: 4 }, () => writer.allocate())
  const kids: string[] = []
  for (let index = 0; index < pages; index++) {
    const [number, content] = [writer.allocate(), writer.allocate()]
    const lines = Array.from({ length: 50 }, (_, line) => `BT /F1 11 Tf 1 0 0 1 50 ${790 - 15 * line} Tm [(Page ${index}, line ${line} of a document that) -20 (goes on and on)] TJ ET`)
    const drawn = index % 2 === 0 ? 'q 200 0 0 150 350 20 cm /P Do Q' : ''
    writer.put(number, { text: `<</Type/Page/Parent ${tree} 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 ${font} 0 R>>/XObject<</P ${picture} 0 R>>>>/Contents ${content} 0 R>>` })
    writer.put(content, { text: '<<>>', data: Buffer.from([...lines, drawn].join('\n')) })
    kids.push(`${number} 0 R`)
  }
  const data = await photograph(1600, 1200).jpeg({ quality: 85 }).toBuffer()
  writer.put(root!, { text: `<</Type/Catalog/Pages ${tree} 0 R/OpenAction<</S/JavaScript/JS(app.alert)>>>>` })
  writer.put(tree!, { text: `<</Type/Pages/Count ${pages}/Kids[${kids.join(' ')}]>>` })
  writer.put(font!, { text: '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>' })
  writer.put(picture!, { text: '<</Type/XObject/Subtype/Image/Width 1600/Height 1200/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode>>', data })
  return writer.finish(root!, '')
}

const ODF = 'application/vnd.oasis.opendocument.'

function odf(kind: string, body: string): Uint8Array {
  const spaces = ['office', 'text', 'table'].map(name => `xmlns:${name}="urn:oasis:names:tc:opendocument:xmlns:${name}:1.0"`).join(' ')
  const content = `<office:document-content ${spaces} office:version="1.3"><office:body><office:${kind}>${body}</office:${kind}></office:body></office:document-content>`
  const manifest = `<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry manifest:full-path="/" manifest:media-type="${ODF}${kind}"/><manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>`
  return writeZip([{ name: 'mimetype', bytes: Buffer.from(`${ODF}${kind}`), stored: true }, { name: 'META-INF/manifest.xml', bytes: Buffer.from(manifest) }, { name: 'content.xml', bytes: Buffer.from(content) }], 1 << 28)!
}

function odfParagraphs(count: number): string {
  return Array.from({ length: count }, (_, i) => `<text:p><text:span text:style-name="B">${words(6, i)}</text:span>${words(60, i + 1)}</text:p>`).join('')
}

function odfRows(count: number): string {
  const row = (r: number) => Array.from({ length: 20 }, (_, c) => `<table:table-cell office:value-type="float" office:value="${r * c}" table:formula="of:=[.A${r}]*${c}"><text:p>${r * c}</text:p></table:table-cell>`).join('')
  return `<table:table table:name="a">${Array.from({ length: count }, (_, i) => `<table:table-row>${row(i + 1)}</table:table-row>`).join('')}</table:table>`
}

function rtf(count: number): string {
  const hex = (text: string) => Array.from(text, each => `\\u${each.charCodeAt(0) > 32767 ? each.charCodeAt(0) - 65536 : each.charCodeAt(0)}?`).join('')
  return `{\\rtf1\\ansi\\ansicpg932{\\fonttbl{\\f0 IPAMincho;}}${Array.from({ length: count }, (_, i) => `\\pard\\b ${hex(words(6, i))}\\b0  ${hex(words(40, i))}\\par\n`).join('')}}`
}

const fixture = (name: string) => new Uint8Array(readFileSync(`test/fixtures/disarm/${name}`))

export const CASES: Readonly<Record<string, Case>> = {
  'jpeg-12mp': { mediaType: 'image/jpeg', make: () => photograph(4000, 3000).jpeg({ quality: 90 }).toBuffer() },
  'jpeg-12mp-turned': { mediaType: 'image/jpeg', make: () => photograph(4000, 3000).withMetadata({ orientation: 6 }).jpeg({ quality: 90 }).toBuffer() },
  'png-screenshot': { mediaType: 'image/png', make: () => sharp(page(1920, 1080), { raw: { width: 1920, height: 1080, channels: 1 } }).png().toBuffer() },
  'png-2mp': { mediaType: 'image/png', make: () => photograph(1920, 1080).png().toBuffer() },
  'tiff-fax': {
    mediaType: 'image/tiff',
    make: () => sharp(page(1728, 2200), { raw: { width: 1728, height: 2200, channels: 1 } }).toColourspace('b-w').tiff({ compression: 'ccittfax4', bitdepth: 1 }).toBuffer(),
  },
  'gif-animated': {
    mediaType: 'image/gif',
    make: () => sharp(page(400, 300 * 30), { raw: { width: 400, height: 300 * 30, channels: 1, pageHeight: 300 } }).gif().toBuffer(),
  },
  'docx-1mb': { mediaType: DOCX, make: async () => docx(paragraphs(7000)) },
  'xlsx-formulas': { mediaType: XLSX, make: async () => xlsx(rows(2500)) },
  'pdf-10-pages': { mediaType: 'application/pdf', make: async () => pdf(10) },
  'pdf-100-pages': { mediaType: 'application/pdf', make: async () => pdf(100) },
  'odt-1mb': { mediaType: `${ODF}text`, make: async () => odf('text', odfParagraphs(7000)) },
  'ods-cells': { mediaType: `${ODF}spreadsheet`, make: async () => odf('spreadsheet', odfRows(2500)) },
  'rtf-1mb': { mediaType: 'application/rtf', make: async () => Buffer.from(rtf(3000), 'latin1') },
  xls: { mediaType: 'application/vnd.ms-excel', make: async () => fixture('legacy/sheet.xls') },
  doc: { mediaType: 'application/msword', make: async () => fixture('legacy/doc.doc') },
  ppt: { mediaType: 'application/vnd.ms-powerpoint', make: async () => fixture('legacy/pres.ppt') },
  'zip-of-20-docx': { mediaType: 'application/zip', make: async () => zipOf(Array.from({ length: 20 }, (_, n) => ({ name: `${n}.docx`, content: docx(paragraphs(300 + n)) }))) },
  'tgz-of-200-csv': { mediaType: 'application/gzip', make: async () => gzipSync(tarOf(Array.from({ length: 200 }, (_, n) => ({ name: `${n}.csv`, content: `${words(500, n)},${n}\r\n` })))) },
  ics: { mediaType: 'text/calendar', make: async () => Buffer.from(`BEGIN:VCALENDAR\r\n${Array.from({ length: 2000 }, (_, n) => `BEGIN:VEVENT\r\nUID:${n}\r\nDTSTART:20260401T090000\r\nSUMMARY:${words(12, n)}\r\nDESCRIPTION:${words(60, n)}\r\nEND:VEVENT\r\n`).join('')}END:VCALENDAR\r\n`) },
  json: { mediaType: 'application/json', make: async () => Buffer.from(JSON.stringify(Array.from({ length: 20_000 }, (_, id) => ({ id, 氏名: '山田太郎', 金額: 1200.5 })))) },
  xml: { mediaType: 'application/xml', make: async () => Buffer.from(`<a>${'<b c="1">値</b>'.repeat(60_000)}</a>`) },
}
