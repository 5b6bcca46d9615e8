/**
 * Locked .doc, .xls and .ppt files: their streams are decrypted and stand in a new compound file that says so.
 *
 *   compound file + password ──▶ how it is locked ──▶ streams decrypted by blocks ──▶ compound file of the same kind
 *
 * Which octets of a stream are encrypted differs: all but the first 68 of a Word document, the contents of records of a
 * workbook, each object of a presentation with a key of its own. XOR obfuscation, older still, is not opened.
 * Standards: MS-OFFCRYPTO §2.3.5, §2.3.6; MS-DOC §2.2.6; MS-XLS §2.2.10; MS-PPT §2.3.7.
 */
import { Buffer } from 'node:buffer'
import { readCompound, type Storage } from '../disarm/ole/cfb.ts'
import { writeCompound } from '../disarm/ole/cfb-write.ts'
import type { Unlocked, UnlockLimits } from '../unlock.ts'
import { type BlockKeys, decryptBlocks, keysFor, readLock } from './rc4.ts'
import { decryptPresentation, presentationLock } from './old-slides.ts'

/** A document as it is locked: the description of the lock, and the streams that come of the keys. */
type Locked = { readonly info: Buffer; streams(keys: BlockKeys): ReadonlyMap<string, Buffer> | undefined }

const READERS: Readonly<Record<string, (root: Storage) => Locked | 'plain' | 'unsupported' | undefined>> = {
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
  const lock = locked === 'unsupported' ? undefined : readLock(locked.info)
  if (locked === 'unsupported' || !lock) return { kind: 'cannot', reason: 'unsupported' }
  for (const password of passwords) {
    const keys = keysFor(password, lock)
    const streams = keys && locked.streams(keys)
    if (!keys) continue
    const bytes = streams && writeCompound({ ...root, streams: new Map([...root.streams, ...streams]) })
    return bytes ? { kind: 'unlocked', bytes } : { kind: 'cannot', reason: 'malformed' }
  }
  return { kind: 'cannot', reason: 'wrong-password' }
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

function lockedDocument(root: Storage): Locked | 'plain' | 'unsupported' | undefined {
  const main = streamOf(root, 'WordDocument')
  if (!main || main.length < WORD_PLAIN_BYTES) return undefined
  const flags = main.readUInt16LE(FLAGS_AT)
  if ((flags & ENCRYPTED) === 0) return 'plain'
  if (flags & OBFUSCATED) return 'unsupported'
  const name = flags & SECOND_TABLE ? '1Table' : '0Table'
  const table = streamOf(root, name)
  const infoBytes = main.readUInt32LE(INFO_BYTES_AT)
  if (!table || infoBytes > table.length) return undefined
  const data = streamOf(root, 'Data')
  return {
    info: table.subarray(0, infoBytes),
    streams(keys) {
      const plain = Buffer.concat([main.subarray(0, WORD_PLAIN_BYTES), decryptBlocks(main, keys, WORD_BLOCK_BYTES).subarray(WORD_PLAIN_BYTES)])
      plain.writeUInt16LE(flags & ~ENCRYPTED, FLAGS_AT)
      plain.writeUInt32LE(0, INFO_BYTES_AT)
      return new Map([['WordDocument', plain], [name, decryptBlocks(table, keys, WORD_BLOCK_BYTES)], ...(data ? [['Data', decryptBlocks(data, keys, WORD_BLOCK_BYTES)] as const] : [])])
    },
  }
}

// Excel

const SHEET_BLOCK_BYTES = 1024
const FILE_PASS = 0x2f
const SHEET_ENTRY = 0x85
/** Records that are never encrypted: BOF, FilePass, UsrExcl, FileLock, InterfaceHdr, RRDInfo, RRDHead. */
const PLAIN_RECORDS = new Set([0x809, FILE_PASS, 0x194, 0x195, 0xe1, 0x196, 0x138])
/** A record that programs pass over, of the same length. */
const PADDING = 0x05ff

function lockedWorkbook(root: Storage): Locked | 'plain' | 'unsupported' | undefined {
  const book = streamOf(root, 'Workbook')
  if (!book) return undefined
  const records = recordsOf(book)
  const lock = records.find(({ type }) => type === FILE_PASS)
  if (!lock) return 'plain'
  const info = book.subarray(lock.from, lock.to)
  // 0 is XOR obfuscation.
  if (info.length < 2 || info.readUInt16LE(0) !== 1) return 'unsupported'
  return { info: info.subarray(2), streams: keys => new Map([['Workbook', decryptWorkbook(book, records, keys)]]) }
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
function decryptWorkbook(book: Buffer, records: readonly RecordPlace[], keys: BlockKeys): Buffer {
  const decrypted = decryptBlocks(book, keys, SHEET_BLOCK_BYTES)
  const out = Buffer.from(book)
  for (const { type, from, to } of records) {
    // The place of a sheet in the stream is not encrypted.
    if (!PLAIN_RECORDS.has(type)) decrypted.copy(out, type === SHEET_ENTRY ? Math.min(from + 4, to) : from, type === SHEET_ENTRY ? Math.min(from + 4, to) : from, to)
    if (type === FILE_PASS) out.writeUInt16LE(PADDING, from - 4)
  }
  return out
}

// PowerPoint

function lockedPresentation(root: Storage): Locked | 'plain' | 'unsupported' | undefined {
  const [slides, user] = [streamOf(root, 'PowerPoint Document'), streamOf(root, 'Current User')]
  const lock = slides && user && presentationLock(slides, user)
  if (!slides || !user || lock === undefined || lock === 'plain') return lock === 'plain' ? 'plain' : undefined
  return { info: lock.info, streams: keys => decryptPresentation({ slides, user, lock }, keys) }
}
