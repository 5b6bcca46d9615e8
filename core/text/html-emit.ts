/**
 * The second walk over the tree: what is left after pruning, written down as text.
 *
 *   markup ──▶ tree ──▶ prune ──▶ [emit] ──▶ text
 *
 * A heading is `■ title`, a list `・item` or `1. item`, a data table one line per row, a quotation `> `, a link its
 * label and `<target>`, a picture `[画像: alt]`, struck-out text `〔取消:…〕`, coloured text `【…】`.
 * One function per element, in two tables (enter, leave); the walk itself never recurses.
 */
import type { FindingCode } from '../finding.ts'
import type { LinkPolicy } from '../policy/model.ts'
import { BLOCKS, ENTER, GAPS, LEAVE, UNMOVABLE } from './html-elements.ts'
import { COLOR, STRIKE, TextFlow } from './html-flow.ts'
import { isEmphasized, type Look, ROOT_LOOK } from './html-look.ts'
import type { OpenList } from './html-list.ts'
import type { Pruned } from './html-prune.ts'
import { TableRows } from './html-table.ts'
import { attribute, type HtmlNode } from './html-tree.ts'
import { WORDS, type Words } from './html-words.ts'
import { labelContradicts } from './link-label.ts'
import { linkTarget, type LinkTarget, showTarget } from './links.ts'

export type EmitOptions = { readonly links: LinkPolicy; readonly language: 'ja' | 'en'; readonly maxChars: number }
export type TextFinding = { readonly code: FindingCode; readonly detail?: string }
export type TextImage = { readonly cid: string; readonly src: string; readonly alt: string }

export type Emitted = {
  readonly lines: readonly string[]
  readonly findings: readonly TextFinding[]
  readonly images: readonly TextImage[]
  readonly truncated: boolean
}

/** Quotes and lists nested deeper indent no further, so that no line is longer than its text by much. */
const MAX_INDENTS = 12
const MAX_LABEL_CHARS = 2000
const MAX_ALT_CHARS = 500
const MAX_IMAGES = 1000
const MAX_LINK_FINDINGS = 50

type OpenLink = { readonly node: HtmlNode; readonly target: LinkTarget; label: string; shown: boolean }
type Indent = { readonly node: HtmlNode; readonly flow: TextFlow; readonly prefix: string }
type OpenTable = { readonly rows: TableRows; readonly around: TextFlow }

export function emit(document: HtmlNode, pruned: Pruned, options: EmitOptions): Emitted {
  const emitter = new Emitter(pruned, options)
  emitter.walk(document)
  return emitter.result()
}

export class Emitter {
  readonly #pruned: Pruned
  readonly #options: EmitOptions
  readonly words: Words
  flow: TextFlow
  readonly lists: OpenList[] = []
  readonly tables: OpenTable[] = []
  readonly #indents: Indent[] = []
  readonly #links: OpenLink[] = []
  readonly #findings: TextFinding[] = []
  readonly #images: TextImage[] = []
  #linkFindings = 0
  /** Characters of finished cells: together with those of the open flow they are what was written. */
  #charsElsewhere = 0
  #truncated = false

  constructor(pruned: Pruned, options: EmitOptions) {
    this.#pruned = pruned
    this.#options = options
    this.words = WORDS[options.language]
    this.flow = new TextFlow(this.words.marks)
  }

  walk(document: HtmlNode): void {
    let node = document.first
    while (node) {
      if (!node.dropped) this.#enter(node)
      if (node.first && !node.dropped && !this.#truncated) {
        node = node.first
        continue
      }
      this.#leave(node)
      while (node && (!node.next || this.#truncated)) {
        node = node.parent
        if (node) this.#leave(node)
      }
      node = node?.next
    }
  }

  result(): Emitted {
    return { lines: this.flow.finish(), findings: this.#findings, images: this.#images, truncated: this.#truncated }
  }

  #enter(node: HtmlNode): void {
    if (node.tag === '#text') this.#text(node)
    else {
      this.#edge(node, this.tables.length === 0)
      ENTER.get(node.tag)?.(this, node)
    }
    if (this.flow.chars + this.#charsElsewhere > this.#options.maxChars) this.#truncated = true
  }

  #leave(node: HtmlNode): void {
    if (node.dropped || node.tag === '#text') return
    LEAVE.get(node.tag)?.(this, node)
    this.#edge(node, true)
  }

  /** Where a block begins or ends; `display` may turn blocks into words and words into blocks. */
  #edge(node: HtmlNode, mayGap: boolean): void {
    const display = node.styling?.display
    if (!BLOCKS.has(node.tag)) {
      if (display === 'block' && node.tag !== 'br') this.flow.edge(false)
    } else if (display === 'inline' && !UNMOVABLE.has(node.tag)) this.flow.space()
    else this.flow.edge(mayGap && GAPS.has(node.tag) && node.styling?.tight !== true && !this.#inItem(node))
  }

  /** Lists and paragraphs inside list items stand close together. */
  #inItem(node: HtmlNode): boolean {
    const parent = node.parent?.tag
    return parent === 'li' || parent === 'dd'
  }

  #text(node: HtmlNode): void {
    const parent = node.parent!
    const look = parent.look ?? ROOT_LOOK
    const text = parent.tag === 'sup' || parent.tag === 'sub' ? scriptDigits(node.text, parent.tag) : node.text
    for (const link of this.#links) if (link.label.length < MAX_LABEL_CHARS) link.label += text.slice(0, MAX_LABEL_CHARS)
    const room = this.#options.maxChars - this.flow.chars - this.#charsElsewhere + 1
    const fitting = text.length > room * 2 + 1000 ? text.slice(0, room * 2 + 1000) : text
    if (fitting.length < text.length) this.#truncated = true
    const marks = this.#marks(look, text)
    if (look.whiteSpace === 'normal') this.flow.collapse(fitting, marks)
    else this.flow.keep(fitting, marks, look.whiteSpace === 'pre')
  }

  #marks(look: Look, text: string): number {
    const strike = look.strike ? STRIKE : 0
    if (this.#links.length > 0 || !isEmphasized(look, this.#pruned.bodyColor)) return strike
    // Already in such brackets: 【重要】 in red needs no second pair.
    return /^\s*【[^【】]{0,200}】\s*$/.test(text.slice(0, 300)) ? strike : strike | COLOR
  }

  /** Everything until `outdent` of the same element stands behind `prefix`. */
  indent(node: HtmlNode, prefix: string): void {
    const { flow } = this
    if (this.#indents.length >= MAX_INDENTS) return
    this.#indents.push({ node, flow, prefix: flow.prefix })
    flow.prefix += prefix
  }
  outdent(node: HtmlNode): void {
    this.flow.edge(false)
    const indent = this.#indents.at(-1)
    if (indent?.node !== node) return
    indent.flow.prefix = indent.prefix
    this.#indents.pop()
  }

  openTable(node: HtmlNode): void {
    if (node.table?.isData) this.tables.push({ rows: new TableRows(), around: this.flow })
  }
  closeTable(node: HtmlNode): void {
    if (!node.table?.isData) return
    const { rows } = this.tables.pop()!
    this.flow.addLines(rows.lines())
  }
  openCell(): void {
    if (this.tables.length > 0) this.flow = new TextFlow(this.words.marks)
  }
  closeCell(node: HtmlNode): void {
    const table = this.tables.at(-1)
    if (!table || table.around === this.flow) return
    table.rows.addCell(node, this.flow.finish().join('\n'))
    this.#charsElsewhere += this.flow.chars + 3
    this.flow = table.around
  }

  openLink(node: HtmlNode): void {
    const href = attribute(node, 'href')
    if (href === undefined || this.#links.length > 3) return
    const target = linkTarget(href, this.#pruned.base)
    this.#links.push({ node, target, label: '', shown: false })
    if (target.kind === 'active') this.#findings.push({ code: 'link.active', detail: target.scheme })
  }

  closeLink(node: HtmlNode): void {
    if (this.#links.at(-1)?.node !== node) return
    const { target, label, shown } = this.#links.pop()!
    const text = label.trim()
    if (text === '' && !shown) return
    const written = this.#isSaid(text, target) ? '' : showTarget(target, this.#options.links)
    if (written !== '') {
      this.flow.space()
      this.flow.say(written)
    }
    this.#warn(text, target)
  }

  /** An address or number that is its own label is not written twice; nor a URL that stays as it is. */
  #isSaid(label: string, target: LinkTarget): boolean {
    if (target.kind === 'mail') return label.toLowerCase() === target.address.toLowerCase()
    if (target.kind === 'phone') return label.replace(/\D/g, '') === target.number.replace(/\D/g, '')
    return target.kind === 'web' && (label === target.url || label + '/' === target.url)
  }

  #warn(label: string, target: LinkTarget): void {
    const host = target.kind === 'web' ? target.host : target.kind === 'mail' ? target.address : ''
    const disguised = target.kind === 'web' && target.disguised
    const contradicts = labelContradicts(label, target)
    if (!disguised && !contradicts) return
    this.flow.say((contradicts ? this.words.elsewhere : this.words.disguised)(host))
    if (this.#linkFindings++ >= MAX_LINK_FINDINGS) return
    if (disguised) this.#findings.push({ code: 'link.disguised', detail: host.slice(0, 200) })
    if (contradicts) this.#findings.push({ code: 'link.mismatch', detail: host.slice(0, 200) })
  }

  image(node: HtmlNode): void {
    const src = (attribute(node, 'src') ?? '').trim()
    const alt = (attribute(node, 'alt') ?? attribute(node, 'title') ?? '').replace(/\s+/g, ' ').trim().slice(0, MAX_ALT_CHARS)
    const cid = /^cid:/i.test(src) ? decoded(src.slice(4, 1000)) : ''
    const decorative = cid === '' && alt === '' && attribute(node, 'alt') !== undefined
    if (this.#images.length < MAX_IMAGES) this.#images.push({ cid, src: shownSource(src), alt })
    if (decorative) return
    for (const link of this.#links) {
      link.shown = true
      if (link.label.length < MAX_LABEL_CHARS) link.label += alt
    }
    this.flow.space()
    this.flow.say(alt === '' ? `[${this.words.image}]` : `[${this.words.image}: ${alt}]`)
    this.flow.space()
  }

  /** A region of an image map: a link whose label is its alt text. */
  area(node: HtmlNode): void {
    this.openLink(node)
    const link = this.#links.at(-1)
    const alt = (attribute(node, 'alt') ?? '').trim().slice(0, MAX_ALT_CHARS)
    if (link?.node !== node) return
    link.shown = true
    link.label = alt
    if (alt !== '') this.flow.collapse(alt, 0)
    this.closeLink(node)
    this.flow.space()
  }
}

/** `src` of the report: where it points, never a data: URL's content. */
function shownSource(src: string): string {
  const short = /^data:/i.test(src) ? src.slice(0, 100).split(',', 1)[0]! : src.slice(0, 500)
  return short.replace(/[^\x21-\x7e]+/g, other => encodeURIComponent(other.toWellFormed()))
}

function decoded(component: string): string {
  try {
    return decodeURIComponent(component)
  } catch {
    return component
  }
}

function scriptDigits(text: string, tag: 'sup' | 'sub'): string {
  if (!/^[0-9]{1,3}$/.test(text)) return text
  return text.replace(/\d/g, digit => (tag === 'sup' ? '⁰¹²³⁴⁵⁶⁷⁸⁹' : '₀₁₂₃₄₅₆₇₈₉')[Number(digit)]!)
}
