import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TransferDecoder } from '../../../../core/mime/transfer.ts'
import type { TransferEncoding } from '../../../../core/mime/part.ts'

function decode(encoding: TransferEncoding, text: string, cuts: readonly number[] = []): { data: Buffer; anomalies: string[] } {
  const out: Buffer[] = []
  const bytes = Buffer.from(text, 'latin1')
  const decoder = new TransferDecoder(encoding, decoded => void out.push(Buffer.from(decoded)), 64 * 1024)
  let start = 0
  for (const cut of [...cuts.filter(at => at < bytes.length).sort((a, b) => a - b), bytes.length]) {
    decoder.write(bytes, start, cut)
    start = Math.max(start, cut)
  }
  decoder.end()
  const anomalies: string[] = []
  decoder.report((code, detail) => void anomalies.push(`${code} ${detail}`))
  return { data: Buffer.concat(out), anomalies }
}

const lines = (text: string, length: number, end = '\r\n') => text.replace(new RegExp(`.{${length}}`, 'g'), `$&${end}`)
const cutsOf = (text: string) => fc.array(fc.nat(Math.max(1, text.length)), { maxLength: 12 })

describe('base64', () => {
  test('what was encoded comes back without a finding, at any length, line length and cut', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.integer({ min: 1, max: 19 }), fc.array(fc.nat(4500), { maxLength: 8 }), (bytes, quanta, cuts) => {
        const text = lines(Buffer.from(bytes).toString('base64'), quanta * 4)
        expect(decode('base64', text, cuts)).toEqual({ data: Buffer.from(bytes), anomalies: [] })
      }),
      { numRuns: 500 },
    )
  })

  test('a damaged text decodes alike on the fast way and octet by octet', () => {
    const damage = fc.constantFrom('-', '_', '=', ' ', '\r', '\n', '.', '\0', 'A', '\xff')
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3000), damage), { maxLength: 4 }), damages => {
        const text = lines('QUJDREVGR0hJSktM'.repeat(180), 76).split('')
        for (const [at, char] of damages) text[at] = char
        const damaged = text.join('')
        const each = Array.from(damaged, (_, index) => index)
        expect(decode('base64', damaged)).toEqual(decode('base64', damaged, each))
      }),
      { numRuns: 300 },
    )
  })

  test.for([
    ['after padding the decoding goes on', 'QQ==QkI=', 'ABB'],
    ['the url alphabet is junk, not alphabet', 'Q-U-J-D', 'ABC'],
    ['two characters left are one octet', 'QUJDRA', 'ABCD'],
    ['one character left is nothing', 'QUJDR', 'ABC'],
  ] as const)('%s', ([, text, wanted]) => expect(decode('base64', text).data.toString()).toBe(wanted))
})

describe('quoted-printable', () => {
  test.for([
    ['=E3=81=82', 'あ'],
    ['a=\r\nb', 'ab'],
    ['a=  \r\nb', 'ab'],
    ['a  \r\nb\t\r\n', 'a\r\nb\r\n'],
    ['a=3', 'a=3'],
    ['a=zz', 'a=zz'],
    ['a= b', 'a= b'],
    ['a=\nb', 'ab'],
    ['a=\rb', 'ab'],
    ['=3d', '='],
    ['a =20\r\n', 'a  \r\n'],
    ['=', ''],
  ] as const)('%j', ([text, wanted]) => expect(decode('quoted-printable', text).data.toString()).toBe(wanted))

  test('does not depend on the cuts', () => {
    const piece = fc.constantFrom('=', '=3D', '=e3', '=2', ' ', '\t', '\r', '\n', '\r\n', '=\r\n', 'abc', '\xff', '\0', 'x'.repeat(80), ' '.repeat(1200))
    const texts = fc.array(piece, { maxLength: 30 }).map(pieces => pieces.join(''))
    fc.assert(
      fc.property(texts.chain(text => fc.tuple(fc.constant(text), cutsOf(text))), ([text, cuts]) => {
        expect(decode('quoted-printable', text, cuts)).toEqual(decode('quoted-printable', text))
      }),
      { numRuns: 1000 },
    )
  })
})

describe('uuencode', () => {
  test('decodes a file', () => {
    expect(decode('uuencode', "begin 644 a\r\n#0V%T\r\n'0V%T0V%T0P``\r\n`\r\nend\r\n")).toEqual({ data: Buffer.from('CatCatCatC'), anomalies: [] })
  })

  test.for([
    ['before\r\nbegin 644 a\r\nend\r\n', 'uuencode.outside'],
    ['begin 644 a\r\n#0V\r\nend\r\n', 'uuencode.line'],
    ['begin 644 a\r\n#0V%T\r\n', 'uuencode.unterminated'],
  ] as const)('%j', ([text, code]) => expect(decode('uuencode', text).anomalies.join()).toContain(code))
})

describe('lines of a body', () => {
  test.for([
    ['a\nb', 'line.bare-lf 1 ×'],
    ['a\rb\r', 'line.bare-cr 2 ×'],
    ['a\r\r\nb', 'line.bare-cr 1 ×'],
    ['a\0b\0', 'line.nul 2 ×'],
    [`${'x'.repeat(999)}\r\n`, 'line.too-long 1 ×'],
    ['\xff', 'type.octets-in-7bit 1 ×'],
  ] as const)('%j', ([text, anomaly]) => expect(decode('7bit', text).anomalies).toEqual([anomaly]))

  test('counts do not depend on the cuts, and the octets are untouched', () => {
    const piece = fc.constantFrom('\r', '\n', '\r\n', '\0', 'a', 'x'.repeat(600))
    const texts = fc.array(piece, { maxLength: 30 }).map(pieces => pieces.join(''))
    fc.assert(
      fc.property(texts.chain(text => fc.tuple(fc.constant(text), cutsOf(text))), ([text, cuts]) => {
        const cut = decode('8bit', text, cuts)
        expect(cut).toEqual(decode('8bit', text))
        expect(cut.data.toString('latin1')).toBe(text)
      }),
    )
  })
})
