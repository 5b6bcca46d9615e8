import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeHarmless, makeHarmlessLine } from '../../../../core/text/harmless.ts'
import { expectLinear } from '../../../support/linear.ts'

describe('makeHarmless', () => {
  test.each([
    ['line ends of every kind', 'a\r\nb\rc\r\r\nd\u2028e\u0085f\fg\u2029h', 'a\nb\nc\nd\ne\nf\ng\nh', []],
    ['NUL and BEL', 'a\0b\x07\tc', 'ab\tc', ['text.controls']],
    ['C1 controls', 'a\x84b', 'ab', ['text.controls']],
    ['colours of a terminal', 'x\x1b[31mred\x1b[0m', 'xred', ['text.escape-sequences']],
    ['a window title', 'x\x1b]0;title\x07y', 'xy', ['text.escape-sequences']],
    ['an unfinished title takes nothing with it', 'x\x1b]0;title\ny', 'x0;title\ny', ['text.escape-sequences']],
    ['an 8-bit control sequence', 'x\x9b2Jy', 'xy', ['text.escape-sequences']],
    ['direction overrides', 'evil\u202efdp.exe\u2066', 'evilfdp.exe', ['text.bidi']],
    ['zero-width characters', 'pass\u200bword\u2060\ufeff\u00ad', 'password', ['text.invisible']],
    ['tag characters', 'a\u{e0041}\u{e007f}b', 'ab', ['text.invisible']],
    ['Hangul fillers', 'a\u3164b\uffa0', 'ab', ['text.invisible']],
    ['a row of variation selectors', 'a\ufe0f\ufe0f\u{e0100}\u{e0101}b', 'ab', ['text.invisible']],
    ['a joiner between letters', 'a\u200db', 'ab', ['text.invisible']],
    ['a lone surrogate', 'a\ud800b', 'a\ufffdb', ['text.surrogates']],
    ['heaps of marks', `z${'\u0301'.repeat(50)}y`, `z${'\u0301'.repeat(4)}y`, ['text.combining']],
  ])('%s', (_, hostile, expected, codes) => {
    const { text, findings } = makeHarmless(hostile)
    expect(text).toBe(expected)
    expect(findings.map(each => each.code)).toEqual(codes)
  })

  test.each([
    ['Japanese', '見積書（第２版）～①㈱ ｱｲｳ\n\tか\u3099'],
    ['ideographic variants', '葛\u{e0100}城市、辻\u{e0101}'],
    ['emoji families and flags', '👨‍👩‍👧 ❤️ 1️⃣ 🇯🇵 👍🏽 🏳️‍🌈'],
    ['Persian joiners', 'می\u200cخواهم'],
    ['Sinhala joiners', 'ශ්\u200dරී'],
    ['Vietnamese, decomposed', 'Việt'.normalize('NFD')],
    ['non-breaking and ideographic spaces', 'a\u00a0b\u3000c'],
  ])('%s stays as it is', (_, text) => expect(makeHarmless(text)).toEqual({ text, findings: [] }))

  test('counts what it removed', () => {
    expect(makeHarmless('\u202aa\u202c\u202eb').findings).toEqual([{ code: 'text.bidi', detail: '3' }])
  })
})

describe('makeHarmlessLine', () => {
  test.each([
    ['one line', '  a\r\n\tb \u202e ', 100, 'a b'],
    ['cut with a mark', 'abcdef', 4, 'abc…'],
    ['exactly fitting', 'abcd', 4, 'abcd'],
    ['never half a character', '😀😀😀', 4, '😀…'],
    ['never a joiner at the end', '👍\u200d👍', 4, '👍…'],
    ['never a base without its mark', 'かか\u3099か', 3, 'か…'],
  ])('%s', (_, text, maxLength, expected) => expect(makeHarmlessLine(text, maxLength)).toBe(expected))
})

describe('for any text', () => {
  const unit = fc.oneof(
    fc.constantFrom(
      ...'\r\n\t\x1b[]\x07\x9b;m\0',
      '\u200c',
      '\u200d',
      '\ufe0f',
      '\u{e0100}',
      '葛',
      '😀',
      '\u0301',
      '\u3099',
      '\ud83d',
      '\ude00',
      '\u202e',
      'ا',
      '\u064b',
    ),
    fc.string({ maxLength: 3, unit: 'binary' }),
  )
  const noise = fc.array(unit, { maxLength: 30 }).map(units => units.join(''))
  test('no control, no lone surrogate and no override comes out', () => {
    fc.assert(
      fc.property(noise, hostile => {
        const { text } = makeHarmless(hostile)
        expect(text).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\u2028\u2029\ufeff]/)
        expect(text.isWellFormed()).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
  test('doing it again changes nothing', () => {
    fc.assert(
      fc.property(noise, hostile => {
        const { text } = makeHarmless(hostile)
        expect(makeHarmless(text)).toEqual({ text, findings: [] })
      }),
      { numRuns: 2000 },
    )
  })
  test('a line is one line of at most the length', () => {
    fc.assert(
      fc.property(noise, fc.integer({ min: 1, max: 20 }), (hostile, maxLength) => {
        const line = makeHarmlessLine(hostile, maxLength)
        expect(line).not.toMatch(/[\r\n\t]/)
        expect(line.length).toBeLessThanOrEqual(maxLength)
      }),
    )
  })
})

describe('hostile text is made harmless in linear time', () => {
  test.each([
    ['escapes', '\x1b'],
    ['unfinished control sequences', '\x1b[0'],
    ['unfinished strings', '\x1b]a'],
    ['joiners', '\u200d'],
    ['marks', '\u0301'],
    ['carriage returns', '\r'],
    ['variation selectors', '葛\u{e0100}'],
    ['escape intermediates', '\x1b   '],
  ])('%s', (_, unit) => expectLinear(size => unit.repeat(size), makeHarmless, 100_000))
})
