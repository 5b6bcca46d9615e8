/** Mails of Outlook for tests: MAPI properties in a compound file (MS-OXMSG). */
import { Buffer } from 'node:buffer'
import type { Storage } from '../../core/disarm/ole/cfb.ts'
import { writeCompound } from '../../core/disarm/ole/cfb-write.ts'
import { u32 } from './biff.ts'

export type Values = {
  readonly strings?: Readonly<Record<number, string>>
  readonly narrow?: Readonly<Record<number, Uint8Array>>
  readonly numbers?: Readonly<Record<number, number>>
  readonly times?: Readonly<Record<number, Date>>
  readonly binary?: Readonly<Record<number, Uint8Array>>
  readonly objects?: Readonly<Record<number, Storage>>
  readonly parts?: Readonly<Record<string, Storage>>
}

export const tag = (id: number | string, type: number) => `__substg1.0_${(Number(id) * 0x10000 + type).toString(16).toUpperCase().padStart(8, '0')}`

/** A storage of MAPI properties as Outlook lays it out (MS-OXMSG §2.4). */
export function mapi(headerBytes: number, values: Values): Storage {
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

export const recipient = (kind: number, name: string, address: string) => mapi(8, { numbers: { [0x0c15]: kind }, strings: { [0x3001]: name, [0x39fe]: address } })
export const mapiFile = (name: string, bytes: Uint8Array) => mapi(8, { strings: { [0x3707]: name }, numbers: { [0x3705]: 1 }, binary: { [0x3701]: bytes } })

/** A mail with recipients of each kind and a file. */
export const MSG_VALUES: Values = {
  strings: { [0x0037]: '見積の件 ①', [0x0042]: '山田 太郎', [0x5d02]: 'yamada@example.co.jp', [0x1000]: '髙﨑様\r\n\r\n見積を送ります。', [0x1035]: '<a1@example.co.jp>' },
  times: { [0x0039]: new Date('2026-04-01T00:30:00Z') },
  parts: {
    '__recip_version1.0_#00000000': recipient(1, '佐藤', 'sato@town.example.jp'),
    '__recip_version1.0_#00000001': recipient(2, '鈴木', '/o=Ex/cn=suzuki'),
    '__recip_version1.0_#00000002': recipient(3, '秘密', 'hidden@example.jp'),
    '__attach_version1.0_#00000000': mapiFile('見積.csv', Buffer.from('品,額\n机,=1+1\n')),
  },
}
export const msg = (values: Values) => writeCompound(mapi(32, values))!
