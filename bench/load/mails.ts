/**
 * The mails that the benchmarks send. Each has a Message-ID of its own, by which the sink knows it again.
 *
 *   S      5 KB   text and HTML alternatives, as an office mail program writes them; every second one in ISO-2022-JP
 *   M    100 KB   longer alternatives and a 60 KB document
 *   L     14 MB   the same with a document of 10 MB
 *   X     68 MB   the same with a document of 50 MB
 *   mix           84 of 100 are S, 15 M, 1 L
 *   signed        S in UTF-8, signed with DKIM
 */
import { MARK_PLACE } from '../../loadtest/mark.ts'
import { composeTemplate, type Template } from '../../loadtest/template.ts'
import { signedMail } from './signed.ts'

export const MAIL_CLASSES = ['S', 'M', 'L', 'X', 'mix', 'signed'] as const
export type MailClass = (typeof MAIL_CLASSES)[number]
/** Of one kind of mail. */
export type MailSize = Exclude<MailClass, 'mix' | 'signed'>
type Charset = 'UTF-8' | 'ISO-2022-JP'

const BOUNDARY = '----=_Part_1234_567890.1234567890'
const ALTERNATIVE = '----=_Alt_9876_543210.9876543210'
const DOCUMENT_BYTES = { M: 60 * 1024, L: 10 * 2 ** 20, X: 50 * 2 ** 20 } as const

export function mailTemplate(size: MailSize, charset: Charset = 'UTF-8'): Template {
  return composeTemplate(size, [{ text: mailOf(size, charset) }])
}

function mailOf(size: MailSize, charset: Charset): Buffer {
  const body = size === 'S' ? alternatives('S', BOUNDARY, charset) : mixed(DOCUMENT_BYTES[size])
  return Buffer.from(`${ourHeader()}Message-ID: <${MARK_PLACE}@sender.example>\r\nMIME-Version: 1.0\r\n${body}`)
}

/** What is sent of a class, and how often each against the others. */
export async function templatesOf(mailClass: MailClass): Promise<{ readonly templates: readonly Template[]; readonly weights: readonly number[] }> {
  const small = () => [mailTemplate('S'), mailTemplate('S', 'ISO-2022-JP')]
  if (mailClass === 'mix') return { templates: [...small(), mailTemplate('M'), mailTemplate('L')], weights: [42, 42, 15, 1] }
  if (mailClass === 'signed') return { templates: [composeTemplate('signed', [{ text: await signedMail(mailOf('S', 'UTF-8')) }])], weights: [1] }
  if (mailClass === 'S') return { templates: small(), weights: [1, 1] }
  return { templates: [mailTemplate(mailClass)], weights: [1] }
}

function ourHeader(): string {
  const received = Array.from(
    { length: 3 },
    (_, i) =>
      `Received: from mx${i}.sender.example (mx${i}.sender.example [192.0.2.${i + 1}])\r\n` +
      `\tby hop${i}.sender.example (Postfix) with ESMTPS id 4X${i}abcdef\r\n` +
      `\tfor <staff@town.example.jp>; Mon, 23 Nov 2026 09:30:0${i} +0900 (JST)\r\n`,
  )
  return (
    `${received.join('')}From: =?UTF-8?B?5bGx55Sw5aSq6YOO?= <yamada@sender.example>\r\nTo: staff@town.example.jp\r\n` +
    'Subject: =?UTF-8?B?5Lya6K2w44Gu6LOH5paZ?=\r\nDate: Mon, 23 Nov 2026 09:30:00 +0900\r\n'
  )
}

function mixed(documentOctets: number): string {
  return [
    `Content-Type: multipart/mixed; boundary="${BOUNDARY}"`,
    '',
    `--${BOUNDARY}`,
    alternatives('M', ALTERNATIVE, 'UTF-8'),
    `--${BOUNDARY}`,
    'Content-Type: application/pdf; name="shiryo.pdf"',
    'Content-Disposition: attachment; filename="shiryo.pdf"',
    'Content-Transfer-Encoding: base64',
    '',
    base64(documentOf(documentOctets)),
    `--${BOUNDARY}--`,
    '',
  ].join('\r\n')
}

const ROWS = { S: { text: 9, html: 24 }, M: { text: 36, html: 90 } } as const
const TEXT_ROW = 'お世話になっております。会議の資料をお送りします。ご確認をお願いいたします。\r\n'
/** 会議 会議 資料, in octets of each charset. */
const WORDS = {
  'UTF-8': ['=E4=BC=9A=E8=AD=B0', '=E8=B3=87=E6=96=99'],
  'ISO-2022-JP': ['=1B$B2q5D=1B(B', '=1B$B;qNA=1B(B'],
} as const
/** The first line of TEXT_ROW. */
const TEXT_ROW_2022 = Buffer.from('\x1b$B$*@$OC$K$J$C$F$*$j$^$9!#2q5D$N;qNA$r$*Aw$j$7$^$9!#$43NG\'$r$*4j$$$$$?$7$^$9!#\x1b(B\r\n', 'latin1')

function alternatives(length: keyof typeof ROWS, boundary: string, charset: Charset): string {
  const [meeting, papers] = WORDS[charset]
  const text = charset === 'UTF-8' ? Buffer.from(TEXT_ROW.repeat(ROWS[length].text)) : Buffer.concat(Array<Buffer>(ROWS[length].text).fill(TEXT_ROW_2022))
  const row = `<p style=3D"margin:0">${meeting} ${meeting} <b>${papers}</b></p>=\r\n<br>`
  const link = `<a href=3D"https://www.sender.example/shiryo?id=3D42">${papers}</a>=\r\n`
  return [
    `Content-Type: multipart/alternative; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    `Content-Type: text/plain; charset=${charset}`,
    'Content-Transfer-Encoding: base64',
    '',
    base64(text),
    `--${boundary}`,
    `Content-Type: text/html; charset=${charset}`,
    'Content-Transfer-Encoding: quoted-printable',
    '',
    `<html><body>${row.repeat(ROWS[length].html)}${link}</body></html>`,
    `--${boundary}--`,
    '',
  ].join('\r\n')
}

/** Octets without a pattern, the same in every run. */
function documentOf(length: number): Buffer {
  const octets = Buffer.alloc(length)
  let state = 12_345
  for (let i = 0; i < octets.length; i++) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    octets[i] = state >>> 16
  }
  octets.write('%PDF-1.7\n')
  return octets
}

function base64(octets: Buffer): string {
  return octets.toString('base64').replace(/.{76}/g, '$&\r\n')
}
