/**
 * Latencies in buckets that each are one per cent wider than the one before: any quantile is right to half a per cent, a
 * histogram is a few kilobytes whatever it has seen, and two of them add up.
 *
 * Milliseconds. What is below a microsecond counts as one.
 */
const STEP = Math.log(1.01)
const SMALLEST_MS = 0.001
const BUCKETS = 2400

export class Histogram {
  readonly #counts = new Uint32Array(BUCKETS)
  count = 0
  sumMs = 0
  minMs = Number.POSITIVE_INFINITY
  maxMs = 0

  add(ms: number): void {
    if (!Number.isFinite(ms)) return
    const index = ms <= SMALLEST_MS ? 0 : Math.min(BUCKETS - 1, Math.floor(Math.log(ms / SMALLEST_MS) / STEP))
    this.#counts[index]!++
    this.count++
    this.sumMs += ms
    this.minMs = Math.min(this.minMs, ms)
    this.maxMs = Math.max(this.maxMs, ms)
  }

  get meanMs(): number {
    return this.count === 0 ? Number.NaN : this.sumMs / this.count
  }

  /** The least value that so large a share of all lies at or below; NaN of nothing. */
  quantile(share: number): number {
    if (this.count === 0) return Number.NaN
    const wanted = Math.max(1, Math.ceil(share * this.count))
    if (wanted === this.count) return this.maxMs
    let seen = 0
    for (let index = 0; index < BUCKETS; index++) {
      seen += this.#counts[index]!
      if (seen >= wanted) return Math.min(this.maxMs, Math.max(this.minMs, middleOf(index)))
    }
    return this.maxMs
  }

  /** Buckets that are not empty: middle in milliseconds, count. */
  buckets(): [number, number][] {
    const full: [number, number][] = []
    for (const [index, count] of this.#counts.entries()) if (count > 0) full.push([round(middleOf(index)), count])
    return full
  }
}

function middleOf(index: number): number {
  return SMALLEST_MS * Math.exp((index + 0.5) * STEP)
}

function round(ms: number): number {
  return Number(ms.toPrecision(5))
}
