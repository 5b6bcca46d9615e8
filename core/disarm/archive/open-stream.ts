/**
 * Single files behind a packer (gz, zst, bz2, xz), which are tar archives as often as not; and tar itself.
 *
 * A single file becomes an archive with one entry. Its name is that of the archive without the packer's extension,
 * or the one that gzip wrote down.
 * Standards: RFC 1952 (gzip), RFC 8878 (Zstandard).
 */
import type { Buffer } from 'node:buffer'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import type { Cannot } from '../contract.ts'
import { unpackLimit } from '../unpack-limit.ts'
import { type ArchiveContents, type ArchiveLimits, cannot, contents, fileEntry, otherEntry } from './entry.ts'
import { decodeNames } from './paths.ts'
import { type SevenZipFormat, unpackArchive } from './seven-zip.ts'
import { isTar, readTar } from './tar.ts'

export type Packed = { readonly untrustedBytes: Uint8Array; readonly detectedType: string; readonly name: string }

const PACKER_EXTENSION = /\.(?:gz|gzip|z|bz2?|xz|zst|zstd)$/i
const TAR_EXTENSION = /\.(?:tgz|taz|tbz2?|txz|tzst)$/i
const HAS_NAME = 8
const HAS_EXTRA = 4
const LONGEST_NAME_BYTES = 1024

export async function openStream({ untrustedBytes, detectedType, name }: Packed, limits: ArchiveLimits): Promise<ArchiveContents | Cannot> {
  const unpacked = await unpack(untrustedBytes, detectedType, unpackLimit(untrustedBytes.length, limits.bytes))
  if (typeof unpacked === 'string') return cannot(unpacked)
  if (isTar(unpacked)) return openTar(unpacked, limits)
  return contents([fileEntry(innerName(untrustedBytes, detectedType, name), unpacked)])
}

export function openTar(untrustedBytes: Uint8Array, limits: ArchiveLimits): ArchiveContents | Cannot {
  const archive = readTar(untrustedBytes, limits.entries)
  if (archive === undefined) return cannot('malformed')
  if (archive === 'limit') return cannot('limit')
  const names = decodeNames(archive.entries.map(entry => entry.rawName))
  const entries = archive.entries.map(({ kind, untrustedBytes: content }, index) =>
    kind === 'file' ? fileEntry(names[index]!, content) : otherEntry(names[index]!, kind),
  )
  return contents(entries, { removed: archive.trailingBytes > 0 ? [{ what: 'trailingData', count: 1 }] : [] })
}

async function unpack(untrustedBytes: Uint8Array, detectedType: string, limitBytes: number): Promise<Uint8Array | Cannot['reason']> {
  if (detectedType === 'application/gzip') return inProcess(() => gunzipSync(untrustedBytes, { maxOutputLength: limitBytes }))
  if (detectedType === 'application/zstd') return inProcess(() => zstdDecompressSync(untrustedBytes, { maxOutputLength: limitBytes }))
  const format: SevenZipFormat = detectedType === 'application/x-xz' ? 'xz' : 'bzip2'
  const unpacked = await unpackArchive({ untrustedBytes, format }, limitBytes)
  if (unpacked.kind === 'cannot') return unpacked.reason === 'password' ? 'encrypted' : unpacked.reason
  return unpacked.files.length === 1 ? unpacked.files[0]!.bytes : 'malformed'
}

function inProcess(unpackAll: () => Buffer): Uint8Array | Cannot['reason'] {
  try {
    return unpackAll()
  } catch (error) {
    return (error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE' ? 'limit' : 'malformed'
  }
}

function innerName(untrustedBytes: Uint8Array, detectedType: string, name: string): string {
  if (PACKER_EXTENSION.test(name)) return name.replace(PACKER_EXTENSION, '')
  if (TAR_EXTENSION.test(name)) return name.replace(TAR_EXTENSION, '.tar')
  return (detectedType === 'application/gzip' ? gzipName(untrustedBytes) : '') || name || 'file'
}

/** The optional FNAME field (RFC 1952 §2.3). */
function gzipName(untrustedBytes: Uint8Array): string {
  const flags = untrustedBytes[3] ?? 0
  if ((flags & HAS_NAME) === 0) return ''
  const start = (flags & HAS_EXTRA) === 0 ? 10 : 12 + (untrustedBytes[10] ?? 0) + 256 * (untrustedBytes[11] ?? 0)
  const field = untrustedBytes.subarray(start, start + LONGEST_NAME_BYTES)
  const end = field.indexOf(0)
  return end < 0 ? '' : decodeNames([{ bytes: field.subarray(0, end), isUtf8: false }])[0]!
}
