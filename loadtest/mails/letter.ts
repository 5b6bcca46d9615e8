/**
 * A generated mail: header as office mail programs write it, text in one charset, perhaps HTML beside it, files.
 */
import { encodeParameter, encodePhrase, encodeUnstructured } from '../../core/mime/encode.ts'
import { CANARIES } from '../look.ts'
import { MARK_PLACE } from '../mark.ts'
import { type PackedFile, packedFile, type Piece } from '../template.ts'
import { type Charset, encodeText } from './charsets.ts'
import { type Chance, oneOf, paragraphs, PEOPLE, skewed, SUBJECTS } from './words.ts'

export type Attachment = { readonly name: string; readonly mediaType: string; readonly file: PackedFile }

export type Letter = {
  readonly charset: Charset
  readonly html: boolean
  readonly attachments: readonly Attachment[]
  /** Lines of text, about. */
  readonly typicalLines: number
}

const MIXED = '----=_sekisho_mixed_0001'
const ALTERNATIVE = '----=_sekisho_alternative_0002'

export function letterPieces({ charset, html, attachments, typicalLines }: Letter, chance: Chance): Piece[] {
  const lines = [
    `${oneOf(PEOPLE, chance)} 様`,
    '',
    ...paragraphs(skewed(3, typicalLines, 400, chance), chance),
    '',
    `整理番号 ${MARK_PLACE}`,
  ]
  const body = html
    ? alternatives(lines, charset, chance)
    : textPart(lines.join('\r\n') + '\r\n', 'text/plain', charset)
  if (attachments.length === 0) return [{ text: Buffer.from(topHeader(chance)) }, ...body]
  return [
    {
      text: Buffer.from(`${topHeader(chance)}Content-Type: multipart/mixed; boundary="${MIXED}"\r\n\r\n--${MIXED}\r\n`),
    },
    ...body,
    ...attachments.flatMap(attachmentPieces),
    { text: Buffer.from(`--${MIXED}--\r\n`) },
  ]
}

/** Up to MIME-Version; what the body is comes next. */
export function topHeader(chance: Chance): string {
  const name = oneOf(PEOPLE, chance)
  const received = [1, 2].map(
    hop =>
      `Received: from mail${hop}.loadtest.example (mail${hop}.loadtest.example [192.0.2.${hop}])\r\n\tby relay${hop}.loadtest.example with ESMTPS id lt${hop};\r\n\tMon, 6 Apr 2026 09:30:0${hop} +0900`,
  )
  return [
    ...received,
    `From: ${encodePhrase(name)} <yamada@loadtest.example>`,
    `To: ${encodePhrase('町役場')} <staff@town.example.jp>`,
    `Subject: ${encodeUnstructured(oneOf(SUBJECTS, chance))}`,
    'Date: Mon, 6 Apr 2026 09:30:00 +0900',
    `Message-ID: <${MARK_PLACE}@loadtest.example>`,
    'MIME-Version: 1.0',
    '',
  ].join('\r\n')
}

function attachmentPieces({ name, mediaType, file }: Attachment): Piece[] {
  const header = [
    `--${MIXED}`,
    `Content-Type: ${mediaType}`,
    `Content-Disposition: attachment${encodeParameter('filename', name)
      .join('\r\n')
      .replace(/(^|\r\n); /g, ';\r\n ')}`,
    'Content-Transfer-Encoding: base64',
    '',
    '',
  ]
  return [{ text: Buffer.from(header.join('\r\n')) }, { file }]
}

function alternatives(lines: readonly string[], charset: Charset, chance: Chance): Piece[] {
  const delimiter = (end: string) => ({ text: Buffer.from(`--${ALTERNATIVE}${end}\r\n`) })
  return [
    { text: Buffer.from(`Content-Type: multipart/alternative; boundary="${ALTERNATIVE}"\r\n\r\n`) },
    delimiter(''),
    ...textPart(lines.join('\r\n') + '\r\n', 'text/plain', charset),
    delimiter(''),
    ...textPart(htmlOf(lines, charset, chance), 'text/html', charset),
    delimiter('--'),
  ]
}

function htmlOf(lines: readonly string[], charset: Charset, chance: Chance): string {
  const style = ['margin:0', 'margin:0;font-family:"ＭＳ ゴシック"', 'color:#1F497D']
  const rows = lines.map(
    line => `<p class=MsoNormal style='${oneOf(style, chance)}'><span lang=JA>${line || '&nbsp;'}</span></p>`,
  )
  return (
    `<html><head><meta http-equiv="Content-Type" content="text/html; charset=${charset}"><style>p.MsoNormal{font-size:10.5pt}</style>` +
    `<script>/* ${CANARIES.script} */</script></head>\r\n<body lang=JA>${rows.join('\r\n')}` +
    `<p><a href="https://www.loadtest.example/shiryo?id=42">資料のページ</a></p></body></html>\r\n`
  )
}

/** ISO-2022-JP as 7bit and Shift_JIS as 8bit, as they come; the others in base64. */
export function textPart(text: string, mediaType: string, charset: Charset): Piece[] {
  const octets = encodeText(text, charset)
  const encoding = charset === 'iso-2022-jp' ? '7bit' : charset === 'shift_jis' ? '8bit' : 'base64'
  const header = Buffer.from(
    `Content-Type: ${mediaType}; charset=${charset}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`,
  )
  if (encoding === 'base64') return [{ text: header }, { file: packedFile(octets) }]
  return [{ text: Buffer.concat([header, octets]) }]
}
