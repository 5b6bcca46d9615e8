import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { unpackRtf } from '../../../../core/media/lzfu.ts'
import { openTnef } from '../../../../core/media/tnef.ts'
import { BEGIN, attachment, message, properties, sjis, u16, u32, utf16, winmail } from '../../../support/tnef.ts'

describe('winmail.dat', () => {
  test('files with CP932 and with long Unicode names', () => {
    const opened = openTnef(
      winmail(
        message(0x9007, Buffer.concat([u32(932), u32(0)])),
        BEGIN,
        attachment(0x8010, sjis('8e9197bf2e74787400')),
        attachment(0x800f, Buffer.from('one')),
        BEGIN,
        attachment(0x8010, Buffer.from('SHORT~1.XLS\0')),
        attachment(0x800f, Buffer.from('two')),
        attachment(0x9005, properties({ id: 0x3707, type: 0x1f, data: utf16('とても長い名前.xlsx') }, { id: 0x370e, type: 0x1f, data: utf16('Application/X-Test') })),
      ),
    )
    expect(opened?.findings).toEqual([])
    expect(opened?.files).toEqual([
      { name: '資料.txt', bytes: new Uint8Array(Buffer.from('one')), mediaType: 'application/octet-stream' },
      { name: 'とても長い名前.xlsx', bytes: new Uint8Array(Buffer.from('two')), mediaType: 'application/x-test' },
    ])
  })

  test('an embedded message is a file of the same kind', () => {
    const inner = winmail(message(0x800c, Buffer.from('inner\0')))
    const data = Buffer.concat([Buffer.alloc(16), inner])
    const opened = openTnef(winmail(BEGIN, attachment(0x9005, properties({ id: 0x3001, type: 0x1f, data: utf16('転送') }, { id: 0x3701, type: 0x0d, data }))))
    expect(opened?.files).toMatchObject([{ name: '転送', mediaType: 'application/ms-tnef' }])
    expect(openTnef(opened!.files[0]!.bytes)?.body).toBe('inner')
  })

  test('the body as text, and as HTML in the charset of the Internet message, whatever comes first', () => {
    const html = { id: 0x1013, type: 0x102, data: Buffer.from('<p>日本</p>') }
    const codepage = { id: 0x3fde, type: 3, data: u32(65001) }
    const named = { id: 0x8001, type: 0x1f, data: utf16('x'), named: 'Keywords' }
    const opened = openTnef(winmail(message(0x9007, u32(932)), message(0x800c, sjis('93fa967b00')), message(0x9003, properties(named, html, codepage))))
    expect(opened).toMatchObject({ body: '日本', htmlBody: '<p>日本</p>', rtfBody: undefined, findings: [] })
  })

  test('the body as RTF, unpacked', () => {
    const opened = openTnef(winmail(message(0x9003, properties({ id: 0x1009, type: 0x102, data: PACKED_RTF }))))
    expect(Buffer.from(opened!.rtfBody!).toString()).toBe(RTF)
  })

  test('a wrong checksum is noted, the content stands', () => {
    const file = winmail(message(0x800c, Buffer.from('text\0')))
    file[file.length - 1]! ^= 1
    expect(openTnef(file)).toMatchObject({ body: 'text', findings: [{ code: 'tnef.checksum' }] })
  })

  test('what is cut off is noted, what came before stands', () => {
    const file = winmail(message(0x800c, Buffer.from('text\0')), BEGIN, attachment(0x800f, Buffer.alloc(100)))
    expect(openTnef(file.subarray(0, -50))).toMatchObject({ body: 'text', files: [], findings: [{ code: 'tnef.damaged' }] })
  })

  test('files are copies, not views', () => {
    const file = winmail(BEGIN, attachment(0x800f, Buffer.from('abc')))
    const opened = openTnef(file)!
    file.fill(0)
    expect(Buffer.from(opened.files[0]!.bytes).toString()).toBe('abc')
  })

  test('other bytes are none', () => {
    expect(openTnef(Buffer.from('PK\x03\x04'))).toBeUndefined()
    expect(openTnef(new Uint8Array(0))).toBeUndefined()
  })

  test('counts and lengths that lie cost nothing', () => {
    const liar = Buffer.concat([u32(0xffffffff), u16(0x101f), u16(0x3001), u32(0xffffffff), u32(0xffffffff)])
    expect(openTnef(winmail(message(0x9003, liar)))).toMatchObject({ findings: [{ code: 'tnef.damaged' }] })
  })

  test('any damage is survived', () => {
    const whole = winmail(
      message(0x9003, properties({ id: 0x1013, type: 0x102, data: Buffer.from('x') }, { id: 0x8000, type: 0x1f, data: utf16('x'), named: 'y' })),
      BEGIN,
      attachment(0x9005, properties({ id: 0x3707, type: 0x1f, data: utf16('a') }, { id: 0x3701, type: 0x0d, data: Buffer.alloc(20) })),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }), fc.nat(whole.length), (changes, cut) => {
        const copy = Buffer.from(whole)
        for (const [at, octet] of changes) copy[at] = octet
        expect(() => openTnef(copy.subarray(0, cut))).not.toThrow()
      }),
      { numRuns: 2000 },
    )
  })
})

/** The example of MS-OXRTFCP §4.1. */
const PACKED_RTF = Buffer.from('2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0', 'hex')
const RTF = '{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n'

describe('compressed RTF', () => {
  test('the example of the standard', () => {
    expect(Buffer.from(unpackRtf(PACKED_RTF, 1000)!).toString()).toBe(RTF)
  })
  test('stored RTF', () => {
    expect(Buffer.from(unpackRtf(Buffer.concat([u32(15), u32(3), u32(0x414c454d), u32(0), Buffer.from('abc')]), 1000)!).toString()).toBe('abc')
  })
  test('a size over the limit is refused, one that lies is not believed', () => {
    expect(unpackRtf(PACKED_RTF, 42)).toBeUndefined()
    const liar = Buffer.from(PACKED_RTF)
    liar.writeUInt32LE(0x7fffffff, 4)
    expect(Buffer.from(unpackRtf(liar, 0xffffffff)!).toString()).toBe(RTF)
  })
  test('anything else is none, and nothing throws', () => {
    expect(unpackRtf(Buffer.from('{\\rtf1 plain, long enough}'), 1e6)).toBeUndefined()
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(5000), (bytes, size) => {
        const input = Buffer.concat([u32(0), u32(size), u32(0x75465a4c), u32(0), bytes])
        expect(unpackRtf(input, 5000)!.length).toBeLessThanOrEqual(size)
      }),
    )
  })
})
