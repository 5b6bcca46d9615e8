/** Hostile shapes: twice the input takes about twice the time, whatever it is made of. */
import { expect, test } from 'vitest'
import { parseAddressList } from '../../../../core/mime/address.ts'
import { parseParameterised } from '../../../../core/mime/params.ts'
import { DEFAULT_READER_LIMITS } from '../../../../core/mime/part.ts'
import { MimeReader } from '../../../../core/mime/reader.ts'
import { decodeUnstructured } from '../../../../core/mime/words.ts'
import { expectLinear } from '../../../support/linear.ts'

const IGNORE = { partStart: () => true, partData: () => undefined, partEnd: () => undefined, finding: () => undefined }
const WIDE = { headerBytes: 1 << 26, headerFields: 1 << 26, parts: 1 << 26, depth: 20, lineBytes: 1 << 26 }

/** Measures the whole message at once and in small chunks. */
function consume(message: string, limits = DEFAULT_READER_LIMITS, chunkBytes = 4096): void {
  const bytes = Buffer.from(message, 'latin1')
  const reader = new MimeReader(IGNORE, limits)
  for (let at = 0; at < bytes.length; at += chunkBytes) reader.write(bytes.subarray(at, at + chunkBytes))
  reader.end()
}

const MULTIPART = 'Content-Type: multipart/mixed; boundary=b\r\n\r\n'
const nest = (depth: number) => Array.from({ length: depth }, (_, i) => `Content-Type: multipart/mixed; boundary=x${i}x\r\n\r\n--x${i}x\r\n`).join('')

test.for([
  ['many parts', (n: number) => MULTIPART + '--b\r\n\r\nx\r\n'.repeat(n), 5000],
  ['many boundaries inside a line', (n: number) => `${MULTIPART}--b\r\n\r\n${'x--b'.repeat(n)}`, 20_000],
  ['many dashes', (n: number) => `Content-Type: multipart/mixed; boundary="-"\r\n\r\n${'-'.repeat(n)}`, 100_000],
  ['many lines of dashes', (n: number) => `Content-Type: multipart/mixed; boundary="-"\r\n\r\n---x${'\r\n---x'.repeat(n)}`, 20_000],
  ['boundaries of outer multiparts', (n: number) => nest(15) + '\r\n--x3xx'.repeat(n), 20_000],
  ['deep nesting', nest, 2000],
  ['messages in messages', (n: number) => 'Content-Type: message/rfc822\r\n\r\n'.repeat(n), 3000],
  ['short lines', (n: number) => `\r\n${'a\r\n'.repeat(n)}`, 300_000],
  ['LFs', (n: number) => `A: b\n\n${'\n'.repeat(n)}`, 300_000],
  ['CRs in the body', (n: number) => `\r\n${'\r'.repeat(n)}`, 300_000],
  ['CRs in the header', (n: number) => `A: b${'\r\r\n'.repeat(n)}`, 60_000],
  ['NULs', (n: number) => `\r\n${'\0'.repeat(n)}`, 300_000],
  ['blanks after a boundary', (n: number) => MULTIPART + `--b${' '.repeat(900)}\r\n\r\n`.repeat(n), 500],
  ['one line of base64', (n: number) => `Content-Transfer-Encoding: base64\r\n\r\n${'QUJD'.repeat(n)}`, 200_000],
  ['padding', (n: number) => `Content-Transfer-Encoding: base64\r\n\r\n${'QQ=='.repeat(n)}`, 100_000],
  ['blanks in quoted-printable', (n: number) => `Content-Transfer-Encoding: quoted-printable\r\n\r\n${' '.repeat(n)}x`, 300_000],
  ['a large preamble', (n: number) => MULTIPART + 'x'.repeat(n), 500_000],
] as const)('%s', ([, make, size]) => expectLinear(make as (size: number) => string, text => consume(text), size))

test.for([
  ['a header without an end', (n: number) => 'A: b\r\n'.repeat(n), 20_000],
  ['one endless field', (n: number) => `A: ${'x'.repeat(n)}`, 200_000],
  ['folds', (n: number) => `A: b${'\r\n c'.repeat(n)}\r\n\r\n`, 30_000],
  ['blank folds', (n: number) => `A: b${'\r\n '.repeat(n)}\r\n\r\n`, 30_000],
  ['fields that may occur once', (n: number) => 'Subject: b\r\n'.repeat(n), 10_000],
  ['parameters', (n: number) => `Content-Type: a/b${'; x=1'.repeat(n)}\r\n\r\n`, 100_000],
  ['semicolons', (n: number) => `Content-Disposition: a${';'.repeat(n)}\r\n\r\n`, 200_000],
] as const)('%s, when the limits allow it', ([, make, size]) => expectLinear(make as (size: number) => string, text => consume(text, WIDE), size))

test('a header in single octets', () => expectLinear(n => 'A: b\r\n'.repeat(n), text => consume(text, WIDE, 1), 10_000))
test('an attachment in single octets', () =>
  expectLinear(n => `${MULTIPART}--b\r\nContent-Transfer-Encoding: base64\r\n\r\n${'QUJD'.repeat(n)}`, text => consume(text, WIDE, 1), 20_000))

test.for([
  ['words', decodeUnstructured, '=?utf-8?Q?a?= '],
  ['beginnings of words', decodeUnstructured, '=?'],
  ['words without an end', decodeUnstructured, '=?utf-8?Q?a'],
  ['nested comments', parseAddressList, '('],
  ['half quotes', parseAddressList, '"a" '],
  ['angles', parseAddressList, '<'],
  ['groups', parseAddressList, 'a:'],
  ['commas', parseAddressList, 'a@b,'],
  ['words in addresses', parseAddressList, '=?utf-8?Q?a'],
  ['nested comments in parameters', parseParameterised, ';('],
  ['continuations', parseParameterised, ';a*1=b'],
  ['quotes', parseParameterised, ';a="\\"'],
] as const)('%s', ([, parse, unit]) => expectLinear(n => unit.repeat(n), text => void parse(text), 20_000))

test('memory does not grow with an attachment', () => {
  const chunk = Buffer.from(`${'QUJD'.repeat(19)}\r\n`.repeat(840))
  const reader = new MimeReader(IGNORE, DEFAULT_READER_LIMITS)
  reader.write(Buffer.from('Content-Transfer-Encoding: base64\r\n\r\n'))
  for (let i = 0; i < 200; i++) reader.write(chunk)
  const before = process.memoryUsage().arrayBuffers
  for (let i = 0; i < 1000; i++) reader.write(chunk)
  reader.end()
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 2 ** 20)
})
