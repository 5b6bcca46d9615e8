/** The upright axis of a plot: where its lines stand, and how a number is written there. */

export type Scale = { readonly max: number; readonly ticks: readonly number[] }

/** From 0, in steps of 1, 2 or 5 times a power of ten, up to five of them; `highest` fits. */
export function niceScale(highest: number): Scale {
  const rough = (highest || 1) / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map(each => each * power).find(each => each >= rough) ?? power * 10
  const count = Math.max(1, Math.ceil((highest || 1) / step))
  return { max: count * step, ticks: Array.from({ length: count + 1 }, (_, i) => i * step) }
}

export function compact(value: number): string {
  return value >= 10_000 ? `${Number((value / 1000).toPrecision(3))}k` : String(Number(value.toPrecision(3)))
}
