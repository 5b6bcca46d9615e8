/**
 * What may be told about a picture beside its pixels, where `metadata` is kept: when and with what it was taken.
 *
 *   Exif of the file ──▶ [readExif: tags by allow-list, values by type] ──▶ facts ──▶ [Exif of our own]
 *
 * Values are read, checked and written anew; no octet of the old directory is copied. Left behind are places, names of
 * people, serial numbers, thumbnails, texts, the maker's own notes and whatever is not known. Orientation, resolution and
 * colour profile are not among it: they are applied to the picture or kept with it whatever `metadata` says.
 * Standards: Exif 2.32 (CIPA DC-008) §4.6; TIFF 6.0 §2.
 */
import { Buffer } from 'node:buffer'
import { type ObjectRules, ruleFor } from '../../objects.ts'
import { type Entry, readDirectory, type Reader, readerOf } from './tiff-directory.ts'

/** `octets`: an Exif structure of our own, undefined when there is nothing to tell. `left`: tags that were not kept. */
export type KeptExif = { readonly octets: Buffer | undefined; readonly left: number }

type Place = 'image' | 'exif'
type Kind = { readonly place: Place; readonly type: 'text' | 'date' | 'number' | 'ratio'; readonly pattern?: RegExp }
export type Fact = { readonly tag: number; readonly place: Place; readonly type: number; readonly count: number; readonly octets: Buffer }

const NAME = /^[\x20-\x7e]{1,64}$/
const ALLOWED: ReadonlyMap<number, Kind> = new Map<number, Kind>([
  [0x010f, { place: 'image', type: 'text', pattern: NAME }],
  [0x0110, { place: 'image', type: 'text', pattern: NAME }],
  [0x0132, { place: 'image', type: 'date' }],
  [0x829a, { place: 'exif', type: 'ratio' }],
  [0x829d, { place: 'exif', type: 'ratio' }],
  [0x8827, { place: 'exif', type: 'number' }],
  [0x9003, { place: 'exif', type: 'date' }],
  [0x9004, { place: 'exif', type: 'date' }],
  [0x9010, { place: 'exif', type: 'text', pattern: /^[+-]\d\d:\d\d$/ }],
  [0x9011, { place: 'exif', type: 'text', pattern: /^[+-]\d\d:\d\d$/ }],
  [0x9012, { place: 'exif', type: 'text', pattern: /^[+-]\d\d:\d\d$/ }],
  [0x920a, { place: 'exif', type: 'ratio' }],
])
/** Applied or kept elsewhere, or of no meaning for what is written: resolution, orientation, versions, size, colour space. */
const USED: ReadonlySet<number> = new Set([0x0112, 0x011a, 0x011b, 0x0128, 0x0213, 0x8769, 0x9000, 0x9101, 0xa000, 0xa001, 0xa002, 0xa003])
export const EXIF_POINTER = 0x8769
const DATE = /^\d{4}:[01]\d:[0-3]\d [0-2]\d:[0-5]\d:[0-6]\d$/
const [ASCII, SHORT, LONG, RATIONAL] = [2, 3, 4, 5]
const NOTHING: KeptExif = { octets: undefined, left: 0 }

/** Nothing where `metadata` goes. Linear; never throws. */
export function keptExif(untrustedExif: Uint8Array | undefined, rules: ObjectRules): KeptExif {
  if (!untrustedExif || ruleFor('metadata', rules) !== 'keep') return NOTHING
  const bytes = Buffer.from(untrustedExif.buffer, untrustedExif.byteOffset, untrustedExif.byteLength)
  const reader = readerOf(bytes.subarray(bytes.toString('latin1', 0, 6) === 'Exif\0\0' ? 6 : 0))
  const image = reader && readDirectory(reader, reader.long(4))
  if (!reader || !image) return NOTHING
  const taking = takingOf(reader, image.entries)
  const facts = [...factsOf(reader, image.entries, 'image'), ...taking.facts]
  const seen = [...image.entries.keys()].filter(tag => !USED.has(tag)).length + taking.seen
  // A directory behind the first is that of a thumbnail.
  const left = seen - facts.length + (image.next === 0 ? 0 : 1)
  return facts.length === 0 ? NOTHING : { octets: compose(facts), left }
}

/** The directory of how a picture was taken, of a picture's or a page's own; `seen` counts what is something in it. */
export function takingOf(reader: Reader, entries: ReadonlyMap<number, Entry>): { readonly facts: readonly Fact[]; readonly seen: number } {
  const pointer = entries.get(EXIF_POINTER)
  const exif = pointer?.type === LONG ? readDirectory(reader, reader.long(pointer.at)) : undefined
  if (!exif) return { facts: [], seen: 0 }
  return { facts: factsOf(reader, exif.entries, 'exif'), seen: [...exif.entries.keys()].filter(tag => !USED.has(tag)).length }
}

/** In the order of their tags, as the format wants them. */
export function factsOf(reader: Reader, entries: ReadonlyMap<number, Entry>, place: Place): Fact[] {
  const facts = [...entries.values()].flatMap(entry => {
    const kind = ALLOWED.get(entry.tag)
    const fact = kind?.place === place ? factOf(reader, entry, kind) : undefined
    return fact ? [fact] : []
  })
  return facts.sort((a, b) => a.tag - b.tag)
}

function factOf(reader: Reader, { tag, type, count, at }: Entry, { place, type: wanted, pattern = DATE }: Kind): Fact | undefined {
  if (wanted === 'text' || wanted === 'date') {
    const text = type === ASCII && count <= 100 ? reader.bytes.toString('latin1', at, at + count).replace(/[\0 ]+$/, '') : ''
    const octets = Buffer.from(`${text}\0`, 'latin1')
    return pattern.test(text) ? { tag, place, type: ASCII, count: octets.length, octets } : undefined
  }
  if (wanted === 'number') return type === SHORT && count === 1 ? { tag, place, type, count, octets: shorts(reader.short(at)) } : undefined
  const [over, under] = type === RATIONAL && count === 1 ? [reader.long(at), reader.long(at + 4)] : [0, 0]
  return under > 0 && over / under < 100_000 ? { tag, place, type: RATIONAL, count: 1, octets: longs(over, under) } : undefined
}

/** Little-endian; the directory of the picture, that of its taking, and the values that are longer than four octets. */
function compose(facts: readonly Fact[]): Buffer {
  const [image, exif] = [facts.filter(({ place }) => place === 'image'), facts.filter(({ place }) => place === 'exif')]
  const imageEnd = 8 + directoryBytes(image.length + (exif.length > 0 ? 1 : 0))
  const pointer: Fact = { tag: EXIF_POINTER, place: 'image', type: LONG, count: 1, octets: longs(imageEnd) }
  const directories = exif.length > 0 ? [[...image, pointer], exif] : [image]
  let at = imageEnd + (exif.length > 0 ? directoryBytes(exif.length) : 0)
  const values: Buffer[] = []
  const heads = directories.map(members => {
    const entries = members.map(({ tag, type, count, octets }) => {
      if (octets.length <= 4) return Buffer.concat([shorts(tag, type), longs(count), octets, Buffer.alloc(4 - octets.length)])
      const padded = Buffer.concat([octets, Buffer.alloc(octets.length % 2)])
      values.push(padded)
      at += padded.length
      return Buffer.concat([shorts(tag, type), longs(count, at - padded.length)])
    })
    return Buffer.concat([shorts(members.length), ...entries, longs(0)])
  })
  return Buffer.concat([Buffer.from('49492a0008000000', 'hex'), ...heads, ...values])
}

function directoryBytes(entries: number): number {
  return 6 + 12 * entries
}

function shorts(...values: readonly number[]): Buffer {
  const octets = Buffer.alloc(2 * values.length)
  for (const [i, value] of values.entries()) octets.writeUInt16LE(value, 2 * i)
  return octets
}

function longs(...values: readonly number[]): Buffer {
  const octets = Buffer.alloc(4 * values.length)
  for (const [i, value] of values.entries()) octets.writeUInt32LE(value, 4 * i)
  return octets
}
