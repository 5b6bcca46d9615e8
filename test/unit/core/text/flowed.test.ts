import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { unflow } from '../../../../core/text/flowed.ts'
import { expectLinear } from '../../../support/linear.ts'

describe('unflow', () => {
  test.each([
    ['joins soft-broken lines', 'one \ntwo \nthree\nfour', 'one two three\nfour'],
    ['takes CRLF', 'one \r\ntwo\r\n', 'one two\n'],
    ['keeps the depth of quotation', '>> a \n>> b\n> c', '>> a b\n> c'],
    ['does not join across depths', '> a \nb', '> a\nb'],
    ['takes the stuffed space off', ' >not a quote\n From here', '>not a quote\nFrom here'],
    ['does not join into a signature', 'text \n-- \nname', 'text\n-- \nname'],
    ['keeps empty lines', 'a \n\nb', 'a\n\nb'],
    ['ends an open paragraph at the end', 'a \nb ', 'a b'],
    ['keeps empty quoted lines bare', '> a\n>\n> b', '> a\n>\n> b'],
    ['caps absurd depth', `${'>'.repeat(1000)} a`, `${'>'.repeat(50)} a`],
  ])('%s', (_, flowed, expected) => expect(unflow(flowed, { delSp: false })).toBe(expected))

  test('takes the added space away with DelSp', () => {
    expect(unflow('長い \n文章 \nです', { delSp: true })).toBe('長い文章です')
  })

  test('loses no character but spaces, for any text', () => {
    const piece = fc.constantFrom('>', ' ', '\n', 'a', '-- \n')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.boolean(), (pieces, delSp) => {
        const letters = (text: string) => text.replace(/[^a]/g, '')
        expect(letters(unflow(pieces.join(''), { delSp }))).toBe(letters(pieces.join('')))
      }),
    )
  })

  test('takes two megabytes at once', () => {
    const text = 'word word word word word word word \n'.repeat(60_000)
    expect(unflow(text, { delSp: false })).toHaveLength(text.length - 60_000)
  })

  test.each([
    ['soft breaks', 'a \n'],
    ['quotation marks', '>'],
    ['spaces', ' '],
    ['alternating depths', '> a \nb \n'],
  ])('is linear in %s', (_, unit) =>
    expectLinear(
      size => unit.repeat(size),
      text => unflow(text, { delSp: true }),
      100_000,
    ),
  )
})
