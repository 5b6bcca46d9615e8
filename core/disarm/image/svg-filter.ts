/**
 * SVG through an allow-list, so that the renderer sees shapes, paints and text, and nothing that acts or reaches out.
 *
 *   octets ──▶ [costs and pictures] ──▶ bounds ──▶ [allow-list] ──▶ octets for the renderer
 *
 * Kept are elements that draw, references inside the drawing, and pictures that stand in it as data, coded anew by
 * whoever calls. Filters are left out: their cost cannot be told in advance.
 * Never throws; linear. Standards: SVG 1.1 (2nd ed.), SVG 2; CSS of style attributes is only searched for references.
 */
import { Buffer } from 'node:buffer'
import type { Cannot } from '../contract.ts'
import type { ObjectKind } from '../../objects.ts'
import { readXml, type XmlAttribute, type XmlElement } from '../xml.ts'
import { filterXml, type XmlDecision } from '../xml-filter.ts'
import { SvgCost } from './svg-cost.ts'

const SVG = 'http://www.w3.org/2000/svg'
const XLINK = 'http://www.w3.org/1999/xlink'

const ELEMENTS = new Set(
  (
    'svg g defs symbol use switch path rect circle ellipse line polyline polygon text tspan textPath tref linearGradient ' +
    'radialGradient stop clipPath mask pattern marker image style'
  ).split(' '),
)
/** What is gone with each element that is not drawn; others are of no importance. */
const LOST: Readonly<Record<string, ObjectKind>> = {
  script: 'scripts',
  foreignObject: 'layout',
  filter: 'layout',
  animate: 'actions',
  animateMotion: 'actions',
  animateTransform: 'actions',
  animateColor: 'actions',
  set: 'actions',
  metadata: 'metadata',
}
const NOT_ATTRIBUTES = /^(?:on|base$|filter$|requiredExtensions$|systemLanguage$)/
const MOST_ELEMENTS = 50_000
const MOST_DRAWN = 100_000
const MOST_PICTURES = 100
const DATA_PICTURE = /^data:image\/(?:png|jpe?g|gif|webp);base64,/i

export type SvgCounts = Partial<Record<ObjectKind, number>>
/** A picture in the drawing by its data URL, and by what it is replaced; undefined leaves it out. */
export type Recode = (untrustedBytes: Uint8Array) => Promise<{ readonly bytes: Uint8Array; readonly mediaType: string } | undefined>
export type FilteredSvg = { readonly kind: 'filtered'; readonly bytes: Uint8Array; readonly counts: SvgCounts; readonly text: string } | Cannot

export async function filterSvg(untrustedBytes: Uint8Array, outputLength: number, recode: Recode): Promise<FilteredSvg> {
  const survey = surveyOf(untrustedBytes)
  if (survey.kind === 'cannot') return survey
  const pictures = new Map<string, string>()
  for (const url of survey.pictures) {
    const picture = await recode(new Uint8Array(Buffer.from(url.slice(url.indexOf(',') + 1), 'base64')))
    if (picture) pictures.set(url, `data:${picture.mediaType};base64,${Buffer.from(picture.bytes).toString('base64')}`)
  }
  const rule = new Rule(pictures)
  const filtered = filterXml(untrustedBytes, {
    doctype: 'drop',
    legacyCharsets: true,
    prefixOf: namespace => (namespace === SVG ? '' : namespace === XLINK ? 'xlink' : undefined),
    outputLength,
    element: (element, parent) => rule.element(element, parent),
    text: (text, parent) => (parent.local === 'style' ? harmlessCss(text) : text),
  })
  if (filtered.kind === 'cannot') return filtered
  if (filtered.doctypes > 0) rule.count('documentTypes', filtered.doctypes)
  return { kind: 'filtered', bytes: filtered.bytes, counts: rule.counts, text: survey.text }
}

type Survey = { readonly kind: 'survey'; readonly pictures: ReadonlySet<string>; readonly text: string } | Cannot

/** What it costs, which pictures it holds, which characters it shows. */
function surveyOf(untrustedBytes: Uint8Array): Survey {
  const cost = new SvgCost()
  const pictures = new Set<string>()
  const open: string[] = []
  let text = ''
  const read = readXml(
    untrustedBytes,
    {
      open(element) {
        cost.open(element)
        open.push(element.local)
        const href = element.local === 'image' ? hrefOf(element) : undefined
        if (href !== undefined && DATA_PICTURE.test(href)) pictures.add(href)
      },
      text(piece) {
        if (open.at(-1) === 'style') cost.sheet(piece)
        else if (/^(?:text|tspan|textPath)$/.test(open.at(-1) ?? '') && text.length < 10_000) text += piece
      },
      close() {
        cost.close()
        open.pop()
      },
    },
    { doctype: 'drop', legacyCharsets: true },
  )
  if (read.kind === 'cannot') return read
  const isOver = cost.elements > MOST_ELEMENTS || pictures.size > MOST_PICTURES || cost.total() > MOST_DRAWN
  return isOver ? { kind: 'cannot', reason: 'limit' } : { kind: 'survey', pictures, text }
}

function hrefOf({ attributes }: XmlElement): string | undefined {
  return attributes.find(({ local, namespace }) => local === 'href' && (namespace === '' || namespace === XLINK))?.value
}

class Rule {
  readonly counts: Record<string, number> = {}
  readonly #pictures: ReadonlyMap<string, string>

  constructor(pictures: ReadonlyMap<string, string>) {
    this.#pictures = pictures
  }

  count(what: ObjectKind, number = 1): void {
    this.counts[what] = (this.counts[what] ?? 0) + number
  }

  element(element: XmlElement, parent: XmlElement | undefined): XmlDecision {
    const { namespace, local, attributes } = element
    if (!parent && (namespace !== SVG || local !== 'svg')) return 'drop'
    if (namespace === SVG && local === 'a') {
      this.count('hyperlinks')
      return 'unwrap'
    }
    if (namespace !== SVG || !ELEMENTS.has(local)) {
      if (namespace === SVG && Object.hasOwn(LOST, local)) this.count(LOST[local]!)
      return 'drop'
    }
    const kept = attributes.flatMap(attribute => this.#attribute(local, attribute))
    return local === 'image' && !kept.some(attribute => attribute.local === 'href') ? 'drop' : kept
  }

  #attribute(element: string, { namespace, local, value }: XmlAttribute): XmlAttribute[] {
    if (local === 'href' && (namespace === '' || namespace === XLINK)) return this.#reference(element, value)
    if (namespace !== '') return []
    if (/^on/i.test(local)) this.count('scripts')
    if (local === 'filter') this.count('layout')
    if (NOT_ATTRIBUTES.test(local)) return []
    return [{ namespace, local, value: harmlessCss(value) }]
  }

  #reference(element: string, value: string): XmlAttribute[] {
    if (/^#[^\s]{1,200}$/.test(value)) return [{ namespace: XLINK, local: 'href', value }]
    const picture = element === 'image' ? this.#pictures.get(value) : undefined
    if (picture !== undefined) return [{ namespace: XLINK, local: 'href', value: picture }]
    this.count(/^data:/i.test(value) ? 'pictures' : 'remoteContent')
    return []
  }
}

/** Only references inside the drawing; no filters. */
function harmlessCss(css: string): string {
  if (!/url|@|filter/i.test(css)) return css
  return css
    .replace(/@import[^;]*;?/gi, '')
    .replace(/url\((?!\s*["']?#)[^)]*\)?/gi, 'none')
    .replace(/(^|[;{\s])(?:-webkit-)?filter\s*:[^;}]*/gi, '$1')
}
