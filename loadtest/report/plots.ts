/**
 * Plots as inline SVG without scripts. Lines differ by colour and by dash, so that they can be told apart in print and by
 * those who see colours differently; numbers stand in the tables beside.
 */
import { compact, niceScale } from './scale.ts'

export type Line = { readonly name: string; readonly points: readonly (readonly [number, number | null])[] }
export type Axis = { readonly label: string; readonly ticks: readonly { readonly at: number; readonly text: string }[] }

const WIDTH = 720
const HEIGHT = 280
const LEFT = 64
const RIGHT = 12
const TOP = 12
const BOTTOM = 40
const COLOURS = ['#0b5fa5', '#c2410c', '#15803d', '#7e22ce'] as const
const DASHES = ['', '7 4', '2 3', '10 3 2 3'] as const

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, each => `&#${each.charCodeAt(0)};`)
}

/** `title` is what a screen reader says. */
export function linePlot(
  title: string,
  lines: readonly Line[],
  x: Axis & { readonly min: number; readonly max: number },
  unit: string,
): string {
  const values = lines.flatMap(({ points }) => points.map(([, y]) => y).filter(y => y !== null))
  const y = niceScale(Math.max(...values, 0))
  const placeX = (value: number) => LEFT + ((value - x.min) / (x.max - x.min || 1)) * (WIDTH - LEFT - RIGHT)
  const placeY = (value: number) => HEIGHT - BOTTOM - (value / y.max) * (HEIGHT - TOP - BOTTOM)
  const grid = y.ticks.map(
    value =>
      `<path class="grid" d="M${LEFT} ${n(placeY(value))}H${WIDTH - RIGHT}"/><text class="tick" x="${LEFT - 6}" y="${n(placeY(value) + 4)}" text-anchor="end">${compact(value)}</text>`,
  )
  const ticks = x.ticks.map(
    ({ at, text }) =>
      `<text class="tick" x="${n(placeX(at))}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${escaped(text)}</text>`,
  )
  const drawn = lines.map(
    ({ points }, i) =>
      `<path class="line" stroke="${COLOURS[i % 4]}" stroke-dasharray="${DASHES[i % 4]}" d="${pathOf(points, placeX, placeY)}"/>`,
  )
  return figure(
    title,
    [
      ...grid,
      ...ticks,
      ...drawn,
      `<text class="label" x="${WIDTH - RIGHT}" y="${HEIGHT - 3}" text-anchor="end">${escaped(x.label)}</text>`,
    ],
    legend(
      lines.map(({ name }) => name),
      unit,
    ),
  )
}

export type Bar = { readonly name: string; readonly value: number }

/** Names and counts are text beside the bar, since replies are long and have to wrap. */
export function barPlot(bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ value }) => value), 1)
  const rows = bars.map(({ name, value }) => {
    const bar = `<svg viewBox="0 0 ${WIDTH} 14" preserveAspectRatio="none" aria-hidden="true"><rect width="${n(Math.max(2, (value / most) * WIDTH))}" height="14" fill="${COLOURS[1]}"/></svg>`
    return `<li><span>${escaped(name)}</span> <b>${value}</b>${bar}</li>`
  })
  return `<ul class="bars">${rows.join('')}</ul>`
}

function figure(title: string, inner: readonly string[], caption: string): string {
  return `<figure>${caption}<svg role="img" viewBox="0 0 ${WIDTH} ${HEIGHT}" aria-label="${escaped(title)}"><title>${escaped(title)}</title>${inner.join('')}</svg></figure>`
}

/** Beside the plot, where it wraps on a narrow screen. */
function legend(names: readonly string[], unit: string): string {
  const keys = names.map(
    (name, i) =>
      `<span class="key"><svg viewBox="0 0 32 8" aria-hidden="true"><path class="line" stroke="${COLOURS[i % 4]}" stroke-dasharray="${DASHES[i % 4]}" d="M0 4h32"/></svg>${escaped(name)}</span>`,
  )
  return `<figcaption><span class="unit">${escaped(unit)}</span>${keys.join('')}</figcaption>`
}

/** A gap where nothing is known. */
function pathOf(points: Line['points'], placeX: (x: number) => number, placeY: (y: number) => number): string {
  let path = ''
  let isOpen = false
  for (const [x, y] of points) {
    if (y === null) isOpen = false
    else {
      path += `${isOpen ? 'L' : 'M'}${n(placeX(x))} ${n(placeY(y))}`
      isOpen = true
    }
  }
  return path
}

function n(value: number): string {
  return value.toFixed(1)
}
