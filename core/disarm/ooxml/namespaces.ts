/**
 * The namespaces that are understood, each under a short name of ours: both spellings of ISO/IEC 29500 (Transitional
 * and Strict) and the extensions of Microsoft that carry visible content.
 *
 * Standards: ECMA-376 / ISO/IEC 29500 parts 1 and 4 (annex A lists the Strict names), MS-DOCX §2.2, MS-XLSX §2.2,
 * MS-PPTX §2.2, MS-ODRAWXML §2.1.
 */
const ECMA = 'http://schemas.openxmlformats.org/'
const STRICT = 'http://purl.oclc.org/ooxml/'
const MS = 'http://schemas.microsoft.com/office/'
const URN = 'urn:schemas-microsoft-com:'

/** Short name: Transitional (or only) spelling, and where there is one, the Strict spelling. */
const SPELLINGS = {
  w: [`${ECMA}wordprocessingml/2006/main`, `${STRICT}wordprocessingml/main`],
  x: [`${ECMA}spreadsheetml/2006/main`, `${STRICT}spreadsheetml/main`],
  p: [`${ECMA}presentationml/2006/main`, `${STRICT}presentationml/main`],
  a: [`${ECMA}drawingml/2006/main`, `${STRICT}drawingml/main`],
  wp: [`${ECMA}drawingml/2006/wordprocessingDrawing`, `${STRICT}drawingml/wordprocessingDrawing`],
  pic: [`${ECMA}drawingml/2006/picture`, `${STRICT}drawingml/picture`],
  xdr: [`${ECMA}drawingml/2006/spreadsheetDrawing`, `${STRICT}drawingml/spreadsheetDrawing`],
  c: [`${ECMA}drawingml/2006/chart`, `${STRICT}drawingml/chart`],
  cdr: [`${ECMA}drawingml/2006/chartDrawing`, `${STRICT}drawingml/chartDrawing`],
  dgm: [`${ECMA}drawingml/2006/diagram`, `${STRICT}drawingml/diagram`],
  lc: [`${ECMA}drawingml/2006/lockedCanvas`, `${STRICT}drawingml/lockedCanvas`],
  m: [`${ECMA}officeDocument/2006/math`, `${STRICT}officeDocument/math`],
  r: [`${ECMA}officeDocument/2006/relationships`, `${STRICT}officeDocument/relationships`],
  vt: [`${ECMA}officeDocument/2006/docPropsVTypes`, `${STRICT}officeDocument/docPropsVTypes`],
  ep: [`${ECMA}officeDocument/2006/extended-properties`, `${STRICT}officeDocument/extendedProperties`],
  op: [`${ECMA}officeDocument/2006/custom-properties`, `${STRICT}officeDocument/customProperties`],
  cp: [`${ECMA}package/2006/metadata/core-properties`],
  dc: ['http://purl.org/dc/elements/1.1/'],
  dcterms: ['http://purl.org/dc/terms/'],
  xsi: ['http://www.w3.org/2001/XMLSchema-instance'],
  mc: [`${ECMA}markup-compatibility/2006`],
  v: [`${URN}vml`],
  o: [`${URN}office:office`],
  w10: [`${URN}office:word`],
  xvml: [`${URN}office:excel`],
  w14: [`${MS}word/2010/wordml`],
  w15: [`${MS}word/2012/wordml`],
  wp14: [`${MS}word/2010/wordprocessingDrawing`],
  wps: [`${MS}word/2010/wordprocessingShape`],
  wpg: [`${MS}word/2010/wordprocessingGroup`],
  wpc: [`${MS}word/2010/wordprocessingCanvas`],
  a14: [`${MS}drawing/2010/main`],
  dsp: [`${MS}drawing/2008/diagram`],
  c14: [`${MS}drawing/2007/8/2/chart`],
  c15: [`${MS}drawing/2012/chart`],
  c16: [`${MS}drawing/2014/chart`],
  c16r2: [`${MS}drawing/2015/06/chart`],
  x14: [`${MS}spreadsheetml/2009/9/main`],
  x14ac: [`${MS}spreadsheetml/2009/9/ac`],
  x15: [`${MS}spreadsheetml/2010/11/main`],
  xm: [`${MS}excel/2006/main`],
  xltc: [`${MS}spreadsheetml/2018/threadedcomments`],
  p14: [`${MS}powerpoint/2010/main`],
  p15: [`${MS}powerpoint/2012/main`],
} as const

export type Short = keyof typeof SPELLINGS

const SHORT_OF: ReadonlyMap<string, Short> = new Map(
  Object.entries(SPELLINGS).flatMap(([short, spellings]) => spellings.map(spelling => [spelling, short as Short] as const)),
)

/** '' for no namespace, undefined for one that is not understood. */
export function shortOf(namespace: string): Short | '' | undefined {
  return namespace === '' ? '' : SHORT_OF.get(namespace)
}

/** SpreadsheetML stands without a prefix: some readers of sheets know no other way. */
export function prefixOf(namespace: string): string | undefined {
  const short = SHORT_OF.get(namespace)
  if (short === 'x' || short === 'ep' || short === 'op' || short === 'xltc') return ''
  return short
}

/** Where the attributes of an element stand in its own namespace, not in none. */
export function hasQualifiedAttributes(short: string): boolean {
  return short === 'w' || short === 'm' || short === 'w14' || short === 'w15'
}

/** Namespaces whose elements and attributes may stand anywhere: a reader that does not know them may pass them over. */
const IGNORABLE = new Set<string>(['w14', 'w15', 'wp14', 'x14ac', 'a14', 'p14', 'p15', 'c14', 'c15', 'c16', 'c16r2'])

export const MC_NAMESPACE: string = SPELLINGS.mc[0]

/** The mc:Ignorable that a part needs, from the namespaces that were written in it; '' for none. */
export function ignorable(prefixes: ReadonlyMap<string, string>): string {
  const needed = [...prefixes.values()].filter(prefix => IGNORABLE.has(prefix))
  if (needed.length === 0) return ''
  const declaration = prefixes.has(MC_NAMESPACE) ? '' : ` xmlns:mc="${MC_NAMESPACE}"`
  return `${declaration} mc:Ignorable="${needed.join(' ')}"`
}

const RELATIONSHIPS =
  /^http:\/\/(?:schemas\.openxmlformats\.org\/(?:office[Dd]ocument\/2006\/relationships(?:\/metadata)?|package\/2006\/relationships\/metadata|package\/2006\/relationships)|purl\.oclc\.org\/ooxml\/officeDocument\/relationships(?:\/metadata)?|schemas\.microsoft\.com\/office\/20\d\d\/(?:\d\d\/)?relationships)\/([A-Za-z/-]{1,60})$/
/** Strict spells two of them in another way. */
const STRICT_NAMES: Readonly<Record<string, string>> = {
  extendedProperties: 'extended-properties',
  customProperties: 'custom-properties',
}

/** What a relationship is, of either spelling; undefined for a foreign type. */
export function relationshipKind(type: string): string | undefined {
  const kind = RELATIONSHIPS.exec(type)?.[1]
  return kind === undefined ? undefined : (STRICT_NAMES[kind] ?? kind)
}
