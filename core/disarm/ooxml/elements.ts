/**
 * Elements that need more than a look into the vocabulary: alternatives, fields, formulas, links, revisions and
 * comments; objects.ts adds objects, controls and drawings.
 *
 *   Markup.open ──▶ [specialOf] ──▶ how to write it │ drop │ undefined: nothing special
 *
 * Standards: ISO/IEC 29500-1 §17.13 (revisions, comments), §17.16 (fields), §18.2 (workbook), §18.17 (formulas), part 3
 * (alternatives), part 4 §19 (VML).
 */
import type { ObjectKind } from '../../objects.ts'
import { fieldProblem } from './fields.ts'
import { isHarmlessFormula } from './formulas.ts'
import type { Markup } from './markup.ts'
import { MC_NAMESPACE, shortOf } from './namespaces.ts'
import { OBJECT_SPECIALS } from './objects.ts'
import { plain, ranged, type Special, valueIn } from './special.ts'
import { isKnownVocabulary } from './vocabulary.ts'

/** Undefined when the vocabulary alone decides. */
export function specialOf(short: string, local: string): Special | undefined {
  return SPECIALS.get(`${short}:${local}`)
}

// Alternatives

type Alternatives = { written: boolean }

const alternateContent: Special = markup => {
  if (markup.memory.has('ole')) return 'unwrap'
  const alternatives: Alternatives = { written: false }
  const before = markup.memory.get('alternatives')
  markup.memory.set('alternatives', alternatives)
  return {
    unwrap: true,
    closed() {
      if (alternatives.written) markup.writer.close()
      markup.memory.set('alternatives', before)
    },
  }
}

/** The first alternative that is understood opens the element around all of them. */
const choice: Special = (markup, open) => {
  if (markup.memory.has('ole')) return 'unwrap'
  const needed = valueIn(open, 'Requires').split(/\s+/).filter(prefix => prefix !== '')
  const namespaces = needed.map(prefix => open.element.namespaceOf(prefix) ?? '')
  const isUnderstood = namespaces.length > 0 && namespaces.every(namespace => isKnownVocabulary(shortOf(namespace) || '?'))
  const alternatives = markup.memory.get('alternatives') as Alternatives | undefined
  if (!isUnderstood || !alternatives) return 'drop'
  const from = markup.writer.mark()
  const isFirst = !alternatives.written
  if (isFirst) markup.writer.open(MC_NAMESPACE, 'AlternateContent')
  alternatives.written = true
  const value = namespaces.map(namespace => markup.writer.prefixFor(namespace)).join(' ')
  return {
    attributes: [{ namespace: '', local: 'Requires', value }],
    closed(hasContent) {
      // Nothing of it was understood: a reader would take the empty choice instead of the fallback.
      if (hasContent) return
      if (isFirst) {
        markup.writer.close()
        alternatives.written = false
      }
      markup.writer.rollBack(from)
    },
  }
}

const fallback: Special = markup => {
  const alternatives = markup.memory.get('alternatives') as Alternatives | undefined
  return alternatives?.written && !markup.memory.has('ole') ? { attributes: [] } : 'unwrap'
}

// Fields

const fieldCharacter: Special = (markup, open) =>
  ranged(markup, open, range => markup.fields.character(valueIn(open, 'fldCharType'), range))

const instruction: Special = (markup, open) => ranged(markup, open, (range, text) => markup.fields.instruction(text, range))

/** Text and pictures inside an instruction go where it goes. */
const visible: Special = (markup, open) =>
  markup.fields.inInstruction ? ranged(markup, open, range => markup.fields.piece(range)) : undefined

const simpleField: Special = (markup, open) => {
  const problem = fieldProblem(valueIn(open, 'instr'), markup.context.rules)
  if (problem === undefined) return undefined
  markup.context.count(problem)
  return 'unwrap'
}

// Formulas

const REFERENCE_ERROR = '#REF!'

function formulaProblem(markup: Markup, formula: string): ObjectKind | undefined {
  return isHarmlessFormula(formula, markup.context.rules) ? undefined : 'formulas'
}

/** A formula that something else hangs on: an error stands in its place. */
const formula: Special = (markup, open) => {
  const decision = plain(markup, open)
  if (decision === 'drop') return decision
  return {
    ...decision,
    text(text) {
      const problem = formulaProblem(markup, text)
      if (problem) markup.context.count(problem)
      markup.writer.text(problem ? REFERENCE_ERROR : text)
    },
  }
}

/** The formula of a cell goes, its last value stays; with a shared one go all that share it. */
const cellFormula: Special = (markup, open) => {
  const shared = markup.memory.get('shared') as Set<string> | undefined
  const gone = shared ?? new Set<string>()
  markup.memory.set('shared', gone)
  const index = valueIn(open, 't') === 'shared' ? valueIn(open, 'si') : ''
  const decision = plain(markup, open)
  if (decision === 'drop') return decision
  const from = markup.writer.mark()
  let problem: ObjectKind | undefined
  return {
    ...decision,
    text(text) {
      problem = gone.has(index) && index !== '' ? 'formulas' : formulaProblem(markup, text)
      markup.writer.text(problem ? '' : text)
    },
    closed() {
      if (!problem) return
      if (index !== '') gone.add(index)
      markup.context.count(problem)
      markup.writer.rollBack(from)
    },
  }
}

// Workbook

/** Sheets that are left behind are numbered all the same by names that belong to one sheet. */
type Sheets = { readonly isGone: boolean[] }

const sheets: Special = markup => {
  markup.memory.set('sheets', { isGone: [] } satisfies Sheets)
  return undefined
}

const sheet: Special = (markup, open) => {
  const decision = plain(markup, open)
  ;(markup.memory.get('sheets') as Sheets | undefined)?.isGone.push(decision === 'drop')
  return decision
}

const definedName: Special = (markup, open) => {
  const isMacro = ['function', 'vbProcedure', 'xlm'].some(each => /^(?:1|true)$/.test(valueIn(open, each)))
  if (isMacro || /^(?:_xlnm\.)?auto_?(?:open|close|activate|deactivate)/i.test(valueIn(open, 'name'))) {
    markup.context.count('macros')
    return 'drop'
  }
  const { isGone } = (markup.memory.get('sheets') as Sheets | undefined) ?? { isGone: [] }
  const own = open.element.attributes.find(({ namespace, local }) => namespace === '' && local === 'localSheetId')
  if (!own) return formula(markup, open)
  const index = Number(own.value)
  if (isGone[index] !== false) return 'drop'
  const value = String(isGone.slice(0, index).filter(gone => !gone).length)
  const attributes = open.element.attributes.map(each => (each === own ? { ...own, value } : each))
  return formula(markup, { ...open, element: { ...open.element, attributes } })
}

/** A number of a sheet to show first may name one that is gone. */
const workbookView: Special = (markup, open) => {
  const isShort = [...markup.context.links.values()].includes('gone')
  const attributes = markup.attributesOf(open) ?? []
  return { attributes: isShort ? attributes.filter(({ local }) => local !== 'activeTab' && local !== 'firstSheet') : attributes }
}

// Links

const wordHyperlink: Special = (markup, open) => {
  const decision = plain(markup, open)
  const leads = decision !== 'drop' && decision.attributes.some(({ local }) => local === 'id' || local === 'anchor')
  return leads ? decision : 'unwrap'
}

const sheetHyperlink: Special = (markup, open) => {
  const decision = plain(markup, open)
  if (decision === 'drop') return decision
  const { attributes } = decision
  if (/[[\\]|:\/|^\s*file:/i.test(valueIn(open, 'location'))) {
    markup.context.count('externalLinks')
    return 'drop'
  }
  return attributes.some(({ local }) => local === 'id' || local === 'location') ? decision : 'drop'
}

// Revisions and comments

const ifRevisions = (otherwise: 'drop' | 'unwrap'): Special => markup => {
  if (markup.context.rules.keepRevisions) return undefined
  markup.context.count('revisions')
  return otherwise
}

const ifComments: Special = markup => (markup.context.rules.keepComments ? undefined : 'drop')

const SPECIALS: ReadonlyMap<string, Special> = new Map<string, Special>([
  ...OBJECT_SPECIALS,
  ['mc:AlternateContent', alternateContent],
  ['mc:Choice', choice],
  ['mc:Fallback', fallback],
  ['w:fldChar', fieldCharacter],
  ['w:instrText', instruction],
  ['w:delInstrText', instruction],
  ...['t', 'delText', 'tab', 'br', 'sym', 'pict', 'cr', 'noBreakHyphen'].map(local => [`w:${local}`, visible] as const),
  ['w:fldSimple', simpleField],
  ['w:hyperlink', wordHyperlink],
  ...['smartTag', 'customXml'].map(local => [`w:${local}`, () => 'unwrap'] as const),
  ...['ins', 'moveTo'].map(local => [`w:${local}`, ifRevisions('unwrap')] as const),
  ...['del', 'moveFrom', 'rPrChange', 'pPrChange', 'tblPrChange', 'tblGridChange', 'trPrChange', 'tcPrChange', 'sectPrChange',
    'numberingChange', 'tblPrExChange', 'cellIns', 'cellDel', 'cellMerge', 'moveFromRangeStart', 'moveFromRangeEnd',
    'moveToRangeStart', 'moveToRangeEnd', 'trackRevisions'].map(local => [`w:${local}`, ifRevisions('drop')] as const),
  ...['commentRangeStart', 'commentRangeEnd', 'commentReference'].map(local => [`w:${local}`, ifComments] as const),
  ['x:f', cellFormula],
  ...['formula', 'formula1', 'formula2', 'calculatedColumnFormula', 'totalsRowFormula'].map(local => [`x:${local}`, formula] as const),
  ['xm:f', formula],
  ['c:f', formula],
  ['c15:f', formula],
  ['c15:sqref', formula],
  ['x:sheets', sheets],
  ['x:sheet', sheet],
  ['x:definedName', definedName],
  ['x:workbookView', workbookView],
  ['x:hyperlink', sheetHyperlink],
])
