/** Lists: bullets and numbers, nested, with `start`, `reversed`, `type` and `value` (WHATWG HTML §4.4.5-8). */
import type { Emitter } from './html-emit.ts'
import { ROOT_LOOK } from './html-look.ts'
import { attribute, following, type HtmlNode } from './html-tree.ts'

export type OpenList = { readonly node: HtmlNode; readonly ordered: boolean; readonly type: string; readonly step: 1 | -1; next: number }

const MAX_NUMBER = 1_000_000

export function enterList(emitter: Emitter, node: HtmlNode): void {
  const ordered = node.tag === 'ol'
  const reversed = ordered && attribute(node, 'reversed') !== undefined
  const start = integer(attribute(node, 'start')) ?? (reversed ? countItems(node) : 1)
  emitter.lists.push({ node, ordered, type: attribute(node, 'type') ?? '1', step: reversed ? -1 : 1, next: start })
}

export function leaveList(emitter: Emitter, node: HtmlNode): void {
  if (emitter.lists.at(-1)?.node === node) emitter.lists.pop()
}

export function enterListItem(emitter: Emitter, node: HtmlNode): void {
  const list = emitter.lists.at(-1)
  if (node.styling?.display === 'inline' || !(node.look ?? ROOT_LOOK).bullets) return
  let marker = emitter.words.bullet
  if (list?.ordered) {
    const number = integer(attribute(node, 'value')) ?? list.next
    list.next = number + list.step
    marker = `${formatNumber(number, list.type)}. `
  }
  emitter.flow.marker(marker)
  emitter.indent(node, '  ')
}

export function leaveListItem(emitter: Emitter, node: HtmlNode): void {
  if (node.styling?.display === 'inline') return
  emitter.outdent(node)
  emitter.flow.dropMarker()
}

function integer(value: string | undefined): number | undefined {
  const number = Number.parseInt(value ?? '', 10)
  return Number.isNaN(number) || Math.abs(number) > MAX_NUMBER ? undefined : number
}

function countItems(list: HtmlNode): number {
  let count = 0
  for (let item = list.first; item; item = following(item, list, false)) if (item.tag === 'li') count++
  return count
}

function formatNumber(number: number, type: string): string {
  if (number < 1 || number > 3999) return String(number)
  switch (type) {
    case 'a':
      return letters(number)
    case 'A':
      return letters(number).toUpperCase()
    case 'i':
      return roman(number)
    case 'I':
      return roman(number).toUpperCase()
    default:
      return String(number)
  }
}

function letters(number: number): string {
  let out = ''
  for (let rest = number; rest > 0; rest = Math.floor((rest - 1) / 26)) out = String.fromCharCode(97 + ((rest - 1) % 26)) + out
  return out
}

const ROMAN: readonly (readonly [number, string])[] = [
  [1000, 'm'], [900, 'cm'], [500, 'd'], [400, 'cd'], [100, 'c'], [90, 'xc'], [50, 'l'], [40, 'xl'], [10, 'x'], [9, 'ix'], [5, 'v'], [4, 'iv'], [1, 'i'],
]

function roman(number: number): string {
  let out = ''
  let rest = number
  for (const [value, digits] of ROMAN) {
    out += digits.repeat(Math.floor(rest / value))
    rest %= value
  }
  return out
}
