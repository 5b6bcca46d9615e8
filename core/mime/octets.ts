/**
 * Octets as text of one char each, without the argument handling of Buffer.toString.
 */

/** For whoever has no octets yet: each empty buffer made is an object of its own. */
export const NO_OCTETS: Buffer = Buffer.alloc(0)

type Latin1Buffer = Buffer & { latin1Slice(start: number, end: number): string }

/** `buffer[start, end)` as latin1 text. */
export function latin1(buffer: Buffer, start: number, end: number): string {
  return (buffer as Latin1Buffer).latin1Slice(start, end)
}
