/** Tables in Markdown, and numbers as people read them. */
export type Line = Readonly<Record<string, unknown>>

export function table(head: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const row = (cells: readonly unknown[]) => `| ${cells.map(shown).join(' | ')} |`
  return [row(head), `|${'---|'.repeat(head.length)}`, ...rows.map(row)].join('\n')
}

export function shown(value: unknown): string {
  if (typeof value !== 'number') return String(value ?? '')
  if (!Number.isFinite(value)) return '–'
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toLocaleString('en-US', { maximumFractionDigits: digits })
}

export function ratio(ours: number, theirs: number): string {
  return (ours / theirs).toFixed(2)
}

/** A number of a line that a bench printed. @throws Error where it is none: the bench has changed. */
export function num(line: Line | undefined, key: string): number {
  const value = line?.[key]
  if (typeof value !== 'number') throw new Error(`no number ${key} in ${JSON.stringify(line)}`)
  return value
}

/** The lines with medians, as hop and tail print them at the end of a cell. */
export function medians(lines: readonly Line[], isWanted: (line: Line) => boolean): Line[] {
  return lines.filter(line => 'median' in line && isWanted(line))
}
