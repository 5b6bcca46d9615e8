/**
 * Writes XML of our own: every character escaped as it must be, all namespaces declared at the root.
 *
 *   open ▸ text ▸ close, as the elements come ──▶ [XmlWriter] ──▶ octets in UTF-8
 *
 * Prefixes are the writer's, whatever they were in the source: one per namespace, all declared once, so no value or
 * element can mean another namespace than it had. What was written can be taken back as long as the whole stretch is
 * balanced: that is how a field whose nature shows only at its end disappears.
 * Invariant: the output depends only on the calls; every element has an end tag, so an emptied element looks like one
 * that was always empty.
 */
import { Buffer } from 'node:buffer'
import { XML_NAMESPACE, type XmlAttribute } from './xml.ts'

export type XmlWriterOptions = {
  /** The prefix to use for a namespace; '' makes it the default one; undefined leaves the choice to the writer. */
  readonly prefixOf?: (namespace: string) => string | undefined
  /** Attributes of the root that depend on what was written, e.g. mc:Ignorable. */
  readonly rootAttributes?: (prefixes: ReadonlyMap<string, string>) => string
  readonly standalone?: boolean
}

/** What is written of an element by its name alone. */
type Tag = { readonly start: string; readonly open: string; readonly close: string }

export class XmlWriter {
  readonly #options: XmlWriterOptions
  readonly #prefixes = new Map<string, string>()
  /** The same string for the same name: there are few of them, written very often. By prefix and local name. */
  readonly #attributeNames = new Map<string, Map<string, string>>()
  readonly #tags = new Map<string, Map<string, Tag>>()
  readonly #taken = new Set<string>(['xml', 'xmlns'])
  /** Of prefixes of ours: all from 2 up to here are taken, and a document may have thousands. */
  #nextNumber = 2
  readonly #pieces: string[] = []
  /** What was in use at each mark. */
  readonly #declaredAt = new Map<number, { readonly namespaces: number; readonly nextNumber: number }>()
  readonly #open: Tag[] = []
  #root: { readonly start: string } | undefined
  #length = 0

  constructor(options: XmlWriterOptions = {}) {
    this.#options = options
  }

  /** UTF-16 units so far, for a bound while writing. What was taken back counts all the same. */
  get length(): number {
    return this.#length
  }

  open(namespace: string, local: string, attributes: readonly XmlAttribute[] = []): void {
    const tag = this.#tagOf(namespace, local)
    this.#open.push(tag)
    if (attributes.length === 0 && this.#root) return this.#write(tag.open)
    let written = tag.start
    for (const each of attributes) written += ` ${this.#attributeName(each)}="${escapeAttribute(each.value)}"`
    if (this.#root) this.#write(`${written}>`)
    else this.#root = { start: written }
  }

  text(text: string): void {
    this.#write(escapeText(text))
  }

  close(): void {
    this.#write(this.#open.pop()!.close)
  }

  /** A place to come back to. */
  mark(): number {
    const at = this.#pieces.length
    this.#declaredAt.set(at, { namespaces: this.#prefixes.size, nextNumber: this.#nextNumber })
    return at
  }

  /** Takes back what was written between two marks. It must be balanced. */
  takeBack(from: number, to: number): void {
    this.#pieces.fill('', from, to)
  }

  /** Takes back everything since a mark, namespaces that were first used there with it. It must be balanced. */
  rollBack(from: number): void {
    this.takeBack(from, this.#pieces.length)
    const { namespaces, nextNumber } = this.#declaredAt.get(from)!
    for (const [namespace, prefix] of [...this.#prefixes].slice(namespaces)) {
      this.#prefixes.delete(namespace)
      this.#taken.delete(prefix)
    }
    this.#nextNumber = nextNumber
  }

  #write(piece: string): void {
    this.#length += piece.length
    this.#pieces.push(piece)
  }

  /** The prefix by which values may name a namespace; it is declared from now on. */
  prefixFor(namespace: string): string {
    if (namespace === XML_NAMESPACE) return 'xml'
    const known = this.#prefixes.get(namespace)
    if (known !== undefined) return known
    const wanted = this.#options.prefixOf?.(namespace)
    let prefix = wanted ?? 'ns1'
    while (this.#taken.has(prefix)) prefix = `ns${this.#nextNumber++}`
    this.#taken.add(prefix)
    this.#prefixes.set(namespace, prefix)
    return prefix
  }

  finish(): Buffer {
    const { standalone, rootAttributes } = this.#options
    const declaration = `<?xml version="1.0" encoding="UTF-8"${standalone ? ' standalone="yes"' : ''}?>\n`
    const more = rootAttributes?.(this.#prefixes) ?? ''
    const namespaces = [...this.#prefixes].map(
      ([namespace, prefix]) => ` xmlns${prefix === '' ? '' : `:${prefix}`}="${escapeAttribute(namespace)}"`,
    )
    return Buffer.from(`${declaration}${this.#root?.start ?? ''}${namespaces.join('')}${more}>${this.#pieces.join('')}`)
  }

  #tagOf(namespace: string, local: string): Tag {
    const prefix = namespace === '' ? '' : this.prefixFor(namespace)
    const tags = mapIn(this.#tags, prefix)
    const known = tags.get(local)
    if (known) return known
    const name = prefix === '' ? local : `${prefix}:${local}`
    const tag = { start: `<${name}`, open: `<${name}>`, close: `</${name}>` }
    tags.set(local, tag)
    return tag
  }

  #attributeName({ namespace, local }: XmlAttribute): string {
    if (namespace === '') return local
    const prefix = this.prefixFor(namespace)
    const names = mapIn(this.#attributeNames, prefix)
    let name = names.get(local)
    if (name === undefined) names.set(local, (name = `${prefix}:${local}`))
    return name
  }
}

function mapIn<Value>(maps: Map<string, Map<string, Value>>, key: string): Map<string, Value> {
  let map = maps.get(key)
  if (!map) maps.set(key, (map = new Map()))
  return map
}

const TEXT_ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' }
const ATTRIBUTE_ESCAPES: Readonly<Record<string, string>> = {
  ...TEXT_ESCAPES,
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
}

export function escapeText(text: string): string {
  return /[&<>\r]/.test(text) ? text.replace(/[&<>\r]/g, each => TEXT_ESCAPES[each]!) : text
}

export function escapeAttribute(value: string): string {
  return /[&<>"\t\n\r]/.test(value) ? value.replace(/[&<>"\t\n\r]/g, each => ATTRIBUTE_ESCAPES[each]!) : value
}
