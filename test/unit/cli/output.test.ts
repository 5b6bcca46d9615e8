import { describe, expect, test } from 'vitest'
import { displayWidth, fields, harmless, type Output, print, size, table } from '../../../cli/output.ts'

const output: Output = { write: () => {}, json: false, color: false }

test.each([
  ['', 0],
  ['abc', 3],
  ['日本語', 6],
  ['ｱｲｳ', 3],
  ['Ａ', 2],
  ['ガ', 2],
  ['か\u3099', 2],
  ['é', 1],
  ['e\u0301', 1],
  ['👨‍👩‍👧', 2],
  ['한글', 4],
  ['𠮷', 2],
  ['①', 1],
])('%j takes %i columns', (text, width) => expect(displayWidth(text)).toBe(width))

describe('a table', () => {
  test('lines its columns up, numbers to the right, nothing trailing', () =>
    expect(
      table(
        output,
        ['名前', 'N', 'X'],
        [
          ['見積書', 5, 'a'],
          ['a', 123, ''],
        ],
      ),
    ).toBe('名前      N  X\n見積書    5  a\na       123\n'))

  test('without rows is its head', () => expect(table(output, ['A', 'B'], [])).toBe('A  B\n'))

  test('lets no text of a mail drive the terminal', () =>
    expect(table(output, ['S'], [['a\u001b[2J\r\nb\u202ec']])).toBe('S\na\ufffd[2J\ufffd\ufffdb\ufffdc\n'))

  test('marks its head only where colours are wanted', () => {
    expect(table({ ...output, color: true }, ['A'], [])).toBe('\u001b[1mA\u001b[22m\n')
  })
})

test('fields line up', () =>
  expect(
    fields(output, [
      ['ID', 'q'],
      ['件名', '見積\u0007'],
    ]),
  ).toBe('ID    q\n件名  見積\ufffd\n'))

test('JSON is the value, not the table', () => {
  let text = ''
  print(
    {
      ...output,
      json: true,
      write: each => {
        text += each
      },
    },
    { a: ['見積\u001b'] },
    () => 'table',
  )
  expect(text).toBe('{\n  "a": [\n    "見積\\u001b"\n  ]\n}\n')
})

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [1536 * 1024, '1.5 MiB'],
  [2 ** 50, '1024.0 TiB'],
])('%i bytes read %s', (bytes, text) => expect(size(bytes)).toBe(text))

test('harmless keeps what people read', () => expect(harmless('〔取消:…〕 é 👍')).toBe('〔取消:…〕 é 👍'))
