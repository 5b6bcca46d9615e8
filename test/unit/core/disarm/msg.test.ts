import { Buffer } from 'node:buffer'
import { simpleParser } from 'mailparser'
import { describe, expect, test } from 'vitest'
import { msgDisarmer } from '../../../../core/disarm/msg/disarm.ts'
import { writeCompound } from '../../../../core/disarm/ole/cfb-write.ts'
import { disarmerContract } from '../../../contract/disarmer.contract.ts'
import { disarmInput } from '../../../support/disarm.ts'
import { mapi, mapiFile, msg, MSG_VALUES, type Values } from '../../../support/msg.ts'

const TYPE = 'application/vnd.ms-outlook'


disarmerContract('msgDisarmer', { bytes: msg(MSG_VALUES), detectedType: TYPE, tooFewBytes: 300, runs: 60 })

async function rebuilt(values: Values) {
  const result = await msgDisarmer.disarm(disarmInput(msg(values), TYPE))
  if (result.kind !== 'rebuilt') throw new Error(result.reason)
  return { mail: await simpleParser(Buffer.from(result.bytes)), raw: Buffer.from(result.bytes).toString('latin1'), removed: result.removed }
}

describe('an Outlook message becomes a mail', () => {
  test('with sender, recipients, date, subject, text and files', async () => {
    const { mail, raw, removed } = await rebuilt(MSG_VALUES)
    expect(mail.subject).toBe('見積の件 ①')
    expect(mail.from?.value).toEqual([{ name: '山田 太郎', address: 'yamada@example.co.jp' }])
    expect(mail.to).toMatchObject({ value: [{ name: '佐藤', address: 'sato@town.example.jp' }] })
    expect(mail.date).toEqual(new Date('2026-04-01T00:30:00Z'))
    expect(mail.messageId).toBe('<a1@example.co.jp>')
    expect(mail.text).toContain('髙﨑様\n\n見積を送ります。')
    expect(mail.attachments.map(each => each.filename)).toEqual(['見積.csv'])
    expect(mail.attachments[0]!.content.toString()).toContain("'=1+1")
    expect(raw).not.toContain('hidden@example.jp')
    expect(removed).toEqual([])
  })

  test('in the charset of its code page', async () => {
    const { mail } = await rebuilt({ numbers: { [0x3ffd]: 932 }, narrow: { [0x1000]: Buffer.from('8ca990cf', 'hex') } })
    expect(mail.text?.trim()).toBe('見積')
  })

  test('HTML as text', async () => {
    const { mail, removed } = await rebuilt({ numbers: { [0x3ffd]: 65001 }, binary: { [0x1013]: Buffer.from('<p>本文<script>x()</script></p>') } })
    expect(mail.text?.trim()).toBe('本文')
    expect(removed).toEqual([{ what: 'layout', count: 1 }])
  })

  test('with a message inside, as a mail inside', async () => {
    const inner = mapi(24, { strings: { [0x0037]: '内側', [0x1000]: '中の本文' } })
    const outer = mapi(8, { strings: { [0x3001]: '転送' }, numbers: { [0x3705]: 5 }, objects: { [0x3701]: inner } })
    const { mail } = await rebuilt({ strings: { [0x1000]: '外' }, parts: { '__attach_version1.0_#00000000': outer } })
    expect(mail.attachments.map(each => each.filename)).toEqual(['転送.eml'])
    expect((await simpleParser(mail.attachments[0]!.content)).text).toContain('中の本文')
  })
})

describe('what is left behind', () => {
  test('a file that may not pass is named with the reason', async () => {
    const { mail, removed } = await rebuilt({ parts: { '__attach_version1.0_#00000000': mapiFile('x.exe', Buffer.from('MZ\x90\0')) } })
    expect(mail.text).toContain('〔添付ファイル「x.exe」: プログラムなど危険な種類のファイルのため止めました〕')
    expect(mail.attachments).toEqual([])
    expect(removed).toEqual([{ what: 'archiveMembers', count: 1 }])
  })

  test('an object of another program', async () => {
    const object = mapi(8, { numbers: { [0x3705]: 6 }, objects: { [0x3701]: { classId: '', streams: new Map(), storages: new Map() } } })
    expect((await rebuilt({ parts: { '__attach_version1.0_#00000000': object } })).removed).toEqual([{ what: 'oleObjects', count: 1 }])
  })

  test('line ends in names and subjects', async () => {
    const { raw } = await rebuilt({ strings: { [0x0037]: 'a\r\nBcc: x@example.jp', [0x0042]: 'n\r\nX-Evil: 1', [0x5d02]: 'a@b.example\r\nX-Evil: 2', [0x1035]: '<a>\r\nX-Evil: 3' } })
    expect(raw).not.toMatch(/^(?:Bcc|X-Evil):/m)
  })

  test('messages in messages without end stop at the depth', async () => {
    let inner = mapi(24, { strings: { [0x1000]: 'end' } })
    for (let depth = 0; depth < 9; depth++) {
      inner = mapi(24, { parts: { '__attach_version1.0_#00000000': mapi(8, { objects: { [0x3701]: inner } }) } })
    }
    const result = await msgDisarmer.disarm(disarmInput(writeCompound({ ...inner, streams: new Map([['__properties_version1.0', new Uint8Array(32)]]) })!, TYPE))
    expect(result.kind).toBe('rebuilt')
  })
})
