/**
 * One cell as SpreadsheetML, by what it holds.
 *
 * Standards: ECMA-376 part 1 §18.3.1.4 (c), §18.18.11 (types of cells).
 */
import { cellName, escapeCellText } from './markup.ts'
import type { Cell, Workbook } from './model.ts'

export function textElement(text: string): string {
  return `<t xml:space="preserve">${escapeCellText(text)}</t>`
}

const ERRORS: Readonly<Record<number, string>> = { 0: '#NULL!', 7: '#DIV/0!', 15: '#VALUE!', 23: '#REF!', 29: '#NAME?', 36: '#NUM!', 42: '#N/A' }

/** One cell; '' for one that says nothing. */
export function cellMarkup(row: number, { column, format, value }: Cell, { formats, strings }: Workbook): string {
  const start = `<c r="${cellName(row, column)}"${format < formats.length ? ` s="${format}"` : ''}`
  switch (value.kind) {
    case 'blank':
      return `${start}/>`
    case 'number':
      return Number.isFinite(value.number) ? `${start}><v>${value.number}</v></c>` : `${start}/>`
    case 'boolean':
      return `${start} t="b"><v>${value.isTrue ? 1 : 0}</v></c>`
    case 'error':
      return `${start} t="e"><v>${ERRORS[value.code] ?? '#N/A'}</v></c>`
    case 'shared':
      return value.index < strings.length ? `${start} t="s"><v>${value.index}</v></c>` : `${start}/>`
    case 'text':
      return `${start} t="inlineStr"><is>${textElement(value.text)}</is></c>`
  }
}
