import { hash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Manifest } from '../../../../core/job.ts'
import { type Composition, compose } from '../../../../core/mime/compose.ts'
import { encodeUnstructured } from '../../../../core/mime/encode.ts'
import { verifyComposed } from '../../../../core/mime/verify.ts'
import { encodeIso2022Jp, inJisCharacters } from '../../../../core/text/iso2022jp-encode.ts'
import type { QueueId } from '../../../../core/smtp/envelope.ts'

const ALLOWED = new Set(['text/plain', 'text/csv', 'application/pdf'])
const SEED = '00'.repeat(16)
const FILE = { name: '名簿.csv', mediaType: 'text/csv', bytes: Buffer.from('a,b\r\n1,2\r\n') }

function composed(changes: Partial<Composition> & { readonly subject?: string } = {}) {
  const subject = changes.subject ?? '会議のお知らせ'
  return compose({
    queueId: 'q1' as QueueId,
    fields: [
      { name: 'Received', value: 'from a by b; Thu, 01 Jan 2026 00:00:00 +0900' },
      { name: 'Received', value: 'from c by a; Thu, 01 Jan 2026 00:00:00 +0900' },
      { name: 'From', value: '=?UTF-8?B?5bGx55Sw?= <a@example.jp>' },
      { name: 'Subject', value: encodeUnstructured(subject) },
      { name: 'Message-ID', value: '<1@example.jp>' },
    ],
    subject,
    messageId: '<1@example.jp>',
    text: '本文\n\n  二行目  \n',
    iso2022Jp: undefined,
    files: [],
    seed: SEED,
    ...changes,
  })
}

describe('what compose made is found again', () => {
  const LONG_NAME = `${'長い名前'.repeat(40)}.csv`
  test.each<[string, Partial<Composition>]>([
    ['text alone', {}],
    ['plain ASCII', { text: 'Hello.\nHow are you?', subject: 'Hello' }],
    ['no text', { text: '' }],
    ['no subject', { subject: '' }],
    ['a long subject', { subject: '長い件名 '.repeat(40).trim() }],
    ['a subject that looks encoded', { subject: '=?UTF-8?B?AAAA?=' }],
    ['a subject with spaces around', { subject: '  a  b ' }],
    ['text that begins with From', { text: 'From here\nFrom there' }],
    ['text with dots and dashes', { text: '.\n..\n--\n--boundary--\n.' }],
    ['very long lines', { text: 'x'.repeat(5000) }],
    ['emoji', { text: '𠮷野家👩‍👩‍👧', subject: '𠮷👍' }],
    ['one file', { files: [FILE] }],
    [
      'several files, one of them empty',
      { files: [FILE, { name: 'b.txt', mediaType: 'text/plain', bytes: new Uint8Array() }, FILE] },
    ],
    ['a large file', { files: [{ ...FILE, bytes: Buffer.alloc(300_000, 'abc\n') }] }],
    ['a long name', { files: [{ ...FILE, name: LONG_NAME }] }],
    ['a name with quotes', { files: [{ ...FILE, name: `a "b" 'c' \\ (d); e=%41.csv` }] }],
    ['a file without text', { text: '', files: [FILE] }],
  ])('%s', (_name, changes) => {
    const { message, manifest } = composed(changes)
    expect(verifyComposed(message, manifest, ALLOWED)).toEqual([])
  })

  test('every character that ISO-2022-JP has', () => {
    const units = Array.from({ length: 0xffff }, (_, unit) => String.fromCharCode(unit)).filter(each => each > '\x7f' && !/[\ud800-\udfff]/.test(each) && encodeIso2022Jp(each))
    expect(units.length).toBeGreaterThan(7_000)
    const text = units.map((each, index) => (index % 40 === 39 ? `${each}\n` : each)).join('')
    const { message, manifest } = composed({ text: inJisCharacters(text), iso2022Jp: encodeIso2022Jp(text.replaceAll('\n', '\r\n'))! })
    expect(Buffer.from(message).toString('latin1')).toContain('charset=iso-2022-jp')
    expect(verifyComposed(message, manifest, ALLOWED)).toEqual([])
  })
})

describe('a message that is not what was meant differs', () => {
  const replaced = (from: string, to: string, changes?: Partial<Composition>) => {
    const { message, manifest } = composed(changes)
    const text = Buffer.from(message).toString('latin1')
    expect(text).toContain(from)
    return { message: Buffer.from(text.replace(from, to), 'latin1'), manifest }
  }
  const meantFields = (more: string) => {
    const { manifest } = composed()
    return { manifest: { ...manifest, fields: manifest.fields.flatMap(name => (name === 'mime-version' ? [more, name] : [name])) } }
  }
  const meant = (change: Partial<Manifest>, changes?: Partial<Composition>) => {
    const { message, manifest } = composed(changes)
    return { message, manifest: { ...manifest, ...change } }
  }
  const HTML_PART = '--=_' + SEED + '\r\nContent-Type: text/html\r\n\r\n<b>x</b>\r\n--=_' + SEED

  test.each<[string, { message: Uint8Array; manifest: Manifest }, RegExp]>([
    ['a field too many', replaced('Subject:', 'Bcc: x@example.jp\r\nSubject:'), /fields/],
    ['a field missing', meant({ fields: ['received'] }), /fields/],
    [
      'fields in another order',
      replaced('Message-ID: <1@example.jp>\r\nMIME-Version: 1.0', 'MIME-Version: 1.0\r\nMessage-ID: <1@example.jp>'),
      /fields/,
    ],
    ['another subject', meant({ subject: '別の件名' }), /subject/],
    ['another message id', meant({ messageId: '<2@example.jp>' }), /message id/],
    ['another text', meant({ textSha256: hash('sha256', 'x') }), /text/],
    ['HTML instead of text', replaced('text/plain', 'text/html', { text: 'a' }), /type: .*html/],
    ['an HTML part beside the text', replaced('--=_' + SEED, HTML_PART, { files: [FILE] }), /type: .*html/],
    ['a file nobody meant', meant({ files: [] }, { files: [FILE] }), /1 files instead of 0/],
    [
      'a file missing',
      meant({ files: [{ name: 'a', mediaType: 'text/csv', bytes: 1, sha256: '' }] }),
      /0 files instead of 1/,
    ],
    [
      'a file of another name',
      replaced('; filename="a.csv', '; filename="a.exe', { files: [{ ...FILE, name: 'a.csv' }] }),
      /name/,
    ],
    [
      'a file of two names',
      replaced('; name="a.csv', '; name="a.exe', { files: [{ ...FILE, name: 'a.csv' }] }),
      /name/,
    ],
    ['a file without a name', replaced('; filename="a.csv"', '', { files: [{ ...FILE, name: 'a.csv' }] }), /name/],
    ['a file of another type', replaced('text/csv', 'text/plain', { files: [FILE] }), /type/],
    ['a file with other content', replaced('YSxiDQ', 'YSxjDQ', { files: [FILE] }), /content/],
    [
      'a file with a field of its own',
      replaced('Content-Disposition', 'Content-ID: <x>\r\nContent-Disposition', { files: [FILE] }),
      /fields/,
    ],
    [
      'a file shown inline',
      replaced('attachment;', 'inline;', { files: [{ ...FILE, name: 'a.csv' }] }),
      /not an attachment|files/,
    ],
    [
      'a file of a type that may not leave',
      composed({ files: [{ ...FILE, mediaType: 'application/x-msdownload' }] }),
      /may not leave/,
    ],
    ['another boundary', replaced('boundary="=_', 'boundary="=-', { files: [FILE] }), /./],
    ['nothing at all', { ...composed(), message: new Uint8Array() }, /fields/],
    ['octets before the first part', replaced('\r\n\r\n--=_', '\r\n\r\nhidden\r\n--=_', { files: [FILE] }), /begin with its boundary/],
    ['octets behind the last part', replaced(`${SEED}--\r\n`, `${SEED}--\r\nhidden\r\n`, { files: [FILE] }), /multipart/],
    ['octets behind a boundary', replaced(`--=_${SEED}\r\n`, `--=_${SEED} \r\n`, { files: [FILE] }), /boundary/],
    ['no end', replaced(`--=_${SEED}--\r\n`, '', { files: [FILE] }), /does not end/],
    ['a second Content-Type that the manifest names', { ...replaced('MIME-Version', 'Content-Type: text/html\r\nMIME-Version'), ...meantFields('content-type') }, /structural fields/],
    ['a parameter nobody meant', replaced('charset=utf-8', 'charset=utf-8; name=a.exe'), /type/],
    ['a parameter of a file nobody meant', replaced('; name="a.csv"', '; name="a.csv"; x=y', { files: [{ ...FILE, name: 'a.csv' }] }), /name/],
    ['text in quoted-printable', replaced('Encoding: base64', 'Encoding: quoted-printable'), /encoding/],
    ['text in an unknown charset', replaced('charset=utf-8', 'charset=utf-7'), /type/],
    ['base64 with white space in a line', replaced('YSxiDQ', 'YSx iDQ', { files: [FILE] }), /base64/],
    ['base64 in short lines', replaced('YSxiDQ', 'YSxi\r\nDQ', { files: [FILE] }), /base64/],
    ['base64 with padding within', replaced('YSxiDQ', 'YS==iDQ', { files: [FILE] }), /base64/],
    ['base64 that ends in the middle', replaced('LDINCg==', 'LDINCg=', { files: [FILE] }), /base64/],
    ['base64 with bits that mean nothing', replaced('LDINCg==', 'LDINCh==', { files: [FILE] }), /base64/],
    ['text that is no UTF-8', replaced('5pys5paH', '5pys5pb/'), /is not utf-8/],
    ['a subject in quoted-printable', replaced('=?UTF-8?B?5Lya6K2w', '=?UTF-8?Q?5Lya6K2w'), /subject/],
    ['two subjects', replaced('Subject:', 'Subject: x\r\nSubject:'), /subject twice/],
    ['a line without a colon', replaced('Subject:', 'Subject\r\nSubject:'), /fields/],
    ['another multipart', replaced('multipart/mixed', 'multipart/alternative', { files: [FILE] }), /type/],
  ])('%s', (_name, { message, manifest }, difference) => {
    expect(verifyComposed(message, manifest, ALLOWED).join('\n')).toMatch(difference)
  })
})

test('octets of any kind differ and never throw', () => {
  const { manifest } = composed()
  for (const octets of [
    '\0',
    '\r\n\r\n',
    'Content-Type: multipart/mixed; boundary=a\r\n\r\n' + '--a\r\n'.repeat(5000),
    '('.repeat(100_000),
  ]) {
    expect(verifyComposed(Buffer.from(octets, 'latin1'), manifest, ALLOWED).length).toBeGreaterThan(0)
  }
})
