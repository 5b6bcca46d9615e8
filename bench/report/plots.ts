/** Bars side by side as a self-contained SVG: groups along the bottom, one colour for each system. */
import { escaped } from '../../loadtest/report/plots.ts'
import { compact, niceScale } from '../../loadtest/report/scale.ts'

const COLOURS = ['#0017c1', '#8c8c8c', '#d1730f', '#197a4b', '#7a1fa2', '#b4232a']
const [WIDTH, HEIGHT] = [860, 320]
const MARGIN = { left: 70, right: 20, top: 50, bottom: 60 } as const

export type Bars = {
  readonly title: string
  readonly unit: string
  readonly series: readonly string[]
  /** One value for each series; NaN where there is none. */
  readonly groups: readonly { readonly name: string; readonly values: readonly number[] }[]
}

export function barsSvg({ title, unit, series, groups }: Bars): string {
  const { max, ticks } = niceScale(Math.max(...groups.flatMap(({ values }) => values.filter(Number.isFinite))))
  const [plotWidth, plotHeight] = [WIDTH - MARGIN.left - MARGIN.right, HEIGHT - MARGIN.top - MARGIN.bottom]
  const y = (value: number) => MARGIN.top + plotHeight * (1 - value / max)
  const groupWidth = plotWidth / groups.length
  const barWidth = (groupWidth * 0.8) / series.length
  const lines = ticks.map(value => {
    const at = y(value).toFixed(1)
    return `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${at}" y2="${at}" stroke="#ddd"/>${label(MARGIN.left - 8, Number(at) + 4, compact(value), 'end')}`
  })
  const bars = groups.flatMap(({ name, values }, group) => {
    const left = MARGIN.left + groupWidth * (group + 0.1)
    const drawn = values.map((value, at) => (Number.isFinite(value) ? bar({ x: left + barWidth * at, top: y(value), width: barWidth - 1, bottom: y(0), colour: COLOURS[at % COLOURS.length]! }) : ''))
    return [...drawn, label(left + groupWidth * 0.4, HEIGHT - MARGIN.bottom + 18, name, 'middle')]
  })
  const legend = series.map((name, at) => `<rect x="${MARGIN.left + at * 130}" y="${HEIGHT - 24}" width="12" height="12" fill="${COLOURS[at % COLOURS.length]}"/>${label(MARGIN.left + at * 130 + 18, HEIGHT - 13, name, 'start')}`)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${MARGIN.left}" y="26" font-size="15" fill="#222">${escaped(title)}</text>${label(WIDTH - MARGIN.right, 26, unit, 'end')}`,
    ...lines,
    ...bars,
    ...legend,
    '</svg>',
    '',
  ].join('\n')
}

function bar({ x, top, width, bottom, colour }: { x: number; top: number; width: number; bottom: number; colour: string }): string {
  return `<rect x="${x.toFixed(1)}" y="${top.toFixed(1)}" width="${width.toFixed(1)}" height="${(bottom - top).toFixed(1)}" fill="${colour}"/>`
}

function label(x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="#444">${escaped(text)}</text>`
}
