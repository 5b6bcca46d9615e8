/**
 * What is understood of a part's markup, by namespace: the allow-list that everything passes.
 *
 *   element, attribute ──▶ [isKnownElement, isKnownAttribute] ──▶ markup.ts
 *
 * A name that is in none of these lists is left behind, an element with all that is inside.
 */
import type { Short } from './namespaces.ts'
import { DRAWING_WORDS } from './vocabulary-drawing.ts'
import { SHEET_WORDS } from './vocabulary-sheet.ts'
import { SLIDE_WORDS } from './vocabulary-slide.ts'
import { WORD_WORDS } from './vocabulary-word.ts'

/** Per namespace: lists of elements, and of the attributes that its elements have. Words parted by blanks. */
export type Words = { readonly [K in Short | '']?: readonly [elements: readonly string[], attributes: string] }

type Vocabulary = { readonly elements: ReadonlySet<string>; readonly attributes: ReadonlySet<string> }

const PROPERTY_WORDS: Words = {
  cp: [['coreProperties category contentStatus contentType keywords lastModifiedBy lastPrinted revision version'], ''],
  dc: [['title subject creator description identifier language'], ''],
  dcterms: [['created modified'], ''],
  xsi: [[''], 'type'],
  ep: [
    [
      `Properties Template Manager Company Pages Words Characters PresentationFormat Lines Paragraphs Slides Notes
       TotalTime HiddenSlides MMClips ScaleCrop HeadingPairs TitlesOfParts CharactersWithSpaces SharedDoc
       Application DocSecurity AppVersion`,
    ],
    '',
  ],
  op: [['Properties property'], 'fmtid pid name'],
  vt: [
    [
      'variant vector i1 i2 i4 i8 int ui1 ui2 ui4 ui8 uint r4 r8 decimal lpstr lpwstr bstr date filetime bool cy empty null',
    ],
    'baseType size',
  ],
  mc: [['AlternateContent Choice Fallback'], 'Requires'],
}

const VOCABULARIES: ReadonlyMap<string, Vocabulary> = new Map(
  [WORD_WORDS, DRAWING_WORDS, SHEET_WORDS, SLIDE_WORDS, PROPERTY_WORDS].flatMap(words =>
    Object.entries(words).map(([short, [elements, attributes]]) => [
      short,
      { elements: setOf(elements.join(' ')), attributes: setOf(attributes) },
    ]),
  ),
)

function setOf(words: string): ReadonlySet<string> {
  return new Set(words.split(/\s+/).filter(word => word !== ''))
}

export function isKnownElement(short: string, local: string): boolean {
  return VOCABULARIES.get(short)?.elements.has(local) ?? false
}

/** `short` is the attribute's own namespace, or its element's where it has none. */
export function isKnownAttribute(short: string, local: string): boolean {
  const isOwn = VOCABULARIES.get(short)?.attributes.has(local) ?? false
  return isOwn || (DRAWN.has(short) && (VOCABULARIES.get('a')?.attributes.has(local) ?? false))
}

/** Namespaces that lend their names to DrawingML's own types: shape properties, text bodies, transforms. */
const DRAWN = new Set(['wps', 'wpg', 'wpc', 'wp', 'pic', 'xdr', 'cdr', 'dsp', 'p', 'lc'])

/** Whether there is anything in a namespace that is understood: a choice that needs it can be taken. */
export function isKnownVocabulary(short: string): boolean {
  return VOCABULARIES.has(short)
}
