/**
 * The grammar of fonts: their dictionaries, encodings, widths, maps to Unicode, and the programs inside.
 *
 * Standards: ISO 32000-1 §9.5 to §9.10.
 */
import { Buffer } from 'node:buffer'
import { checkedFont, type FontKind } from './font-program.ts'
import { dataStream, glyphProcedure, resources } from './graphics.ts'
import { type Dict, nameText, type Value } from './object.ts'
import type { ObjectShape, Rebuild } from './rebuild.ts'
import { anyName, anyNumber, anyString, dictionary, either, listOf, mapOf, names, numbers, object, type Shape, type Table } from './shapes.ts'

const MOST_MAP_BYTES = 8 << 20

/** Words that a map of character codes is made of (Adobe technical note 5014, 5411). */
const MAP_WORDS =
  /^(?:findresource|begin|end|dict|dup|def|pop|currentdict|defineresource|usecmap|usefont|beginrearrangedfont|endrearrangedfont|CIDInit|CMapName|begincmap|endcmap|(?:begin|end)(?:codespacerange|bfchar|bfrange|cidchar|cidrange|notdefchar|notdefrange)|true|false|null)$/

const characterMap: ObjectShape = dataStream(
  'character-map',
  { Type: names('CMap'), CMapName: anyName, CIDSystemInfo: object(() => characterCollection), WMode: anyNumber, UseCMap: either(anyName, object(() => characterMap)) },
  data => (data.length <= MOST_MAP_BYTES && isCharacterMap(data) ? data : undefined),
)

/** Strings, names, numbers and brackets between the words above: nothing that runs. */
function isCharacterMap(data: Uint8Array): boolean {
  const text = Buffer.from(data).toString('latin1')
  const rest = text.replace(/%[^\r\n]*/g, ' ').replace(/\((?:[^()\\]|\\[\s\S])*\)|<[0-9a-fA-F\s]*>|\/[^\s()<>[\]{}/%]*|<<|>>|[[\]]/g, ' ')
  return rest.split(/[\s\0]+/).every(word => word === '' || MAP_WORDS.test(word) || /^[+-]?\d*\.?\d+$/.test(word))
}

const characterCollection = dictionary('character-collection', { Registry: anyString, Ordering: anyString, Supplement: anyNumber })

function program(kind: FontKind): ObjectShape {
  const table: Table = { Length1: anyNumber, Length2: anyNumber, Length3: anyNumber, Subtype: names('Type1C', 'CIDFontType0C', 'OpenType') }
  return dataStream(`font-program-${kind}`, table, data => checkedFont(data, kind))
}
const programs = { FontFile: program('FontFile'), FontFile2: program('FontFile2'), FontFile3: program('FontFile3') }

/** Kept or not as the settings say; one that is no font program is left behind. */
function programLink(kind: FontKind): Shape {
  const link = object(() => programs[kind])
  return (value, job) => {
    const text = job.keeps('fonts') ? link(value, job) : undefined
    if (text === undefined) job.removed('fonts')
    return text
  }
}

const glyphSet: ObjectShape = dataStream('glyph-set', {}, data => data)
const descriptor = dictionary(
  'font-descriptor',
  {
    FontName: anyName, FontFamily: anyString, FontStretch: anyName, FontWeight: anyNumber, Flags: anyNumber, FontBBox: numbers, ItalicAngle: anyNumber,
    Ascent: anyNumber, Descent: anyNumber, Leading: anyNumber, CapHeight: anyNumber, XHeight: anyNumber, StemV: anyNumber, StemH: anyNumber,
    AvgWidth: anyNumber, MaxWidth: anyNumber, MissingWidth: anyNumber, CharSet: anyString, Lang: anyName, CIDSet: object(() => glyphSet),
    Style: object(() => dictionary('font-style', { Panose: anyString })),
    FontFile: programLink('FontFile'), FontFile2: programLink('FontFile2'), FontFile3: programLink('FontFile3'),
  },
  { fixed: '/Type/FontDescriptor' },
)

const encoding: Shape = either(
  anyName,
  object(() => dictionary('encoding', { BaseEncoding: anyName, Differences: listOf(either(anyNumber, anyName)) }, { fixed: '/Type/Encoding' })),
)
const toUnicode: Shape = either(object(() => characterMap), anyName)
/** [ c [w1 w2] first last w …] */
const cidWidths: Shape = listOf(either(anyNumber, numbers))

const SIMPLE: Table = {
  Subtype: anyName, Name: anyName, BaseFont: anyName, FirstChar: anyNumber, LastChar: anyNumber, Widths: numbers, FontDescriptor: object(() => descriptor),
  Encoding: encoding, ToUnicode: toUnicode,
}
function kinds(...allowed: readonly string[]): (dict: Dict, job: Rebuild) => boolean {
  return (dict, job) => allowed.includes(nameText(job.source.get(dict, 'Subtype')))
}
const simpleFont = dictionary('simple-font', SIMPLE, { fixed: '/Type/Font', when: kinds('Type1', 'MMType1', 'TrueType') })
const drawnFont = dictionary(
  'drawn-font',
  { ...SIMPLE, FontBBox: numbers, FontMatrix: numbers, CharProcs: mapOf(object(() => glyphProcedure)), Resources: (value: Value, job: Rebuild) => resources(value, job) },
  { fixed: '/Type/Font', when: kinds('Type3') },
)
const cidFont = dictionary(
  'cid-font',
  {
    Subtype: anyName, BaseFont: anyName, CIDSystemInfo: object(() => characterCollection), FontDescriptor: object(() => descriptor), DW: anyNumber, W: cidWidths,
    DW2: numbers, W2: cidWidths, CIDToGIDMap: either(names('Identity'), object(() => glyphMap)),
  },
  { fixed: '/Type/Font', when: kinds('CIDFontType0', 'CIDFontType2') },
)
const glyphMap: ObjectShape = dataStream('glyph-map', {}, data => (data.length <= 131_072 ? data : undefined))
const compositeFont = dictionary(
  'composite-font',
  { Subtype: anyName, BaseFont: anyName, Encoding: either(anyName, object(() => characterMap)), DescendantFonts: listOf(object(() => cidFont)), ToUnicode: toUnicode },
  { fixed: '/Type/Font', when: kinds('Type0') },
)

export const fontShapes: readonly (() => ObjectShape)[] = [() => simpleFont, () => compositeFont, () => drawnFont]
