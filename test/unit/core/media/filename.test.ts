import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lastExtension, nameFindings, safeFileName, uniqueNames } from '../../../../core/media/filename.ts'
import { expectLinear } from '../../../support/linear.ts'

const safe = (name: string) => safeFileName(name, { fallback: 'attachment.bin' }).name

describe('safeFileName', () => {
  test.each([
    '見積書（第２版）.xlsx',
    'R8.4.1 議事録 - 写し.docx',
    'a b  c.tar.gz',
    '〔至急〕①㈱髙橋～＼／.pdf',
    '葛\u{e0100}城市.pdf',
    '~$draft.docx',
    'company.txt',
    'con sole.txt',
  ])('%j survives exactly', name => expect(safeFileName(name, { fallback: 'x' })).toEqual({ name, findings: [] }))

  test('a name that a Mac took apart is put together, and that is no finding', () => {
    expect(safeFileName('ガ.txt'.normalize('NFD'), { fallback: 'x' })).toEqual({ name: 'ガ.txt', findings: [] })
  })

  test.each([
    ['controls', 'a\0b\nc.txt', 'ab c.txt'],
    ['a direction override', 'invoice\u202efdp.exe', 'invoicefdp.exe'],
    ['a Windows path', 'C:\\Users\\sato\\見積.xlsx', '見積.xlsx'],
    ['a network path', '\\\\server\\share\\a.txt', 'a.txt'],
    ['a Unix path', '/etc/passwd', 'passwd'],
    ['a way up', '../../etc/passwd', '_.._etc_passwd'],
    ['a date with slashes', 'R8/4/1 議事録.docx', 'R8_4_1 議事録.docx'],
    ['a yen sign, which is a backslash in CP932', '..¥..¥a.txt', '￥..￥a.txt'],
    ['look-alikes of the slash', 'a\u2044b\u2215c.txt', 'a_b_c.txt'],
    ['characters that Windows reserves', 'a<b>:"c"|d?*.txt', 'a_b___c__d__.txt'],
    ['a device', 'CON', '_CON'],
    ['a device with an extension', 'nul.txt', '_nul.txt'],
    ['a device with a space', 'aux .h', '_aux .h'],
    ['a superscript device', 'COM¹.log', '_COM¹.log'],
    ['trailing dots and spaces', 'a.exe. . .', 'a.exe'],
    ['leading dots', '..htaccess', 'htaccess'],
    ['nothing but dots', '...', 'attachment.bin'],
    ['nothing', '', 'attachment.bin'],
  ])('%s', (_, name, expected) => {
    const result = safeFileName(name, { fallback: 'attachment.bin' })
    expect(result.name).toBe(expected)
    expect(result.findings.map(each => each.code)).toEqual(['name.altered'])
  })

  test('a long name keeps its extension and whole characters', () => {
    const name = safe(`${'あ'.repeat(300)}.xlsx`)
    expect(name).toBe(`${'あ'.repeat(65)}.xlsx`)
    expect(Buffer.byteLength(safe(`a.${'x'.repeat(5000)}`))).toBeLessThanOrEqual(200)
  })

  const hostile = fc
    .array(
      fc.oneof(
        fc.constantFrom('.', ' ', '/', '\\', '¥', '\u202e', '\0', 'con', 'あ', '\u0301', '😀', '\ufe0f', '\u3000', ':'),
        fc.string({ unit: 'binary' }),
      ),
      { maxLength: 30 },
    )
    .map(pieces => pieces.join(''))
  test('whatever comes, the name can be saved, and is safe already', () => {
    fc.assert(
      fc.property(hostile, name => {
        const result = safe(name)
        expect(result).toMatch(/^[^\x00-\x1f\x7f-\x9f<>:"/\\|?*\u202a-\u202e\u2066-\u2069\u00a5]+$/u)
        expect(result).not.toMatch(/^[. ]|[. ]$|^(?:con|nul)(?:\.|$)/i)
        expect(Buffer.byteLength(result)).toBeLessThanOrEqual(200)
        expect(safeFileName(result, { fallback: 'x' })).toEqual({ name: result, findings: [] })
      }),
      { numRuns: 2000 },
    )
  })
})

describe('lastExtension', () => {
  test.each([
    ['見積.XLSX', 'xlsx'],
    ['a.tar.gz', 'gz'],
    ['a.exe. . ', 'exe'],
    ['a.exe\0', 'exe'],
    ['a.pdf\u202eexe', 'pdfexe'],
    ['invoice\u202efdp.exe', 'exe'],
    ['a.exe\u200b', 'exe'],
    ['a.exe::$DATA', 'exe'],
    ['a.exe"', 'exe'],
    ['C:\\dir.d\\file', ''],
    ['dir.d/file', ''],
    ['README', ''],
    ['.', ''],
    ['', ''],
    ['.htaccess', ''],
  ])('%j → %j', (name, expected) => expect(lastExtension(name)).toBe(expected))
})

describe('uniqueNames', () => {
  test.each([
    [
      ['a.txt', 'b.txt'],
      ['a.txt', 'b.txt'],
    ],
    [
      ['a.txt', 'a.txt', 'A.TXT'],
      ['a.txt', 'a (2).txt', 'A (3).TXT'],
    ],
    [
      ['a.txt', 'a (2).txt', 'a.txt'],
      ['a.txt', 'a (2).txt', 'a (3).txt'],
    ],
    [
      ['が', 'が'.normalize('NFD')],
      ['が', 'が (2)'.normalize('NFD')],
    ],
    [
      ['x', 'x'],
      ['x', 'x (2)'],
    ],
  ])('%j', (names, expected) =>
    expect(uniqueNames(names).map(each => each.normalize('NFC'))).toEqual(expected.map(each => each.normalize('NFC'))),
  )

  test('no two are equal, and none is too long', () => {
    const name = fc.constantFrom('a', 'A', 'a (2)', 'a.txt', 'a (2).txt', `${'あ'.repeat(65)}.xlsx`, '.x')
    fc.assert(
      fc.property(fc.array(name, { maxLength: 30 }), names => {
        const unique = uniqueNames(names)
        expect(new Set(unique.map(each => each.toLowerCase())).size).toBe(names.length)
        expect(unique.every(each => Buffer.byteLength(each) <= 200)).toBe(true)
      }),
    )
  })
  test('a thousand equal names are numbered in linear time', () => {
    expectLinear(size => Array.from({ length: size }, () => 'a.txt'), uniqueNames, 20_000)
  })
})

describe('nameFindings', () => {
  test.each([
    ['an honest name', '見積.xlsx', '', []],
    ['an honest archive', 'src.tar.gz', 'src.tar.gz', []],
    ['dates with dots', 'R8.4.1.pdf', '', []],
    ['a program behind a document', 'invoice.pdf.exe', '', ['name.double-extension']],
    ['the same behind spaces', 'invoice.pdf          .exe', '', ['name.spaces', 'name.double-extension']],
    ['the same with trailing dots', 'invoice.pdf.scr. .', '', ['name.double-extension']],
    ['a direction override', 'invoice\u202efdp.exe', '', ['name.bidi']],
    ['a long name', `${'a'.repeat(200)}.txt`, '', ['name.long']],
    ['two names', 'a.txt', 'a.exe', ['name.conflict']],
    ['one name in two compositions', 'が.txt', 'が.txt'.normalize('NFD'), []],
    ['the trick in the other name only', 'a.pdf.js', 'a.pdf', ['name.double-extension', 'name.conflict']],
  ])('%s', (_, contentType, disposition, codes) => {
    expect(nameFindings(contentType, disposition).map(each => each.code)).toEqual(codes)
  })
  test('never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string(), (a, b) => void nameFindings(a, b)))
  })
  test.each([
    ['spaces', ' '],
    ['dots', '.'],
    ['overrides', '\u202e'],
    ['quotes', '"'],
  ])('linear in %s', (_, unit) => {
    expectLinear(
      size => `a${unit.repeat(size)}.exe`,
      name => [nameFindings(name, ''), safe(name), lastExtension(name)],
      50_000,
    )
  })
})
