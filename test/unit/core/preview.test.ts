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
import { wordsOf } from '../../../core/preview/words.ts'
import { writtenPages } from '../../../core/preview/written-pages.ts'
import { type Look, lockedNamesOf, lookAtFile } from '../../../core/preview.ts'
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
    ['files.zip', zipOf([{ name: 'a/見積.txt', content: 'x' }, { name: 'b.csv', content: 'y' }]), 1, /a\/見積\.txt\nb\.csv/],
  ])('%s', async ([name, bytes, pages, text]) => {
    const drawn = expectLook(await look(bytes, name))
    expect(drawn).toMatchObject({ page: 1, pages })
    expect(drawn.text).toMatch(text)
    const { format, width = 0, height = 0 } = await sharp(drawn.png).metadata()
    expect([format, width > 50, height > 50]).toEqual(['png', true, true])
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
