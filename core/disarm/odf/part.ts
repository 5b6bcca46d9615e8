/**
 * One XML part of an OpenDocument file through the allow-list.
 *
 *   octets ──▶ filterXml (elements, attributes, references) ──▶ octets of our own │ what was removed
 *
 * References to pictures and objects get the name under which they are written; those to anywhere else are dropped, links
 * go by the rules. A formula that may not stay leaves its stored value.
 */
import type { Buffer } from 'node:buffer'
import type { ObjectKind, ObjectRules } from '../../objects.ts'
import { ruleFor } from '../../objects.ts'
import { harmlessLink, kindOfBadLink } from '../ooxml/links.ts'
import type { XmlAttribute, XmlElement, XmlName, XmlWork } from '../xml.ts'
import { filterXml, type XmlDecision } from '../xml-filter.ts'
import { comparesInside, computesInside } from './formula.ts'
import { ELEMENTS, MATH_ATTRIBUTES, NS, PREFIX_OF, SETTINGS } from './vocabulary.ts'
import { ATTRIBUTES } from './vocabulary-attributes.ts'

export type PartContext = {
  readonly rules: ObjectRules
  readonly count: (what: ObjectKind) => void
  /** The name in the new package of a picture or object that `href` points to; undefined for one that is not there. */
  readonly pictureName: (href: string) => string | undefined
  readonly objectName: (href: string) => string | undefined
  readonly work: XmlWork
}

/** What the lists say of an element by its name alone. */
type Listed = { readonly dropped: ObjectKind | undefined; readonly isWrapper: boolean; readonly isKnown: boolean; readonly isPlain: boolean }

export type FilteredPart =
  | { readonly kind: 'filtered'; readonly bytes: Buffer }
  | { readonly kind: 'cannot'; readonly reason: 'malformed' | 'limit' }

/** What is dropped, and what the report calls it; `namespace local`, or a whole namespace. */
const DROPPED: ReadonlyMap<string, ObjectKind> = new Map<string, ObjectKind>([
  [`${NS.presentation} event-listener`, 'actions'],
  [`${NS.office} script`, 'scripts'],
  [`${NS.text} script`, 'scripts'],
  [NS.script, 'scripts'],
  [`${NS.draw} control`, 'forms'],
  [NS.form, 'forms'],
  [NS.animation, 'layout'],
  [`${NS.presentation} animations`, 'layout'],
  [`${NS.presentation} sound`, 'media'],
  [`${NS.draw} plugin`, 'media'],
  [`${NS.draw} applet`, 'controls'],
  [`${NS.draw} floating-frame`, 'remoteContent'],
  [`${NS.draw} object-ole`, 'oleObjects'],
  [`${NS.office} binary-data`, 'embeddedFiles'],
  [`${NS.office} dde-source`, 'dynamicFields'],
  [`${NS.text} section-source`, 'externalLinks'],
  [`${NS.text} dde-connection-decls`, 'dynamicFields'],
  [`${NS.table} dde-links`, 'dynamicFields'],
  [`${NS.table} table-source`, 'externalLinks'],
  [`${NS.table} cell-range-source`, 'externalLinks'],
  [`${NS.table} data-pilot-tables`, 'dataConnections'],
  [`${NS.text} database-next`, 'dataConnections'],
])
/** Containers that programs write even when there is nothing in them: what is inside is judged by itself. */
const WRAPPERS = new Set([`${NS.office} scripts`, `${NS.office} event-listeners`, `${NS.office} forms`])
/** Fields that fetch or run something: what they showed stays as text. */
const DYNAMIC = /^(?:dde-connection|execute-macro|database-.*|conditional-text|hidden-text|expression|user-defined|meta-field)$/
const CHANGE_MARKS = new Set(['tracked-changes', 'change', 'change-start', 'change-end'])
const XLINK_VALUES = /^(?:simple|embed|new|replace|none|onLoad|onRequest)$/
/** No attribute needs one of these, wherever it stands. */
const REACHES_OUT = /:\/\/|vnd\.sun\.star|^\s*(?:javascript|vbscript|data|file|macro|script|service|slot|\.uno):/i
/** Names and texts that people write may look like anything. */
const TEXTUAL = new Set(['name', 'title', 'description', 'display-name', 'string-value', 'style-name', 'message-type', 'note'])

export function filterPart(untrustedBytes: Uint8Array, context: PartContext, outputLength: number): FilteredPart {
  const listed = new Map<XmlName, Listed>()
  const result = filterXml(untrustedBytes, {
    doctype: 'drop',
    work: context.work,
    prefixOf: namespace => PREFIX_OF.get(namespace),
    // Formulas name their language by this prefix inside of values.
    rootAttributes: () => ` xmlns:of="${NS.of}" xmlns:ooo="${NS.ooo}"`,
    element: (element, parent) => decide(element, parent, listingOf(element.name, listed), context),
    outputLength,
  })
  if (result.kind === 'filtered' && result.doctypes > 0) context.count('documentTypes')
  return result
}

function listingOf(name: XmlName, known: Map<XmlName, Listed>): Listed {
  const before = known.get(name)
  if (before) return before
  const { namespace, local } = name
  const listed = {
    dropped: DROPPED.get(`${namespace} ${local}`) ?? DROPPED.get(namespace),
    isWrapper: WRAPPERS.has(`${namespace} ${local}`),
    isKnown: ELEMENTS.get(namespace)?.has(local) ?? false,
    isPlain: !isSpecial(name),
  }
  known.set(name, listed)
  return listed
}

/** More is asked about it than its name. */
function isSpecial({ namespace, local }: XmlName): boolean {
  if (namespace === NS.text) return CHANGE_MARKS.has(local) || local === 'a' || isPicture({ namespace, local })
  if (namespace === NS.draw) return local === 'a' || local === 'object' || isPicture({ namespace, local })
  return namespace === NS.config || (namespace === NS.office && local.startsWith('annotation')) || isPicture({ namespace, local })
}

function decide(element: XmlElement, parent: XmlElement | undefined, listed: Listed, context: PartContext): XmlDecision {
  const { namespace, local } = element
  if (listed.dropped) return drop(listed.dropped, context)
  if (listed.isWrapper) return 'unwrap'
  if (!listed.isKnown) return unknown(element, context)
  if (listed.isPlain) return attributesOf(element, context)
  if (namespace === NS.text && CHANGE_MARKS.has(local)) return byRule('revisions', local === 'tracked-changes', element, context)
  if (namespace === NS.office && local.startsWith('annotation')) return byRule('comments', local === 'annotation', element, context)
  if (namespace === NS.config && !isKnownSetting(element, parent)) return 'drop'
  if (local === 'a' && (namespace === NS.text || namespace === NS.draw)) return decideLink(element, context)
  if (isPicture(element)) return decidePicture(element, context)
  if (namespace === NS.draw && local === 'object') return decideObject(element, context)
  return attributesOf(element, context)
}

function drop(what: ObjectKind, { count }: PartContext): 'drop' {
  count(what)
  return 'drop'
}

/** Text inside an unknown field is what its reader saw; other unknown elements go with all they hold. */
function unknown({ namespace, local }: XmlElement, context: PartContext): XmlDecision {
  if (namespace !== NS.text) return drop('layout', context)
  if (DYNAMIC.test(local)) context.count('dynamicFields')
  return 'unwrap'
}

function byRule(what: ObjectKind, counts: boolean, element: XmlElement, context: PartContext): XmlDecision {
  if (ruleFor(what, context.rules) === 'keep') return attributesOf(element, context)
  if (counts) context.count(what)
  return 'drop'
}

/** Sets of the view only; the names of its maps' entries are those of sheets. */
function isKnownSetting({ local, attributes }: XmlElement, parent: XmlElement | undefined): boolean {
  const name = attributes.find(each => each.namespace === NS.config && each.local === 'name')?.value ?? ''
  if (local === 'config-item-set') return name === 'ooo:view-settings'
  if (local === 'config-item-map-entry') return true
  return SETTINGS.has(name) && parent !== undefined
}

function hrefOf({ attributes }: XmlElement): string | undefined {
  return attributes.find(each => each.namespace === NS.xlink && each.local === 'href')?.value
}

function withHref(element: XmlElement, href: string, context: PartContext): readonly XmlAttribute[] {
  return [{ namespace: NS.xlink, local: 'href', value: href }, ...attributesOf(element, context)]
}

function decideLink(element: XmlElement, context: PartContext): XmlDecision {
  const href = hrefOf(element) ?? ''
  const target = harmlessLink(href)
  const keeps = ruleFor('hyperlinks', context.rules) === 'keep' || target?.startsWith('#')
  if (target !== undefined && keeps) return withHref(element, target, context)
  context.count(target === undefined ? kindOfBadLink(href) : 'hyperlinks')
  return 'unwrap'
}

function isPicture({ namespace, local }: XmlName): boolean {
  return (
    (namespace === NS.draw && (local === 'image' || local === 'fill-image')) ||
    (namespace === NS.style && local === 'background-image') ||
    (namespace === NS.text && local === 'list-level-style-image')
  )
}

function decidePicture(element: XmlElement, context: PartContext): XmlDecision {
  const href = hrefOf(element)
  // A style that says "no background picture" refers to none.
  if (href === undefined) return element.local === 'background-image' ? attributesOf(element, context) : drop('pictures', context)
  const name = context.pictureName(href)
  return name === undefined ? 'drop' : withHref(element, name, context)
}

function decideObject(element: XmlElement, context: PartContext): XmlDecision {
  const name = context.objectName(hrefOf(element) ?? '')
  return name === undefined ? drop('oleObjects', context) : withHref(element, name, context)
}

function attributesOf(element: XmlElement, context: PartContext): readonly XmlAttribute[] {
  return element.attributes.length === 0 ? element.attributes : element.attributes.filter(attribute => mayStay(attribute, element, context))
}

function mayStay({ namespace, local, value }: XmlAttribute, element: XmlElement, context: PartContext): boolean {
  if (namespace === NS.xlink) return local !== 'href' && XLINK_VALUES.test(value)
  if (namespace === NS.xml) return local === 'id' || local === 'lang' || local === 'space'
  if (namespace === NS.config) return local === 'name' || local === 'type'
  if (namespace === '') return element.namespace === NS.math && MATH_ATTRIBUTES.has(local)
  if (!ATTRIBUTES.get(namespace)?.has(local)) return false
  const isFormula = namespace === NS.table && (local === 'formula' || local === 'expression')
  const isCondition = local === 'condition' || (namespace === NS.calcext && local === 'value')
  if (isFormula || isCondition) {
    const stays = isFormula ? computesInside(value, element) : comparesInside(value, element)
    if (!stays) context.count('formulas')
    return stays
  }
  return TEXTUAL.has(local) || !REACHES_OUT.test(value)
}
