/** Pictures of pages, previews and passwords. */
import { Buffer } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { withDocument } from '../../../../core/disarm/pdf/engine.ts'
import { faceFor } from '../../../../core/disarm/pdf/fonts.ts'
import { pageCount, pagePng, pageText } from '../../../../core/disarm/pdf/pages.ts'
import { rasterSize } from '../../../../core/disarm/pdf/raster.ts'
import { unlockPdf } from '../../../../core/disarm/pdf/unlock.ts'
import { flate, onePage, pdfFile, rebuildPdf } from '../../../support/pdf.ts'

const fixture = (name: string) => new Uint8Array(readFileSync(`test/fixtures/disarm/pdf/${name}`))
const LIMITS = { outputBytes: 4 << 20, pixels: 10_000_000 }

describe('raster', () => {
  test('gives pages of the same size that hold one picture each and nothing else', async () => {
    const rebuilt = await rebuildPdf(fixture('libreoffice-tagged-form.pdf'), { mode: 'raster' })
    expect(rebuilt.text.match(/\/Type\/Page\//g)).toHaveLength(2)
    expect(rebuilt.text).not.toMatch(/Font|Annot|AcroForm|Outlines|StructTree/)
    const before = await withDocument(fixture('libreoffice-tagged-form.pdf'), '', document => document.pageSize(0))
    const after = await withDocument(rebuilt.bytes, '', document => ({ size: document.pageSize(0), text: document.text(0, 100) }))
    expect(before.kind === 'opened' && after.kind === 'opened' && after.value.size).toEqual(before.kind === 'opened' && before.value)
    expect(after.kind === 'opened' && after.value.text).toBe('')
  })
  test('what it makes is disarmed with nothing left to remove', async () => {
    const rebuilt = await rebuildPdf(fixture('chromium.pdf'), { mode: 'raster' })
    expect((await rebuildPdf(rebuilt.bytes)).removed).toEqual([])
    expect((await rebuildPdf(fixture('chromium.pdf'), { mode: 'raster' })).text).toBe(rebuilt.text)
  })
  test('says that a signature fell off', async () => {
    const signed = onePage({ catalog: '/AcroForm<</Fields[6 0 R]>>', page: '/Annots[6 0 R]', more: ['<</Subtype/Widget/FT/Sig/T(s)/Rect[0 0 9 9]/V<</Type/Sig>>>>'] })
    expect((await rebuildPdf(signed, { mode: 'raster' })).counts).toEqual({ signatures: 1 })
  })
  test('photographs become JPEG, pages of text stay without loss', async () => {
    const noise = Buffer.alloc(300 * 300 * 3)
    for (let at = 0, value = 1; at < noise.length; at++) noise[at] = (value = (value * 48_271) % 0x7fffffff) & 0xff
    const photo = onePage({
      page: '/MediaBox[0 0 300 300]/Resources<</XObject<</X 6 0 R>>>>', content: '300 0 0 300 0 0 cm /X Do',
      more: [flate('/Subtype/Image/Width 300/Height 300/ColorSpace/DeviceRGB/BitsPerComponent 8', noise)],
    })
    expect((await rebuildPdf(photo, { mode: 'raster' })).text).toMatch(/DCTDecode/)
    expect((await rebuildPdf(onePage(), { mode: 'raster' })).text).not.toMatch(/DCTDecode/)
  })
})

describe('sizes of pictures of pages', () => {
  test.each([
    ['A4 at 150 dpi', { width: 595, height: 842 }, 150, { width: 1240, height: 1754 }],
    ['a point', { width: 0.1, height: 0.1 }, 150, { width: 1, height: 1 }],
    ['nothing', { width: 0, height: 10 }, 150, undefined],
  ])('%s', (_what, size, dpi, expected) => expect(rasterSize(size, dpi, LIMITS)).toEqual(expected))
  test('a huge page gets fewer dots', () => {
    const { width, height } = rasterSize({ width: 14_400, height: 14_400 }, 600, LIMITS)!
    expect(width * height).toBeLessThanOrEqual(LIMITS.pixels * 1.001)
    expect(rasterSize({ width: 1e6, height: 10 }, 600, LIMITS)!.width).toBeLessThanOrEqual(20_000)
  })
})

describe('a look at pages', () => {
  test('counts them and reads Japanese, embedded or not', async () => {
    expect(await pageCount(fixture('libreoffice-tagged-form.pdf'))).toBe(2)
    expect(await pageText(fixture('libreoffice-tagged-form.pdf'), 2)).toContain('二ページ目')
    expect(await pageText(fixture('fonts-not-embedded.pdf'), 1)).toContain('無害化 日本語ABC漢字カナ髙')
  })
  test('draws them as PNG, glyphs of fonts that are not embedded included', async () => {
    const picture = await pagePng(fixture('fonts-not-embedded.pdf'), { page: 1, dpi: 72, limits: LIMITS })
    expect(picture?.mediaType).toBe('image/png')
    const png = Buffer.from(picture!.bytes)
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([420, 300])
    // Without the glyphs the page would be white and a few hundred octets.
    expect(png.length).toBeGreaterThan(8_000)
  })
  test.each([0, 3, -1, 1.5, Number.NaN])('page %s is none', async page => {
    expect(await pagePng(fixture('libreoffice-tagged-form.pdf'), { page, dpi: 72, limits: LIMITS })).toBeUndefined()
    expect(await pageText(fixture('libreoffice-tagged-form.pdf'), page)).toBeUndefined()
  })
  test('what is no PDF or is locked gives nothing', async () => {
    expect(await pageCount(Buffer.from('hello'))).toBeUndefined()
    expect(await pageCount(fixture('user-r6.pdf'))).toBeUndefined()
  })
  test.each([
    ['MS-Mincho', 128, 400, 3], ['\x82l\x82r \x83S\x83V\x83b\x83N', 128, 700, 2], ['HeiseiMin-W3', 0, 400, 3], ['Arial', 0, 400, 0], ['AdobeSongStd', 134, 400, 3],
  ])('%s is drawn with face %s', (name, charset, weight, face) => expect(faceFor(weight, charset, name)).toBe(face))
})

describe('passwords', () => {
  test.each(['user-r2.pdf', 'user-r3.pdf', 'user-r4.pdf', 'user-r5.pdf', 'user-r6.pdf'])('%s opens with the right one, and the way goes on', async name => {
    const unlocked = await unlockPdf(fixture(name), ['wrong', 'user'], LIMITS)
    if (unlocked.kind !== 'unlocked') expect.fail(unlocked.kind)
    expect(unlocked.password).toBe(1)
    const rebuilt = await rebuildPdf(unlocked.untrustedBytes)
    expect(await pageText(rebuilt.bytes, 1)).toContain('Apache License')
    expect(rebuilt.text).not.toMatch(/Encrypt/)
  })
  test('the owner password opens, too', async () => {
    expect(await unlockPdf(fixture('user-r6.pdf'), ['owner'], LIMITS)).toMatchObject({ kind: 'unlocked' })
  })
  test('one in Japanese', async () => {
    expect(await unlockPdf(fixture('user-r6-japanese.pdf'), ['パスワード１'], LIMITS)).toMatchObject({ kind: 'unlocked' })
  })
  test('wrong ones, none, and no PDF', async () => {
    expect(await unlockPdf(fixture('user-r6.pdf'), ['a', 'b', ''], LIMITS)).toEqual({ kind: 'wrong-password' })
    expect(await unlockPdf(fixture('user-r6.pdf'), [], LIMITS)).toEqual({ kind: 'wrong-password' })
    expect(await unlockPdf(Buffer.from('hello'), ['a'], LIMITS)).toEqual({ kind: 'cannot', reason: 'malformed' })
    expect(await unlockPdf(pdfFile(['<</Type/Catalog>>']), ['a'], { outputBytes: 1 })).toMatchObject({ kind: 'cannot' })
  })
})
