/**
 * The only door to saxes: reads untrusted XML as a row of elements and text, namespaces resolved.
 *
 *   octets ──▶ charset ▸ well-formedness ▸ namespaces ──▶ [readXml] ──▶ handler.open / text / close
 *
 * A document type is refused, or dropped where the caller says so; either way no entity but the five of XML exists, so
 * nothing is fetched and nothing grows. Comments and processing instructions are left behind, CDATA is text. Depth,
 * attributes and names are bounded; an element's handler sees no prefix, only what it stands for.
 * Output is written by xml-write.ts, never copied from here.
 * Invariant: what is not well-formed to the last octet is 'malformed'; the handler's half result must then be dropped.
 * Standards: XML 1.0 (5th ed.), Namespaces in XML 1.0 (3rd ed.) §3 (reserved prefixes), §6.3 (attributes unique).
 */
import { SaxesParser } from 'saxes'

export const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace'
const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/'
const MOST_DEPTH = 256
const MOST_ATTRIBUTES = 1000
const LONGEST_NAME = 300
const CHUNK_BYTES = 256 * 1024
/** A declaration stands in the first octets or nowhere. */
const DECLARATION_WITHIN = 200

/** One object for all that has the same name in the same scope, so that what is known of it can be looked up at once. */
export type XmlName = { readonly namespace: string; readonly local: string }

export type XmlAttribute = { readonly namespace: string; readonly local: string; readonly value: string }

export type XmlElement = {
  readonly name: XmlName
  /** '' for none. */
  readonly namespace: string
  readonly local: string
  /** In the order of the source, without declarations of namespaces. */
  readonly attributes: readonly XmlAttribute[]
  /** 1 for the root. */
  readonly depth: number
  /** What a prefix inside a value stands for at this place; '' asks for the default namespace. */
  namespaceOf(prefix: string): string | undefined
}

export type XmlHandler = {
  open(element: XmlElement): void
  /** Never inside a CDATA section of its own: that is text. May come in pieces. */
  text(text: string): void
  close(): void
}

export type XmlOptions = {
  readonly doctype: 'refuse' | 'drop'
  /** Also the charsets of Japanese Windows and Unix, if the declaration names one. Default: UTF-8 and UTF-16 only. */
  readonly legacyCharsets?: boolean
  /** Whether comments and processing instructions are counted, at half of the speed. They are left behind anyway. */
  readonly countsAsides?: boolean
  /** What is left to do for the whole file that this document is a part of. */
  readonly work?: XmlWork
}

/** Names of elements and attributes that may still be read. */
export type XmlWork = { namesLeft: number }

/**
 * A name costs about a microsecond wherever it stands, and packed markup can hold hundreds of them in an octet: time is bounded by
 * them, not by octets. Honest files have at most one or two names in a packed octet (a table of a hundred thousand equal cells).
 */
const FREE_NAMES = 300_000
const NAMES_PER_OCTET = 3

/** For all documents in a package of this size. */
export function xmlWorkFor(packedBytes: number): XmlWork {
  return { namesLeft: FREE_NAMES + NAMES_PER_OCTET * packedBytes }
}

export type XmlRead =
  | { readonly kind: 'read'; readonly doctypes: number; readonly comments: number; readonly instructions: number }
  | { readonly kind: 'cannot'; readonly reason: 'malformed' | 'limit' }

class XmlLimit extends Error {}

/** Never throws, whatever the octets or the handler do. Linear in the input. */
export function readXml(untrustedBytes: Uint8Array, handler: XmlHandler, options: XmlOptions): XmlRead {
  const decoder = decoderFor(untrustedBytes, options.legacyCharsets ?? false)
  if (!decoder) return { kind: 'cannot', reason: 'malformed' }
  const reading = new Reading(handler, options)
  try {
    for (let at = 0; at < untrustedBytes.length; at += CHUNK_BYTES) {
      reading.write(decoder.decode(untrustedBytes.subarray(at, at + CHUNK_BYTES), { stream: true }))
    }
    return reading.end(decoder.decode())
  } catch (error) {
    return { kind: 'cannot', reason: error instanceof XmlLimit ? 'limit' : 'malformed' }
  }
}

/** Declarations that are in force at a place; what names stand for there is worked out once. */
type Scope = { readonly parent: Scope | undefined; readonly declared: ReadonlyMap<string, string>; readonly names: Names }
type Names = { readonly elements: Map<string, XmlName>; readonly attributes: Map<string, XmlName> }

const TOP: Scope = { parent: undefined, declared: new Map([['xml', XML_NAMESPACE], ['', '']]), names: newNames() }

function newNames(): Names {
  return { elements: new Map(), attributes: new Map() }
}

type Given = { readonly name: string; readonly value: string }
/**
 * The parser makes a dictionary of the attributes of each tag, only to have its keys listed: a sixth of the time that markup takes.
 * Here they stay the list that they are read as. What these names mean is seen by every test of this file.
 */
type Inside = { attribList: Given[]; processAttribs: () => void }

class Reading {
  readonly #handler: XmlHandler
  readonly #parser = new SaxesParser({ xmlns: false, position: false, fragment: false, defaultXMLVersion: '1.0', forceXMLVersion: true })
  /** Attributes of the tag that is being opened. */
  #given: readonly Given[] = []
  readonly #scopes: Scope[] = [TOP]
  readonly #work: XmlWork
  #doctypes = 0
  #comments = 0
  #instructions = 0

  constructor(handler: XmlHandler, { doctype, countsAsides = false, work }: XmlOptions) {
    this.#handler = handler
    this.#work = work ?? { namesLeft: Number.POSITIVE_INFINITY }
    const inside = this.#parser as unknown as Inside
    const takeAttributes = () => {
      this.#given = inside.attribList
      if (this.#given.length > 0) inside.attribList = []
    }
    inside.processAttribs = takeAttributes
    this.#parser.on('doctype', () => {
      if (doctype === 'refuse') throw new Error('document type')
      this.#doctypes++
    })
    this.#parser.on('opentag', ({ name }) => this.#open(name))
    this.#parser.on('closetag', () => {
      this.#scopes.pop()
      handler.close()
    })
    this.#parser.on('text', text => this.#text(text))
    // Each further listener makes the parser half as fast: its fields then become a dictionary.
    this.#parser.on('cdata', text => this.#text(text))
    if (!countsAsides) return
    this.#parser.on('comment', () => void this.#comments++)
    this.#parser.on('processinginstruction', () => void this.#instructions++)
  }

  write(text: string): void {
    this.#parser.write(text)
  }

  end(text: string): XmlRead {
    this.#parser.write(text).close()
    return { kind: 'read', doctypes: this.#doctypes, comments: this.#comments, instructions: this.#instructions }
  }

  /** Blanks before and behind the root are no content. */
  #text(text: string): void {
    if (this.#scopes.length > 1) this.#handler.text(text)
  }

  #open(tagName: string): void {
    const depth = this.#scopes.length
    if (depth > MOST_DEPTH) throw new XmlLimit()
    const given = this.#given
    const scope = this.#scopeOf(given)
    this.#scopes.push(scope)
    const name = resolve(tagName, scope, true)
    this.#handler.open(new OpenedElement(name, given.length === 0 ? NONE : attributesOf(given, scope), depth, scope))
  }

  #scopeOf(given: readonly Given[]): Scope {
    const parent = this.#scopes.at(-1)!
    if (given.length > MOST_ATTRIBUTES) throw new XmlLimit()
    let declared: Map<string, string> | undefined
    for (const { name, value } of given) {
      if (!isDeclaration(name)) continue
      declared ??= new Map()
      const prefix = name.slice(6)
      if (declared.has(prefix)) throw new Error('attribute twice')
      declared.set(prefix, checkedDeclaration(prefix, value))
    }
    this.#work.namesLeft -= 1 + given.length
    if (this.#work.namesLeft < 0) throw new XmlLimit()
    return declared ? { parent, declared, names: newNames() } : parent
  }
}

const NONE: readonly XmlAttribute[] = []

function isDeclaration(name: string): boolean {
  return name.charCodeAt(0) === 0x78 && name.startsWith('xmlns') && (name.length === 5 || name[5] === ':')
}

class OpenedElement implements XmlElement {
  readonly name: XmlName
  readonly attributes: readonly XmlAttribute[]
  readonly depth: number
  readonly #scope: Scope

  constructor(name: XmlName, attributes: readonly XmlAttribute[], depth: number, scope: Scope) {
    this.name = name
    this.attributes = attributes
    this.depth = depth
    this.#scope = scope
  }

  get namespace(): string {
    return this.name.namespace
  }

  get local(): string {
    return this.name.local
  }

  namespaceOf(prefix: string): string | undefined {
    return lookUp(prefix, this.#scope)
  }
}

/** The reserved names stay what they are, and only the default namespace can be taken back. */
function checkedDeclaration(prefix: string, namespace: string): string {
  const isReserved = prefix === 'xml' ? namespace !== XML_NAMESPACE : prefix === 'xmlns' || namespace === XML_NAMESPACE
  if (isReserved || namespace === XMLNS_NAMESPACE || (namespace === '' && prefix !== '')) throw new Error('reserved')
  return namespace
}

function lookUp(prefix: string, scope: Scope): string | undefined {
  for (let at: Scope | undefined = scope; at; at = at.parent) {
    const namespace = at.declared.get(prefix)
    if (namespace !== undefined) return namespace
  }
  return undefined
}

/** Attributes without a prefix are in no namespace, elements in the default one: so they are kept apart. */
function resolve(name: string, scope: Scope, isElement: boolean): XmlName {
  const names = isElement ? scope.names.elements : scope.names.attributes
  const known = names.get(name)
  if (known) return known
  if (name.length > LONGEST_NAME) throw new XmlLimit()
  const colon = name.indexOf(':')
  const prefix = colon < 0 ? '' : name.slice(0, colon)
  const local = name.slice(colon + 1)
  const namespace = colon < 0 && !isElement ? '' : lookUp(prefix, scope)
  if (namespace === undefined || local === '' || colon === 0 || local.includes(':')) throw new Error('name')
  const resolved = { namespace, local }
  names.set(name, resolved)
  return resolved
}

function attributesOf(given: readonly Given[], scope: Scope): readonly XmlAttribute[] {
  let found: XmlAttribute[] | undefined
  for (const { name, value } of given) {
    if (isDeclaration(name)) continue
    const { namespace, local } = resolve(name, scope, false)
    found ??= []
    found.push({ namespace, local, value })
  }
  if (found && found.length > 1 && hasTwins(found)) throw new Error('attribute twice')
  return found ?? NONE
}

/** Most elements have so few that comparing each with each is the fastest. */
const FEW = 12

/** Equal names, or two prefixes that stand for one namespace. */
function hasTwins(attributes: readonly XmlAttribute[]): boolean {
  if (attributes.length > FEW) return new Set(attributes.map(({ namespace, local }) => `${namespace} ${local}`)).size < attributes.length
  for (let later = 1; later < attributes.length; later++) {
    const { namespace, local } = attributes[later]!
    for (let at = 0; at < later; at++) if (attributes[at]!.local === local && attributes[at]!.namespace === namespace) return true
  }
  return false
}

const LEGACY = new Set(['shift_jis', 'shift-jis', 'sjis', 'x-sjis', 'ms932', 'cp932', 'windows-31j', 'euc-jp', 'iso-2022-jp'])
/** What TextDecoder does not know by the name that XML files use. */
const ALIASES: Readonly<Record<string, string>> = { cp932: 'shift_jis' }

/** A byte order mark decides, then the declaration; a charset that contradicts the octets has no certain reading. */
function decoderFor(bytes: Uint8Array, legacyCharsets: boolean): TextDecoder | undefined {
  const [first, second] = bytes
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0x3c && second === 0)
  const isUtf16Swapped = (first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c)
  if (isUtf16 || isUtf16Swapped) return new TextDecoder(isUtf16 ? 'utf-16le' : 'utf-16be', { fatal: true })
  const head = String.fromCharCode(...bytes.subarray(0, DECLARATION_WITHIN))
  const declared = /^(?:\xef\xbb\xbf)?<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']/.exec(head)?.[1]?.toLowerCase() ?? 'utf-8'
  if (declared === 'utf-8' || declared === 'utf8' || declared === 'us-ascii') return new TextDecoder('utf-8', { fatal: true })
  if (!legacyCharsets || head.startsWith('\xef\xbb\xbf') || !LEGACY.has(declared)) return undefined
  return new TextDecoder(ALIASES[declared] ?? declared, { fatal: true })
}
