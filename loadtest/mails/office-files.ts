/**
 * Small files of real formats, written at run time: Word and Excel documents, PDF, PNG. Each has the mark as text that a
 * reader would see, and pictures of noise where it has to be large.
 * Standards: ECMA-376 (OOXML), ISO 32000 (PDF 1.7), PNG (W3C).
 */
import { crc32, deflateSync } from 'node:zlib'
import type { ZipFile } from '../../core/disarm/zip-write.ts'
import { MARK_PLACE } from '../mark.ts'
import { type PackedFile, packedFile } from '../template.ts'
import { markedZip } from './pack.ts'
import { type Chance, oneOf, paragraphs, PEOPLE } from './words.ts'

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006'

export const MEDIA_TYPES = {
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  docm: 'application/vnd.ms-word.document.macroEnabled.12',
} as const

/** `more` are further parts, with what [Content_Types].xml and the relationships say about them. */
type Extra = {
  readonly files: readonly ZipFile[]
  readonly types: string
  readonly relationships: string
  readonly mainType?: string
}

export function docx(lines: number, pictureBytes: number, chance: Chance, extra?: Extra): PackedFile {
  const text = [`整理番号 ${MARK_PLACE}`, ...paragraphs(lines, chance)].map(
    line => `<w:p><w:r><w:t>${line}</w:t></w:r></w:p>`,
  )
  const picture = pictureBytes > 0 ? [part('word/media/image1.png', png(pictureBytes, chance))] : []
  const main = extra?.mainType ?? `${MEDIA_TYPES.docx}.main+xml`
  return markedZip([
    part(
      '[Content_Types].xml',
      contentTypes(
        `<Default Extension="png" ContentType="image/png"/>${extra?.types ?? ''}`,
        '/word/document.xml',
        main,
      ),
    ),
    part(
      '_rels/.rels',
      relationships(`<Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="word/document.xml"/>`),
    ),
    part(
      'word/document.xml',
      `${XML}<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="${OFFICE}"><w:body>${text.join('')}${picture.length ? drawing('rId5') : ''}<w:sectPr><w:pgSz w:w="11906" w:h="16838"/></w:sectPr></w:body></w:document>`,
    ),
    part(
      'word/_rels/document.xml.rels',
      relationships(
        `${picture.length ? `<Relationship Id="rId5" Type="${OFFICE}/image" Target="media/image1.png"/>` : ''}${extra?.relationships ?? ''}`,
      ),
    ),
    ...picture,
    ...(extra?.files ?? []),
  ])
}

export function xlsx(rows: number, chance: Chance): PackedFile {
  const cells = Array.from({ length: rows }, (_, i) => {
    const amount = Math.floor(chance() * 1e6)
    return `<row r="${i + 2}"><c r="A${i + 2}" t="inlineStr"><is><t>${oneOf(PEOPLE, chance)}</t></is></c><c r="B${i + 2}"><v>${amount}</v></c><c r="C${i + 2}"><f>B${i + 2}*1.1</f><v>${amount * 1.1}</v></c></row>`
  })
  const head = `<row r="1"><c r="A1" t="inlineStr"><is><t>整理番号 ${MARK_PLACE}</t></is></c></row>`
  const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
  return markedZip([
    part(
      '[Content_Types].xml',
      contentTypes(
        `<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`,
        '/xl/workbook.xml',
        `${MEDIA_TYPES.xlsx}.main+xml`,
      ),
    ),
    part(
      '_rels/.rels',
      relationships(`<Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/>`),
    ),
    part(
      'xl/workbook.xml',
      `${XML}<workbook xmlns="${main}" xmlns:r="${OFFICE}"><sheets><sheet name="調査票" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    ),
    part(
      'xl/_rels/workbook.xml.rels',
      relationships(`<Relationship Id="rId1" Type="${OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>`),
    ),
    part(
      'xl/worksheets/sheet1.xml',
      `${XML}<worksheet xmlns="${main}"><sheetData>${head}${cells.join('')}</sheetData></worksheet>`,
    ),
  ])
}

/** `openAction` is PDF source of an action that runs when the file is opened. */
export function pdf(pages: number, pictureBytes: number, chance: Chance, openAction = ''): PackedFile {
  const side = Math.max(1, Math.ceil(Math.sqrt(pictureBytes / 3)))
  const pixels = deflateSync(noise(side * side * 3, chance), { level: 0 })
  const kids = Array.from({ length: pages }, (_, i) => `${6 + i * 2} 0 R`)
  const objects: (string | Buffer)[] = [
    `<</Type/Catalog/Pages 2 0 R${openAction === '' ? '' : `/OpenAction ${openAction}`}>>`,
    `<</Type/Pages/Kids[${kids.join(' ')}]/Count ${pages}>>`,
    '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
    '<</Type/Font/Subtype/Type0/BaseFont/HeiseiMin-W3/Encoding/UniJIS-UTF16-H/DescendantFonts[<</Type/Font/Subtype/CIDFontType0/BaseFont/HeiseiMin-W3/CIDSystemInfo<</Registry(Adobe)/Ordering(Japan1)/Supplement 2>>/FontDescriptor<</Type/FontDescriptor/FontName/HeiseiMin-W3/Flags 6/FontBBox[0 -200 1000 900]/ItalicAngle 0/Ascent 709/Descent -241/CapHeight 709/StemV 80>>>>]>>',
    stream(
      `/Type/XObject/Subtype/Image/Width ${side}/Height ${side}/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/FlateDecode`,
      pixels,
    ),
  ]
  for (let i = 0; i < pages; i++) {
    objects.push(
      `<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R/F2 4 0 R>>/XObject<</I 5 0 R>>>>/Contents ${7 + i * 2} 0 R>>`,
    )
    objects.push(stream('', Buffer.from(pageContent(i, chance))))
  }
  return packedFile(pdfOf(objects))
}

export function png(bytes: number, chance: Chance): Buffer {
  const side = Math.max(1, Math.floor(Math.sqrt(bytes / 3)))
  const rows = noise(side * (side * 3 + 1), chance)
  for (let row = 0; row < side; row++) rows[row * (side * 3 + 1)] = 0
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0])
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  const chunks = [chunk('IHDR', header), chunk('IDAT', deflateSync(rows, { level: 0 })), chunk('IEND', Buffer.alloc(0))]
  return Buffer.concat([Buffer.from('\u0089PNG\r\n\u001a\n', 'latin1'), ...chunks])
}

/** Octets that do not deflate. */
export function noise(bytes: number, chance: Chance): Buffer {
  const octets = Buffer.alloc(bytes)
  let state = Math.floor(chance() * 2 ** 31) | 1
  for (let i = 0; i < bytes; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    octets[i] = state
  }
  return octets
}

export function part(name: string, content: string | Buffer): ZipFile {
  return { name, bytes: typeof content === 'string' ? Buffer.from(content) : content }
}

function contentTypes(more: string, mainPart: string, mainType: string): string {
  return `${XML}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>${more}<Override PartName="${mainPart}" ContentType="${mainType}"/></Types>`
}

function relationships(inner: string): string {
  return `${XML}<Relationships xmlns="${PACKAGE}/relationships">${inner}</Relationships>`
}

function drawing(id: string): string {
  const [size, a] = ['cx="2880000" cy="2880000"', 'http://schemas.openxmlformats.org/drawingml/2006']
  return `<w:p><w:r><w:drawing><wp:inline xmlns:wp="${a}/wordprocessingDrawing"><wp:extent ${size}/><wp:docPr id="1" name="図 1"/><a:graphic xmlns:a="${a}/main"><a:graphicData uri="${a}/picture"><pic:pic xmlns:pic="${a}/picture"><pic:nvPicPr><pic:cNvPr id="1" name="図 1"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="${id}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext ${size}/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>`
}

function pageContent(page: number, chance: Chance): string {
  const lines = paragraphs(12, chance).map(
    line => `<${Buffer.from(line.slice(0, 40), 'utf16le').swap16().toString('hex')}> Tj 0 -22 Td`,
  )
  return `BT /F1 10 Tf 60 800 Td (${MARK_PLACE} ${page + 1}) Tj ET\nBT /F2 12 Tf 60 770 Td\n${lines.join('\n')}\nET\nq 200 0 0 200 60 200 cm /I Do Q\n`
}

function stream(dictionary: string, octets: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`<<${dictionary}/Length ${octets.length}>>\nstream\n`),
    octets,
    Buffer.from('\nendstream'),
  ])
}

function pdfOf(objects: readonly (string | Buffer)[]): Buffer {
  const pieces = [Buffer.from('%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n', 'latin1')]
  const offsets: number[] = []
  let at = pieces[0]!.length
  for (const [i, object] of objects.entries()) {
    const written = Buffer.concat([Buffer.from(`${i + 1} 0 obj\n`), Buffer.from(object), Buffer.from('\nendobj\n')])
    offsets.push(at)
    at += written.length
    pieces.push(written)
  }
  const table = offsets.map(offset => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  pieces.push(
    Buffer.from(
      `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n<</Size ${objects.length + 1}/Root 1 0 R>>\nstartxref\n${at}\n%%EOF\n`,
    ),
  )
  return Buffer.concat(pieces)
}

function chunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type), data])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE(crc32(typed))
  return Buffer.concat([length, typed, sum])
}
