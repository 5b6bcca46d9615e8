/**
 * How fast is a message composed and verified?
 *
 *   npm run bench -- compose [rounds]
 *
 * The same letter, alone and with a file of 60 KB: composed by us, and by nodemailer's composer; then verified as the verifier
 * does it (one grammar, and the comparison with what was meant), beside mailparser, which reads anything.
 */
import { simpleParser } from 'mailparser'
import MailComposer from 'nodemailer/lib/mail-composer/index.js'
import { compose } from '../core/mime/compose.ts'
import { verifyComposed } from '../core/mime/verify.ts'
import type { QueueId } from '../core/smtp/envelope.ts'
import { type Contest, hold } from './load/contest.ts'

const TEXT = 'お世話になっております。会議の資料をお送りします。ご確認をお願いいたします。\n'.repeat(40)
const FILE = { name: '資料.csv', mediaType: 'text/csv', bytes: Buffer.from('品名,数量\r\n机,3\r\n'.repeat(2400)) }
const FIELDS = [
  { name: 'From', value: '=?UTF-8?B?5bGx55Sw5aSq6YOO?= <yamada@sender.example>' },
  { name: 'To', value: 'staff@town.example.jp' },
  { name: 'Subject', value: '=?UTF-8?B?5Lya6K2w44Gu6LOH5paZ?=' },
  { name: 'Date', value: 'Mon, 23 Nov 2026 09:30:00 +0900' },
  { name: 'Message-ID', value: '<1@sender.example>' },
]
const ALLOWED = new Set(['text/plain', 'text/csv'])

function contestsWith(name: string, files: readonly (typeof FILE)[]): Contest[] {
  const meant = { queueId: 'bench' as QueueId, fields: FIELDS, subject: '会議の資料', messageId: '<1@sender.example>', text: TEXT, iso2022Jp: undefined, files, seed: 'c0ffee00c0ffee00c0ffee00c0ffee00' }
  const { message, manifest } = compose(meant)
  const attachments = files.map(file => ({ filename: file.name, contentType: file.mediaType, content: file.bytes }))
  const letter = { from: '山田太郎 <yamada@sender.example>', to: 'staff@town.example.jp', subject: meant.subject, messageId: meant.messageId, text: TEXT, attachments }
  return [
    { name: `compose, ${name}`, bytes: message.length, contenders: { sekisho: () => compose(meant), nodemailer: () => new MailComposer(letter).compile().build() } },
    {
      name: `verify, ${name}`,
      bytes: message.length,
      contenders: { sekisho: async () => verified(message, manifest), mailparser: () => simpleParser(Buffer.from(message), { skipTextToHtml: true, skipImageLinks: true }) },
    },
  ]
}

function verified(...[message, manifest]: [Uint8Array, Parameters<typeof verifyComposed>[1]]): void {
  const different = verifyComposed(message, manifest, ALLOWED)
  if (different.length > 0) throw new Error(different.join('; '))
}

await hold([...contestsWith('letter', []), ...contestsWith('with a file', [FILE])])
