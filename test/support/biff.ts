/** Old Excel workbooks for tests, record by record (MS-XLS). */
import { Buffer } from 'node:buffer'
import { writeCompound } from '../../core/disarm/ole/cfb-write.ts'

export const u8 = (value: number) => Buffer.from([value])
export const u16 = (...values: number[]) => Buffer.concat(values.map(value => Buffer.from([value & 255, (value >> 8) & 255])))
export const u32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}
export const f64 = (value: number) => {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return bytes
}

export function record(type: number, ...data: Uint8Array[]): Buffer {
  const body = Buffer.concat(data)
  return Buffer.concat([u16(type, body.length), body])
}

/** A string of two-octet characters behind its length in `lengthOctets`. */
export function wide(text: string, lengthOctets: 1 | 2 = 2): Buffer {
  return Buffer.concat([lengthOctets === 1 ? u8(text.length) : u16(text.length), u8(1), Buffer.from(text, 'utf16le')])
}

const bof = (kind: number) => record(0x809, u16(0x600, kind, 0, 0), u32(0), u32(6))
const END = record(0x0a)
/** One font and one cell format, which every cell may have. */
const FONT = record(0x31, u16(220, 0, 0x7fff, 400, 0), u8(0), u8(0), u8(128), u8(0), wide('ＭＳ Ｐゴシック', 1))
const FORMAT = record(0xe0, u16(0, 0, 1), Buffer.alloc(14))

export type TestSheet = { readonly name: string; readonly kind?: number; readonly visibility?: number; readonly records?: readonly Uint8Array[] }

export function workbookStream(sheets: readonly TestSheet[], globals: readonly Uint8Array[] = []): Buffer {
  const bodies = sheets.map(({ records = [] }) => Buffer.concat([bof(0x10), ...records, END]))
  const listed = (starts: readonly number[]) =>
    sheets.map(({ name, kind = 0, visibility = 0 }, at) => record(0x85, u32(starts[at] ?? 0), u8(visibility), u8(kind), wide(name, 1)))
  const head = (starts: readonly number[]) => Buffer.concat([bof(5), FONT, FORMAT, ...listed(starts), ...globals, END])
  const starts: number[] = []
  let at = head([]).length
  for (const body of bodies) {
    starts.push(at)
    at += body.length
  }
  return Buffer.concat([head(starts), ...bodies])
}

/** A workbook of Excel 95 (BIFF5) with one sheet of texts in Latin letters, one a row: nothing here reads it, LibreOffice does. */
export function excel95(texts: readonly string[]): Uint8Array {
  const oldBof = (kind: number) => record(0x809, u16(0x500, kind, 0x0dbb, 1995))
  const sheet = Buffer.concat([oldBof(0x10), ...texts.map((text, row) => record(0x204, u16(row, 0, 0, text.length), Buffer.from(text, 'latin1'))), END])
  const head = (start: number) => Buffer.concat([oldBof(5), record(0x85, u32(start), u16(0), u8(1), Buffer.from('A')), END])
  const book = Buffer.concat([head(head(0).length), sheet])
  return writeCompound({ classId: '', streams: new Map([['Book', new Uint8Array(book)]]), storages: new Map() })!
}

export function xls(sheets: readonly TestSheet[], globals: readonly Uint8Array[] = []): Uint8Array {
  const streams = new Map([['Workbook', new Uint8Array(workbookStream(sheets, globals))]])
  return writeCompound({ classId: '', streams, storages: new Map() })!
}
