/**
 * yEnc: files as 8-bit text, each octet shifted by 42. From Usenet, and a way past scanners that do not know it.
 *
 * Standards: yEnc 1.3 (yenc.org/yenc-draft.1.3.txt); CRC-32 as in ZIP.
 */
import { crc32 } from 'node:zlib'

const ESCAPE = 0x3d

export type YencHead = { readonly name: string; readonly size: number; readonly isPartial: boolean }

/** Reads `=ybegin line=128 size=123 name=file.bin`; undefined when the line is none. */
export function readYencHead(line: string): YencHead | undefined {
  const match = /^=ybegin ((?:[a-z0-9]+=[0-9]+ +){2,6})name=(.+)$/.exec(line.slice(0, 1000))
  if (match === null) return undefined
  const numbers = match[1]!
  const size = /\bsize=([0-9]{1,15})\b/.exec(numbers)
  if (size === null || !/\bline=/.test(numbers)) return undefined
  return { name: match[2]!.trim(), size: Number(size[1]), isPartial: /\bpart=/.test(numbers) }
}

/** Decodes the lines between head and `=yend`; each char is one octet (latin1), line ends carry nothing. */
export function decodeYenc(lines: readonly string[]): Uint8Array {
  const bytes = new Uint8Array(lines.reduce((sum, line) => sum + line.length, 0))
  let out = 0
  for (const line of lines) {
    for (let at = 0; at < line.length; at++) {
      let code = line.charCodeAt(at)
      if (code === ESCAPE && at + 1 < line.length) code = line.charCodeAt(++at) - 64
      bytes[out++] = (code - 42) & 0xff
    }
  }
  return bytes.slice(0, out)
}

/** Octets that a data line stands for: escapes are two characters. */
export function yencLineOctets(line: string): number {
  let escapes = 0
  for (let at = line.indexOf('='); at >= 0; at = line.indexOf('=', at + 2)) escapes++
  return line.length - escapes
}

/** True when the size and the checksum of `=yend` fit the octets; a missing checksum fits. */
export function yencTrailerFits(trailer: string, bytes: Uint8Array): boolean {
  const size = /\bsize=([0-9]{1,15})/.exec(trailer)
  const sum = /\bpcrc32=([0-9a-fA-F]{1,8})/.exec(trailer) ?? /\bcrc32=([0-9a-fA-F]{1,8})/.exec(trailer)
  if (size !== null && Number(size[1]) !== bytes.length) return false
  return sum === null || Number.parseInt(sum[1]!, 16) === crc32(bytes)
}
