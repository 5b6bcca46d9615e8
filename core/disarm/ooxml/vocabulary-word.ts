/**
 * What is understood of WordprocessingML: elements and attributes by name.
 *
 * Not here, so left behind wherever it stands: altChunk, subDoc, control, movie, attachedTemplate, mailMerge, docVars,
 * customXml and its properties, dataBinding, entryMacro, exitMacro, framesets, embedded fonts, schema libraries.
 * Standards: ISO/IEC 29500-1 §17, part 4 §14 (Transitional); MS-DOCX §2.2, §2.5.
 */
import type { Words } from './vocabulary.ts'

const BODY = `
  document body background p pPr r rPr t tab br cr ptab sym noBreakHyphen softHyphen hyperlink ins del moveFrom moveTo
  delText instrText delInstrText fldChar fldSimple ffData dayShort monthShort yearShort dayLong monthLong
  yearLong annotationRef pgNum lastRenderedPageBreak drawing pict object dirVal ruby rubyPr rubyAlign hps hpsRaise
  hpsBaseText lid rt rubyBase dir bdo bookmarkStart bookmarkEnd commentRangeStart commentRangeEnd commentReference
  footnoteReference endnoteReference footnoteRef endnoteRef separator continuationSeparator permStart permEnd
  moveFromRangeStart moveFromRangeEnd moveToRangeStart moveToRangeEnd txbxContent contentPart`
const PARAGRAPH = `
  pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr ilvl numId numberingChange suppressLineNumbers
  pBdr top left bottom right start end between bar insideH insideV tl2br tr2bl shd tabs suppressAutoHyphens kinsoku
  wordWrap overflowPunct topLinePunct autoSpaceDE autoSpaceDN bidi adjustRightInd snapToGrid spacing ind
  contextualSpacing mirrorIndents suppressOverlap jc textDirection textAlignment textboxTightWrap outlineLvl divId
  cnfStyle pPrChange sectPr`
const RUN = `
  rStyle rFonts b bCs i iCs caps smallCaps strike dstrike outline shadow emboss imprint noProof vanish webHidden color
  w kern position sz szCs highlight u effect bdr fitText vertAlign rtl cs em lang eastAsianLayout specVanish oMath
  rPrChange`
const TABLE = `
  tbl tblPr tblGrid gridCol tblGridChange tr tc tblPrEx trPr tcPr tblStyle tblpPr tblOverlap bidiVisual
  tblStyleRowBandSize tblStyleColBandSize tblW tblCellSpacing tblInd tblBorders tblLayout tblCellMar tblLook
  tblCaption tblDescription tblPrChange tblPrExChange gridBefore gridAfter wBefore wAfter cantSplit trHeight tblHeader
  hidden trPrChange tcW gridSpan hMerge vMerge tcBorders noWrap tcMar tcFitText vAlign hideMark headers header
  cellIns cellDel cellMerge tcPrChange`
const SECTION = `
  headerReference footerReference footnotePr endnotePr type pgSz pgMar paperSrc pgBorders lnNumType pgNumType cols col
  formProt noEndnote titlePg rtlGutter docGrid printerSettings sectPrChange pos numFmt numStart numRestart hdr ftr
  footnotes footnote endnotes endnote comments comment`
const FORMS = `
  sdt sdtPr sdtEndPr sdtContent alias tag id lock placeholder showingPlcHdr temporary equation comboBox date dateFormat
  storeMappedDataAs calendar docPartObj docPartList docPartGallery docPartCategory docPartUnique dropDownList listItem
  label picture richText text citation group bibliography docPart name enabled calcOnExit helpText statusText checkBox
  size sizeAuto default checked ddList result listEntry textInput maxLength format tabIndex`
const STYLES = `
  styles docDefaults rPrDefault pPrDefault latentStyles lsdException style aliases basedOn next link autoRedefine
  uiPriority semiHidden unhideWhenUsed qFormat locked tblStylePr numbering numPicBullet abstractNum nsid multiLevelType
  tmpl styleLink numStyleLink lvl start lvlRestart isLgl suff lvlText lvlPicBulletId legacy lvlJc num abstractNumId
  lvlOverride startOverride numIdMacAtCleanup fonts font altName panose1 charset family notTrueType pitch sig personal
  personalCompose personalReply`
const SETTINGS = `
  settings writeProtection view zoom removePersonalInformation removeDateAndTime doNotDisplayPageBoundaries
  displayBackgroundShape printPostScriptOverText printFractionalCharacterWidth printFormsData embedTrueTypeFonts
  embedSystemFonts saveSubsetFonts saveFormsData mirrorMargins alignBordersAndEdges bordersDoNotSurroundHeader
  bordersDoNotSurroundFooter gutterAtTop hideSpellingErrors hideGrammaticalErrors activeWritingStyle proofState
  formsDesign stylePaneFormatFilter stylePaneSortMethod documentType revisionView trackRevisions
  doNotTrackMoves doNotTrackFormatting documentProtection autoFormatOverride styleLockTheme styleLockQFSet
  defaultTabStop autoHyphenation consecutiveHyphenLimit hyphenationZone doNotHyphenateCaps showEnvelope summaryLength
  clickAndTypeStyle defaultTableStyle evenAndOddHeaders bookFoldRevPrinting bookFoldPrinting bookFoldPrintingSheets
  drawingGridHorizontalSpacing drawingGridVerticalSpacing displayHorizontalDrawingGridEvery
  displayVerticalDrawingGridEvery doNotUseMarginsForDrawingGridOrigin drawingGridHorizontalOrigin
  drawingGridVerticalOrigin doNotShadeFormData noPunctuationKerning characterSpacingControl printTwoOnOne
  strictFirstAndLastChars noLineBreaksAfter noLineBreaksBefore savePreviewPicture doNotValidateAgainstSchema
  ignoreMixedContent alwaysShowPlaceholderText doNotDemarcateInvalidXml updateFields hdrShapeDefaults compat
  compatSetting themeFontLang clrSchemeMapping doNotIncludeSubdocsInStats doNotAutoCompressPictures captions caption
  autoCaptions autoCaption shapeDefaults doNotEmbedSmartTags decimalSymbol listSeparator readModeInkLockDown`
const COMPATIBILITY = `
  useSingleBorderforContiguousCells wpJustification noTabHangInd noLeading spaceForUL noColumnBalance
  balanceSingleByteDoubleByteWidth noExtraLineSpacing doNotLeaveBackslashAlone ulTrailSpace doNotExpandShiftReturn
  spacingInWholePoints lineWrapLikeWord6 printBodyTextBeforeHeader printColBlack wpSpaceWidth showBreaksInFrames
  subFontBySize suppressBottomSpacing suppressTopSpacing suppressSpacingAtTopOfPage suppressTopSpacingWP
  suppressSpBfAfterPgBrk swapBordersFacingPages convMailMergeEsc truncateFontHeightsLikeWP6 mwSmallCaps
  usePrinterMetrics doNotSuppressParagraphBorders wrapTrailSpaces footnoteLayoutLikeWW8 shapeLayoutLikeWW8
  alignTablesRowByRow forgetLastTabAlignment adjustLineHeightInTable autoSpaceLikeWord95 noSpaceRaiseLower
  doNotUseHTMLParagraphAutoSpacing layoutRawTableWidth layoutTableRowsApart useWord97LineBreakRules
  doNotBreakWrappedTables doNotSnapToGridInCell selectFldWithFirstOrLastChar applyBreakingRules doNotWrapTextWithPunct
  doNotUseEastAsianBreakRules useWord2002TableStyleRules growAutofit useFELayout useNormalStyleForList
  doNotUseIndentAsNumberingTabStop useAltKinsokuLineBreakRules allowSpaceOfSameStyleInTable doNotSuppressIndentation
  doNotAutofitConstrainedTables autofitToFirstFixedWidthCell underlineTabInNumList displayHangulFixedWidth
  splitPgBreakAndParaMark doNotVertAlignCellWithSp doNotBreakConstrainedForcedTable doNotVertAlignInTxbx
  useAnsiKerningPairs cachedColBalance`
const ATTRIBUTES = `
  val id name type ascii hAnsi eastAsia cs hint asciiTheme hAnsiTheme eastAsiaTheme cstheme w h x y top left bottom
  right start end color themeColor themeTint themeShade fill themeFill themeFillTint themeFillShade sz space shadow
  frame before after line lineRule beforeLines afterLines beforeAutospacing afterAutospacing firstLine hanging
  firstLineChars hangingChars leftChars rightChars startChars endChars pos leader orient code header footer gutter
  fmt chapStyle chapSep num equalWidth sep linePitch charSpace countBy distance restart offsetFrom display zOrder
  author date initials colFirst colLast displacedByCustomXml edGrp ed anchor tooltip docLocation history tgtFrame
  fldCharType dirty fldLock instr font char clear styleId default customStyle uiPriority semiHidden unhideWhenUsed
  qFormat locked defLockedState defUIPriority defSemiHidden defUnhideWhenUsed defQFormat count abstractNumId numId ilvl
  tplc tentative numFmt lvl vAnchor hAnchor hSpace vSpace wrap xAlign yAlign hRule dropCap lines anchorLock
  leftFromText rightFromText topFromText bottomFromText horzAnchor vertAnchor tblpX tblpY tblpXSpec tblpYSpec
  firstRow lastRow firstColumn lastColumn noHBand noVBand oddVBand evenVBand oddHBand evenHBand firstRowFirstColumn
  firstRowLastColumn lastRowFirstColumn lastRowLastColumn hMerge vMerge vMergeOrig combine combineBrackets vert
  vertCompress relativeTo alignment percent edit formatting enforcement cryptProviderType cryptAlgorithmClass
  cryptAlgorithmType cryptAlgorithmSid cryptSpinCount hash salt algorithmName hashValue saltValue spinCount
  cryptProvider algIdExt algIdExtSource cryptProviderTypeExt cryptProviderTypeExtSource recommended original bidi
  lang noBorder drawShadow uri bg1 t1 bg2 t2 accent1 accent2 accent3 accent4 accent5 accent6 hyperlink
  followedHyperlink chapNum heading noLabel usb0 usb1 usb2 usb3 csb0 csb1 characterSet displayText value lastValue
  first other numStart numFmt conformance fullDate spelling grammar appName vendorID dllVersion nlCheck checkStyle
  markup comments insDel inkAnnotations allStyles customStyles latentStyles stylesInUse headingStyles numberingStyles
  tableStyles directFormattingOnRuns directFormattingOnParagraphs directFormattingOnNumbering directFormattingOnTables
  clearFormatting top3HeadingStyles visibleStyles alternateStyleNames legacy legacySpace legacyIndent subsetted
  percentage shapeid background eastAsianLayout`

const W14 = `
  glow shadow reflection textOutline textFill scene3d props3d ligatures numForm numSpacing stylisticSets styleSet
  cntxtAlts noFill solidFill gradFill gsLst gs lin path fillToRect prstDash round bevel miter srgbClr schemeClr alpha
  lumMod lumOff tint shade satMod hueMod lum sat camera lightRig rot bevelT bevelB extrusionClr contourClr checkbox
  checked checkedState uncheckedState docId conflictMode discardImageEditingData defaultImageDpi`
const W14_ATTRIBUTES = `
  val rad blurRad dist dir sx sy kx ky algn stA stPos endA endPos fadeDir w cap cmpd pos ang scaled path l t r b lim
  prst rig lat lon rev h prstMaterial extrusionH contourW id font paraId textId`
const W15 = `
  commentsEx commentEx appearance color chartTrackingRefBased collapsed repeatingSection repeatingSectionItem
  footnoteColumns`

export const WORD_WORDS: Words = {
  w: [[BODY, PARAGRAPH, RUN, TABLE, SECTION, FORMS, STYLES, SETTINGS, COMPATIBILITY], ATTRIBUTES],
  w14: [[W14], W14_ATTRIBUTES],
  w15: [[W15], 'paraId paraIdParent done val collapsed restartNumberingAfterBreak'],
  wp14: [['sizeRelH sizeRelV pctWidth pctHeight pctPosHOffset pctPosVOffset'], 'relativeFrom'],
  wps: [['wsp nvSpPr cNvPr cNvCnPr cNvSpPr spPr style txbx linkedTxbx bodyPr extLst'], 'id name descr title hidden txBox seq normalEastAsianFlow bwMode'],
  wpg: [['wgp grpSp cNvPr cNvGrpSpPr grpSpPr graphicFrame cNvFrPr xfrm extLst'], 'id name descr title hidden bwMode'],
  wpc: [['wpc bg whole graphicFrame'], 'bwMode'],
  w10: [['wrap anchorlock bordertop borderleft borderbottom borderright'], 'type side anchorx anchory shadow width'],
}
