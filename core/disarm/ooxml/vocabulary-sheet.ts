/**
 * What is understood of SpreadsheetML: workbook, sheets, styles, shared strings, tables, pivots, comments.
 *
 * Not here, so left behind: OLE objects and controls on a sheet, custom properties, web publishing, data consolidation
 * from elsewhere, smart tags, connections, query tables, external references, macro sheets' own elements, XML maps.
 * Standards: ISO/IEC 29500-1 §18; MS-XLSX §2.
 */
import type { Words } from './vocabulary.ts'

const BOOK = `
  workbook fileVersion fileSharing workbookPr workbookProtection bookViews workbookView sheets sheet definedNames
  definedName calcPr customWorkbookViews customWorkbookView pivotCaches pivotCache fileRecoveryPr oleSize`
const SHEET = `
  worksheet chartsheet sheetPr tabColor outlinePr pageSetUpPr dimension sheetViews sheetView pane selection
  pivotSelection pivotArea references reference x sheetFormatPr cols col sheetData row c f v is sheetCalcPr
  sheetProtection protectedRanges protectedRange scenarios scenario inputCells autoFilter
  filterColumn filters filter dateGroupItem top10 customFilters customFilter dynamicFilter colorFilter iconFilter
  sortState sortCondition mergeCells mergeCell phoneticPr conditionalFormatting cfRule formula colorScale cfvo color
  dataBar iconSet dataValidations dataValidation formula1 formula2 hyperlinks hyperlink printOptions pageMargins
  pageSetup headerFooter oddHeader oddFooter evenHeader evenFooter firstHeader firstFooter rowBreaks colBreaks brk
  cellWatches cellWatch ignoredErrors ignoredError drawing legacyDrawing legacyDrawingHF drawingHF picture tableParts
  tablePart customSheetViews customSheetView extLst ext`
const STRINGS = `
  sst si t r rPr rPh rFont charset family b i strike outline shadow condense extend sz u vertAlign scheme comments
  authors author commentList comment text commentPr anchor`
const STYLES = `
  styleSheet numFmts numFmt fonts font name fills fill patternFill fgColor bgColor gradientFill stop borders border
  start end left right top bottom diagonal vertical horizontal cellStyleXfs cellXfs xf alignment protection cellStyles
  cellStyle dxfs dxf tableStyles tableStyle tableStyleElement colors indexedColors rgbColor mruColors`
const TABLES = `
  table tableColumns tableColumn calculatedColumnFormula totalsRowFormula tableStyleInfo`
const PIVOTS = `
  pivotTableDefinition location pivotFields pivotField items item autoSortScope rowFields field rowItems colFields
  colItems i pageFields pageField dataFields dataField formats format chartFormats chartFormat
  pivotTableStyleInfo pivotCacheDefinition cacheSource worksheetSource cacheFields cacheField sharedItems s n d e m
  fieldGroup rangePr discretePr groupItems pivotCacheRecords`

const BOOK_ATTRIBUTES = `
  appName lastEdited lowestEdited rupBuild readOnlyRecommended reservationPassword algorithmName hashValue saltValue
  spinCount date1904 showObjects showBorderUnselectedTables filterPrivacy promptedSolutions showInkAnnotation dateCompatibility
  backupFile saveExternalLinkValues codeName hidePivotFieldList showPivotChartFilter
  publishItems checkCompatibility autoCompressPictures defaultThemeVersion workbookPassword workbookPasswordCharacterSet
  revisionsPassword lockStructure lockWindows lockRevision workbookAlgorithmName workbookHashValue workbookSaltValue
  workbookSpinCount visibility minimized showHorizontalScroll showVerticalScroll showSheetTabs xWindow yWindow
  windowWidth windowHeight tabRatio firstSheet activeTab autoFilterDateGrouping name sheetId state comment
  localSheetId hidden publishToServer workbookParameter calcId calcMode
  fullCalcOnLoad refMode iterate iterateCount iterateDelta fullPrecision calcCompleted calcOnSave concurrentCalc
  concurrentManualCount forceFullCalc cacheId conformance guid mergeInterval changesSavedWin
  onlySync personalView includePrintSettings includeHiddenRowCol maximized activeSheetId showFormulaBar showStatusbar
  showComments ref`
const SHEET_ATTRIBUTES = `
  syncHorizontal syncVertical syncRef transitionEvaluation transitionEntry published filterMode
  enableFormatConditionsCalculation auto indexed rgb theme tint applyStyles summaryBelow summaryRight
  showOutlineSymbols autoPageBreaks fitToPage windowProtection showFormulas showGridLines showRowColHeaders showZeros
  rightToLeft tabSelected showRuler defaultGridColor showWhiteSpace view topLeftCell colorId zoomScale zoomScaleNormal
  zoomScaleSheetLayoutView zoomScalePageLayoutView workbookViewId zoomToFit xSplit ySplit activePane pane activeCell
  activeCellId sqref baseColWidth defaultColWidth defaultRowHeight customHeight zeroHeight thickTop thickBot
  outlineLevelRow outlineLevelCol min max width style bestFit customWidth phonetic outlineLevel collapsed r spans s
  customFormat ht t ph aca dt2D dtr del1 del2 r1 r2 ca si bx fullCalcOnLoad password sheet objects scenarios
  formatCells formatColumns formatRows insertColumns insertRows insertHyperlinks deleteColumns deleteRows
  selectLockedCells sort autoFilter pivotTables selectUnlockedCells content current show count locked user val
  colId hiddenButton showButton blank calendarType year month day hour minute second dateTimeGrouping top percent
  filterVal and operator type valIso maxVal maxValIso dxfId cellColor iconSet iconId columnSort caseSensitive sortMethod
  descending sortBy customList fontId alignment pivot priority stopIfTrue aboveAverage bottom text timePeriod rank
  stdDev equalAverage gte minLength maxLength showValue reverse disablePrompts xWindow yWindow errorStyle imeMode
  allowBlank showDropDown showInputMessage showErrorMessage errorTitle error promptTitle prompt location tooltip display
  horizontalCentered verticalCentered headings gridLines gridLinesSet left right header footer paperSize paperHeight
  paperWidth scale firstPageNumber fitToWidth fitToHeight pageOrder orientation usePrinterDefaults blackAndWhite draft
  cellComments useFirstPageNumber errors horizontalDpi verticalDpi copies differentOddEven differentFirst scaleWithDoc
  alignWithMargins manualBreakCount id man pt evalError twoDigitTextYear numberStoredAsText formula formulaRange
  unlockedFormula emptyCellReference listDataValidation calculatedColumn scale colorId showPageBreaks outlineSymbols
  zeroValues printArea filter showAutoFilter hiddenRows hiddenColumns filterUnique uri space`
const OTHER_ATTRIBUTES = `
  uniqueCount sb eb authorId numFmtId formatCode patternType degree position horizontal diagonalUp diagonalDown outline fillId
  borderId xfId quotePrefix pivotButton applyNumberFormat applyFont applyFill applyBorder applyAlignment
  applyProtection vertical textRotation wrapText indent relativeIndent justifyLastLine shrinkToFit readingOrder
  builtinId iLevel customBuiltin defaultTableStyle defaultPivotStyle table size displayName headerRowCount
  insertRow insertRowShift totalsRowCount totalsRowShown headerRowDxfId dataDxfId totalsRowDxfId headerRowBorderDxfId
  tableBorderDxfId totalsRowBorderDxfId headerRowCellStyle dataCellStyle totalsRowCellStyle uniqueName
  totalsRowFunction totalsRowLabel array showFirstColumn showLastColumn showRowStripes showColumnStripes lockText
  defaultSize print disabled uiObject autoFill autoLine autoPict altText recalcAlways fontScheme`
const PIVOT_ATTRIBUTES = `
  dataOnRows dataPosition autoFormatId applyNumberFormats applyBorderFormats applyFontFormats applyPatternFormats
  applyAlignmentFormats applyWidthHeightFormats dataCaption grandTotalCaption errorCaption showError missingCaption
  showMissing pageStyle pivotTableStyle vacatedStyle tag updatedVersion minRefreshableVersion asteriskTotals showItems
  editData disableFieldList showCalcMbrs visualTotals showMultipleLabel showDataDropDown showDrill printDrill
  showMemberPropertyTips showDataTips enableWizard enableDrill enableFieldProperties preserveFormatting useAutoFormatting
  pageWrap pageOverThenDown subtotalHiddenItems rowGrandTotals colGrandTotals fieldPrintTitles itemPrintTitles
  mergeItem showDropZones createdVersion indent showEmptyRow showEmptyCol showHeaders compact outline outlineData
  compactData gridDropZones multipleFieldFilters rowHeaderCaption colHeaderCaption fieldListSortAscending
  mdxSubqueries customListSort chartFormat firstHeaderRow firstDataRow firstDataCol rowPageCount colPageCount axis
  dataField subtotalCaption showDropDowns hiddenLevel allDrilled showAll insertBlankRow serverField
  insertPageBreak topAutoShow hideNewItems measureFilter includeNewItemsInFilter itemPageCount sortType
  defaultSubtotal sumSubtotal countASubtotal avgSubtotal maxSubtotal minSubtotal productSubtotal countSubtotal
  stdDevSubtotal stdDevPSubtotal varSubtotal varPSubtotal multipleItemSelectionAllowed n h sd f m c x d e i fld item
  hier name subtotal showDataAs baseField baseItem action fieldPosition dataOnly labelOnly grandRow grandCol cacheIndex
  offset collapsedLevelsAreSubtotals field selected byPosition relative series chart showRowHeaders showColHeaders
  showLastColumn optimizeMemory enableRefresh refreshedVersion recordCount upgradeOnRefresh
  tupleCache supportSubquery supportAdvancedDrill invalid saveData caption propertyName uniqueList sqlType hierarchy level
  databaseField containsSemiMixedTypes containsNonDate containsDate containsString containsBlank containsMixedTypes
  containsNumber containsInteger minValue maxValue minDate maxDate longText u un base par autoStart autoEnd groupBy
  startNum endNum startDate endDate groupInterval v`

const X14 = `
  conditionalFormattings conditionalFormatting cfRule dataBar cfvo fillColor borderColor negativeFillColor
  negativeBorderColor axisColor colorScale color iconSet cfIcon dxf dataValidations dataValidation formula1 formula2
  sparklineGroups sparklineGroup colorSeries colorNegative colorAxis colorMarkers colorFirst colorLast colorHigh
  colorLow sparklines sparkline font fill border numFmt alignment protection id pivotTableDefinition
  pivotCacheDefinition workbookPr ignoredErrors ignoredError`
const X14_ATTRIBUTES = `
  type priority id stopIfTrue operator dxfId minLength maxLength border gradient direction negativeBarColorSameAsPositive
  negativeBarBorderColorSameAsPositive axisPosition showValue iconSet custom reverse percent rgb theme tint auto indexed
  iconId gte count allowBlank showInputMessage showErrorMessage showDropDown errorStyle imeMode errorTitle error
  promptTitle prompt lineWeight displayEmptyCellsAs markers high low first last negative displayXAxis displayHidden
  minAxisType maxAxisType manualMin manualMax rightToLeft dateAxis disablePrompts text timePeriod rank bottom
  aboveAverage equalAverage stdDev activePresent hideValuesRow fillDownLabelsDefault discardImageEditData
  defaultImageDpi numberStoredAsText formula formulaRange twoDigitTextYear evalError emptyCellReference
  unlockedFormula listDataValidation calculatedColumn`

export const SHEET_WORDS: Words = {
  x: [
    [BOOK, SHEET, STRINGS, STYLES, TABLES, PIVOTS],
    [BOOK_ATTRIBUTES, SHEET_ATTRIBUTES, OTHER_ATTRIBUTES, PIVOT_ATTRIBUTES].join(' '),
  ],
  x14: [[X14], X14_ATTRIBUTES],
  x14ac: [[''], 'dyDescent knownFonts'],
  x15: [[''], ''],
  xm: [['f sqref'], ''],
  xltc: [['ThreadedComments threadedComment text personList person'], 'ref dT personId id parentId done displayName'],
}
