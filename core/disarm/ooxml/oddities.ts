/**
 * What is said of markup that is left behind, and which elements have text of their own.
 *
 * Most of what Office writes and nobody sees (identifiers of a session, hints for the next save) is left behind without
 * a word: a notice that names it for every file would not be read when it matters.
 */
import type { ObjectKind } from '../../objects.ts'

/** Extensions of Microsoft that carry identifiers and settings of the program only. */
const SILENT =
  /^http:\/\/schemas\.microsoft\.com\/office\/(?:spreadsheetml\/20(?:14|15|16|17|18|19|2\d)\/|spreadsheetml\/2010\/11\/ac|drawing\/20(?:1[3-9]|2\d)\/|word\/20(?:1[5-9]|2\d)\/|powerpoint\/20(?:1[3-9]|2\d)\/|thememl\/|mac\/|office\/20(?:1[3-9]|2\d)\/|word\/2010\/wordprocessingInk|word\/2006\/wordml|excel\/20\d\d\/)/

export function isSilent(namespace: string): boolean {
  return SILENT.test(namespace) || namespace === 'urn:schemas-microsoft-com:mac:vml' || namespace.startsWith('http://schemas.libreoffice.org/') || namespace === 'http://schemas.microsoft.com/ink/2010/main'
}

/** Left behind without a word: the relationship is counted instead, or there is nothing to miss. */
const UNCOUNTED = new Set(
  `w:proofErr w:rsids w:rsid w:rsidRoot w:fldData w:webPublishing w:embedRegular w:embedBold w:embedItalic w:embedBoldItalic
  w:smartTagPr w:customXmlPr w:sdtPrChange w:attachedTemplate w:altChunk w:subDoc w:printerSettings w:linkStyles w:themeFontLang
  w:schemaLibrary w:uiCompat97To2003 w:saveXmlDataOnly w:useXSLTWhenSaving w:saveThroughXslt w:hdrShapeDefaults w:docId
  x:oleObjects x:controls x:externalReferences x:customProperties x:smartTags x:webPublishItems x:dataConsolidate x:functionGroups
  x:fileRecoveryPr x:tableParts x:colHierarchiesUsage x:rowHierarchiesUsage
  p:controls p:custDataLst p:tags p:embeddedFontLst p:smartTags p:htmlPubPr p:webPr p:snd p:sndAc p:audio p:video p:modifyVerifier
  a:snd a:audioFile a:videoFile a:wavAudioFile a:audioCd a:quickTimeFile a:hlinkClick a:hlinkHover a:hlinkMouseOver
  x14:controlPr x14:slicerCaches x14:slicerList x14:slicerStyles x15:timelineStyles p14:showEvtLst w14:contentPart p14:media p14:creationId p14:modId p14:nvContentPartPr
  o:signatureline w15:docId w15:presenceInfo c16r2:dataDisplayOptions16 x15:workbookPr x15:timelineRefs
  a14:imgProps p14:laserClr p14:discardImageEditData p14:defaultImageDpi p14:browseMode p14:prstTrans p15:chartTrackingRefBased
  p15:presenceInfo p15:notesGuideLst p15:prstTrans x15:absPath xr:revisionPtr`.split(/\s+/),
)

/** What the report calls other elements and attributes (`@`) that are left behind. */
const KINDS: Readonly<Record<string, ObjectKind>> = {
  'w:control': 'controls', 'w:mailMerge': 'dataConnections', 'w:docVars': 'customData', 'w:movie': 'media',
  'w:dataBinding': 'customData', 'w:entryMacro': 'macros', 'w:exitMacro': 'macros', 'p:cmd': 'actions',
  'xdr:@macro': 'macros', 'cdr:@macro': 'macros', 'p:oleObj': 'oleObjects', 'x:connection': 'dataConnections',
  'x:oleLink': 'oleObjects', 'x:ddeLink': 'externalLinks', 'xvml:FmlaMacro': 'macros', 'o:@gfxdata': 'customData',
}

/** `local` of an attribute begins with `@`. Undefined for what is not worth a word. */
export function kindOfUnknown(short: string | undefined, local: string): ObjectKind | undefined {
  const name = `${short ?? ''}:${local}`
  if (Object.hasOwn(KINDS, name)) return KINDS[name]
  return local.startsWith('@') || UNCOUNTED.has(name) ? undefined : 'unknownParts'
}

const ALL_TEXT = new Set(['cp', 'dc', 'dcterms', 'ep', 'vt', 'op', 'xvml', 'xm', 'wp14', 'cdr', ''])
const TEXT: Readonly<Record<string, ReadonlySet<string>>> = {
  w: new Set(['t', 'delText', 'instrText', 'delInstrText']),
  a: new Set(['t', 'tableStyleId']),
  m: new Set(['t']),
  x: new Set(
    `v t f formula formula1 formula2 definedName author oddHeader oddFooter evenHeader evenFooter firstHeader firstFooter
    calculatedColumnFormula totalsRowFormula`.split(/\s+/),
  ),
  c: new Set('v f formatCode separator name oddHeader oddFooter evenHeader evenFooter firstHeader firstFooter'.split(' ')),
  c15: new Set(['f', 'txfldGUID', 'sqref', 'fullRef', 'levelRef', 'formulaRef', 'dlblFieldTable']),
  xdr: new Set(['col', 'colOff', 'row', 'rowOff']),
  wp: new Set(['posOffset', 'align']),
  p: new Set(['text', 'attrName']),
  x14: new Set(['id']),
  xltc: new Set(['text']),
}

export function takesText(short: string, local: string): boolean {
  return ALL_TEXT.has(short) || (TEXT[short]?.has(local) ?? false)
}
