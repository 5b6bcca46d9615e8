/**
 * Reads ZIP packages (OOXML, ODF and the like) in the one way in which they can be read.
 *
 *   octets ──▶ end record ▸ directory ▸ every local header compared ──▶ [openPackage] ──▶ entries, read on demand
 *
 * Two programs must not see two packages in the same octets. So the directory must end where the end record begins,
 * each local header must agree with its directory entry, no two entries may share octets or a name, and a name must
 * be a plain relative path. Octets that belong to nothing are counted. An entry is unpacked by itself, to at most the
 * size that it declares, and must have that size and that checksum. All of them together are bounded before the first
 * octet is unpacked.
 * Standards: PKWARE APPNOTE 6.3.10 §4.3 (structure), §4.4 (fields), §4.5.3 (ZIP64); ECMA-376 part 2 §7 (OPC on ZIP).
 */
import { Buffer } from 'node:buffer'
import { crc32, inflateRawSync } from 'node:zlib'

const LOCAL_HEADER = 0x04034b50
const DIRECTORY_HEADER = 0x02014b50
const DESCRIPTOR = 0x08074b50
const END_RECORD = Buffer.from('PK\x05\x06', 'latin1')
const END64_LOCATOR = 0x07064b50
const END64_RECORD = 0x06064b50
const END_BYTES = 22
const END_WITHIN_BYTES = END_BYTES + 65_535
const ZIP64_EXTRA = 1
const STORED = 0
const DEFLATED = 8
const FLAG_ENCRYPTED = 1
const FLAG_DESCRIPTOR = 8
const FLAG_STRONG = 0x40
const FLAG_MASKED = 0x2000
const IN_ZIP64 = 0xffff_ffff
const LONGEST_NAME = 1024
/** What unpacks to more than this many times its packed size is a bomb, above a first free amount. */
const MOST_RATIO = 250
const FREE_BYTES = 4 << 20

export type PackageProblem = { readonly kind: 'cannot'; readonly reason: 'malformed' | 'limit' | 'encrypted' | 'unsupported' }

export type PackageEntry = {
  /** As written, a relative path of plain segments; unique whatever the case of its letters. */
  readonly name: string
  /** Size when unpacked, which is also the most that `read` gives. */
  readonly bytes: number
  /** The content, its own copy; undefined when it is not what the directory says. */
  read(): Buffer | undefined
}

export type OpenPackage = {
  readonly kind: 'open'
  /** Files in the order of the directory; folders are left out. */
  readonly entries: readonly PackageEntry[]
  /** Octets before, between and behind the entries that belong to nothing. */
  readonly strayBytes: number
}

export type PackageLimits = { readonly entries: number; readonly bytes: number }

type End = { readonly at: number; readonly directoryAt: number; readonly directoryEnd: number; readonly count: number; readonly behind: number }

type Listed = {
  readonly rawName: Buffer
  readonly flags: number
  readonly method: number
  readonly crc: number
  readonly packed: number
  readonly bytes: number
  readonly headerAt: number
}

type Located = Listed & { readonly dataAt: number; readonly end: number }

/** Never throws; linear in the number of entries until one is read. */
export function openPackage(untrustedBytes: Uint8Array, limits: PackageLimits): OpenPackage | PackageProblem {
  const buffer = Buffer.from(untrustedBytes.buffer, untrustedBytes.byteOffset, untrustedBytes.byteLength)
  const end = findEnd(buffer)
  if (!end) return problem('malformed')
  if (end.count > limits.entries) return problem('limit')
  const listed = readDirectory(buffer, end)
  if (!listed) return problem('malformed')
  if (listed.some(({ flags }) => (flags & (FLAG_ENCRYPTED | FLAG_STRONG | FLAG_MASKED)) !== 0)) return problem('encrypted')
  if (listed.some(({ method }) => method !== STORED && method !== DEFLATED)) return problem('unsupported')
  const total = listed.reduce((sum, { bytes }) => sum + bytes, 0)
  if (total > limits.bytes || total > FREE_BYTES + MOST_RATIO * buffer.length) return problem('limit')
  const located = locate(buffer, listed, end)
  const names = located && plainNames(located)
  if (!located || !names) return problem('malformed')
  const accounted = located.reduce((sum, { headerAt, end: entryEnd }) => sum + entryEnd - headerAt, 0)
  const entries = located.flatMap((entry, index) => (names[index]!.endsWith('/') ? [] : [entryOf(buffer, entry, names[index]!)]))
  return { kind: 'open', entries, strayBytes: end.directoryAt - accounted + end.behind }
}

function problem(reason: PackageProblem['reason']): PackageProblem {
  return { kind: 'cannot', reason }
}

/** The last end record; its comment, and whatever stands behind that, belongs to nothing. */
function findEnd(buffer: Buffer): End | undefined {
  const from = Math.max(0, buffer.length - END_WITHIN_BYTES)
  const at = from + buffer.subarray(from).lastIndexOf(END_RECORD)
  if (at < from || at + END_BYTES > buffer.length) return undefined
  if (buffer.readUInt16LE(at + 4) !== 0 && buffer.readUInt16LE(at + 4) !== 0xffff) return undefined
  const behind = buffer.length - at - END_BYTES
  const size = buffer.readUInt32LE(at + 12)
  const directoryAt = buffer.readUInt32LE(at + 16)
  const count = buffer.readUInt16LE(at + 10)
  const locatorAt = at - 20
  if (locatorAt >= 0 && buffer.readUInt32LE(locatorAt) === END64_LOCATOR) return findEnd64(buffer, locatorAt, { at, behind })
  if (directoryAt + size !== at) return undefined
  return { at, directoryAt, directoryEnd: at, count, behind }
}

function findEnd64(buffer: Buffer, locatorAt: number, { at, behind }: { at: number; behind: number }): End | undefined {
  const recordAt = Number(buffer.readBigUInt64LE(locatorAt + 8))
  if (recordAt + 56 > locatorAt || buffer.readUInt32LE(recordAt) !== END64_RECORD) return undefined
  const recordEnd = recordAt + 12 + Number(buffer.readBigUInt64LE(recordAt + 4))
  const count = Number(buffer.readBigUInt64LE(recordAt + 32))
  const size = Number(buffer.readBigUInt64LE(recordAt + 40))
  const directoryAt = Number(buffer.readBigUInt64LE(recordAt + 48))
  if (recordEnd !== locatorAt || directoryAt + size !== recordAt) return undefined
  return { at, directoryAt, directoryEnd: recordAt, count, behind }
}

function readDirectory(buffer: Buffer, { directoryAt, directoryEnd, count }: End): Listed[] | undefined {
  const listed: Listed[] = []
  let at = directoryAt
  while (at < directoryEnd) {
    if (at + 46 > directoryEnd || buffer.readUInt32LE(at) !== DIRECTORY_HEADER || listed.length >= count) return undefined
    const nameEnd = at + 46 + buffer.readUInt16LE(at + 28)
    const extraEnd = nameEnd + buffer.readUInt16LE(at + 30)
    const next = extraEnd + buffer.readUInt16LE(at + 32)
    if (next > directoryEnd) return undefined
    const sizes = readSizes(buffer, at, buffer.subarray(nameEnd, extraEnd))
    if (!sizes) return undefined
    listed.push({
      rawName: buffer.subarray(at + 46, nameEnd),
      flags: buffer.readUInt16LE(at + 8),
      method: buffer.readUInt16LE(at + 10),
      crc: buffer.readUInt32LE(at + 16),
      ...sizes,
    })
    at = next
  }
  return listed.length === count ? listed : undefined
}

/** Sizes and offset, taken from the ZIP64 field where the usual ones are full (APPNOTE §4.5.3). */
function readSizes(buffer: Buffer, at: number, extra: Buffer): { bytes: number; packed: number; headerAt: number } | undefined {
  const usual = [buffer.readUInt32LE(at + 24), buffer.readUInt32LE(at + 20), buffer.readUInt32LE(at + 42)]
  const zip64 = usual.includes(IN_ZIP64) ? extraField(extra, ZIP64_EXTRA) : undefined
  let used = 0
  const values = usual.map(value => {
    if (value !== IN_ZIP64) return value
    used += 8
    return zip64 && used <= zip64.length ? Number(zip64.readBigUInt64LE(used - 8)) : Number.NaN
  })
  const [bytes, packed, headerAt] = values as [number, number, number]
  return values.every(Number.isSafeInteger) ? { bytes, packed, headerAt } : undefined
}

function extraField(extra: Buffer, wanted: number): Buffer | undefined {
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + extra.readUInt16LE(at + 2)
    if (end > extra.length) return undefined
    if (extra.readUInt16LE(at) === wanted) return extra.subarray(at + 4, end)
    at = end
  }
  return undefined
}

/** Where the data of each entry is, in the order of the directory; undefined when headers disagree or ranges overlap. */
function locate(buffer: Buffer, listed: readonly Listed[], { directoryAt }: End): Located[] | undefined {
  const located: Located[] = []
  for (const entry of listed) {
    const { headerAt } = entry
    if (headerAt + 30 > directoryAt || buffer.readUInt32LE(headerAt) !== LOCAL_HEADER) return undefined
    const nameEnd = headerAt + 30 + buffer.readUInt16LE(headerAt + 26)
    const dataAt = nameEnd + buffer.readUInt16LE(headerAt + 28)
    const dataEnd = dataAt + entry.packed
    if (dataEnd > directoryAt || !agrees(buffer, entry, nameEnd)) return undefined
    const end = (entry.flags & FLAG_DESCRIPTOR) === 0 ? dataEnd : descriptorEnd(buffer, entry, dataEnd)
    if (end === undefined || end > directoryAt) return undefined
    located.push({ ...entry, dataAt, end })
  }
  const byPlace = located.toSorted((a, b) => a.headerAt - b.headerAt)
  const overlaps = byPlace.some((entry, index) => index > 0 && byPlace[index - 1]!.end > entry.headerAt)
  return overlaps ? undefined : located
}

function agrees(buffer: Buffer, { rawName, flags, method, headerAt, crc, packed, bytes }: Listed, nameEnd: number): boolean {
  const differing = buffer.readUInt16LE(headerAt + 6) ^ flags
  if ((differing & (FLAG_ENCRYPTED | FLAG_DESCRIPTOR | FLAG_STRONG)) !== 0) return false
  if (buffer.readUInt16LE(headerAt + 8) !== method || !buffer.subarray(headerAt + 30, nameEnd).equals(rawName)) return false
  if ((flags & FLAG_DESCRIPTOR) !== 0) return true
  const [localPacked, localBytes] = [buffer.readUInt32LE(headerAt + 18), buffer.readUInt32LE(headerAt + 22)]
  if (buffer.readUInt32LE(headerAt + 14) !== crc) return false
  return (localPacked === packed || localPacked === IN_ZIP64) && (localBytes === bytes || localBytes === IN_ZIP64)
}

/** The record behind the data, with or without its mark, with sizes of four octets or eight (APPNOTE §4.3.9). */
function descriptorEnd(buffer: Buffer, { crc, packed, bytes }: Listed, at: number): number | undefined {
  const marked = at + 4 <= buffer.length && buffer.readUInt32LE(at) === DESCRIPTOR ? at + 4 : at
  if (marked + 12 > buffer.length || buffer.readUInt32LE(marked) !== crc) return undefined
  if (buffer.readUInt32LE(marked + 4) === packed && buffer.readUInt32LE(marked + 8) === bytes) return marked + 12
  if (marked + 20 > buffer.length) return undefined
  const isWide = Number(buffer.readBigUInt64LE(marked + 4)) === packed && Number(buffer.readBigUInt64LE(marked + 12)) === bytes
  return isWide ? marked + 20 : undefined
}

/** The names, or undefined when one of them is a trick or two of them are one. */
function plainNames(entries: readonly Located[]): string[] | undefined {
  const seen = new Set<string>()
  const names: string[] = []
  for (const { rawName, bytes } of entries) {
    const name = decodeName(rawName)
    if (name === undefined || !isPlainPath(name) || (name.endsWith('/') && bytes > 0)) return undefined
    const key = name.normalize('NFC').toLowerCase().replace(/\/$/, '')
    if (seen.has(key)) return undefined
    seen.add(key)
    names.push(name)
  }
  return names
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Package names are ASCII or UTF-8, flagged or not: other octets have no certain reading. */
function decodeName(rawName: Buffer): string | undefined {
  if (rawName.length === 0 || rawName.length > LONGEST_NAME) return undefined
  try {
    return utf8.decode(rawName)
  } catch {
    return undefined
  }
}

function isPlainPath(name: string): boolean {
  if (/[\\:\x00-\x1f\x7f-\x9f]/.test(name) || name.startsWith('/')) return false
  return name.replace(/\/$/, '').split('/').every(segment => segment !== '' && segment !== '.' && segment !== '..')
}

function entryOf(buffer: Buffer, { method, crc, packed, bytes, dataAt }: Located, name: string): PackageEntry {
  return {
    name,
    bytes,
    read() {
      const data = buffer.subarray(dataAt, dataAt + packed)
      const content = method === STORED ? Buffer.from(data) : inflate(data, bytes)
      return content !== undefined && content.length === bytes && crc32(content) === crc ? content : undefined
    },
  }
}

/** All of the packed octets must belong to the stream, and it may not give more than it declares. */
function inflate(data: Buffer, bytes: number): Buffer | undefined {
  try {
    const { buffer, engine } = inflateRawSync(data, { maxOutputLength: Math.max(1, bytes), info: true }) as unknown as Inflated
    return engine.bytesWritten === data.length ? buffer : undefined
  } catch {
    return undefined
  }
}

/** What zlib gives with `info`; its types leave that out. */
type Inflated = { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } }
