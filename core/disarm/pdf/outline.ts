/**
 * Bookmarks and page labels: walked in the old file, written as new and well-formed chains and lists.
 *
 * A bookmark keeps its words whatever it did; where it leads to is kept when that is a page of this file.
 * Standards: ISO 32000-1 §12.3.3 (outline), §12.4.2 (page labels), §7.9.7 (number trees).
 */
import { clickEntry } from './action.ts'
import { stringText } from './lexer.ts'
import { type Dict, dictOf, nameText, Ref, Text, type Value } from './object.ts'
import type { Rebuild } from './rebuild.ts'
import { anyNumber, anyString, dictionary, names, numbers, object } from './shapes.ts'

const MOST_ITEMS = 50_000
const MOST_DEPTH = 32
const MOST_TREE_DEPTH = 40

type Item = { readonly number: number; readonly parent: number; readonly dict: Dict; readonly kids: Item[] }

/** `/Outlines 9 0 R`, '' without bookmarks. */
export function outlineEntry(catalog: Dict, job: Rebuild): string {
  const root = dictOf(job.source.get(catalog, 'Outlines'))
  if (!root?.has('First')) return ''
  const number = job.writer.allocate()
  const kids = readItems(root, number, job)
  for (const item of kids) writeBranch(item, kids, job)
  job.writer.put(number, { text: kids.length === 0 ? '<</Type/Outlines>>' : `<</Type/Outlines${ends(kids)}/Count ${shown(kids)}>>` })
  return kids.length === 0 ? '' : `/Outlines ${number} 0 R`
}

function readItems(root: Dict, rootNumber: number, job: Rebuild): Item[] {
  const seen = new Set<number>()
  const top: Item[] = []
  const waiting: { first: Value; parent: number; depth: number; kids: Item[] }[] = [{ first: root.get('First') ?? null, parent: rootNumber, depth: 0, kids: top }]
  for (let level = waiting.pop(); level; level = waiting.pop()) {
    let next: Value = level.first
    while (next instanceof Ref && !seen.has(next.number) && seen.size < MOST_ITEMS) {
      seen.add(next.number)
      const dict = dictOf(job.source.resolve(next))
      if (!dict) break
      const item: Item = { number: job.writer.allocate(), parent: level.parent, dict, kids: [] }
      level.kids.push(item)
      if (dict.has('First') && level.depth < MOST_DEPTH) {
        waiting.push({ first: dict.get('First')!, parent: item.number, depth: level.depth + 1, kids: item.kids })
      }
      next = dict.get('Next') ?? null
    }
  }
  return top
}

/** Depth is bounded, so calling itself is too. */
function writeBranch(item: Item, siblings: readonly Item[], job: Rebuild): void {
  const index = siblings.indexOf(item)
  writeItem(item, { before: siblings[index - 1], after: siblings[index + 1] }, job)
  for (const kid of item.kids) writeBranch(kid, item.kids, job)
}

function writeItem({ number, parent, dict, kids }: Item, { before, after }: { before: Item | undefined; after: Item | undefined }, job: Rebuild): void {
  const title = job.source.get(dict, 'Title')
  let text = `<</Title${stringText(title instanceof Text ? title.octets : '')}/Parent ${parent} 0 R`
  if (before) text += `/Prev ${before.number} 0 R`
  if (after) text += `/Next ${after.number} 0 R`
  if (kids.length > 0) {
    const count = job.source.get(dict, 'Count')
    text += `${ends(kids)}/Count ${typeof count === 'number' && count > 0 ? shown(kids) : -shown(kids)}`
  }
  for (const [key, shape] of [['C', numbers], ['F', anyNumber]] as const) {
    const value = dict.has(key) ? shape(dict.get(key)!, job) : undefined
    if (value !== undefined) text += `/${key} ${value}`
  }
  const click = clickEntry(dict, job)
  if (click === undefined && dict.has('A')) countBookmark(dict, job)
  job.writer.put(number, { text: `${text}${click ?? ''}>>` })
}

function countBookmark(dict: Dict, job: Rebuild): void {
  const kind = nameText(job.source.get(dictOf(job.source.get(dict, 'A')), 'S'))
  if (kind !== 'GoTo' && kind !== '') job.removed(kind === 'JavaScript' ? 'scripts' : kind === 'URI' ? 'hyperlinks' : 'actions')
}

function ends(kids: readonly Item[]): string {
  return `/First ${kids[0]!.number} 0 R/Last ${kids.at(-1)!.number} 0 R`
}

/** Kept simple: what is right below; readers count the rest themselves when branches open. */
function shown(kids: readonly Item[]): number {
  return kids.length
}

const pageLabel = object(() => dictionary('page-label', { S: names('D', 'R', 'r', 'A', 'a'), P: anyString, St: anyNumber }))

export function pageLabelsEntry(catalog: Dict, job: Rebuild): string {
  const pairs = [...numberTree(job.source.get(catalog, 'PageLabels'), job)].flatMap(([key, value]) => {
    const label = pageLabel(job.source.resolve(value), job)
    return label === undefined ? [] : [`${key} ${label}`]
  })
  return pairs.length === 0 ? '' : `/PageLabels<</Nums[${pairs.join(' ')}]>>`
}

/** A number tree as a map in ascending order, its limits and branches forgotten. */
export function numberTree(root: Value, job: Rebuild): Map<number, Value> {
  const found = new Map<number, Value>()
  const waiting: [node: Value, depth: number][] = [[root, 0]]
  for (let visited = 0; waiting.length > 0 && visited < MOST_ITEMS; visited++) {
    const [node, depth] = waiting.pop()!
    const dict = dictOf(job.source.resolve(node))
    const pairs = job.source.get(dict, 'Nums')
    if (Array.isArray(pairs)) {
      for (let index = 0; index + 1 < pairs.length; index += 2) {
        const key = job.source.resolve(pairs[index])
        if (typeof key === 'number' && Number.isInteger(key)) found.set(key, pairs[index + 1]!)
      }
    }
    const kids = job.source.get(dict, 'Kids')
    if (Array.isArray(kids) && depth < MOST_TREE_DEPTH) for (const kid of kids.slice(0, MOST_ITEMS)) waiting.push([kid, depth + 1])
  }
  return new Map([...found].sort(([one], [other]) => one - other))
}
