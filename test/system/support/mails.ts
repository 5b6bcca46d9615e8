/** Mixed mails, each with a unique token in its Subject and body: charsets, HTML, attachments of every fate, some large. */
import type { Mail } from './client.ts'

/** The same sentence in every charset: 調査票の提出についてお知らせします。 */
export const SENTENCE = '調査票の提出についてお知らせします。'
/** Stands at the end of every body: a file without it is half a message. */
export const LAST_WORDS = 'END-OF-BODY'
const ISO_2022_JP = Buffer.from('1b244244343a3a493c244e44733d50244b244424242446242a434e2469243b2437245e243921231b2842', 'hex')
const SHIFT_JIS = Buffer.from('92b28db8955b82cc92f18f6f82c982c282a282c482a8926d82e782b982b582dc82b78142', 'hex')

const PROGRAM = Buffer.concat([Buffer.from('MZ\x90\0\x03\0\0\0', 'latin1'), Buffer.alloc(56), Buffer.from('This program cannot be run in DOS mode.')])
/** The start of a ZIP whose only name is the macro project's. */
const MACRO_BOOK = Buffer.concat([Buffer.from('504b03041400000000000000210000000000040000000400000011000000', 'hex'), Buffer.from('xl/vbaProject.bin'), Buffer.from('vbaProject')])

type Kind = (token: string) => Buffer

const KINDS: readonly Kind[] = [
  token => single(token, 'text/plain; charset=utf-8', '8bit', Buffer.from(words(token, SENTENCE))),
  token => single(token, 'text/plain; charset=iso-2022-jp', '7bit', inCharset(token, ISO_2022_JP)),
  token => single(token, 'text/plain; charset=shift_jis', '8bit', inCharset(token, SHIFT_JIS)),
  token => single(token, 'text/html; charset=utf-8', 'base64', base64(Buffer.from(html(token)))),
  token => multipart(token, [['invoice.pdf.exe', 'application/pdf', PROGRAM]]),
  token => multipart(token, [['調査票.xlsm', 'application/vnd.ms-excel.sheet.macroEnabled.12', MACRO_BOOK]]),
  token => multipart(token, [['名簿.csv', 'text/csv', Buffer.from(`氏名,所属\r\n${token},総務課\r\n`)], ['setup.exe', 'application/octet-stream', PROGRAM]]),
]

/** `count` mails; `large` of them, spread evenly, carry 1 to 3 MB. Tokens start with `run`. */
export function* mixedMails(run: string, count: number, large: number): Generator<Mail> {
  const every = large > 0 ? Math.floor(count / large) : 0
  for (let index = 0; index < count; index++) {
    const token = `${run}-${String(index).padStart(6, '0')}`
    const isLarge = every > 0 && index % every === 0 && index / every < large
    const bytes = isLarge ? largeMail(token, 1_000_000 + (index % 3) * 1_000_000) : KINDS[index % KINDS.length]!(token)
    yield { token, bytes }
  }
}

/** A program of about `bytes` octets as an attachment, encoded to a third more. */
export function largeMail(token: string, bytes: number): Buffer {
  const body = Buffer.alloc(bytes * 0.73)
  for (let i = 0; i < body.length; i += 4) body.writeUInt32LE(Math.imul(i + 1, 2654435761) >>> 0, Math.min(i, body.length - 4))
  PROGRAM.copy(body)
  return multipart(token, [['large.exe', 'application/octet-stream', body]])
}

/** The same without ever holding it whole: for sizes that do not fit into memory. */
export function* largeMailPieces(token: string, bytes: number): Generator<Buffer> {
  const whole = largeMail(token, 1_000)
  const cut = whole.indexOf('\r\n', whole.indexOf('TVq')) + 2
  const [start, end] = [whole.subarray(0, cut), whole.subarray(cut)]
  const lines = Buffer.from('QUJD'.repeat(19).concat('\r\n').repeat(800))
  for (let written = start.length + end.length; written < bytes; written += lines.length) yield lines
  yield end
}

function words(token: string, sentence: string): string {
  return `${token}\r\n${sentence}\r\n.leading dot\r\n${LAST_WORDS}\r\n`
}

function inCharset(token: string, sentence: Buffer): Buffer {
  const [before = '', after = ''] = words(token, '|').split('|')
  return Buffer.concat([Buffer.from(before), sentence, Buffer.from(after)])
}

function html(token: string): string {
  return `<html><body><script>alert('${token}')</script><p onclick="x()">${token}</p><p>${SENTENCE}</p><p>${LAST_WORDS}</p></body></html>`
}

function head(token: string, fields: readonly string[]): Buffer {
  return Buffer.from(
    ['From: =?utf-8?B?6KaL5pys?= <sender@example.com>', 'To: <staff@town.example.jp>', `Subject: ${token} =?iso-2022-jp?B?GyRCRDQ6OhsoQg==?=`,
      'Date: Mon, 23 Nov 2026 09:00:00 +0900', `Message-ID: <${token}@example.com>`, 'MIME-Version: 1.0', ...fields, '', ''].join('\r\n'),
  )
}

function single(token: string, type: string, encoding: string, body: Buffer): Buffer {
  return Buffer.concat([head(token, [`Content-Type: ${type}`, `Content-Transfer-Encoding: ${encoding}`]), body])
}

function multipart(token: string, files: readonly (readonly [string, string, Buffer])[]): Buffer {
  const pieces = [head(token, ['Content-Type: multipart/mixed; boundary="b1"']), Buffer.from('--b1\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'), Buffer.from(words(token, SENTENCE))]
  for (const [name, type, content] of files) {
    const fields = `--b1\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename*=UTF-8''${encodeURIComponent(name)}\r\n\r\n`
    pieces.push(Buffer.from(fields), base64(content))
  }
  return Buffer.concat([...pieces, Buffer.from('--b1--\r\n')])
}

function base64(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('base64').replace(/.{1,76}/g, '$&\r\n'))
}
