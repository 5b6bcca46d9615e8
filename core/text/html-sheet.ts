/**
 * The cascade for one element: what <style> blocks and its own style attribute declare together.
 *
 * Understood are selectors of one element: tag, .class, #id and their compounds (`td.note`). A rule with
 * anything else (descendants, states, attributes) is skipped, and so are conditional groups (`@media` with a
 * condition, `@supports`): what only they hide is shown. When a skipped rule paints a background, nobody here
 * can know what text stands on, and `backgroundsKnown` says so.
 *
 * Cost: linear in the sheets; per element one look-up for its tag, id and each class.
 * Standards: CSS Cascade 4 §6 (order), Selectors 4 (specificity).
 */
import { type Block, type Declarations, parseBlock, type Styling, styling } from './html-css.ts'
import { attribute, following, type HtmlNode } from './html-tree.ts'

type Rule = {
  readonly tag: string
  readonly id: string
  readonly classes: readonly string[]
  readonly specificity: number
  readonly order: number
  readonly block: Block
}

const MAX_SHEET_CHARS = 512 * 1024
const MAX_RULES = 5000
/** Rules that may share one key (`.a`, `td`): each is tried for each element that has it. */
const MAX_RULES_PER_KEY = 40
const MAX_CLASSES = 20
const PLAIN: Styling = {}

export class StyleSheet {
  readonly #rules = new Map<string, Rule[]>()
  #ruleCount = 0
  readonly #cache = new Map<string, Styling>()
  backgroundsKnown = true

  /** Reads every <style> of the document, in order. */
  static of(document: HtmlNode): StyleSheet {
    const sheet = new StyleSheet()
    let left = MAX_SHEET_CHARS
    for (let node = document.first; node; node = following(node, document, true)) {
      if (node.tag !== 'style' || node.foreign) continue
      const source = (node.first?.text ?? '').slice(0, left)
      left -= source.length
      sheet.#read(source)
    }
    return sheet
  }

  /** Style of an element before inheritance. */
  stylingOf(node: HtmlNode): Styling {
    const own = attribute(node, 'style')
    if (this.#ruleCount === 0) return own ? this.#cached(own, () => this.#cascade([], own)) : PLAIN
    const classes = attribute(node, 'class') ?? ''
    const id = attribute(node, 'id') ?? ''
    const key = `${node.tag}\n${id}\n${classes}\n${own ?? ''}`
    return this.#cached(key, () => this.#cascade(this.#matching(node.tag, id, classes), own))
  }

  #cached(key: string, compute: () => Styling): Styling {
    const known = this.#cache.get(key)
    if (known) return known
    const computed = compute()
    this.#cache.set(key, computed)
    return computed
  }

  #matching(tag: string, id: string, classNames: string): Rule[] {
    const classes = classNames === '' ? [] : classNames.split(/\s+/, MAX_CLASSES)
    const found = [...(this.#rules.get(tag) ?? []), ...(this.#rules.get('*') ?? [])]
    if (id !== '') found.push(...(this.#rules.get('#' + id) ?? []))
    for (const name of new Set(classes)) found.push(...(this.#rules.get('.' + name) ?? []))
    return found
      .filter(rule => (rule.tag === '' || rule.tag === tag) && (rule.id === '' || rule.id === id))
      .filter(rule => rule.classes.every(name => classes.includes(name)))
      .sort((a, b) => a.specificity - b.specificity || a.order - b.order)
  }

  #cascade(rules: readonly Rule[], own: string | undefined): Styling {
    const inline = own ? parseBlock(withoutComments(own)) : undefined
    const merged: Declarations = new Map()
    const layers = [...rules.map(rule => rule.block.normal), inline?.normal]
    for (const layer of [...layers, ...rules.map(rule => rule.block.important), inline?.important]) {
      if (!layer) continue
      for (const [name, value] of layer) {
        merged.delete(name)
        merged.set(name, value)
      }
    }
    return merged.size === 0 ? PLAIN : styling(merged)
  }

  #read(source: string): void {
    const css = withoutComments(source).replaceAll('<!--', ' ').replaceAll('-->', ' ')
    let at = 0
    while (at < css.length && this.#ruleCount < MAX_RULES) {
      const open = css.indexOf('{', at)
      if (open < 0) return
      // A statement at-rule (@import …;) or the end of a group may stand before the selector.
      const before = css.slice(at, open)
      const prelude = before.slice(Math.max(before.lastIndexOf(';'), before.lastIndexOf('}')) + 1).trim()
      if (prelude.startsWith('@')) {
        at = /^@media\s+(?:all|screen|only screen)$/i.test(prelude) ? open + 1 : endOfGroup(css, open)
        continue
      }
      const close = css.indexOf('}', open)
      const body = css.slice(open + 1, close < 0 ? css.length : close)
      this.#add(prelude, body)
      at = close < 0 ? css.length : close + 1
    }
  }

  #add(selectors: string, body: string): void {
    const block = parseBlock(body)
    if (block.normal.size === 0 && block.important.size === 0) return
    for (const selector of selectors.split(',', 100)) {
      const parsed = /^\s*([a-z][a-z0-9]*|\*)?((?:[.#][\w-]+)*)\s*$/i.exec(selector.slice(0, 300))
      if (parsed) this.#index(parsed[1]?.toLowerCase().replace('*', '') ?? '', parsed[2]!, block)
      else if (paints(block)) this.backgroundsKnown = false
    }
  }

  #index(tag: string, suffix: string, block: Block): void {
    const names = suffix.match(/[.#][\w-]+/g) ?? []
    const ids = names.filter(name => name.startsWith('#'))
    const classes = names.filter(name => name.startsWith('.')).map(name => name.slice(1))
    if (ids.length > 1) return
    const specificity = ids.length * 10_000 + classes.length * 100 + (tag === '' ? 0 : 1)
    const key = ids[0] ?? (classes[0] === undefined ? tag || '*' : '.' + classes[0])
    const sharing = this.#rules.get(key) ?? []
    if (sharing.length >= MAX_RULES_PER_KEY) return
    sharing.push({ tag, id: ids[0]?.slice(1) ?? '', classes, specificity, order: this.#ruleCount++, block })
    this.#rules.set(key, sharing)
  }
}

function paints(block: Block): boolean {
  const names = ['background', 'background-color', 'background-image']
  return names.some(name => block.normal.has(name) || block.important.has(name))
}

function withoutComments(css: string): string {
  if (!css.includes('/*')) return css
  let out = ''
  let at = 0
  for (;;) {
    const open = css.indexOf('/*', at)
    if (open < 0) return out + css.slice(at)
    out += css.slice(at, open) + ' '
    const close = css.indexOf('*/', open + 2)
    if (close < 0) return out
    at = close + 2
  }
}

/** Index after the block that opens at `open`, nested blocks included. */
function endOfGroup(css: string, open: number): number {
  let depth = 0
  for (let at = open; at < css.length; at++) {
    const code = css.charCodeAt(at)
    if (code === 0x7b) depth++
    else if (code === 0x7d && --depth === 0) return at + 1
  }
  return css.length
}
