import { USUAL_FORMS } from '../../../core/file-forms.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import { SHIPPED_PROFILES } from '../../../config/profiles.ts'
import { DISARMERS } from '../../../core/disarm/registry.ts'
import { memberAt } from '../../../core/member-path.ts'
import type { Policy } from '../../../core/policy/model.ts'
import { drawMark } from '../../../core/preview/mark.ts'
import { dxfSketch } from '../../../core/preview/dxf-page.ts'
import { rtfWords } from '../../../core/preview/rtf-words.ts'
import { stepWords } from '../../../core/preview/step-words.ts'
import { wordsOf } from '../../../core/preview/words.ts'
import { writtenPages } from '../../../core/preview/written-pages.ts'
import { lockedNamesOf, lookAtFile } from '../../../core/preview.ts'
import type { Look } from '../../../core/preview-ways.ts'
import { judgeFile, type RebuildContext } from '../../../core/rebuild.ts'
import { unlockerOf } from '../../../core/unlock.ts'
import { zipOf } from '../../support/archives.ts'
import { expectLinear } from '../../support/linear.ts'
import { lockedZip } from '../../support/locked-zip.ts'
import { onePage } from '../../support/pdf.ts'

const FIXTURES = join(import.meta.dirname, '../../fixtures/disarm')
const POLICY: Policy = { profile: 'disarm', version: '1', rows: [...SHIPPED_PROFILES.disarm.first, ...SHIPPED_PROFILES.disarm.rest], objects: {}, files: USUAL_FORMS, links: 'keep', bodyCharset: 'utf-8', extraHeaderFields: [], subjectTag: '' }
const BOUNDS = { outputBytes: 1e8, pixels: 1e8, pages: 100, rasterDpi: 150, entries: 1000, depth: 5, members: 100, memberBytes: 1e8 }
const CONTEXT: RebuildContext = { disarmers: DISARMERS, policy: POLICY, bounds: BOUNDS }

const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))
const pairs = (...values: readonly (string | number)[]) => values.map(value => `${value}\n`).join('')
/** 1階平面図 in CP932, a block with a name in it put twice, an arc, and what is beyond all paper. */
const DRAWING = latin1(
  pairs(0, 'SECTION', 2, 'HEADER', 9, '$DWGCODEPAGE', 3, 'ANSI_932', 0, 'ENDSEC', 0, 'SECTION', 2, 'BLOCKS', 0, 'BLOCK', 2, 'B', 70, 0) +
    pairs(0, 'CIRCLE', 10, 0, 20, 0, 40, 5, 0, 'TEXT', 10, 0, 20, 0, 40, 2, 1, '\x95\xd6\x8f\x8a', 0, 'ENDBLK', 0, 'ENDSEC', 0, 'SECTION', 2, 'ENTITIES') +
    pairs(0, 'TEXT', 10, 0, 20, 90, 40, 5, 1, '1\x8aK\x95\xbd\x96\xca\x90}', 0, 'LINE', 10, 0, 20, 0, 11, 100, 21, 80, 0, 'LINE', 10, '1e30', 20, 0, 11, 0, 21, 0) +
    pairs(0, 'LWPOLYLINE', 90, 3, 70, 1, 10, 0, 20, 0, 10, 100, 20, 0, 10, 100, 20, 80, 0, 'ARC', 10, 50, 20, 40, 40, 10, 50, 270, 51, 90) +
    pairs(0, 'INSERT', 2, 'B', 10, 20, 20, 20, 41, 2, 42, 2, 50, 90, 0, 'ENDSEC', 0, 'EOF'),
)
const stepOf = (data: string) => latin1(`ISO-10303-21;\r\nHEADER;\r\nFILE_DESCRIPTION(('x'),'2;1');\r\nFILE_NAME('a','2026-04-01',('\\X2\\5C717530\\X0\\','\x8d\xb2\x93\xa1'),(''),'CAD','CAD','');\r\nFILE_SCHEMA(('AUTOMOTIVE_DESIGN'));\r\nENDSEC;\r\nDATA;\r\n${data}ENDSEC;\r\nEND-ISO-10303-21;\r\n`)
const STEP = stepOf("#1=CARTESIAN_POINT('',(0.,0.));\r\n#2=CARTESIAN_POINT('',(1.,0.));\r\n")
const SXF = stepOf("/*SXF\r\n#20 = text_string_feature('1','8','1','\x90\x7d\x96\xca','10.5')\r\nSXF*/\r\n")

function file(bytes: Uint8Array | string, name: string) {
  const untrustedBytes = Buffer.from(bytes)
  return { untrustedBytes, untrustedName: name, wholeBytes: untrustedBytes.length }
}

function look(bytes: Uint8Array | string, name: string, { page = 1, mark = 'tanaka', context = CONTEXT } = {}) {
  return lookAtFile(file(bytes, name), { page, mark }, context)
}

const fixture = (path: string) => readFileSync(join(FIXTURES, path))

function expectLook(answer: Awaited<ReturnType<typeof look>>): Look {
  return answer.kind === 'look' ? answer : expect.fail(answer.reason)
}

describe('a page is drawn', () => {
  test.for<[string, Uint8Array | string, number, RegExp]>([
    ['note.pdf', onePage(), 1, /^Hello/],
    ['note.txt', '一行目\n二行目', 1, /一行目\n二行目/],
    ['list.csv', '品名,金額\n机,1000\n', 1, /品名,金額/],
    ['writer.docx', fixture('ooxml/writer.docx'), 1, /対象追加/],
    ['sheet.xlsx', fixture('ooxml/openpyxl.xlsx'), 1, /【Sheet】/],
    ['slides.pptx', fixture('ooxml/impress.pptx'), 1, /日本語タイトル/],
    ['sheet.ods', fixture('odf/sheet.ods'), 1, /見積書.*株式会社/],
    ['page.html', '<p>見出し<script>x()</script></p>', 1, /見出し/],
    ['fax.tif', fixture('image/fax.tif'), 2, /^$/],
    ['photo.tif', fixture('image/photo.tif'), 1, /^$/],
    ['doc.rtf', fixture('rtf/doc.rtf'), 1, /./],
    ['plan.dxf', DRAWING, 1, /^1階平面図\n便所$/],
    ['body.p21', STEP, 1, /作成者: 山田、佐藤.*形式: AUTOMOTIVE_DESIGN.*2 件\nCARTESIAN_POINT: 2/s],
    ['plan.sfc', SXF, 1, /【図面の文字】\n図面/],
    ['files.zip', zipOf([{ name: 'a/見積.txt', content: 'x' }, { name: 'b.csv', content: 'y' }]), 1, /a\/見積\.txt\nb\.csv/],
  ])('%s', async ([name, bytes, pages, text]) => {
    const drawn = expectLook(await look(bytes, name))
    expect(drawn).toMatchObject({ page: 1, pages })
    expect(drawn.text).toMatch(text)
    const { format, width = 0, height = 0 } = await sharp(drawn.png).metadata()
    expect([format, width > 50, height > 50]).toEqual(['png', true, true])
  })

  test.for<[string, Uint8Array, string]>([
    ['note.pdf', onePage(), 'page'],
    ['fax.tif', fixture('image/fax.tif'), 'page'],
    ['writer.docx', fixture('ooxml/writer.docx'), 'words'],
    ['plan.dxf', DRAWING, 'sketch'],
    ['body.p21', STEP, 'summary'],
  ])('%s, and says what is shown', async ([name, bytes, drawn]) => expect(expectLook(await look(bytes, name)).drawn).toBe(drawn))

  test('and of Office files the rebuilt one is handed out to whoever draws it better, for any page', async () => {
    const ask = { page: 7, mark: '', handsOut: 'rebuilt' as const }
    for (const [path, extension] of [['ooxml/writer.docx', 'docx'], ['odf/pres.odp', 'odp'], ['rtf/doc.rtf', 'rtf'], ['legacy/sheet.xls', 'xlsx']] as const) {
      const answer = expectLook(await lookAtFile(file(fixture(path), path), ask, CONTEXT))
      expect([answer.drawn, answer.page, answer.handedOut?.extension]).toEqual(['words', answer.pages, extension])
      expect(Buffer.from(answer.handedOut!.bytes).equals(fixture(path))).toBe(false)
    }
    expect(expectLook(await look(onePage(), 'a.pdf')).handedOut).toBeUndefined()
    expect(expectLook(await look(fixture('ooxml/writer.docx'), 'a.docx')).handedOut).toBeUndefined()
  })

  test('old Word and PowerPoint files only where that is asked for, and nothing else as it came', async () => {
    for (const [path, extension] of [['legacy/doc.doc', 'doc'], ['legacy/pres.ppt', 'ppt']] as const) {
      const handedOut = async (handsOut: 'rebuilt' | 'old-too') => expectLook(await lookAtFile(file(fixture(path), path), { page: 1, mark: '', handsOut }, CONTEXT)).handedOut
      expect(await handedOut('rebuilt')).toBeUndefined()
      expect(await handedOut('old-too')).toEqual({ bytes: fixture(path), extension })
    }
    for (const path of ['legacy/sheet.xls', 'ooxml/writer.docx']) {
      const answer = expectLook(await lookAtFile(file(fixture(path), path), { page: 1, mark: '', handsOut: 'old-too' }, CONTEXT))
      expect(Buffer.from(answer.handedOut!.bytes).equals(fixture(path))).toBe(false)
    }
  })

  test('with the mark in its pixels', async () => {
    const [plain, marked] = [expectLook(await look(onePage(), 'a.pdf', { mark: '' })), expectLook(await look(onePage(), 'a.pdf', { mark: '田中 2026-04-01' }))]
    expect(Buffer.from(plain.png).equals(Buffer.from(marked.png))).toBe(false)
  })

  test('the second of a fax, and none beyond it', async () => {
    expect(expectLook(await look(fixture('image/fax.tif'), 'fax.tif', { page: 2 }))).toMatchObject({ page: 2, pages: 2 })
    expect(await look(fixture('image/fax.tif'), 'fax.tif', { page: 3 })).toEqual({ kind: 'kept', reason: 'no-preview' })
    expect(await look(onePage(), 'a.pdf', { page: 0 })).toEqual({ kind: 'kept', reason: 'no-preview' })
  })

  test('of a locked file with its password, and not without', async () => {
    const locked = fixture('locked/standard.docx')
    expect(await look(locked, 'a.docx')).toEqual({ kind: 'kept', reason: 'encrypted' })
    const wrong = { ...CONTEXT, unlock: unlockerOf(['wrong'], BOUNDS) }
    expect(await look(locked, 'a.docx', { context: wrong })).toEqual({ kind: 'kept', reason: 'wrong-password' })
    const zip = await lockedZip({ '中身.txt': 'x' }, 'pass-1')
    expect(expectLook(await look(zip, 'a.zip', { context: { ...CONTEXT, unlock: unlockerOf(['pass-1'], BOUNDS) } })).text).toBe('中身.txt')
  })

  test('of nothing that is not drawn', async () => {
    for (const [bytes, name] of [[Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01'), Buffer.alloc(300)]), 'a'], ['\0\x01\x02', 'x.bin'], [Buffer.concat([Buffer.from('AC1032'), Buffer.alloc(300)]), 'a.dwg']] as const) expect((await look(bytes, name)).kind).toBe('kept')
  })
})

describe('whatever the octets', () => {
  test('a look ends in an answer', () =>
    fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.constantFrom('a.pdf', 'a.docx', 'a.png', 'a.zip', 'a'), async (bytes, name) => void (await look(bytes, name))), { numRuns: 40 }))

  test('so does one at a damaged file', () => {
    const samples = [onePage(), new Uint8Array(fixture('ooxml/writer.docx')), new Uint8Array(fixture('image/photo.tif'))]
    return fc.assert(
      fc.asyncProperty(fc.constantFrom(...samples), fc.nat(), fc.nat(255), async (sample, at, octet) => {
        const damaged = sample.slice()
        damaged[at % damaged.length] = octet
        await look(damaged, 'x')
      }),
      { numRuns: 25 },
    )
  })

  test('words of a mark are drawn or the picture is not shown', async () => {
    const picture = () => ({ width: 60, height: 60, rgbx: new Uint8Array(60 * 60 * 4).fill(255) })
    for (const mark of ['\u0000\u0001', '😀'.repeat(100), '<>()\\/%', 'ｶﾅ']) expect(await drawMark(picture(), mark)).toBe(true)
  })
})

describe('words on pages', () => {
  test('wrap where a line is full, wide characters counting double', () => {
    const pages = writtenPages('あ'.repeat(60), 10)
    expect(pages.page(1)?.text.split('\n').map(line => line.length)).toEqual([49, 11])
  })
  test('begin a page at each form feed, and stop at the limit', () => {
    expect(writtenPages('a\fb\fc\f', 10).count).toBe(3)
    expect(writtenPages('\f'.repeat(500), 7).count).toBeLessThanOrEqual(7)
    expect(writtenPages('x\n'.repeat(1000), 5).count).toBe(5)
  })
  test('take time that grows with the text', () => expectLinear(size => 'あa\t'.repeat(size), text => writtenPages(text, 1e9), 20_000))
  test('of RTF are its text: code pages of fonts, Unicode with what stands for it, no tables of fonts, no hidden destinations', () => {
    const rtf = String.raw`{\rtf1\ansi\ansicpg932\deff0{\fonttbl{\f0\fcharset0 Times;}{\f1\fcharset128 Mincho;}}{\info{\author X}}{\*\generator Y;}\f1 \'93\'fa\u26412 ?{\uc0\u-30050}\par a\tab b\cell c\cell\row{\footer z}\page\{end\}}`
    expect(rtfWords(latin1(rtf), 1000)).toBe('日本語\na b | c\n\f{end}')
  })
  test('of RTF, STEP and DXF take time that grows with the file', () => {
    expectLinear(size => latin1("{\\rtf1 \\'93\\'fa{\\b x}".repeat(size)), bytes => rtfWords(bytes, 1e7), 5_000)
    expectLinear(size => stepOf("#1=A('x');".repeat(size)), stepWords, 10_000)
    expectLinear(size => latin1(pairs(0, 'SECTION', 2, 'ENTITIES') + pairs(0, 'LINE', 10, 1, 20, 2, 11, 3, 21, 4).repeat(size)), dxfSketch, 5_000)
  })
  test('blocks in blocks in blocks end', () => {
    const block = (name: string, inner: string) => pairs(0, 'BLOCK', 2, name) + pairs(0, 'INSERT', 2, inner, 10, 1, 20, 1).repeat(300) + pairs(0, 'ENDBLK')
    const bomb = latin1(pairs(0, 'SECTION', 2, 'BLOCKS') + block('a', 'b') + block('b', 'c') + block('c', 'a') + pairs(0, 'ENDSEC', 0, 'SECTION', 2, 'ENTITIES', 0, 'INSERT', 2, 'a', 0, 'ENDSEC'))
    expect(dxfSketch(bomb)).toBeUndefined()
  })
  test('of what is no document are none', () => expect(wordsOf(Buffer.from('x'), 'image/x-icon', BOUNDS)).toBeUndefined())
})

describe('a file inside a file', () => {
  let inner: string
  let zip: Uint8Array
  beforeAll(async () => {
    zip = zipOf([{ name: 'dir/x.zip', content: zipOf([{ name: 'deep.txt', content: 'found' }]) }, { name: 'other.txt', content: 'o' }])
    const { report } = await judgeFile(file(zip, 'a.zip'), CONTEXT)
    inner = JSON.stringify([report.members[0]!.sha256, report.members[0]!.members[0]!.sha256])
  })

  test('is found by the digests of the report', async () => {
    const found = await memberAt(file(zip, 'a.zip'), JSON.parse(inner) as string[], CONTEXT)
    expect([Buffer.from(found!.untrustedBytes).toString(), found!.untrustedName]).toEqual(['found', 'deep.txt'])
  })

  test('is not found by others, or deeper than the bounds', async () => {
    expect(await memberAt(file(zip, 'a.zip'), ['00'], CONTEXT)).toBeUndefined()
    expect(await memberAt(file('no archive', 'a'), ['00'], CONTEXT)).toBeUndefined()
    expect(await memberAt(file(zip, 'a.zip'), [], CONTEXT)).toMatchObject({ untrustedName: 'a.zip' })
  })
})

test('names in a locked archive are made harmless', async () => {
  const zip = await lockedZip({ 'a\u202egpj.exe': 'x', '予算.xlsx': 'y' }, 'p')
  const names = await lockedNamesOf(file(zip, 'a.zip'), CONTEXT)
  expect(names[1]).toBe('予算.xlsx')
  expect(names[0]).not.toContain('\u202e')
  expect(await lockedNamesOf(file('x', 'a.zip'), CONTEXT)).toEqual([])
})
