/**
 * How much drawing an SVG asks for, before anything is drawn.
 *
 * A drawing may use parts of itself again, and those may use others: twelve lines can ask for a billion shapes. So
 * parts with a name become nodes, uses become edges, and each node's cost is counted once. What goes in a circle
 * costs more than anything.
 * Linear in the elements and references; never throws.
 */
import type { XmlAttribute, XmlElement } from '../xml.ts'

type Node = { own: number; readonly uses: { readonly id: string; readonly times: number }[]; readonly inside: Node[]; cost: number | undefined }

const REFERENCE = /url\(\s*["']?#([^"')\s]{1,200})/g
/** Deeper chains of uses are no drawing. */
const MOST_CHAIN = 64

export class SvgCost {
  elements = 0
  readonly #root: Node = newNode()
  readonly #named = new Map<string, Node>()
  /** The named part that each open element stands in. */
  readonly #open: Node[] = []
  readonly #sheetUses: string[] = []

  open({ attributes }: XmlElement): void {
    this.elements++
    const around = this.#open.at(-1) ?? this.#root
    const id = attributes.find(({ local }) => local === 'id')?.value
    const node = id === undefined ? around : newNode()
    if (id !== undefined) {
      around.inside.push(node)
      // The first of a name is the one that is used.
      if (!this.#named.has(id)) this.#named.set(id, node)
    }
    node.own++
    for (const attribute of attributes) addUses(node, attribute, attributes)
    this.#open.push(node)
  }

  close(): void {
    this.#open.pop()
  }

  /** A style sheet may apply to every element. */
  sheet(css: string): void {
    for (const [, id] of css.matchAll(REFERENCE)) if (this.#sheetUses.length < 1000) this.#sheetUses.push(id!)
  }

  /** Elements that are drawn in the end; Infinity for a circle. */
  total(): number {
    const perElement = this.#sheetUses.reduce((sum, id) => sum + this.#costOf(this.#named.get(id), 0), 0)
    return this.#costOf(this.#root, 0) + perElement * this.elements
  }

  #costOf(node: Node | undefined, chain: number): number {
    if (!node) return 0
    if (node.cost !== undefined) return node.cost
    if (chain > MOST_CHAIN) return Number.POSITIVE_INFINITY
    // Seen again while it is being counted: a circle.
    node.cost = Number.POSITIVE_INFINITY
    let cost = node.own
    for (const part of node.inside) cost += this.#costOf(part, chain)
    for (const { id, times } of node.uses) cost += times * this.#costOf(this.#named.get(id), chain + 1)
    return (node.cost = cost)
  }
}

function newNode(): Node {
  return { own: 0, uses: [], inside: [], cost: undefined }
}

function addUses(node: Node, { local, value }: XmlAttribute, attributes: readonly XmlAttribute[]): void {
  if (local === 'href' && value.startsWith('#')) node.uses.push({ id: value.slice(1), times: 1 })
  if (!value.includes('#')) return
  // A marker stands at every corner of its line.
  const times = local.startsWith('marker') || (local === 'style' && value.includes('marker')) ? cornersOf(attributes) : 1
  for (const [, id] of value.matchAll(REFERENCE)) node.uses.push({ id: id!, times })
}

function cornersOf(attributes: readonly XmlAttribute[]): number {
  const line = attributes.find(({ local }) => local === 'd' || local === 'points')?.value ?? ''
  return 2 + Math.ceil(line.length / 4)
}
