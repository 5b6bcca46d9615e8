import { Buffer } from 'node:buffer'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeTextWithFiles, extractEmbedded } from '../../../../core/text/embedded.ts'
import { expectLinear } from '../../../support/linear.ts'

/** As `uuencode` writes it, with back quotes for zero. */
function uuencode(name: string, bytes: Uint8Array): string {
  const lines = [`begin 644 ${name}`]
  for (let at = 0; at < bytes.length; at += 45) {
    const chunk = bytes.subarray(at, at + 45)
    let line = String.fromCharCode(32 + chunk.length)
    for (let i = 0; i < chunk.length; i += 3) {
      const group = (chunk[i]! << 16) | ((chunk[i + 1] ?? 0) << 8) | (chunk[i + 2] ?? 0)
      for (const shift of [18, 12, 6, 0]) line += String.fromCharCode(((group >> shift) & 63) + 32)
    }
    lines.push(line.replaceAll(' ', '`'))
  }
  return [...lines, '`', 'end'].join('\n')
}

/** One-part yEnc, latin1 characters. */
function yencode(name: string, bytes: Uint8Array): string {
  let data = ''
  bytes.forEach((byte, index) => {
    const code = (byte + 42) & 0xff
    data += [0, 10, 13, 61].includes(code) ? `=${String.fromCharCode((code + 64) & 0xff)}` : String.fromCharCode(code)
    if (index % 128 === 127) data += '\r\n'
  })
  const sum = crc32(bytes).toString(16).padStart(8, '0')
  return `=ybegin line=128 size=${bytes.length} name=${name}\r\n${data}\r\n=yend size=${bytes.length} crc32=${sum}`
}

const ALL_OCTETS = Uint8Array.from({ length: 1000 }, (_, index) => (index * 7) & 0xff)
/** "hello world" by an independent encoder (webutils.pl). */
const BINHEX = `(This file must be converted with BinHex 4.0)
:#hGPBR9dD@acAh"X!$mr2cmr2cmr!!!!!!!,!!!!!+m5D'9XE'mJGfpbE'3lj!!
!:`

describe('uuencode', () => {
  test('a block leaves the text and becomes a file', () => {
    const { text, files, findings } = extractEmbedded(`before\n${uuencode('資料.exe', ALL_OCTETS)}\nafter`)
    expect(text).toBe('before\n[添付: 資料.exe]\nafter')
    expect(files).toEqual([{ name: '資料.exe', kind: 'uuencode', bytes: ALL_OCTETS, findings: [] }])
    expect(findings).toEqual([{ code: 'embedded.file', detail: '1' }])
  })
  test('spaces for zeros, CRLF and trailing spaces that were cut', () => {
    const block = uuencode('a.bin', new Uint8Array(90))
      .replaceAll('`', ' ')
      .split('\n')
      .map(line => line.replace(/ {2}$/, ''))
    expect(extractEmbedded(block.join('\r\n')).files[0]?.bytes).toEqual(new Uint8Array(90))
  })
  test('an empty file', () => {
    expect(extractEmbedded('begin 644 empty\n`\nend\n')).toMatchObject({
      text: '[添付: empty]\n',
      files: [{ bytes: new Uint8Array(0) }],
    })
  })
  test('a block without an end is a file all the same, and what follows stays text', () => {
    const { text, files } = extractEmbedded(
      `${uuencode('a.exe', ALL_OCTETS).split('\n').slice(0, 5).join('\n')}\nBye, and thanks.`,
    )
    expect(text).toBe('[添付: a.exe]\nBye, and thanks.')
    expect(files[0]).toMatchObject({
      bytes: ALL_OCTETS.subarray(0, 180),
      findings: [{ code: 'embedded.broken', detail: 'no end' }],
    })
  })
  test('the base64 form', () => {
    const { text, files } = extractEmbedded('x\nbegin-base64 644 a.txt\naGVsbG8=\n====\ny')
    expect(text).toBe('x\n[添付: a.txt]\ny')
    expect(Buffer.from(files[0]!.bytes).toString()).toBe('hello')
  })
  test('the name in the marker is harmless and bounded, the name of the file is as it came', () => {
    const name = `a\u202e${'x'.repeat(300)}`
    const { text, files } = extractEmbedded(uuencode(name, ALL_OCTETS))
    expect(files[0]?.name).toBe(name)
    expect(text).toBe(`[添付: a${'x'.repeat(98)}…]`)
  })
})

describe('prose is not taken for a file', () => {
  test.each([
    'begin 5 minutes earlier',
    'We begin 644 things\nand end\nthem',
    '> begin 644 quoted.exe\n> #0V%T\n> end',
    '=ybegin is a keyword',
  ])('%j stays', text => expect(extractEmbedded(text)).toEqual({ text, files: [], findings: [] }))

  test('what a careless mailer could take for a begin is indented', () => {
    expect(extractEmbedded('begin 644 people came\nto the meeting').text).toBe(' begin 644 people came\nto the meeting')
    expect(extractEmbedded('=ybegin line=x').text).toBe(' =ybegin line=x')
  })
})

describe('yEnc', () => {
  const labels = ['iso-8859-1', 'shift_jis', 'utf-8', undefined]
  test.each(labels)('is read from the octets whatever the charset: %s', label => {
    const source = Buffer.from(`text\r\n${yencode('a.bin', ALL_OCTETS)}\r\nmore`, 'latin1')
    const { text, files } = decodeTextWithFiles(source, label)
    expect(text).toBe('text\n[添付: a.bin]\nmore')
    expect(files).toEqual([{ name: 'a.bin', kind: 'yenc', bytes: ALL_OCTETS, findings: [] }])
  })
  test('text and name around it are decoded', () => {
    const sjis = '\x82\xb1\x82\xf1'
    const source = Buffer.from(`${sjis}\n${yencode(`${sjis}.bin`, ALL_OCTETS)}\n\x02\n${sjis}`, 'latin1')
    const { text, files } = decodeTextWithFiles(source, 'cp932')
    expect(text).toBe('こん\n[添付: こん.bin]\n\nこん')
    expect(files[0]?.name).toBe('こん.bin')
  })
  test.each([
    ['a wrong checksum', (block: string) => block.replace(/crc32=.{8}/, 'crc32=00000000'), 'size or checksum'],
    ['a missing end', (block: string) => block.replace(/\r\n=yend.*/, ''), 'no end'],
    ['one part of several', (block: string) => block.replace('line=128', 'part=1 line=128'), 'one part of several'],
  ])('%s is found', (_, damage, detail) => {
    const { files } = decodeTextWithFiles(Buffer.from(damage(yencode('a.bin', ALL_OCTETS)), 'latin1'), undefined)
    expect(files[0]?.findings).toEqual([{ code: 'embedded.broken', detail }])
  })
})

describe('BinHex 4.0', () => {
  test('a block of another encoder', () => {
    const { text, files } = extractEmbedded(`Hi\n${BINHEX}\nBye`)
    expect(text).toMatch(/^Hi\n\[添付: .+\]\nBye$/)
    expect(files).toHaveLength(1)
    expect(files[0]).toMatchObject({ kind: 'binhex', findings: [] })
    expect(Buffer.from(files[0]!.bytes).toString()).toBe('hello world')
  })
  test('a damaged one is found', () => {
    const { files } = extractEmbedded(BINHEX.replace('fpbE', 'fpcE'))
    expect(files[0]?.findings).toEqual([{ code: 'embedded.broken', detail: 'size or checksum' }])
  })
  test('one without an end is a file all the same', () => {
    const { text, files } = extractEmbedded(`${BINHEX.slice(0, -1)}\nSee you.`)
    expect(text).toMatch(/\]\nSee you\.$/)
    expect(files[0]?.findings).toEqual([{ code: 'embedded.broken', detail: 'no end' }])
  })
})

describe('in any text', () => {
  const line = fc.constantFrom(
    'begin 644 a.exe',
    'begin-base64 644 b',
    '#0V%T',
    'AAAA',
    '====',
    '`',
    '',
    'end',
    'prose',
    '=ybegin line=128 size=9 name=c',
    '=yend size=9',
    '(This file must be converted with BinHex 4.0)',
    ':#hGPBR9:',
    ':',
  )
  const lines = fc.array(line, { maxLength: 25 }).map(each => each.join('\n'))
  test('extracting from what is left finds nothing', () => {
    fc.assert(
      fc.property(lines, hostile => {
        const { text } = extractEmbedded(hostile)
        expect(extractEmbedded(text)).toEqual({ text, files: [], findings: [] })
      }),
      { numRuns: 1000 },
    )
  })
  test('octets never make it throw', () => {
    fc.assert(
      fc.property(fc.uint8Array(), lines, (noise, around) => {
        decodeTextWithFiles(Buffer.concat([Buffer.from(`${around}\n=ybegin `), noise]), undefined)
      }),
    )
  })
  test('beyond the limit blocks stay in the text, out of order for a decoder', () => {
    const { text, files, findings } = extractEmbedded(`${uuencode('a', ALL_OCTETS)}\n`.repeat(201))
    expect(files).toHaveLength(200)
    expect(text).toContain('\n begin 644 a\n')
    expect(findings.map(each => each.code)).toEqual(['embedded.file', 'embedded.too-many'])
  })
})

describe('hostile text is searched in linear time', () => {
  test.each([
    ['begin lines', 'begin 644 a\n'],
    ['begin lines with data', 'begin 644 a\n#0V%T\n'],
    ['yEnc heads', '=ybegin line=1 size=999999999 name=a\n'],
    ['BinHex heads', '(This file must be converted with BinHex 4.0)\n:'],
    ['runs of BinHex', '(This file must be converted with BinHex 4.0)\n:j!!!!j!!!!\n'],
  ])('%s', (_, unit) => expectLinear(size => unit.repeat(size), extractEmbedded, 20_000))
})
