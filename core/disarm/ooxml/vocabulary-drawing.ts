/**
 * What is understood of DrawingML (shapes, text, pictures, diagrams, charts), of math and of VML.
 *
 * Not here, so left behind: sound and video (audioCd, wavAudioFile, audioFile, videoFile, quickTimeFile, snd), OLE
 * objects in VML, ink, web videos, chart data links (externalData), SVG beside its picture.
 * Standards: ISO/IEC 29500-1 §20-22, part 4 §19 (VML); MS-ODRAWXML §2.
 */
import type { Words } from './vocabulary.ts'

const A_THEME = `
  theme themeOverride themeElements clrScheme dk1 lt1 dk2 lt2 accent1 accent2 accent3 accent4 accent5 accent6 hlink
  folHlink fontScheme majorFont minorFont font latin ea cs sym fmtScheme fillStyleLst lnStyleLst effectStyleLst
  effectStyle bgFillStyleLst objectDefaults spDef lnDef txDef extraClrSchemeLst extraClrScheme clrMap custClrLst
  custClr overrideClrMapping masterClrMapping tblStyleLst tblStyle`
const A_COLOR = `
  srgbClr scrgbClr hslClr sysClr schemeClr prstClr alpha alphaMod alphaOff blue blueMod blueOff comp gamma gray green
  greenMod greenOff hue hueMod hueOff inv invGamma lum lumMod lumOff red redMod redOff sat satMod satOff shade tint
  clrChange clrFrom clrTo clrRepl duotone biLevel grayscl hsl alphaBiLevel alphaCeiling alphaFloor alphaInv alphaModFix
  alphaRepl`
const A_FILL = `
  noFill solidFill gradFill gsLst gs lin path fillToRect tileRect blipFill blip srcRect stretch fillRect tile pattFill
  fgClr bgClr grpFill ln lnRef fillRef effectRef fontRef headEnd tailEnd prstDash custDash ds round bevel miter
  effectLst effectDag cont effect fillOverlay blur glow innerShdw outerShdw prstShdw reflection softEdge relOff xfrm
  blend fill bgRef`
const A_SHAPE = `
  graphic graphicData graphicFrame graphicFrameLocks spLocks cxnSpLocks grpSpLocks picLocks off ext chOff chExt spPr
  grpSpPr custGeom prstGeom avLst gdLst gd ahLst ahXY ahPolar pos cxnLst cxn rect pathLst moveTo lnTo arcTo quadBezTo
  cubicBezTo close pt stCxn endCxn scene3d camera rot lightRig backdrop anchor norm up sp3d bevelT bevelB extrusionClr
  contourClr flatTx style sp txSp useSpRect nvSpPr cNvPr cNvSpPr grpSp nvGrpSpPr cNvGrpSpPr cxnSp nvCxnSpPr cNvCxnSpPr
  pic nvPicPr cNvPicPr nvGraphicFramePr cNvGraphicFramePr sx sy hlinkClick hlinkHover extLst bevel cell3D`
const A_TEXT = `
  txBody bodyPr lstStyle p pPr r rPr t br fld endParaRPr defPPr lvl1pPr lvl2pPr lvl3pPr lvl4pPr lvl5pPr lvl6pPr lvl7pPr
  lvl8pPr lvl9pPr defRPr lnSpc spcBef spcAft spcPct spcPts buClrTx buClr buSzTx buSzPct buSzPts buFontTx buFont buNone
  buAutoNum buChar buBlip tabLst tab highlight uLnTx uLn uFillTx uFill rtl noAutofit normAutofit spAutoFit prstTxWarp
  hlinkMouseOver rubyPr`
const A_TABLE = `
  tbl tblPr tblGrid gridCol tr tc tcPr lnL lnR lnT lnB lnTlToBr lnBlToTr headers header tableStyle tableStyleId tblBg
  wholeTbl band1H band2H band1V band2V lastCol firstCol lastRow seCell swCell firstRow neCell nwCell tcTxStyle tcStyle
  tcBdr left right top bottom insideH insideV tl2br tr2bl fillRef`
const A_ATTRIBUTES = `
  val name id n descr title hidden uri type typeface panose pitchFamily charset script lastClr r g b hue sat lum rot flipH
  flipV x y cx cy l t w h wd hd stA stPos endA endPos dist dir fadeDir sx sy kx ky algn rotWithShape blurRad rad grow
  prst adj fmla idx path fill stroke extrusionOk gdRefX minX maxX gdRefY minY maxY gdRefR minR maxR gdRefAng minAng
  maxAng ang hR wR stAng swAng cap cmpd w len d sp pos scaled flip ang lim thresh amt bright contrast useA tx ty cstate
  dpi blend ref noGrp noSelect noRot noChangeAspect noMove noResize noEditPoints noAdjustHandles noChangeArrowheads
  noChangeShapeType noDrilldown noUngrp noCrop noTextEdit txBox preferRelativeResize bwMode fov zoom rig lat lon rev z
  extrusionH contourW prstMaterial rtlCol anchor anchorCtr vert wrap lIns tIns rIns bIns numCol spcCol fromWordArt
  forceAA upright compatLnSpc vertOverflow horzOverflow spcFirstLastPara fontScale lnSpcReduction marL marR lvl indent
  defTabSz rtl eaLnBrk fontAlgn latinLnBrk hangingPunct kumimoji lang altLang sz b i u strike kern spc normalizeH
  baseline noProof dirty err smtClean smtId bmk startAt char rowSpan gridSpan hMerge vMerge firstRow firstCol lastRow
  lastCol bandRow bandCol styleId styleName def bg1 tx1 bg2 tx2 accent1 accent2 accent3 accent4 accent5 accent6 hlink
  folHlink tooltip tgtFrame history endSnd invalidUrl highlightClick fPublished fLocksText textlink marT marB dx dy isComment
  kumimoji eaVert normalizeH`

const WP = `
  inline anchor extent effectExtent docPr cNvGraphicFramePr simplePos positionH positionV align posOffset wrapNone
  wrapSquare wrapTight wrapThrough wrapTopAndBottom wrapPolygon start lineTo`
const WP_ATTRIBUTES = `
  distT distB distL distR simplePos relativeHeight behindDoc locked layoutInCell hidden allowOverlap cx cy l t r b x y
  id name descr title relativeFrom wrapText edited`
const PIC = 'pic nvPicPr cNvPr cNvPicPr blipFill spPr style extLst'
const XDR = `
  wsDr twoCellAnchor oneCellAnchor absoluteAnchor from to col colOff row rowOff ext pos clientData sp grpSp graphicFrame
  cxnSp pic nvSpPr cNvPr cNvSpPr spPr style txBody nvGrpSpPr cNvGrpSpPr grpSpPr nvGraphicFramePr cNvGraphicFramePr xfrm
  nvCxnSpPr cNvCxnSpPr nvPicPr cNvPicPr blipFill`
const XDR_ATTRIBUTES = `
  editAs cx cy x y fLocksWithSheet fPrintsWithSheet fLocksText textlink fPublished id name descr title hidden txBox
  preferRelativeResize bwMode`
const CDR = `
  userShapes relSizeAnchor absSizeAnchor from to x y ext sp grpSp graphicFrame cxnSp pic nvSpPr cNvPr cNvSpPr spPr
  style txBody nvGrpSpPr cNvGrpSpPr grpSpPr nvGraphicFramePr cNvGraphicFramePr xfrm nvCxnSpPr cNvCxnSpPr nvPicPr
  cNvPicPr blipFill`
const C = `
  chartSpace date1904 lang roundedCorners style clrMapOvr pivotSource name fmtId protection chartObject data formatting
  selection userInterface chart title tx rich strRef f strCache numRef numCache ptCount pt v formatCode layout
  manualLayout layoutTarget xMode yMode wMode hMode x y w h overlay autoTitleDeleted pivotFmts pivotFmt view3D rotX
  hPercent rotY depthPercent rAngAx perspective floor sideWall backWall thickness plotArea areaChart area3DChart
  lineChart line3DChart stockChart radarChart scatterChart pieChart pie3DChart doughnutChart barChart bar3DChart
  ofPieChart surfaceChart surface3DChart bubbleChart grouping varyColors ser idx order spPr txPr marker symbol size dPt
  invertIfNegative bubble3D explosion pictureOptions applyToFront applyToSides applyToEnd pictureFormat
  pictureStackUnit dLbls dLbl delete numFmt dLblPos showLegendKey showVal showCatName showSerName showPercent
  showBubbleSize separator showLeaderLines leaderLines trendline trendlineType order period forward backward intercept
  dispRSqr dispEq trendlineLbl errBars errDir errBarType errValType noEndCap plus minus val cat xVal yVal bubbleSize
  numLit strLit multiLvlStrRef multiLvlStrCache lvl smooth shape gapWidth gapDepth overlap serLines dropLines hiLowLines
  upDownBars upBars downBars axId firstSliceAng holeSize ofPieType splitType splitPos custSplit secondPiePt
  secondPieSize wireframe bandFmts bandFmt bubbleScale showNegBubbles sizeRepresents radarStyle scatterStyle barDir
  valAx catAx dateAx serAx scaling logBase orientation max min axPos majorGridlines minorGridlines majorTickMark
  minorTickMark tickLblPos crossAx crosses crossesAt crossBetween majorUnit minorUnit dispUnits custUnit builtInUnit
  dispUnitsLbl auto lblAlgn lblOffset noMultiLvlLbl baseTimeUnit majorTimeUnit minorTimeUnit tickLblSkip tickMarkSkip
  dTable showHorzBorder showVertBorder showOutline showKeys legend legendPos legendEntry plotVisOnly dispBlanksAs
  showDLblsOverMax txPr printSettings headerFooter oddHeader oddFooter evenHeader evenFooter firstHeader firstFooter
  pageMargins pageSetup userShapes externalData autoUpdate extLst ext`
const C_ATTRIBUTES = `
  val idx formatCode ptCount sourceLinked uri l r t b header footer paperSize paperHeight paperWidth firstPageNumber
  orientation blackAndWhite draft useFirstPageNumber horizontalDpi verticalDpi copies alignWithMargins
  differentOddEven differentFirst bg1 tx1 bg2 tx2 accent1 accent2 accent3 accent4 accent5 accent6 hlink folHlink`
const DGM = `
  dataModel ptLst pt prSet presLayoutVars style spPr t cxnLst cxn bg whole extLst orgChart chMax chPref bulletEnabled
  dir hierBranch animOne animLvl resizeHandles layoutDef title desc catLst cat sampData styleData clrData layoutNode
  alg param shape adjLst adj presOf constrLst constr ruleLst rule varLst forEach choose if else styleDef scene3d
  styleLbl sp3d txPr colorsDef fillClrLst linClrLst effectClrLst txLinClrLst txFillClrLst txEffectClrLst relIds`
const DGM_ATTRIBUTES = `
  modelId type cxnId srcId destId srcOrd destOrd parTransId sibTransId presId presAssocID presName presStyleLbl
  presStyleIdx presStyleCnt loTypeId loCatId qsTypeId qsCatId csTypeId csCatId coherent3DOff phldrT phldr custAng
  custFlipVert custFlipHor custSzX custSzY custScaleX custScaleY custT custLinFactX custLinFactY custLinFactNeighborX
  custLinFactNeighborY custRadScaleRad custRadScaleInc val uniqueId minVer defStyle lang pri useDef name styleLbl
  chOrder moveWith rot zOrderOff hideGeom lkTxEntry blipPhldr axis ptType hideLastTrans st cnt step for forName
  refType refFor refForName refPtType op fact idx arg func meth ref`
const DSP = `
  drawing dataModelExt spTree nvGrpSpPr grpSpPr sp grpSp nvSpPr spPr style txBody txXfrm cNvPr cNvSpPr cNvGrpSpPr extLst`
const M = `
  acc accPr aln alnScr argPr argSz bar barPr baseJc begChr borderBox borderBoxPr box boxPr brk brkBin brkBinSub cGp
  cGpRule chr count cSp ctrlPr d deg degHide defJc den diff dispDef dPr e endChr eqArr eqArrPr f fName fPr func funcPr
  groupChr groupChrPr grow hideBot hideLeft hideRight hideTop interSp intLim intraSp jc lim limLoc limLow limLowPr
  limUpp limUppPr lit lMargin m mathFont mathPr maxDist mc mcJc mcPr mcs mPr mr nary naryPr naryLim noBreak nor num
  objDist oMath oMathPara oMathParaPr opEmu phant phantPr plcHide pos postSp preSp r rad radPr rMargin rPr rSp rSpRule
  scr sepChr show shp smallFrac sPre sPrePr sSub sSubPr sSubSup sSubSupPr sSup sSupPr strikeBLTR strikeH strikeTLBR
  strikeV sty sub subHide sup supHide t transp type vertJc wrapIndent wrapRight zeroAsc zeroDesc zeroWid`
const CLIENT_DATA = `
  ClientData MoveWithCells SizeWithCells Anchor Locked AutoFill AutoLine Row Column Visible TextHAlign TextVAlign
  LockText DefaultSize PrintObject Disabled`
/** Rich text of VML text boxes. */
const VML_TEXT = 'xml div font span b i u s br'
const V = `
  shape shapetype group rect roundrect oval line polyline arc curve image background fill stroke shadow textbox textpath
  imagedata path formulas f handles h`
const V_ATTRIBUTES = `
  id style type coordsize coordorigin path adj filled fillcolor stroked strokecolor strokeweight alt title wrapcoords
  opacity chromakey print allowincell insetpen from to arcsize points startangle endangle control1 control2 on color
  color2 opacity2 angle focus focusposition focussize method type origin position size aspect alignshape weight
  linestyle miterlimit joinstyle endcap dashstyle imagealignshape imageaspect imagesize startarrow startarrowwidth
  startarrowlength endarrow endarrowwidth endarrowlength obscured offset offset2 matrix inset fitshape fitpath trim
  xscale string textpathok gradientshapeok fillok strokeok shadowok arrowok limo textboxrect connecttype
  connectlocs connectangles eqn switch polar radiusrange xrange yrange invx invy cropleft croptop cropright cropbottom
  gain blacklevel gamma grayscale bilevel spt bw recolor rotate colors extrusionok insetpenok equation ext`
const O = `
  lock shapelayout idmap shapedefaults colormru colormenu extrusion callout fill top left bottom right column
  complex signatureline skew regrouptable entry rules r OLEObject`
const O_ATTRIBUTES = `
  spid spt bw connectortype hralign hrstd hrnoshade hr hrpct allowincell allowoverlap insetmode bullet button
  userdrawn oned preferrelative clip title extrusionok connectangles connecttype connectlocs detectmouseclick
  bordertopcolor borderleftcolor borderbottomcolor borderrightcolor dgmlayout dgmnodekind cliptowrap wrapcoords
  forcedash opacity2 diffusity singleclick Type ProgID ShapeID DrawAspect ObjectID`

export const DRAWING_WORDS: Words = {
  a: [[A_THEME, A_COLOR, A_FILL, A_SHAPE, A_TEXT, A_TABLE], A_ATTRIBUTES],
  a14: [['useLocalDpi imgProps imgLayer m compatExt hiddenFill hiddenLine hiddenEffects shadowObscured'], 'val spid'],
  wp: [[WP], WP_ATTRIBUTES],
  pic: [[PIC], 'id name descr title hidden preferRelativeResize bwMode'],
  xdr: [[XDR], XDR_ATTRIBUTES],
  cdr: [[CDR], 'id name descr title hidden textlink fLocksText txBox preferRelativeResize cx cy fPublished bwMode'],
  lc: [['lockedCanvas'], ''],
  c: [[C], C_ATTRIBUTES],
  c14: [['style invertSolidFillFmt spPr'], 'val'],
  c15: [
    [
      `filteredSeriesTitle tx showDataLabelsRange showLeaderLines leaderLines layout datalabelsRange f dlblRangeCache
       dlblFieldTable spPr xForm numFmt fullRef sqref levelRef formulaRef filteredLineSeries filteredBarSeries autoCat
       pivotSource ser txfldGUID`,
    ],
    'val formatCode sourceLinked',
  ],
  c16: [['uniqueId uniqueID'], 'val'],
  c16r2: [[''], ''],
  dgm: [[DGM], DGM_ATTRIBUTES],
  dsp: [[DSP], 'modelId id name descr title hidden txBox minVer bwMode'],
  m: [[M], 'val alnAt'],
  v: [[V], V_ATTRIBUTES],
  xvml: [[CLIENT_DATA], 'ObjectType'],
  '': [[VML_TEXT], 'style face size color'],
  o: [[O], `${O_ATTRIBUTES} data aspectratio adjusthandles cropping grouping position rotation selection shapetype text ungrouping verticies
    fillcolor strokecolor type render on spidmax style fill stroke viewpointorigin viewpoint skewangle skewamt brightness edge
    foredepth backdepth orientation plane color rotationangle metal lightface lightposition lightlevel lightharsh angle drop
    distance accentbar textborder minusx minusy new old proxy r how idref`],
}
