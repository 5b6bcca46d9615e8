/**
 * Fonts, fills, borders and cell formats of an old workbook as the style part of a new one.
 *
 * A cell keeps the number of its format: `cellXfs` are the old formats in their old order.
 * Standards: ECMA-376 part 1 §18.8; colour numbers mean the same in both formats (§18.8.27).
 */
import { escapeXml, Markup } from './markup.ts'
import type { Border, CellFormat, Font, Workbook } from './model.ts'

const BORDER_STYLES = [
  'none', 'thin', 'medium', 'dashed', 'dotted', 'thick', 'double', 'hair', 'mediumDashed', 'dashDot',
  'mediumDashDot', 'dashDotDot', 'mediumDashDotDot', 'slantDashDot',
]
const PATTERNS = [
  'none', 'solid', 'mediumGray', 'darkGray', 'lightGray', 'darkHorizontal', 'darkVertical', 'darkDown', 'darkUp',
  'darkGrid', 'darkTrellis', 'lightHorizontal', 'lightVertical', 'lightDown', 'lightUp', 'lightGrid', 'lightTrellis',
  'gray125', 'gray0625',
]
const HORIZONTAL = ['general', 'left', 'center', 'right', 'fill', 'justify', 'centerContinuous', 'distributed']
const VERTICAL = ['top', 'center', 'bottom', 'justify', 'distributed']
const UNDERLINES: Readonly<Record<number, string>> = { 1: 'single', 2: 'double', 33: 'singleAccounting', 34: 'doubleAccounting' }
const SCRIPTS: Readonly<Record<number, string>> = { 1: 'superscript', 2: 'subscript' }
/** Colours of the window; what stands beyond means "automatic". */
const SYSTEM_FOREGROUND = 64
const SYSTEM_BACKGROUND = 65

export function stylesPart(workbook: Workbook, budget: { characters: number }): string {
  const out = new Markup(budget)
  out.add('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">')
  const numberFormats = [...workbook.numberFormats].filter(([id, code]) => id > 0 && code !== '')
  if (numberFormats.length > 0) {
    out.add(`<numFmts count="${numberFormats.length}">`)
    for (const [id, code] of numberFormats) out.add(`<numFmt numFmtId="${id}" formatCode="${escapeXml(code)}"/>`)
    out.add('</numFmts>')
  }
  addFonts(out, workbook.fonts)
  addFormats(out, workbook)
  addPalette(out, workbook.palette)
  out.add('</styleSheet>')
  return out.toString()
}

function addFonts(out: Markup, fonts: readonly Font[]): void {
  const all = fonts.length > 0 ? fonts.map(font => `<font>${fontMarkup(font, 'name')}</font>`) : ['<font><sz val="11"/></font>']
  out.add(`<fonts count="${all.length}">`)
  for (const font of all) out.add(font)
  out.add('</fonts>')
}

/** What a font consists of; it is called `rFont` inside of text. */
export function fontMarkup(font: Font, nameElement: 'name' | 'rFont'): string {
  return [
    font.isBold ? '<b/>' : '',
    font.isItalic ? '<i/>' : '',
    font.isStruck ? '<strike/>' : '',
    colorMarkup('color', font.color),
    `<sz val="${font.heightTwips / 20}"/>`,
    UNDERLINES[font.underline] ? `<u val="${UNDERLINES[font.underline]}"/>` : '',
    SCRIPTS[font.script] ? `<vertAlign val="${SCRIPTS[font.script]}"/>` : '',
    font.name === '' ? '' : `<${nameElement} val="${escapeXml(font.name)}"/>`,
    `<charset val="${font.charset}"/>`,
  ].join('')
}

function colorMarkup(element: string, color: number): string {
  return color <= SYSTEM_BACKGROUND ? `<${element} indexed="${color}"/>` : ''
}

function addFormats(out: Markup, { formats, fonts }: Workbook): void {
  const fills = new Numbered(['<fill><patternFill patternType="none"/></fill>', '<fill><patternFill patternType="gray125"/></fill>'])
  const borders = new Numbered(['<border><left/><right/><top/><bottom/><diagonal/></border>'])
  const cells = formats.map(format => formatMarkup(format, fonts.length, fills.number(fillMarkup(format)), borders.number(borderMarkup(format))))
  if (cells.length === 0) cells.push('<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>')
  addList(out, 'fills', fills.all)
  addList(out, 'borders', borders.all)
  addList(out, 'cellStyleXfs', ['<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'])
  addList(out, 'cellXfs', cells)
}

/** Equal pieces get one number. */
class Numbered {
  readonly all: string[] = []
  readonly #numbers = new Map<string, number>()

  constructor(first: readonly string[]) {
    for (const piece of first) this.number(piece)
  }

  number(piece: string): number {
    const known = this.#numbers.get(piece)
    if (known !== undefined) return known
    this.#numbers.set(piece, this.all.length)
    return this.all.push(piece) - 1
  }
}

function addList(out: Markup, element: string, items: readonly string[]): void {
  out.add(`<${element} count="${items.length}">`)
  for (const item of items) out.add(item)
  out.add(`</${element}>`)
}

/** The number of a font as it counts among all: there is no fourth one (MS-XLS §2.5.129). */
export function fontNumber(font: number, count: number): number {
  const number = font > 4 ? font - 1 : font
  return number < count ? number : 0
}

function formatMarkup(format: CellFormat, fontCount: number, fill: number, border: number): string {
  const numbers = `numFmtId="${format.numberFormat}" fontId="${fontNumber(format.font, fontCount)}" fillId="${fill}" borderId="${border}"`
  const applied = 'applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1" applyProtection="1"'
  const protection = format.isLocked && !format.isHidden ? '' : `<protection locked="${format.isLocked ? 1 : 0}" hidden="${format.isHidden ? 1 : 0}"/>`
  return `<xf ${numbers} xfId="0" ${applied}>${alignmentMarkup(format)}${protection}</xf>`
}

function alignmentMarkup({ horizontal, vertical, wraps, shrinks, indent, rotation }: CellFormat): string {
  const rotates = rotation <= 180 || rotation === 255
  const attributes = [
    `horizontal="${HORIZONTAL[horizontal] ?? 'general'}"`,
    `vertical="${VERTICAL[vertical] ?? 'bottom'}"`,
    rotates && rotation > 0 ? `textRotation="${rotation}"` : '',
    wraps ? 'wrapText="1"' : '',
    indent > 0 ? `indent="${indent}"` : '',
    shrinks ? 'shrinkToFit="1"' : '',
  ]
  return `<alignment ${attributes.filter(each => each !== '').join(' ')}/>`
}

function fillMarkup({ pattern, foreground, background }: CellFormat): string {
  const type = PATTERNS[pattern] ?? 'none'
  if (type === 'none') return '<fill><patternFill patternType="none"/></fill>'
  const colors = `${colorMarkup('fgColor', Math.min(foreground, SYSTEM_FOREGROUND))}${colorMarkup('bgColor', Math.min(background, SYSTEM_BACKGROUND))}`
  return `<fill><patternFill patternType="${type}">${colors}</patternFill></fill>`
}

function borderMarkup({ borders: { left, right, top, bottom } }: CellFormat): string {
  const side = (name: string, { style, color }: Border) => {
    const known = BORDER_STYLES[style]
    if (known === undefined || known === 'none') return `<${name}/>`
    return `<${name} style="${known}">${colorMarkup('color', Math.min(color, SYSTEM_FOREGROUND))}</${name}>`
  }
  return `<border>${side('left', left)}${side('right', right)}${side('top', top)}${side('bottom', bottom)}<diagonal/></border>`
}

/** The first eight colours and the two of the window cannot be changed. */
const FIXED = ['000000', 'FFFFFF', 'FF0000', '00FF00', '0000FF', 'FFFF00', 'FF00FF', '00FFFF']

function addPalette(out: Markup, palette: readonly string[]): void {
  if (palette.length === 0) return
  out.add('<colors><indexedColors>')
  for (const color of [...FIXED, ...palette]) out.add(`<rgbColor rgb="00${color.toUpperCase()}"/>`)
  out.add('</indexedColors></colors>')
}
