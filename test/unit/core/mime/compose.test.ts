import fc from 'fast-check'
import { simpleParser } from 'mailparser'
import { describe, expect, test } from 'vitest'
import { checkCanonical } from '../../../../core/mime/canonical.ts'
import { type Composition, compose } from '../../../../core/mime/compose.ts'
import { canonicalDate } from '../../../../core/mime/date.ts'
import { encodeParameter, encodePhrase, encodeUnstructured, foldField } from '../../../../core/mime/encode.ts'
import { parseParameterised } from '../../../../core/mime/params.ts'
import { decodeUnstructured } from '../../../../core/mime/words.ts'
import type { QueueId } from '../../../../core/smtp/envelope.ts'

function composition(changes: Partial<Composition> = {}): Composition {
  return {
    queueId: 'Q1' as QueueId,
    fields: [{ name: 'From', value: 'a@example.com' }, { name: 'Subject', value: 'x' }],
    subject: 'x',
    messageId: '',
    text: 'hello',
    iso2022Jp: undefined,
    files: [],
    seed: '00112233445566778899aabbccddeeff',
    ...changes,
  }
}

const line = fc.string({ unit: 'grapheme', maxLength: 120 }).map(text => text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '').replace(/\s+/g, ' ').trim())

describe('what is written is read back the same', () => {
  test('unstructured text', () =>
    fc.assert(
      fc.property(line, text => {
        const unfolded = foldField('Subject', encodeUnstructured(text)).replace(/^Subject: ?/, '').replace(/\r\n /g, ' ')
        expect(decodeUnstructured(unfolded).text.trim()).toBe(text)
      }),
    ))

  test('file names', () =>
    fc.assert(
      fc.property(line.filter(name => name !== ''), name => {
        const parsed = parseParameterised(['attachment', ...encodeParameter('filename', name)].join(''))
        expect(parsed.params.get('filename')).toBe(name)
      }),
    ))

  test('any text, by an independent parser', () =>
    fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 300 }).map(text => text.replace(/[\p{Cc}\p{Cs}]/gu, '\n').replace(/^\s+|\s+$/g, '')), async text => {
        const { message } = compose(composition({ text }))
        expect(checkCanonical(message)).toBeUndefined()
        const parsed = await simpleParser(Buffer.from(message), { skipTextToHtml: true })
        expect((parsed.text ?? '').replace(/\r\n/g, '\n').trim()).toBe(text.trim())
      }),
      { numRuns: 60 },
    ))
})

describe('the composed form', () => {
  test('has a multipart only when there are files', () => {
    expect(Buffer.from(compose(composition()).message).toString()).not.toContain('multipart')
    const mixed = compose(composition({ files: [{ name: '名簿.csv', mediaType: 'text/csv', bytes: Buffer.from('a,b') }] }))
    expect(Buffer.from(mixed.message).toString()).toContain('multipart/mixed; boundary="=_00112233445566778899aabbccddeeff"')
    expect(mixed.manifest.files).toMatchObject([{ name: '名簿.csv', bytes: 3 }])
  })

  test.each([
    ['a line that begins with From', 'From here on\n', 'base64'],
    ['a line with a space at its end', 'signature: \n-- ', 'base64'],
    ['plain ASCII', 'plain\ntext', '7bit'],
    ['a line of 2,000 characters', 'x'.repeat(2000), 'base64'],
    ['Japanese', '本文', 'base64'],
  ])('%s is sent as %s', (_name, text, encoding) => {
    const { message } = compose(composition({ text }))
    expect(Buffer.from(message).toString()).toContain(`Content-Transfer-Encoding: ${encoding}`)
    expect(checkCanonical(message)).toBeUndefined()
  })
})

describe('canonical form is checked octet by octet', () => {
  const good = 'Received: from a by b id Q1; x\r\nSubject: x\r\n\r\nbody\r\n'
  test('a good one passes', () => expect(checkCanonical(Buffer.from(good))).toBeUndefined())
  test.each([
    ['bare LF', good.replace('x\r\n\r\n', 'x\n\r\n')],
    ['bare CR', good.replace('body', 'bo\rdy')],
    ['NUL', good.replace('body', 'bo\0dy')],
    ['8-bit octet', good.replace('body', 'bo\u00e9dy')],
    ['a line of 999 octets', good.replace('body', 'b'.repeat(999))],
    ['no end of line at the end', good.slice(0, -2)],
    ['no end of header', 'Subject: x\r\n'],
    ['space before the colon', good.replace('Subject:', 'Subject :')],
    ['a header that begins folded', ` ${good}`],
    ['a line of blanks inside the header', good.replace('Subject', '  \r\nSubject')],
  ])('%s fails', (_name, text) => expect(checkCanonical(Buffer.from(text, 'latin1'))).toBeTypeOf('string'))
})

describe('display names', () => {
  test.each([
    ['Taro Yamada', 'Taro Yamada'],
    ['Yamada, Taro', '"Yamada, Taro"'],
    ['quote " and \\', '"quote \\" and \\\\"'],
    ['', ''],
  ])('%s → %s', (name, want) => expect(encodePhrase(name)).toBe(want))
})

describe('dates', () => {
  test.each([
    ['Mon, 23 Nov 2026 09:00:00 +0900', 'Mon, 23 Nov 2026 09:00:00 +0900'],
    ['23 Nov 26 9:00 JST', 'Mon, 23 Nov 2026 09:00:00 +0900'],
    ['Fri, 23 Nov 2026 09:00:00 (comment) GMT', 'Mon, 23 Nov 2026 09:00:00 +0000'],
    ['31 Feb 2026 09:00:00 +0900', undefined],
    ['yesterday', undefined],
    ['', undefined],
  ])('%s → %s', (written, want) => expect(canonicalDate(written)).toBe(want))
})
