/**
 * Opens what carries other parts inside: winmail.dat, opaque signed mail, files written into the text.
 *
 *   collect ──▶ [expand] ──▶ decide
 *
 * What is found becomes a part of the tree with an outcome of its own. The opened container itself then has no
 * content left to deliver. A container that cannot be opened stays a plain part, for policy to keep back.
 */
import { Buffer } from 'node:buffer'
import { type Collector, everyNode, isOpenedContainer, isTextCandidate, type PartNode } from './collect.ts'
import type { FindingCode } from './finding.ts'
import { unwrapSignedData } from './media/cms.ts'
import { openTnef } from './media/tnef.ts'
import { decodeText } from './text/charset.ts'
import { decodeTextWithFiles } from './text/embedded.ts'
import { splitPgp } from './text/pgp.ts'

export type Expansion = {
  /** Parts whose content now lives in their children. */
  readonly opened: ReadonlySet<PartNode>
  /** Parts whose signature was taken off while reading. */
  readonly unsigned: ReadonlySet<PartNode>
}

/** Reads an inner MIME entity with limits of its own and hangs its parts below `parent`. */
export type ReadInner = (parent: PartNode, entity: Uint8Array) => Promise<void>

const MOST_ROUNDS = 4

export async function expand(collector: Collector, readInner: ReadInner): Promise<Expansion> {
  const opened = new Set<PartNode>()
  const unsigned = new Set<PartNode>()
  const seen = new Set<PartNode>()
  // What comes out may hold more of the same; a few rounds are enough for honest mail, the rest stays closed.
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const fresh = leaves(collector.roots).filter(node => !seen.has(node))
    if (fresh.length === 0) break
    for (const node of fresh) {
      seen.add(node)
      await expandLeaf(node, collector, { opened, unsigned }, readInner)
    }
  }
  return { opened, unsigned }
}

type Sets = { readonly opened: Set<PartNode>; readonly unsigned: Set<PartNode> }

async function expandLeaf(node: PartNode, collector: Collector, sets: Sets, readInner: ReadInner): Promise<void> {
  if (isTextCandidate(node.head)) return expandText(node, collector, sets)
  const type = node.detected?.type ?? ''
  if (!node.content || !isOpenedContainer(type)) return
  if (type.endsWith('ms-tnef')) return expandTnef(node, collector, sets)
  const entity = unwrapSignedData(node.content)
  if (!entity) return
  await readInner(node, entity)
  node.content = undefined
  sets.opened.add(node)
  sets.unsigned.add(node)
}

async function expandText(node: PartNode, collector: Collector, sets: Sets): Promise<void> {
  if (!node.content) return
  const untrustedBytes = node.content
  const label = charsetOf(node)
  node.content = undefined
  if (node.head.contentType.type === 'text/plain') return expandPlainText(node, decodeTextWithFiles(untrustedBytes, label), collector, sets)
  const decoded = decodeText(untrustedBytes, label)
  note(node, decoded.findings)
  node.text = decoded.text
}

/** Files written into the text, and OpenPGP armour around it. */
async function expandPlainText(node: PartNode, embedded: ReturnType<typeof decodeTextWithFiles>, collector: Collector, sets: Sets): Promise<void> {
  note(node, embedded.findings)
  for (const file of embedded.files) {
    await collector.derive(node, {
      name: file.name,
      mediaType: 'application/octet-stream',
      bytes: file.bytes,
      asBody: false,
      findings: file.findings,
    })
  }
  const pgp = splitPgp(embedded.text)
  node.text = pgp.text
  if (pgp.signed) sets.unsigned.add(node)
  for (const block of pgp.encryptedBlocks) {
    await collector.derive(node, { name: '', mediaType: 'application/pgp-encrypted', bytes: Buffer.from(block), asBody: false })
  }
}

async function expandTnef(node: PartNode, collector: Collector, { opened }: Sets): Promise<void> {
  const contents = openTnef(node.content!)
  if (!contents) return
  note(node, contents.findings)
  node.content = undefined
  opened.add(node)
  if (contents.body || contents.htmlBody) {
    await collector.derive(node, {
      name: '',
      mediaType: contents.body ? 'text/plain' : 'text/html',
      bytes: Buffer.from(contents.body ?? contents.htmlBody ?? ''),
      asBody: true,
    })
  } else if (contents.rtfBody) {
    await collector.derive(node, { name: 'body.rtf', mediaType: 'application/rtf', bytes: contents.rtfBody, asBody: false })
  }
  for (const file of contents.files) {
    await collector.derive(node, { name: file.name, mediaType: file.mediaType, bytes: file.bytes, asBody: false })
  }
}

function note(node: PartNode, findings: readonly { readonly code: FindingCode; readonly detail?: string }[]): void {
  for (const finding of findings) node.findings.push({ ...finding, partId: node.head.id })
}

/** The declared charset; for HTML without one, what its own meta element says (HTML §13.2.3.2, first 1024 octets). */
function charsetOf(node: PartNode): string | undefined {
  const declared = node.head.contentType.params.get('charset')
  if (declared || node.head.contentType.type !== 'text/html') return declared
  const start = Buffer.from(node.content!.buffer, node.content!.byteOffset, Math.min(1024, node.content!.length)).toString('latin1')
  return /<meta[^>]{0,200}charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,40})/i.exec(start)?.[1]
}

function leaves(roots: readonly PartNode[]): PartNode[] {
  return everyNode(roots).filter(node => node.head.kind === 'leaf')
}

/** The careful way of a second try: plain text is decoded, nothing is opened. */
export function decodePlainOnly(collector: Collector): Expansion {
  for (const node of leaves(collector.roots)) {
    if (!isTextCandidate(node.head) || !node.content) continue
    if (node.head.contentType.type === 'text/plain') node.text = decodeText(node.content, charsetOf(node)).text
    node.content = undefined
  }
  return { opened: new Set(), unsigned: new Set() }
}
