/**
 * TIFF on the level of directories: resolution and kind of each page, and one file out of many pages.
 *
 * Pages of a fax have lengths of their own and pixels that are not square; the picture library reads such a file
 * only page by page and knows one resolution for both axes. So both axes are read here, and the pages, each encoded
 * anew as a file of one page, are put together here: tags by allow-list, strips by their sizes.
 * Standards: TIFF 6.0 §2 (structure), §§8-11; TIFF-F (RFC 2306) for facsimile.
 */
import { Buffer } from 'node:buffer'
import { EXIF_POINTER, type Fact, factsOf, takingOf } from './exif.ts'
import { type Directory, type Entry, readDirectory, type Reader, readerOf, VALUE_BYTES } from './tiff-directory.ts'

export type TiffPage = {
  readonly width: number
  readonly height: number
  readonly bilevel: boolean
  readonly photographic: boolean
  /** Dots per inch of each axis. */
  readonly resolution: { readonly x: number; readonly y: number } | undefined
  /** Tags that say who, when, where, with what, and everything else that is not shown. */
  readonly metadata: number
  /** When and with what it was made. */
  readonly facts: readonly Fact[]
}

/** What a picture needs to be read: everything else is left behind. */
const PICTURE_TAGS = new Set([
  254, 255, 256, 257, 258, 259, 262, 263, 266, 273, 274, 277, 278, 279, 280, 281, 282, 283, 284, 292, 293, 296, 297, 301, 317, 318, 319,
  320, 321, 322, 323, 324, 325, 326, 327, 328, 338, 339, 340, 341, 347, 512, 513, 514, 515, 517, 519, 520, 521, 529, 530, 531, 532, 34675,
])
const JPEG_COMPRESSIONS = new Set([6, 7, 34892])

/** Undefined when it is no classic TIFF, or its directories go in a circle. */
export function readTiff(untrustedBytes: Uint8Array, maxPages: number): TiffPage[] | 'too many' | undefined {
  const reader = readerOf(untrustedBytes)
  if (!reader) return undefined
  const pages: TiffPage[] = []
  const seen = new Set<number>()
  for (let at = reader.long(4); at !== 0; ) {
    const directory = seen.has(at) ? undefined : readDirectory(reader, at)
    if (!directory) return undefined
    if (pages.length === maxPages) return 'too many'
    seen.add(at)
    pages.push(pageOf(reader, directory))
    at = directory.next
  }
  return pages
}

function pageOf(reader: Reader, { entries }: Directory): TiffPage {
  const first = (tag: number) => valuesOf(reader, entries.get(tag))[0]
  const perUnit = first(296) === 3 ? 2.54 : 1
  const [x, y] = [rational(reader, entries.get(282)), rational(reader, entries.get(283))]
  const taking = takingOf(reader, entries)
  const known = x !== undefined && y !== undefined && first(296) !== 1
  return {
    width: first(256) ?? 0,
    height: first(257) ?? 0,
    bilevel: (first(258) ?? 1) === 1 && (first(277) ?? 1) === 1 && (first(262) ?? 0) <= 1,
    photographic: JPEG_COMPRESSIONS.has(first(259) ?? 1),
    resolution: known ? { x: x * perUnit, y: y * perUnit } : undefined,
    metadata: [...entries.keys()].filter(tag => !PICTURE_TAGS.has(tag) && (tag !== EXIF_POINTER || taking.seen === 0)).length + taking.seen,
    facts: [...factsOf(reader, entries, 'image'), ...taking.facts],
  }
}

/** Whole numbers of an entry, at most as many as a page has strips. */
function valuesOf({ bytes, short, long }: Reader, entry: Entry | undefined): number[] {
  if (!entry || (entry.type !== 1 && entry.type !== 3 && entry.type !== 4)) return []
  const { type, at } = entry
  return Array.from({ length: Math.min(entry.count, 100_000) }, (_, i) =>
    type === 1 ? bytes[at + i]! : type === 3 ? short(at + 2 * i) : long(at + 4 * i),
  )
}

function rational({ long }: Reader, entry: Entry | undefined): number | undefined {
  if (entry?.type !== 5) return undefined
  const value = long(entry.at) / long(entry.at + 4)
  return Number.isFinite(value) && value > 0.1 && value < 100_000 ? value : undefined
}

/** Of an encoded page: strips and their sizes are written by their own rules. */
const JOINED_TAGS = [256, 257, 258, 259, 262, 266, 277, 278, 282, 283, 284, 292, 293, 296, 317, 320, 338, 339, 347, 530, 532]

/** A file of one page that our own encoder made, little-endian, in strips, and what is to be told about it. */
export type OwnPage = { readonly bytes: Uint8Array; readonly facts: readonly Fact[] }

/** One file of many pages. */
export function joinTiff(ownPages: readonly OwnPage[]): Uint8Array {
  const parts: Buffer[] = [Buffer.from('49492a0000000000', 'hex')]
  let length = 8
  const put = (octets: Buffer): number => {
    const at = length
    parts.push(octets, Buffer.alloc(octets.length % 2))
    length += octets.length + (octets.length % 2)
    return at
  }
  let pointer: { readonly octets: Buffer; readonly at: number } = { octets: parts[0]!, at: 4 }
  for (const page of ownPages) {
    const directory = joinedDirectory(page, put)
    pointer.octets.writeUInt32LE(put(directory), pointer.at)
    pointer = { octets: directory, at: directory.length - 4 }
  }
  return new Uint8Array(Buffer.concat(parts, length))
}

function joinedDirectory({ bytes, facts }: OwnPage, put: (octets: Buffer) => number): Buffer {
  const reader = readerOf(bytes)!
  const { entries } = readDirectory(reader, reader.long(4))!
  const sizes = valuesOf(reader, entries.get(279))
  const places = valuesOf(reader, entries.get(273)).map((at, i) => put(reader.bytes.subarray(at, at + sizes[i]!)))
  const values = new Map<number, { type: number; count: number; octets: Buffer }>()
  for (const tag of JOINED_TAGS) {
    const entry = entries.get(tag)
    if (!entry) continue
    const { type, count, at } = entry
    values.set(tag, { type, count, octets: reader.bytes.subarray(at, at + VALUE_BYTES[type]! * count) })
  }
  for (const { tag, type, count, octets } of facts.filter(({ place }) => place === 'image')) values.set(tag, { type, count, octets })
  const taking = facts.filter(({ place }) => place === 'exif')
  if (taking.length > 0) values.set(EXIF_POINTER, { type: 4, count: 1, octets: longs([put(directoryOf(new Map(taking.map(fact => [fact.tag, fact])), put))]) })
  values.set(273, { type: 4, count: places.length, octets: longs(places) })
  values.set(279, { type: 4, count: sizes.length, octets: longs(sizes) })
  return directoryOf(values, put)
}

type Values = ReadonlyMap<number, { readonly type: number; readonly count: number; readonly octets: Buffer }>

function directoryOf(values: Values, put: (octets: Buffer) => number): Buffer {
  const directory = Buffer.alloc(6 + 12 * values.size)
  directory.writeUInt16LE(values.size, 0)
  let at = 2
  for (const [tag, { type, count, octets }] of [...values].sort(([a], [b]) => a - b)) {
    directory.writeUInt16LE(tag, at)
    directory.writeUInt16LE(type, at + 2)
    directory.writeUInt32LE(count, at + 4)
    if (octets.length <= 4) octets.copy(directory, at + 8)
    else directory.writeUInt32LE(put(octets), at + 8)
    at += 12
  }
  return directory
}

function longs(values: readonly number[]): Buffer {
  const octets = Buffer.alloc(4 * values.length)
  for (const [i, value] of values.entries()) octets.writeUInt32LE(value, 4 * i)
  return octets
}
