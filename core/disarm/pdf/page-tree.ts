/**
 * Pages: the tree of the old file walked into a list, attributes that pages inherit given to each, and a flat tree in
 * the new file.
 * Standards: ISO 32000-1 §7.7.3.
 */
import { Buffer } from 'node:buffer'
import { rebuildContent } from './content.ts'
import { type Drawn, pageAnnotations } from './annotation.ts'
import { deflate } from './filters.ts'
import { freeNames, pageContent, pageGroup, resourcesWith, sharedResources } from './graphics.ts'
import { Damaged, type Dict, isDict, OverLimit, Ref, type Value } from './object.ts'
import type { ObjectShape, Rebuild } from './rebuild.ts'
import { anyName, anyNumber, box, entriesText, type Table } from './shapes.ts'

const INHERITED = ['Resources', 'MediaBox', 'CropBox', 'Rotate'] as const
const MOST_DEPTH = 60
/** Nodes between the pages: more than that for a page is no tree but a maze. */
const NODES_PER_PAGE = 4
const A4 = '/MediaBox[0 0 595 842]'

const PAGE: Table = {
  MediaBox: box, CropBox: box, BleedBox: box, TrimBox: box, ArtBox: box, Rotate: anyNumber, UserUnit: anyNumber, Group: (value, job) => pageGroup(value, job),
  StructParents: anyNumber, Tabs: anyName,
}
const HANDLED = ['Contents', 'Resources', 'Annots']

type Node = { readonly ref: Ref; readonly depth: number; readonly inherited: Dict }

/** Gives every page its number and puts it in the queue; the text of the tree's root. Throws OverLimit, Damaged. */
export function addPages(root: Value, job: Rebuild, rootNumber: number): string {
  const numbers: number[] = []
  const seen = new Set<number>()
  const waiting: Node[] = root instanceof Ref ? [{ ref: root, depth: 0, inherited: new Map() }] : []
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    const { ref, depth, inherited } = node
    const dict = job.source.resolve(ref)
    if (!isDict(dict) || seen.has(ref.number)) continue
    seen.add(ref.number)
    if (seen.size > NODES_PER_PAGE * job.input.limits.pages) throw new OverLimit()
    const own = withInherited(dict, inherited)
    const kids = job.source.get(dict, 'Kids')
    if (!Array.isArray(kids)) {
      if (numbers.length >= job.input.limits.pages) throw new OverLimit()
      const number = job.enqueue(own, pageShape(rootNumber))
      job.pageNumbers.set(ref.number, number)
      numbers.push(number)
    } else if (depth < MOST_DEPTH) {
      const below = new Map(INHERITED.flatMap(key => (own.has(key) ? [[key, own.get(key)!] as const] : [])))
      for (const kid of kids.toReversed()) if (kid instanceof Ref) waiting.push({ ref: kid, depth: depth + 1, inherited: below })
    }
  }
  if (numbers.length === 0) throw new Damaged()
  return `<</Type/Pages/Count ${numbers.length}/Kids[${numbers.map(number => `${number} 0 R`).join(' ')}]>>`
}

function withInherited(dict: Dict, inherited: Dict): Dict {
  const own = new Map(dict)
  for (const [key, value] of inherited) if (!own.has(key)) own.set(key, value)
  return own
}

function pageShape(rootNumber: number): ObjectShape {
  return {
    name: 'page',
    fits: isDict,
    write: (value, job) => {
      const page = value as Dict
      const annotations = pageAnnotations(page, job)
      let more = annotations.links.length > 0 ? `/Annots[${annotations.links.join(' ')}]` : ''
      more += drawnOver(page, annotations.drawn, job)
      if (box(page.get('MediaBox') ?? null, job) === undefined) more += A4
      return { text: entriesText(page, { job, table: PAGE, options: { fixed: `/Type/Page/Parent ${rootNumber} 0 R`, more: () => more, handled: HANDLED } }) }
    },
  }
}

/** Resources and contents, with looks of annotations drawn over them. */
function drawnOver(page: Dict, drawn: readonly Drawn[], job: Rebuild): string {
  if (drawn.length === 0) {
    const resources = sharedResources(page.get('Resources'), job)
    const contents = page.get('Contents')
    return `/Resources ${resources ?? '<<>>'}${contents === undefined ? '' : `/Contents ${contentNumber(contents, job)} 0 R`}`
  }
  const own = job.source.resolve(page.get('Resources'))
  const names = freeNames(own, drawn.length, job)
  const resources = job.enqueue(own, resourcesWith(new Map(names.map((name, index) => [name, drawn[index]!.form]))))
  const over = drawn.map(({ matrix }, index) => `q ${matrix} cm /${names[index]} Do Q\n`).join('')
  const content = Buffer.concat([Buffer.from('q\n'), pageContent(page.get('Contents') ?? null, job), Buffer.from(`Q\n${over}`)])
  const number = job.writer.allocate()
  job.writer.put(number, { text: '<</Filter/FlateDecode>>', data: deflate(rebuildContent(content, job.source, job.mostStreamBytes).data) })
  return `/Resources ${resources} 0 R/Contents ${number} 0 R`
}

/** Pages that share their content go on sharing it. */
function contentNumber(contents: Value, job: Rebuild): number {
  const pieces = Array.isArray(contents) ? contents : [contents]
  const key = pieces.every(piece => piece instanceof Ref) ? pieces.map(piece => piece.number).join(' ') : undefined
  const known = key === undefined ? undefined : job.contentNumbers.get(key)
  if (known !== undefined) return known
  const number = job.writer.allocate()
  if (key !== undefined) job.contentNumbers.set(key, number)
  job.writer.put(number, { text: '<</Filter/FlateDecode>>', data: deflate(pageContent(contents, job)) })
  return number
}
