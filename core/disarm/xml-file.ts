/**
 * XML files: read to the last element and written again, without what a browser or an Office program would act on.
 *
 *   octets ──▶ readXml ──▶ elements and text, unless their namespace acts ──▶ XmlWriter ──▶ octets in UTF-8
 *
 * Data of any vocabulary stays: names, attributes, text, order. Document types and processing instructions go, and with
 * them outside references and style sheets that run; so do elements of XHTML, SVG and XSLT, which run in a browser
 * whatever the file is called. Whole documents of Office programs in XML are left to nobody.
 * Prefixes keep their spelling, because values may name them (XBRL: `iso4217:JPY`).
 * Linear; never throws. Standards: XML 1.0, Namespaces in XML 1.0; XHTML 1.0 for what runs.
 */
import { Buffer } from 'node:buffer'
import type { Removed } from '../objects.ts'
import type { Disarmed, Disarmer, DisarmInput } from './contract.ts'
import { readXml, type XmlAttribute, type XmlElement, type XmlHandler } from './xml.ts'
import { escapeAttribute, XmlWriter } from './xml-write.ts'

/** Run or fetched by a browser that shows the file. */
const ACTING = new Set([
  'http://www.w3.org/1999/xhtml',
  'http://www.w3.org/2000/svg',
  'http://www.w3.org/1999/XSL/Transform',
  'http://www.w3.org/TR/WD-xsl',
  'http://www.w3.org/2001/XInclude',
  'http://www.mozilla.org/xbl',
  'http://www.mozilla.org/keymaster/gatekeeper/there.is.only.xul',
  'http://schemas.microsoft.com/winfx/2006/xaml/presentation',
  'urn:schemas-microsoft-com:xslt',
])
/** Documents that Office opens with everything in them: macros, links, objects. */
const DOCUMENTS = /^(?:http:\/\/schemas\.microsoft\.com\/office\/|urn:schemas-microsoft-com:office:)/
const XLINK = 'http://www.w3.org/1999/xlink'
const DECLARED = /\sxmlns(?::([A-Za-z_][\w.-]{0,60}))?\s*=\s*(?:"([^"<]{1,300})"|'([^'<]{1,300})')/g
/** Declarations beyond these are written with prefixes of our own. */
const MOST_DECLARED = 200

export const xmlDisarmer: Disarmer = {
  table: [
    { object: 'elements, attributes, text, prefixes', becomes: 'rebuilt' },
    { object: 'document type, external or with entities', becomes: 'removed', kind: 'documentTypes' },
    { object: 'processing instructions such as style sheets', becomes: 'removed', kind: 'actions' },
    { object: 'elements that run in a browser (XHTML, SVG, XSLT)', becomes: 'removed', kind: 'scripts' },
    { object: 'comments', becomes: 'removed', kind: 'customData' },
    { object: 'whole Office documents in XML', becomes: 'blocked' },
  ],
  disarm({ untrustedBytes, limits }: DisarmInput): Disarmed {
    if (untrustedBytes.length > 4 * limits.outputBytes) return { kind: 'cannot', reason: 'limit' }
    const writing = new XmlWriting(prefixesFor(untrustedBytes), limits.outputBytes)
    const read = readXml(untrustedBytes, writing, { doctype: 'drop', legacyCharsets: true, countsAsides: true })
    if (writing.stopped !== undefined) return { kind: 'cannot', reason: writing.stopped }
    if (read.kind === 'cannot') return read
    const bytes = writing.finish()
    if (bytes === undefined) return { kind: 'cannot', reason: 'malformed' }
    if (bytes.length > limits.outputBytes) return { kind: 'cannot', reason: 'limit' }
    const counts = { documentTypes: read.doctypes, actions: read.instructions, scripts: writing.dropped, customData: read.comments }
    const removed = Object.entries(counts).flatMap(([what, count]) => (count > 0 ? [{ what, count } as Removed] : []))
    return { kind: 'rebuilt', bytes, mediaType: 'application/xml', extension: 'xml', removed, findings: [] }
  },
}

/**
 * The default namespace stays one, unless elements without a namespace are about: all declarations will stand at the
 * root, where it would take those in.
 */
function prefixesFor(untrustedBytes: Uint8Array): ReadonlyMap<string, string> {
  const prefixes = declaredPrefixes(untrustedBytes)
  if (![...prefixes.values()].includes('')) return prefixes
  let hasBare = false
  const survey: XmlHandler = {
    open(element) {
      if (element.namespace === '') hasBare = true
    },
    text() {},
    close() {},
  }
  readXml(untrustedBytes, survey, { doctype: 'drop', legacyCharsets: true })
  return hasBare ? new Map([...prefixes].filter(([, prefix]) => prefix !== '')) : prefixes
}

/** The first spelling of each namespace, as far as it can be seen without reading. */
function declaredPrefixes(untrustedBytes: Uint8Array): ReadonlyMap<string, string> {
  const prefixes = new Map<string, string>()
  const text = Buffer.from(untrustedBytes.buffer, untrustedBytes.byteOffset, untrustedBytes.byteLength).toString('latin1')
  for (const [, prefix = '', one, other] of text.matchAll(DECLARED)) {
    const namespace = one ?? other!
    if (prefixes.size >= MOST_DECLARED) break
    if (/^[\x21-\x7e]+$/.test(namespace) && !namespace.includes('&') && !/^xml/i.test(prefix) && !prefixes.has(namespace)) prefixes.set(namespace, prefix)
  }
  return prefixes
}

class XmlWriting implements XmlHandler {
  dropped = 0
  stopped: 'unsupported' | 'limit' | undefined
  readonly #writer: XmlWriter
  readonly #mostLength: number
  #droppedDepth = 0
  #hasRoot = false

  constructor(prefixes: ReadonlyMap<string, string>, mostLength: number) {
    this.#mostLength = mostLength
    let unnamed = 0
    // A number of its own for each: looking for a free one would take longer with every namespace.
    const prefixOf = (namespace: string) => prefixes.get(namespace) ?? `ns${++unnamed}`
    this.#writer = new XmlWriter({ prefixOf, rootAttributes: used => unusedDeclarations(prefixes, used) })
  }

  open(element: XmlElement): void {
    if (DOCUMENTS.test(element.namespace)) this.#stop('unsupported')
    if (this.#droppedDepth > 0 || ACTING.has(element.namespace)) {
      if (this.#droppedDepth++ === 0) this.dropped++
      return
    }
    this.#hasRoot = true
    this.#writer.open(element.namespace, element.local, element.attributes.filter(attribute => this.#isHarmless(attribute)))
    if (this.#writer.length > this.#mostLength) this.#stop('limit')
  }

  text(text: string): void {
    if (this.#droppedDepth === 0 && this.#hasRoot) this.#writer.text(text)
  }

  close(): void {
    if (this.#droppedDepth > 0) this.#droppedDepth--
    else if (this.#hasRoot) this.#writer.close()
  }

  finish(): Uint8Array | undefined {
    return this.#hasRoot ? new Uint8Array(this.#writer.finish()) : undefined
  }

  #isHarmless({ namespace, local, value }: XmlAttribute): boolean {
    const acts = ACTING.has(namespace) || (namespace === XLINK && local === 'href' && /^[\s\x00-\x20]*(?:javascript|vbscript|data)[\s]*:/i.test(value))
    if (acts) this.dropped++
    return !acts
  }

  /** Ends the reading: the reader makes a verdict of what is thrown here. */
  #stop(reason: 'unsupported' | 'limit'): never {
    this.stopped = reason
    throw new Error(reason)
  }
}

/** Values may name prefixes that no element uses. */
function unusedDeclarations(prefixes: ReadonlyMap<string, string>, used: ReadonlyMap<string, string>): string {
  const taken = new Set(used.values())
  let text = ''
  for (const [namespace, prefix] of prefixes) {
    if (prefix === '' || used.has(namespace) || taken.has(prefix) || ACTING.has(namespace)) continue
    taken.add(prefix)
    text += ` xmlns:${prefix}="${escapeAttribute(namespace)}"`
  }
  return text
}
