/**
 * What lies on a page: links, comments, form fields. Each kind by its own table; kinds that play, run or carry files
 * are left behind and counted.
 *
 * The look of a signature, and of fields where forms are removed, stays: it is drawn into the page.
 * Standards: ISO 32000-1 §12.5, §12.7.
 */
import type { ObjectKind } from '../../objects.ts'
import { makeHarmlessLine } from '../../text/harmless.ts'
import { clickEntry, countActions } from './action.ts'
import { fieldShape, isSignature } from './form.ts'
import { formLink, formObject, optionalContent } from './graphics.ts'
import { numberText } from './lexer.ts'
import { type Dict, dictOf, isDict, nameText, Ref, Stream, Text, type Value } from './object.ts'
import type { ObjectShape, Rebuild } from './rebuild.ts'
import { anyBoolean, anyName, anyNumber, anyString, dictionary, either, listOf, mapOf, names, numbers, object, plain, type Shape, type Table } from './shapes.ts'

const look: Shape = either(formLink, mapOf(formLink))
/** What a page shows of an annotation; looks for a pointer that hovers are left behind. */
export const appearance: Shape = object(() => dictionary('appearance', { N: look, D: look }))
export const pageLink: Shape = (value, job) => {
  const page = value instanceof Ref ? job.pageNumbers.get(value.number) : undefined
  return page === undefined ? undefined : `${page} 0 R`
}
export const borderStyle: Shape = object(() => dictionary('border-style', { W: anyNumber, S: names('S', 'D', 'B', 'I', 'U'), D: numbers }))

export const ANNOTATION: Table = {
  Subtype: anyName, Rect: numbers, Contents: anyString, P: pageLink, NM: anyString, M: anyString, F: anyNumber, AP: appearance, AS: anyName,
  Border: plain, C: numbers, StructParent: anyNumber, OC: (value, job) => optionalContent(value, job), BS: borderStyle,
}

const MARKUP = [
  'Text', 'FreeText', 'Line', 'Square', 'Circle', 'Polygon', 'PolyLine', 'Highlight', 'Underline', 'Squiggly', 'StrikeOut', 'Caret', 'Stamp', 'Ink', 'Popup',
]
const KINDS: Readonly<Record<string, ObjectKind>> = {
  FileAttachment: 'embeddedFiles', Sound: 'media', Movie: 'media', Screen: 'media', '3D': 'media', RichMedia: 'media',
}
/** Marks of printers, which readers do not show. */
const SILENT = ['PrinterMark', 'TrapNet']
const MOST_ANNOTATIONS = 50_000
const HIDDEN_FLAGS = 2 | 32

function subtypeOf(dict: Dict, job: Rebuild): string {
  return nameText(job.source.get(dict, 'Subtype'))
}

const link = dictionary(
  'link',
  { ...ANNOTATION, H: names('N', 'I', 'O', 'P'), QuadPoints: numbers },
  {
    fixed: '/Type/Annot',
    when: (dict, job) => subtypeOf(dict, job) === 'Link' && clickEntry(dict, job) !== undefined,
    more: (dict, job) => clickEntry(dict, job) ?? '',
    handled: ['A', 'Dest'],
  },
)

const markup: ObjectShape = dictionary(
  'markup',
  {
    ...ANNOTATION, T: anyString, CA: anyNumber, Subj: anyString, CreationDate: anyString, RT: names('R', 'Group'), Name: anyName, Open: anyBoolean,
    State: anyString, StateModel: anyString, QuadPoints: numbers, L: numbers, LE: either(anyName, listOf(anyName)), IC: numbers, LL: anyNumber, LLE: anyNumber,
    LLO: anyNumber, Cap: anyBoolean, CP: names('Inline', 'Top'), CO: numbers, IT: anyName, Vertices: numbers, InkList: listOf(numbers), RD: numbers, DA: anyString,
    Q: anyNumber, DS: anyString, CL: numbers, Sy: names('P', 'None'), BE: object(() => dictionary('border-effect', { S: names('S', 'C'), I: anyNumber })),
    IRT: object(() => markup), Popup: object(() => markup), Parent: object(() => markup),
  },
  { fixed: '/Type/Annot', when: (dict, job) => MARKUP.includes(subtypeOf(dict, job)) },
)
const watermark = dictionary('watermark', ANNOTATION, { fixed: '/Type/Annot', when: (dict, job) => subtypeOf(dict, job) === 'Watermark' })

/** For a reference from the structure tree: whatever of a page was kept. */
export function annotationLink(value: Value, job: Rebuild): string | undefined {
  return value instanceof Ref ? [link, markup, watermark, fieldShape].flatMap(shape => job.linked(value, shape) ?? [])[0] : undefined
}

/** Looks that become part of the page: the form object and the matrix that puts it in its place. */
export type Drawn = { readonly form: Value; readonly matrix: string }

/** The annotations of a page for the new file. */
export function pageAnnotations(page: Dict, job: Rebuild): { readonly links: readonly string[]; readonly drawn: readonly Drawn[] } {
  const list = job.source.get(page, 'Annots')
  const links: string[] = []
  const drawn: Drawn[] = []
  for (const item of Array.isArray(list) ? list.slice(0, MOST_ANNOTATIONS) : []) {
    const dict = job.source.resolve(item)
    if (!isDict(dict)) continue
    const kept = annotation({ item, dict }, job, drawn)
    if (kept !== undefined) links.push(kept)
  }
  return { links, drawn }
}

type Item = { readonly item: Value; readonly dict: Dict }

function annotation({ item, dict }: Item, job: Rebuild, drawn: Drawn[]): string | undefined {
  const subtype = subtypeOf(dict, job)
  const to = (shape: ObjectShape) => (item instanceof Ref ? job.link(item, shape) : job.add(dict, shape))
  if (subtype === 'Link') {
    const text = to(link)
    countActions(dict.get('A'), job, text === undefined)
    return text
  }
  if (subtype === 'Widget') return widget({ item, dict }, job, drawn)
  if (subtype === 'Watermark') return to(watermark)
  if (MARKUP.includes(subtype)) {
    countActions(dict.get('A'), job, true)
    if (job.keeps('comments')) return to(markup)
    if (subtype !== 'Popup') job.removed('comments')
  } else if (Object.hasOwn(KINDS, subtype)) job.removed(KINDS[subtype]!, fileName(dict, job))
  else if (!SILENT.includes(subtype)) job.removed('unknownParts')
  return undefined
}

function widget({ item, dict }: Item, job: Rebuild, drawn: Drawn[]): string | undefined {
  countActions(dict.get('A'), job, true)
  const signature = isSignature(dict, job)
  if (!signature && job.keeps('forms')) return item instanceof Ref ? job.link(item, fieldShape) : job.add(dict, fieldShape)
  job.removed(signature ? 'signatures' : 'forms')
  const flags = job.source.get(dict, 'F')
  const look = typeof flags === 'number' && (flags & HIDDEN_FLAGS) !== 0 ? undefined : drawnLook(dict, job)
  if (look) drawn.push(look)
  return undefined
}

/** Name of an attached file, for the report. */
function fileName(dict: Dict, job: Rebuild): string | undefined {
  const file = dictOf(job.source.get(dict, 'FS'))
  return file && attachedName(file, job)
}

export function attachedName(file: Dict, job: Rebuild): string | undefined {
  const name = job.source.get(file, 'UF') ?? job.source.get(file, 'F')
  return name instanceof Text ? makeHarmlessLine(textOf(name.octets), 200) : undefined
}

/** UTF-16BE with its mark, else Latin-1 as the nearest thing to PDFDocEncoding. */
export function textOf(octets: string): string {
  return octets.startsWith('\xfe\xff') ? new TextDecoder('utf-16be').decode(Uint8Array.from(octets.slice(2), each => each.charCodeAt(0))) : octets
}

/** The appearance of now, and how it comes into its rectangle (ISO 32000-1 §12.5.5, algorithm 8.1). */
function drawnLook(dict: Dict, job: Rebuild): Drawn | undefined {
  const { source } = job
  const looks = source.get(dictOf(source.get(dict, 'AP')), 'N')
  const value = isDict(looks) ? looks.get(nameText(source.get(dict, 'AS'))) : dictOf(source.get(dict, 'AP'))?.get('N')
  const stream = source.resolve(value)
  const list = (from: Dict, key: string, usual: readonly number[]) => {
    const found = source.get(from, key)
    const items = Array.isArray(found) ? found.map(each => source.resolve(each)) : []
    return items.length === usual.length && items.every(each => typeof each === 'number') ? (items as number[]) : usual
  }
  if (!(stream instanceof Stream) || value === undefined) return undefined
  const rect = list(dict, 'Rect', [0, 0, 0, 0])
  const bounds = boundsOf(list(stream.dict, 'BBox', [0, 0, 0, 0]), list(stream.dict, 'Matrix', [1, 0, 0, 1, 0, 0]))
  if (!formObject.fits(stream, job) || bounds.width <= 0 || bounds.height <= 0) return undefined
  const [left, bottom] = [Math.min(rect[0]!, rect[2]!), Math.min(rect[1]!, rect[3]!)]
  const scaleX = Math.abs(rect[2]! - rect[0]!) / bounds.width
  const scaleY = Math.abs(rect[3]! - rect[1]!) / bounds.height
  const matrix = [scaleX, 0, 0, scaleY, left - bounds.left * scaleX, bottom - bounds.bottom * scaleY]
  return { form: value, matrix: matrix.map(numberText).join(' ') }
}

function boundsOf(bbox: readonly number[], matrix: readonly number[]): { left: number; bottom: number; width: number; height: number } {
  const [a, b, c, d, e, f] = matrix as [number, number, number, number, number, number]
  const corners = [[0, 1], [2, 1], [0, 3], [2, 3]].map(([x, y]) => [bbox[x!]!, bbox[y!]!] as const)
  const xs = corners.map(([x, y]) => a * x + c * y + e)
  const ys = corners.map(([x, y]) => b * x + d * y + f)
  return { left: Math.min(...xs), bottom: Math.min(...ys), width: Math.max(...xs) - Math.min(...xs), height: Math.max(...ys) - Math.min(...ys) }
}
