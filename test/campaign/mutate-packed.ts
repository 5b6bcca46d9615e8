/**
 * Damage below the checksums of formats that have some: PNG, gzip, tar and 7z here, RAR, LZH and winmail.dat in mutate-archives.ts. Without it nearly every mutant would be refused
 * for its sum, and what lies behind would never be met.
 */
import { recordMutant } from './mutate-archives.ts'
import { crc32, deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib'

type Below = (limit: number) => number
type Damage = (bytes: Uint8Array, below: Below) => Uint8Array

const PNG_HEAD = Buffer.from('89504e470d0a1a0a', 'hex')
const SEVEN_ZIP_HEAD = Buffer.from('377abcaf271c', 'hex')
const TAR_BLOCK = 512

/** Undefined when the file is of none of these formats, or too damaged for it. */
export function packedMutant(untrusted: Uint8Array, below: Below, damage: Damage): Uint8Array | undefined {
  const bytes = Buffer.from(untrusted)
  try {
    if (bytes.subarray(0, 8).equals(PNG_HEAD)) return pngMutant(bytes, below, damage)
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) return new Uint8Array(gzipSync(damage(gunzipSync(bytes), below)))
    if (bytes.subarray(0, 6).equals(SEVEN_ZIP_HEAD)) return sevenZipMutant(bytes, below, damage)
    if (bytes.toString('latin1', 257, 262) === 'ustar') return tarMutant(bytes, below, damage)
    return recordMutant(bytes, below, damage)
  } catch {
    return undefined
  }
}

type Chunk = { readonly type: string; readonly data: Uint8Array }

function pngMutant(bytes: Buffer, below: Below, damage: Damage): Uint8Array {
  const chunks: Chunk[] = []
  for (let at = 8; at + 12 <= bytes.length; at += 12 + bytes.readUInt32BE(at)) chunks.push({ type: bytes.toString('latin1', at + 4, at + 8), data: bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)) })
  const index = below(chunks.length)
  const { type, data } = chunks[index]!
  const way = below(6)
  if (way === 0) chunks.splice(index, 1)
  else if (way === 1) chunks.splice(index, 0, chunks[below(chunks.length)]!)
  else if (way === 2 && type === 'IDAT') chunks[index] = { type, data: deflateSync(damage(inflateSync(data), below)) }
  else chunks[index] = { type, data: damage(data, below) }
  return new Uint8Array(Buffer.concat([PNG_HEAD, ...chunks.map(chunkOctets)]))
}

function chunkOctets({ type, data }: Chunk): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data])
  return Buffer.concat([bigEndian(data.length), named, bigEndian(crc32(named))])
}

/** The sums of all headers are made right again; where damage moved them, of what stands there. */
function tarMutant(bytes: Buffer, below: Below, damage: Damage): Uint8Array {
  const block = below(Math.floor(bytes.length / TAR_BLOCK)) * TAR_BLOCK
  const inBlock = damage(bytes.subarray(block, block + TAR_BLOCK), below)
  const changed = Buffer.concat([bytes.subarray(0, block), inBlock, bytes.subarray(block + TAR_BLOCK)])
  for (let at = 0; at + TAR_BLOCK <= changed.length; at += TAR_BLOCK) {
    const header = changed.subarray(at, at + TAR_BLOCK)
    if (header.toString('latin1', 257, 262) !== 'ustar') continue
    header.fill(0x20, 148, 156)
    header.write(`${header.reduce((sum, octet) => sum + octet, 0).toString(8).padStart(6, '0')}\0 `, 148)
  }
  return new Uint8Array(changed)
}

/** The list of files at the end, and the start header that has its place and its sum (7zFormat.txt). */
function sevenZipMutant(bytes: Buffer, below: Below, damage: Damage): Uint8Array {
  const start = 32 + Number(bytes.readBigUInt64LE(12))
  const list = Buffer.from(damage(bytes.subarray(start, start + Number(bytes.readBigUInt64LE(20))), below))
  const head = Buffer.from(bytes.subarray(0, 32))
  head.writeBigUInt64LE(BigInt(list.length), 20)
  head.writeUInt32LE(crc32(list), 28)
  if (below(4) === 0) head.writeUInt8(below(256), 12 + below(16))
  head.writeUInt32LE(crc32(head.subarray(12, 32)), 8)
  return new Uint8Array(Buffer.concat([head, bytes.subarray(32, start), list]))
}

function bigEndian(value: number): Buffer {
  const octets = Buffer.alloc(4)
  octets.writeUInt32BE(value)
  return octets
}
