/** PDF: the contract, a test per row of the table, files of real programs. */
import { Buffer } from 'node:buffer'
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { withDocument } from '../../../../core/disarm/pdf/engine.ts'
import { pdfDisarmer } from '../../../../core/disarm/pdf/pdf.ts'
import { disarmerContract } from '../../../contract/disarmer.contract.ts'
import { disarmPdf, flate, onePage, pdfFile, rebuildPdf } from '../../../support/pdf.ts'

const FIXTURES = 'test/fixtures/disarm/pdf'
const fixture = (name: string) => new Uint8Array(readFileSync(join(FIXTURES, name)))

disarmerContract('pdf', { bytes: onePage(), detectedType: 'application/pdf', tooFewBytes: 300, runs: 60 })

async function lookOf(bytes: Uint8Array): Promise<{ pages: { text: string; pixels: Buffer }[] }> {
  const opening = await withDocument(bytes, '', document => ({
    pages: Array.from({ length: document.pages }, (_, page) => {
      const { width, height } = document.pageSize(page)
      const bitmap = document.draw(page, { width: Math.ceil(width), height: Math.ceil(height) })
      return { text: document.text(page, 10_000), pixels: Buffer.from(bitmap!.rgbx) }
    }),
  }))
  if (opening.kind !== 'opened') expect.fail(opening.kind)
  return opening.value
}

describe('files of real programs', () => {
  const readable = globSync(`${FIXTURES}/*.pdf`).filter(path => !basename(path).startsWith('user-')).sort()
  test('are there', () => expect(readable.length).toBeGreaterThan(10))
  test.each(readable)('%s looks and reads the same, and is the same when disarmed again', async path => {
    const bytes = new Uint8Array(readFileSync(path))
    const rebuilt = await rebuildPdf(bytes)
    const [before, after] = [await lookOf(bytes), await lookOf(rebuilt.bytes)]
    expect(after.pages.map(page => page.text)).toEqual(before.pages.map(page => page.text))
    for (const [index, page] of after.pages.entries()) expect(page.pixels.equals(before.pages[index]!.pixels)).toBe(true)
    const again = await rebuildPdf(rebuilt.bytes)
    expect(again.removed).toEqual([])
    expect(Buffer.from(again.bytes).equals(Buffer.from(rebuilt.bytes))).toBe(true)
  })
})

type Row = { readonly object: string; readonly bytes: () => Uint8Array; readonly counts: Readonly<Record<string, number>>; readonly gone?: RegExp; readonly there?: RegExp }

const stream = (dict: string) => flate(dict, 'x')
const annotation = (rest: string, more: Parameters<typeof onePage>[0] = {}) => () => onePage({ page: `/Annots[<</Type/Annot/Rect[0 0 50 50]${rest}>>]`, ...more })
const form = flate('/Type/XObject/Subtype/Form/BBox[0 0 10 10]', '0 0 10 10 re f')

const ROWS: readonly Row[] = [
  { object: 'pages: text, drawings, colours, layers, sizes and rotation', bytes: () => onePage({ page: '/Rotate 90/CropBox[0 0 100 100]' }), counts: {}, there: /\/CropBox \[0 0 100 100\]\/Rotate 90/ },
  { object: 'bookmarks, page labels, links inside the file', bytes: annotation('/Subtype/Link/A<</S/GoTo/D[3 0 R/FitH 50]>>'), counts: {}, there: /\/Dest\[\d+ 0 R\/FitH 50\]/ },
  {
    object: 'bookmarks, page labels, links inside the file',
    bytes: () => onePage({
      catalog: '/Outlines 6 0 R/PageLabels<</Nums[0<</S/r>>]>>/Names<</Dests<</Names[(here)[3 0 R/Fit]]>>>>',
      more: ['<</First 7 0 R/Last 7 0 R>>', '<</Title(One)/Dest(here)/Parent 6 0 R>>'],
    }),
    counts: {},
    there: /\/Title\(One\)[\s\S]*\/Dest\[\d+ 0 R\/Fit\][\s\S]*\/PageLabels<<\/Nums\[0 <<\/S \/r>>\]>>/,
  },
  {
    object: 'structure for reading aloud (tagged PDF)',
    bytes: () => onePage({
      catalog: '/MarkInfo<</Marked true>>/StructTreeRoot 6 0 R', page: '/StructParents 0', content: '/P<</MCID 0>>BDC EMC',
      more: ['<</Type/StructTreeRoot/K 7 0 R/ParentTree<</Nums[0[7 0 R]]>>>>', '<</Type/StructElem/S/P/P 6 0 R/Pg 3 0 R/K 0/Alt(words)>>'],
    }),
    counts: {},
    there: /\/StructElem[\s\S]*\/Alt \(words\)/,
  },
  { object: 'links to web addresses (http, https, mailto, tel)', bytes: annotation('/Subtype/Link/A<</S/URI/URI(https://example.jp/)>>'), counts: {}, there: /\/URI\(https:\/\/example\.jp\/\)/ },
  { object: 'links to other files and other schemes', bytes: annotation('/Subtype/Link/A<</S/GoToR/F(\\\\\\\\host\\\\share\\\\x.pdf)/D[0/Fit]>>'), counts: { externalLinks: 1 }, gone: /GoToR|host/ },
  { object: 'links to other files and other schemes', bytes: annotation('/Subtype/Link/A<</S/URI/URI(javascript:alert(1))>>'), counts: { hyperlinks: 1 }, gone: /javascript/ },
  { object: 'comments and markings', bytes: annotation('/Subtype/Text/Contents(see here)/T(me)'), counts: {}, there: /\(see here\)/ },
  {
    object: 'form fields; where removed, their look is drawn into the page',
    bytes: () => onePage({ catalog: '/AcroForm<</Fields[6 0 R]/CO[6 0 R]>>', page: '/Annots[6 0 R]', more: ['<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V(value)/Rect[0 0 9 9]/AA<</K<</S/JavaScript/JS(x)>>>>>>'] }),
    counts: { actions: 1 },
    gone: /JavaScript|\/AA|\/CO/,
    there: /\/T \(name\)[\s\S]*\/V \(value\)/,
  },
  { object: 'JavaScript and XFA', bytes: () => onePage({ catalog: '/Names<</JavaScript<</Names[(a)<</S/JavaScript/JS(app.alert\\(1\\))>>]>>>>/AcroForm<</Fields[]/XFA(x)>>' }), counts: { scripts: 1 }, gone: /JavaScript|\/JS|XFA|alert/ },
  { object: 'actions on opening, on events, programs to start, data to send', bytes: () => onePage({ catalog: '/OpenAction<</S/Launch/F(cmd.exe)>>/AA<</WC<</S/SubmitForm/F(http://x/)>>>>' }), counts: { actions: 2 }, gone: /Launch|cmd\.exe|SubmitForm|\/AA/ },
  {
    object: 'attached files and portfolios',
    bytes: () => onePage({ catalog: '/Collection<<>>/Names<</EmbeddedFiles<</Names[(a)<</Type/Filespec/F(a.exe)/EF<</F 6 0 R>>>>]>>>>', more: [stream('/Type/EmbeddedFile')] }),
    counts: { embeddedFiles: 1 },
    gone: /Embedded|Filespec|a\.exe|Collection/,
  },
  { object: 'sound, video, 3D, rich media', bytes: annotation('/Subtype/RichMedia/RichMediaContent<<>>'), counts: { media: 1 }, gone: /RichMedia/ },
  {
    object: 'digital signatures; their look is drawn into the page',
    bytes: () => onePage({
      catalog: '/AcroForm<</Fields[6 0 R]/SigFlags 3>>/Perms<</DocMDP 7 0 R>>', page: '/Annots[6 0 R]',
      more: ['<</Type/Annot/Subtype/Widget/FT/Sig/T(s)/V 7 0 R/Rect[100 50 120 70]/AP<</N 8 0 R>>>>', '<</Type/Sig/Filter/Adobe.PPKLite/Contents<00>/ByteRange[0 1 2 3]>>', form],
    }),
    counts: { signatures: 1 },
    gone: /\/Sig|PPKLite|AcroForm|DocMDP/,
    there: /\/Drawn0 \d+ 0 R/,
  },
  { object: 'title, author, keywords, XMP', bytes: () => onePage({ catalog: '/Metadata 6 0 R', more: [stream('/Type/Metadata/Subtype/XML'), '<</Author(Taro)>>'], trailer: '/Info 7 0 R' }), counts: { metadata: 1 }, gone: /Taro|Metadata|Info/ },
  { object: 'private data of programs', bytes: () => onePage({ page: '/PieceInfo<</X<</Private(secret)>>>>' }), counts: { customData: 1 }, gone: /PieceInfo|secret/ },
  { object: 'octets before the header and behind the end', bytes: () => Buffer.concat([Buffer.from('GIF89a junk\n'), onePage(), Buffer.from('PK\x03\x04evil')]), counts: { trailingData: 2 }, gone: /GIF89a|evil/ },
  { object: 'objects and instructions that no standard knows', bytes: () => onePage({ content: '1 2 3 evil BT ET' }), counts: { unknownParts: 1 }, gone: /evil/ },
  { object: 'encryption by an owner password only', bytes: () => fixture('owner-r6.pdf'), counts: { metadata: 1 }, gone: /Encrypt/ },
  { object: 'fonts in the file', bytes: () => fixture('chromium.pdf'), counts: { metadata: 1 }, there: /\/FontFile2/ },
  { object: 'pictures (JPEG as it is without its metadata, JPEG 2000 and JBIG2 from their pixels)', bytes: () => fixture('jbig2.pdf'), counts: {}, gone: /JBIG2/ },
  { object: 'pictures (JPEG as it is without its metadata, JPEG 2000 and JBIG2 from their pixels)', bytes: () => fixture('img2pdf-jpeg2000.pdf'), counts: {}, gone: /JPXDecode/ },
]
const BLOCKED: readonly (readonly [object: string, bytes: () => Uint8Array, reason: string])[] = [
  ['encryption by a password to open', () => fixture('user-r6.pdf'), 'encrypted'],
  ['dynamic XFA forms', () => onePage({ catalog: '/NeedsRendering true/AcroForm<</XFA(x)/Fields[]>>' }), 'unsupported'],
]

describe('what becomes of what', () => {
  test('every row of the table has a case', () => {
    const covered = new Set([...ROWS.map(row => row.object), ...BLOCKED.map(([object]) => object)])
    expect(pdfDisarmer.table.map(row => row.object).filter(object => !covered.has(object))).toEqual([])
  })
  test.each(ROWS)('$object: $counts', async ({ bytes, counts, gone, there }) => {
    const rebuilt = await rebuildPdf(bytes())
    expect(rebuilt.counts).toEqual(counts)
    if (gone) expect(rebuilt.text).not.toMatch(gone)
    if (there) expect(rebuilt.text).toMatch(there)
    expect((await rebuildPdf(rebuilt.bytes)).text).toBe(rebuilt.text)
  })
  test.each(BLOCKED)('%s', async (_object, bytes, reason) => {
    expect(await disarmPdf(bytes())).toEqual({ kind: 'cannot', reason })
  })
})

describe('settings', () => {
  const widget = '<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V(value)/Rect[100 50 120 70]/AP<</N 7 0 R>>>>'
  const formFile = onePage({ catalog: '/AcroForm<</Fields[6 0 R]>>', page: '/Annots[6 0 R]', more: [widget, form] })

  test('forms removed: no field is left, and the page looks the same', async () => {
    const rebuilt = await rebuildPdf(formFile, { rules: { forms: 'remove' } })
    expect(rebuilt.counts).toEqual({ forms: 1 })
    expect(rebuilt.text).not.toMatch(/Widget|AcroForm|\/T \(name\)/)
    expect((await lookOf(rebuilt.bytes)).pages[0]!.pixels.equals((await lookOf(formFile)).pages[0]!.pixels)).toBe(true)
  })
  test.each([
    ['hyperlinks', annotation('/Subtype/Link/A<</S/URI/URI(https://example.jp/)>>'), /example/],
    ['comments', annotation('/Subtype/Highlight/Contents(see here)'), /see here/],
    ['fonts', () => fixture('chromium.pdf'), /FontFile/],
    ['pictures', () => fixture('img2pdf-jpeg.pdf'), /DCTDecode/],
  ] as const)('%s can be removed', async (kind, bytes, gone) => {
    const rebuilt = await rebuildPdf(bytes(), { rules: { [kind]: 'remove' } })
    expect(rebuilt.counts[kind]).toBeGreaterThan(0)
    expect(rebuilt.text).not.toMatch(gone)
  })
  test('metadata can be kept', async () => {
    const rebuilt = await rebuildPdf(onePage({ more: ['<</Author(Taro)/Evil(x)>>'], trailer: '/Info 6 0 R' }), { rules: { metadata: 'keep' } })
    expect(rebuilt.text).toMatch(/\/Author \(Taro\)/)
    expect(rebuilt.text).not.toMatch(/Evil/)
  })
})

describe('damage that readers forgive', () => {
  test.each([
    ['no table of objects', () => Buffer.from(Buffer.from(onePage()).toString('latin1').replace('startxref', 'startxxxx'), 'latin1')],
    ['wrong offsets', () => Buffer.from(Buffer.from(onePage()).toString('latin1').replaceAll(/00000 n/g, '00000 f'), 'latin1')],
    ['an older version in front', () => Buffer.concat([onePage({ content: 'BT /F1 9 Tf (secret) Tj ET' }), onePage()])],
  ])('%s', async (_what, bytes) => {
    const rebuilt = await rebuildPdf(new Uint8Array(bytes()))
    expect((await lookOf(rebuilt.bytes)).pages[0]!.text).toBe('Hello')
    expect(rebuilt.text).not.toMatch(/secret/)
  })
  test('page trees that share their attributes', async () => {
    const bytes = pdfFile([
      '<</Type/Catalog/Pages 2 0 R>>', '<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2/MediaBox[0 0 50 60]/Rotate 90>>', '<</Type/Page/Parent 2 0 R>>',
      '<</Type/Page/Parent 2 0 R/Rotate 0>>',
    ])
    const rebuilt = await rebuildPdf(bytes)
    expect(rebuilt.text.match(/\/Type\/Page\/[^>]*/g)).toEqual([
      expect.stringContaining('/MediaBox [0 0 50 60]/Rotate 90'), expect.stringContaining('/MediaBox [0 0 50 60]/Rotate 0'),
    ])
  })
})
