/**
 * What is understood of an old Excel workbook. Nothing else of it can come out.
 */
import type { RichText } from './records.ts'

export type Font = {
  readonly name: string
  readonly heightTwips: number
  readonly charset: number
  readonly isBold: boolean
  readonly isItalic: boolean
  readonly isStruck: boolean
  /** 0 none, 1 single, 2 double, 0x21 and 0x22 the same for accounting. */
  readonly underline: number
  /** 0 on the line, 1 above, 2 below. */
  readonly script: number
  readonly color: number
}

export type Border = { readonly style: number; readonly color: number }

export type CellFormat = {
  readonly font: number
  readonly numberFormat: number
  readonly isLocked: boolean
  readonly isHidden: boolean
  readonly horizontal: number
  readonly vertical: number
  readonly wraps: boolean
  readonly shrinks: boolean
  readonly indent: number
  readonly rotation: number
  readonly borders: { readonly left: Border; readonly right: Border; readonly top: Border; readonly bottom: Border }
  readonly pattern: number
  readonly foreground: number
  readonly background: number
}

export type CellValue =
  | { readonly kind: 'blank' }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'boolean'; readonly isTrue: boolean }
  | { readonly kind: 'error'; readonly code: number }
  | { readonly kind: 'shared'; readonly index: number }
  | { readonly kind: 'text'; readonly text: string }

export type Cell = { readonly column: number; readonly format: number; readonly value: CellValue }
export type Row = {
  readonly cells: Map<number, Cell>
  heightTwips?: number
  isHidden?: boolean
}

/** Zero-based, both ends included. */
export type Area = { readonly row1: number; readonly row2: number; readonly column1: number; readonly column2: number }
export type Column = { readonly first: number; readonly last: number; readonly width256: number; readonly format: number; readonly isHidden: boolean }
export type Link = { readonly area: Area; readonly target: string; readonly location: string }

export type Page = {
  paper: number
  scale: number
  isLandscape: boolean
  fitWidth: number
  fitHeight: number
  fits: boolean
  isCentered: boolean
  header: string
  footer: string
  margins: { left: number; right: number; top: number; bottom: number; header: number; footer: number }
  rowBreaks: number[]
}

export type Sheet = {
  readonly name: string
  /** 0 shown, 1 hidden, 2 hidden from the menu too. */
  readonly visibility: number
  readonly rows: Map<number, Row>
  readonly columns: Column[]
  readonly merged: Area[]
  readonly links: Link[]
  readonly page: Page
  printArea: Area[]
  printTitles: Area[]
  isProtected: boolean
  showsGrid: boolean
  isRightToLeft: boolean
  frozenRows: number
  frozenColumns: number
  defaultHeightTwips: number
  defaultWidth: number
}

export type Workbook = {
  readonly fonts: readonly Font[]
  readonly numberFormats: ReadonlyMap<number, string>
  readonly formats: readonly CellFormat[]
  /** Colours 8 to 63 as six hex digits, if the workbook has its own. */
  readonly palette: readonly string[]
  readonly strings: readonly RichText[]
  readonly sheets: readonly Sheet[]
  readonly countsFrom1904: boolean
}

/** What a sheet or workbook had that is not carried over, by what it was. */
export type Losses = {
  macroSheets: number
  formulas: number
  comments: number
  drawings: number
  charts: number
  layout: number
  externalLinks: number
  hyperlinks: number
  phonetics: number
}
