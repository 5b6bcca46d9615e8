import { Buffer } from 'node:buffer'
import { describe, expect, test } from 'vitest'
import { textDisarmer } from '../../../../core/disarm/text.ts'
import { disarmerContract } from '../../../contract/disarmer.contract.ts'
import { disarmInput } from '../../../support/disarm.ts'

const SAMPLE = new Uint8Array(Buffer.from('一行目\n二\u202e行目\x07\r\nthird\u200b line\n'))

const disarm = (source: string | Uint8Array, declaredCharset?: string) => {
  const untrustedBytes = typeof source === 'string' ? new Uint8Array(Buffer.from(source, 'latin1')) : source
  const result = textDisarmer.disarm(disarmInput(untrustedBytes, 'text/plain', { declaredCharset }))
  if (result instanceof Promise) throw new Error('light disarmers answer at once')
  return result
}
const textOf = (result: ReturnType<typeof disarm>) =>
  result.kind === 'rebuilt' ? Buffer.from(result.bytes).toString() : result.reason

disarmerContract('textDisarmer', { bytes: SAMPLE, detectedType: 'text/plain', tooFewBytes: 20 })

describe('textDisarmer', () => {
  test('writes UTF-8 with CRLF, and a mark when it is not ASCII', () => {
    expect(textOf(disarm('a\nb\r\n'))).toBe('a\r\nb\r\n')
    expect(textOf(disarm('\x82\xb1\n', 'shift_jis'))).toBe('\ufeffこ\r\n')
  })
  test('says what it removed', () => {
    expect(disarm(SAMPLE)).toMatchObject({
      removed: [
        { what: 'controlCharacters', count: 1 },
        { what: 'directionMarks', count: 1 },
        { what: 'invisibleCharacters', count: 1 },
      ],
      mediaType: 'text/plain',
      extension: 'txt',
    })
  })
  test('tolerates the end-of-file mark of old systems', () => expect(textOf(disarm('a\r\n\x1a'))).toBe('a\r\n'))
  test.each([
    ['a program', `MZ${'\x90\0\x03\0\0\0\x04\0\0\0\xff\xff'.repeat(20)}`],
    ['noise', Buffer.from(Array.from({ length: 2000 }, (_, index) => (index * index * 31 + index * 7) & 0xff))],
    ['nothing but NUL', '\0'.repeat(100)],
  ])('%s under a text label cannot', (_, source) =>
    expect(disarm(source)).toEqual({ kind: 'cannot', reason: 'malformed' }),
  )
  test('damage counts by what is left of the text, so that the own output is no noise', () => {
    const escapes = '\x1b[31m'.repeat(20)
    const bytes = Buffer.from(`ab\ufffd\ufffd\ufffd${escapes}${'c'.repeat(20)}`)
    expect(disarm(new Uint8Array(bytes), 'utf-8')).toEqual({ kind: 'cannot', reason: 'malformed' })
  })
  test.each([['nothing', ''], ['a byte order mark alone', '\xef\xbb\xbf'], ['invisible characters alone', '\xe2\x80\x8b'], ['an end-of-file mark', '\x1a']])(
    'a file of %s does not come out as an empty one',
    (_, source) => expect(disarm(source)).toEqual({ kind: 'cannot', reason: 'malformed' }),
  )
})

test.each([['notes.md', 'md'], ['server.LOG', 'log'], ['a.txt', 'txt'], ['config.ini', 'txt'], ['x', 'txt'], ['run.js', 'txt']])('%s keeps its name where that is harmless', (name, extension) => {
  const bytes = new Uint8Array(Buffer.from('# a\n'))
  expect(textDisarmer.disarm(disarmInput(bytes, 'text/plain', { name }))).toMatchObject({ kind: 'rebuilt', extension })
})
