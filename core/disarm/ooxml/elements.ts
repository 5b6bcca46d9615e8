/**
 * Elements that need more than a look into the vocabulary: alternatives, fields, formulas, links, revisions, comments,
 * objects with a picture, controls.
 *
 *   Markup.open ──▶ [specialElement] ──▶ how to write it │ drop │ undefined: nothing special
 *
 * Standards: ISO/IEC 29500-1 §17.13 (revisions, comments), §17.16 (fields), §18.2 (workbook), §18.17 (formulas), part 3
 * (alternatives), part 4 §19 (VML).
 */
import type { ObjectKind } from '../../objects.ts'
import type { XmlAttribute } from '../xml.ts'
import { fieldProblem } from './fields.ts'
import { isHarmlessFormula } from './formulas.ts'
import type { Decision, Markup, OpenElement } from './markup.ts'
import { MC_NAMESPACE, shortOf } from './namespaces.ts'
import { isKnownVocabulary } from './vocabulary.ts'

type Special = (markup: Markup, open: OpenElement) => Decision | undefined

/** Undefined when the vocabulary alone decides. */
export function specialElement(markup: Markup, open: OpenElement): Decision | undefined {
  const name = `${open.short}:${open.element.local}`
  return SPECIALS.get(name)?.(markup, open)
}

function valueIn({ element }: OpenElement, local: string): string {
  return element.attributes.find(attribute => attribute.local === local)?.value ?? ''
}

function plain(markup: Markup, open: OpenElement): { readonly attributes: readonly XmlAttribute[] } | 'drop' {
  const attributes = markup.attributesOf(open)
  return attributes ? { attributes } : 'drop'
}

/** Writes the element, and tells where it stands when it is finished. */
function ranged(markup: Markup, open: OpenElement, closed: (range: readonly [number, number], text: string) => void): Decision {
  const from = markup.writer.mark()
  const decision = plain(markup, open)
  if (decision === 'drop') return decision
  let whole = ''
  return {
    ...decision,
    text(text) {
      whole = text
      markup.writer.text(text)
    },
    closed: () => closed([from, markup.writer.mark()], whole),
  }
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
  if (!alternatives.written) markup.writer.open(MC_NAMESPACE, 'AlternateContent')
  alternatives.written = true
  const value = namespaces.map(namespace => markup.writer.prefixFor(namespace)).join(' ')
  return { attributes: [{ namespace: '', local: 'Requires', value }] }
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
  return ranged(markup, open, (range, text) => {
    const problem = gone.has(index) && index !== '' ? 'formulas' : formulaProblem(markup, text)
    if (!problem) return
    if (index !== '') gone.add(index)
    markup.context.count(problem)
    markup.writer.takeBack(...range)
  })
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
  const own = open.element.attributes.find(attribute => attribute.local === 'localSheetId')
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
  return decision !== 'drop' && decision.attributes.some(({ local }) => local === 'id' || local === 'location') ? decision : 'drop'
}

// Revisions and comments

const ifRevisions = (otherwise: 'drop' | 'unwrap'): Special => markup => {
  if (markup.context.rules.keepRevisions) return undefined
  markup.context.count('revisions')
  return otherwise
}

const ifComments: Special = markup => (markup.context.rules.keepComments ? undefined : 'drop')

// Objects

const OBJECT_PROGRAMS = /^(?:Word\.Document|Excel\.Sheet|PowerPoint\.(?:Show|Slide))\.12$/

/** Only a package that was rebuilt may stay an object; its picture stays anyway. */
const oleObject: Special = (markup, open) => {
  const isPackage = OBJECT_PROGRAMS.test(valueIn(open, 'ProgID')) && valueIn(open, 'Type') === 'Embed'
  return isPackage && markup.context.links.get(valueIn(open, 'id')) === 'embedded' ? undefined : 'drop'
}

type Frame = { readonly from: number; picture: readonly [number, number] | undefined; isOle: boolean }

/** A frame of a slide with an object in it becomes the object's picture. */
const graphicFrame: Special = (markup, open) => {
  const before = markup.memory.get('frame')
  const frame: Frame = { from: markup.writer.mark(), picture: undefined, isOle: false }
  markup.memory.set('frame', frame)
  const decision = plain(markup, open)
  if (decision === 'drop') return decision
  return {
    ...decision,
    closed() {
      markup.memory.set('frame', before)
      if (!frame.isOle) return
      markup.memory.delete('ole')
      const end = markup.writer.mark()
      markup.writer.takeBack(frame.from, frame.picture?.[0] ?? end)
      if (frame.picture) markup.writer.takeBack(frame.picture[1], end)
    },
  }
}

const graphicData: Special = (markup, open) => {
  const frame = markup.memory.get('frame') as Frame | undefined
  if (!frame || !/\/ole$/.test(valueIn(open, 'uri'))) return undefined
  frame.isOle = true
  markup.memory.set('ole', true)
  markup.context.count('oleObjects')
  return undefined
}

const slideObject: Special = markup => (markup.memory.has('ole') ? 'unwrap' : 'drop')

const slidePicture: Special = (markup, open) => {
  const frame = markup.memory.get('frame') as Frame | undefined
  if (!frame?.isOle) return undefined
  if (frame.picture) return 'drop'
  return ranged(markup, open, range => void (frame.picture = range))
}

// VML

/** A shape that turns out to be a control is taken back; what is left of an object is its picture. */
const vmlShape: Special = (markup, open) => {
  const decision = plain(markup, open)
  if (decision === 'drop') return decision
  const before = markup.memory.get('shape')
  const shape = { isControl: false }
  markup.memory.set('shape', shape)
  const from = markup.writer.mark()
  return {
    ...decision,
    closed() {
      markup.memory.set('shape', before)
      if (shape.isControl) markup.writer.takeBack(from, markup.writer.mark())
    },
  }
}

const clientData: Special = (markup, open) => {
  const shape = markup.memory.get('shape') as { isControl: boolean } | undefined
  if (valueIn(open, 'ObjectType') === 'Note') return undefined
  if (shape) shape.isControl = true
  markup.context.count('controls')
  return 'drop'
}

// Extensions

/** An extension of which nothing was understood says nothing. */
const extension: Special = (markup, open) => {
  // The same name is the size of a shape.
  if (valueIn(open, 'uri') === '') return undefined
  const from = markup.writer.mark()
  return {
    attributes: markup.attributesOf(open) ?? [],
    closed(hasContent) {
      const to = markup.writer.mark()
      if (!hasContent) markup.writer.takeBack(from, to)
    },
  }
}

const SPECIALS: ReadonlyMap<string, Special> = new Map<string, Special>([
  ['mc:AlternateContent', alternateContent],
  ['mc:Choice', choice],
  ['mc:Fallback', fallback],
  ['w:fldChar', fieldCharacter],
  ['w:instrText', instruction],
  ['w:delInstrText', instruction],
  ...['t', 'delText', 'tab', 'br', 'sym', 'drawing', 'pict', 'cr', 'noBreakHyphen'].map(local => [`w:${local}`, visible] as const),
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
  ['x:sheets', sheets],
  ['x:sheet', sheet],
  ['x:definedName', definedName],
  ['x:workbookView', workbookView],
  ['x:hyperlink', sheetHyperlink],
  ['o:OLEObject', oleObject],
  ['p:graphicFrame', graphicFrame],
  ['a:graphicData', graphicData],
  ['p:oleObj', slideObject],
  ['p:embed', slideObject],
  ['p:link', slideObject],
  ['p:pic', slidePicture],
  ['v:shape', vmlShape],
  ['xvml:ClientData', clientData],
  ...['a', 'c', 'p', 'x', 'xdr', 'pic', 'wps', 'wpg', 'dgm', 'dsp'].map(short => [`${short}:ext`, extension] as const),
])
