import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeText, encodeIso2022Jp } from '../../../../core/text/charset.ts'
import { expectLinear } from '../../../support/linear.ts'

const ESC = '\x1b'
const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))
const codesOf = (bytes: Uint8Array, label: string | undefined) =>
  decodeText(bytes, label).findings.map(each => each.code)

const JIS_HELLO = `${ESC}$B$3$s$K$A$O${ESC}(B`
const SJIS_HELLO = latin1('\x82\xb1\x82\xf1\x82\xc9\x82\xbf\x82\xcd')
const EUC_HELLO = latin1('\xa4\xb3\xa4\xf3\xa4\xcb\xa4\xc1\xa4\xcf')
const UTF8_HELLO = new Uint8Array(Buffer.from('こんにちは'))

describe('ISO-2022-JP as mailers really send it', () => {
  test.each([
    ['plain', 'iso-2022-jp', `${JIS_HELLO} hello`, 'こんにちは hello'],
    ['the 1978 designation', 'ISO-2022-JP', `${ESC}$@$3$s${ESC}(J!`, 'こん!'],
    ['NEC row 13', 'iso-2022-jp', `${ESC}$B-!-j${ESC}(B`, '①㈱'],
    ['NEC-selected IBM characters', 'cp50221', `${ESC}$B|b${ESC}(B`, '髙'],
    ['half-width kana by escape', 'cp50221', `${ESC}(I123${ESC}(B`, 'ｱｲｳ'],
    ['half-width kana by SO and SI', 'cp50222', 'a\x0e123\x0fb', 'aｱｲｳb'],
    ['half-width kana in 8 bits', 'iso-2022-jp-ms', `${JIS_HELLO}\xb1\xb2`, 'こんにちはｱｲ'],
    ['JIS X 0212', 'iso-2022-jp-1', `${ESC}$(D0!${ESC}(B`, '丂'],
    ['JIS X 0213 where it equals JIS X 0208', 'iso-2022-jp-3', `${ESC}$(O$3$s${ESC}(B`, 'こん'],
    ['Chinese and Korean in ISO-2022-JP-2', 'iso-2022-jp-2', `${ESC}$A0!${ESC}$(C0!${ESC}(B`, '啊가'],
    ['ISO-2022-KR', 'iso-2022-kr', `${ESC}$)C\n\x0e0!\x0f ok`, '\n가 ok'],
    ['a line end inside double-byte text', 'iso-2022-jp', `${ESC}$B$3$s\r\nabc`, 'こん\r\nabc'],
    ['a line end inside shifted-out kana', 'iso-2022-jp', '\x0e12\nabc', 'ｱｲ\nabc'],
    ['escapes that a gateway removed', 'iso-2022-jp', '$B$3$s$K$A$O(B hello', 'こんにちは hello'],
    ['dollars that were never escapes', 'iso-2022-jp', 'costs $B12 (B)', 'costs $B12 (B)'],
    ['JIS-Roman read as ASCII', 'iso-2022-jp', `${ESC}(JC:\\~${ESC}(B`, 'C:\\~'],
    ['half a character before a line end', 'iso-2022-jp', `${ESC}$B$3$\nabc`, 'こ\ufffd\nabc'],
    ['half a character before an escape', 'iso-2022-jp', `${ESC}$B$3$${ESC}(Babc`, 'こ\ufffdabc'],
    ['the 1990 revision prefix', 'iso-2022-jp', `${ESC}&@${ESC}$B$3${ESC}(B`, 'こ'],
  ])('%s', (_, label, source, expected) => expect(decodeText(latin1(source), label).text).toBe(expected))

  test('company characters become geta marks and are counted', () => {
    const { text, findings } = decodeText(latin1(`${ESC}$Bu!u"$3${ESC}(B`), 'iso-2022-jp')
    expect(text).toBe('〓〓こ')
    expect(findings).toEqual([{ code: 'charset.gaiji', detail: '2' }])
  })

  test('what means nothing is marked, not dropped', () => {
    expect(decodeText(latin1(`${ESC}$B))${ESC}(B`), 'iso-2022-jp')).toMatchObject({
      text: '\ufffd',
      findings: [{ code: 'charset.invalid', detail: '1' }],
    })
  })
})

describe('labels', () => {
  test.each([
    ['cp932', SJIS_HELLO],
    ['windows-31j', SJIS_HELLO],
    ['x-sjis', SJIS_HELLO],
    ['MS932', SJIS_HELLO],
    ['"Shift_JIS"', SJIS_HELLO],
    ['shift-jis; format=flowed', SJIS_HELLO],
    ['eucjp-ms', EUC_HELLO],
    ['CP51932', EUC_HELLO],
    ['x-euc-jp', EUC_HELLO],
    ['UTF8', UTF8_HELLO],
    ['utf_8', UTF8_HELLO],
  ])('%s is known', (label, bytes) => {
    expect(decodeText(bytes, label)).toMatchObject({ text: 'こんにちは', guessed: false, findings: [] })
  })

  test.each(['unknown-8bit', 'x-user-defined', 'replacement', '', 'constructor', '__proto__', 'x'.repeat(1000)])(
    '%s is unknown and leaves it to the bytes',
    label =>
      expect(decodeText(SJIS_HELLO, label)).toMatchObject({ text: 'こんにちは', charset: 'shift_jis', guessed: true }),
  )
})

describe('missing and wrong labels', () => {
  const labels = [undefined, 'us-ascii', 'utf-8', 'iso-8859-1', 'iso-2022-jp', 'euc-jp', 'shift_jis']
  const texts: readonly (readonly [string, Uint8Array])[] = [
    ['utf-8', UTF8_HELLO],
    ['shift_jis', SJIS_HELLO],
    ['euc-jp', EUC_HELLO],
    ['iso-2022-jp', latin1(JIS_HELLO)],
  ]
  const cases = texts.flatMap(([charset, bytes]) => labels.map(label => [charset, label, bytes] as const))
  test.each(cases)('%s labelled %s is read right, and noted', (charset, label, bytes) => {
    const decoded = decodeText(bytes, label)
    expect(decoded.text).toBe('こんにちは')
    expect(decoded.charset).toBe(charset)
    expect(decoded.guessed).toBe(label !== charset)
    expect(decoded.findings.map(each => each.code)).toEqual(label === charset ? [] : ['charset.guessed'])
  })

  test('ASCII without a label is no guess', () =>
    expect(decodeText(latin1('hello'), undefined)).toMatchObject({ guessed: false }))
  test('Western text stays Western', () => {
    expect(decodeText(latin1('na\xefve caf\xe9, \xfcber'), undefined)).toMatchObject({
      text: 'naïve café, über',
      charset: 'windows-1252',
    })
  })
  test('half-width kana in Shift_JIS stay so', () =>
    expect(decodeText(latin1('\xb1\xb2\xb3'), 'shift_jis').text).toBe('ｱｲｳ'))
  test('UTF-8 that was cut in a character keeps its label', () => {
    const cut = new Uint8Array(Buffer.from('途中で切れた文章です'.repeat(3)).subarray(0, -1))
    expect(decodeText(cut, 'utf-8')).toMatchObject({ charset: 'utf-8', guessed: false })
    expect(codesOf(cut, 'utf-8')).toEqual(['charset.invalid'])
  })
  test('the detail of a guess holds nothing unprintable', () => {
    const [finding] = decodeText(SJIS_HELLO, 'bad\x1b[31m\u202elabel').findings
    expect(finding?.detail).toBe('shift_jis (bad[31mlabel)')
  })
})

describe('Unicode forms', () => {
  const le = new Uint8Array(Buffer.from('日本語 text\r\n', 'utf16le'))
  const be = new Uint8Array(Buffer.from(le).swap16())
  const withMark = (mark: string, bytes: Uint8Array) =>
    new Uint8Array(Buffer.concat([Buffer.from(mark, 'latin1'), bytes]))
  test.each([
    ['utf-16le', le, false],
    ['utf-16be', be, false],
    ['utf-16', withMark('\xff\xfe', le), false],
    ['utf-16', withMark('\xfe\xff', be), false],
    ['utf-16', le, true],
    ['utf-16', be, true],
    ['utf-16le', withMark('\xfe\xff', be), true],
    [undefined, withMark('\xff\xfe', le), true],
  ])('UTF-16 labelled %s', (label, bytes, guessed) => {
    expect(decodeText(bytes, label)).toMatchObject({ text: '日本語 text\r\n', guessed })
  })
  test('UTF-32 in both orders, with bad code points marked', () => {
    expect(decodeText(latin1('\0\0\x30\x42\0\x01\xf6\0\0\x11\0\0'), 'utf-32be').text).toBe('あ😀\ufffd')
    expect(decodeText(latin1('\xff\xfe\0\0\x42\x30\0\0'), undefined)).toMatchObject({ text: 'あ', charset: 'utf-32le' })
  })
  test('a UTF-8 mark is dropped', () =>
    expect(decodeText(withMark('\xef\xbb\xbf', UTF8_HELLO), 'utf-8').text).toBe('こんにちは'))
  test('UTF-7 is read and always marked', () => {
    expect(decodeText(latin1('a +ADw-b+AD4- +- 1+1'), 'unicode-1-1-utf-7')).toMatchObject({ text: 'a <b> + 1+1' })
    expect(codesOf(latin1('+ADw-'), 'utf-7')).toEqual(['charset.utf7'])
  })
  test('UTF-7 is never guessed', () =>
    expect(decodeText(latin1('+ADw-script+AD4-'), undefined).text).toBe('+ADw-script+AD4-'))
})

describe('外字', () => {
  test.each([
    ['Shift_JIS', 'shift_jis', latin1('\x82\xb1\xf0\x40\xf9\xfc')],
    ['EUC-JP', 'euc-jp', latin1('\xa4\xb3\xf5\xa1\x8f\xf5\xa1')],
    ['UTF-8', 'utf-8', new Uint8Array(Buffer.from('こ\ue000\u{f0000}'))],
  ])('%s: two of them become 〓', (_, label, bytes) => {
    expect(decodeText(bytes, label)).toMatchObject({
      text: 'こ〓〓',
      findings: [{ code: 'charset.gaiji', detail: '2' }],
    })
  })
})

describe('for any bytes and label', () => {
  const someLabel = fc.oneof(
    fc.constantFrom(
      undefined,
      'utf-8',
      'utf-16',
      'utf-32',
      'iso-2022-jp',
      'iso-2022-kr',
      'shift_jis',
      'euc-jp',
      'utf-7',
      'gb18030',
    ),
    fc.string(),
  )
  // Octets of switches and leads, so that they meet often.
  const noise = fc.array(
    fc.constantFrom(0x1b, 0x24, 0x28, 0x42, 0x4a, 0x49, 0x0e, 0x0f, 0x0a, 0x8f, 0x8e, 0xa4, 0xf5, 0x21, 0x7e, 0),
    { maxLength: 60 },
  )
  test('never throws, and no private-use character comes out', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          noise.map(each => Uint8Array.from(each)),
        ),
        someLabel,
        (bytes, label) => {
          expect(decodeText(bytes, label).text).not.toMatch(/[\ue000-\uf8ff]|[\udb80-\udbff]/)
        },
      ),
      { numRuns: 1000 },
    )
  })
  test('what ISO-2022-JP can hold comes back', () => {
    const character = fc.constantFrom(...'あ漢字ー①㈱髙 aZ~\\\r\n～－')
    fc.assert(
      fc.property(fc.array(character), characters => {
        const text = characters.join('')
        const bytes = encodeIso2022Jp(text)
        return bytes !== undefined && decodeText(bytes, 'iso-2022-jp').text === text && bytes.every(byte => byte < 0x80)
      }),
    )
  })
})

describe('encodeIso2022Jp', () => {
  test.each(['😀', '鷗', 'é', '한', 'a\x1b$B'])('%j does not fit', text =>
    expect(encodeIso2022Jp(text)).toBeUndefined(),
  )
  test('every line ends in ASCII', () => {
    const text = Buffer.from(encodeIso2022Jp('日本\r\n語')!).toString('latin1')
    expect(text).toBe(`${ESC}$BF|K\\${ESC}(B\r\n${ESC}$B8l${ESC}(B`)
  })
  test('half-width kana become full-width, dashes and waves those of Windows', () => {
    expect(decodeText(encodeIso2022Jp('ｶﾞﾊﾟﾞ〜−—¥')!, 'iso-2022-jp').text).toBe('ガパ゛～－―￥')
  })
})

describe('hostile text is read in linear time', () => {
  test.each([
    ['escapes', `${ESC}$B`, 'iso-2022-jp'],
    ['alternating sets', `${ESC}$B!!${ESC}$(D0!`, 'iso-2022-jp'],
    ['lone escapes', ESC, 'iso-2022-jp'],
    ['lost escapes without an end', '$B$3', 'iso-2022-jp'],
    ['shifts', '\x0e\x0f', 'iso-2022-jp'],
    ['UTF-7 plus signs', '+AA', 'utf-7'],
    ['unlabelled noise', '\xa4\xff\x82', undefined],
  ])('%s', (_, unit, label) =>
    expectLinear(
      size => latin1(unit.repeat(size)),
      bytes => decodeText(bytes, label),
      200_000,
    ),
  )
})
