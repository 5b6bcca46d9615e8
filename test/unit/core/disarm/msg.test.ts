import { Buffer } from 'node:buffer'
import { simpleParser } from 'mailparser'
import { describe, expect, test } from 'vitest'
import { msgDisarmer } from '../../../../core/disarm/msg/disarm.ts'
import type { Storage } from '../../../../core/disarm/ole/cfb.ts'
import { writeCompound } from '../../../../core/disarm/ole/cfb-write.ts'
import { disarmerContract } from '../../../contract/disarmer.contract.ts'
import { u32 } from '../../../support/biff.ts'
import { disarmInput } from '../../../support/disarm.ts'

const TYPE = 'application/vnd.ms-outlook'

type Values = {
  readonly strings?: Readonly<Record<number, string>>
  readonly narrow?: Readonly<Record<number, Uint8Array>>
  readonly numbers?: Readonly<Record<number, number>>
  readonly times?: Readonly<Record<number, Date>>
  readonly binary?: Readonly<Record<number, Uint8Array>>
  readonly objects?: Readonly<Record<number, Storage>>
  readonly parts?: Readonly<Record<string, Storage>>
}

const tag = (id: number | string, type: number) => `__substg1.0_${(Number(id) * 0x10000 + type).toString(16).toUpperCase().padStart(8, '0')}`

/** A storage of MAPI properties as Outlook lays it out (MS-OXMSG §2.4). */
function mapi(headerBytes: number, values: Values): Storage {
  const { strings = {}, narrow = {}, numbers = {}, times = {}, binary = {}, objects = {}, parts = {} } = values
  const record = (id: string, type: number, value: Uint8Array) => Buffer.concat([u32(Number(id) * 0x10000 + type), u32(6), value])
  const number = ([id, value]: [string, number]) => record(id, 3, Buffer.concat([u32(value), u32(0)]))
  const time = ([id, value]: [string, Date]) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64LE((BigInt(value.getTime()) + 11_644_473_600_000n) * 10_000n)
    return record(id, 0x40, bytes)
  }
  const records = [...Object.entries(numbers).map(number), ...Object.entries(times).map(time)]
  const streams = new Map<string, Uint8Array>([['__properties_version1.0', Buffer.concat([Buffer.alloc(headerBytes), ...records])]])
  for (const [id, text] of Object.entries(strings)) streams.set(tag(id, 0x1f), Buffer.from(text, 'utf16le'))
  for (const [id, bytes] of Object.entries(narrow)) streams.set(tag(id, 0x1e), bytes)
  for (const [id, bytes] of Object.entries(binary)) streams.set(tag(id, 0x102), bytes)
  const storages = new Map([...Object.entries(objects).map(([id, each]) => [tag(id, 0x0d), each] as const), ...Object.entries(parts)])
  return { classId: '', streams, storages }
}

const recipient = (kind: number, name: string, address: string) => mapi(8, { numbers: { [0x0c15]: kind }, strings: { [0x3001]: name, [0x39fe]: address } })
const file = (name: string, bytes: Uint8Array) => mapi(8, { strings: { [0x3707]: name }, numbers: { [0x3705]: 1 }, binary: { [0x3701]: bytes } })

const VALUES: Values = {
  strings: { [0x0037]: '見積の件 ①', [0x0042]: '山田 太郎', [0x5d02]: 'yamada@example.co.jp', [0x1000]: '髙﨑様\r\n\r\n見積を送ります。', [0x1035]: '<a1@example.co.jp>' },
  times: { [0x0039]: new Date('2026-04-01T00:30:00Z') },
  parts: {
    '__recip_version1.0_#00000000': recipient(1, '佐藤', 'sato@town.example.jp'),
    '__recip_version1.0_#00000001': recipient(2, '鈴木', '/o=Ex/cn=suzuki'),
    '__recip_version1.0_#00000002': recipient(3, '秘密', 'hidden@example.jp'),
    '__attach_version1.0_#00000000': file('見積.csv', Buffer.from('品,額\n机,=1+1\n')),
  },
}
const msg = (values: Values) => writeCompound(mapi(32, values))!

disarmerContract('msgDisarmer', { bytes: msg(VALUES), detectedType: TYPE, tooFewBytes: 300, runs: 60 })

async function rebuilt(values: Values) {
  const result = await msgDisarmer.disarm(disarmInput(msg(values), TYPE))
  if (result.kind !== 'rebuilt') throw new Error(result.reason)
  return { mail: await simpleParser(Buffer.from(result.bytes)), raw: Buffer.from(result.bytes).toString('latin1'), removed: result.removed }
}

describe('an Outlook message becomes a mail', () => {
  test('with sender, recipients, date, subject, text and files', async () => {
    const { mail, raw, removed } = await rebuilt(VALUES)
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
    const { mail, removed } = await rebuilt({ parts: { '__attach_version1.0_#00000000': file('x.exe', Buffer.from('MZ\x90\0')) } })
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
