/**
 * XML through an allow-list: reads a document and writes again only what a rule understood.
 *
 *   octets ──▶ readXml ──▶ [filterXml] rule per element ──▶ XmlWriter ──▶ octets
 *
 * The rule sees each element with the nearest one that was written, and answers with the attributes to keep;
 * what it does not know it drops with everything inside. For formats that need no more than that; OOXML and ODF text
 * with fields go to readXml themselves.
 */
import type { Buffer } from 'node:buffer'
import { readXml, type XmlAttribute, type XmlElement, type XmlOptions } from './xml.ts'
import { XmlWriter, type XmlWriterOptions } from './xml-write.ts'

/** `drop`: not written, nor anything inside; `unwrap`: not written, but what is inside is judged by itself. */
export type XmlDecision = 'drop' | 'unwrap' | readonly XmlAttribute[]

export type XmlFilter = XmlOptions &
  XmlWriterOptions & {
    /** Called once per element outside dropped ones. `parent` is the nearest written element. */
    readonly element: (element: XmlElement, parent: XmlElement | undefined) => XmlDecision
    /** The text to write instead; unchanged by default. */
    readonly text?: (text: string, parent: XmlElement) => string
    /** Most UTF-16 units that may be written. */
    readonly outputLength: number
  }

export type FilteredXml =
  | { readonly kind: 'filtered'; readonly bytes: Buffer; readonly dropped: number; readonly doctypes: number }
  | { readonly kind: 'cannot'; readonly reason: 'malformed' | 'limit' }

/** Never throws; linear. A document whose root is not understood is 'malformed'. */
export function filterXml(untrustedBytes: Uint8Array, filter: XmlFilter): FilteredXml {
  const filtering = new Filtering(filter)
  const read = readXml(untrustedBytes, filtering, filter)
  if (read.kind === 'cannot') return filtering.isOver ? { kind: 'cannot', reason: 'limit' } : read
  if (!filtering.hasRoot) return { kind: 'cannot', reason: 'malformed' }
  return { kind: 'filtered', bytes: filtering.finish(), dropped: filtering.dropped, doctypes: read.doctypes }
}

class Filtering {
  dropped = 0
  hasRoot = false
  isOver = false
  readonly #filter: XmlFilter
  readonly #writer: XmlWriter
  /** Undefined for an unwrapped element. */
  readonly #open: (XmlElement | undefined)[] = []
  readonly #written: XmlElement[] = []
  #droppedDepth = 0

  constructor(filter: XmlFilter) {
    this.#filter = filter
    this.#writer = new XmlWriter(filter)
  }

  open(element: XmlElement): void {
    if (this.#droppedDepth > 0) {
      this.#droppedDepth++
      return
    }
    const decision = this.#filter.element(element, this.#written.at(-1))
    // Only one element may stand at the top.
    if (decision === 'drop' || (decision === 'unwrap' && this.#written.length === 0)) {
      this.dropped++
      this.#droppedDepth = 1
    } else if (decision === 'unwrap') {
      this.#open.push(undefined)
    } else {
      this.#writer.open(element.namespace, element.local, decision)
      this.#checkLength()
      this.#open.push(element)
      this.#written.push(element)
      this.hasRoot = true
    }
  }

  text(text: string): void {
    const parent = this.#written.at(-1)
    if (this.#droppedDepth > 0 || !parent) return
    this.#writer.text(this.#filter.text?.(text, parent) ?? text)
    this.#checkLength()
  }

  close(): void {
    if (this.#droppedDepth > 0) this.#droppedDepth--
    else if (this.#open.pop() !== undefined) {
      this.#written.pop()
      this.#writer.close()
    }
  }

  finish(): Buffer {
    return this.#writer.finish()
  }

  #checkLength(): void {
    this.isOver = this.#writer.length > this.#filter.outputLength
    if (this.isOver) throw new Error('output limit')
  }
}
