/**
 * The structure tree: headings, tables, figures and reading order, for people who have pages read to them.
 * Standards: ISO 32000-1 §14.7, §14.8.
 */
import { annotationLink, pageLink } from './annotation.ts'
import { type Dict, dictOf, isDict, nameText, Ref, type Value } from './object.ts'
import { numberTree } from './outline.ts'
import type { ObjectShape, Rebuild } from './rebuild.ts'
import { anyBoolean, anyName, anyNumber, anyString, dictionary, either, kindName, listOf, mapOf, names, object, plainDict, type Shape } from './shapes.ts'

const attributes: Shape = either(plainDict, listOf(either(plainDict, anyNumber)))
const contentReference = dictionary(
  'content-reference',
  { Pg: pageLink, MCID: anyNumber },
  { fixed: '/Type/MCR', when: (dict, job) => nameText(job.source.get(dict, 'Type')) === 'MCR' },
)
const objectReference = dictionary(
  'object-reference',
  { Pg: pageLink, Obj: annotationLink },
  {
    fixed: '/Type/OBJR',
    when: (dict, job) => nameText(job.source.get(dict, 'Type')) === 'OBJR' && annotationLink(dict.get('Obj') ?? null, job) !== undefined,
  },
)
/** An element has a kind, and is no page or annotation that pretends to be one. */
const element: ObjectShape = dictionary(
  'structure-element',
  {
    S: either(kindName, () => '/NonStruct'), P: either(object(() => element), object(() => rootShape)), ID: anyString, Pg: pageLink, K: (value, job) => kids(value, job),
    A: attributes, C: either(anyName, listOf(either(anyName, anyNumber))), R: anyNumber, T: anyString, Lang: anyString, Alt: anyString, E: anyString,
    ActualText: anyString,
  },
  { fixed: '/Type/StructElem', when: (dict, job) => dict.has('S') && !dict.has('Subtype') && ['StructElem', ''].includes(nameText(job.source.get(dict, 'Type'))) },
)
const kid: Shape = either(anyNumber, object(() => contentReference, () => objectReference, () => element))
const kids: Shape = either(kid, listOf(kid))

const rootShape: ObjectShape = dictionary(
  'structure-root',
  { K: kids, RoleMap: mapOf(kindName), ClassMap: mapOf(either(plainDict, listOf(plainDict))), ParentTreeNextKey: anyNumber },
  {
    fixed: '/Type/StructTreeRoot',
    when: (dict, job) => nameText(job.source.get(dict, 'Type')) === 'StructTreeRoot',
    more: parentTree,
    handled: ['ParentTree', 'IDTree'],
  },
)

/** From what is marked on a page back to its elements. */
function parentTree(root: Dict, job: Rebuild): string {
  const toElement: Shape = (value, job) => (value instanceof Ref ? job.link(value, element) : undefined)
  const toElements = (value: Value): string | undefined => {
    const list = job.source.resolve(value)
    return Array.isArray(list) ? `[${list.map(each => toElement(each, job) ?? 'null').join(' ')}]` : toElement(value, job)
  }
  const pairs = [...numberTree(root.get('ParentTree') ?? null, job)].flatMap(([key, value]) => {
    const text = toElements(value)
    return text === undefined ? [] : [`${key} ${text}`]
  })
  return pairs.length === 0 ? '' : `/ParentTree<</Nums[${pairs.join(' ')}]>>`
}

const markInfo: Shape = object(() => dictionary('mark-info', { Marked: anyBoolean, UserProperties: anyBoolean, Suspects: anyBoolean }))

/** Entries of the catalog. To be asked for when all pages have been written: elements point to what lies on them. */
export function structureEntries(catalog: Dict, job: Rebuild): string {
  const root = catalog.get('StructTreeRoot')
  const found = root instanceof Ref ? job.link(root, rootShape) : isDict(dictOf(root)) ? job.add(root!, rootShape) : undefined
  if (found === undefined) return ''
  const info = markInfo(catalog.get('MarkInfo') ?? null, job)
  return `/StructTreeRoot ${found}${info === undefined ? '' : `/MarkInfo ${info}`}`
}

export const viewerPreferences: Shape = object(() =>
  dictionary('viewer-preferences', {
    Direction: names('L2R', 'R2L'), PrintScaling: names('None', 'AppDefault'), Duplex: names('Simplex', 'DuplexFlipShortEdge', 'DuplexFlipLongEdge'),
    PickTrayByPDFSize: anyBoolean, NumCopies: anyNumber, FitWindow: anyBoolean, CenterWindow: anyBoolean,
  }),
)
