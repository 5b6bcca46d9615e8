/**
 * Tables as text: which ones hold data and are read row by row, and how such rows are written.
 *
 * Most tables in mail only arrange things on the screen. A table is data when its rows have several cells and it
 * has headings or lines, or all its cells are short; never when another table stands in it. Rows are written
 * `品名 | 数量 | 単価`; columns that are empty in every row (Excel 方眼紙) are left out. A row that is too long
 * for that is written cell by cell.
 */
import { attribute, type HtmlNode } from './html-tree.ts'

/** Longest cell of a table without headings and lines that is still read as data. */
const SHORT_CELL_CHARS = 80
/** Longest row that is written on one line. */
const ROW_CHARS = 300
const MAX_COLUMNS = 100
/** Cells that `rowspan` may continue into later rows, in one table. */
const MAX_CONTINUED_CELLS = 5000

/** What pruning counts while it walks through one table. */
export class TableShape {
  nested = false
  #cellsInRow = 0
  #cellChars = 0
  #widest = 0
  #longest = 0
  readonly #ruled: boolean
  readonly #presentation: boolean
  #headings = false

  constructor(node: HtmlNode) {
    this.#ruled = Number.parseInt(attribute(node, 'border') ?? '0', 10) > 0
    this.#presentation = /^(?:presentation|none)$/i.test(attribute(node, 'role') ?? '')
  }

  startRow(): void {
    this.#cellsInRow = 0
  }
  startCell(tag: string): void {
    this.#cellChars = 0
    this.#headings ||= tag === 'th'
    this.#widest = Math.max(this.#widest, ++this.#cellsInRow)
  }
  addText(chars: number): void {
    this.#cellChars += chars
    this.#longest = Math.max(this.#longest, this.#cellChars)
  }
  get isData(): boolean {
    if (this.nested || this.#presentation || this.#widest < 2) return false
    return this.#headings || this.#ruled || this.#longest <= SHORT_CELL_CHARS
  }
}

type Cell = { readonly column: number; readonly text: string }

/** Gathers the cells of one data table; `colspan` and `rowspan` only move cells, whatever numbers they claim. */
export class TableRows {
  readonly #rows: Cell[][] = []
  readonly #usedColumns = new Set<number>()
  /** Rows that a cell above still reaches into, by column. */
  #reaching: number[] = []
  #continued = 0
  #column = 0

  startRow(): void {
    this.#rows.push([])
    this.#column = 0
  }

  addCell(node: HtmlNode, text: string): void {
    if (this.#rows.length === 0) this.startRow()
    this.#skipContinued()
    const column = this.#column
    if (text !== '') this.#usedColumns.add(column)
    this.#rows.at(-1)!.push({ column, text })
    const columns = span(node, 'colspan', MAX_COLUMNS)
    const rows = span(node, 'rowspan', 1000)
    if (rows > 1) for (let i = column; i < Math.min(column + columns, MAX_COLUMNS); i++) this.#reaching[i] = rows - 1
    this.#column = column + columns
  }

  #skipContinued(): void {
    let first = true
    while (this.#column < MAX_COLUMNS && (this.#reaching[this.#column] ?? 0) > 0 && this.#continued < MAX_CONTINUED_CELLS) {
      this.#reaching[this.#column]!--
      if (first) this.#rows.at(-1)!.push({ column: this.#column, text: '' })
      first = false
      this.#continued++
      this.#column++
    }
  }

  /** One string per line. */
  lines(): string[] {
    return this.#rows.flatMap(row => this.#line(row))
  }

  #line(row: readonly Cell[]): string[] {
    const cells = row.filter(cell => cell.text !== '' || this.#usedColumns.has(cell.column)).map(cell => cell.text)
    while (cells.at(-1) === '') cells.pop()
    if (cells.length === 0) return []
    const chars = cells.reduce((sum, cell) => sum + cell.length, 0)
    if (chars > ROW_CHARS) return cells.filter(cell => cell !== '').flatMap(cell => cell.split('\n'))
    return [cells.map(cell => cell.replace(/\s*\n\s*/g, ' ')).join(' | ').trimStart()]
  }
}

function span(node: HtmlNode, name: string, most: number): number {
  const value = attribute(node, name)
  if (value === undefined) return 1
  const count = Number.parseInt(value, 10)
  return count > 1 ? Math.min(count, most) : 1
}
