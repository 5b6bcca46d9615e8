/**
 * What kind of document an OLE2 compound file is: by the names directly below its root.
 *
 * Names further down belong to embedded objects and say nothing about the file. Where the directory is out of
 * reach (only the first octets of a large file are here), the names are searched for instead.
 * Standards: MS-CFB §2.2 (header), §2.6 (directory); MS-DOC §2.5.2 (fEncrypted), MS-XLS §2.4.117 (FilePass).
 */
import { Buffer } from 'node:buffer'
import type { Kind } from './kind.ts'

const END_OF_CHAIN = 0xfffffffa
const NO_ENTRY = 0xffffffff
const ENTRY_BYTES = 128
const MAX_ENTRIES = 4000
const DIFAT_IN_HEADER = 109

/** Streams and storages that only one kind has, in the order in which they decide. */
const MARKS: readonly (readonly [name: string, type: string, extension: string])[] = [
  ['EncryptedPackage', 'application/x-ooxml-encrypted', 'docx'],
  ['WordDocument', 'application/msword', 'doc'],
  ['Workbook', 'application/vnd.ms-excel', 'xls'],
  ['Book', 'application/vnd.ms-excel', 'xls'],
  ['PowerPoint Document', 'application/vnd.ms-powerpoint', 'ppt'],
  ['__properties_version1.0', 'application/vnd.ms-outlook', 'msg'],
  ['DocumentText', 'application/x-js-taro', 'jtd'],
  ['JSCompDocument', 'application/x-js-taro', 'jtdc'],
  ['Hanako', 'application/x-js-hanako', 'jhd'],
  ['\x04JSRV_SegmentInformation', 'application/x-js-taro', 'jtd'],
  ['JSRV_SegmentInformation', 'application/x-js-taro', 'jtd'],
  ['VisioDocument', 'application/vnd.visio', 'vsd'],
  ['Quill', 'application/vnd.ms-publisher', 'pub'],
  ['\x05HwpSummaryInformation', 'application/x-hwp', 'hwp'],
]
/** Root class of Windows Installer packages and patches, {000C1084-…} and {000C1086-…}. */
const INSTALLER_CLASS = /^8[46]100c0000000000c000000000000046$/
const GENERIC: Kind = { type: 'application/x-ole-storage', extension: 'bin', encrypted: false }

export function oleKind(bytes: Buffer): Kind {
  const directory = readDirectory(bytes)
  if (INSTALLER_CLASS.test(directory.rootClass)) return { type: 'application/x-msi', extension: 'msi', encrypted: false }
  for (const [name, type, extension] of MARKS) {
    const start = directory.names.size > 0 ? directory.names.get(name) : searched(bytes, name)
    if (start === undefined) continue
    return { type, extension, encrypted: name === 'EncryptedPackage' || isLocked(name, bytes.subarray(start)) }
  }
  return GENERIC
}

/** Byte offset of each stream at the root (the end of `bytes` when it is out of reach), by name. */
type Directory = { readonly names: ReadonlyMap<string, number>; readonly rootClass: string }

function searched(bytes: Buffer, name: string): number | undefined {
  return name.length > 5 && bytes.includes(Buffer.from(name, 'utf16le')) ? bytes.length : undefined
}

function readDirectory(bytes: Buffer): Directory {
  const names = new Map<string, number>()
  const entries = directoryEntries(bytes)
  const root = entries[0]
  if (!root) return { names, rootClass: '' }
  const seen = new Set<number>()
  const open = [root.readUInt32LE(76)]
  while (open.length > 0 && seen.size < MAX_ENTRIES) {
    const id = open.pop()!
    const entry = id === NO_ENTRY || seen.has(id) ? undefined : entries[id]
    if (!entry) continue
    seen.add(id)
    const nameBytes = Math.min(64, entry.readUInt16LE(64))
    names.set(entry.toString('utf16le', 0, Math.max(0, nameBytes - 2)), sectorOffset(bytes, entry.readUInt32LE(116)))
    open.push(entry.readUInt32LE(68), entry.readUInt32LE(72))
  }
  return { names, rootClass: root.toString('hex', 80, 96) }
}

function sectorBytes(bytes: Buffer): number {
  return bytes.length >= 512 && bytes.readUInt16LE(30) === 12 ? 4096 : 512
}

function sectorOffset(bytes: Buffer, sector: number): number {
  return Math.min(bytes.length, (sector + 1) * sectorBytes(bytes))
}

function directoryEntries(bytes: Buffer): Buffer[] {
  if (bytes.length < 512) return []
  const size = sectorBytes(bytes)
  const entries: Buffer[] = []
  let sector = bytes.readUInt32LE(48)
  while (sector < END_OF_CHAIN && entries.length < MAX_ENTRIES) {
    const start = sectorOffset(bytes, sector)
    if (start + size > bytes.length) break
    for (let at = start; at < start + size; at += ENTRY_BYTES) entries.push(bytes.subarray(at, at + ENTRY_BYTES))
    sector = nextSector(bytes, sector)
  }
  return entries
}

/** By the allocation table; where that is out of reach the next sector is as good a guess as any. */
function nextSector(bytes: Buffer, sector: number): number {
  const perTable = sectorBytes(bytes) / 4
  const table = Math.floor(sector / perTable)
  if (table >= DIFAT_IN_HEADER) return sector + 1
  const at = sectorOffset(bytes, bytes.readUInt32LE(76 + table * 4)) + (sector % perTable) * 4
  return at + 4 <= bytes.length ? bytes.readUInt32LE(at) : sector + 1
}

/** Old Word and Excel files say in their first record that a password is needed. */
function isLocked(name: string, stream: Buffer): boolean {
  if (name === 'WordDocument') return stream.length >= 12 && stream.readUInt16LE(0) === 0xa5ec && (stream.readUInt16LE(10) & 0x0100) !== 0
  if (name !== 'Workbook' && name !== 'Book') return false
  if (stream.length < 4 || (stream.readUInt16LE(0) & 0xff) !== 0x09) return false
  let at = 0
  for (let record = 0; record < 6 && at + 4 <= stream.length; record++) {
    if (stream.readUInt16LE(at) === 0x2f) return true
    at += 4 + stream.readUInt16LE(at + 2)
  }
  return false
}
