/**
 * One sheet as a worksheet part: its elements in the order that the schema wants.
 *
 * Standards: ECMA-376 part 1 §18.3.1.99 (worksheet).
 */
import { cellMarkup } from './cell-markup.ts'
import { areaName, cellName, escapeXml, type Markup } from './markup.ts'
import type { Area, Row, Sheet, Workbook } from './model.ts'

/** Targets of links to the outside, in the order of their numbers. */
export type SheetLinks = string[]

export type SheetInput = { readonly sheet: Sheet; readonly workbook: Workbook; readonly links: SheetLinks }

const HEAD =
  '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' +
  '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'

export function addSheet(out: Markup, { sheet, workbook, links }: SheetInput): void {
  out.add(HEAD)
  if (sheet.page.fits) out.add('<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>')
  addView(out, sheet)
  const height = sheet.defaultHeightTwips > 0 ? sheet.defaultHeightTwips / 20 : 13.5
  out.add(`<sheetFormatPr baseColWidth="${sheet.defaultWidth}" defaultRowHeight="${height}"/>`)
  addColumns(out, sheet)
  out.add('<sheetData>')
  for (const index of [...sheet.rows.keys()].sort((a, b) => a - b)) addRow(out, index, sheet.rows.get(index)!, workbook)
  out.add('</sheetData>')
  if (sheet.isProtected) out.add('<sheetProtection sheet="1" objects="1" scenarios="1"/>')
  addMerged(out, sheet)
  addLinks(out, sheet, links)
  addPage(out, sheet)
  out.add('</worksheet>')
}

function addView(out: Markup, { showsGrid, isRightToLeft, frozenRows, frozenColumns }: Sheet): void {
  const flags = `${showsGrid ? '' : ' showGridLines="0"'}${isRightToLeft ? ' rightToLeft="1"' : ''}`
  const pane = frozenRows > 0 && frozenColumns > 0 ? 'bottomRight' : frozenRows > 0 ? 'bottomLeft' : 'topRight'
  const split = `${frozenColumns > 0 ? ` xSplit="${frozenColumns}"` : ''}${frozenRows > 0 ? ` ySplit="${frozenRows}"` : ''}`
  const frozen = split === '' ? '' : `<pane${split} topLeftCell="${cellName(frozenRows, frozenColumns)}" activePane="${pane}" state="frozen"/>`
  out.add(`<sheetViews><sheetView${flags} workbookViewId="0">${frozen}</sheetView></sheetViews>`)
}

function addColumns(out: Markup, { columns }: Sheet): void {
  const pieces: string[] = []
  let next = 0
  for (const { first, last, width256, isHidden, format } of columns.toSorted((a, b) => a.first - b.first)) {
    if (first < next) continue
    next = last + 1
    const hidden = isHidden ? ' hidden="1"' : ''
    pieces.push(`<col min="${first + 1}" max="${last + 1}" width="${width256 / 256}" style="${format}"${hidden} customWidth="1"/>`)
  }
  if (pieces.length > 0) out.add(`<cols>${pieces.join('')}</cols>`)
}

function addRow(out: Markup, index: number, { cells, heightTwips, isHidden }: Row, workbook: Workbook): void {
  const height = heightTwips === undefined ? '' : ` ht="${heightTwips / 20}" customHeight="1"`
  out.add(`<row r="${index + 1}"${height}${isHidden ? ' hidden="1"' : ''}>`)
  for (const column of [...cells.keys()].sort((a, b) => a - b)) out.add(cellMarkup(index, cells.get(column)!, workbook))
  out.add('</row>')
}

/** A program repairs a file in which two of them overlap, so the later one goes. */
function addMerged(out: Markup, { merged }: Sheet): void {
  const busyUntil = new Int32Array(256).fill(-1)
  const apart = merged
    .toSorted((a, b) => a.row1 - b.row1 || a.column1 - b.column1)
    .filter(area => {
      const columns = busyUntil.subarray(area.column1, area.column2 + 1)
      if (columns.some(row => row >= area.row1) || isSingle(area)) return false
      columns.fill(area.row2)
      return true
    })
  if (apart.length === 0) return
  out.add(`<mergeCells count="${apart.length}">`)
  for (const area of apart) out.add(`<mergeCell ref="${areaName(area)}"/>`)
  out.add('</mergeCells>')
}

function isSingle({ row1, row2, column1, column2 }: Area): boolean {
  return row1 === row2 && column1 === column2
}

function addLinks(out: Markup, sheet: Sheet, links: SheetLinks): void {
  if (sheet.links.length === 0) return
  out.add('<hyperlinks>')
  for (const { area, target, location } of sheet.links) {
    const id = target === '' ? '' : ` r:id="rId${links.push(target)}"`
    out.add(`<hyperlink ref="${areaName(area)}"${id}${location === '' ? '' : ` location="${escapeXml(location)}"`}/>`)
  }
  out.add('</hyperlinks>')
}

function addPage(out: Markup, { page }: Sheet): void {
  const { margins } = page
  const inches = (value: number) => (Number.isFinite(value) && value >= 0 && value < 50 ? value : 0.5)
  if (page.isCentered) out.add('<printOptions horizontalCentered="1"/>')
  out.add(
    `<pageMargins left="${inches(margins.left)}" right="${inches(margins.right)}" top="${inches(margins.top)}" ` +
      `bottom="${inches(margins.bottom)}" header="${inches(margins.header)}" footer="${inches(margins.footer)}"/>`,
  )
  const scale = page.scale >= 10 && page.scale <= 400 ? page.scale : 100
  const fit = page.fits ? ` fitToWidth="${page.fitWidth}" fitToHeight="${page.fitHeight}"` : ''
  out.add(`<pageSetup paperSize="${page.paper}" scale="${scale}"${fit} orientation="${page.isLandscape ? 'landscape' : 'portrait'}"/>`)
  const [header, footer] = [headerText(page.header), headerText(page.footer)]
  if (header + footer !== '') {
    out.add(`<headerFooter>${header && `<oddHeader>${header}</oddHeader>`}${footer && `<oddFooter>${footer}</oddFooter>`}</headerFooter>`)
  }
  const breaks = page.rowBreaks.map(row => `<brk id="${row}" max="16383" man="1"/>`)
  if (breaks.length > 0) out.add(`<rowBreaks count="${breaks.length}" manualBreakCount="${breaks.length}">${breaks.join('')}</rowBreaks>`)
}

/** `&G` stands for a picture that is not there any more. */
function headerText(text: string): string {
  return escapeXml(text.replace(/&G/g, '').slice(0, 255))
}
