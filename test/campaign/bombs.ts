/**
 * What small or crafted files cost: `node test/campaign/bombs.ts [NAME]`.
 *
 * Each is rebuilt, or refused, in a process of its own under the limits that ship, after a warm-up as in a process that has
 * seen files before. Printed are the processor's time, the least of three runs (compilers and collectors of the runtime, and other work on
 * the same core, only add to it), and the peak of resident memory above that before. Aim: a second and 256 MiB. The inputs are made here; nothing is compared with their result, tests do that.
 */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { deflateSync, gzipSync } from 'node:zlib'
import sharp from 'sharp'
import { DISARMERS } from '../../core/disarm/registry.ts'
import { writeZip } from '../../core/disarm/zip-write.ts'
import { rebuildFile } from '../../core/rebuild.ts'
import { zipOf } from '../support/archives.ts'
import { TEST_BOUNDS } from '../support/disarm.ts'
import { testPolicy } from '../support/job.ts'
import { DOCX, docx, PPTX, pptx, XLSX, xlsx } from '../support/ooxml.ts'
import { flate, onePage, pdfFile } from '../support/pdf.ts'
import { samplesOf } from './samples.ts'

type Bomb = { readonly type: string; readonly make: () => Uint8Array | Promise<Uint8Array> }

/** As in config/sanitizer.ts. */
const SHIPPED = { ...TEST_BOUNDS, outputBytes: 32 << 20, pixels: 100_000_000, pages: 2000, entries: 10_000, members: 2000, memberBytes: 256 << 20, rasterDpi: 150 }
const ROUNDS = 3
const ODT = 'application/vnd.oasis.opendocument.text'
const ODS = 'application/vnd.oasis.opendocument.spreadsheet'
/** Elements; what they unpack to stays below what a package of their size may hold. */
const MANY = 2_000_000
/** Octets that do not pack make a package look honest. */
const PADDING = { 'x/padding.bin': randomBytes(100_000) }
const octets = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))

async function odf(type: string, body: string): Promise<Uint8Array> {
  const kind = type.split('.').at(-1)
  const content = `<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" office:version="1.3"><office:body><office:${kind}>${body}</office:${kind}></office:body></office:document-content>`
  const manifest = `<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry manifest:full-path="/" manifest:media-type="${type}"/><manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>`
  return new Uint8Array(writeZip([{ name: 'mimetype', bytes: Buffer.from(type), stored: true }, { name: 'META-INF/manifest.xml', bytes: Buffer.from(manifest) }, { name: 'content.xml', bytes: Buffer.from(content) }, { name: 'x/padding.bin', bytes: PADDING['x/padding.bin'] }], 1 << 30)!)
}

function png(width: number, height: number, channels: 1 | 3): Promise<Uint8Array> {
  return sharp({ create: { width, height, channels: 3, background: 'white' }, limitInputPixels: false }).toColourspace(channels === 1 ? 'b-w' : 'srgb').png({ compressionLevel: 9 }).toBuffer()
}

const BOMBS: Readonly<Record<string, Bomb>> = {
  'docx: empty paragraphs': { type: DOCX, make: () => docx('<w:p/>'.repeat(MANY), [], PADDING) },
  'docx: runs with properties': { type: DOCX, make: () => docx('<w:p><w:r><w:rPr><w:b/><w:i/></w:rPr><w:t>a</w:t></w:r></w:p>'.repeat(MANY / 6), [], PADDING) },
  'docx: one long text': { type: DOCX, make: () => docx(`<w:p><w:r><w:t>${'a'.repeat(20 << 20)}</w:t></w:r></w:p>`, [], PADDING) },
  'docx: attributes': { type: DOCX, make: () => docx('<w:p><w:pPr><w:ind w:left="1" w:right="2" w:firstLine="3" w:hanging="4"/></w:pPr></w:p>'.repeat(MANY / 12), [], PADDING) },
  'docx: fields': { type: DOCX, make: () => docx('<w:p><w:fldSimple w:instr="DDE x"><w:r/></w:fldSimple></w:p>'.repeat(MANY / 8), [], PADDING) },
  'docx: elements nobody knows': { type: DOCX, make: () => docx('<w:x/>'.repeat(MANY), [], PADDING) },
  'docx: namespaces': { type: DOCX, make: () => docx(Array.from({ length: 200_000 }, (_, i) => `<w:p xmlns:a${i}="urn:${i}"/>`).join(''), [], PADDING) },
  'docx: entities': { type: DOCX, make: () => docx(`<w:p><w:r><w:t>${'&amp;'.repeat(MANY)}</w:t></w:r></w:p>`, [], PADDING) },
  'docx: nested elements': { type: DOCX, make: () => docx(`${'<w:sdt><w:sdtContent>'.repeat(110)}<w:p/>${'</w:sdtContent></w:sdt>'.repeat(110)}`.repeat(4000), [], PADDING) },
  'xlsx: cells': { type: XLSX, make: () => xlsx(`<sheetData><row r="1">${'<c r="A1"><v>1</v></c>'.repeat(MANY / 4)}</row></sheetData>`, { parts: PADDING }) },
  'xlsx: empty cells': { type: XLSX, make: () => xlsx(`<sheetData><row r="1">${'<c/>'.repeat(MANY)}</row></sheetData>`, { parts: PADDING }) },
  'xlsx: formulas': { type: XLSX, make: () => xlsx(`<sheetData><row r="1">${'<c r="A1"><f>SUM(A1:B2)+1</f><v>1</v></c>'.repeat(MANY / 6)}</row></sheetData>`, { parts: PADDING }) },
  'pptx: shapes': { type: PPTX, make: () => pptx('<p:sp><p:nvSpPr><p:cNvPr id="1" name="a"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/></p:sp>'.repeat(MANY / 12), [], PADDING) },
  'odt: empty paragraphs': { type: ODT, make: () => odf(ODT, '<text:p/>'.repeat(MANY)) },
  'odt: spans': { type: ODT, make: () => odf(ODT, '<text:p><text:span text:style-name="a">x</text:span></text:p>'.repeat(MANY / 4)) },
  'ods: cells': { type: ODS, make: () => odf(ODS, `<table:table table:name="a"><table:table-row>${'<table:table-cell/>'.repeat(MANY / 2)}</table:table-row></table:table>`) },
  'rtf: groups': { type: 'application/rtf', make: () => octets(`{\\rtf1 ${'{}'.repeat(4 << 20)}}`) },
  'rtf: control words': { type: 'application/rtf', make: () => octets(`{\\rtf1 ${'\\b'.repeat(4 << 20)}}`) },
  'rtf: hex': { type: 'application/rtf', make: () => octets(`{\\rtf1 ${"\\'82\\'a0".repeat(1 << 20)}}`) },
  'rtf: fields': { type: 'application/rtf', make: () => octets(`{\\rtf1 ${'{\\field{\\*\\fldinst DDE}{\\fldrslt x}}'.repeat(220_000)}}`) },
  'step: records': { type: 'application/p21', make: () => octets(`ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION((''),'');\nFILE_NAME('','',(''),(''),'','','');\nFILE_SCHEMA(('A'));\nENDSEC;\nDATA;\n${'#1=A(#2,1.,$,*);\n'.repeat(480_000)}ENDSEC;\nEND-ISO-10303-21;\n`) },
  'dxf: pairs': { type: 'image/vnd.dxf', make: () => octets(`0\nSECTION\n2\nENTITIES\n${'0\nPOINT\n8\n0\n10\n0.0\n20\n0.0\n'.repeat(300_000)}0\nENDSEC\n0\nEOF\n`) },
  'png: 100 million pixels': { type: 'image/png', make: () => png(10_000, 10_000, 3) },
  'png: 100 million grey pixels': { type: 'image/png', make: () => png(10_000, 10_000, 1) },
  'jpeg: 100 million pixels': { type: 'image/jpeg', make: () => sharp({ create: { width: 10_000, height: 10_000, channels: 3, background: 'white' } }).jpeg().toBuffer() },
  'webp: 100 million pixels': { type: 'image/webp', make: () => sharp({ create: { width: 10_000, height: 10_000, channels: 3, background: 'white' } }).webp({ lossless: true, effort: 0 }).toBuffer() },
  'tiff: 100 million pixels': { type: 'image/tiff', make: () => sharp({ create: { width: 10_000, height: 10_000, channels: 3, background: 'white' } }).tiff({ compression: 'deflate' }).toBuffer() },
  'png: 33 million pixels': { type: 'image/png', make: () => png(5700, 5700, 3) },
  'webp: 33 million pixels': { type: 'image/webp', make: () => sharp({ create: { width: 5700, height: 5700, channels: 3, background: 'white' } }).webp({ lossless: true, effort: 0 }).toBuffer() },
  'gif: 1,000 frames': { type: 'image/gif', make: () => sharp(Buffer.alloc(300 * 300 * 1000).map((_, at) => (at % 90_000 === 0 ? at / 90_000 : 0)), { raw: { width: 300, height: 300 * 1000, channels: 1, pageHeight: 300 } }).gif({ effort: 1 }).toBuffer() },
  'svg: paths': { type: 'image/svg+xml', make: () => octets(`<svg xmlns="http://www.w3.org/2000/svg" width="1000" height="1000">${'<path d="M0 0L999 999" stroke="red"/>'.repeat(200_000)}</svg>`) },
  'pdf: a stream of zeros': { type: 'application/pdf', make: () => onePage({ page: '/Resources<</XObject<</X 6 0 R>>>>', more: [{ dict: '/Type/XObject/Subtype/Image/Width 20000/Height 20000/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/FlateDecode', data: deflateSync(Buffer.alloc(400_000_000 >> 3)) }] }) },
  'pdf: instructions': { type: 'application/pdf', make: () => pdfFile(['<</Type/Catalog/Pages 2 0 R>>', '<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 200 100]>>', '<</Type/Page/Parent 2 0 R/Contents 4 0 R>>', flate('', '0 0 m 9 9 l S\n'.repeat(2_000_000))]) },
  'pdf: 100,000 objects': { type: 'application/pdf', make: () => onePage({ more: Array.from({ length: 100_000 }, (_, i) => `<</A ${i + 7} 0 R>>`) }) },
  'json: lists': { type: 'application/json', make: () => octets(`[${'[],'.repeat(3_000_000)}[]]`) },
  'xml: elements': { type: 'application/xml', make: () => octets(`<a>${'<b/>'.repeat(2_000_000)}</a>`) },
  'html: elements': { type: 'text/html', make: () => octets(`<html>${'<b>'.repeat(1_600_000)}`) },
  'text: 8 MB of controls': { type: 'text/plain', make: () => octets(`${'a'.repeat(1 << 20)}${'\u00e3\u0081\u0082'.repeat(2 << 20)}`) },
  'csv: cells': { type: 'text/csv', make: () => octets('=1,'.repeat(2_700_000)) },
  'ics: lines': { type: 'text/calendar', make: () => octets(`BEGIN:VCALENDAR\r\n${'BEGIN:VEVENT\r\nSUMMARY:a\r\nEND:VEVENT\r\n'.repeat(220_000)}END:VCALENDAR`) },
  'vcf: lines': { type: 'text/vcard', make: () => octets('BEGIN:VCARD\r\nFN:a\r\nEND:VCARD\r\n'.repeat(260_000)) },
  'zip: one large member': { type: 'application/zip', make: () => zipOf([{ name: 'a.txt', content: 'a'.repeat(200 << 20) }]) },
  'zip: two thousand members': { type: 'application/zip', make: () => zipOf(Array.from({ length: 1_999 }, (_, i) => ({ name: `${i}.txt`, content: 'a' }))) },
  'zip: ten thousand members': { type: 'application/zip', make: () => zipOf(Array.from({ length: 9_999 }, (_, i) => ({ name: `${i}.txt`, content: 'a' }))) },
  'zip: of a docx bomb': { type: 'application/zip', make: () => zipOf([{ name: 'a.docx', content: docx('<w:p/>'.repeat(MANY), [], PADDING) }]) },
  'gz: zeros': { type: 'application/gzip', make: () => gzipSync(Buffer.alloc(500 << 20)) },
  'eml: parts': { type: 'message/rfc822', make: () => octets(`From: a@example.com\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\na\r\n'.repeat(200_000)}--b--\r\n`) },
}

const [name] = process.argv.slice(2)
if (name !== undefined && BOMBS[name]) await measure(name, BOMBS[name])
else for (const each of Object.keys(BOMBS)) if (name === undefined || each.startsWith(name)) spawnSync(process.execPath, ['--no-warnings', import.meta.filename, each], { stdio: 'inherit' })

async function measure(what: string, { type, make }: Bomb): Promise<void> {
  const untrustedBytes = new Uint8Array(await make())
  await DISARMERS.get(type)!.load()
  for (const sample of await samplesOf(type)) await run(sample, type)
  globalThis.gc?.()
  const before = process.resourceUsage().maxRSS
  let [outcome, cpuMs, peakMiB] = ['', Number.POSITIVE_INFINITY, 0]
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.cpuUsage()
    outcome = await run(untrustedBytes, type)
    const { user, system } = process.cpuUsage(start)
    cpuMs = Math.min(cpuMs, Math.round((user + system) / 1000))
    // A peak that was reached while the input was made hides a lower one; what the first run left lying is not the second's.
    if (round === 0) peakMiB = Math.round((process.resourceUsage().maxRSS - before) / 1024)
  }
  console.log(JSON.stringify({ bomb: what, bytes: untrustedBytes.length, outcome, cpuMs, moreMiB: peakMiB, isOver: cpuMs > 1000 }))
}

async function run(untrustedBytes: Uint8Array, detectedType: string): Promise<string> {
  const task = { untrustedBytes, untrustedName: '', detectedType, declaredCharset: undefined, mode: 'disarm' } as const
  const result = await rebuildFile(task, { disarmers: DISARMERS, policy: testPolicy(), bounds: SHIPPED })
  return result.kind === 'kept' ? result.reason : 'rebuilt'
}
