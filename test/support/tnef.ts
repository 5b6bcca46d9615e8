/** winmail.dat for tests, attribute by attribute (MS-OXTNEF). */
import { Buffer } from 'node:buffer'

export const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
export const u16 = (value: number): Buffer => u32(value).subarray(0, 2)
export const sjis = (hex: string): Buffer => Buffer.from(hex, 'hex')
export const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)])

export function attribute(level: number, id: number, data: Buffer): Buffer {
  const sum = data.reduce((total, octet) => (total + octet) & 0xffff, 0)
  return Buffer.concat([Buffer.from([level]), u16(id), u16(0x0006), u32(data.length), data, u16(sum)])
}

export const winmail = (...attributes: Buffer[]): Buffer => Buffer.concat([Buffer.from('789f3e220100', 'hex'), ...attributes])
export const message = (id: number, data: Buffer): Buffer => attribute(1, id, data)
export const attachment = (id: number, data: Buffer): Buffer => attribute(2, id, data)

export type Value = { id: number; type: number; data: Buffer; named?: string }

export function properties(...values: Value[]): Buffer {
  const parts = values.map(({ id, type, data, named }) => {
    const name = named === undefined ? Buffer.alloc(0) : Buffer.concat([Buffer.alloc(16), u32(1), u32(named.length * 2 + 2), padded(Buffer.from(named + '\0', 'utf16le'))])
    const value = type === 3 ? data : Buffer.concat([u32(1), u32(data.length), padded(data)])
    return Buffer.concat([u16(type), u16(id), name, value])
  })
  return Buffer.concat([u32(values.length), ...parts])
}

export const utf16 = (text: string): Buffer => Buffer.from(text + '\0', 'utf16le')
export const BEGIN = attachment(0x9002, Buffer.alloc(14))
