/**
 * Old Excel workbooks (.xls): read as values and formats, composed anew as .xlsx.
 *
 *   octets ──▶ cfb.ts ──▶ globals.ts, sheet.ts ──▶ Workbook ──▶ compose.ts ──▶ .xlsx
 *
 * Nothing of the old file's octets is copied: macros, macro sheets, embedded objects, DDE and other links have no place in
 * the model that stands between. What falls off is counted and named. Only the format of Excel 97 to 2003 (BIFF8).
 * Standards: MS-XLS.
 */
import type { ObjectKind, Removed } from '../../objects.ts'
import { ruleFor } from '../../objects.ts'
import type { Disarmed, Disarmer, DisarmInput } from '../contract.ts'
import { readCompound, type Storage } from '../ole/cfb.ts'
import { oleBaggage } from '../ole/baggage.ts'
import { OPENED_FINDING, openedOldWorkbook } from '../locked-office.ts'
import { writeZip } from '../zip-write.ts'
import { composeWorkbook } from './compose.ts'
import { type Globals, type ListedSheet, readGlobals } from './globals.ts'
import type { Losses, Sheet, Workbook } from './model.ts'
import { type Rec, readRecords } from './records.ts'
import { type CellBudget, readSheet } from './sheet.ts'

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
const BOF = 0x809
const BIFF8 = 0x600
const WORKSHEET = 0
const MACRO_SHEETS = new Set([1, 6])
/** Each costs some 250 octets while it is held. */
const MAX_CELLS = 800_000

export const xlsDisarmer: Disarmer = {
  table: [
    { object: 'cells with their values, sheets, hidden ones too', becomes: 'rebuilt' },
    { object: 'fonts, colours, borders, number formats, merged cells, widths and heights', becomes: 'rebuilt' },
    { object: 'sheet protection (without its password), print areas and titles, page set-up, frozen panes', becomes: 'rebuilt' },
    { object: 'formulas: their last results stay', becomes: 'removed', kind: 'calculations' },
    { object: 'links to the web, to a mailbox, within the workbook', becomes: 'rebuilt', kind: 'hyperlinks' },
    { object: 'links to files, other workbooks and DDE servers', becomes: 'removed', kind: 'externalLinks' },
    { object: 'VBA and macro sheets', becomes: 'removed', kind: 'macros' },
    { object: 'embedded objects', becomes: 'removed', kind: 'oleObjects' },
    { object: 'ActiveX controls', becomes: 'removed', kind: 'controls' },
    { object: 'comments', becomes: 'removed', kind: 'comments' },
    { object: 'author and other properties', becomes: 'removed', kind: 'metadata' },
    { object: 'a lock that opens with the password that Excel tries by itself', becomes: 'removed' },
    { object: 'workbooks older than Excel 97, or that cannot be read: pages as pictures in a PDF, where LibreOffice is installed', becomes: 'rebuilt' },
    { object: 'pictures, shapes, charts, conditional formats, input rules, phonetic guides', becomes: 'removed', kind: 'layout' },
  ],
  async disarm(input: DisarmInput): Promise<Disarmed> {
    const result = disarmOpen(input)
    const isLocked = result.kind === 'cannot' && result.reason === 'encrypted'
    const untrustedBytes = isLocked ? await openedOldWorkbook(input) : undefined
    const opened = untrustedBytes && disarmOpen({ ...input, untrustedBytes })
    return opened?.kind === 'rebuilt' ? { ...opened, findings: [OPENED_FINDING, ...opened.findings] } : (opened ?? result)
  },
}

function disarmOpen(input: DisarmInput): Disarmed {
  const root = readCompound(input.untrustedBytes)
  const stream = root?.streams.get('Workbook')
  if (!root) return { kind: 'cannot', reason: 'malformed' }
  if (!stream) return { kind: 'cannot', reason: 'unsupported' }
  const records = readRecords(stream)
  const version = records[0]?.type === BOF ? records[0].pieces[0]!.subarray(0, 2) : undefined
  if (version?.length !== 2) return { kind: 'cannot', reason: 'malformed' }
  if (version.readUInt16LE() !== BIFF8) return { kind: 'cannot', reason: 'unsupported' }
  const globals = readGlobals(records)
  if (globals.isLocked) return { kind: 'cannot', reason: 'encrypted' }
  if (globals.sheets.length > input.limits.entries) return { kind: 'cannot', reason: 'limit' }
  return rebuild(input, root, records, globals)
}

function rebuild(input: DisarmInput, root: Storage, records: readonly Rec[], globals: Globals): Disarmed {
  const losses: Losses = { macroSheets: 0, comments: 0, formulas: 0, drawings: 0, charts: 0, layout: 0, externalLinks: 0, hyperlinks: 0, phonetics: 0 }
  losses.externalLinks = globals.externalBooks
  losses.phonetics = globals.strings.filter(({ hasPhonetic }) => hasPhonetic).length
  const budget: CellBudget = { cells: MAX_CELLS }
  const sheets = readSheets(records, globals, { losses, budget })
  if (budget.cells < 0) return { kind: 'cannot', reason: 'limit' }
  if (sheets.length === 0) return { kind: 'cannot', reason: 'malformed' }
  if (ruleFor('hyperlinks', input.rules) === 'remove') dropLinks(sheets, losses)
  const workbook: Workbook = { ...globals, sheets }
  const parts = composeWorkbook(workbook, input.limits.outputBytes)
  const bytes = parts && writeZip(parts, input.limits.outputBytes)
  if (!bytes) return { kind: 'cannot', reason: 'limit' }
  const removed = [...removedOf(losses), ...oleBaggage(root)]
  return { kind: 'rebuilt', bytes: new Uint8Array(bytes), mediaType: XLSX, extension: 'xlsx', removed, findings: [] }
}

function readSheets(records: readonly Rec[], globals: Globals, sums: { losses: Losses; budget: CellBudget }): Sheet[] {
  const starts = new Map(records.flatMap(({ type, at }, index) => (type === BOF ? [[at, index] as const] : [])))
  const names = new SheetNames()
  const seen = new Set<number>()
  const sheets: Sheet[] = []
  for (const [index, listed] of globals.sheets.entries()) {
    const start = starts.get(listed.at)
    if (MACRO_SHEETS.has(listed.kind)) sums.losses.macroSheets++
    else if (listed.kind !== WORKSHEET) sums.losses.charts++
    else if (start !== undefined && !seen.has(start)) {
      // Two entries for one sheet would be read twice for nothing.
      seen.add(start)
      const sheet = readSheet(records, start, { name: names.unique(listed), visibility: listed.visibility }, sums)
      sheet.printArea = globals.print.areas.get(index) ?? []
      sheet.printTitles = globals.print.titles.get(index) ?? []
      sheets.push(sheet)
    }
  }
  return sheets
}

/** Names that programs take: 31 characters without :\/?*[], each unlike any other. */
class SheetNames {
  readonly #taken = new Set<string>()
  /** Where counting goes on for a name that is wanted again and again. */
  readonly #counts = new Map<string, number>()

  unique({ name }: ListedSheet): string {
    const plain = name.replace(/[:\\/?*[\]\x00-\x1f]/g, '_').replace(/^'|'$/g, '_').slice(0, 31)
    const stem = plain.slice(0, 24)
    const key = stem.toLowerCase()
    let unique = plain === '' ? 'Sheet' : plain
    let count = this.#counts.get(key) ?? 2
    for (; this.#taken.has(unique.toLowerCase()); count++) unique = `${stem} (${count})`
    this.#counts.set(key, count)
    this.#taken.add(unique.toLowerCase())
    return unique
  }
}

function dropLinks(sheets: readonly Sheet[], losses: Losses): void {
  for (const { links } of sheets) losses.hyperlinks += links.splice(0).length
}

function removedOf(losses: Losses): Removed[] {
  const counts: readonly (readonly [ObjectKind, number])[] = [
    ['calculations', losses.formulas],
    ['macros', losses.macroSheets],
    ['externalLinks', losses.externalLinks],
    ['hyperlinks', losses.hyperlinks],
    ['comments', losses.comments],
    ['layout', losses.drawings + losses.charts + losses.layout + losses.phonetics],
  ]
  return counts.flatMap(([what, count]) => (count > 0 ? [{ what, count }] : []))
}
