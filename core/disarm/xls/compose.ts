/**
 * A new workbook (.xlsx) from what was understood of an old one.
 *
 *   Workbook ──▶ [composeWorkbook] ──▶ parts ──▶ core/disarm/zip-write.ts
 *
 * Every part is written here from values; equal workbooks give equal parts. Undefined when they grow over the limit.
 * Standards: ECMA-376 part 1 §18 (SpreadsheetML), part 2 §9 (packages).
 */
import { Buffer } from 'node:buffer'
import type { ZipFile } from '../zip-write.ts'
import { textElement } from './cell-markup.ts'
import { columnName, escapeXml, Markup } from './markup.ts'
import type { Area, Font, Sheet, Workbook } from './model.ts'
import type { RichText } from './records.ts'
import { addSheet, type SheetLinks } from './sheet-part.ts'
import { fontMarkup, fontNumber, stylesPart } from './styles.ts'

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const RELATIONSHIPS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const PACKAGE_RELATIONSHIPS = 'http://schemas.openxmlformats.org/package/2006/relationships'
const CONTENT_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml'

export function composeWorkbook(workbook: Workbook, limitCharacters: number): ZipFile[] | undefined {
  const budget = { characters: limitCharacters }
  const parts = new Map<string, string>()
  const put = (name: string, write: (out: Markup) => void) => {
    const out = new Markup(budget)
    write(out)
    parts.set(name, out.toString())
  }
  put('[Content_Types].xml', out => addContentTypes(out, workbook.sheets.length))
  put('_rels/.rels', out => out.add(relationships([['officeDocument', 'xl/workbook.xml']])))
  put('xl/workbook.xml', out => addWorkbook(out, workbook))
  put('xl/_rels/workbook.xml.rels', out => addWorkbookRelationships(out, workbook.sheets.length))
  parts.set('xl/styles.xml', stylesPart(workbook, budget))
  put('xl/sharedStrings.xml', out => addStrings(out, workbook))
  for (const [index, sheet] of workbook.sheets.entries()) {
    const links: SheetLinks = []
    put(`xl/worksheets/sheet${index + 1}.xml`, out => addSheet(out, { sheet, workbook, links }))
    if (links.length > 0) put(`xl/worksheets/_rels/sheet${index + 1}.xml.rels`, out => addLinks(out, links))
  }
  if (budget.characters < 0) return undefined
  return [...parts].map(([name, text]) => ({ name, bytes: Buffer.from(text, 'utf8') }))
}

function addContentTypes(out: Markup, sheets: number): void {
  out.add(`${XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">`)
  out.add('<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>')
  out.add('<Default Extension="xml" ContentType="application/xml"/>')
  const override = (part: string, type: string) => out.add(`<Override PartName="/xl/${part}" ContentType="${CONTENT_TYPE}.${type}+xml"/>`)
  override('workbook.xml', 'sheet.main')
  override('styles.xml', 'styles')
  override('sharedStrings.xml', 'sharedStrings')
  for (let sheet = 1; sheet <= sheets; sheet++) override(`worksheets/sheet${sheet}.xml`, 'worksheet')
  out.add('</Types>')
}

function relationships(list: readonly (readonly [type: string, target: string])[]): string {
  const items = list.map(([type, target], at) => `<Relationship Id="rId${at + 1}" Type="${RELATIONSHIPS}/${type}" Target="${target}"/>`)
  return `${XML}<Relationships xmlns="${PACKAGE_RELATIONSHIPS}">${items.join('')}</Relationships>`
}

function addWorkbookRelationships(out: Markup, sheets: number): void {
  const worksheets = Array.from({ length: sheets }, (_, at) => ['worksheet', `worksheets/sheet${at + 1}.xml`] as const)
  out.add(relationships([...worksheets, ['styles', 'styles.xml'], ['sharedStrings', 'sharedStrings.xml']]))
}

function addLinks(out: Markup, links: SheetLinks): void {
  out.add(`${XML}<Relationships xmlns="${PACKAGE_RELATIONSHIPS}">`)
  for (const [at, target] of links.entries()) {
    out.add(`<Relationship Id="rId${at + 1}" Type="${RELATIONSHIPS}/hyperlink" Target="${escapeXml(target)}" TargetMode="External"/>`)
  }
  out.add('</Relationships>')
}

const STATES = ['visible', 'hidden', 'veryHidden']

function addWorkbook(out: Markup, { sheets, countsFrom1904 }: Workbook): void {
  out.add(`${XML}<workbook xmlns="${MAIN}" xmlns:r="${RELATIONSHIPS}"><workbookPr${countsFrom1904 ? ' date1904="1"' : ''}/>`)
  const firstShown = sheets.findIndex(({ visibility }) => visibility === 0)
  if (firstShown > 0) out.add(`<bookViews><workbookView activeTab="${firstShown}"/></bookViews>`)
  out.add('<sheets>')
  for (const [index, { name, visibility }] of sheets.entries()) {
    // A program opens no workbook in which every sheet is hidden.
    const state = firstShown < 0 && index === 0 ? 'visible' : STATES[visibility]
    out.add(`<sheet name="${escapeXml(name)}" sheetId="${index + 1}" state="${state}" r:id="rId${index + 1}"/>`)
  }
  out.add('</sheets>')
  const names = sheets.flatMap((sheet, index) => [
    definedName('_xlnm.Print_Area', index, sheet, sheet.printArea),
    definedName('_xlnm.Print_Titles', index, sheet, sheet.printTitles),
  ])
  const known = names.filter(name => name !== '')
  if (known.length > 0) out.add(`<definedNames>${known.join('')}</definedNames>`)
  out.add('</workbook>')
}

function definedName(name: string, index: number, sheet: Sheet, areas: readonly Area[]): string {
  if (areas.length === 0) return ''
  const quoted = `'${sheet.name.replaceAll("'", "''")}'`
  const references = areas.map(area => `${quoted}!${fixedName(area)}`)
  return `<definedName name="${name}" localSheetId="${index}">${escapeXml(references.join(','))}</definedName>`
}

/** Whole rows or columns are written without the other half. */
function fixedName({ row1, row2, column1, column2 }: Area): string {
  if (column1 === 0 && column2 === 0xff) return `$${row1 + 1}:$${row2 + 1}`
  if (row1 === 0 && row2 === 0xffff) return `$${columnName(column1)}:$${columnName(column2)}`
  return `$${columnName(column1)}$${row1 + 1}:$${columnName(column2)}$${row2 + 1}`
}

function addStrings(out: Markup, { strings, fonts }: Workbook): void {
  out.add(`${XML}<sst xmlns="${MAIN}">`)
  for (const string of strings) out.add(`<si>${richText(string, fonts)}</si>`)
  out.add('</sst>')
}

function richText({ text, runs }: RichText, fonts: readonly Font[]): string {
  const known = runs.filter(({ from }, at) => from < text.length && (at === 0 || from > runs[at - 1]!.from))
  const first = known[0]
  if (!first) return textElement(text)
  const pieces = first.from > 0 ? [`<r>${textElement(text.slice(0, first.from))}</r>`] : []
  for (const [at, { from, font }] of known.entries()) {
    const facts = fonts[fontNumber(font, fonts.length)]
    const properties = facts ? `<rPr>${fontMarkup(facts, 'rFont')}</rPr>` : ''
    pieces.push(`<r>${properties}${textElement(text.slice(from, known[at + 1]?.from))}</r>`)
  }
  return pieces.join('')
}
