/**
 * What of RTF may be written: control words that look and place, and destinations whose content is understood.
 *
 * Standards: RTF 1.9.1 (Microsoft), appendix of control words.
 */
import type { ObjectKind } from '../../objects.ts'

const words = (text: string) => new Set(text.split(/\s+/))

/** Words of the document, sections, paragraphs, tables, lists, characters and shapes; none names a file or an object. */
export const WORDS: ReadonlySet<string> = words(`
  rtf ansi mac pc pca ansicpg uc deff adeff stshfdbch stshfloch stshfhich stshfbi deflang deflangfe themelang themelangfe themelangcs
  f fnil froman fswiss fmodern fscript fdecor ftech fbidi fcharset fprq cpg red green blue ctint cshade
  s cs ds ts sbasedon snext sautoupd shidden slink slocked spriority ssemihidden sunhideused sqformat additive keycode
  paperw paperh margl margr margt margb gutter facingp landscape margmirror deftab widowctrl formprot hyphauto hyphcaps hyphconsec
  hyphhotz viewkind viewscale viewzk pgnstart ftnbj ftntj enddoc endnotes aenddoc aendnotes aftnbj aftntj ftnstart aftnstart
  ftnrstcont ftnrestart ftnrstpg ftnnar ftnnalc ftnnauc ftnnrlc ftnnruc ftnnchi ftnndbnum aftnnar aftnnalc aftnnauc aftnnrlc
  aftnnruc aftnrstcont aftnrestart fet horzdoc vertdoc jcompress jexpand lnongrid jsksu ksulang dghspace dgvspace dghorigin dgvorigin
  dghshow dgvshow dgmargin dgsnap nolead noextrasprl lytprtmet useltbaln nogrowautofit sprsspbf
  sectd sect sectdefaultcl pgwsxn pghsxn marglsxn margrsxn margtsxn margbsxn guttersxn headery footery lndscpsxn pgnrestart pgncont
  pgnstarts pgndec pgnucrm pgnlcrm pgnucltr pgnlcltr pgndbnum pgnchosung pgnx pgny sbknone sbkcol sbkpage sbkeven sbkodd cols
  colsx colno colsr colw linebetcol linemod linex linestarts linerestart lineppage linecont titlepg vertalt vertalb vertalc vertalj
  ltrsect rtlsect endnhere binfsxn binsxn stextflow sectlinegrid sectexpand sectspecifyl sectspecifycl sectspecifygen
  pgbrdrhead pgbrdrfoot pgbrdrt pgbrdrb pgbrdrl pgbrdrr pgbrdropt pgbrdrsnap brdrart
  par pard plain line softline softcol softlheight page softpage column lbr tab emdash endash bullet lquote rquote ldblquote rdblquote emspace
  enspace qmspace ltrmark rtlmark zwj zwnj zwbo zwnbo chdate chdpl chdpa chtime chpgn sectnum chftn chftnsep chftnsepc
  hyphpar intbl itap keep keepn level noline nowidctlpar outlinelevel pagebb sbys ql qr qj qc qd qt qk fi cufi li lin culi ri rin
  curi adjustright sb sa sbauto saauto lisb lisa sl slmult nosnaplinegrid contextualspace subdocument0 rtlpar ltrpar nocwrap
  nowwrap nooverflow aspalpha aspnum faauto facenter fahang favar faroman faupper fafixed collapsed indmirror wrapdefault
  tx tb tqr tqc tqdec tldot tlmdot tlhyph tlul tlth tleq
  absw absh absnoovrlp phmrg phpg phcol posx posnegx posxc posxi posxo posxl posxr pvmrg pvpg pvpara posy posnegy posyt posyil posyb
  posyc posyin posyout dxfrtext dfrmtxtx dfrmtxty overlay dropcapli dropcapt wraparound wraptight wrapthrough frmtxlrtb
  frmtxtbrl frmtxbtlr frmtxlrtbv frmtxtbrlv
  brdrt brdrb brdrl brdrr brdrbtw brdrbar box brdrs brdrth brdrsh brdrdb brdrdot brdrdash brdrhair brdrdashsm brdrdashd brdrdashdd
  brdrinset brdrnone brdroutset brdrtriple brdrtnthsg brdrthtnsg brdrtnthtnsg brdrtnthmg brdrthtnmg brdrtnthtnmg brdrtnthlg
  brdrthtnlg brdrtnthtnlg brdrwavy brdrwavydb brdrdashdotstr brdremboss brdrengrave brdrframe brdrw brdrcf brsp brdrnil brdrtbl
  shading cfpat cbpat bghoriz bgvert bgfdiag bgbdiag bgcross bgdcross bgdkhoriz bgdkvert bgdkfdiag bgdkbdiag bgdkcross bgdkdcross
  trowd row cell cellx lastrow nestrow nestcell nesttableprops irow irowband ltrrow rtlrow trautofit trgaph trhdr trkeep trkeepfollow
  trleft trqc trql trqr trrh tphcol tphmrg tphpg tposnegx tposnegy tposx tposxc tposxi tposxl tposxo tposxr tposy tposyb tposyc
  tposyil tposyin tposyout tposyt tpvmrg tpvpara tpvpg tdfrmtxtBottom tdfrmtxtLeft tdfrmtxtRight tdfrmtxtTop tabsnoovrlp
  trbrdrt trbrdrl trbrdrb trbrdrr trbrdrh trbrdrv trftsWidth trwWidth trftsWidthB trftsWidthA trwWidthB trwWidthA trpaddb trpaddl
  trpaddr trpaddt trpaddfb trpaddfl trpaddfr trpaddft trspdb trspdl trspdr trspdt trspdfb trspdfl trspdfr trspdft tblind tblindtype
  tbllkhdrrows tbllklastrow tbllkhdrcols tbllklastcol tbllknorowband tbllknocolband tblrsid trcbpat trcfpat trpat trshdng
  clFitText clmgf clmrg clvmgf clvmrg clvertalt clvertalc clvertalb cltxlrtb cltxtbrl cltxbtlr cltxlrtbv cltxtbrlv clNoWrap clftsWidth
  clwWidth clhidemark clbrdrt clbrdrl clbrdrb clbrdrr cldglu cldgll clcfpat clcbpat clshdng clshdngraw clpadl clpadt clpadr clpadb
  clpadfl clpadft clpadfr clpadfb clbghoriz clbgvert clbgfdiag clbgbdiag clbgcross clbgdcross clbgdkhor clbgdkvert clbgdkfdiag
  clbgdkbdiag clbgdkcross clbgdkdcross clcfpatraw clcbpatraw taprtl tscellwidth tscellwidthfts tscellpaddl tscellpaddr tscellpaddt
  tscellpaddb tscellpaddfl tscellpaddfr tscellpaddft tscellpaddfb tscellcfpat tscellcbpat tsrowd tsvertalt tsvertalc tsvertalb
  tsbrdrt tsbrdrl tsbrdrb tsbrdrr tsbrdrh tsbrdrv tsbgbdiag yts
  ab ai animtext b i caps cb cchs cf charscalex cgrid chcbpat chcfpat chshdng chbrdr dn up embo expnd expndtw impr kerning outl scaps shad
  strike striked sub super nosupersub ul uld uldash uldashd uldashdd uldb ulhair ulhwave ulldash ulnone ulth ulthd ulthdash
  ulthdashd ulthdashdd ulthldash ululdbwave ulw ulwave ulc v webhidden spv fs fsmilli hich loch dbch lang langfe langnp langfenp
  noproof ltrch rtlch fcs af afs alang acf aul auld aulnone acaps ascaps astrike ashad aoutl adn aup aexpnd accnone accdot acccomma accunderdot
  acccircle horzvert twoinone highlight gcw gridtbl nosectexpand kinsoku
  u listtemplateid listsimple listhybrid listid listrestarthdn listoverridecount listoverridestartat listoverrideformat levelstartat
  levelnfc levelnfcn leveljc leveljcn levelfollow levelold levelprev levelprevspace levelindent levelspace levellegal levelnorestart
  leveltemplateid levelpicture0 ls ilvl pnlvl pnlvlblt pnlvlbody pnlvlcont pnnumonce pnacross pnhang pnrestart pncard pndec pnucltr
  pnucrm pnlcltr pnlcrm pnord pnordt pnstart pnindent pnsp pnprev pnqc pnql pnqr pnf pnfs pnb pni pnul pnulnone pncf pndbnum
  pnaiu pnaiueo pniroha pnaiud pnaiueod pnirohad pndecd pndbnumd pndbnumk pndbnumt pnganada
  footnote ftnalt picw pich picwgoal pichgoal picscalex picscaley piccropl piccropr piccropt piccropb picscaled
  shpleft shptop shpright shpbottom shplid shpz shpfhdr shpbxpage shpbxmargin shpbxcolumn shpbxignore shpbypage shpbymargin shpbypara
  shpbyignore shpwr shpwrk shpfblwtxt shplockanchor`)

/** Destinations that are written when they come, with `\*` or without as they should have it. */
export const DESTINATIONS: ReadonlyMap<string, boolean> = new Map([
  ...[...words(`fonttbl colortbl stylesheet header headerl headerr headerf footer footerl footerr footerf footnote upr field fldrslt
    listlevel leveltext levelnumbers list listtext listname lfolevel listoverride pntext pntxtb pntxta shp shptxt ftnsep ftnsepc aftnsep aftnsepc
    pict`)].map(name => [name, false] as const),
  ...[...words(`panose falt fname ud fldinst listtable listoverridetable liststylename pn pnseclvl bkmkstart bkmkend cs shppict shpinst
    nesttableprops ts ds`)].map(name => [name, true] as const),
])

/** Destinations that are left behind with all they hold, and what the report calls them. */
export const DROPPED: ReadonlyMap<string, ObjectKind> = new Map<string, ObjectKind>([
  ['template', 'externalLinks'],
  ['nextfile', 'externalLinks'],
  ['linkval', 'externalLinks'],
  ['hlinkbase', 'externalLinks'],
  ['fontemb', 'fonts'],
  ['fontfile', 'fonts'],
  ['mailmerge', 'dataConnections'],
  ['formfield', 'forms'],
  ['ffentrymcr', 'macros'],
  ['ffexitmcr', 'macros'],
  ['filetbl', 'externalLinks'],
  ['xe', 'customData'],
  ['rxe', 'customData'],
  ['tc', 'customData'],
  ['tcn', 'customData'],
  ['do', 'layout'],
  ['background', 'layout'],
  ['mmath', 'layout'],
])
/** What some readers run or load; the shown result, if there is one, stays. */
export const OBJECT_WORDS: ReadonlySet<string> = words(
  'object objdata objclass objname objtime objalias objsect objemb objlink objautlink objsub objpub objicemb objhtml objocx objupdate objattph',
)
export const COMMENT_WORDS: ReadonlySet<string> = words(
  'annotation atnid atnauthor atnref atntime atnicn atndate atnparent atrfstart atrfend',
)
export const CHANGE_WORDS: ReadonlySet<string> = words(
  'revised deleted revauth revauthdel revdttm revdttmdel revisions revprop revbar mvf mvt mvauth mvdate crauth crdate',
)
export const INFO_PARTS: ReadonlySet<string> = words('title subject author manager company operator category keywords comment doccomm')
/** Signs that stand for themselves, a hyphen or a blank. */
export const SIGNS: ReadonlySet<string> = new Set(['\\', '{', '}', '~', '-', '_'])

/** Properties of drawn shapes that are numbers. */
export const SHAPE_PROPERTIES: ReadonlySet<string> = words(`shapeType fFlipH fFlipV rotation fillType fillColor fillOpacity fillBackColor
  fFilled lineColor lineWidth lineStyle lineDashing fLine lineStartArrowhead lineEndArrowhead dxTextLeft dyTextTop dxTextRight dyTextBottom
  WrapText anchorText txflTextFlow fFitShapeToText adjustValue geoLeft geoTop geoRight geoBottom posh posrelh posv posrelv fBehindDocument
  fLayoutInCell fAllowOverlap dxWrapDistLeft dyWrapDistTop dxWrapDistRight dyWrapDistBottom fHidden`)
