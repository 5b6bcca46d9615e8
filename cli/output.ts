/**
 * What commands print: tables for people, JSON for programs. A table is as wide as its content; columns
 * line up with full-width characters too (UAX #11). Text from mails is made harmless before it reaches
 * the terminal.
 */

export type Output = {
  readonly write: (text: string) => void
  readonly json: boolean
  readonly color: boolean
}

type Cell = string | number | undefined

/** `--json` prints `value`; otherwise `render` makes the text. */
export function print(output: Output, value: unknown, render: () => string): void {
  const text = output.json ? JSON.stringify(value, null, 2) : render()
  if (text !== '') output.write(text.endsWith('\n') ? text : text + '\n')
}

export function table(output: Output, head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = rows.map(row => row.map(cell => harmless(String(cell ?? ''))))
  const widths = head.map((title, column) =>
    Math.max(displayWidth(title), ...texts.map(row => displayWidth(row[column] ?? ''))),
  )
  const numeric = head.map((_, column) => rows.length > 0 && rows.every(row => typeof row[column] === 'number'))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => pad(cell, widths[column]!, numeric[column]!))
      .join('  ')
      .trimEnd()
  return [bold(output, line(head)), ...texts.map(line)].join('\n') + '\n'
}

/** `name  value` lines. */
export function fields(output: Output, pairs: readonly (readonly [string, Cell])[]): string {
  const width = Math.max(...pairs.map(([name]) => displayWidth(name)))
  return (
    pairs
      .map(([name, value]) => `${bold(output, pad(name, width, false))}  ${harmless(String(value ?? ''))}`)
      .join('\n') + '\n'
  )
}

export function bold({ color }: Output, text: string): string {
  return color ? `\u001b[1m${text}\u001b[22m` : text
}

/** Control and format characters could move the cursor, reverse the line or hide text. */
export function harmless(untrusted: string): string {
  return untrusted.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\u{fffd}')
}

const graphemes = new Intl.Segmenter('ja', { granularity: 'grapheme' })
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}/u

/** Columns on a terminal: two for East Asian wide and full-width characters and emoji, one for other graphemes. */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemes.segment(text)) width += WIDE.test(segment) ? 2 : 1
  return width
}

function pad(text: string, width: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, width - displayWidth(text)))
  return right ? space + text : text + space
}

/** Local time to the second, the same for every locale. */
export function when(ms: number): string {
  const date = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000)
  return date.toISOString().slice(0, 19).replace('T', ' ')
}

export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  const power = Math.min(4, Math.floor(Math.log2(bytes) / 10))
  return `${(bytes / 2 ** (10 * power)).toFixed(1)} ${['KiB', 'MiB', 'GiB', 'TiB'][power - 1]}`
}
