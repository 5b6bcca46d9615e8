/**
 * The markup of one part: read, judged element by element against the vocabulary, written again.
 *
 *   octets ──▶ readXml ──▶ [filterMarkup] vocabulary ▸ special elements (elements.ts) ▸ attributes ──▶ XmlWriter
 *
 * What names a relationship that was left behind goes with it. Text stands only where an element has some. Of
 * alternatives (mc:AlternateContent) those stay that need nothing unknown.
 * Invariant: an element or attribute that is in no list is not written; its namespace, prefix and form are ours.
 * Standards: ISO/IEC 29500-1 §17-22, part 3 (markup compatibility).
 */
import type { ObjectKind } from '../../objects.ts'
import { readXml, XML_NAMESPACE, type XmlAttribute, type XmlElement, type XmlName, type XmlWork } from '../xml.ts'
import { XmlWriter } from '../xml-write.ts'
import { specialOf } from './elements.ts'
import { Fields } from './fields.ts'
import { isHarmlessFormula } from './formulas.ts'
import { harmlessStyle, isHarmlessAction } from './links.ts'
import { hasQualifiedAttributes, ignorable, prefixOf, type Short, shortOf } from './namespaces.ts'
import { isSilent, kindOfUnknown, takesText } from './oddities.ts'
import type { Special } from './special.ts'
import { isKnownAttribute, isKnownElement } from './vocabulary.ts'

/** What became of a relationship of this part. */
export type Link = 'part' | 'embedded' | 'hyperlink' | 'gone'

export type MarkupRules = {
  readonly keepComments: boolean
  readonly keepRevisions: boolean
  readonly keepLinks: boolean
  readonly keepForms: boolean
}

export type MarkupContext = {
  /** The elements that may stand at the top, with the short name of their namespace: `w:document`. */
  readonly roots: readonly string[]
  readonly links: ReadonlyMap<string, Link>
  readonly rules: MarkupRules
  readonly outputLength: number
  readonly work: XmlWork
  count(kind: ObjectKind, count?: number): void
}

export type FilteredMarkup = { readonly kind: 'filtered'; readonly bytes: Buffer } | { readonly kind: 'cannot'; readonly reason: 'malformed' | 'limit' }

/** Never throws; linear. */
export function filterMarkup(untrustedBytes: Uint8Array, context: MarkupContext): FilteredMarkup {
  const markup = new Markup(context)
  const read = readXml(untrustedBytes, markup, { doctype: 'refuse', work: context.work })
  if (read.kind === 'cannot') return markup.isOver ? { kind: 'cannot', reason: 'limit' } : read
  return markup.hasRoot ? { kind: 'filtered', bytes: markup.finish() } : { kind: 'cannot', reason: 'malformed' }
}

/** How an element is written that is more than its name: see elements.ts. */
export type Decision =
  | 'drop'
  | 'unwrap'
  | {
      readonly local?: string
      readonly attributes: readonly XmlAttribute[]
      /** Called with the text of the element instead of its being written, before its end tag. */
      readonly text?: (text: string) => void
      /** Called after its end tag. */
      readonly closed?: (hasContent: boolean) => void
    }
  | { readonly unwrap: true; readonly closed: (hasContent: boolean) => void }

export type OpenElement = { readonly short: Short | ''; readonly element: XmlElement }

type Known = { readonly short: Short | '' | undefined; readonly special: Special | undefined; readonly isKnown: boolean }

/** What is done with an attribute of a name, whatever its value; `judge`: the value decides, or something is counted. */
type AttributeRule = 'keep' | 'drop' | 'judge'

type Frame = OpenElement & {
  readonly isWritten: boolean
  readonly takesText: boolean
  readonly text: ((text: string) => void) | undefined
  readonly closed: ((hasContent: boolean) => void) | undefined
  collected: string
  hasContent: boolean
}

export class Markup {
  hasRoot = false
  isOver = false
  readonly context: MarkupContext
  readonly writer: XmlWriter
  readonly fields: Fields
  /** What elements.ts remembers from one element to a later one of the same part. */
  readonly memory = new Map<string, unknown>()
  readonly #frames: Frame[] = []
  /** What is known of each name of this part. */
  readonly #names = new Map<XmlName, Known>()
  readonly #attributes = new Map<XmlName, Map<string, Map<string, AttributeRule>>>()
  #droppedDepth = 0

  constructor(context: MarkupContext) {
    this.context = context
    this.writer = new XmlWriter({ prefixOf, rootAttributes: ignorable, standalone: true })
    this.fields = new Fields(this.writer, context.rules, kind => context.count(kind))
  }

  /** The nearest element around the one that is judged; `back` more steps out. */
  around(back = 0): OpenElement | undefined {
    return this.#frames.at(-1 - back)
  }

  isInside(short: Short, local: string): boolean {
    return this.#frames.some(frame => frame.short === short && frame.element.local === local)
  }

  open(element: XmlElement): void {
    if (this.#droppedDepth > 0) this.#droppedDepth++
    else if (!this.#enter(element)) this.#droppedDepth = 1
  }

  text(text: string): void {
    const frame = this.#frames.at(-1)
    if (this.#droppedDepth > 0 || !frame?.takesText) return
    if (frame.text) frame.collected += text
    else this.writer.text(text)
    this.#checkLength()
  }

  close(): void {
    if (this.#droppedDepth > 0) {
      this.#droppedDepth--
      return
    }
    const frame = this.#frames.pop()!
    frame.text?.(frame.collected)
    if (frame.isWritten) this.writer.close()
    frame.closed?.(frame.hasContent)
  }

  finish(): Buffer {
    this.fields.finish()
    return this.writer.finish()
  }

  /** Attributes that are understood; undefined when the element hangs on a relationship that is gone. */
  attributesOf({ short, element }: OpenElement): XmlAttribute[] | undefined {
    const { attributes } = element
    if (attributes.length === 0) return []
    const kept: XmlAttribute[] = []
    for (const attribute of attributes) {
      const rule = this.#attributeRule(attribute, short, element)
      if (rule === 'keep') kept.push(attribute)
      if (rule !== 'judge') continue
      const value = this.#attributeValue(attribute, short, element)
      if (value === GONE) return undefined
      if (value !== undefined) kept.push(value === attribute.value ? attribute : { ...attribute, value })
    }
    return kept
  }

  /** False when the element is dropped. */
  #enter(element: XmlElement): boolean {
    const { short, special: judge, isKnown } = this.#known(element.name)
    if (short === undefined || !this.#isAllowedPlace(short, element)) return this.#drop(short, element)
    const open = { short, element }
    const special = judge?.(this, open)
    if (special === 'drop') return false
    if (special === undefined && !isKnown) return this.#drop(short, element)
    const decision = special ?? this.#plain(open)
    if (decision === undefined) return false
    this.#push(open, decision)
    return true
  }

  #known(name: XmlName): Known {
    const known = this.#names.get(name)
    if (known) return known
    const short = shortOf(name.namespace)
    const found: Known = {
      short,
      special: short === undefined ? undefined : specialOf(short, name.local),
      isKnown: short !== undefined && isKnownElement(short, name.local),
    }
    this.#names.set(name, found)
    return found
  }

  #plain(open: OpenElement): { readonly attributes: readonly XmlAttribute[] } | undefined {
    const attributes = this.attributesOf(open)
    return attributes && { attributes }
  }

  /** VML text boxes are the only place for elements without a namespace. */
  #isAllowedPlace(short: string, { local, depth }: XmlElement): boolean {
    const { roots } = this.context
    return depth === 1 ? roots.includes(`${short}:${local}`) : short !== '' || roots.includes(':xml')
  }

  #drop(short: string | undefined, element: XmlElement): false {
    const kind = short === undefined && isSilent(element.namespace) ? undefined : kindOfUnknown(short, element.local)
    if (kind) this.context.count(kind)
    return false
  }

  #push(open: OpenElement, decision: Exclude<Decision, 'drop'>): void {
    const isWritten = decision !== 'unwrap' && !('unwrap' in decision)
    const more = decision === 'unwrap' || 'unwrap' in decision ? undefined : decision
    if (more) {
      this.writer.open(open.element.namespace, more.local ?? open.element.local, more.attributes)
      const around = this.#frames.at(-1)
      if (around) around.hasContent = true
      this.hasRoot = true
      this.#checkLength()
    }
    this.#frames.push({
      short: open.short,
      element: open.element,
      isWritten,
      takesText: isWritten && takesText(open.short, more?.local ?? open.element.local),
      text: more?.text,
      closed: decision === 'unwrap' ? undefined : decision.closed,
      collected: '',
      hasContent: false,
    })
  }

  #attributeRule({ namespace, local }: XmlAttribute, short: Short | '', element: XmlElement): AttributeRule {
    let namespaces = this.#attributes.get(element.name)
    if (!namespaces) this.#attributes.set(element.name, (namespaces = new Map()))
    let rules = namespaces.get(namespace)
    if (!rules) namespaces.set(namespace, (rules = new Map()))
    const known = rules.get(local)
    if (known) return known
    const rule = this.#newRule(namespace, local, short, element)
    rules.set(local, rule)
    return rule
  }

  #newRule(namespace: string, local: string, short: Short | '', element: XmlElement): AttributeRule {
    if (namespace === XML_NAMESPACE) return local === 'space' || local === 'lang' ? 'keep' : 'drop'
    const own = shortOf(namespace)
    if (own === 'r' || (own === 'o' && local === 'relid') || (short === 'dsp' && local === 'relId')) return 'judge'
    if (local === 'action' || local === 'textlink' || local === 'style') return 'judge'
    if (this.#isUnderstood(namespace, local, short, element)) return 'keep'
    return own !== undefined && kindOfUnknown(own, `@${local}`) ? 'judge' : 'drop'
  }

  #isUnderstood(namespace: string, local: string, short: Short | '', element: XmlElement): boolean {
    const own = shortOf(namespace)
    // Two spellings of one name would leave it to the reader which of them counts.
    const isTwin = own === '' ? hasQualifiedAttributes(short) : own === short && namespace !== element.namespace
    // The instruction of a field is judged on its element; elsewhere it means nothing.
    const isMisplaced = local === 'instr' && element.local !== 'fldSimple'
    return own !== undefined && !isTwin && !isMisplaced && isKnownAttribute(own === '' ? short : own, local)
  }

  /** Of an attribute that is to be judged. */
  #attributeValue({ namespace, local, value }: XmlAttribute, short: Short | '', element: XmlElement): string | typeof GONE | undefined {
    const own = shortOf(namespace)
    if (own === 'r' || (own === 'o' && local === 'relid') || (short === 'dsp' && local === 'relId')) {
      return this.#linkValue(value, short, element.local)
    }
    if (own === '' && local === 'action' && short === 'a') return this.#action(value)
    if (!this.#isUnderstood(namespace, local, short, element)) {
      if (own !== undefined && kindOfUnknown(own, `@${local}`) && value !== '') this.context.count(kindOfUnknown(own, `@${local}`)!)
      return undefined
    }
    if (local === 'textlink') return isHarmlessFormula(value, this.context.rules) ? value : undefined
    return local === 'style' && (short === 'v' || short === '') ? harmlessStyle(value) : value
  }

  /** An empty identifier means that there is no relationship, which is right beside an action. */
  #linkValue(id: string, short: Short | '', local: string): string | typeof GONE | undefined {
    const link = id === '' ? 'hyperlink' : this.context.links.get(id)
    if (link !== undefined && link !== 'gone') return id
    return MAY_LOSE_LINK.has(`${short}:${local}`) ? undefined : GONE
  }

  #action(action: string): string | typeof GONE {
    if (isHarmlessAction(action)) return action
    this.context.count('actions')
    return GONE
  }

  #checkLength(): void {
    this.isOver = this.writer.length > this.context.outputLength
    if (this.isOver) throw new Error('output limit')
  }
}

const GONE = Symbol('relationship is gone')

/** Elements that mean something without the relationship that they name. */
const MAY_LOSE_LINK = new Set(['a:blip', 'x:pageSetup', 'v:fill', 'v:stroke', 'w:hyperlink', 'x:hyperlink', 'x:worksheetSource', 'a:buBlip'])
