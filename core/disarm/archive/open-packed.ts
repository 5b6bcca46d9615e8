/**
 * Archives that 7-Zip unpacks, and LZH with it: listed, judged by what they declare, then unpacked with a count.
 *
 * A solid archive gives its files only together, so all are unpacked at once; what it declares is refused before that
 * when it is too much, and what it then gives is counted.
 */
import { Buffer } from 'node:buffer'
import type { Cannot } from '../contract.ts'
import { unpackLimit } from '../unpack-limit.ts'
import { type ArchiveContents, type ArchiveEntry, type ArchiveLimits, cannot, contents, fileEntry, otherEntry } from './entry.ts'
import { readLzh } from './lzh.ts'
import { decodeNames } from './paths.ts'
import { type ListedEntry, listArchive, type SevenZipFormat, type SevenZipInput, type SevenZipProblem, type UnpackedFile, unpackArchive } from './seven-zip.ts'

const RAR5_MAGIC = Buffer.from('526172211a0701', 'hex')
const FORMATS: Readonly<Record<string, SevenZipFormat>> = {
  'application/x-7z-compressed': '7z',
  'application/vnd.ms-cab-compressed': 'Cab',
  'application/x-iso9660-image': 'Iso',
}

/** `password` for an archive that is to be unlocked. */
export async function openPacked(input: Omit<SevenZipInput, 'format'> & { readonly detectedType: string }, limits: ArchiveLimits): Promise<ArchiveContents | SevenZipProblem> {
  const { untrustedBytes, detectedType, password } = input
  const archive = { untrustedBytes, password, format: formatOf(untrustedBytes, detectedType) }
  const listing = await listArchive(archive, limits.entries)
  if (listing.kind === 'cannot') return listing
  if (listing.isOneOfSeveral) return { kind: 'cannot', reason: 'unsupported' }
  if (password === undefined && listing.entries.some(entry => entry.isEncrypted)) return { kind: 'cannot', reason: 'encrypted' }
  const declared = listing.entries.reduce((sum, entry) => sum + (entry.declaredBytes ?? 0), 0)
  const most = unpackLimit(untrustedBytes.length, limits.bytes)
  if (declared > most) return { kind: 'cannot', reason: 'limit' }
  const unpacked = await unpackArchive(archive, most)
  if (unpacked.kind === 'cannot') return unpacked
  return contents(pair(listing.entries, unpacked.files), { removed: listing.hasTrailingData ? [{ what: 'trailingData', count: 1 }] : [] })
}

function formatOf(untrustedBytes: Uint8Array, detectedType: string): SevenZipFormat {
  const isRar5 = Buffer.from(untrustedBytes.subarray(0, RAR5_MAGIC.length)).equals(RAR5_MAGIC)
  return FORMATS[detectedType] ?? (isRar5 ? 'Rar5' : 'Rar')
}

/**
 * Which unpacked file belongs to which listed entry: by its path, and where 7-Zip had to change that, by the order of
 * both. An entry that nothing belongs to is damaged.
 */
function pair(listed: readonly ListedEntry[], unpacked: readonly UnpackedFile[]): ArchiveEntry[] {
  const byPlace = new Map(unpacked.map(file => [file.place, file]))
  const paths = listed.map(entry => entry.untrustedPath)
  const repeated = new Set(paths.filter((path, index) => paths.indexOf(path) !== index))
  const direct = new Map(listed.flatMap(entry => {
    const file = entry.kind === 'file' && !repeated.has(entry.untrustedPath) ? byPlace.get(entry.untrustedPath) : undefined
    return file ? [[entry, file] as const] : []
  }))
  const taken = new Set(direct.values())
  const rest = unpacked.filter(file => !taken.has(file))
  let next = 0
  return listed.map(entry => {
    if (entry.kind !== 'file') return otherEntry(entry.untrustedPath, entry.kind)
    const file = direct.get(entry) ?? (fits(entry, rest[next]) ? rest[next++] : undefined)
    return file ? fileEntry(entry.untrustedPath, file.bytes) : damaged(entry.untrustedPath)
  })
}

function fits({ declaredBytes }: ListedEntry, file: UnpackedFile | undefined): boolean {
  return file !== undefined && (declaredBytes === undefined || declaredBytes === file.bytes.length)
}

function damaged(untrustedPath: string): ArchiveEntry {
  return { untrustedPath, kind: 'file', read: async () => 'malformed' }
}

export async function openLzh(untrustedBytes: Uint8Array, limits: ArchiveLimits): Promise<ArchiveContents | Cannot> {
  const archive = readLzh(untrustedBytes, limits.entries)
  if (archive === undefined) return cannot('malformed')
  if (archive === 'limit') return cannot('limit')
  const most = unpackLimit(untrustedBytes.length, limits.bytes)
  const files = archive.entries.filter(entry => entry.kind === 'file')
  if (files.reduce((sum, entry) => sum + entry.declaredBytes, 0) > most) return cannot('limit')
  const unpacked = files.length === 0 ? undefined : await unpackArchive({ untrustedBytes: archive.rewritten, format: 'Lzh' }, most)
  if (unpacked?.kind === 'cannot') return cannot(unpacked.reason === 'password' ? 'encrypted' : unpacked.reason)
  const byNumber = new Map(unpacked?.files.map(file => [file.place, file.bytes]))
  const names = decodeNames(archive.entries.map(entry => entry.rawName))
  const entries = archive.entries.map(({ kind, number }, index) => {
    const bytes = byNumber.get(number)
    if (kind !== 'file') return otherEntry(names[index]!, kind)
    return bytes ? fileEntry(names[index]!, bytes) : damaged(names[index]!)
  })
  return contents(entries, { removed: archive.trailingBytes > 0 ? [{ what: 'trailingData', count: 1 }] : [] })
}
