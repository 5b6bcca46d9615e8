/** Small OOXML packages for tests, and what stands in a rebuilt one. */
import { Buffer } from 'node:buffer'
import { openPackage } from '../../core/disarm/zip-package.ts'
import { writeZip } from '../../core/disarm/zip-write.ts'

const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const RELATIONSHIPS = 'http://schemas.openxmlformats.org/package/2006/relationships'
const OOXML = 'application/vnd.openxmlformats-officedocument.'

/** One relationship: `type` is its last segment or a whole address. */
export type TestLink = { readonly id: string; readonly type: string; readonly target: string; readonly external?: boolean }
export type TestParts = Readonly<Record<string, string | Uint8Array>>

export const DOCX = `${OOXML}wordprocessingml.document`
export const XLSX = `${OOXML}spreadsheetml.sheet`
export const PPTX = `${OOXML}presentationml.presentation`

export const W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
export const X = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
export const P = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
export const A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
export const R = `xmlns:r="${OFFICE}"`
export const MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'

export function relationships(links: readonly TestLink[]): string {
  const lines = links.map(({ id, type, target, external }) => {
    const address = type.includes('://') ? type : `${OFFICE}/${type}`
    return `<Relationship Id="${id}" Type="${address}" Target="${target}"${external ? ' TargetMode="External"' : ''}/>`
  })
  return `<Relationships xmlns="${RELATIONSHIPS}">${lines.join('')}</Relationships>`
}

function packed(main: string, mainType: string, parts: TestParts): Buffer {
  const types = `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Override PartName="/${main}" ContentType="${mainType}.main+xml"/></Types>`
  const all: TestParts = { '[Content_Types].xml': types, '_rels/.rels': relationships([{ id: 'rId1', type: 'officeDocument', target: main }]), ...parts }
  return writeZip(Object.entries(all).map(([name, content]) => ({ name, bytes: typeof content === 'string' ? Buffer.from(content) : content })), 1 << 26)!
}

/** A document with this body and these relationships. */
export function docx(body: string, links: readonly TestLink[] = [], parts: TestParts = {}): Buffer {
  return packed('word/document.xml', DOCX, {
    'word/document.xml': body.startsWith('<w:document') ? body : `<w:document ${W} ${R} ${MC} ${A}><w:body>${body}</w:body></w:document>`,
    'word/_rels/document.xml.rels': relationships(links),
    ...parts,
  })
}

export type TestWorkbook = { readonly book?: string; readonly sheets?: string; readonly links?: readonly TestLink[]; readonly parts?: TestParts }

/** A workbook with one sheet of this content. */
export function xlsx(sheet: string, { book = '', sheets = '', links = [], parts = {} }: TestWorkbook = {}): Buffer {
  return packed('xl/workbook.xml', XLSX, {
    'xl/workbook.xml': `<workbook ${X} ${R}><sheets><sheet name="S" sheetId="1" r:id="rId1"/>${sheets}</sheets>${book}</workbook>`,
    'xl/_rels/workbook.xml.rels': relationships([{ id: 'rId1', type: 'worksheet', target: 'worksheets/sheet1.xml' }, ...links]),
    'xl/worksheets/sheet1.xml': `<worksheet ${X} ${R} ${MC}>${sheet}</worksheet>`,
    ...parts,
  })
}

/** A presentation with one slide of these shapes. */
export function pptx(shapes: string, links: readonly TestLink[] = [], parts: TestParts = {}): Buffer {
  return packed('ppt/presentation.xml', PPTX, {
    'ppt/presentation.xml': `<p:presentation ${P} ${R}><p:sldIdLst><p:sldId id="256" r:id="rId1"/></p:sldIdLst></p:presentation>`,
    'ppt/_rels/presentation.xml.rels': relationships([{ id: 'rId1', type: 'slide', target: 'slides/slide1.xml' }]),
    'ppt/slides/slide1.xml': `<p:sld ${P} ${R} ${A} ${MC}><p:cSld><p:spTree>${shapes}</p:spTree></p:cSld></p:sld>`,
    'ppt/slides/_rels/slide1.xml.rels': relationships(links),
    ...parts,
  })
}

/** Every part by name, as text. */
export function partsOf(bytes: Uint8Array): Map<string, string> {
  const opened = openPackage(bytes, { entries: 10_000, bytes: 1 << 28 })
  if (opened.kind === 'cannot') throw new Error(opened.reason)
  return new Map(opened.entries.map(entry => [entry.name, entry.read()!.toString()]))
}
