/** Damage below the sums of headers: RAR 4 and 5, LZH and winmail.dat. One record of the file is changed, its sum made right again. */
import { crc32 } from 'node:zlib'

type Below = (limit: number) => number
type Damage = (bytes: Uint8Array, below: Below) => Uint8Array
/** One record: all of its octets, and the same with other content under a right sum. */
type Piece = { readonly from: number; readonly to: number; readonly body: Buffer; readonly write: (body: Buffer) => Buffer }

const RAR5 = Buffer.from('526172211a070100', 'hex')
const RAR4 = Buffer.from('526172211a0700', 'hex')
const TNEF = Buffer.from('789f3e22', 'hex')

/** Undefined when the file is of none of these formats. */
export function recordMutant(bytes: Buffer, below: Below, damage: Damage): Uint8Array | undefined {
  const pieces = piecesOf(bytes)
  if (pieces.length === 0) return undefined
  const { from, to, body, write } = pieces[below(pieces.length)]!
  return new Uint8Array(Buffer.concat([bytes.subarray(0, from), write(Buffer.from(damage(body, below))), bytes.subarray(to)]))
}

function piecesOf(bytes: Buffer): Piece[] {
  if (bytes.subarray(0, 8).equals(RAR5)) return walk(bytes, 8, rar5Piece)
  if (bytes.subarray(0, 7).equals(RAR4)) return walk(bytes, 7, rar4Piece)
  if (bytes.subarray(0, 4).equals(TNEF)) return walk(bytes, 6, tnefPiece)
  return /^-l[hz].-$/.test(bytes.toString('latin1', 2, 7)) ? walk(bytes, 0, lzhPiece) : []
}

type Found = { readonly piece: Piece; readonly next: number }

function walk(bytes: Buffer, first: number, pieceAt: (bytes: Buffer, at: number) => Found | undefined): Piece[] {
  const pieces: Piece[] = []
  for (let found = pieceAt(bytes, first); found; found = pieceAt(bytes, found.next)) pieces.push(found.piece)
  return pieces
}

/** Attributes: level, id, type, length, data, sum of the data (MS-OXTNEF §2.1.3.1). */
function tnefPiece(bytes: Buffer, at: number): Found | undefined {
  if (at + 11 > bytes.length) return undefined
  const head = bytes.subarray(at, at + 5)
  const end = at + 9 + bytes.readUInt32LE(at + 5)
  const write = (body: Buffer) => Buffer.concat([head, little(body.length, 4), body, little(body.reduce((sum, octet) => (sum + octet) & 0xffff, 0), 2)])
  return { piece: { from: at, to: end + 2, body: bytes.subarray(at + 9, end), write }, next: end + 2 }
}

function rar5Piece(bytes: Buffer, at: number): Found | undefined {
  if (at + 7 > bytes.length) return undefined
  const [size, start] = vintAt(bytes, at + 4)
  const [, afterType] = vintAt(bytes, start)
  const [flags, afterFlags] = vintAt(bytes, afterType)
  const [, afterExtra] = (flags & 1) === 1 ? vintAt(bytes, afterFlags) : [0, afterFlags]
  const data = (flags & 2) === 2 ? vintAt(bytes, afterExtra)[0] : 0
  const write = (body: Buffer) => {
    const sized = Buffer.concat([vint(body.length), body])
    return Buffer.concat([little(crc32(sized), 4), sized])
  }
  return { piece: { from: at, to: start + size, body: bytes.subarray(start, start + size), write }, next: start + size + data }
}

function rar4Piece(bytes: Buffer, at: number): Found | undefined {
  if (at + 7 > bytes.length) return undefined
  const [flags, size] = [bytes.readUInt16LE(at + 3), bytes.readUInt16LE(at + 5)]
  const data = flags & 0x8000 && at + 11 <= bytes.length ? bytes.readUInt32LE(at + 7) : 0
  const write = (body: Buffer) => Buffer.concat([little(crc32(body) & 0xffff, 2), body])
  return { piece: { from: at, to: at + size, body: bytes.subarray(at + 2, at + size), write }, next: at + Math.max(7, size) + data }
}

/** Levels 0 and 1 have a sum of their header, level 2 has its length in two octets instead. */
function lzhPiece(bytes: Buffer, at: number): Found | undefined {
  if (at + 22 > bytes.length) return undefined
  const isLong = bytes[at + 20] === 2
  const size = isLong ? bytes.readUInt16LE(at) : bytes[at]! + 2
  const end = at + Math.max(22, size)
  const write = (body: Buffer) => (isLong ? Buffer.concat([bytes.subarray(at, at + 2), body]) : Buffer.concat([Buffer.from([body.length & 255, body.reduce((sum, octet) => (sum + octet) & 255, 0)]), body]))
  return { piece: { from: at, to: end, body: bytes.subarray(at + 2, end), write }, next: end + bytes.readUInt32LE(at + 7) }
}

function vintAt(bytes: Buffer, at: number): [value: number, next: number] {
  let value = 0
  for (let index = 0; index < 8; index++) {
    const octet = bytes[at + index] ?? 0
    value += (octet & 127) * 2 ** (7 * index)
    if (octet < 128) return [value, at + index + 1]
  }
  return [value, at + 8]
}

function vint(value: number): Buffer {
  const octets: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...octets, rest])
    octets.push((rest & 127) | 128)
  }
}

function little(value: number, octets: number): Buffer {
  const bytes = Buffer.alloc(octets)
  bytes.writeUIntLE(value, 0, octets)
  return bytes
}
