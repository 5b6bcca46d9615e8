/**
 * How much a packed file may hold. Honest files are packed to a hundredth at best; what unpacks to more than this, above
 * a first free amount, is a bomb, and it stops here however large the other limits are.
 */
const MOST_RATIO = 200
const FREE_BYTES = 16 << 20

/** Octets that may come out of a file of this size, over all levels. */
export function unpackLimit(packedBytes: number, limitBytes: number): number {
  return Math.min(limitBytes, FREE_BYTES + MOST_RATIO * packedBytes)
}
