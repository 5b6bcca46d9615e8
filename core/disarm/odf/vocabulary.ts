/**
 * The elements of OpenDocument that may stand in a rebuilt file, by namespace; their attributes are in
 * vocabulary-attributes.ts. Everything else is left behind.
 *
 * Not here, so gone: scripts, events, forms, plug-ins, applets, floating frames, OLE objects, sounds, animations, sources
 * of sections, tables and DDE, databases, pivot tables, embedded fonts.
 * Standards: ODF 1.3 part 3 (OASIS); MathML 3.
 */

const oasis = (name: string) => `urn:oasis:names:tc:opendocument:xmlns:${name}:1.0`

export const NS = {
  office: oasis('office'),
  style: oasis('style'),
  text: oasis('text'),
  table: oasis('table'),
  draw: oasis('drawing'),
  presentation: oasis('presentation'),
  dr3d: oasis('dr3d'),
  chart: oasis('chart'),
  number: oasis('datastyle'),
  fo: oasis('xsl-fo-compatible'),
  svg: oasis('svg-compatible'),
  meta: oasis('meta'),
  config: oasis('config'),
  manifest: oasis('manifest'),
  script: oasis('script'),
  form: oasis('form'),
  animation: oasis('animation'),
  of: 'urn:oasis:names:tc:opendocument:xmlns:of:1.2',
  xlink: 'http://www.w3.org/1999/xlink',
  dc: 'http://purl.org/dc/elements/1.1/',
  math: 'http://www.w3.org/1998/Math/MathML',
  xml: 'http://www.w3.org/XML/1998/namespace',
  loext: 'urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0',
  calcext: 'urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0',
  ooo: 'http://openoffice.org/2004/office',
} as const

/** The prefixes that every program writes. */
export const PREFIX_OF: ReadonlyMap<string, string> = new Map(Object.entries(NS).map(([prefix, namespace]) => [namespace, prefix]))

export const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/))

export const ELEMENTS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [
    NS.office,
    words(`document-content document-styles document-meta document-settings body text spreadsheet presentation drawing chart
      automatic-styles styles master-styles font-face-decls meta settings annotation annotation-end change-info`),
  ],
  [
    NS.style,
    words(`style default-style paragraph-properties text-properties table-properties table-column-properties table-row-properties
      table-cell-properties section-properties graphic-properties chart-properties ruby-properties drawing-page-properties
      page-layout page-layout-properties default-page-layout header-style footer-style header-footer-properties header footer
      header-left footer-left header-first footer-first master-page handout-master presentation-page-layout region-left
      region-center region-right columns column column-sep tab-stops tab-stop drop-cap background-image map
      list-level-properties list-level-label-alignment footnote-sep font-face`),
  ],
  [
    NS.text,
    words(`p h span s tab line-break a list list-item list-header list-style list-level-style-number list-level-style-bullet
      list-level-style-image outline-style outline-level-style ruby ruby-base ruby-text bookmark bookmark-start bookmark-end
      bookmark-ref reference-mark reference-mark-start reference-mark-end reference-ref note note-citation note-body note-ref
      notes-configuration note-continuation-notice-forward note-continuation-notice-backward sequence sequence-decl
      sequence-decls sequence-ref page-number page-count page-continuation date time chapter title subject author-name
      author-initials creator initial-creator creation-date creation-time modification-date modification-time file-name
      sheet-name paragraph-count word-count character-count table-count image-count object-count description keywords
      editing-cycles editing-duration print-date print-time printed-by soft-page-break section table-of-content
      table-of-content-source table-of-content-entry-template index-body index-title index-title-template index-source-styles
      index-source-style index-entry-chapter index-entry-text index-entry-page-number index-entry-span index-entry-tab-stop
      index-entry-link-start index-entry-link-end index-entry-bibliography toc-mark toc-mark-start toc-mark-end
      alphabetical-index alphabetical-index-source alphabetical-index-entry-template alphabetical-index-mark
      alphabetical-index-mark-start alphabetical-index-mark-end illustration-index illustration-index-source
      illustration-index-entry-template table-index table-index-source table-index-entry-template user-index
      user-index-source user-index-entry-template user-index-mark user-index-mark-start user-index-mark-end
      numbered-paragraph number variable-decls variable-decl variable-set variable-get user-field-decls user-field-decl
      user-field-get placeholder linenumbering-configuration linenumbering-separator
      tracked-changes changed-region insertion deletion format-change change change-start change-end`),
  ],
  [
    NS.table,
    words(`table table-header-columns table-header-rows table-columns table-column table-rows table-row table-cell
      covered-table-cell table-column-group table-row-group content-validations content-validation help-message
      error-message named-expressions named-range named-expression database-ranges database-range filter filter-and
      filter-or filter-condition filter-set-item sort sort-by shapes calculation-settings iteration null-date label-ranges
      label-range table-template background body first-row last-row first-column last-column even-rows odd-rows even-columns
      odd-columns title desc`),
  ],
  [
    NS.draw,
    words(`frame text-box image object page g rect line polyline polygon regular-polygon path circle ellipse connector caption
      measure custom-shape enhanced-geometry equation handle glue-point contour-polygon contour-path gradient hatch fill-image
      opacity marker stroke-dash layer-set layer a page-thumbnail`),
  ],
  [NS.svg, words('linearGradient radialGradient stop desc title')],
  [NS.presentation, words('notes placeholder header footer date-time header-decl footer-decl date-time-decl settings')],
  [NS.dr3d, words('scene sphere cube extrude rotate light')],
  [
    NS.chart,
    words(`chart title subtitle footer legend plot-area wall floor axis grid series domain data-point data-label mean-value
      error-indicator regression-curve equation stock-gain-marker stock-loss-marker stock-range-line categories
      label-separator`),
  ],
  [
    NS.number,
    words(`number-style number fraction scientific-number embedded-text text currency-style currency-symbol percentage-style
      date-style day month year era day-of-week week-of-year quarter hours am-pm minutes seconds time-style boolean-style
      boolean text-style text-content fill-character`),
  ],
  [
    NS.math,
    words(`math semantics mrow mi mn mo mtext mspace ms mfrac msqrt mroot mstyle merror mpadded mphantom mfenced menclose msub
      msup msubsup munder mover munderover mmultiscripts mprescripts none mtable mtr mlabeledtr mtd maligngroup malignmark
      annotation`),
  ],
  [NS.dc, words('creator date title description subject language')],
  [NS.meta, words('initial-creator creation-date keyword editing-cycles editing-duration document-statistic print-date printed-by date-string creator-initials')],
  [
    NS.calcext,
    words(`conditional-formats conditional-format condition color-scale color-scale-entry data-bar formatting-entry icon-set
      date-is`),
  ],
  [NS.loext, words('graphic-properties table-protection p')],
  [NS.config, words('config-item-set config-item-map-indexed config-item-map-named config-item-map-entry config-item')],
])

/** Of the programs' own settings: where the sheet is frozen and what was looked at last. */
export const SETTINGS = words(`Views ViewId Tables ActiveTable CursorPositionX CursorPositionY HorizontalSplitMode VerticalSplitMode
  HorizontalSplitPosition VerticalSplitPosition ActiveSplitRange PositionLeft PositionRight PositionTop PositionBottom ZoomType
  ZoomValue ShowGrid ShowZeroValues ShowPageBreakPreview PageViewZoomValue`)

/** MathML has its attributes in no namespace. */
export const MATH_ATTRIBUTES = words(`display encoding mathvariant mathsize mathcolor stretchy fence separator form accent accentunder
  open close separators columnalign rowalign columnspan rowspan linethickness notation lspace rspace width height depth minsize
  maxsize symmetric bevelled scriptlevel displaystyle columnspacing rowspacing movablelimits largeop align`)
