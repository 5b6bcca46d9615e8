/**
 * Font programs: checked for being what they say, and of the table-based kinds only known tables cross.
 *
 * Embedded fonts must stay, or Japanese text loses its glyphs. Their outlines are opaque to us; what is checked is
 * the frame that a font reader trusts first: the directory, offsets inside the file, no tables with pictures,
 * scripts of their own kind or signatures.
 * Standards: OpenType 1.9 (sfnt); Adobe technical notes 5176 (CFF), Type 1 Font Format.
 */
import { Buffer } from 'node:buffer'

/** What PDF readers draw with (ISO 32000-1 §9.9), and the layout tables that go with it. */
const TABLES: ReadonlySet<string> = new Set([
  'BASE', 'CFF ', 'GDEF', 'GPOS', 'GSUB', 'OS/2', 'VORG', 'cmap', 'cvt ', 'fpgm', 'gasp', 'glyf', 'hdmx', 'head', 'hhea', 'hmtx', 'kern', 'loca', 'maxp',
  'name', 'post', 'prep', 'vhea', 'vmtx', 'LTSH', 'VDMX',
])
const VERSIONS: ReadonlySet<number> = new Set([0x00010000, 0x00020000, 0x4f54544f, 0x74727565])
const MOST_TABLES = 64
const NEEDED: readonly (readonly string[])[] = [['glyf', 'loca', 'head', 'maxp'], ['CFF ']]

export type FontKind = 'FontFile' | 'FontFile2' | 'FontFile3'

/** The program to embed, made anew where that is possible; undefined when it is none. */
export function checkedFont(untrustedData: Uint8Array, kind: FontKind): Uint8Array | undefined {
  const data = Buffer.from(untrustedData.buffer, untrustedData.byteOffset, untrustedData.byteLength)
  if (data.length < 16) return undefined
  if (VERSIONS.has(data.readUInt32BE(0))) return kind === 'FontFile' ? undefined : rebuiltTables(data)
  if (kind === 'FontFile3') return isCff(data) ? data : undefined
  return kind === 'FontFile' && isType1(data) ? data : undefined
}

function isType1(data: Buffer): boolean {
  return data[0] === 0x25 && data[1] === 0x21 ? data.includes('eexec', 0, 'latin1') : data[0] === 0x80 && data[1] === 1 && data.includes('eexec', 0, 'latin1')
}

/** Header, then the name index and the index of top dictionaries lie inside (CFF §5, §6, §7). */
function isCff(data: Buffer): boolean {
  if (data[0] !== 1 || data[2]! < 4 || data[3]! < 1 || data[3]! > 4) return false
  const topDicts = afterIndex(data, data[2]!)
  return topDicts !== undefined && afterIndex(data, topDicts) !== undefined
}

function afterIndex(data: Buffer, at: number): number | undefined {
  if (at + 3 > data.length) return undefined
  const count = data.readUInt16BE(at)
  if (count === 0) return at + 2
  const size = data[at + 2]!
  const last = at + 3 + count * size
  if (size < 1 || size > 4 || last + size > data.length) return undefined
  const end = last + size - 1 + data.readUIntBE(last, size)
  return end <= data.length ? end : undefined
}

type TableEntry = { readonly tag: string; readonly data: Buffer; readonly checksum: number }

function rebuiltTables(font: Buffer): Uint8Array | undefined {
  const count = font.readUInt16BE(4)
  if (count === 0 || count > MOST_TABLES || 12 + 16 * count > font.length) return undefined
  const tables: TableEntry[] = []
  for (let at = 12; at < 12 + 16 * count; at += 16) {
    const tag = font.toString('latin1', at, at + 4)
    const [start, length] = [font.readUInt32BE(at + 8), font.readUInt32BE(at + 12)]
    if (!TABLES.has(tag) || tables.some(table => table.tag === tag)) continue
    // Subsetters leave tables a few octets short; what is there is what readers use.
    if (start > font.length) continue
    tables.push({ tag, data: font.subarray(start, Math.min(start + length, font.length)), checksum: font.readUInt32BE(at + 4) })
  }
  const has = (tag: string) => tables.some(table => table.tag === tag)
  if (!NEEDED.some(tags => tags.every(has))) return undefined
  return writeTables(font.readUInt32BE(0), tables)
}

function writeTables(version: number, tables: readonly TableEntry[]): Uint8Array {
  const head = Buffer.alloc(12 + 16 * tables.length)
  const power = Math.floor(Math.log2(tables.length))
  head.writeUInt32BE(version, 0)
  head.writeUInt16BE(tables.length, 4)
  head.writeUInt16BE(16 * 2 ** power, 6)
  head.writeUInt16BE(power, 8)
  head.writeUInt16BE(16 * (tables.length - 2 ** power), 10)
  const pieces: Buffer[] = [head]
  let start = head.length
  for (const [index, { tag, data, checksum }] of tables.entries()) {
    const at = 12 + 16 * index
    head.write(tag, at, 'latin1')
    head.writeUInt32BE(checksum, at + 4)
    head.writeUInt32BE(start, at + 8)
    head.writeUInt32BE(data.length, at + 12)
    const padding = Buffer.alloc((4 - (data.length % 4)) % 4)
    pieces.push(data, padding)
    start += data.length + padding.length
  }
  return Buffer.concat(pieces)
}
