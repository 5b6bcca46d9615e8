/**
 * tar archives, of all writers that are in use: old, ustar, GNU long names, pax.
 *
 *   octets ──▶ blocks of 512: header, content, header, content … ──▶ entries
 *
 * Content is a range of the octets that are there already, so there is nothing to unpack. Sparse files and whatever
 * else is neither file, folder nor link is left behind and named.
 * Invariants: linear; never throws. Standards: POSIX.1-2017 pax (ustar and pax interchange format); GNU tar manual,
 * "Basic Tar Format".
 */
import { Buffer } from 'node:buffer'
import type { RawName } from './paths.ts'

export type TarEntry = { readonly rawName: RawName; readonly kind: 'file' | 'folder' | 'link'; readonly untrustedBytes: Uint8Array }
export type TarArchive = { readonly entries: readonly TarEntry[]; readonly trailingBytes: number }

const BLOCK_BYTES = 512
/** Names and other attributes of one entry. */
const MOST_ATTRIBUTE_BYTES = 1 << 20

/** What headers in front of an entry say of it. */
type Ahead = { path: RawName | undefined; size: number | undefined }

export function isTar(untrustedBytes: Uint8Array): boolean {
  const buffer = bufferOf(untrustedBytes)
  return buffer.length >= BLOCK_BYTES && hasRightSum(buffer.subarray(0, BLOCK_BYTES))
}

/** Undefined when the octets are no tar archive or a damaged one; 'limit' with too many entries. */
export function readTar(untrustedBytes: Uint8Array, mostEntries: number): TarArchive | 'limit' | undefined {
  const buffer = bufferOf(untrustedBytes)
  const entries: TarEntry[] = []
  let ahead: Ahead = { path: undefined, size: undefined }
  let at = 0
  let headers = 0
  while (at + BLOCK_BYTES <= buffer.length) {
    const header = buffer.subarray(at, at + BLOCK_BYTES)
    if (isEmpty(header)) break
    // Each entry may have a few headers in front of it.
    if (entries.length >= mostEntries || headers++ > 4 * mostEntries) return 'limit'
    if (!hasRightSum(header)) return undefined
    const type = String.fromCharCode(header[156]!)
    const size = 'xgLK'.includes(type) ? octal(header, 124) : (ahead.size ?? octal(header, 124))
    const start = at + BLOCK_BYTES
    if (size === undefined || start + size > buffer.length) return undefined
    const content = buffer.subarray(start, start + size)
    at = start + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES
    if ('xgLK'.includes(type)) {
      if (size > MOST_ATTRIBUTE_BYTES) return 'limit'
      ahead = readAhead(type, content, ahead)
      continue
    }
    entries.push({ rawName: ahead.path ?? nameOf(header), kind: kindOf(type, header), untrustedBytes: content })
    ahead = { path: undefined, size: undefined }
  }
  return { entries, trailingBytes: trailing(buffer, at) }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Old archives say by a slash at the end of a name that it is a folder's. */
function kindOf(type: string, header: Buffer): TarEntry['kind'] {
  if (type === '5') return 'folder'
  if (type !== '0' && type !== '\0' && type !== '7') return 'link'
  const name = upToNul(header.subarray(0, 100))
  return name.at(-1) === 0x2f ? 'folder' : 'file'
}

function nameOf(header: Buffer): RawName {
  const name = upToNul(header.subarray(0, 100))
  const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? upToNul(header.subarray(345, 500)) : header.subarray(0, 0)
  return { bytes: prefix.length > 0 ? Buffer.concat([prefix, Buffer.from('/'), name]) : name, isUtf8: false }
}

function upToNul(field: Buffer): Buffer {
  const end = field.indexOf(0)
  return end < 0 ? field : field.subarray(0, end)
}

function readAhead(type: string, content: Buffer, ahead: Ahead): Ahead {
  if (type === 'L') return { ...ahead, path: { bytes: upToNul(content), isUtf8: false } }
  return type === 'x' ? { ...ahead, ...paxFields(content) } : ahead
}

/** Records of the form "length key=value\n", of which two matter here. */
function paxFields(content: Buffer): Partial<Ahead> {
  const found: Partial<Ahead> = {}
  let at = 0
  while (at < content.length) {
    const blank = content.indexOf(0x20, at)
    const length = blank < 0 ? Number.NaN : Number(content.toString('latin1', at, Math.min(blank, at + 10)))
    if (!Number.isInteger(length) || length < blank - at + 3 || at + length > content.length) break
    const record = content.subarray(blank + 1, at + length - 1)
    const equals = record.indexOf(0x3d)
    const key = record.toString('latin1', 0, Math.max(0, equals))
    const value = record.subarray(equals + 1)
    if (key === 'path') found.path = { bytes: value, isUtf8: true }
    if (key === 'size' && /^\d{1,15}$/.test(value.toString('latin1'))) found.size = Number(value.toString('latin1'))
    at += length
  }
  return found
}

/** Octal digits, or a binary number when the first bit is set (GNU). */
function octal(header: Buffer, at: number): number | undefined {
  if ((header[at]! & 0x80) !== 0) {
    const value = header.readBigUInt64BE(at + 4)
    return value <= Number.MAX_SAFE_INTEGER ? Number(value) : undefined
  }
  const digits = header.toString('latin1', at, at + 12).replace(/[\0 ]+$/, '').trimStart()
  return /^[0-7]*$/.test(digits) ? Number.parseInt(digits || '0', 8) : undefined
}

function hasRightSum(header: Buffer): boolean {
  const wanted = Number.parseInt(header.toString('latin1', 148, 156).replace(/[\0 ]+$/, '').trimStart(), 8)
  let sum = 8 * 0x20
  for (let at = 0; at < BLOCK_BYTES; at++) if (at < 148 || at >= 156) sum += header[at]!
  return sum === wanted
}

function isEmpty(block: Buffer): boolean {
  return block.every(octet => octet === 0)
}

/** Writers fill up with zeros; anything else behind the end belongs to nothing. */
function trailing(buffer: Buffer, end: number): number {
  let last = buffer.length
  while (last > end && buffer[last - 1] === 0) last--
  return last - end
}
