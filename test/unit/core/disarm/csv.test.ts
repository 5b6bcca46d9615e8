import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { csvDisarmer } from '../../../../core/disarm/csv.ts'
import { disarmerContract } from '../../../contract/disarmer.contract.ts'
import { disarmInput } from '../../../support/disarm.ts'
import { expectLinear } from '../../../support/linear.ts'

const disarm = (text: string, detectedType = 'text/csv') => {
  const changes = { declaredCharset: 'utf-8', limits: { outputBytes: 50_000_000 } }
  const result = csvDisarmer.disarm(disarmInput(new Uint8Array(Buffer.from(text)), detectedType, changes))
  if (result instanceof Promise) throw new Error('light disarmers answer at once')
  if (result.kind !== 'rebuilt') throw new Error(result.reason)
  return result
}
/** Output without the mark, LF for CRLF. */
const rebuilt = (text: string, type?: string) =>
  Buffer.from(disarm(text, type).bytes).toString().slice(1).replaceAll('\r\n', '\n')

const SAMPLE = '名前,金額,備考\n"山田, 太郎",-1200,"=HYPERLINK(""http://x.example/"",""見る"")"\n@SUM(1),+5,"二\n行"\n'
disarmerContract('csvDisarmer', {
  bytes: new Uint8Array(Buffer.from(SAMPLE)),
  detectedType: 'text/csv',
  tooFewBytes: 40,
})
disarmerContract('csvDisarmer for TSV', {
  bytes: new Uint8Array(Buffer.from('a\t=1+1\tb\n"x\ty"\t-2\t-x\n')),
  detectedType: 'text/tab-separated-values',
  tooFewBytes: 15,
})

describe('formulas become text', () => {
  test.each([
    '=1+1',
    '+cmd|x',
    '-2+3',
    '@SUM(A1)',
    '=',
    '\uff1d1+1',
    '\uff0bcmd',
    '\uff20x',
    '-株式会社',
    '+81-3-1234-5678',
    "=cmd|' /C calc'!A0",
    '-1-1',
    '--1',
  ])('%s', cell => {
    const { bytes, removed } = disarm(`x,"${cell.replaceAll('"', '""')}",y\n`)
    expect(Buffer.from(bytes).toString()).toMatch(/^\ufeffx,"?'/)
    expect(removed).toEqual([{ what: 'csvFormulas', count: 1 }])
  })
  test.each([
    ['behind spaces', '  =1+1'],
    ['behind a line end', '\n=1+1'],
    ['behind a tab', '\t=1+1'],
    ['behind an invisible character', '\u200b=1+1'],
    ['behind a no-break space', '\u00a0=1+1'],
  ])('%s too', (_, cell) => expect(rebuilt(`x,"${cell}"\n`)).toMatch(/^x,"?'/))
  test('after the closing quote, where another reader would see them', () => {
    expect(rebuilt('a,""=1+1,b\n')).toBe("a,'=1+1,b\n")
  })
  test('in a quote that never closes', () => expect(rebuilt('a,"b\n=1+1,c\n')).toBe('a,"""b"\n\'=1+1,c\n'))
  test('behind a separator that Excel was told to use', () => {
    const { bytes, removed } = disarm('sep=;\na;=1+1\n')
    expect(Buffer.from(bytes).toString()).toBe("\ufeffa,'=1+1\r\n")
    expect(removed).toEqual([
      { what: 'csvFormulas', count: 1 },
      { what: 'separatorLine', count: 1 },
    ])
  })
  test('a second separator line is only text', () =>
    expect(rebuilt('sep=;\nsep=|\na|=1\n')).toBe('"\'sep=|"\n"a|=1"\n'))
})

describe('what is no formula stays as it is', () => {
  test.each([
    '-1200',
    '+5',
    '-1,234.50',
    '-0.5%',
    '-1.2E+10',
    '-\uffe51000',
    '-\\1000',
    '-',
    '---',
    '－',
    '－１２',
    '△5',
    '1-2',
    'a=b',
    "'=x",
    '2026-04-10',
  ])('%s', cell => expect(disarm(`x,"${cell}"\n`).removed).toEqual([]))
})

describe('the grammar', () => {
  test.each([
    ['quotes, separators and line ends in cells', '"a,b","c""d","e\nf"\n', '"a,b","c""d","e\nf"\n'],
    ['needless quotes', '"a","b"\n', 'a,b\n'],
    ['ragged rows', 'a\nb,c,d\n\ne,\n', 'a\nb,c,d\n\ne,\n'],
    ['a missing last line end', 'a,b', 'a,b\n'],
    ['quotes inside a cell', 'a"b,c\n', '"a""b",c\n'],
    ['semicolons as separators', 'a;b\nc;d\n', 'a,b\nc,d\n'],
    ['tabs as separators', 'a\tb\n', 'a,b\n'],
    ['semicolons in a comma file', 'a,b;c\n', 'a,"b;c"\n'],
  ])('%s', (_, source, expected) => expect(rebuilt(source)).toBe(expected))
  test('TSV stays TSV', () => expect(rebuilt('a\tb,c\n', 'text/tab-separated-values')).toBe('a\t"b,c"\n'))
})

test('always has a mark, so that Excel reads UTF-8', () =>
  expect([...disarm('a,b\n').bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]))

test.each(['', 'sep=;', 'sep=;\n'])('%j has no cell: kept back, not delivered empty', source =>
  expect(csvDisarmer.disarm(disarmInput(Buffer.from(source), 'text/csv'))).toEqual({ kind: 'cannot', reason: 'malformed' }))

test('binary content cannot', () => {
  const input = disarmInput(Buffer.from('PK\x03\x04\0\0\0\0\0\0\0\0'), 'text/csv')
  expect(csvDisarmer.disarm(input)).toEqual({ kind: 'cannot', reason: 'malformed' })
})

test('for any table, disarming the output changes nothing', () => {
  const piece = fc.constantFrom('"', ',', ';', '\t', '\n', '=', '-', '1', 'a', ' ', "'", 'sep=', '\uff1d', '|')
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 30 }),
      fc.constantFrom('text/csv', 'text/tab-separated-values'),
      (pieces, type) => {
        const table = pieces.join('')
        fc.pre(table.replace(/^"?sep=."?[ \t]*(?:\n|$)/i, '') !== '')
        const once = disarm(table, type)
        const again = disarm(Buffer.from(once.bytes).toString(), type)
        expect(Buffer.from(again.bytes).toString()).toBe(Buffer.from(once.bytes).toString())
        expect(again.removed).toEqual([])
      },
    ),
    { numRuns: 2000 },
  )
})

test.each([
  ['quotes', '"'],
  ['unclosed quotes', ',"a\n'],
  ['separators', ','],
  ['formulas', '=1,'],
  ['doubled quotes', '""'],
  ['minus signs', '-'],
])('is linear in %s', (_, unit) =>
  expectLinear(
    size => `a${unit.repeat(size)}`,
    text => disarm(text),
    50_000,
  ),
)
