/**
 * Charts as inline SVG, drawn from numbers alone: attributes and classes, no style, no script. The table with the same numbers
 * stands beside each, so a chart is never the only way to read something; screen readers get its title and are sent there.
 */
import { html, type SafeHtml } from '../http/html.ts'

export type Series = { readonly label: string; readonly values: readonly number[] }

const WIDTH = 720
const HEIGHT = 220
const LEFT = 56
const BOTTOM = 28
const TOP = 12

type ChartOptions = {
  readonly id: string
  readonly title: string
  /** One below each group of bars. */
  readonly labels: readonly string[]
  readonly series: readonly [Series] | readonly [Series, Series]
  readonly format: (value: number) => string
}

/** Bars side by side, one group per label. */
export function barChart({ id, title, labels, series, format }: ChartOptions): SafeHtml {
  const top = niceTop(Math.max(1, ...series.flatMap(({ values }) => values)))
  const width = (WIDTH - LEFT) / Math.max(1, labels.length)
  const bar = Math.max(1, (width * 0.8) / series.length)
  const y = (value: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top)
  return html`<figure class="chart-box">
<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${id}-title">
<title id="${id}-title">${title}</title>
${[0, 0.5, 1].map(share => html`<line class="axis" x1="${LEFT}" x2="${WIDTH}" y1="${round(y(top * share))}" y2="${round(y(top * share))}"></line>
<text x="${LEFT - 8}" y="${round(y(top * share) + 4)}" text-anchor="end">${format(top * share)}</text>`)}
${series.map(({ values }, which) =>
  values.map((value, index) => html`<rect class="${which === 0 ? 'bar' : 'bar second'}" x="${round(LEFT + index * width + width * 0.1 + which * bar)}" y="${round(y(value))}" width="${round(bar)}" height="${round(HEIGHT - BOTTOM - y(value))}"></rect>`),
)}
${labels.map((label, index) => index % labelStep(labels.length) === 0 && html`<text x="${round(LEFT + (index + 0.5) * width)}" y="${HEIGHT - 8}" text-anchor="middle">${label}</text>`)}
</svg>
${series.length > 1 && html`<figcaption>${series.map(({ label }, which) => html`<span class="key ${which === 0 ? '' : 'second'}"></span>${label} `)}</figcaption>`}
</figure>`
}

function labelStep(count: number): number {
  return Math.max(1, Math.ceil(count / 12))
}

/** 1, 2, 4 or 6 times a power of ten, and even, so that the line in the middle is a whole number. */
export function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  const top = [1, 2, 4, 6, 10].map(step => step * power).find(step => step >= value)!
  return Math.max(2, top)
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10)
}
