/** Where mail is regular, an independent parser sees the same parts, names and texts. */
import fc from 'fast-check'
import { simpleParser } from 'mailparser'
import { expect, test } from 'vitest'
import { parseAddressList } from '../../../../core/mime/address.ts'
import { headerValue } from '../../../../core/mime/header.ts'
import { decodeUnstructured } from '../../../../core/mime/words.ts'
import { crlf, read } from './reading.ts'

const base64Lines = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64').replace(/.{76}/g, '$&\r\n')
const word = (text: string) => `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`
const quoted = (text: string) =>
  [...Buffer.from(text)].map(octet => `=${octet.toString(16).toUpperCase().padStart(2, '0')}`).join('').replace(/.{72}/g, '$&=\r\n')

const japanese = fc.string({ unit: fc.constantFrom(...'会議資料のご案内、第1回。abc '), minLength: 1, maxLength: 40 }).map(text => text.trim() || '議')
const file = fc.record({ name: japanese.map(name => `${name.replace(/\s/g, '_')}.bin`), bytes: fc.uint8Array({ minLength: 1, maxLength: 400 }), extended: fc.boolean() })
const mail = fc.record({ subject: japanese, sender: japanese, text: japanese, qp: fc.boolean(), files: fc.array(file, { maxLength: 4 }), nested: fc.boolean() })

type Mail = typeof mail extends fc.Arbitrary<infer T> ? T : never

function compose({ subject, sender, text, qp, files, nested }: Mail): string {
  const textPart = crlf('Content-Type: text/plain; charset=utf-8', `Content-Transfer-Encoding: ${qp ? 'quoted-printable' : 'base64'}`, '', qp ? quoted(text) : base64Lines(Buffer.from(text)))
  const body = nested ? crlf('Content-Type: multipart/alternative; boundary=inner', '', '--inner') + textPart + crlf('--inner--') : textPart
  const attached = files.map(({ name, bytes, extended }) => {
    const filename = extended ? `filename*=utf-8''${encodeURIComponent(name)}` : `filename="${word(name)}"`
    return crlf('--outer', 'Content-Type: application/octet-stream', `Content-Disposition: attachment; ${filename}`, 'Content-Transfer-Encoding: base64', '', base64Lines(bytes))
  })
  const header = crlf(`From: ${word(sender)} <a@example.jp>`, `Subject: ${word(subject)}`, 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=outer', '')
  return header + crlf('--outer') + body + attached.join('') + crlf('--outer--')
}

test('subject, sender, text and files are the same', async () => {
  await fc.assert(
    fc.asyncProperty(mail, async each => {
      const message = compose(each)
      const theirs = await simpleParser(message, { skipTextToHtml: true })
      const { parts } = read(message)
      const { header } = parts[0]!.head
      const ours = {
        subject: decodeUnstructured(headerValue(header, 'subject')!).text,
        from: parseAddressList(headerValue(header, 'from')!).addresses,
        text: parts.find(({ head }) => head.contentType.type === 'text/plain')!.data.toString().trim(),
        files: parts.filter(({ head }) => head.contentDisposition === 'attachment').map(({ head, data }) => [head.names.contentDisposition, data.toString('hex')]),
      }
      expect(ours).toEqual({
        subject: theirs.subject,
        from: theirs.from!.value.map(({ name, address }) => ({ name, address })),
        text: theirs.text!.trim(),
        files: theirs.attachments.map(({ filename, content }) => [filename, content.toString('hex')]),
      })
    }),
    { numRuns: 150 },
  )
})
