/**
 * The mails that the benchmarks send. Each has a Message-ID of its own, by which the sink knows it again.
 *
 *   S    5 KB   text and HTML alternatives, as an office mail program writes them
 *   M  100 KB   longer alternatives and a 60 KB document
 */
import { MARK_PLACE } from '../../loadtest/mark.ts'
import { composeTemplate, type Template } from '../../loadtest/template.ts'

export type MailClass = 'S' | 'M'


const BOUNDARY = '----=_Part_1234_567890.1234567890'
const ALTERNATIVE = '----=_Alt_9876_543210.9876543210'
const DOCUMENT_BYTES = 60 * 1024
const TEXT_LINES = { S: 9, M: 36 } as const
const HTML_LINES = { S: 24, M: 90 } as const

export function mailTemplate(mailClass: MailClass): Template {
  const body = mailClass === 'S' ? alternatives('S', BOUNDARY) : mixed()
  const text = `${ourHeader()}Message-ID: <${MARK_PLACE}@sender.example>\r\nMIME-Version: 1.0\r\n${body}`
  return composeTemplate(mailClass, [{ text: Buffer.from(text) }])
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

function mixed(): string {
  return [
    `Content-Type: multipart/mixed; boundary="${BOUNDARY}"`,
    '',
    `--${BOUNDARY}`,
    alternatives('M', ALTERNATIVE),
    `--${BOUNDARY}`,
    'Content-Type: application/pdf; name="shiryo.pdf"',
    'Content-Disposition: attachment; filename="shiryo.pdf"',
    'Content-Transfer-Encoding: base64',
    '',
    base64(documentBytes()),
    `--${BOUNDARY}--`,
    '',
  ].join('\r\n')
}

function alternatives(mailClass: MailClass, boundary: string): string {
  const text = 'お世話になっております。会議の資料をお送りします。ご確認をお願いいたします。\r\n'.repeat(TEXT_LINES[mailClass])
  const row = '<p style=3D"margin:0">=E4=BC=9A=E8=AD=B0 =E4=BC=9A=E8=AD=B0 <b>=E8=B3=87=E6=96=99</b></p>=\r\n<br>'
  const link = '<a href=3D"https://www.sender.example/shiryo?id=3D42">=E8=B3=87=E6=96=99</a>=\r\n'
  return [
    `Content-Type: multipart/alternative; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    'Content-Type: text/plain; charset=UTF-8',
    'Content-Transfer-Encoding: base64',
    '',
    base64(Buffer.from(text)),
    `--${boundary}`,
    'Content-Type: text/html; charset=UTF-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    `<html><body>${row.repeat(HTML_LINES[mailClass])}${link}</body></html>`,
    `--${boundary}--`,
    '',
  ].join('\r\n')
}

/** Octets without a pattern, the same in every run. */
function documentBytes(): Buffer {
  const octets = Buffer.alloc(DOCUMENT_BYTES)
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
