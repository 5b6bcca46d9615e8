import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeUnstructured } from '../../../../core/mime/words.ts'

const word = (bytes: Uint8Array | string, charset = 'utf-8') => `=?${charset}?B?${Buffer.from(bytes as string).toString('base64')}?=`
const SJIS = Buffer.from([0x8e, 0xc0, 0x8c, 0xb1]) // 実験
const JIS = '\x1b$B;32;\x1b(B'

describe('decodeUnstructured', () => {
  test.for([
    ['plain text', 'Re: hello', 'Re: hello'],
    ['a word', word('会議'), '会議'],
    ['a Q word', '=?utf-8?q?a_b=3F?=', 'a b?'],
    ['blanks between words are dropped', `${word('会')} \t ${word('議')}`, '会議'],
    ['blanks between word and text are kept', `x ${word('会')} y`, 'x 会 y'],
    ['words of two charsets', `${word('会')} ${word(SJIS, 'shift_jis')}`, '会実験'],
    ['language suffix', word('会', 'utf-8*ja'), '会'],
    ['cp932', word(SJIS, 'cp932'), '実験'],
    ['iso-2022-jp-ms', `=?iso-2022-jp-ms?B?${Buffer.from(JIS, 'latin1').toString('base64')}?=`, '山音'],
    ['empty word', '=?utf-8?B??=', ''],
    ['no encoding', '=?utf-8?X?abc?=', '=?utf-8?X?abc?='],
    ['no end', '=?utf-8?B?44GC', '=?utf-8?B?44GC'],
  ] as const)('%s', ([, value, text]) => expect(decodeUnstructured(value).text).toBe(text))

  test('a character cut in two by words of one charset is put together', () => {
    const octets = Buffer.from('会議資料')
    const value = Array.from({ length: 6 }, (_, i) => word(octets.subarray(i * 2, i * 2 + 2), i % 2 ? 'UTF-8' : 'utf-8')).join(' ')
    expect(decodeUnstructured(value)).toEqual({ text: '会議資料', findings: [] })
  })

  test.for([
    ['missing blank', `${word('会')}${word('議')}`, '会議', 'header.word-unseparated'],
    ['glued to text', `a${word('会')}b`, 'a会b', 'header.word-unseparated'],
    ['blank inside', '=?utf-8?Q?a b?=', 'a b', 'header.word-malformed'],
    ['padding missing', '=?utf-8?B?44GC44E?=', undefined, 'header.word-malformed'],
    ['padding inside', '=?utf-8?B?QQ==QkI=?=', undefined, 'header.word-malformed'],
    ['url alphabet', '=?utf-8?B?Q-U-J-D?=', undefined, 'header.word-malformed'],
    ['bad Q escape', '=?utf-8?Q?=zz?=', '=zz', 'header.word-malformed'],
    ['line end smuggled in', word('a\r\nBcc: x@y'), 'a\r\nBcc: x@y', 'header.word-control'],
    ['raw Shift_JIS', `x ${SJIS.toString('latin1')}`, undefined, 'header.raw-octets'],
    ['raw ISO-2022-JP', JIS, '山音', 'header.raw-octets'],
    ['unknown charset', word(SJIS, 'no-such-charset'), undefined, 'charset.guessed'],
  ] as const)('%s is told', ([, value, text, code]) => {
    const decoded = decodeUnstructured(value)
    if (text !== undefined) expect(decoded.text).toBe(text)
    expect(decoded.findings.map(finding => finding.code)).toContain(code)
  })

  test('any text of ours comes back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }).filter(text => text.isWellFormed() && !/[\uE000-\uF8FF\u{F0000}-\u{10FFFF}]/u.test(text)), text => {
        expect(decodeUnstructured(word(text)).text).toBe(text.replace(/^\uFEFF/, ''))
      }),
    )
  })

  test('never throws', () => {
    const piece = fc.constantFrom('=?', '?=', 'utf-8', '?B?', '?q?', 'QUJD', '=', '_', ' ', '\x1b$B', '\xe3', '?', 'a')
    fc.assert(fc.property(fc.array(piece), pieces => void decodeUnstructured(pieces.join(''))))
  })
})
