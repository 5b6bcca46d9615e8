/**
 * When is a commit slower than the one before it? The rule of `npm run bench:guard`, without any clock.
 *
 * Each start measures both commits at the same time and gives one ratio, after by before. The ratios of n starts, in order,
 * bound their median: the k-th smallest lies above it with a chance of P(X < k), X binomial of n and one half (the sign
 * test). So a regression is told when even the k-th smallest ratio, k as large as that chance stays under 2 %, is above the
 * margin: no distribution is assumed, a single wild start changes nothing, and noise alone seldom does it.
 * Standards: Conover, Practical Nonparametric Statistics, 3rd ed., 3.2 (confidence interval for a quantile).
 */

/** Largest chance of an error for one quantity. */
export const ERROR_SHARE = 0.02

export type Verdict = {
  readonly median: number
  /** The median of all possible starts is not below this, but for a chance of ERROR_SHARE. */
  readonly atLeast: number
  readonly isRegression: boolean
}

/** `margin` is a factor: 1.05 lets five percent pass. @throws RangeError for so few ratios that nothing can be told. */
export function judge(ratios: readonly number[], margin: number): Verdict {
  const inOrder = ratios.toSorted((a, b) => a - b)
  const rank = rankOfBound(ratios.length)
  if (rank === 0) throw new RangeError(`${ratios.length} starts are too few to tell anything`)
  const atLeast = inOrder[rank - 1]!
  const half = inOrder.length / 2
  const median = (inOrder[Math.ceil(half) - 1]! + inOrder[Math.floor(half)]!) / 2
  return { median, atLeast, isRegression: atLeast > margin }
}

/** The largest k with P(X < k) within ERROR_SHARE; 0 when there is none. */
export function rankOfBound(starts: number): number {
  let rank = 0
  let chance = 0
  let term = 0.5 ** starts // P(X = 0)
  while (chance + term <= ERROR_SHARE) {
    chance += term
    term *= (starts - rank) / (rank + 1)
    rank++
  }
  return rank
}
