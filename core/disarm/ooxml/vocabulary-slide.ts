/**
 * What is understood of PresentationML: presentation, slides, layouts, masters, notes, animations, transitions.
 *
 * Not here, so left behind: OLE objects and controls (their picture stays), sound and video, sound in transitions,
 * commands of animations, custom data, HTML publishing, smart tags, embedded fonts, photo albums' own data.
 * Standards: ISO/IEC 29500-1 §19; MS-PPTX §2.
 */
import type { Words } from './vocabulary.ts'

const SHOW = `
  presentation sldMasterIdLst sldMasterId notesMasterIdLst notesMasterId handoutMasterIdLst handoutMasterId sldIdLst
  sldId sldSz notesSz custShowLst custShow sldLst sld photoAlbum kinsoku defaultTextStyle modifyVerifier extLst ext
  presentationPr prnPr showPr present browse kiosk sldAll sldRg custShow penClr clrMru viewPr normalViewPr
  restoredLeft restoredTop slideViewPr outlineViewPr notesTextViewPr sorterViewPr notesViewPr cSldViewPr cViewPr scale
  origin guideLst guide gridSpacing sldMaster sldLayout notes notesMaster handoutMaster cSld clrMap clrMapOvr bg bgPr
  bgRef sldLayoutIdLst sldLayoutId hf txStyles titleStyle bodyStyle otherStyle notesStyle cmLst cm pos text
  cmAuthorLst cmAuthor`
const SHAPES = `
  spTree nvGrpSpPr cNvPr cNvGrpSpPr nvPr ph grpSpPr sp nvSpPr cNvSpPr spPr style txBody grpSp graphicFrame
  nvGraphicFramePr cNvGraphicFramePr xfrm cxnSp nvCxnSpPr cNvCxnSpPr pic nvPicPr cNvPicPr blipFill`
const MOTION = `
  transition blinds checker circle comb cover cut diamond dissolve fade newsflash plus pull push random randomBar split
  strips wedge wheel wipe zoom timing tnLst par seq excl cTn stCondLst endCondLst endSync iterate childTnLst subTnLst
  tmAbs tmPct cond tgtEl tn rtn sldTgt spTgt bg subSp oleChartEl txEl charRg pRg graphicEl anim animClr animEffect
  animMotion animRot animScale set cBhvr attrNameLst attrName tavLst tav val boolVal intVal fltVal strVal clrVal by rgb
  hsl from to rCtr progress prevCondLst nextCondLst bldLst bldP bldDgm bldGraphic bldOleChart bldAsOne bldSub tmplLst
  tmpl`
const P_ATTRIBUTES = `
  id name idx type orient sz hasCustomPrompt isPhoto userDrawn serverZoom firstSlideNum showSpecialPlsOnTitleSld rtl
  removePersonalInfoOnSave compatMode strictFirstAndLastChars saveSubsetFonts autoCompressPictures
  bookmarkIdSeed conformance cx cy invalStChars invalEndChars lang bw showCaptions layout frame cryptProviderType
  cryptAlgorithmClass cryptAlgorithmType cryptAlgorithmSid spinCount saltData hashData cryptProvider algIdExt
  algorithmName hashValue saltValue spinValue prnWhat clrMode hiddenSlides scaleToFitPaper frameSlides showScrollbar
  loop showNarration showAnimation useTimings restart st end val lastView showComments showOutlineIcons
  snapVertSplitter vertBarState horzBarState preferSingleView autoAdjust snapToGrid snapToObjects showGuides varScale
  pos x y show showMasterSp showMasterPhAnim matchingName preserve bwMode bg1 tx1 bg2 tx2 accent1 accent2 accent3 accent4
  accent5 accent6 hlink folHlink sldNum hdr ftr dt authorId initials lastIdx clrIdx descr title hidden noGrp noSelect
  useBgFill spd advClick advTm dir thruBlk spokes pattern presetID presetClass presetSubtype dur repeatCount repeatDur
  accel decel autoRev fill syncBehavior tmFilter evtFilter display masterRel bldLvl grpId afterEffect nodeType nodePh
  evt delay concurrent prevAc nextAc spid lvl bld additive accumulate xfrmType rctx override calcmode valueType by from
  to fmla tm clrSpc transition filter prLst origin path pathEditMode rAng ptsTypes zoomContents build animBg
  uiExpand rev advAuto bldStep animOverride preferRelativeResize txBox uri r g b h s l backwards type
  opt`
const P14 = `
  sectionLst section sldIdLst sldId flash conveyor doors ferris flip flythrough gallery glitter honeycomb pan
  prism reveal ripple shred switch vortex warp wheelReverse window bounceEnd`
const P15 = 'sldGuideLst guide clr prstTrans'

export const SLIDE_WORDS: Words = {
  p: [[SHOW, SHAPES, MOTION], P_ATTRIBUTES],
  p14: [[P14], 'id name val dur dir isContent isInverted pattern thruBlk hasBounce bounceEnd prst spd'],
  p15: [[P15], 'id name orient pos userDrawn prst'],
}
