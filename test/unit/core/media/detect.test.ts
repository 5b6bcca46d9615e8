import { Buffer } from 'node:buffer'
import { crc32, deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { detect, type Detected } from '../../../../core/media/detect.ts'

type Label = { name?: string; claimedType?: string; size?: number; tail?: Uint8Array }

async function detected(bytes: Uint8Array | string, { name = '', claimedType = 'application/octet-stream', size, tail }: Label = {}): Promise<Detected> {
  const octets = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
  return detect(octets, { size: size ?? octets.length, name, claimedType, ...(tail && { tail }) })
}
const typeOf = async (bytes: Uint8Array | string, label?: Label): Promise<string> => (await detected(bytes, label)).type

type Entry = { name: string; content?: string; flags?: number; stored?: boolean }

/** A ZIP file with a central directory. */
function zip(entries: readonly Entry[], comment = ''): Buffer {
  const locals: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, content = '', flags = 0, stored = false } of entries) {
    const raw = Buffer.from(content)
    const packed = stored ? raw : deflateRawSync(raw)
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt16LE(flags, 2)
    fields.writeUInt16LE(stored ? 0 : 8, 4)
    fields.writeUInt32LE(crc32(raw), 10)
    fields.writeUInt32LE(packed.length, 14)
    fields.writeUInt32LE(raw.length, 18)
    fields.writeUInt16LE(Buffer.byteLength(name), 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, Buffer.from(name), packed])
    const more = Buffer.alloc(14)
    more.writeUInt32LE(offset, 10)
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), fields, more, Buffer.from(name)]))
    locals.push(local)
    offset += local.length
  }
  const listed = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(listed.length, 12)
  end.writeUInt32LE(offset, 16)
  end.writeUInt16LE(comment.length, 20)
  return Buffer.concat([...locals, listed, end, Buffer.from(comment)])
}

const contentTypes = (main: string): Entry => ({ name: '[Content_Types].xml', content: `<Types><Override ContentType="application/${main}+xml"/></Types>` })

/** An OLE2 file whose root holds the named streams, one below the other. */
function ole(names: readonly string[], options: { nested?: string; rootClass?: string } = {}): Buffer {
  const file = Buffer.alloc(512 * 10)
  Buffer.from('d0cf11e0a1b11ae1', 'hex').copy(file)
  file.writeUInt16LE(9, 30)
  file.writeUInt32LE(1, 48)
  file.writeUInt32LE(0, 76)
  file.fill(0xff, 512, 1024)
  for (let sector = 1; sector < 4; sector++) file.writeUInt32LE(sector === 3 ? 0xfffffffe : sector + 1, 512 + sector * 4)
  const entry = (index: number, name: string, links: { right?: number; child?: number }): void => {
    const at = 1024 + index * 128
    file.write(name, at, 'utf16le')
    file.writeUInt16LE(name.length * 2 + 2, at + 64)
    file.writeUInt32LE(0xffffffff, at + 68)
    file.writeUInt32LE(links.right ?? 0xffffffff, at + 72)
    file.writeUInt32LE(links.child ?? 0xffffffff, at + 76)
    file.writeUInt32LE(5, at + 116)
  }
  entry(0, 'Root Entry', { child: 1 })
  if (options.rootClass) Buffer.from(options.rootClass, 'hex').copy(file, 1024 + 80)
  for (const [i, name] of names.entries()) entry(i + 1, name, i + 1 < names.length ? { right: i + 2 } : options.nested ? { child: i + 2 } : {})
  if (options.nested) entry(names.length + 1, options.nested, {})
  return file
}

describe('ZIP based documents', () => {
  const OOXML = 'application/vnd.openxmlformats-officedocument.'
  test.each([
    ['docx', [contentTypes('vnd.openxmlformats-officedocument.wordprocessingml.document.main'), { name: 'word/document.xml' }], `${OOXML}wordprocessingml.document`],
    ['xlsx', [contentTypes('vnd.openxmlformats-officedocument.spreadsheetml.sheet.main'), { name: 'xl/workbook.xml' }], `${OOXML}spreadsheetml.sheet`],
    ['pptx', [contentTypes('vnd.openxmlformats-officedocument.presentationml.presentation.main'), { name: 'ppt/x.xml' }], `${OOXML}presentationml.presentation`],
    ['dotx', [contentTypes('vnd.openxmlformats-officedocument.wordprocessingml.template.main'), { name: 'word/x.xml' }], `${OOXML}wordprocessingml.template`],
    ['docm', [contentTypes('vnd.ms-word.document.macroEnabled.main'), { name: 'word/document.xml' }], 'application/vnd.ms-word.document.macroenabled.12'],
    ['xlsm', [contentTypes('vnd.openxmlformats-officedocument.spreadsheetml.sheet.main'), { name: 'xl/workbook.xml' }, { name: 'xl/vbaProject.bin' }], 'application/vnd.ms-excel.sheet.macroenabled.12'],
    ['xlsm', [contentTypes('vnd.openxmlformats-officedocument.spreadsheetml.sheet.main'), { name: 'xl/macrosheets/sheet1.xml' }], 'application/vnd.ms-excel.sheet.macroenabled.12'],
    ['xlsb', [contentTypes('vnd.ms-excel.sheet.binary.macroEnabled.main'), { name: 'xl/workbook.bin' }], 'application/vnd.ms-excel.sheet.binary.macroenabled.12'],
    ['vsdx', [contentTypes('vnd.ms-visio.drawing.main'), { name: 'visio/document.xml' }], 'application/vnd.ms-visio.drawing'],
    ['odt', [{ name: 'mimetype', content: 'application/vnd.oasis.opendocument.text', stored: true }], 'application/vnd.oasis.opendocument.text'],
    ['ots', [{ name: 'mimetype', content: 'application/vnd.oasis.opendocument.spreadsheet-template', stored: true }], 'application/vnd.oasis.opendocument.spreadsheet-template'],
    ['epub', [{ name: 'mimetype', content: 'application/epub+zip', stored: true }], 'application/epub+zip'],
    ['jar', [{ name: 'META-INF/MANIFEST.MF' }, { name: 'A.class' }], 'application/java-archive'],
    ['zip', [{ name: '資料.txt', content: 'x' }], 'application/zip'],
  ] as const)('%s', async (extension, entries, type) => {
    expect(await detected(zip(entries))).toMatchObject({ type, extension, encrypted: false, findings: [] })
  })

  test('a macro behind the first 64 KiB is seen in the tail', async () => {
    const noise = Array.from({ length: 100_000 }, (_, i) => String.fromCharCode(33 + ((i * 7919 + (i >> 3)) % 90))).join('')
    const file = zip([contentTypes('vnd.openxmlformats-officedocument.wordprocessingml.document.main'), { name: 'word/document.xml', content: noise, stored: true }, { name: 'word/vbaProject.bin' }])
    const label = { name: 'a.docx', size: file.length, tail: file.subarray(-1024) }
    expect(await detected(file.subarray(0, 65536), label)).toMatchObject({ extension: 'docm', findings: [{ code: 'media.type-mismatch' }] })
    expect((await detected(file)).extension).toBe('docm')
  })
  test('encryption is told by any member, and for ODF by the manifest', async () => {
    expect(await detected(zip([{ name: 'a' }, { name: 'b', flags: 1 }]))).toMatchObject({ type: 'application/zip', encrypted: true })
    const manifest = { name: 'META-INF/manifest.xml', content: '<manifest:encryption-data/>' }
    expect(await detected(zip([{ name: 'mimetype', content: 'application/vnd.oasis.opendocument.text', stored: true }, manifest]))).toMatchObject({ extension: 'odt', encrypted: true })
  })
  test('content types that inflate beyond reason are not believed', async () => {
    const bomb = { name: '[Content_Types].xml', content: 'x'.repeat(5_000_000) }
    expect(await typeOf(zip([bomb, { name: 'xl/workbook.xml' }]))).toBe(`${OOXML}spreadsheetml.sheet`)
  })
})

describe('OLE2 documents', () => {
  test.each([
    [['WordDocument', '1Table'], 'application/msword', 'doc'],
    [['Workbook'], 'application/vnd.ms-excel', 'xls'],
    [['Book'], 'application/vnd.ms-excel', 'xls'],
    [['PowerPoint Document'], 'application/vnd.ms-powerpoint', 'ppt'],
    [['__properties_version1.0'], 'application/vnd.ms-outlook', 'msg'],
    [['DocumentText'], 'application/x-js-taro', 'jtd'],
    [['Other'], 'application/x-ole-storage', 'bin'],
  ])('%j', async (names, type, extension) => {
    expect(await detected(ole(names))).toMatchObject({ type, extension, encrypted: false })
  })
  test('embedded objects do not decide', async () => {
    expect(await typeOf(ole(['Workbook', 'MBD0001'], { nested: 'WordDocument' }))).toBe('application/vnd.ms-excel')
    expect(await typeOf(ole(['ObjectPool'], { nested: 'WordDocument' }))).toBe('application/x-ole-storage')
  })
  test('a directory out of reach is searched by name', async () => {
    const file = ole(['WordDocument'])
    file.writeUInt32LE(9999, 48)
    expect(await typeOf(file)).toBe('application/msword')
  })
  test('locked packages take their extension from the name', async () => {
    expect(await detected(ole(['EncryptionInfo', 'EncryptedPackage']), { name: '表.xlsx' })).toMatchObject({ type: 'application/x-ooxml-encrypted', extension: 'xlsx', encrypted: true, findings: [] })
  })
  test('locked old files', async () => {
    const doc = ole(['WordDocument'])
    doc.writeUInt16LE(0xa5ec, 512 * 6)
    doc.writeUInt16LE(0x0100, 512 * 6 + 10)
    expect(await detected(doc)).toMatchObject({ extension: 'doc', encrypted: true })
    const xls = ole(['Workbook'])
    xls.writeUInt32LE(0x00100809, 512 * 6)
    xls.writeUInt16LE(0x2f, 512 * 6 + 20)
    expect(await detected(xls)).toMatchObject({ extension: 'xls', encrypted: true })
  })
  test('installer packages are known by their class', async () => {
    expect(await typeOf(ole(['x'], { rootClass: '84100c0000000000c000000000000046' }))).toBe('application/x-msi')
  })
  test('a directory that runs in circles ends', async () => {
    const file = ole(['a', 'b'])
    file.writeUInt32LE(1, 1024 + 2 * 128 + 72)
    file.writeUInt32LE(1, 512 + 3 * 4)
    expect(await typeOf(file)).toBe('application/x-ole-storage')
  })
})

describe('marks', () => {
  const hex = (text: string): Buffer => Buffer.concat([Buffer.from(text, 'hex'), Buffer.from([0, 1, 2, 3, 255, 254])])
  test.each([
    ['89504e470d0a1a0a', 'image/png'],
    ['ffd8ffe0', 'image/jpeg'],
    ['4949 2a00', 'image/tiff'],
    ['4d5a9000', 'application/x-msdownload'],
    ['7f454c46', 'application/x-elf'],
    ['cffaedfe', 'application/x-mach-binary'],
    ['4c0000000114020000000000c000000000000046', 'application/x-ms-shortcut'],
    ['789f3e22', 'application/ms-tnef'],
    ['377abcaf271c', 'application/x-7z-compressed'],
    ['526172211a0700', 'application/vnd.rar'],
    ['24002d6c68352d', 'application/x-lzh-compressed'],
    ['4d534346', 'application/vnd.ms-cab-compressed'],
    ['1f8b0800', 'application/gzip'],
    ['e4525c7b8cd8a74daeb15378d02996d3', 'application/onenote'],
    ['4a7777446174612e', 'application/x-jww'],
  ])('%s', async (magic, type) => {
    expect(await typeOf(hex(magic.replaceAll(' ', '')))).toBe(type)
  })
  test('file-type is asked for the rest', async () => {
    expect(await typeOf(hex('9a9b9c9d'))).toBe('application/octet-stream')
    expect(await typeOf(Buffer.concat([Buffer.from('FLV\x01', 'latin1'), Buffer.alloc(100)]))).toBe('video/x-flv')
  })
  test('printable marks do not make a letter a program', async () => {
    expect(await typeOf('MZの件について')).toBe('text/plain')
    expect(await typeOf('RIFF and BZh are words')).toBe('text/plain')
    expect(await typeOf('GIF89a=1;alert(1)')).toBe('text/plain')
  })
})

describe('PDF', () => {
  test('with its header at the start, or behind junk that readers skip', async () => {
    expect(await typeOf('%PDF-1.7\n1 0 obj\n')).toBe('application/pdf')
    expect(await typeOf(`${'x'.repeat(1000)}%PDF-1.4\n1 0 obj<<>>`)).toBe('application/pdf')
    expect(await typeOf(`${'x'.repeat(1100)}%PDF-1.4\n1 0 obj<<>>`)).toBe('text/plain')
  })
  test('a letter about PDF is none', async () => {
    expect(await typeOf('ファイルは %PDF-1.4 で始まります。')).toBe('text/plain')
  })
  test('an encrypted one is for its disarmer to open: most need no password', async () => {
    expect((await detected('%PDF-1.7\ntrailer<</Encrypt 5 0 R>>')).encrypted).toBe(false)
  })
})

describe('text', () => {
  test.each([
    ['こんにちは', 'text/plain'],
    ['<!DOCTYPE html><p>x', 'text/html'],
    ['\ufeff \n<!-- a --><HTML>', 'text/html'],
    ['<?xml version="1.0"?><!-- c --><html xmlns="x">', 'text/html'],
    ['<?xml version="1.0"?><!DOCTYPE svg PUBLIC "x" "y"><svg>', 'image/svg+xml'],
    ['<?xml version="1.0"?><data/>', 'application/xml'],
    ['<script>x</script>', 'text/html'],
    ['<job><script/></job>', 'application/hta'],
    ['BEGIN:VCALENDAR\r\n', 'text/calendar'],
    ['begin:vcard\n', 'text/vcard'],
    ['From: a@b.jp\r\nTo: c@d.jp\r\n\r\nx', 'message/rfc822'],
    ['From a@b.jp Mon Apr  1 09:00:00 2026\nFrom: x', 'application/mbox'],
    ['-----BEGIN PGP MESSAGE-----\n', 'application/pgp-encrypted'],
    ['[InternetShortcut]\r\nURL=x', 'application/x-mswinurl'],
    ['#!/bin/sh\n', 'application/x-shellscript'],
    ['@echo off\r\n', 'application/x-bat'],
    ['Windows Registry Editor Version 5.00', 'application/x-ms-registry'],
    ['On Error Resume Next\r\n', 'text/vbscript'],
    ['var x = new ActiveXObject("WScript.Shell")', 'application/javascript'],
    ['$a = New-Object Net.WebClient', 'application/x-powershell'],
    ['{\\rt1 x', 'application/rtf'],
    ['%!PS-Adobe-3.0', 'application/postscript'],
    ['ID;PWXL;N;E', 'application/x-sylk'],
    ['ISO-10303-21;\n', 'application/p21'],
    ['  0\r\nSECTION\r\n  2\r\nHEADER', 'image/vnd.dxf'],
    ['{"a": 1}', 'application/json'],
  ])('%j', async (text, type) => {
    expect(await typeOf(text)).toBe(type)
  })

  test.each(['shift_jis', 'euc-jp'])('Japanese in %s', async charset => {
    const octets = { shift_jis: '82b182f182c982bf82cd8d5d8cb4', 'euc-jp': 'a4b3a4f3a4cba4c1a4cf' }[charset]!
    expect(await typeOf(Buffer.from(octets.repeat(50), 'hex'))).toBe('text/plain')
  })
  test('Japanese in ISO-2022-JP and UTF-16', async () => {
    expect(await typeOf(Buffer.from('\x1b$B$3$s$K$A$O\x1b(B', 'latin1'))).toBe('text/plain')
    expect(await typeOf(Buffer.from('\ufeffこんにちは', 'utf16le'))).toBe('text/plain')
    expect(await typeOf(Buffer.from('\ufeff<html>', 'utf16le'))).toBe('text/html')
  })
  test('text cut inside a character is text', async () => {
    const octets = Buffer.from('あ'.repeat(30_000)).subarray(0, 65_536)
    expect(await typeOf(octets, { size: 90_000 })).toBe('text/plain')
  })
  test.each([
    ['NUL', Buffer.from('abc\0def')],
    ['controls behind the first 4 KiB', Buffer.concat([Buffer.alloc(5000, 0x61), Buffer.from([0, 1, 2])])],
    ['noise', Buffer.from(Array.from({ length: 400 }, (_, i) => 0x80 + ((i * 97) % 128)))],
    ['a UTF-16 mark before noise', Buffer.from([0xff, 0xfe, 0x00, 0xd8, 0x00, 0xd8, 0x01, 0x00])],
    ['nothing', Buffer.alloc(0)],
  ])('%s is no text', async (_name, bytes) => {
    expect(await typeOf(bytes)).toBe('application/octet-stream')
  })
  test('the name tells tables and scripts apart', async () => {
    expect(await typeOf('a,b\n', { name: 'a.CSV' })).toBe('text/csv')
    expect(await typeOf('a\tb\n', { claimedType: 'text/tab-separated-values' })).toBe('text/tab-separated-values')
    expect(await typeOf('hello', { name: 'a.js' })).toBe('text/x-script')
    expect(await typeOf('{"a":1}', { name: 'a.vbs' })).toBe('text/x-script')
    expect(await typeOf('ISO-10303-21;\n', { name: 'a.sfc' })).toBe('application/x-sfc')
  })
})

describe('S/MIME', () => {
  test.each([['02', false], ['03', true]])('content type %s', async (content, encrypted) => {
    expect(await detected(Buffer.from(`3080 06092a864886f70d0107${content}a080`.replace(' ', ''), 'hex'))).toMatchObject({ type: 'application/pkcs7-mime', encrypted })
  })
})

describe('labels', () => {
  const PNG = Buffer.from('89504e470d0a1a0a0001', 'hex')
  test.each([
    [PNG, { name: 'a.pdf' }],
    [PNG, { name: 'a.png.txt' }],
    ['text', { name: '見積.docx' }],
    ['text', { name: 'a.pdf .' }],
    ['<html>', { name: 'a.txt' }],
    [PNG, { claimedType: 'text/plain' }],
    [Buffer.from('MZ\x90\0', 'latin1'), { name: 'a.pdf' }],
  ] as const)('%o called %j disagrees', async (bytes, label) => {
    expect((await detected(bytes, label)).findings.map(({ code }) => code)).toEqual(['media.type-mismatch'])
  })
  test.each([
    [PNG, { name: 'a.PNG' }],
    [Buffer.from('ffd8ffe0', 'hex'), { name: 'a.jpeg', claimedType: 'application/pdf' }],
    ['text', { name: 'a.log' }],
    ['text', { name: 'readme' }],
    ['<html>', { name: 'a.htm' }],
    [PNG, { claimedType: 'application/octet-stream' }],
    ['{"a":1}', { claimedType: 'text/plain' }],
  ] as const)('%o called %j agrees', async (bytes, label) => {
    expect((await detected(bytes, label)).findings).toEqual([])
  })
})

describe('two formats at once', () => {
  const JPEG = Buffer.from('ffd8ffe000104a46494600', 'hex')
  const codes = async (bytes: Uint8Array, label?: Label) => (await detected(bytes, label)).findings
  test('a ZIP at the end of a picture', async () => {
    const both = Buffer.concat([JPEG, zip([{ name: 'a' }])])
    expect(await codes(both)).toEqual([{ code: 'media.polyglot', detail: 'application/zip' }])
    expect(await codes(JPEG, { size: 1e6, tail: zip([{ name: 'a' }], 'comment') })).toHaveLength(1)
  })
  test('a ZIP that others follow is an embedded object', async () => {
    expect(await codes(Buffer.concat([JPEG, zip([{ name: 'a' }]), Buffer.alloc(600)]))).toEqual([])
  })
  test('a PDF inside a picture, and a picture before a PDF', async () => {
    expect(await codes(Buffer.concat([JPEG, Buffer.from('%PDF-1.4\n1 0 obj<<>>')]))).toEqual([{ code: 'media.polyglot', detail: 'application/pdf' }])
  })
  test('a page inside a picture', async () => {
    expect(await codes(Buffer.concat([JPEG, Buffer.from('<script>x')]))).toEqual([{ code: 'media.polyglot', detail: 'text/html' }])
  })
})

test('any octets get an answer, wherever a known file is cut or damaged', async () => {
  const known = [zip([contentTypes('x'), { name: 'xl/a' }]), ole(['Workbook', 'x']), Buffer.from('%PDF-1.4 1 0 obj'), Buffer.from('<?xml?><!-- <svg')]
  const damaged = fc.tuple(fc.constantFrom(...known), fc.nat(), fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 8 })).map(([file, cut, changes]) => {
    const copy = Buffer.from(file.subarray(0, cut % (file.length + 1)))
    for (const [at, octet] of changes) if (copy.length > 0) copy[at % copy.length] = octet
    return copy
  })
  await fc.assert(
    fc.asyncProperty(fc.oneof(damaged, fc.uint8Array({ maxLength: 200 })), fc.string(), async (bytes, name) => {
      const answer = await detected(bytes, { name, size: bytes.length, tail: bytes.subarray(-50) })
      expect(answer.type).toMatch(/^[a-z]+\/[a-z0-9.+-]+$/)
    }),
    { numRuns: 600 },
  )
})

test.each([
  ['<?xml version="1.0"?><table><a/></table>', 'd.xml', 'application/xml'],
  ['<?xml version="1.0"?><table><a/></table>', 'd.html', 'text/html'],
  ['<?xml version="1.0"?><!DOCTYPE html><table/>', 'd.xml', 'text/html'],
  ['<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>', 'd.xml', 'text/html'],
  ['<table></table>', 'd.xml', 'text/html'],
])('%s called %s is %s', async (text, name, type) => {
  const bytes = Buffer.from(text)
  expect((await detect(bytes, { size: bytes.length, name, claimedType: '' })).type).toBe(type)
})
