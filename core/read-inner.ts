/** MIME entities that stand inside of a part: read on their own, then hung below that part. */
import { Collector, type CollectRules, type PartNode } from './collect.ts'
import type { ReadInner } from './expand.ts'
import type { PartHead, ReaderLimits } from './mime/part.ts'
import { MimeReader } from './mime/reader.ts'

/** Depth counts on from the part; findings of the entity as a whole are the part's. */
export function readInnerBy(outer: Collector, rules: CollectRules, limits: ReaderLimits): ReadInner {
  return async (parent, entity) => {
    const inner = new Collector(rules)
    const reader = new MimeReader(inner, { ...limits, depth: Math.max(1, limits.depth - parent.head.depth) })
    reader.write(entity)
    reader.end()
    await inner.settled()
    for (const root of inner.roots) parent.children.push(regraft(root, parent))
    for (const finding of inner.messageFindings) outer.finding({ ...finding, partId: parent.head.id })
  }
}

function regraft(node: PartNode, parent: PartNode): PartNode {
  const id = `${parent.head.id}.${node.head.id === '' ? '0' : node.head.id.split('.').at(-1)}`
  const head: PartHead = { ...node.head, id, parentId: parent.head.id, path: `${parent.head.path} > ${node.head.contentType.type}` }
  const findings = node.findings.map(finding => ({ ...finding, partId: id }))
  const grafted: PartNode = { ...node, head, parent, findings, children: [], derived: true }
  for (const child of node.children) grafted.children.push(regraft(child, grafted))
  return grafted
}
