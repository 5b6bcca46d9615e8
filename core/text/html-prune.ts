/**
 * The first walk over the tree: takes out what a reader would not see and what is not text, and gathers what the
 * second walk (html-emit.ts) has to know beforehand: looks, kinds of tables, the usual colour of the text.
 *
 *   markup ──▶ tree ──▶ [prune] ──▶ emit ──▶ text
 *
 * Hidden is what a browser would not show: display, visibility, opacity, `hidden`, tiny type, the colour of the
 * background, boxes moved away, clipped or without height. `mso-hide` alone hides nothing: senders pair it with
 * `display:none` for everyone, or use it to show a thing to everyone but Word.
 */
import { type Color, isVivid, type Styling } from './html-css.ts'
import { isInvisible, type Look, lookOf, ROOT_LOOK } from './html-look.ts'
import { StyleSheet } from './html-sheet.ts'
import { TableShape } from './html-table.ts'
import { attribute, following, type HtmlNode } from './html-tree.ts'

export type Pruned = {
  /** Places where text was hidden from the reader. */
  readonly hiddenCount: number
  /** Remote pictures of a size nobody sees. */
  readonly trackerCount: number
  /** Names of tags and attributes that would run, load or send something. */
  readonly active: ReadonlySet<string>
  /** A vivid colour that most of the text has: then it marks nothing. */
  readonly bodyColor: Color | undefined
  /** Value of <base href>, '' without one. */
  readonly base: string
}

const ACTIVE_TAGS = new Set(
  ('script iframe frame frameset object embed applet svg math canvas audio video input select textarea ' +
    'noembed noframes portal fencedframe').split(' '),
)
const SILENT_TAGS = new Set(
  'head title style meta link base template source track param rp datalist optgroup option progress meter basefont bgsound colgroup col'.split(' '),
)
/** White space, and characters that have no ink: fillers, joiners, marks of direction. */
const INKLESS = /[\s\u2800\p{Default_Ignorable_Code_Point}]+/gu

export function prune(document: HtmlNode): Pruned {
  const pruner = new Pruner(document)
  pruner.walk()
  return pruner.result()
}

class Pruner {
  readonly #document: HtmlNode
  readonly #sheet: StyleSheet
  readonly #tables: TableShape[] = []
  readonly #active = new Set<string>()
  readonly #charsByColor = new Map<Color, number>()
  #chars = 0
  #hiddenCount = 0
  #trackerCount = 0
  #base = ''

  constructor(document: HtmlNode) {
    this.#document = document
    this.#sheet = StyleSheet.of(document)
    document.look = ROOT_LOOK
  }

  walk(): void {
    let node = this.#document.first
    while (node) {
      if (node.tag === '#text') this.#text(node)
      else this.#element(node)
      if (node.first && !node.dropped) {
        node = node.first
        continue
      }
      this.#leave(node)
      while (node && !node.next) {
        node = node.parent
        if (node) this.#leave(node)
      }
      node = node?.next
    }
  }

  result(): Pruned {
    let bodyColor: Color | undefined
    for (const [color, chars] of this.#charsByColor) if (chars * 2 > this.#chars && isVivid(color)) bodyColor = color
    return {
      hiddenCount: this.#hiddenCount,
      trackerCount: this.#trackerCount,
      active: this.#active,
      bodyColor,
      base: this.#base,
    }
  }

  #text(node: HtmlNode): void {
    const look = node.parent!.look!
    if (isInvisible(look, this.#sheet.backgroundsKnown)) {
      node.dropped = true
      if (hasInk(node.text)) this.#hiddenCount++
      return
    }
    const chars = node.text.trim().length
    this.#chars += chars
    if (typeof look.color === 'number') this.#charsByColor.set(look.color, (this.#charsByColor.get(look.color) ?? 0) + chars)
    this.#tables.at(-1)?.addText(chars)
  }

  #element(node: HtmlNode): void {
    this.#noteActive(node)
    node.dropped = node.foreign || ACTIVE_TAGS.has(node.tag) || SILENT_TAGS.has(node.tag)
    if (node.dropped) return
    const styling = this.#sheet.stylingOf(node)
    node.styling = styling
    if (isHidden(node, styling)) {
      this.#hide(node)
      return
    }
    node.look = lookOf(node, styling, node.parent?.look ?? ROOT_LOOK)
    if (node.tag === 'img') this.#image(node, node.look)
    else this.#tablePart(node)
  }

  #noteActive(node: HtmlNode): void {
    const { tag } = node
    if (ACTIVE_TAGS.has(tag) && !(tag === 'input' && attribute(node, 'type') === 'hidden')) this.#active.add(tag)
    else if (tag === 'form' || tag === 'button') this.#active.add(tag)
    else if (tag === 'meta' && /^\s*refresh/i.test(attribute(node, 'http-equiv') ?? '')) this.#active.add('meta refresh')
    else if (tag === 'base') this.#base ||= attribute(node, 'href') ?? ''
    if (this.#active.size > 30) return
    for (const { name } of node.attributes) {
      if (name.charCodeAt(0) === 0x6f && name.startsWith('on') && name.length < 30) this.#active.add(name.replace(/[^a-z-]/g, ''))
    }
  }

  /** A hidden box goes as a whole; it counts once, when there was anything to read in it. */
  #hide(node: HtmlNode): void {
    node.dropped = true
    let inked = false
    for (let inner = node.first; inner; inner = following(inner, node, true)) {
      if (inner.tag === '#text') inked ||= isReadable(inner)
      else if (isRemotePicture(inner)) this.#trackerCount++
      else this.#noteActive(inner)
    }
    if (inked) this.#hiddenCount++
    if (isRemotePicture(node)) this.#trackerCount++
  }

  #image(node: HtmlNode, look: Look): void {
    const [width, height] = [pixelsOf(node, 'width'), pixelsOf(node, 'height')]
    if (width > 2 && height > 2 && look.visible) return
    node.dropped = true
    if ((width <= 2 && height <= 2) || !look.visible) this.#trackerCount += isRemotePicture(node) ? 1 : 0
  }

  #tablePart(node: HtmlNode): void {
    const { tag } = node
    if (tag === 'table') {
      const outer = this.#tables.at(-1)
      if (outer) outer.nested = true
      node.table = new TableShape(node)
      this.#tables.push(node.table)
    } else if (tag === 'tr') this.#tables.at(-1)?.startRow()
    else if (tag === 'td' || tag === 'th') this.#tables.at(-1)?.startCell(tag)
  }

  #leave(node: HtmlNode): void {
    if (node.table) this.#tables.pop()
  }
}

function isHidden(node: HtmlNode, styling: Styling): boolean {
  if (styling.display === 'none' || styling.away) return true
  if (styling.display === undefined && attribute(node, 'hidden') !== undefined) return true
  return node.tag === 'dialog' && attribute(node, 'open') === undefined
}

function hasInk(text: string): boolean {
  return text.replace(INKLESS, '') !== ''
}

function isReadable(text: HtmlNode): boolean {
  const parent = text.parent!.tag
  return parent !== 'style' && parent !== 'script' && parent !== 'title' && hasInk(text.text)
}

function isRemotePicture(node: HtmlNode): boolean {
  return node.tag === 'img' && /^\s*(?:https?:)?\/\//i.test((attribute(node, 'src') ?? '').slice(0, 100))
}

/** Size of a picture as far as it is said; a large number when it is not. */
function pixelsOf(node: HtmlNode, name: 'width' | 'height'): number {
  const style = attribute(node, 'style')
  const styled = style && new RegExp(`(?:^|;)\\s*(?:max-)?${name}\\s*:\\s*(\\d{1,5}(?:\\.\\d{1,9})?)\\s*(?:px|pt)?\\s*(?:;|!|$)`, 'i').exec(style.slice(0, 2000))
  const value = Number.parseFloat((styled ? styled[1] : attribute(node, name)) ?? '')
  return Number.isNaN(value) || /%\s*$/.test(attribute(node, name)?.slice(0, 20) ?? '') ? 1000 : value
}
