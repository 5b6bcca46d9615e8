/**
 * Small pieces of SpreadsheetML: text, attributes, cell names, and a string that stops growing at a limit.
 *
 * Standards: XML 1.0 §2.2 (characters); ECMA-376 part 1 §22.9.2.19 (ST_Xstring: `_xHHHH_` is an escape).
 */
import type { Area } from './model.ts'

export class Markup {
  readonly #budget: { characters: number }
  readonly #pieces: string[] = []

  constructor(budget: { characters: number }) {
    this.#budget = budget
  }

  add(piece: string): void {
    this.#budget.characters -= piece.length
    if (this.#budget.characters >= 0) this.#pieces.push(piece)
  }

  toString(): string {
    return this.#pieces.join('')
  }
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Text of an element or attribute, without what XML cannot say. */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '')
    .replace(/[&<>"]/g, each => ENTITIES[each]!)
}

/** The same for cell texts, in which `_x0041_` would be read as an escape. */
export function escapeCellText(text: string): string {
  return escapeXml(text.replace(/_(?=x[0-9a-f]{4}_)/gi, '_x005F_'))
}

export function columnName(column: number): string {
  let name = ''
  for (let rest = column + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) name = String.fromCharCode(65 + ((rest - 1) % 26)) + name
  return name
}

export function cellName(row: number, column: number): string {
  return `${columnName(column)}${row + 1}`
}

export function areaName({ row1, row2, column1, column2 }: Area): string {
  const from = cellName(row1, column1)
  return row1 === row2 && column1 === column2 ? from : `${from}:${cellName(row2, column2)}`
}
