/**
 * Locked .doc, .xls and .ppt files: their streams are decrypted and stand in a new compound file that says so.
 *
 *   compound file + password ──▶ how it is locked ──▶ streams decrypted by blocks ──▶ compound file of the same kind
 *
 * Which octets of a stream are encrypted differs: all but the first 68 of a Word document, the contents of records of a
 * workbook, each object of a presentation with a key of its own. Excel and Word know XOR obfuscation, too.
 * Standards: MS-OFFCRYPTO §2.3.5–2.3.7; MS-DOC §2.2.6; MS-XLS §2.2.10; MS-PPT §2.3.7.
 */
import { Buffer } from 'node:buffer'
import { readCompound, type Storage } from '../disarm/ole/cfb.ts'
import { writeCompound } from '../disarm/ole/cfb-write.ts'
import type { Unlocked, UnlockLimits } from '../unlock.ts'
import { type BlockKeys, decryptBlocks, keysFor, readLock } from './rc4.ts'
import { decryptPresentation, presentationLock } from './old-slides.ts'
import { type XorFacts, type XorLock, xorLockFor } from './xor.ts'

/** The streams in the clear; undefined when they are damaged. */
type Streams = ReadonlyMap<string, Buffer> | undefined
/** A document as it is locked. */
type Locked = { open(password: string): Streams | 'wrong-password' }
type Reading = Locked | 'plain' | 'unsupported' | undefined

const READERS: Readonly<Record<string, (root: Storage) => Reading>> = {
  'application/msword': lockedDocument,
  'application/vnd.ms-excel': lockedWorkbook,
  'application/vnd.ms-powerpoint': lockedPresentation,
}

export async function unlockOldOffice(
  untrustedBytes: Uint8Array,
  passwords: readonly string[],
  { detectedType, outputBytes }: UnlockLimits & { readonly detectedType: string },
): Promise<Unlocked> {
  if (untrustedBytes.length > outputBytes) return { kind: 'cannot', reason: 'limit' }
  const root = readCompound(untrustedBytes)
  const locked = root && READERS[detectedType]?.(root)
  if (!root || locked === undefined || locked === 'plain') return { kind: 'cannot', reason: 'malformed' }
  if (locked === 'unsupported') return { kind: 'cannot', reason: 'unsupported' }
  for (const password of passwords) {
    const streams = locked.open(password)
    if (streams === 'wrong-password') continue
    const bytes = streams && writeCompound({ ...root, streams: new Map([...root.streams, ...streams]) })
    return bytes ? { kind: 'unlocked', bytes } : { kind: 'cannot', reason: 'malformed' }
  }
  return { kind: 'cannot', reason: 'wrong-password' }
}

function rc4Locked(info: Buffer, streams: (keys: BlockKeys) => Streams): Reading {
  const lock = readLock(info)
  if (!lock) return 'unsupported'
  return {
    open(password) {
      const keys = keysFor(password, lock)
      return keys ? streams(keys) : 'wrong-password'
    },
  }
}

function xorLocked(facts: XorFacts, streams: (lock: XorLock) => Streams): Reading {
  return {
    open(password) {
      const lock = xorLockFor(password, facts)
      return lock ? streams(lock) : 'wrong-password'
    },
  }
}

function streamOf({ streams }: Storage, name: string): Buffer | undefined {
  const stream = streams.get(name)
  return stream && Buffer.from(stream.buffer, stream.byteOffset, stream.byteLength)
}

// Word

const WORD_BLOCK_BYTES = 512
const WORD_PLAIN_BYTES = 68
const FLAGS_AT = 10
const ENCRYPTED = 0x0100
const OBFUSCATED = 0x8000
const SECOND_TABLE = 0x0200
const INFO_BYTES_AT = 14

function lockedDocument(root: Storage): Reading {
  const main = streamOf(root, 'WordDocument')
  if (!main || main.length < WORD_PLAIN_BYTES) return undefined
  const flags = main.readUInt16LE(FLAGS_AT)
  if ((flags & ENCRYPTED) === 0) return 'plain'
  const name = flags & SECOND_TABLE ? '1Table' : '0Table'
  const table = streamOf(root, name)
  const infoBytes = main.readUInt32LE(INFO_BYTES_AT)
  if (!table) return undefined
  const document: WordStreams = { main, name, table, data: streamOf(root, 'Data'), openFlags: flags & ~ENCRYPTED & ~OBFUSCATED }
  if (flags & OBFUSCATED) return xorLocked({ program: 'word', numbers: [infoBytes & 0xffff, infoBytes >>> 16] }, lock => openDocument(document, stream => lock(stream, 0)))
  if (infoBytes > table.length) return undefined
  return rc4Locked(table.subarray(0, infoBytes), keys => openDocument(document, stream => decryptBlocks(stream, keys, WORD_BLOCK_BYTES)))
}

type WordStreams = { readonly main: Buffer; readonly name: string; readonly table: Buffer; readonly data: Buffer | undefined; readonly openFlags: number }

function openDocument({ main, name, table, data, openFlags }: WordStreams, decrypt: (stream: Buffer) => Buffer): ReadonlyMap<string, Buffer> {
  const plain = Buffer.concat([main.subarray(0, WORD_PLAIN_BYTES), decrypt(main).subarray(WORD_PLAIN_BYTES)])
  plain.writeUInt16LE(openFlags, FLAGS_AT)
  plain.writeUInt32LE(0, INFO_BYTES_AT)
  return new Map([['WordDocument', plain], [name, decrypt(table)], ...(data ? [['Data', decrypt(data)] as const] : [])])
}

// Excel

const SHEET_BLOCK_BYTES = 1024
const FILE_PASS = 0x2f
const SHEET_ENTRY = 0x85
const SHEET_PLACE_BYTES = 4
/** Records that are never encrypted: BOF, FilePass, UsrExcl, FileLock, InterfaceHdr, RRDInfo, RRDHead. */
const PLAIN_RECORDS = new Set([0x809, FILE_PASS, 0x194, 0x195, 0xe1, 0x196, 0x138])
/** A record that programs pass over, of the same length. */
const PADDING = 0x05ff

/** How a FilePass record says that the workbook is locked (MS-XLS §2.4.117). */
const BY_XOR = 0
const BY_RC4 = 1

function lockedWorkbook(root: Storage): Reading {
  const book = streamOf(root, 'Workbook')
  if (!book) return undefined
  const records = recordsOf(book)
  const pass = records.find(({ type }) => type === FILE_PASS)
  if (!pass) return 'plain'
  const info = book.subarray(pass.from, pass.to)
  const way = info.length < 6 ? undefined : info.readUInt16LE(0)
  if (way === BY_XOR) {
    const facts: XorFacts = { program: 'excel', numbers: [info.readUInt16LE(2), info.readUInt16LE(4)] }
    return xorLocked(facts, lock => new Map([['Workbook', openWorkbook(book, records, ({ from, to }) => lock(book.subarray(from, to), to))]]))
  }
  if (way !== BY_RC4) return 'unsupported'
  return rc4Locked(info.subarray(2), keys => {
    const decrypted = decryptBlocks(book, keys, SHEET_BLOCK_BYTES)
    return new Map([['Workbook', openWorkbook(book, records, ({ from, to }) => decrypted.subarray(from, to))]])
  })
}

type RecordPlace = { readonly type: number; readonly from: number; readonly to: number }

function recordsOf(book: Buffer): RecordPlace[] {
  const records: RecordPlace[] = []
  for (let at = 0; at + 4 <= book.length; ) {
    const to = at + 4 + book.readUInt16LE(at + 2)
    if (to > book.length) break
    records.push({ type: book.readUInt16LE(at), from: at + 4, to })
    at = to
  }
  return records
}

/** Heads of records stay as they are, although the key stream runs on below them. */
function openWorkbook(book: Buffer, records: readonly RecordPlace[], decrypt: (record: RecordPlace) => Buffer): Buffer {
  const out = Buffer.from(book)
  for (const record of records) {
    const { type, from } = record
    // The place of a sheet in the stream is not encrypted.
    if (!PLAIN_RECORDS.has(type)) decrypt(record).subarray(type === SHEET_ENTRY ? SHEET_PLACE_BYTES : 0).copy(out, type === SHEET_ENTRY ? from + SHEET_PLACE_BYTES : from)
    if (type === FILE_PASS) out.writeUInt16LE(PADDING, from - 4)
  }
  return out
}

// PowerPoint

function lockedPresentation(root: Storage): Reading {
  const [slides, user] = [streamOf(root, 'PowerPoint Document'), streamOf(root, 'Current User')]
  const lock = slides && user && presentationLock(slides, user)
  if (!slides || !user || lock === undefined || lock === 'plain') return lock === 'plain' ? 'plain' : undefined
  return rc4Locked(lock.info, keys => decryptPresentation({ slides, user, lock }, keys))
}
