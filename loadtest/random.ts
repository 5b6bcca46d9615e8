/**
 * Chance with a seed: the same seed gives the same mails at the same times, in every process.
 *
 * Not for secrets. `chanceOf` needs no state, so that any process can say what mail number n is.
 */

/** 0 ≤ x < 1, one after the other (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    return scramble(state)
  }
}

/** 0 ≤ x < 1, always the same for a seed and a number. */
export function chanceOf(seed: number, number: number): number {
  return scramble((Math.imul(number + 1, 0x9e3779b1) ^ Math.imul(seed + 1, 0x85ebca6b)) >>> 0)
}

function scramble(state: number): number {
  let mixed = Math.imul(state ^ (state >>> 15), state | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}
