/**
 * Directories as TIFF has them, and Exif with it: numbered entries of typed values, in either order of octets.
 *
 * Entries whose values would stand outside of the octets are not there; nothing is read beyond the end. Never throws.
 * Standard: TIFF 6.0 §2.
 */
import { Buffer } from 'node:buffer'

export type Entry = { readonly tag: number; readonly type: number; readonly count: number; readonly at: number }
export type Directory = { readonly entries: ReadonlyMap<number, Entry>; readonly next: number }
export type Reader = { readonly bytes: Buffer; readonly short: (at: number) => number; readonly long: (at: number) => number }

/** Octets of one value, by type. */
export const VALUE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8]
const MAX_ENTRIES = 1_000

export function readerOf(untrustedBytes: Uint8Array): Reader | undefined {
  const bytes = Buffer.from(untrustedBytes.buffer, untrustedBytes.byteOffset, untrustedBytes.byteLength)
  if (bytes.length < 8) return undefined
  const little = bytes[0] === 0x49
  return { bytes, short: at => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at)), long: at => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)) }
}

export function readDirectory({ bytes, short, long }: Reader, at: number): Directory | undefined {
  if (at + 2 > bytes.length) return undefined
  const count = short(at)
  if (count > MAX_ENTRIES || at + 6 + 12 * count > bytes.length) return undefined
  const entries = new Map<number, Entry>()
  for (let entry = at + 2; entry < at + 2 + 12 * count; entry += 12) {
    const [tag, type, values] = [short(entry), short(entry + 2), long(entry + 4)]
    const size = (VALUE_BYTES[type] ?? 0) * values
    const place = size <= 4 ? entry + 8 : long(entry + 8)
    if (size > 0 && place + size <= bytes.length) entries.set(tag, { tag, type, count: values, at: place })
  }
  return { entries, next: long(at + 2 + 12 * count) }
}
