/**
 * HTML as a browser sees it: markup in, tree out. The door of parse5.
 *
 *   markup ──▶ [tree] ──▶ prune ──▶ emit ──▶ text
 *
 * parse5 follows the standard's tree construction, so what we call hidden or linked is what a mail client
 * would have hidden or linked. The standard itself lets small inputs grow: unclosed formatting elements are
 * opened again in every paragraph, and the adoption agency moves the same children again and again. Every
 * change to the tree is therefore counted, and depth capped where browsers cap it; beyond that the markup is
 * read once more into a flat tree, which knows tags and nesting but not the standard's repairs, and is linear
 * by construction. What was hidden may then show; nothing that showed is lost.
 *
 * Invariant: work and memory are linear in the length of the markup, whatever it is.
 * Standards: WHATWG HTML §13.2 (parsing), §13.2.6.4.7 (adoption agency).
 */
import { html as spec, Parser, type Token, Tokenizer, TokenizerMode, type TreeAdapter, type TreeAdapterTypeMap } from 'parse5'
import type { Styling } from './html-css.ts'
import type { Look } from './html-look.ts'
import type { TableShape } from './html-table.ts'

export type HtmlAttribute = { readonly name: string; readonly value: string }

/** One class for elements and text, so that every walk over the tree stays monomorphic. */
export class HtmlNode {
  /** Lower-case tag, `#text` or `#document`. */
  readonly tag: string
  readonly foreign: boolean
  attributes: readonly HtmlAttribute[]
  text: string
  parent: HtmlNode | undefined
  first: HtmlNode | undefined
  last: HtmlNode | undefined
  previous: HtmlNode | undefined
  next: HtmlNode | undefined
  /** What pruning found: whether the subtree is left out, its looks, and what kind of table it is. */
  dropped: boolean
  look: Look | undefined
  styling: Styling | undefined
  table: TableShape | undefined

  constructor(tag: string, foreign: boolean, attributes: readonly HtmlAttribute[], text: string) {
    this.tag = tag
    this.foreign = foreign
    this.attributes = attributes
    this.text = text
    this.parent = undefined
    this.first = undefined
    this.last = undefined
    this.previous = undefined
    this.next = undefined
    this.dropped = false
    this.look = undefined
    this.styling = undefined
    this.table = undefined
  }
}

const NO_ATTRIBUTES: readonly HtmlAttribute[] = []

/** Value of an attribute (lower-case name), or undefined. */
export function attribute(node: HtmlNode, name: string): string | undefined {
  for (const candidate of node.attributes) if (candidate.name === name) return candidate.value
  return undefined
}

/** Next node in document order within `root`; `descend` false skips the children of `node`. */
export function following(node: HtmlNode, root: HtmlNode, descend: boolean): HtmlNode | undefined {
  if (descend && node.first) return node.first
  let at: HtmlNode | undefined = node
  while (at && at !== root) {
    if (at.next) return at.next
    at = at.parent
  }
  return undefined
}

export type ParsedHtml = { readonly document: HtmlNode; readonly flattened: boolean }

/** Parses a whole document. Never throws. `flattened` says that the markup went over the budget. */
export function parseHtml(untrustedHtml: string): ParsedHtml {
  const budget = new TreeBudget(20_000 + untrustedHtml.length / 2)
  try {
    const parser = new Parser<NodeMap>({ scriptingEnabled: false, treeAdapter: treeAdapter(budget) })
    parser.tokenizer.write(untrustedHtml, true)
    return { document: parser.document, flattened: false }
  } catch {
    return { document: parseFlat(untrustedHtml), flattened: true }
  }
}

/** Open elements a document may have at once (Blink stops nesting at 512). */
const MAX_OPEN_ELEMENTS = 512

class TreeBudget {
  #left: number
  #open = 0
  constructor(changes: number) {
    this.#left = changes
  }
  spend(changes: number): void {
    this.#left -= changes
    if (this.#left < 0) throw new RangeError('tree budget spent')
  }
  opened(): void {
    if (++this.#open > MAX_OPEN_ELEMENTS) throw new RangeError('nested too deep')
  }
  closed(): void {
    this.#open--
  }
}

/** Reopening a formatting element compares its attributes as a whole, so long ones cost more. */
function attributeWeight(attributes: readonly HtmlAttribute[]): number {
  let chars = 0
  for (const { name, value } of attributes) chars += name.length + value.length
  return chars >> 5
}

type NodeMap = TreeAdapterTypeMap<HtmlNode, HtmlNode, HtmlNode, HtmlNode, HtmlNode, HtmlNode, HtmlNode, HtmlNode, HtmlNode, HtmlNode>

const HTML_NAMESPACE = spec.NS.HTML
/** A second <html> or <body> adds its attributes to the first one's; each time they are searched. */
const MAX_ADOPTED_ATTRIBUTES = 50
const text = (value: string): HtmlNode => new HtmlNode('#text', false, NO_ATTRIBUTES, value)

function link(parent: HtmlNode, node: HtmlNode, before: HtmlNode | undefined): void {
  const previous = before ? before.previous : parent.last
  node.parent = parent
  node.previous = previous
  node.next = before
  if (previous) previous.next = node
  else parent.first = node
  if (before) before.previous = node
  else parent.last = node
}

function unlink(node: HtmlNode): void {
  const parent = node.parent
  if (!parent) return
  if (node.previous) node.previous.next = node.next
  else parent.first = node.next
  if (node.next) node.next.previous = node.previous
  else parent.last = node.previous
  node.parent = node.previous = node.next = undefined
}

function addText(parent: HtmlNode, value: string, before: HtmlNode | undefined): void {
  const neighbour = before ? before.previous : parent.last
  if (neighbour?.tag === '#text') neighbour.text += value
  else link(parent, text(value), before)
}

/** Children are a linked list: foster parenting before one table stays constant-time per node. */
function treeAdapter(budget: TreeBudget): TreeAdapter<NodeMap> {
  const nothing = (): undefined => undefined
  const container = (): HtmlNode => new HtmlNode('#document', false, NO_ATTRIBUTES, '')
  let mode = spec.DOCUMENT_MODE.NO_QUIRKS
  return {
    createDocument: container,
    createDocumentFragment: container,
    createElement(tag, namespace, attributes) {
      budget.spend(1 + attributeWeight(attributes))
      return new HtmlNode(tag, namespace !== HTML_NAMESPACE, attributes, '')
    },
    createCommentNode: () => new HtmlNode('#comment', false, NO_ATTRIBUTES, ''),
    createTextNode: text,
    appendChild(parent, node) {
      budget.spend(1)
      if (node.tag !== '#comment') link(parent, node, undefined)
    },
    insertBefore(parent, node, before) {
      budget.spend(1)
      if (node.tag !== '#comment') link(parent, node, before)
    },
    detachNode(node) {
      budget.spend(1)
      unlink(node)
    },
    insertText: (parent, value) => addText(parent, value, undefined),
    insertTextBefore: (parent, value, before) => addText(parent, value, before),
    onItemPush: () => budget.opened(),
    onItemPop: () => budget.closed(),
    adoptAttributes(recipient, attributes) {
      if (recipient.attributes.length >= MAX_ADOPTED_ATTRIBUTES) return
      const known = new Set(recipient.attributes.map(own => own.name))
      const added = attributes.slice(0, MAX_ADOPTED_ATTRIBUTES).filter(({ name }) => !known.has(name))
      recipient.attributes = [...recipient.attributes, ...added]
    },
    // Template contents are never shown: they hang nowhere.
    setTemplateContent: nothing,
    getTemplateContent: container,
    setDocumentType: nothing,
    setDocumentMode: (_document, value) => void (mode = value),
    getDocumentMode: () => mode,
    getFirstChild: node => node.first ?? null,
    getChildNodes(node) {
      const children: HtmlNode[] = []
      for (let child = node.first; child; child = child.next) {
        budget.spend(1)
        children.push(child)
      }
      return children
    },
    getParentNode: node => node.parent ?? null,
    getAttrList: node => node.attributes as Token.Attribute[],
    getTagName: node => node.tag,
    getNamespaceURI: node => (node.foreign ? spec.NS.SVG : HTML_NAMESPACE),
    getTextNodeContent: node => node.text,
    getCommentNodeContent: () => '',
    getDocumentTypeNodeName: () => '',
    getDocumentTypeNodePublicId: () => '',
    getDocumentTypeNodeSystemId: () => '',
    isTextNode: (node): node is HtmlNode => node.tag === '#text',
    isCommentNode: (node): node is HtmlNode => node.tag === '#comment',
    isDocumentTypeNode: (_node): _node is HtmlNode => false,
    isElementNode: (node): node is HtmlNode => !node.tag.startsWith('#'),
    getNodeSourceCodeLocation: nothing,
    setNodeSourceCodeLocation: nothing,
    updateNodeSourceCodeLocation: nothing,
  }
}

const VOID_TAGS = new Set(
  'area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr'.split(' '),
)
const RAW_TEXT_TAGS = new Set('style xmp iframe noembed noframes'.split(' '))
const CLOSED_BY_SIBLING = new Set('p li dt dd tr td th option'.split(' '))

/** Deepest nesting the flat tree keeps; going deeper closes the inner half, so that what is near stays together. */
const FLAT_DEPTH = 200
/** How far an end tag looks for its start tag. */
const FLAT_LOOK_BACK = 32

function parseFlat(untrustedHtml: string): HtmlNode {
  const document = new HtmlNode('#document', false, NO_ATTRIBUTES, '')
  const open: HtmlNode[] = [document]
  const addChars = (token: Token.CharacterToken): void => addText(open.at(-1)!, token.chars, undefined)
  const tokenizer: Tokenizer = new Tokenizer({}, {
    onComment: () => {},
    onDoctype: () => {},
    onEof: () => {},
    onParseError: null,
    onCharacter: addChars,
    onWhitespaceCharacter: addChars,
    onNullCharacter: () => {},
    onStartTag(token) {
      const node = new HtmlNode(token.tagName, false, token.attrs, '')
      if (CLOSED_BY_SIBLING.has(node.tag) && open.at(-1)!.tag === node.tag) open.pop()
      if (open.length >= FLAT_DEPTH) open.length = FLAT_DEPTH / 2
      link(open.at(-1)!, node, undefined)
      if (VOID_TAGS.has(node.tag)) return
      open.push(node)
      if (RAW_TEXT_TAGS.has(node.tag)) tokenizer.state = TokenizerMode.RAWTEXT
      else if (node.tag === 'script') tokenizer.state = TokenizerMode.SCRIPT_DATA
      else if (node.tag === 'title' || node.tag === 'textarea') tokenizer.state = TokenizerMode.RCDATA
    },
    onEndTag(token) {
      const lowest = Math.max(1, open.length - FLAT_LOOK_BACK)
      for (let at = open.length - 1; at >= lowest; at--) {
        if (open[at]!.tag !== token.tagName) continue
        open.length = at
        return
      }
    },
  })
  tokenizer.write(untrustedHtml, true)
  return document
}
