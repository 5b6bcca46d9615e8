/**
 * The only door to @zip.js/zip.js: ZIP archives as they come by mail, locked ones among them.
 *
 *   octets ──▶ [openArchive] ──▶ entries ──▶ entry.read(password?) ──▶ content │ why not
 *
 * For `.zip` attachments, where names may be CP932, methods old and headers careless. `strict` refuses whatever two
 * programs could read in two ways, `lenient` reads it as most programs do. Packages (OOXML, ODF) are read by
 * zip-package.ts, which is stricter still and three times as fast. Everything is written by zip-write.ts, but for
 * locked archives: an approved original, or results, on the way out [lockedZip].
 * Invariant: octets are counted as they come out, whatever size an entry declares; no entry is unpacked before it is
 * asked for. Runs without web workers, WebAssembly and network.
 */
import { Buffer } from 'node:buffer'
import { crc32, inflateRawSync } from 'node:zlib'
import {
  configure,
  ERR_ENCRYPTED,
  ERR_INVALID_PASSWORD,
  ERR_UNSUPPORTED_COMPRESSION,
  ERR_UNSUPPORTED_ENCRYPTION,
  type FileEntry,
  Uint8ArrayReader,
  Uint8ArrayWriter,
  ZipReader,
  ZipWriter,
} from '@zip.js/zip.js'

configure({ useWebWorkers: false, useCompressionStream: true })

export type ArchiveProblem = {
  readonly kind: 'cannot'
  /** encrypted: no password was given; password: the one given is wrong. */
  readonly reason: 'malformed' | 'limit' | 'encrypted' | 'password' | 'unsupported'
}

export type ArchiveContent = { readonly kind: 'content'; readonly bytes: Buffer }

export type ArchiveEntry = {
  /** As it stands in the directory; nothing about it is checked or decoded. */
  readonly untrustedRawName: Uint8Array
  /** The directory says that the name is UTF-8; otherwise it is in whatever charset its maker used. */
  readonly nameIsUtf8: boolean
  /** The name in the Info-ZIP Unicode Path field, where that belongs to the raw name (APPNOTE §4.6.9). */
  readonly untrustedUnicodeName: string | undefined
  readonly isFolder: boolean
  /** Its content is the path of another file (Unix). */
  readonly isLink: boolean
  readonly isEncrypted: boolean
  /** What the directory says; `read` counts for itself. */
  readonly declaredBytes: number
  readonly packedBytes: number
  /** At most `limitBytes` come out. Never rejects. */
  read(limitBytes: number, password?: Uint8Array): Promise<ArchiveContent | ArchiveProblem>
}

export type OpenArchive = { readonly kind: 'open'; readonly entries: readonly ArchiveEntry[] }

export type ArchiveOptions = {
  readonly reading: 'strict' | 'lenient'
  /** Most entries; an archive with more is refused before they are listed in full. */
  readonly entries: number
}

/** Kind of file in the upper half of the external attributes (APPNOTE §4.4.15). */
const [STORED, DEFLATED] = [0, 8]
const UNIX_LINK = 0xa
const TOO_LARGE = Symbol('more octets than allowed')

/** Lists an archive. Never rejects. */
export async function openArchive(untrustedBytes: Uint8Array, { reading, entries: mostEntries }: ArchiveOptions): Promise<OpenArchive | ArchiveProblem> {
  const isStrict = reading === 'strict'
  // Names are judged by whoever unpacks, after decoding: the library would refuse CP932 names by their octets.
  const checks = isStrict
    ? ({ strictness: 'strict', checkOverlappingEntry: true, filenameValidation: 'tolerant' } as const)
    : ({ strictness: 'tolerant', checkOverlappingEntry: true, filenameValidation: 'tolerant' } as const)
  try {
    const reader = new ZipReader(new Uint8ArrayReader(untrustedBytes), { ...checks, useWebWorkers: false })
    const entries: ArchiveEntry[] = []
    for await (const entry of reader.getEntriesGenerator()) {
      if (entries.length >= mostEntries) return { kind: 'cannot', reason: 'limit' }
      entries.push(entryOf(entry as FileEntry, untrustedBytes))
    }
    return { kind: 'open', entries }
  } catch (error) {
    return problemOf(error)
  }
}

type Place = { readonly entry: FileEntry; readonly untrustedBytes: Uint8Array }

function entryOf(entry: FileEntry, untrustedBytes: Uint8Array): ArchiveEntry {
  return {
    untrustedRawName: Buffer.from(entry.rawFilename),
    nameIsUtf8: entry.bitFlag?.languageEncodingFlag === true,
    untrustedUnicodeName: entry.extraFieldUnicodePath?.valid === true ? entry.filename : undefined,
    isFolder: entry.directory,
    isLink: (entry.externalFileAttributes >>> 28) === UNIX_LINK,
    isEncrypted: entry.encrypted,
    declaredBytes: entry.uncompressedSize,
    packedBytes: entry.compressedSize,
    read: (limitBytes, password) => readEntry({ entry, untrustedBytes }, limitBytes, password),
  }
}

async function readEntry({ entry, untrustedBytes }: Place, limitBytes: number, password: Uint8Array | undefined): Promise<ArchiveContent | ArchiveProblem> {
  if (entry.encrypted && password === undefined) return { kind: 'cannot', reason: 'encrypted' }
  if (entry.uncompressedSize > limitBytes) return { kind: 'cannot', reason: 'limit' }
  if (!entry.encrypted && (entry.compressionMethod === STORED || entry.compressionMethod === DEFLATED)) return readPlainEntry(entry, untrustedBytes, limitBytes)
  const pieces: Uint8Array[] = []
  let bytes = 0
  const counted = new WritableStream<Uint8Array>({
    write(piece) {
      bytes += piece.length
      if (bytes > limitBytes) throw TOO_LARGE
      pieces.push(piece)
    },
  })
  try {
    await entry.getData(counted, { checkSignature: true, useWebWorkers: false, ...(password === undefined ? {} : { rawPassword: password }) })
    return { kind: 'content', bytes: Buffer.concat(pieces) }
  } catch (error) {
    return bytes > limitBytes ? { kind: 'cannot', reason: 'limit' } : problemOf(error)
  }
}

/** The usual case, four times as fast: the library finds and checks the packed octets, zlib unpacks them in one go. */
async function readPlainEntry(entry: FileEntry, untrustedBytes: Uint8Array, limitBytes: number): Promise<ArchiveContent | ArchiveProblem> {
  try {
    await entry.getData(new Uint8ArrayWriter(), { checkOverlappingEntryOnly: true, useWebWorkers: false })
    const from = entry.localDirectory?.dataOffset ?? untrustedBytes.length
    const packed = untrustedBytes.subarray(from, from + entry.compressedSize)
    const bytes = entry.compressionMethod === STORED ? Buffer.from(packed) : inflateWhole(packed, limitBytes)
    const isWhole = bytes?.length === entry.uncompressedSize && crc32(bytes) === entry.crc32
    return bytes && isWhole ? { kind: 'content', bytes } : { kind: 'cannot', reason: 'malformed' }
  } catch (error) {
    return (error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE' ? { kind: 'cannot', reason: 'limit' } : problemOf(error)
  }
}

/** Undefined when the packed octets end before they are all read: something stands behind them. */
function inflateWhole(packed: Uint8Array, limitBytes: number): Buffer | undefined {
  // What zlib has read is told beside the result, which the types do not know.
  const { buffer, engine } = inflateRawSync(packed, { maxOutputLength: Math.max(1, limitBytes), info: true }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } }
  return engine.bytesWritten === packed.length ? buffer : undefined
}

/**
 * Files in an archive locked by AES-256 (WinZip AE-2, APPNOTE appendix E; the salt is the library's own), as they stream
 * by. Names stay readable, as those of every ZIP. Rejects when `octets` do.
 */
export async function* lockedZip(files: readonly { readonly name: string; readonly octets: AsyncIterable<Uint8Array> }[], password: string): AsyncGenerator<Uint8Array> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = new ZipWriter(writable, { useWebWorkers: false, level: 0 })
  const add = async () => {
    for (const { name, octets } of files) await writer.add(name, ReadableStream.from(octets) as ReadableStream<Uint8Array>, { password, encryptionStrength: 3, zipCrypto: false })
    await writer.close()
  }
  const written = add()
  // Without this a failure would be nobody's; the reader of the stream is told by abort.
  const failed = written.then(
    () => undefined,
    async (error: unknown) => {
      await writable.abort(error).catch(() => {})
      throw error
    },
  )
  failed.catch(() => {})
  yield* readable as unknown as AsyncIterable<Uint8Array>
  await failed
}

function problemOf(error: unknown): ArchiveProblem {
  const message = error instanceof Error ? error.message : ''
  if (message === ERR_INVALID_PASSWORD) return { kind: 'cannot', reason: 'password' }
  if (message === ERR_ENCRYPTED) return { kind: 'cannot', reason: 'encrypted' }
  const isUnsupported = message === ERR_UNSUPPORTED_COMPRESSION || message === ERR_UNSUPPORTED_ENCRYPTION
  return { kind: 'cannot', reason: isUnsupported ? 'unsupported' : 'malformed' }
}
