import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isUsualSentence } from '../../../../core/mime/stray.ts'
import { crlf, type ReadMessage, read } from './reading.ts'

const MIXED = crlf(
  'From: a@example.jp',
  'Content-Type: multipart/mixed; boundary="out"',
  '',
  'This is a multi-part message in MIME format.',
  '--out',
  'Content-Type: text/plain; charset=utf-8',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  '=E3=81=82 soft=',
  ' break  ',
  '--out',
  'Content-Type: message/rfc822',
  '',
  'Subject: inner',
  'Content-Type: multipart/alternative; boundary=in',
  '',
  '--in',
  '',
  'hi',
  '--in--',
  '',
  '--out',
  'Content-Type: application/octet-stream; name=a.bin',
  'Content-Disposition: attachment',
  'Content-Transfer-Encoding: base64',
  '',
  `${'QUJD'.repeat(19)}`,
  `${'QUJD'.repeat(19)}`,
  'QQ==',
  '--out--',
)

describe('the tree', () => {
  test('a whole message comes out with ids, kinds and decoded bodies', () => {
    const { parts, findings } = read(MIXED)
    expect(parts.map(({ head, data }) => [head.id, head.parentId, head.kind, data.toString()])).toEqual([
      ['', undefined, 'multipart', ''],
      ['1', '', 'leaf', 'あ soft break'],
      ['2', '', 'message', ''],
      ['2.TEXT', '2', 'multipart', ''],
      ['2.1', '2.TEXT', 'leaf', 'hi'],
      ['3', '', 'leaf', `${'ABC'.repeat(38)}A`],
    ])
    expect(findings.filter(code => code.startsWith('boundary') || code.startsWith('base64'))).toEqual([])
  })

  test('offsets and lengths cut the encoded body out of the received octets', () => {
    const { parts } = read(MIXED)
    const { tail } = parts.find(({ head }) => head.id === '3')!
    const body = MIXED.slice(tail!.bodyOffset, tail!.bodyOffset + tail!.bodyLength)
    expect(body).toBe(`${'QUJD'.repeat(19)}\r\n${'QUJD'.repeat(19)}\r\nQQ==`)
    expect(MIXED.slice(parts[1]!.head.offset)).toMatch(/^Content-Type: text\/plain; charset=utf-8/)
  })

  test.for([
    ['a message of nothing', '', [['1', 'leaf', 'text/plain']]],
    ['a single part', crlf('Subject: x', '', 'text'), [['1', 'leaf', 'text/plain']]],
    ['a message as the root', crlf('Content-Type: message/rfc822', '', 'Subject: y', '', 'z'), [['1', 'message', 'message/rfc822'], ['1.1', 'leaf', 'text/plain']]],
    ['a report', crlf('Content-Type: message/delivery-status', '', 'Reporting-MTA: x'), [['1', 'leaf', 'message/delivery-status']]],
    ['a digest', crlf('Content-Type: multipart/digest; boundary=b', '', '--b', '', 'Subject: y', '', 'z', '--b--'), [['', 'multipart', 'multipart/digest'], ['1', 'message', 'message/rfc822'], ['1.1', 'leaf', 'text/plain']]],
  ] as const)('%s', ([, message, tree]) => {
    expect(read(message).parts.map(({ head }) => [head.id, head.kind, head.contentType.type])).toEqual(tree)
  })

  test('a message in base64 is decoded, read and flagged', () => {
    const inner = Buffer.from(crlf('Content-Type: multipart/mixed; boundary=i', '', '--i', '', 'deep', '--i--')).toString('base64')
    const { parts, findings } = read(crlf('Content-Type: message/rfc822', 'Content-Transfer-Encoding: base64', '', inner))
    expect(parts.map(({ head, data }) => [head.id, data.toString()])).toEqual([['1', ''], ['1.TEXT', ''], ['1.1', 'deep']])
    expect(findings).toContain('type.encoded-message')
  })

  test('content before the first and after the last part becomes parts of its own', () => {
    const { parts, findings } = read(
      crlf('Content-Type: multipart/mixed; boundary=b', '', 'hidden before', '--b', '', 'one', '--b--', 'hidden after'),
    )
    expect(parts.map(({ head, data }) => [head.id, data.toString()])).toEqual([
      ['', ''],
      ['0', 'hidden before'],
      ['1', 'one'],
      ['2', 'hidden after\r\n'],
    ])
    expect(findings).toEqual(expect.arrayContaining(['structure.preamble', 'structure.epilogue']))
  })

  test('octets are not shown to a consumer that wants none, and are counted all the same', () => {
    expect(read(MIXED).parts.at(-1)!.tail!.decodedLength).toBe(115)
  })
})

describe('limits: the remainder is one part of unknown type', () => {
  const parts = (count: number) => crlf('Content-Type: multipart/mixed; boundary=b', '', ...Array.from({ length: count }, (_, i) => `--b\r\n\r\npart ${i}`), '--b--')
  const nested = (depth: number) =>
    Array.from({ length: depth }, (_, i) => crlf(`Content-Type: multipart/mixed; boundary=b${i}x`, '', `--b${i}x`)).join('') + crlf('', 'deep')

  test.for([
    ['parts', parts(10), { parts: 4 }, 'limit.parts', 'part 9'],
    ['depth', nested(10), { depth: 3 }, 'limit.depth', 'deep'],
    ['header octets', crlf(`X: ${'x'.repeat(3000)}`, 'Y: end', '', 'body'), { headerBytes: 2000 }, 'limit.header-bytes', 'body'],
    ['header fields', crlf('A: 1', 'B: 2', 'C: 3', '', 'body'), { headerFields: 2 }, 'limit.header-fields', 'C: 3\r\n\r\nbody'],
  ] as const)('%s', ([, message, limits, code, inRemainder]) => {
    const { parts, findings } = read(message, [], limits)
    const last = parts.findLast(({ head }) => head.kind === 'leaf')!
    expect(findings).toContain(code)
    expect(last.head.contentType.type).toBe('application/octet-stream')
    expect(last.data.toString()).toContain(inRemainder)
  })

  test('a long line is told', () => expect(read(crlf('', 'x'.repeat(2000)), [], { lineBytes: 1500 }).findings).toContain('limit.line-bytes'))

  test('findings of one part are capped', () => {
    const { findings } = read(crlf(...Array.from({ length: 200 }, () => 'no colon'), '', ''))
    expect(findings.filter(code => code === 'header.no-colon')).toHaveLength(50)
    expect(findings).toContain('limit.findings')
  })
})

/** Pieces that meet in hostile mail, so that random messages have structure. */
const piece = fc.constantFrom(
  '\r\n', '\r\n', '\r\n', '\n', '\r', '\r\r\n', '\0', ' ', '\t', '--b', '--b--', '--bb', '--', '-', '=', '=3D', '==', '\r\n\r\n',
  'Content-Type: multipart/mixed; boundary=b', 'Content-Type: multipart/mixed; boundary="bb"', 'Content-Type: message/rfc822',
  'Content-Type: text/plain', 'Content-Transfer-Encoding: base64', 'Content-Transfer-Encoding: quoted-printable',
  'Content-Transfer-Encoding: x-uuencode', 'begin 644 a', '#0V%T', 'end', 'QUJD', 'QUI=', 'QQ', 'abc', 'x'.repeat(80), 'Subject: s', 'a:b', '\xff', '\x1b$B',
)
const message = fc.array(piece, { maxLength: 60 }).map(pieces => pieces.join(''))
const hostile = fc.tuple(fc.constantFrom('', 'Content-Type: multipart/mixed; boundary=b\r\n\r\n', 'Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n'), message).map(texts => texts.join(''))
const TIGHT = { headerBytes: 120, headerFields: 5, parts: 7, depth: 3, lineBytes: 100 }

describe('for any octets', () => {
  test('the events do not depend on how they are cut', () => {
    fc.assert(
      fc.property(hostile, fc.array(fc.nat(400), { maxLength: 20 }), fc.boolean(), (text, cuts, tight) => {
        const limits = tight ? TIGHT : {}
        expect(read(text, cuts, limits).log).toEqual(read(text, [], limits).log)
      }),
      { numRuns: 1500 },
    )
  })

  test('a message in single octets reads as in one piece', () => {
    const cuts = Array.from(MIXED, (_, index) => index)
    expect(read(MIXED, cuts).log).toEqual(read(MIXED).log)
    fc.assert(
      fc.property(hostile, text => {
        expect(read(text, Array.from(text, (_, i) => i), TIGHT).log).toEqual(read(text, [], TIGHT).log)
      }),
      { numRuns: 500 },
    )
  })

  test('nothing throws, every part ends, and every octet is accounted for', () => {
    const anything = fc.oneof(hostile, fc.uint8Array({ maxLength: 2000 }).map(bytes => Buffer.from(bytes).toString('latin1')))
    fc.assert(
      fc.property(anything, fc.boolean(), (text, tight) => {
        const result = read(text, [], tight ? TIGHT : {})
        expect(result.parts.every(({ tail }) => tail !== undefined)).toBe(true)
        expect(unaccounted(text, result)).toEqual([])
      }),
      { numRuns: 1500 },
    )
  })
})

/** Lines that belong to no header and no leaf, and are neither delimiter nor blank nor custom. */
function unaccounted(text: string, { parts }: ReadMessage): string[] {
  const covered = new Uint8Array(text.length)
  for (const { head, tail } of parts) {
    if (parts.some(({ head: outer }) => outer.kind === 'message' && outer.transferEncoding === 'base64')) return []
    covered.fill(1, head.offset, tail!.bodyOffset)
    if (head.kind === 'leaf') covered.fill(1, tail!.bodyOffset, tail!.bodyOffset + tail!.bodyLength)
  }
  const rest = Array.from(text, (char, index) => (covered[index] ? '\n' : char)).join('')
  return rest.split(/[\r\n]/).filter(line => !line.startsWith('--') && !isUsualSentence(line))
}
