/** Mails, mailboxes and winmail.dat as files. */
import { Buffer } from 'node:buffer'
import { simpleParser } from 'mailparser'
import { describe, expect, test } from 'vitest'
import { openArchive } from '../../../../../core/disarm/zip.ts'
import { checkCanonical } from '../../../../../core/mime/canonical.ts'
import { disarmerContract } from '../../../../contract/disarmer.contract.ts'
import { zipOf } from '../../../../support/archives.ts'
import { rebuildTestFile } from '../../../../support/disarm.ts'

const lines = (...text: string[]) => new Uint8Array(Buffer.from(text.join('\r\n')))
const base64 = (data: Uint8Array | string) => Buffer.from(data as string).toString('base64').replace(/.{76}/g, '$&\r\n')

const MAIL = lines(
  'Received: from x.example by y.example; Mon, 23 Nov 2026 09:00:00 +0900',
  'From: =?utf-8?B?5bGx55Sw?= <yamada@x.example>',
  'To: b@town.example.jp',
  'Subject: =?utf-8?B?6LOH5paZ?=',
  'Date: Mon, 23 Nov 2026 09:00:00 +0900',
  'Message-ID: <1@x.example>',
  'X-Script: <script>',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  '--b',
  'Content-Type: text/html; charset=utf-8',
  '',
  '<p>hello<script>alert(1)</script></p>',
  '--b',
  'Content-Type: text/csv; name=a.csv',
  'Content-Disposition: attachment; filename=a.csv',
  'Content-Transfer-Encoding: base64',
  '',
  base64('x,=1+1\n'),
  '--b',
  'Content-Type: application/octet-stream; name=run.exe',
  'Content-Disposition: attachment; filename=run.exe',
  'Content-Transfer-Encoding: base64',
  '',
  base64('MZ\x90\0\x03\0'),
  '--b--',
  '',
)
const PLAIN = lines('From: a@x.example', 'Subject: plain', '', 'hello', '')

disarmerContract('emlDisarmer', { bytes: PLAIN, detectedType: 'message/rfc822', tooFewBytes: 20, runs: 40 })

async function rebuilt(bytes: Uint8Array, type: string) {
  const result = await rebuildTestFile(bytes, type)
  if (result.kind === 'kept') throw new Error(result.reason)
  return result.file
}

async function namesIn(zip: Uint8Array): Promise<string[]> {
  const opened = await openArchive(zip, { reading: 'strict', entries: 50 })
  return opened.kind === 'open' ? opened.entries.map(entry => Buffer.from(entry.untrustedRawName).toString()) : []
}

describe('a mail as a file', () => {
  test('its text, its place in the thread, and its attachments rebuilt', async () => {
    const file = await rebuilt(MAIL, 'message/rfc822')
    expect(checkCanonical(file.bytes)).toBeUndefined()
    const parsed = await simpleParser(Buffer.from(file.bytes))
    expect([parsed.subject, parsed.from?.text, parsed.messageId, parsed.text?.trim()]).toEqual(['資料', '"山田" <yamada@x.example>', '<1@x.example>', 'hello'])
    expect(parsed.attachments.map(each => each.filename)).toEqual(['a.csv', 'run.exe.txt'])
    expect(parsed.attachments[0]!.content.toString()).toContain("'=1+1")
    expect(Buffer.from(file.bytes).toString('latin1')).not.toMatch(/script|Received|X-/i)
    expect(file.removed).toContainEqual({ what: 'archiveMembers', count: 1, detail: 'run.exe' })
    expect(file.members.map(member => [member.name, member.outcome])).toEqual([['a.csv', 'rebuilt'], ['run.exe', 'quarantined']])
  })

  test('again, it is the same', async () => {
    const once = await rebuilt(MAIL, 'message/rfc822')
    expect((await rebuilt(once.bytes, 'message/rfc822')).bytes).toEqual(once.bytes)
  })

  test('in an archive, and an archive in it', async () => {
    const inner = lines('From: a@x.example', 'Subject: zip', 'Content-Type: application/zip; name=a.zip', 'Content-Disposition: attachment', 'Content-Transfer-Encoding: base64', '', base64(zipOf([{ name: 'a.txt', content: 'x' }])), '')
    const file = await rebuilt(zipOf([{ name: 'mail.eml', content: inner }]), 'application/zip')
    expect(await namesIn(file.bytes)).toEqual(['mail.eml'])
    expect(file.members[0]!.members[0]!.members).toMatchObject([{ name: 'a.txt', outcome: 'rebuilt' }])
  })

  test('mails in mails in mails end at the depth that files may have', async () => {
    let mail = PLAIN
    for (let depth = 0; depth < 40; depth++) {
      mail = lines('From: a@x.example', `Subject: ${depth}`, 'Content-Type: application/octet-stream; name=m.eml', 'Content-Disposition: attachment', 'Content-Transfer-Encoding: base64', '', base64(mail), '')
      if (mail.length > 200_000) break
    }
    const file = await rebuilt(mail, 'message/rfc822')
    expect(JSON.stringify(file.members)).toContain('limit-exceeded')
  })
})

describe('containers of mails', () => {
  test('a mailbox becomes a ZIP of its mails', async () => {
    const box = Buffer.concat([Buffer.from('From a@x Mon Nov 23 09:00:00 2026\n'), PLAIN, Buffer.from('\nFrom b@x Mon Nov 23 10:00:00 2026\n'), Buffer.from('From: b@x.example\nSubject: two\n\nlines\n\n>From here on\nFrom there 2026\n')])
    const file = await rebuilt(new Uint8Array(box), 'application/mbox')
    expect(await namesIn(file.bytes)).toEqual(['1.eml', '2.eml'])
  })

  test('what is no mailbox is damaged', async () =>
    expect(await rebuildTestFile(lines('hello'), 'application/mbox')).toMatchObject({ kind: 'kept', reason: 'malformed' }))

  test('winmail.dat becomes a ZIP of its parts', async () => {
    const attribute = (level: number, id: number, type: number, data: Buffer) => {
      const head = Buffer.alloc(9)
      head[0] = level
      head.writeUInt16LE(id, 1)
      head.writeUInt16LE(type, 3)
      head.writeUInt32LE(data.length, 5)
      const sum = Buffer.alloc(2)
      sum.writeUInt16LE(data.reduce((total, octet) => (total + octet) & 0xffff, 0))
      return Buffer.concat([head, data, sum])
    }
    const winmail = Buffer.concat([
      Buffer.from('789f3e220100', 'hex'),
      attribute(1, 0x800c, 2, Buffer.from('hello\0')),
      attribute(2, 0x9002, 6, Buffer.alloc(14)),
      attribute(2, 0x8010, 1, Buffer.from('a.csv\0')),
      attribute(2, 0x800f, 6, Buffer.from('x,y\n')),
    ])
    expect(await namesIn((await rebuilt(new Uint8Array(winmail), 'application/ms-tnef')).bytes)).toEqual(['body.txt', 'a.csv'])
  })
})
