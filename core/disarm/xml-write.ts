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

export class XmlWriter {
  readonly #options: XmlWriterOptions
  readonly #prefixes = new Map<string, string>()
  readonly #taken = new Set<string>(['xml', 'xmlns'])
  /** Of prefixes of ours: all from 2 up to here are taken, and a document may have thousands. */
  #nextNumber = 2
  /** Finished stretches; the last one grows in #tail. */
  readonly #pieces: string[] = []
  #tail = ''
  /** What was in use at each mark. */
  readonly #declaredAt: { readonly namespaces: number; readonly nextNumber: number }[] = []
  readonly #open: string[] = []
  #root: { readonly start: string } | undefined
  #length = 0

  constructor(options: XmlWriterOptions = {}) {
    this.#options = options
  }

  /** UTF-16 units so far, for a bound while writing. What was taken back counts all the same. */
  get length(): number {
    return this.#length + this.#tail.length
  }

  open(namespace: string, local: string, attributes: readonly XmlAttribute[] = []): void {
    const name = this.#nameOf(namespace, local)
    let tag = `<${name}`
    for (const each of attributes) tag += ` ${this.#attributeName(each)}="${escapeAttribute(each.value)}"`
    this.#open.push(name)
    if (this.#root) this.#tail += `${tag}>`
    else this.#root = { start: tag }
  }

  text(text: string): void {
    this.#tail += escapeText(text)
  }

  close(): void {
    this.#tail += `</${this.#open.pop()!}>`
  }

  /** A place to come back to. */
  mark(): number {
    this.#length += this.#tail.length
    this.#pieces.push(this.#tail)
    this.#tail = ''
    this.#declaredAt.push({ namespaces: this.#prefixes.size, nextNumber: this.#nextNumber })
    return this.#pieces.length
  }

  /** Takes back what was written between two marks. It must be balanced. */
  takeBack(from: number, to: number): void {
    this.#pieces.fill('', from, to)
  }

  /** Takes back everything since a mark, namespaces that were first used there with it. It must be balanced. */
  rollBack(from: number): void {
    this.takeBack(from, this.mark())
    const { namespaces, nextNumber } = this.#declaredAt[from - 1]!
    for (const [namespace, prefix] of [...this.#prefixes].slice(namespaces)) {
      this.#prefixes.delete(namespace)
      this.#taken.delete(prefix)
    }
    this.#nextNumber = nextNumber
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
    this.mark()
    const { standalone, rootAttributes } = this.#options
    const declaration = `<?xml version="1.0" encoding="UTF-8"${standalone ? ' standalone="yes"' : ''}?>\n`
    const more = rootAttributes?.(this.#prefixes) ?? ''
    const namespaces = [...this.#prefixes].map(
      ([namespace, prefix]) => ` xmlns${prefix === '' ? '' : `:${prefix}`}="${escapeAttribute(namespace)}"`,
    )
    return Buffer.from(`${declaration}${this.#root?.start ?? ''}${namespaces.join('')}${more}>${this.#pieces.join('')}`)
  }

  #nameOf(namespace: string, local: string): string {
    if (namespace === '') return local
    const prefix = this.prefixFor(namespace)
    return prefix === '' ? local : `${prefix}:${local}`
  }

  #attributeName({ namespace, local }: XmlAttribute): string {
    if (namespace === '') return local
    return `${this.prefixFor(namespace)}:${local}`
  }
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
