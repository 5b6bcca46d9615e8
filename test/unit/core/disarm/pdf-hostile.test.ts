/** PDF files that attack: every danger of the list in every place, bombs, cycles, mazes, mutants. */
import { Buffer } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { rebuildContent } from '../../../../core/disarm/pdf/content.ts'
import { remuxJpeg } from '../../../../core/disarm/pdf/jpeg.ts'
import { isHarmless } from '../../../../core/disarm/pdf/rescan.ts'
import { Source } from '../../../../core/disarm/pdf/source.ts'
import { expectLinear } from '../../../support/linear.ts'
import { disarmPdf, flate, onePage, pdfFile, rebuildPdf } from '../../../support/pdf.ts'

const ACTIONS = [
  '/S/JavaScript/JS(app.alert)', '/S/Launch/F(calc.exe)', '/S/Launch/Win<</F(cmd)>>', '/S/GoToR/F(x.pdf)/D[0/Fit]', '/S/GoToE/T<<>>/D(x)', '/S/URI/URI(file:///etc/passwd)',
  '/S/URI/URI(\\\\\\\\host\\\\share)', '/S/URI/URI(vbscript:x)', '/S/SubmitForm/F(http://x/)', '/S/ImportData/F(x.fdf)', '/S/ResetForm', '/S/Named/N/Print', '/S/Hide/T(x)',
  '/S/Sound/Sound 6 0 R', '/S/Movie', '/S/Rendition/JS(x)/OP 0', '/S/SetOCGState/State[/ON 6 0 R]', '/S/Thread/F(x.pdf)', '/S/GoTo3DView', '/S/RichMediaExecute',
  '/S/Trans', '/S/#4a#61vaScript/#4a#53(x)', '/S/GoToDp',
]
const DANGER = /JavaScript|\/JS\b|Launch|GoToR|GoToE|GoToDp|passwd|host|vbscript|SubmitForm|ImportData|ResetForm|Print|Hide|Sound|Movie|Rendition|SetOCG|Thread|3DView|RichMedia|Trans\b|calc|cmd/

type Place = readonly [name: string, build: (action: string) => Uint8Array]
const PLACES: readonly Place[] = [
  ['OpenAction', action => onePage({ catalog: `/OpenAction<<${action}>>`, more: ['<<>>'] })],
  ['AA of the catalog', action => onePage({ catalog: `/AA<</WS<<${action}>>>>`, more: ['<<>>'] })],
  ['AA of a page', action => onePage({ page: `/AA<</O<<${action}>>>>`, more: ['<<>>'] })],
  ['a link', action => onePage({ page: `/Annots[<</Subtype/Link/Rect[0 0 9 9]/A<<${action}>>>>]`, more: ['<<>>'] })],
  ['a link, behind a harmless action', action => onePage({ page: `/Annots[<</Subtype/Link/Rect[0 0 9 9]/A<</S/GoTo/D[3 0 R/Fit]/Next<<${action}>>>>>>]`, more: ['<<>>'] })],
  ['a comment', action => onePage({ page: `/Annots[<</Subtype/Text/Rect[0 0 9 9]/A<<${action}>>/AA<</E<<${action}>>>>>>]`, more: ['<<>>'] })],
  ['a bookmark', action => onePage({ catalog: '/Outlines 7 0 R', more: ['<<>>', '<</First 8 0 R/Last 8 0 R>>', `<</Title(x)/Parent 7 0 R/A<<${action}>>>>`] })],
  [
    'a field',
    action => onePage({ catalog: '/AcroForm<</Fields[7 0 R]>>', page: '/Annots[7 0 R]', more: ['<<>>', `<</Subtype/Widget/FT/Btn/T(b)/Rect[0 0 9 9]/A<<${action}>>/AA<</K<<${action}>>>>>>`] }),
  ],
]

describe('no action crosses', () => {
  test.each(PLACES)('in %s', async (_place, build) => {
    for (const action of ACTIONS) {
      const rebuilt = await rebuildPdf(build(action))
      expect(rebuilt.text.replace(/\/Subtype\/Text/g, ''), action).not.toMatch(DANGER)
      expect(rebuilt.removed.length, action).toBeGreaterThan(0)
    }
  }, 30_000)
})

describe('what hides in plain places does not cross either', () => {
  test.each([
    ['a picture that is a form with an external file', onePage({ page: '/Resources<</XObject<</X 6 0 R>>>>', more: [{ dict: '/Type/XObject/Subtype/Image/Width 1/Height 1/F(//host/x)/FFilter/FlateDecode', data: 'x' }] }), /host|FFilter/],
    ['a reference to a page of another file', onePage({ page: '/Resources<</XObject<</X 6 0 R>>>>', more: [flate('/Subtype/Form/BBox[0 0 1 1]/Ref<</F(x.pdf)/Page 0>>', 'n')] }), /x\.pdf|\/Ref/],
    ['PostScript', onePage({ page: '/Resources<</XObject<</X 6 0 R>>>>', more: [flate('/Type/XObject/Subtype/PS', 'quit')] }), /\/PS/],
    ['a file by its association', onePage({ page: '/AF[<</Type/Filespec/F(a)/EF<</F 6 0 R>>>>]', more: [flate('/Type/EmbeddedFile', 'x')] }), /Filespec|Embedded|\/AF/],
    ['keys in attributes of a structure', onePage({ catalog: '/StructTreeRoot<</Type/StructTreeRoot/K<</S/P/A<</O/X/JS(x)/AA<<>>>>>>>>' }), /\/JS|\/AA/],
    ['a kind of structure element', onePage({ catalog: '/StructTreeRoot<</Type/StructTreeRoot/K<</S/JavaScript>>>>' }), /JavaScript/],
    ['a calculator with words of its own', onePage({ page: '/Resources<</Shading<</S<</ShadingType 2/ColorSpace/DeviceGray/Coords[0 0 1 1]/Function 6 0 R>>>>>>', more: [flate('/FunctionType 4/Domain[0 1]/Range[0 1]', '{ (x) run }')] }), /FunctionType 4/],
    ['a font that is a program', onePage({ more: ['<</Type/FontDescriptor/FontFile2 7 0 R>>', flate('', 'MZ this is no font at all')], page: '/Resources<</Font<</F1<</Type/Font/Subtype/TrueType/FontDescriptor 6 0 R>>>>>>' }), /FontFile/],
    ['a stream with a filter nobody knows', onePage({ more: [{ dict: '/Type/XObject/Subtype/Image/Width 1/Height 1/Filter/Crypt', data: 'x' }], page: '/Resources<</XObject<</X 6 0 R>>>>' }), /Crypt/],
    ['an unused object', onePage({ more: ['<</S/JavaScript/JS(orphan)>>'] }), /orphan/],
  ])('%s', async (_what, bytes, gone) => {
    expect((await rebuildPdf(bytes as Uint8Array)).text).not.toMatch(gone as RegExp)
  })
})

describe('bombs and mazes stop', () => {
  const deep = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth)
  test.each([
    ['a page tree that contains itself', pdfFile(['<</Type/Catalog/Pages 2 0 R>>', '<</Type/Pages/Kids[2 0 R 2 0 R 3 0 R]/Count 3>>', '<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>'])],
    ['arrays in arrays', onePage({ catalog: `/X${deep('[', ']', 100_000)}` })],
    ['dictionaries in dictionaries', onePage({ page: `/Group${deep('<</A', '>>', 50_000)}` })],
    ['references in a ring', onePage({ more: ['7 0 R', '6 0 R'], page: '/Rotate 6 0 R' })],
    ['bookmarks in a ring', onePage({ catalog: '/Outlines 6 0 R', more: ['<</First 7 0 R>>', '<</Title(a)/Next 7 0 R/First 6 0 R>>'] })],
    ['brackets in a content stream', onePage({ content: deep('[', ']', 100_000) })],
    ['fields that are their own parents', onePage({ catalog: '/AcroForm<</Fields[6 0 R]>>', page: '/Annots[6 0 R]', more: ['<</Subtype/Widget/T(a)/Parent 6 0 R/Kids[6 0 R]/Rect[0 0 1 1]>>'] })],
    ['a content stream of 200 MB', onePage({ page: '/Contents 6 0 R', more: [{ dict: '/Filter/FlateDecode', data: deflateSync(Buffer.alloc(200 << 20, 0x20)) }] })],
    ['a picture with too many pixels', onePage({ page: '/Resources<</XObject<</X 6 0 R>>>>', more: [flate('/Subtype/Image/Width 100000/Height 100000/BitsPerComponent 1/ColorSpace/DeviceGray', '')] })],
    ['a table of colours that overflows', onePage({ page: '/Resources<</XObject<</X 6 0 R>>>>', more: [flate('/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8/DecodeParms<</Predictor 15/Colors 1073741838>>', 'xx')] })],
    ['filters upon filters', onePage({ page: '/Contents 6 0 R', more: [{ dict: `/Filter[${'/FlateDecode'.repeat(50)}]`, data: 'x' }] })],
    ['a page as large as a country', onePage({ page: '/MediaBox[0 0 1e30 1e30]' })],
  ])('%s', async (_what, bytes) => {
    const started = process.cpuUsage()
    for (const mode of ['disarm', 'raster'] as const) {
      const result = await disarmPdf(bytes, { mode })
      if (result.kind === 'rebuilt') expect(Buffer.from(result.bytes).equals(Buffer.from(bytes))).toBe(false)
    }
    const { user, system } = process.cpuUsage(started)
    expect((user + system) / 1e6).toBeLessThan(20)
  }, 30_000)

  test('more instructions than a file of its size may have', async () => {
    const bytes = onePage({ page: '/Contents 6 0 R', more: [flate('', '0 0 m 9 9 l S\n'.repeat(600_000))] })
    expect(await disarmPdf(bytes, { limits: { outputBytes: 64 << 20 } })).toEqual({ kind: 'cannot', reason: 'limit' })
  })
  test('a form that draws itself is kept back', async () => {
    const bytes = onePage({ page: '/Resources<</XObject<</X 6 0 R>>>>', more: [flate('/Subtype/Form/BBox[0 0 1 1]/Resources<</XObject<</X 6 0 R>>>>', '/X Do')] })
    expect(await disarmPdf(bytes)).toEqual({ kind: 'cannot', reason: 'malformed' })
  })
  test('more pages than allowed', async () => {
    const kids = Array.from({ length: 30 }, (_, index) => `${index + 3} 0 R`).join(' ')
    const pages = Array.from({ length: 30 }, () => '<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>')
    const bytes = pdfFile(['<</Type/Catalog/Pages 2 0 R>>', `<</Type/Pages/Count 30/Kids[${kids}]>>`, ...pages])
    expect(await disarmPdf(bytes, { limits: { pages: 20 } })).toEqual({ kind: 'cannot', reason: 'limit' })
  })
})

describe('inline pictures', () => {
  const source = new Source(onePage())
  const rebuilt = (text: string) => Buffer.from(rebuildContent(Buffer.from(text, 'latin1'), source, 1 << 20).data).toString('latin1')
  test('one that ends early for some readers is packed in letters', () => {
    const text = rebuilt('q BI /W 4 /H 2 /BPC 8 /CS /G ID ab EI cd EI Q')
    expect(text).toMatch(/^q\nBI \/W 4 \/H 2 \/BPC 8 \/CS \/G \/F\[\/A85\/Fl\] ID [!-u]+~>\nEI\nQ\n$/)
    expect(rebuilt(text)).toBe(text)
  })
  test.each([
    ['JBIG2, which may not stand there', 'BI /W 1 /H 1 /F /JBIG2Decode ID xx EI Q'],
    ['one that never ends', 'BI /W 1 /H 1 ID xxxxx'],
  ])('%s goes', (_what, text) => expect(rebuilt(text)).not.toMatch(/BI|JBIG2/))
})

describe('JPEG', () => {
  const file = readFileSync('test/fixtures/disarm/pdf/img2pdf-jpeg.pdf')
  const jpeg = file.subarray(file.indexOf('\xff\xd8\xff', 0, 'latin1'), file.lastIndexOf('\xff\xd9', file.length, 'latin1') + 2)
  test('keeps its pixels and nothing else', () => {
    const comment = Buffer.from('\xff\xfe\x00\x07<?php', 'latin1')
    const remuxed = remuxJpeg(Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2), Buffer.from('PK\x03\x04')]))
    expect(remuxed).toMatchObject({ width: 64, height: 48 })
    expect(Buffer.from(remuxed!.bytes).includes('php')).toBe(false)
    expect(Buffer.from(remuxed!.bytes).includes('PK\x03')).toBe(false)
    expect(remuxJpeg(remuxed!.bytes)).toEqual(remuxed)
  })
  test.each([
    ['nothing', new Uint8Array(0)],
    ['a start only', Buffer.from('\xff\xd8\xff', 'latin1')],
    ['no frame', Buffer.from('\xff\xd8\xff\xda\x00\x02xx\xff\xd9', 'latin1')],
    ['lossless kinds', Buffer.from(Buffer.from(jpeg).toString('latin1').replace('\xff\xc0', '\xff\xc3'), 'latin1')],
  ])('%s is none', (_what, bytes) => expect(remuxJpeg(bytes)).toBeUndefined())
})

describe('the last look', () => {
  test.each([
    ['a key', ['<</Type/Catalog/AA<<>>>>']],
    ['a key in a nest', ['<</Type/Catalog/X[<</Y<</JS(x)>>>>]>>']],
    ['a key by another spelling', ['<</Type/Catalog/#4aS(x)>>']],
    ['a kind', ['<</Type/Catalog>>', '<</S/Launch>>']],
    ['a file outside', ['<</Type/Catalog>>', { dict: '/F(x)', data: '' }]],
    ['a circle', ['<</Type/Catalog>>', '<</XObject<</A 3 0 R>>>>', '<</XObject<</A 2 0 R>>>>']],
  ] as const)('finds %s', (_what, objects) => expect(isHarmless(pdfFile(objects), objects.length)).toBe(false))
  test('lets names of fonts be what they like', () => {
    expect(isHarmless(pdfFile(['<</Type/Catalog>>', '<</Font<</JS 3 0 R/AA 3 0 R>>>>', '<</Type/Font>>']), 3)).toBe(true)
  })
})

test('content streams cost time in proportion', () => {
  const source = new Source(onePage())
  const make = (size: number) => Buffer.from('1 0 0 1 0 0 cm /F1 12 Tf [(text) -20 (more)] TJ BI /W 1 /H 1 ID xx EI ( [ << \n'.repeat(size))
  expectLinear(make, text => rebuildContent(text, source, 1 << 30), 3000)
})

test('mutants never get through as they came, and never throw', async () => {
  const samples = ['cairo.pdf', 'libreoffice-tagged-form.pdf', 'owner-r6.pdf', 'img2pdf-jpeg.pdf', 'jbig2.pdf'].map(name => readFileSync(`test/fixtures/disarm/pdf/${name}`))
  let seed = 42
  const random = (below: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % below
  for (let round = 0; round < 150; round++) {
    const mutant = Buffer.from(samples[round % samples.length]!)
    for (let flips = 1 + random(20); flips > 0; flips--) mutant[random(mutant.length)] = random(256)
    const cut = random(5) === 0 ? mutant.subarray(0, random(mutant.length)) : mutant
    const result = await disarmPdf(cut)
    if (result.kind === 'rebuilt') expect(Buffer.from(result.bytes).equals(cut)).toBe(false)
  }
}, 60_000)
