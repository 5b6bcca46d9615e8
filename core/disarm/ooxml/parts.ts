/**
 * Which parts of a package are understood, by the relationship that leads to them, and under which name and type they
 * are written; and what the others are called in the report.
 *
 * Standards: ISO/IEC 29500-1 §11.3, §12.3, §13.3, §14.2, §15.2 (part summaries); MS-DOCX, MS-XLSX, MS-PPTX §2.1.
 */
import type { ObjectKind } from '../../objects.ts'

export type PackageFamily = 'word' | 'xl' | 'ppt'

export type PartKind = {
  /** Where it is written; `#` stands for a running number, and without one there is only one such part. */
  readonly path: string
  readonly contentType: string
  readonly roots: readonly string[]
}

const OOXML = 'application/vnd.openxmlformats-officedocument.'
const MS = 'application/vnd.ms-'

function kind(path: string, contentType: string, ...roots: string[]): PartKind {
  return { path, contentType: contentType.includes('/') ? contentType : `${OOXML}${contentType}+xml`, roots }
}

const DRAWING_PARTS = {
  theme: kind('theme/theme#.xml', 'theme', 'a:theme'),
  themeOverride: kind('theme/themeOverride#.xml', 'themeOverride', 'a:themeOverride'),
  chart: kind('charts/chart#.xml', 'drawingml.chart', 'c:chartSpace'),
  chartUserShapes: kind('drawings/userShapes#.xml', 'drawingml.chartshapes', 'c:userShapes'),
  diagramData: kind('diagrams/data#.xml', 'drawingml.diagramData', 'dgm:dataModel'),
  diagramLayout: kind('diagrams/layout#.xml', 'drawingml.diagramLayout', 'dgm:layoutDef'),
  diagramQuickStyle: kind('diagrams/quickStyle#.xml', 'drawingml.diagramStyle', 'dgm:styleDef'),
  diagramColors: kind('diagrams/colors#.xml', 'drawingml.diagramColors', 'dgm:colorsDef'),
  diagramDrawing: kind('diagrams/drawing#.xml', `${MS}office.drawingml.diagramDrawing+xml`, 'dsp:drawing'),
  vmlDrawing: kind('drawings/vmlDrawing#.vml', `${OOXML}vmlDrawing`, ':xml'),
} as const

const WORD = 'wordprocessingml.'
const SHEET = 'spreadsheetml.'
const SLIDE = 'presentationml.'

const PARTS: Readonly<Record<PackageFamily, Readonly<Record<string, PartKind>>>> = {
  word: {
    ...DRAWING_PARTS,
    styles: kind('styles.xml', `${WORD}styles`, 'w:styles'),
    settings: kind('settings.xml', `${WORD}settings`, 'w:settings'),
    fontTable: kind('fontTable.xml', `${WORD}fontTable`, 'w:fonts'),
    numbering: kind('numbering.xml', `${WORD}numbering`, 'w:numbering'),
    footnotes: kind('footnotes.xml', `${WORD}footnotes`, 'w:footnotes'),
    endnotes: kind('endnotes.xml', `${WORD}endnotes`, 'w:endnotes'),
    header: kind('header#.xml', `${WORD}header`, 'w:hdr'),
    footer: kind('footer#.xml', `${WORD}footer`, 'w:ftr'),
    comments: kind('comments.xml', `${WORD}comments`, 'w:comments'),
    commentsExtended: kind('commentsExtended.xml', `${WORD}commentsExtended`, 'w15:commentsEx'),
  },
  xl: {
    ...DRAWING_PARTS,
    worksheet: kind('worksheets/sheet#.xml', `${SHEET}worksheet`, 'x:worksheet'),
    chartsheet: kind('chartsheets/sheet#.xml', `${SHEET}chartsheet`, 'x:chartsheet'),
    sharedStrings: kind('sharedStrings.xml', `${SHEET}sharedStrings`, 'x:sst'),
    styles: kind('styles.xml', `${SHEET}styles`, 'x:styleSheet'),
    drawing: kind('drawings/drawing#.xml', 'drawing', 'xdr:wsDr'),
    table: kind('tables/table#.xml', `${SHEET}table`, 'x:table'),
    comments: kind('comments#.xml', `${SHEET}comments`, 'x:comments'),
    threadedComment: kind('threadedComments/threadedComment#.xml', `${MS}excel.threadedcomments+xml`, 'xltc:ThreadedComments'),
    person: kind('persons/person#.xml', `${MS}excel.person+xml`, 'xltc:personList'),
    pivotTable: kind('pivotTables/pivotTable#.xml', `${SHEET}pivotTable`, 'x:pivotTableDefinition'),
    pivotCacheDefinition: kind('pivotCache/pivotCacheDefinition#.xml', `${SHEET}pivotCacheDefinition`, 'x:pivotCacheDefinition'),
    pivotCacheRecords: kind('pivotCache/pivotCacheRecords#.xml', `${SHEET}pivotCacheRecords`, 'x:pivotCacheRecords'),
  },
  ppt: {
    ...DRAWING_PARTS,
    slide: kind('slides/slide#.xml', `${SLIDE}slide`, 'p:sld'),
    slideLayout: kind('slideLayouts/slideLayout#.xml', `${SLIDE}slideLayout`, 'p:sldLayout'),
    slideMaster: kind('slideMasters/slideMaster#.xml', `${SLIDE}slideMaster`, 'p:sldMaster'),
    notesSlide: kind('notesSlides/notesSlide#.xml', `${SLIDE}notesSlide`, 'p:notes'),
    notesMaster: kind('notesMasters/notesMaster#.xml', `${SLIDE}notesMaster`, 'p:notesMaster'),
    handoutMaster: kind('handoutMasters/handoutMaster#.xml', `${SLIDE}handoutMaster`, 'p:handoutMaster'),
    presProps: kind('presProps.xml', `${SLIDE}presProps`, 'p:presentationPr'),
    viewProps: kind('viewProps.xml', `${SLIDE}viewProps`, 'p:viewPr'),
    tableStyles: kind('tableStyles.xml', `${SLIDE}tableStyles`, 'a:tblStyleLst'),
    commentAuthors: kind('commentAuthors.xml', `${SLIDE}commentAuthors`, 'p:cmAuthorLst'),
    comments: kind('comments/comment#.xml', `${SLIDE}comments`, 'p:cmLst'),
  },
}

/** The part that a relationship leads to, or undefined for one that is not understood. */
export function partKind(family: PackageFamily, relationship: string): PartKind | undefined {
  const parts = PARTS[family]
  return Object.hasOwn(parts, relationship) ? parts[relationship] : undefined
}

/** Properties of the package, written only where metadata is kept. */
export const PROPERTY_PARTS: Readonly<Record<string, PartKind>> = {
  'core-properties': kind('docProps/core.xml', 'application/vnd.openxmlformats-package.core-properties+xml', 'cp:coreProperties'),
  'extended-properties': kind('docProps/app.xml', 'extended-properties', 'ep:Properties'),
  'custom-properties': kind('docProps/custom.xml', 'custom-properties', 'op:Properties'),
}

export type MainKind = PartKind & {
  readonly family: PackageFamily
  /** What the rebuilt file is. */
  readonly mediaType: string
  readonly extension: string
}

function main(family: PackageFamily, [flavour, extension, root]: readonly [string, string, string]): MainKind {
  const path = { word: 'document.xml', xl: 'workbook.xml', ppt: 'presentation.xml' }[family]
  const mainType = flavour === 'presentationml.presentation' || !flavour.endsWith('presentation') ? `${flavour}.main` : flavour
  return { ...kind(path, mainType, root), family, mediaType: `${OOXML}${flavour}`, extension }
}

/** Types of files as detect names them; the macro kinds become their plain kinds. */
const MAINS: readonly (readonly [plain: MainKind, macroType: string])[] = [
  [main('word', [`${WORD}document`, 'docx', 'w:document']), `${MS}word.document.macroenabled.12`],
  [main('word', [`${WORD}template`, 'dotx', 'w:document']), `${MS}word.template.macroenabled.12`],
  [main('xl', [`${SHEET}sheet`, 'xlsx', 'x:workbook']), `${MS}excel.sheet.macroenabled.12`],
  [main('xl', [`${SHEET}template`, 'xltx', 'x:workbook']), `${MS}excel.template.macroenabled.12`],
  [main('ppt', [`${SLIDE}presentation`, 'pptx', 'p:presentation']), `${MS}powerpoint.presentation.macroenabled.12`],
  [main('ppt', [`${SLIDE}template`, 'potx', 'p:presentation']), `${MS}powerpoint.template.macroenabled.12`],
  [main('ppt', [`${SLIDE}slideshow`, 'ppsx', 'p:presentation']), `${MS}powerpoint.slideshow.macroenabled.12`],
]

export function mainKind(detectedType: string): MainKind | undefined {
  return MAINS.find(([plain, macroType]) => detectedType === plain.mediaType || detectedType === macroType)?.[0]
}

/** What the report calls a part that is left behind, by its relationship; '' says nothing. */
const REMOVED: Readonly<Record<string, ObjectKind | ''>> = {
  vbaProject: 'macros', vbaProjectSignature: '', vbaProjectSignatureAgile: '', vbaProjectSignatureV3: '', wordVbaData: '',
  xlMacrosheet: 'macros', xlIntlMacrosheet: 'macros', dialogsheet: 'macros', attachedToolbars: 'macros',
  keyMapCustomizations: 'macros', customUI: 'macros', 'ui/extensibility': 'macros', userCustomization: 'macros',
  oleObject: 'oleObjects', package: 'embeddedFiles', aFChunk: 'embeddedFiles', subDocument: 'externalLinks',
  control: 'controls', activeXControl: 'controls', activeXControlBinary: '', ctrlProp: 'controls',
  attachedTemplate: 'externalLinks', externalLink: 'externalLinks', externalLinkPath: 'externalLinks', frame: 'externalLinks',
  transform: 'externalLinks', mailMergeSource: 'dataConnections', mailMergeHeaderSource: 'dataConnections',
  recipientData: 'dataConnections', connections: 'dataConnections', queryTable: 'dataConnections', customData: 'dataConnections',
  xmlMaps: 'dataConnections', webextension: 'scripts', webextensiontaskpanes: 'scripts', taskpanes: 'scripts',
  printerSettings: '', customXml: 'customData', customXmlProps: '', customProperty: 'customData', customXmlData: 'customData',
  tags: 'customData', glossaryDocument: 'customData', font: 'fonts', audio: 'media', video: 'media', media: 'media',
  image: 'pictures', thumbnail: '', calcChain: '', stylesWithEffects: '', webSettings: '', chartStyle: '', chartColorStyle: '',
  commentsIds: '', commentsExtensible: '', people: '', revisionInfo: '', changesInfo: '', sheetMetadata: '', hdphoto: '',
  revisionHeaders: 'revisions', revisionLog: '', usernames: '', comments: 'comments', threadedComment: '', person: '',
  commentsExtended: '', commentAuthors: '', hyperlink: 'hyperlinks', 'core-properties': 'metadata',
  'extended-properties': 'metadata', 'custom-properties': 'metadata', pivotCacheDefinition: 'dataConnections', pivotTable: '',
  'digital-signature/origin': 'signatures',
}

export function kindOfRemoved(relationship: string | undefined): ObjectKind | undefined {
  if (relationship === undefined || !Object.hasOwn(REMOVED, relationship)) return 'unknownParts'
  return REMOVED[relationship] || undefined
}
