/**
 * Writes ZIP files of our own: the same files give the same octets.
 *
 *   files in order ──▶ [writeZip] ──▶ octets
 *
 * One date for all, no extra fields, no comments, sizes in the headers, names in UTF-8 or, for old programs of Windows, in
 * CP932; a name that CP932 cannot write stays in UTF-8 and says so, so that no two names become one. Where deflating does not pay
 * the content is stored. Without ZIP64: what is larger than it allows is refused.
 * Standards: PKWARE APPNOTE 6.3.10 §4.3, §4.4, appendix D (UTF-8 names); ODF 1.3 part 2 §3.3 (`mimetype` comes stored).
 */
import { Buffer } from 'node:buffer'
import { crc32, deflateRawSync } from 'node:zlib'
import { encodeCp932 } from '../text/cp932-encode.ts'
import type { FileForms } from '../file-forms.ts'

export type ZipFile = {
  readonly name: string
  readonly bytes: Uint8Array
  /** Leave it as it is: for what is packed already, and for the `mimetype` of ODF. */
  readonly stored?: boolean
}

const LOCAL_HEADER = 0x04034b50
const DIRECTORY_HEADER = 0x02014b50
const END_RECORD = 0x06054b50
const VERSION = 20
const FLAG_UTF8 = 0x800
const STORED = 0
const DEFLATED = 8
/** 1 January 1980, the first day that the format knows. */
const DOS_DATE = 0x21
const MOST_FILES = 0xfffe
const MOST_BYTES = 0xffff_fffe
const LONGEST_NAME = 0xffff
/** Twice as fast as zlib's usual level on markup, for a twentieth more octets. */
const LEVEL = 4

type Written = {
  readonly rawName: Buffer
  readonly flags: number
  readonly method: number
  readonly crc: number
  readonly data: Uint8Array
  readonly bytes: number
}

/** Undefined when the files do not fit into `limitBytes` or into the format. Names must be unique and harmless. */
export function writeZip(files: readonly ZipFile[], limitBytes: number, names: FileForms['zipNames'] = 'utf-8'): Buffer | undefined {
  if (files.length > MOST_FILES) return undefined
  const limit = Math.min(limitBytes, MOST_BYTES)
  const pieces: Uint8Array[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const file of files) {
    const entry = pack(file, names)
    if (entry.rawName.length > LONGEST_NAME) return undefined
    pieces.push(localHeader(entry), entry.rawName, entry.data)
    directory.push(directoryHeader(entry, at), entry.rawName)
    at += 30 + entry.rawName.length + entry.data.length
    if (at > limit) return undefined
  }
  const listing = Buffer.concat(directory)
  const bytes = at + listing.length + 22
  if (bytes > limit) return undefined
  return Buffer.concat([...pieces, listing, endRecord(files.length, listing.length, at)], bytes)
}

function pack({ name, bytes, stored }: ZipFile, names: FileForms['zipNames']): Written {
  const utf8 = Buffer.from(name, 'utf8')
  const cp932 = names === 'cp932' ? encodeCp932(name) : undefined
  const packed = stored || bytes.length === 0 ? undefined : deflateRawSync(bytes, { level: LEVEL })
  const pays = packed !== undefined && packed.length < bytes.length
  return {
    rawName: cp932 ? Buffer.from(cp932) : utf8,
    flags: cp932 || utf8.length === name.length ? 0 : FLAG_UTF8,
    method: pays ? DEFLATED : STORED,
    crc: crc32(bytes),
    data: pays ? packed : bytes,
    bytes: bytes.length,
  }
}

/** The fields that both headers have, from `at` on (APPNOTE §4.3.7, §4.3.12). */
function writeCommon(header: Buffer, at: number, { flags, method, crc, data, bytes, rawName }: Written): void {
  header.writeUInt16LE(VERSION, at)
  header.writeUInt16LE(flags, at + 2)
  header.writeUInt16LE(method, at + 4)
  header.writeUInt16LE(DOS_DATE, at + 8)
  header.writeUInt32LE(crc, at + 10)
  header.writeUInt32LE(data.length, at + 14)
  header.writeUInt32LE(bytes, at + 18)
  header.writeUInt16LE(rawName.length, at + 22)
}

function localHeader(entry: Written): Buffer {
  const header = Buffer.alloc(30)
  header.writeUInt32LE(LOCAL_HEADER, 0)
  writeCommon(header, 4, entry)
  return header
}

function directoryHeader(entry: Written, at: number): Buffer {
  const header = Buffer.alloc(46)
  header.writeUInt32LE(DIRECTORY_HEADER, 0)
  header.writeUInt16LE(VERSION, 4)
  writeCommon(header, 6, entry)
  header.writeUInt32LE(at, 42)
  return header
}

function endRecord(count: number, directoryBytes: number, directoryAt: number): Buffer {
  const record = Buffer.alloc(22)
  record.writeUInt32LE(END_RECORD, 0)
  record.writeUInt16LE(count, 8)
  record.writeUInt16LE(count, 10)
  record.writeUInt32LE(directoryBytes, 12)
  record.writeUInt32LE(directoryAt, 16)
  return record
}
