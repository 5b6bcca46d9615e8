/**
 * ZIP files for the generated mails: with marks in them that can be written over, or with a password.
 *
 * Where a mark stands the entry is stored, not deflated, and its checksums are named for the template. The old ZIP
 * encryption is what 7-Zip, Explorer and most PPAP products make.
 * Standards: PKWARE APPNOTE 6.3.10 §4.3, §6.1 (traditional encryption).
 */
import { crc32 } from 'node:zlib'
import { writeZip, type ZipFile } from '../../core/disarm/zip-write.ts'
import { MARK_PLACE } from '../mark.ts'
import type { PackedFile } from '../template.ts'
import type { Chance } from './words.ts'

const MOST_BYTES = 2 ** 30
const ENCRYPTION_HEADER_BYTES = 12
const LOCAL_HEADER_BYTES = 30

export function markedZip(files: readonly ZipFile[]): PackedFile {
  const raw = writeZip(
    files.map(file => (Buffer.from(file.bytes).includes(MARK_PLACE) ? { ...file, stored: true } : file)),
    MOST_BYTES,
  )
  if (!raw) throw new Error('the files do not fit into a ZIP')
  return { raw, checksums: checksumsOf(raw) }
}

/** Of all stored entries with a mark, those inside of other ZIPs first. */
export function checksumsOf(zip: Buffer): PackedFile['checksums'] {
  const all: PackedFile['checksums'][number][] = []
  let at = zip.readUInt32LE(zip.length - 6)
  for (let left = zip.readUInt16LE(zip.length - 12); left > 0; left--) {
    const [bytes, nameBytes, local] = [zip.readUInt32LE(at + 20), zip.readUInt16LE(at + 28), zip.readUInt32LE(at + 42)]
    const from = local + LOCAL_HEADER_BYTES + nameBytes
    const content = zip.subarray(from, from + bytes)
    if (zip.readUInt16LE(at + 10) === 0 && content.includes(MARK_PLACE)) {
      if (content.indexOf('PK\u0003\u0004', 0, 'latin1') === 0)
        all.push(...checksumsOf(content).map(inner => movedBy(inner, from)))
      all.push({ from, to: from + bytes, at: [local + 14, at + 16] })
    }
    at += 46 + nameBytes
  }
  return all
}

function movedBy({ from, to, at }: PackedFile['checksums'][number], by: number): PackedFile['checksums'][number] {
  return { from: from + by, to: to + by, at: at.map(each => each + by) }
}

/** One file, encrypted. */
export function encryptedZip(file: ZipFile, password: string, chance: Chance): Buffer {
  const plain = writeZip([file], MOST_BYTES)!
  const directory = plain.readUInt32LE(plain.length - 6)
  const contentAt = LOCAL_HEADER_BYTES + plain.readUInt16LE(26)
  const crc = plain.readUInt32LE(14)
  const header = Buffer.from(
    Array.from({ length: ENCRYPTION_HEADER_BYTES }, (_, i) => (i === 11 ? crc >>> 24 : Math.floor(chance() * 256))),
  )
  const content = encrypted(Buffer.concat([header, plain.subarray(contentAt, directory)]), password)
  const zip = Buffer.concat([plain.subarray(0, contentAt), content, plain.subarray(directory)])
  const moved = directory + ENCRYPTION_HEADER_BYTES
  for (const [flagsAt, sizeAt] of [
    [6, 18],
    [moved + 8, moved + 20],
  ] as const) {
    zip.writeUInt16LE(zip.readUInt16LE(flagsAt) | 1, flagsAt)
    zip.writeUInt32LE(content.length, sizeAt)
  }
  zip.writeUInt32LE(moved, zip.length - 6)
  return zip
}

function encrypted(octets: Buffer, password: string): Buffer {
  const keys = [0x12345678, 0x23456789, 0x34567890] as [number, number, number]
  const update = (octet: number) => {
    keys[0] = crcStep(keys[0], octet)
    keys[1] = (Math.imul(keys[1] + (keys[0] & 0xff), 134775813) + 1) >>> 0
    keys[2] = crcStep(keys[2], keys[1] >>> 24)
  }
  for (const octet of Buffer.from(password)) update(octet)
  return Buffer.from(
    octets.map(octet => {
      const key = (keys[2] | 2) & 0xffff
      update(octet)
      return octet ^ ((Math.imul(key, key ^ 1) >>> 8) & 0xff)
    }),
  )
}

/** One step of CRC-32 without its complement: zlib's, taken out of the complements around it. */
function crcStep(crc: number, octet: number): number {
  return (crc32(Buffer.from([octet]), ~crc >>> 0) ^ 0xffffffff) >>> 0
}
