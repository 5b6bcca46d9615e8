/**
 * One sheet of an old Excel workbook: cells with their values, rows, columns, merged cells, links and page.
 *
 * Formulas give the value that was stored with them; what they compute stays behind.
 * Standards: MS-XLS §2.4.127 (Formula), §2.4.220 (RK numbers §2.5.217), §2.4.140 (HLink), MS-OSHARED §2.3.7 (links).
 */
import type { Buffer } from 'node:buffer'
import type { Area, Cell, CellValue, Losses, Page, Row, Sheet } from './model.ts'
import { type Rec, RecordReader } from './records.ts'
import { readLink } from './link.ts'

const BOF = 0x809
const EOF = 0x0a
const STRING = 0x207
const BLANK: CellValue = { kind: 'blank' }
const MAX_ROW = 0xffff
const MAX_COLUMN = 0xff
/** Kinds of drawn objects that are no comment (MS-XLS §2.5.143). */
const NOTE_OBJECT = 0x19
const CHART_OBJECT = 5

/** Cells that may still come, over all sheets of the workbook. */
export type CellBudget = { cells: number }
type Reading = {
  readonly sheet: Sheet
  readonly losses: Losses
  readonly budget: CellBudget
  /** The cell of a formula whose text comes next. */
  pending: { readonly row: number; readonly column: number; readonly format: number } | undefined
}
type Handler = (reading: Reading, reader: RecordReader, rec: Rec) => void

const HANDLERS: Readonly<Record<number, Handler>> = {
  [0x201]: (reading, reader) => eachCell(reading, reader, () => BLANK),
  [0x203]: (reading, reader) => eachCell(reading, reader, () => ({ kind: 'number', number: reader.f64() })),
  [0x27e]: (reading, reader) => eachCell(reading, reader, () => ({ kind: 'number', number: rk(reader.u32()) })),
  [0xfd]: (reading, reader) => eachCell(reading, reader, () => ({ kind: 'shared', index: reader.u32() })),
  [0x204]: (reading, reader) => eachCell(reading, reader, () => ({ kind: 'text', text: reader.string() })),
  [0xd6]: (reading, reader) => eachCell(reading, reader, () => ({ kind: 'text', text: reader.string() })),
  [0x205]: (reading, reader) => eachCell(reading, reader, () => booleanOrError(reader.u8(), reader.u8())),
  [0xbe]: (reading, reader) => manyCells(reading, reader, 2, () => BLANK),
  [0xbd]: (reading, reader) => manyCells(reading, reader, 6, () => ({ kind: 'number', number: rk(reader.u32()) })),
  [0x06]: formulaCell,
  [STRING]: textOfFormula,
  [0x208]: rowFacts,
  [0x7d]: columnFacts,
  [0x55]: ({ sheet }, reader) => void (sheet.defaultWidth = Math.min(255, reader.u16())),
  [0x225]: ({ sheet }, reader) => {
    reader.u16()
    sheet.defaultHeightTwips = reader.u16()
  },
  [0xe5]: mergedCells,
  [0x23e]: windowFacts,
  [0x41]: paneFacts,
  [0x12]: ({ sheet }, reader) => void (sheet.isProtected = reader.u16() === 1),
  [0x1b8]: (reading, reader) => readLink(reading.sheet, reading.losses, reader),
  [0x1c]: ({ losses }) => void losses.comments++,
  [0x5d]: drawnObject,
  [0x1b0]: ({ losses }) => void losses.layout++,
  [0x1be]: ({ losses }) => void losses.layout++,
  [0x14]: ({ sheet }, reader) => void (sheet.page.header = reader.string()),
  [0x15]: ({ sheet }, reader) => void (sheet.page.footer = reader.string()),
  [0x26]: ({ sheet }, reader) => void (sheet.page.margins.left = reader.f64()),
  [0x27]: ({ sheet }, reader) => void (sheet.page.margins.right = reader.f64()),
  [0x28]: ({ sheet }, reader) => void (sheet.page.margins.top = reader.f64()),
  [0x29]: ({ sheet }, reader) => void (sheet.page.margins.bottom = reader.f64()),
  [0x83]: ({ sheet }, reader) => void (sheet.page.isCentered = reader.u16() === 1),
  [0x81]: ({ sheet }, reader) => void (sheet.page.fits = (reader.u16() & 0x100) !== 0),
  [0xa1]: pageSetup,
  [0x1b]: rowBreaks,
}

export type SheetFacts = { readonly name: string; readonly visibility: number }
export type Sums = { readonly losses: Losses; readonly budget: CellBudget }

/** Reads the sheet whose BOF stands at `from` in `records`; charts inside it are passed over. */
export function readSheet(records: readonly Rec[], from: number, { name, visibility }: SheetFacts, sums: Sums): Sheet {
  const reading: Reading = { sheet: newSheet(name, visibility), ...sums, pending: undefined }
  let depth = 0
  for (let at = from; at < records.length && sums.budget.cells >= 0; at++) {
    const rec = records[at]!
    if (rec.type === BOF) depth++
    else if (rec.type === EOF && --depth === 0) break
    else if (depth === 1) {
      HANDLERS[rec.type]?.(reading, new RecordReader(rec), rec)
      // The text of a formula stands right behind it, but for the record of a shared formula.
      if (rec.type !== 0x06 && rec.type !== 0x4bc && rec.type !== 0x221) reading.pending = undefined
    }
  }
  return reading.sheet
}

function newSheet(name: string, visibility: number): Sheet {
  const page: Page = {
    paper: 9,
    scale: 100,
    isLandscape: false,
    fitWidth: 1,
    fitHeight: 1,
    fits: false,
    isCentered: false,
    header: '',
    footer: '',
    margins: { left: 0.75, right: 0.75, top: 1, bottom: 1, header: 0.5, footer: 0.5 },
    rowBreaks: [],
  }
  return {
    name,
    visibility,
    rows: new Map(),
    columns: [],
    merged: [],
    links: [],
    page,
    printArea: [],
    printTitles: [],
    isProtected: false,
    showsGrid: true,
    isRightToLeft: false,
    frozenRows: 0,
    frozenColumns: 0,
    defaultHeightTwips: 0,
    defaultWidth: 8,
  }
}

function rowOf({ sheet }: Reading, row: number): Row {
  const known = sheet.rows.get(row)
  if (known) return known
  const fresh: Row = { cells: new Map() }
  sheet.rows.set(row, fresh)
  return fresh
}

function put(reading: Reading, row: number, cell: Cell): void {
  if (cell.column > MAX_COLUMN || --reading.budget.cells < 0) return
  rowOf(reading, row).cells.set(cell.column, cell)
}

function eachCell(reading: Reading, reader: RecordReader, readValue: () => CellValue): void {
  const row = reader.u16()
  const column = reader.u16()
  const format = reader.u16()
  const value = readValue()
  if (!reader.isShort) put(reading, row, { column, format, value })
}

/** A run of cells side by side: a format, and four octets more for a number. The last column stands behind them. */
function manyCells(reading: Reading, reader: RecordReader, octetsEach: number, readValue: () => CellValue): void {
  const row = reader.u16()
  let column = reader.u16()
  while (reader.left >= octetsEach + 2) {
    const format = reader.u16()
    put(reading, row, { column: column++, format, value: readValue() })
  }
}

/** 30 bits of an integer or of a double, perhaps a hundredth of it. */
function rk(bits: number): number {
  let number: number
  if (bits & 2) number = bits >> 2
  else {
    const view = new DataView(new ArrayBuffer(8))
    view.setUint32(4, bits & 0xfffffffc, true)
    number = view.getFloat64(0, true)
  }
  return bits & 1 ? number / 100 : number
}

function booleanOrError(value: number, isError: number): CellValue {
  return isError ? { kind: 'error', code: value } : { kind: 'boolean', isTrue: value !== 0 }
}

function formulaCell(reading: Reading, reader: RecordReader): void {
  const row = reader.u16()
  const column = reader.u16()
  const format = reader.u16()
  const stored: Buffer = reader.bytes(8)
  if (reader.isShort) return
  reading.losses.formulas++
  if (stored.readUInt16LE(6) !== 0xffff) {
    put(reading, row, { column, format, value: { kind: 'number', number: stored.readDoubleLE() } })
    return
  }
  const kind = stored[0]!
  if (kind === 1 || kind === 2) put(reading, row, { column, format, value: booleanOrError(stored[2]!, kind - 1) })
  else put(reading, row, { column, format, value: BLANK })
  if (kind === 0) reading.pending = { row, column, format }
}

function textOfFormula(reading: Reading, reader: RecordReader): void {
  if (reading.pending === undefined) return
  const { row, column, format } = reading.pending
  put(reading, row, { column, format, value: { kind: 'text', text: reader.string() } })
}

function rowFacts(reading: Reading, reader: RecordReader): void {
  const index = reader.u16()
  reader.bytes(4)
  const height = reader.u16()
  reader.bytes(4)
  const flags = reader.u16()
  if (reader.isShort) return
  const row = rowOf(reading, index)
  if ((height & 0x8000) === 0) row.heightTwips = height & 0x7fff
  if (flags & 0x20) row.isHidden = true
}

function columnFacts({ sheet }: Reading, reader: RecordReader): void {
  const [first, last, width256, format, flags] = [reader.u16(), reader.u16(), reader.u16(), reader.u16(), reader.u16()]
  if (reader.isShort || first > Math.min(last, MAX_COLUMN)) return
  sheet.columns.push({ first, last: Math.min(last, MAX_COLUMN), width256, format, isHidden: (flags & 1) !== 0 })
}

function mergedCells({ sheet }: Reading, reader: RecordReader): void {
  const count = reader.u16()
  for (let at = 0; at < count; at++) {
    const area: Area = { row1: reader.u16(), row2: reader.u16(), column1: reader.u16(), column2: reader.u16() }
    if (reader.isShort) return
    if (area.row1 <= area.row2 && area.column1 <= area.column2 && area.column2 <= MAX_COLUMN) sheet.merged.push(area)
  }
}

function windowFacts({ sheet }: Reading, reader: RecordReader): void {
  const flags = reader.u16()
  sheet.showsGrid = (flags & 2) !== 0
  sheet.isRightToLeft = (flags & 0x40) !== 0
  // The numbers of frozen rows and columns come with the next record.
  sheet.frozenRows = flags & 8 ? 1 : 0
}

function paneFacts({ sheet }: Reading, reader: RecordReader): void {
  const isFrozen = sheet.frozenRows > 0
  const [columns, rows] = [reader.u16(), reader.u16()]
  sheet.frozenRows = isFrozen && rows < MAX_ROW ? rows : 0
  sheet.frozenColumns = isFrozen && columns <= MAX_COLUMN ? columns : 0
}

function drawnObject({ losses }: Reading, reader: RecordReader): void {
  reader.bytes(4)
  const kind = reader.u16()
  if (kind === NOTE_OBJECT) return
  if (kind === CHART_OBJECT) losses.charts++
  else losses.drawings++
}

function pageSetup({ sheet: { page } }: Reading, reader: RecordReader): void {
  const [paper, scale] = [reader.u16(), reader.u16()]
  reader.u16()
  const [fitWidth, fitHeight, flags] = [reader.u16(), reader.u16(), reader.u16()]
  reader.bytes(4)
  const [header, footer] = [reader.f64(), reader.f64()]
  if (reader.isShort || flags & 4) return
  Object.assign(page, { paper, scale, fitWidth, fitHeight, isLandscape: (flags & 2) === 0 })
  Object.assign(page.margins, { header, footer })
}

function rowBreaks({ sheet }: Reading, reader: RecordReader): void {
  const count = reader.u16()
  for (let at = 0; at < count && !reader.isShort; at++) {
    const row = reader.u16()
    reader.bytes(4)
    if (!reader.isShort && row > 0) sheet.page.rowBreaks.push(row)
  }
}
