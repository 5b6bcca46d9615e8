/**
 * The first part of an old Excel workbook: fonts, number formats, cell formats, colours, strings and the list of sheets.
 *
 * Standards: MS-XLS §2.4.122 (Font), §2.4.126 (Format), §2.4.353 (XF), §2.4.188 (Palette), §2.4.265 (SST), §2.4.28
 * (BoundSheet8), §2.4.150 (Lbl).
 */
import type { Area, CellFormat, Font } from './model.ts'
import { type Rec, RecordReader, type RichText } from './records.ts'

export type ListedSheet = { readonly at: number; readonly visibility: number; readonly kind: number; readonly name: string }
/** Print areas and titles, by the number of the sheet. */
type PrintNames = { readonly areas: Map<number, Area[]>; readonly titles: Map<number, Area[]> }

export type Globals = {
  readonly fonts: Font[]
  readonly numberFormats: Map<number, string>
  readonly formats: CellFormat[]
  readonly palette: string[]
  readonly strings: RichText[]
  readonly sheets: ListedSheet[]
  readonly print: PrintNames
  countsFrom1904: boolean
  isLocked: boolean
  /** Links to other workbooks and DDE servers. */
  externalBooks: number
}

const EOF = 0x0a
const PRINT_AREA = 6
const PRINT_TITLES = 7

const HANDLERS: Readonly<Record<number, (globals: Globals, reader: RecordReader, rec: Rec) => void>> = {
  [0x2f]: globals => void (globals.isLocked = true),
  [0x22]: (globals, reader) => void (globals.countsFrom1904 = reader.u16() === 1),
  [0x31]: (globals, reader) => void globals.fonts.push(readFont(reader)),
  [0x41e]: (globals, reader) => {
    const id = reader.u16()
    const code = reader.string()
    if (!reader.isShort) globals.numberFormats.set(id, code)
  },
  [0xe0]: (globals, reader) => void globals.formats.push(readCellFormat(reader)),
  [0x92]: readPalette,
  [0xfc]: readStrings,
  [0x85]: readBoundSheet,
  [0x1ae]: (globals, reader) => {
    reader.u16()
    // A book of its own and the add-in functions are no way out of the file.
    const kind = reader.u16()
    if (kind !== 0x0401 && kind !== 0x3a01) globals.externalBooks++
  },
  [0x18]: readName,
}

/** `records` from the first one to the end of the first substream. */
export function readGlobals(records: readonly Rec[]): Globals {
  const globals: Globals = {
    fonts: [],
    numberFormats: new Map(),
    formats: [],
    palette: [],
    strings: [],
    sheets: [],
    print: { areas: new Map(), titles: new Map() },
    countsFrom1904: false,
    isLocked: false,
    externalBooks: 0,
  }
  for (const rec of records) {
    if (rec.type === EOF) break
    HANDLERS[rec.type]?.(globals, new RecordReader(rec), rec)
  }
  return globals
}

function readFont(reader: RecordReader): Font {
  const heightTwips = reader.u16()
  const flags = reader.u16()
  const color = reader.u16()
  const weight = reader.u16()
  const script = reader.u16()
  const underline = reader.u8()
  reader.u8()
  const charset = reader.u8()
  reader.u8()
  return {
    name: reader.shortString(),
    heightTwips,
    charset,
    isBold: weight >= 600,
    isItalic: (flags & 2) !== 0,
    isStruck: (flags & 8) !== 0,
    underline,
    script,
    color,
  }
}

function readCellFormat(reader: RecordReader): CellFormat {
  const font = reader.u16()
  const numberFormat = reader.u16()
  const flags = reader.u16()
  const align = reader.u8()
  const rotation = reader.u8()
  const indent = reader.u8()
  reader.u8()
  const sides = reader.u32()
  const more = reader.u32()
  const colors = reader.u16()
  return {
    font,
    numberFormat,
    isLocked: (flags & 1) !== 0,
    isHidden: (flags & 2) !== 0,
    horizontal: align & 7,
    wraps: (align & 8) !== 0,
    vertical: (align >> 4) & 7,
    rotation,
    indent: indent & 15,
    shrinks: (indent & 16) !== 0,
    borders: {
      left: { style: sides & 15, color: (sides >>> 16) & 127 },
      right: { style: (sides >>> 4) & 15, color: (sides >>> 23) & 127 },
      top: { style: (sides >>> 8) & 15, color: more & 127 },
      bottom: { style: (sides >>> 12) & 15, color: (more >>> 7) & 127 },
    },
    pattern: more >>> 26,
    foreground: colors & 127,
    background: (colors >> 7) & 127,
  }
}

function readPalette(globals: Globals, reader: RecordReader): void {
  const count = Math.min(56, reader.u16())
  for (let at = 0; at < count && !reader.isShort; at++) globals.palette.push(reader.bytes(4).toString('hex', 0, 3))
}

function readStrings(globals: Globals, reader: RecordReader): void {
  reader.u32()
  const count = reader.u32()
  while (globals.strings.length < count && !reader.isShort) {
    const string = reader.richString()
    if (!reader.isShort) globals.strings.push(string)
  }
}

function readBoundSheet(globals: Globals, reader: RecordReader): void {
  const at = reader.u32()
  const visibility = reader.u8() & 3
  const kind = reader.u8()
  const name = reader.shortString()
  if (!reader.isShort) globals.sheets.push({ at, visibility, kind, name })
}

/** Of the defined names only the built-in print area and print titles are understood. */
function readName(globals: Globals, reader: RecordReader): void {
  const flags = reader.u16()
  reader.u8()
  const length = reader.u8()
  const formulaBytes = reader.u16()
  reader.u16()
  const sheet = reader.u16()
  reader.bytes(4)
  const name = reader.string(length)
  const isBuiltIn = (flags & 0x20) !== 0 && length === 1
  const areas = isBuiltIn && sheet > 0 ? areasOf(reader.bytes(formulaBytes)) : []
  if (areas.length === 0) return
  if (name.charCodeAt(0) === PRINT_AREA) globals.print.areas.set(sheet - 1, areas)
  if (name.charCodeAt(0) === PRINT_TITLES) globals.print.titles.set(sheet - 1, areas)
}

/** Areas of a formula that is nothing but areas of its own sheet, joined; else none. */
function areasOf(formula: Uint8Array): Area[] {
  const view = new DataView(formula.buffer, formula.byteOffset, formula.byteLength)
  const areas: Area[] = []
  let at = 0
  while (at < formula.length) {
    const token = formula[at]!
    if ((token & 0x1f) === 0x1b && token >= 0x20 && at + 11 <= formula.length) {
      const [row1, row2] = [view.getUint16(at + 3, true), view.getUint16(at + 5, true)]
      const [column1, column2] = [view.getUint16(at + 7, true) & 0xff, view.getUint16(at + 9, true) & 0xff]
      areas.push({ row1, row2, column1, column2 })
      at += 11
    } else if (token === 0x10 || token === 0x15) at += 1
    else if ((token & 0x1f) === 0x09 && token >= 0x20) at += 3
    else return []
  }
  return areas
}
