/**
 * LZH archives: headers are read here, the data by 7-Zip.
 *
 *   octets ──▶ headers of levels 0, 1, 2 ──▶ [the same data under plain headers and numbers for names] ──▶ 7-Zip
 *
 * 7-Zip takes names apart octet by octet, which breaks every second CP932 name. So it never sees them: it gets an
 * archive that we wrote, in which only method, sizes, checksum and packed data are of the sender.
 * Invariants: linear; never throws. Standards: none; header levels as LHa for UNIX 1.14 and UNLHA32 write them.
 */
import { Buffer } from 'node:buffer'
import type { RawName } from './paths.ts'

export type LzhEntry = {
  readonly rawName: RawName
  readonly kind: 'file' | 'folder' | 'link'
  readonly declaredBytes: number
  /** Name in the rewritten archive. */
  readonly number: string
}

export type LzhArchive = {
  readonly entries: readonly LzhEntry[]
  readonly rewritten: Uint8Array
  /** Octets behind the end mark, or in place of one. */
  readonly trailingBytes: number
}

type Header = {
  readonly method: string
  readonly packedBytes: number
  readonly bytes: number
  readonly crc: number
  readonly name: Buffer
  readonly folder: Buffer | undefined
  readonly isUtf8: boolean
  readonly dataAt: number
}

const FIXED_BYTES = 21
const DOS_DATE_1980 = 0x21
const MOST_EXTENSIONS = 100
/** Kinds of extension headers. */
const EXTENSION = { name: 0x01, folder: 0x02, codepage: 0x46 } as const
const SEPARATOR = 0xff
const UTF8_CODEPAGE = 65001

/** Undefined when the octets are no LZH archive or a damaged one; 'limit' with too many entries. */
export function readLzh(untrustedBytes: Uint8Array, mostEntries: number): LzhArchive | 'limit' | undefined {
  const buffer = Buffer.from(untrustedBytes.buffer, untrustedBytes.byteOffset, untrustedBytes.byteLength)
  const entries: LzhEntry[] = []
  const pieces: Buffer[] = []
  let at = 0
  while (at < buffer.length && buffer[at] !== 0) {
    const header = readHeader(buffer, at)
    if (!header || header.dataAt + header.packedBytes > buffer.length) return undefined
    if (entries.length >= mostEntries) return 'limit'
    const number = String(entries.length)
    const kind = kindOf(header)
    entries.push({ rawName: { bytes: pathOf(header), isUtf8: header.isUtf8 }, kind, declaredBytes: header.bytes, number })
    const end = header.dataAt + header.packedBytes
    if (kind === 'file') pieces.push(plainHeader(header, number), buffer.subarray(header.dataAt, end))
    at = end
  }
  return { entries, rewritten: Buffer.concat([...pieces, Buffer.alloc(1)]), trailingBytes: Math.max(0, buffer.length - at - 1) }
}

function kindOf({ method, name }: Header): LzhEntry['kind'] {
  if (name.includes('|')) return 'link'
  return method === '-lhd-' ? 'folder' : 'file'
}

/** `folder` ends with a separator already; both may use 0xFF for it. */
function pathOf({ folder, name }: Header): Buffer {
  const path = Buffer.concat([folder ?? Buffer.alloc(0), name])
  // 0xFF is no octet of any character in CP932 or UTF-8.
  for (let at = path.indexOf(SEPARATOR); at >= 0; at = path.indexOf(SEPARATOR, at)) path[at] = 0x2f
  return path
}

function readHeader(buffer: Buffer, at: number): Header | undefined {
  if (at + FIXED_BYTES + 3 > buffer.length) return undefined
  const method = buffer.toString('latin1', at + 2, at + 7)
  if (!/^-l[hz][0-9a-z]-$/.test(method)) return undefined
  const level = buffer[at + 20]!
  if (level === 0 || level === 1) return readOldHeader(buffer, at, { method, level })
  return level === 2 ? readLevel2(buffer, at, method) : undefined
}

function readOldHeader(buffer: Buffer, at: number, { method, level }: { readonly method: string; readonly level: number }): Header | undefined {
  const end = at + 2 + buffer[at]!
  const nameEnd = at + 22 + buffer[at + 21]!
  if (end > buffer.length || nameEnd + 2 > end || sumOf(buffer.subarray(at + 2, end)) !== buffer[at + 1]) return undefined
  const shared = { method, bytes: buffer.readUInt32LE(at + 11), crc: buffer.readUInt16LE(nameEnd) }
  const packed = buffer.readUInt32LE(at + 7)
  const name = buffer.subarray(at + 22, nameEnd)
  if (level === 0) return { ...shared, packedBytes: packed, name, folder: undefined, isUtf8: false, dataAt: end }
  // In level 1 the packed size counts the extension headers that follow.
  const extensions = readExtensions(buffer, end - 2, buffer.length)
  if (!extensions) return undefined
  const packedBytes = packed - (extensions.end - end)
  if (packedBytes < 0) return undefined
  return { ...shared, packedBytes, ...named(extensions, name), dataAt: extensions.end }
}

function readLevel2(buffer: Buffer, at: number, method: string): Header | undefined {
  const end = at + buffer.readUInt16LE(at)
  if (end > buffer.length || end < at + 26) return undefined
  const extensions = readExtensions(buffer, at + 24, end)
  if (!extensions) return undefined
  return {
    method,
    packedBytes: buffer.readUInt32LE(at + 7),
    bytes: buffer.readUInt32LE(at + 11),
    crc: buffer.readUInt16LE(at + 21),
    ...named(extensions, Buffer.alloc(0)),
    dataAt: end,
  }
}

type Extensions = { readonly name: Buffer | undefined; readonly folder: Buffer | undefined; readonly isUtf8: boolean; readonly end: number }

function named({ name, folder, isUtf8 }: Extensions, usual: Buffer): Pick<Header, 'name' | 'folder' | 'isUtf8'> {
  return { name: name ?? usual, folder, isUtf8 }
}

/** A chain: two octets say how long the next one is, itself with its kind and the two octets behind it. */
function readExtensions(buffer: Buffer, start: number, limit: number): Extensions | undefined {
  let [name, folder]: (Buffer | undefined)[] = []
  let isUtf8 = false
  let at = start
  for (let count = 0; count < MOST_EXTENSIONS && at + 2 <= limit; count++) {
    const size = buffer.readUInt16LE(at)
    at += 2
    if (size === 0) return { name, folder, isUtf8, end: at }
    if (size < 3 || at + size > limit) return undefined
    const content = buffer.subarray(at + 1, at + size - 2)
    if (buffer[at] === EXTENSION.name) name = content
    else if (buffer[at] === EXTENSION.folder) folder = content
    else if (buffer[at] === EXTENSION.codepage && content.length >= 4) isUtf8 = content.readUInt32LE(0) === UTF8_CODEPAGE
    at += size - 2
  }
  return undefined
}

function plainHeader({ method, packedBytes, bytes, crc }: Header, number: string): Buffer {
  const header = Buffer.alloc(24 + number.length)
  header[0] = header.length - 2
  header.write(method, 2, 'latin1')
  header.writeUInt32LE(packedBytes, 7)
  header.writeUInt32LE(bytes, 11)
  header.writeUInt16LE(DOS_DATE_1980, 17)
  header[19] = 0x20
  header[21] = number.length
  header.write(number, 22, 'latin1')
  header.writeUInt16LE(crc, 22 + number.length)
  header[1] = sumOf(header.subarray(2))
  return header
}

function sumOf(octets: Buffer): number {
  let sum = 0
  for (const octet of octets) sum = (sum + octet) & 0xff
  return sum
}
