/**
 * The corners of pages as the file has them. PDFium holds numbers in 32 bits and writes what it holds: a page of 595.303937 points
 * would become one of 595.30396, and where lines end between pixels these get a neighbouring shade. So what it writes is looked
 * up among the corners that stand in the file; one that stands nowhere, or could be either of two, stays as PDFium writes it.
 *
 * Only numbers are taken, never what stands around them.
 * Standards: ISO 32000-1 §7.9.5 (rectangles), §14.11.2 (page boundaries).
 */
import { Buffer } from 'node:buffer'

/** A rectangle of four long numbers, and some space. */
const LONGEST_BOX = 120
const MOST_CORNERS = 10_000
const CORNER = /^[+-]?\d{0,7}\.\d{3,15}$/

/** By the number of 32 bits that each becomes. Linear in the file. */
export function exactCorners(untrustedBytes: Uint8Array): ReadonlyMap<number, number> {
  const bytes = Buffer.from(untrustedBytes.buffer, untrustedBytes.byteOffset, untrustedBytes.byteLength)
  const found = new Map<number, number>()
  const doubtful = new Set<number>()
  for (let at = bytes.indexOf('Box'); at >= 0 && found.size < MOST_CORNERS; at = bytes.indexOf('Box', at + 3)) {
    const [, inside = ''] = /^Box\s{0,4}\[([^\]]+)\]/.exec(bytes.toString('latin1', at, at + LONGEST_BOX)) ?? []
    for (const corner of inside.split(/\s+/).filter(each => CORNER.test(each)).map(Number)) {
      const held = Math.fround(corner)
      if ((found.get(held) ?? corner) !== corner) doubtful.add(held)
      found.set(held, corner)
    }
  }
  for (const held of doubtful) found.delete(held)
  return found
}
