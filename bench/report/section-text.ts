/** One section of docs/performance.md: when and how it was measured, what, its plots and its table. */
import { barsSvg } from './plots.ts'
import type { Line } from './markdown.ts'
import type { Section } from './sections.ts'

/** What was printed, when and where. */
export type KeptSection = { readonly atDate: string; readonly machine: string; readonly loadAverage: readonly number[]; readonly lines: readonly Line[] }

export function plotsAndTable({ title, about, runs, body, plots }: Section, { atDate, machine, loadAverage, lines }: KeptSection): { readonly text: string; readonly plots: ReadonlyMap<string, string> } {
  const commands = runs.map(({ bench, args }) => `\`npm run bench -- ${[bench, ...args].join(' ')}\``).join(', ')
  const drawn = new Map(Object.entries(plots?.(lines) ?? {}).map(([name, bars]) => [`docs/performance/${name}.svg`, barsSvg(bars)] as const))
  const titles = Object.entries(plots?.(lines) ?? {}).map(([name, bars]) => `![${bars.title}](performance/${name}.svg)\n`)
  const measured = `${commands}. Measured on ${atDate}, ${machine}; load average before: ${loadAverage.map(each => each.toFixed(1)).join(', ')}.`
  return { text: [`## ${title}\n`, `${about}\n`, `${measured}\n`, ...titles, `${body(lines)}\n`].join('\n'), plots: drawn }
}
