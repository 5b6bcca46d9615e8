/**
 * The grammar of what is drawn: resources, colours, patterns, shadings, functions, graphics states, forms, layers.
 *
 * Every key that crosses stands in a table here. Streams of instructions are written anew (content.ts), pictures and
 * fonts have files of their own. Nothing here can name a file, an address or an action.
 * Standards: ISO 32000-1 §7.8.3, §7.10, §8, §11.
 */
import { Buffer } from 'node:buffer'
import { rebuildContent } from './content.ts'
import { deflate } from './filters.ts'
import { fontShapes } from './font.ts'
import { pictureShape } from './picture.ts'
import { type Dict, dictOf, isDict, nameText, Ref, Stream, type Value } from './object.ts'
import type { ObjectShape, Rebuild } from './rebuild.ts'
import {
  anyBoolean,
  anyName,
  anyNumber,
  anyString,
  box,
  dictionary,
  either,
  entriesText,
  kindName,
  listOf,
  mapOf,
  names,
  numbers,
  object,
  plainDict,
  type Shape,
  type Table,
  tuple,
} from './shapes.ts'

function named(key: string, ...allowed: readonly string[]): (dict: Dict, job: Rebuild) => boolean {
  return (dict, job) => allowed.includes(nameText(job.source.get(dict, key)))
}

function numbered(key: string, ...allowed: readonly number[]): (dict: Dict, job: Rebuild) => boolean {
  return (dict, job) => allowed.includes(job.source.get(dict, key) as number)
}

/** A stream of octets that only a program part of their own kind reads: unpacked, checked by `check`, packed again. */
export function dataStream(name: string, table: Table, check: (data: Uint8Array, dict: Dict, job: Rebuild) => Uint8Array | undefined): ObjectShape {
  const read = (value: Value, job: Rebuild) => {
    const unpacked = value instanceof Stream ? job.unpack(value) : undefined
    return unpacked && !unpacked.picture ? check(unpacked.data, (value as Stream).dict, job) : undefined
  }
  return {
    name,
    fits: (value, job) => read(value, job) !== undefined,
    write: (value, job) => {
      const text = entriesText((value as Stream).dict, { job, table, options: { fixed: '/Filter/FlateDecode' } })
      return { text, data: deflate(read(value, job)!) }
    },
  }
}

/** A stream of drawing instructions. */
function contentStream(name: string, table: Table, options: { readonly fixed: string; readonly when: (dict: Dict, job: Rebuild) => boolean }): ObjectShape {
  return {
    name,
    fits: (value, job) => value instanceof Stream && options.when(value.dict, job),
    write: (value, job) => {
      const { dict } = value as Stream
      const text = entriesText(dict, { job, table, options: { fixed: `${options.fixed}/Filter/FlateDecode` } })
      return { text, data: deflate(instructions(value as Stream, job)) }
    },
  }
}

function instructions(stream: Stream, job: Rebuild): Uint8Array {
  const unpacked = job.unpack(stream)
  const content = rebuildContent(unpacked && !unpacked.picture ? unpacked.data : Buffer.alloc(0), job.source, job.mostStreamBytes)
  if (content.unknown > 0 || !unpacked) job.removed('unknownParts')
  return content.data
}

/** One stream for a page, whatever number of pieces it came in. */
export function pageContent(value: Value, job: Rebuild): Uint8Array {
  const found = job.source.resolve(value)
  const pieces = (Array.isArray(found) ? found : [found]).flatMap(piece => {
    const stream = job.source.resolve(piece)
    const unpacked = stream instanceof Stream ? job.unpack(stream) : undefined
    if (stream instanceof Stream && (!unpacked || unpacked.picture)) job.removed('unknownParts')
    return unpacked && !unpacked.picture ? [unpacked.data, Buffer.from('\n')] : []
  })
  const content = rebuildContent(Buffer.concat(pieces), job.source, job.mostStreamBytes)
  if (content.unknown > 0) job.removed('unknownParts')
  return content.data
}

// Functions (§7.10)

const functionObject: Shape = object(() => sampledFunction, () => exponentialFunction, () => stitchingFunction, () => calculatorFunction)
const FUNCTION: Table = { FunctionType: anyNumber, Domain: numbers, Range: numbers }

const sampledFunction: ObjectShape = dataStream(
  'sampled-function',
  { ...FUNCTION, Size: numbers, BitsPerSample: anyNumber, Order: anyNumber, Encode: numbers, Decode: numbers },
  (data, dict, job) => (job.source.get(dict, 'FunctionType') === 0 ? data : undefined),
)
const exponentialFunction = dictionary('exponential-function', { ...FUNCTION, C0: numbers, C1: numbers, N: anyNumber }, { when: numbered('FunctionType', 2) })
const stitchingFunction = dictionary(
  'stitching-function',
  { ...FUNCTION, Functions: listOf(functionObject), Bounds: numbers, Encode: numbers },
  { when: numbered('FunctionType', 3) },
)
/** Arithmetic only (§7.10.5); a program with any other word is left behind. */
const CALCULATOR = new Set(
  ('abs add atan ceiling cos cvi cvr div exp floor idiv ln log mod mul neg round sin sqrt sub truncate and bitshift eq false ge gt le lt ne not or true xor ' +
    'if ifelse copy dup exch index pop roll { }').split(' '),
)
const calculatorFunction: ObjectShape = dataStream('calculator-function', FUNCTION, (data, dict, job) => {
  if (job.source.get(dict, 'FunctionType') !== 4 || data.length > 1 << 20) return undefined
  const words = Buffer.from(data).toString('latin1').replace(/%[^\r\n]*/g, ' ').match(/[{}]|[^\s{}\0]+/g) ?? []
  const known = words.every(word => CALCULATOR.has(word) || /^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(word))
  return known ? Buffer.from(words.join(' '), 'latin1') : undefined
})
const functions: Shape = either(functionObject, listOf(functionObject))

// Colours (§8.6)

const iccProfile: ObjectShape = dataStream('icc-profile', { N: anyNumber, Range: numbers, Alternate: names('DeviceGray', 'DeviceRGB', 'DeviceCMYK') }, data => {
  const isProfile = data.length >= 132 && Buffer.from(data).toString('latin1', 36, 40) === 'acsp'
  return isProfile ? data : undefined
})
export const outputProfile: Shape = object(() => iccProfile)

const deviceSpace = names('DeviceGray', 'DeviceRGB', 'DeviceCMYK', 'Pattern', 'G', 'RGB', 'CMYK')
/** A profile that cannot be read is replaced by the device colours of as many components, as readers do. */
const iccSpace: Shape = (value, job) => {
  const found = job.source.resolve(value)
  if (!Array.isArray(found) || nameText(job.source.resolve(found[0])) !== 'ICCBased') return undefined
  const profile = outputProfile(found[1] ?? null, job)
  if (profile !== undefined) return `[/ICCBased ${profile}]`
  const components = job.source.get(dictOf(job.source.resolve(found[1])), 'N')
  return components === 1 ? '/DeviceGray' : components === 3 ? '/DeviceRGB' : components === 4 ? '/DeviceCMYK' : undefined
}
const CALIBRATED: Table = { WhitePoint: numbers, BlackPoint: numbers, Gamma: either(anyNumber, numbers), Matrix: numbers, Range: numbers }
const calibrated = dictionary('calibrated-space', CALIBRATED)
const basicSpace: Shape = either(
  deviceSpace,
  iccSpace,
  tuple(names('CalGray', 'CalRGB', 'Lab'), object(() => calibrated)),
  tuple(names('DeviceGray', 'DeviceRGB', 'DeviceCMYK')),
)
const inkNames: Shape = listOf(anyName)
const inkAttributes = dictionary('ink-attributes', {
  Subtype: names('DeviceN', 'NChannel'),
  Colorants: (value, job) => mapOf(inkSpace)(value, job),
  Process: object(() => inkProcess),
  MixingHints: plainDict,
})
const inkProcess = dictionary('ink-process', { ColorSpace: basicSpace, Components: inkNames })
const inkSpace: Shape = either(
  (value, job) => tuple(names('Separation'), anyName, basicSpace, functionObject)(value, job),
  (value, job) => tuple(names('DeviceN'), inkNames, basicSpace, functionObject, object(() => inkAttributes))(value, job),
  (value, job) => tuple(names('DeviceN'), inkNames, basicSpace, functionObject)(value, job),
)
const palette: Shape = either(anyString, object(() => paletteStream))
const paletteStream = dataStream('palette', {}, data => data.subarray(0, 4096))
const indexedSpace: Shape = tuple(names('Indexed', 'I'), either(basicSpace, inkSpace), anyNumber, palette)
const patternSpace: Shape = either(tuple(names('Pattern'), either(basicSpace, inkSpace)), tuple(names('Pattern')))
export const colorSpace: Shape = either(basicSpace, indexedSpace, inkSpace, patternSpace)

// Shadings and patterns (§8.7)

const SHADING: Table = { ShadingType: anyNumber, ColorSpace: colorSpace, Background: numbers, BBox: box, AntiAlias: anyBoolean, Function: functions }
const smoothShading = dictionary(
  'shading',
  { ...SHADING, Domain: numbers, Matrix: numbers, Coords: numbers, Extend: listOf(anyBoolean) },
  { when: numbered('ShadingType', 1, 2, 3) },
)
const meshShading = dataStream(
  'mesh-shading',
  { ...SHADING, BitsPerCoordinate: anyNumber, BitsPerComponent: anyNumber, BitsPerFlag: anyNumber, Decode: numbers, VerticesPerRow: anyNumber },
  (data, dict, job) => ([4, 5, 6, 7].includes(job.source.get(dict, 'ShadingType') as number) ? data : undefined),
)
const shading: Shape = object(() => smoothShading, () => meshShading)

const shadingPattern = dictionary(
  'shading-pattern',
  { PatternType: anyNumber, Shading: shading, Matrix: numbers, ExtGState: object(() => graphicsState) },
  { fixed: '/Type/Pattern', when: numbered('PatternType', 2) },
)
const tilingPattern: ObjectShape = contentStream(
  'tiling-pattern',
  {
    PatternType: anyNumber, PaintType: anyNumber, TilingType: anyNumber, BBox: box, XStep: anyNumber, YStep: anyNumber, Matrix: numbers,
    Resources: (value, job) => resources(value, job),
  },
  { fixed: '/Type/Pattern', when: numbered('PatternType', 1) },
)

// Graphics states (§8.4.5, §11.6.5)

const softMask = dictionary('soft-mask', {
  S: names('Alpha', 'Luminosity'),
  G: object(() => formObject),
  BC: numbers,
  TR: either(names('Identity'), functionObject),
})
const transfer: Shape = either(names('Identity', 'Default'), functionObject, listOf(either(names('Identity'), functionObject)))
const graphicsState = dictionary(
  'graphics-state',
  {
    LW: anyNumber, LC: anyNumber, LJ: anyNumber, ML: anyNumber, D: tuple(numbers, anyNumber), RI: anyName, OP: anyBoolean, op: anyBoolean, OPM: anyNumber,
    Font: (value, job) => tuple(object(...fontShapes), anyNumber)(value, job),
    BG: functionObject, BG2: either(names('Default'), functionObject), UCR: functionObject, UCR2: either(names('Default'), functionObject),
    TR: transfer, TR2: transfer, FL: anyNumber, SM: anyNumber, SA: anyBoolean, BM: either(anyName, listOf(anyName)),
    SMask: either(names('None'), object(() => softMask)), CA: anyNumber, ca: anyNumber, AIS: anyBoolean, TK: anyBoolean,
  },
  { fixed: '/Type/ExtGState' },
)

// Layers (§8.11) and marked content (§14.6)

const LANGUAGE: Table = { Lang: anyString, Preferred: anyName }
const layerUsage = dictionary('layer-usage', {
  View: object(() => dictionary('layer-view', { ViewState: names('ON', 'OFF') })),
  Print: object(() => dictionary('layer-print', { Subtype: anyName, PrintState: names('ON', 'OFF') })),
  Export: object(() => dictionary('layer-export', { ExportState: names('ON', 'OFF') })),
  Zoom: object(() => dictionary('layer-zoom', { min: anyNumber, max: anyNumber })),
  Language: object(() => dictionary('layer-language', LANGUAGE)),
})
const layerGroup = dictionary(
  'layer',
  { Name: anyString, Intent: either(anyName, listOf(anyName)), Usage: object(() => layerUsage) },
  { fixed: '/Type/OCG', when: named('Type', 'OCG') },
)
/** A layer stays the same object wherever it is named. */
export const layer: Shape = (value, job) => (value instanceof Ref ? job.link(value, layerGroup) : undefined)

function layerExpression(value: Value, job: Rebuild, depth = 16): string | undefined {
  const found = job.source.resolve(value)
  if (!Array.isArray(found) || depth === 0) return layer(value, job)
  const operator = names('And', 'Or', 'Not')(found[0] ?? null, job)
  return operator && `[${[operator, ...found.slice(1).flatMap(each => layerExpression(each, job, depth - 1) ?? [])].join(' ')}]`
}
const layerMembership = dictionary(
  'layer-membership',
  { OCGs: either(layer, listOf(layer)), P: names('AllOn', 'AnyOn', 'AnyOff', 'AllOff'), VE: layerExpression },
  { fixed: '/Type/OCMD', when: named('Type', 'OCMD') },
)
export const optionalContent: Shape = either(layer, object(() => layerMembership))
const markedContent = dictionary('marked-content', { MCID: anyNumber, Lang: anyString, Alt: anyString, ActualText: anyString, E: anyString, Type: kindName, O: anyName })
const properties: Shape = either(optionalContent, object(() => markedContent))

// Forms and resources (§8.10, §7.8.3)

const transparencyGroup = dictionary('transparency-group', { Type: names('Group'), S: names('Transparency'), CS: colorSpace, I: anyBoolean, K: anyBoolean })
export const pageGroup: Shape = object(() => transparencyGroup)

export const formObject: ObjectShape = contentStream(
  'form',
  {
    BBox: box, Matrix: numbers, Group: pageGroup, StructParent: anyNumber, StructParents: anyNumber, OC: optionalContent, Name: anyName,
    Resources: (value, job) => resources(value, job),
  },
  { fixed: '/Type/XObject/Subtype/Form', when: named('Subtype', 'Form', '') },
)
export const formLink: Shape = object(() => formObject)

const RESOURCES: Table = {
  ProcSet: listOf(names('PDF', 'Text', 'ImageB', 'ImageC', 'ImageI')),
  Font: mapOf((value, job) => object(...fontShapes)(value, job)),
  XObject: mapOf(object(() => pictureShape, () => formWithSubtype)),
  ExtGState: mapOf(object(() => graphicsState)),
  ColorSpace: mapOf(colorSpace),
  Pattern: mapOf(object(() => tilingPattern, () => shadingPattern)),
  Shading: mapOf(shading),
  Properties: mapOf(properties),
}
const resourceDict = dictionary('resources', RESOURCES)
/** Among XObjects a form must say that it is one. */
const formWithSubtype: ObjectShape = { ...formObject, fits: (value, job) => value instanceof Stream && named('Subtype', 'Form')(value.dict, job) }
export const resources: Shape = object(() => resourceDict)

/** Resources as an object of their own even where they were written into their page: pages below share them. */
export function sharedResources(value: Value | undefined, job: Rebuild): string | undefined {
  if (value instanceof Ref) return job.link(value, resourceDict)
  return isDict(value) ? job.add(value, resourceDict) : undefined
}

/** Resources with more forms in them, under the names given. */
export function resourcesWith(forms: ReadonlyMap<string, Value>): ObjectShape {
  return {
    name: 'resources-with',
    fits: () => true,
    write: (value, job) => {
      const dict: Dict = new Map(dictOf(value) ?? [])
      const own = dictOf(job.source.get(dict, 'XObject')) ?? new Map()
      return resourceDict.write(dict.set('XObject', new Map([...own, ...forms])), job)
    },
  }
}

/** Names that the resources of a page do not use yet. */
export function freeNames(value: Value, count: number, job: Rebuild): string[] {
  const own = dictOf(job.source.get(dictOf(job.source.resolve(value)), 'XObject'))
  const names: string[] = []
  for (let index = 0; names.length < count; index++) if (!own?.has(`Drawn${index}`)) names.push(`Drawn${index}`)
  return names
}

export const glyphProcedure: ObjectShape = contentStream('glyph', {}, { fixed: '', when: () => true })
