/**
 * Keeps of a message what will be needed, while the reader streams it past.
 *
 *   octets ──▶ MimeReader ──▶ [Collector] ──▶ tree of parts ──▶ decide, disarm, body, compose
 *
 * Text that may become the body is collected up to a limit. Of anything else the first octets are kept to tell
 * its type, and the whole only where a policy of this message wants it rebuilt: a file that will be quarantined
 * costs a digest and a small window, whatever its size.
 */
import { createHash, hash, type Hash } from 'node:crypto'
import type { Finding, FindingCode } from './finding.ts'
import type { SanitizeLimits } from './job.ts'
import { type Detected, detect } from './media/detect.ts'
import { nameFindings } from './media/filename.ts'
import type { PartHead, PartTail, ReaderEvents } from './mime/part.ts'
import type { PartId } from './verdict.ts'

/** Enough for every signature and for the first members of a container. */
const SNIFF_BYTES = 64 * 1024
/** A compound file whose directory stands further behind: only the whole of it tells what it is. */
const UNDECIDED = 'application/x-ole-storage'
const TAIL_BYTES = 1024
const MOST_FINDINGS_PER_PART = 100

/** One node of the message. `content` is there only when the whole of it was kept. */
export type PartNode = {
  readonly head: PartHead
  readonly parent: PartNode | undefined
  readonly children: PartNode[]
  readonly findings: Finding[]
  /** Made from the content of another part (TNEF, uuencode …): offsets mean nothing. */
  readonly derived: boolean
  tail: PartTail | undefined
  bytes: number
  sha256: string
  content: Uint8Array | undefined
  detected: Detected | undefined
  /** Decoded text of a text candidate, embedded files cut out; set by core/expand.ts. */
  text: string | undefined
  /** Why `content` is missing although it was wanted. */
  overLimit: boolean
}

type Gathering = {
  chunks: Uint8Array[] | undefined
  limit: number
  sniffed: boolean
  digest: Hash | undefined
  lastOctets: Uint8Array
  head: Uint8Array | undefined
}

export type CollectRules = {
  readonly limits: Pick<SanitizeLimits, 'textPartBytes' | 'fileBytes' | 'filesBytes'>
  /** Whether any policy of this message wants a file like this rebuilt. */
  readonly wanted: (node: PartNode, detected: Detected) => boolean
}

export class Collector implements ReaderEvents {
  readonly roots: PartNode[] = []
  readonly messageFindings: Finding[] = []
  readonly #nodes = new Map<PartId, PartNode>()
  readonly #gathering = new Map<PartId, Gathering>()
  readonly #rules: CollectRules
  readonly #pending: Promise<void>[] = []
  /** The reader tells of a part's header before it tells of the part. */
  readonly #early = new Map<PartId, Finding[]>()
  #filesBytes = 0

  constructor(rules: CollectRules) {
    this.#rules = rules
  }

  partStart(head: PartHead): boolean {
    const parent = head.parentId === undefined ? undefined : this.#nodes.get(head.parentId)
    const node = newNode(head, parent, false)
    this.#nodes.set(head.id, node)
    node.findings.push(...(this.#early.get(head.id) ?? []))
    this.#early.delete(head.id)
    if (parent) parent.children.push(node)
    else this.roots.push(node)
    if (head.kind !== 'leaf') return false
    for (const finding of nameFindings(head.names.contentType, head.names.contentDisposition)) node.findings.push({ ...finding, partId: head.id })
    const limit = isTextCandidate(head) ? this.#rules.limits.textPartBytes : SNIFF_BYTES
    this.#gathering.set(head.id, { chunks: [], limit, sniffed: isTextCandidate(head), digest: undefined, lastOctets: EMPTY, head: undefined })
    return true
  }

  partData(id: PartId, decoded: Uint8Array): void {
    const node = this.#nodes.get(id)
    const gathering = this.#gathering.get(id)
    if (!node || !gathering) return
    node.bytes += decoded.length
    if (gathering.chunks) this.#keep(node, gathering, decoded)
    else {
      gathering.digest?.update(decoded)
      gathering.lastOctets = lastOctets(gathering.lastOctets, decoded)
    }
  }

  #keep(node: PartNode, gathering: Gathering, decoded: Uint8Array): void {
    const chunks = gathering.chunks!
    // `slice` of a Buffer would be a view of octets that the decoder uses again.
    chunks.push(new Uint8Array(decoded))
    if (!gathering.sniffed && node.bytes >= SNIFF_BYTES) this.#sniff(node, gathering)
    if (node.bytes > gathering.limit) this.#letGo(node, gathering)
  }

  /** Decides at 64 KiB whether the rest is worth keeping. An answer that takes longer lets it be kept meanwhile. */
  #sniff(node: PartNode, gathering: Gathering): void {
    gathering.sniffed = true
    gathering.limit = this.#rules.limits.fileBytes
    const found = detect(concat(gathering.chunks!), factsOf(node.head, node.bytes))
    const settle = (detected: Detected) => {
      if (detected.type !== UNDECIDED && !this.#rules.wanted(node, detected)) this.#letGo(node, gathering)
    }
    if (found instanceof Promise) this.#pending.push(found.then(settle))
    else settle(found)
  }

  #letGo(node: PartNode, gathering: Gathering): void {
    if (!gathering.chunks) return
    gathering.digest = createHash('sha256')
    for (const chunk of gathering.chunks) gathering.digest.update(chunk)
    gathering.head = firstOctets(gathering.chunks)
    gathering.lastOctets = lastOctets(EMPTY, gathering.chunks.at(-1) ?? EMPTY)
    node.overLimit = node.bytes > gathering.limit
    gathering.chunks = undefined
  }

  partEnd(tail: PartTail): void {
    const node = this.#nodes.get(tail.id)
    if (!node) return
    node.tail = tail
    const gathering = this.#gathering.get(tail.id)
    if (gathering) this.#pending.push(this.#finish(node, gathering))
    this.#gathering.delete(tail.id)
  }

  async #finish(node: PartNode, gathering: Gathering): Promise<void> {
    if (gathering.chunks) {
      const content = concat(gathering.chunks)
      gathering.chunks = undefined
      node.sha256 = hash('sha256', content)
      node.detected = await detect(content, factsOf(node.head, content.length, lastOctets(EMPTY, content)))
      if (isTextCandidate(node.head) || this.#mayKeepFile(node, content)) node.content = content
    } else {
      node.sha256 = gathering.digest?.digest('hex') ?? ''
      node.detected = await detect(gathering.head ?? EMPTY, factsOf(node.head, node.bytes, gathering.lastOctets))
    }
    for (const finding of node.detected.findings) this.finding({ ...finding, partId: node.head.id })
  }

  #mayKeepFile(node: PartNode, content: Uint8Array): boolean {
    if (!node.detected || !this.#rules.wanted(node, node.detected)) return false
    this.#filesBytes += content.length
    node.overLimit = this.#filesBytes > this.#rules.limits.filesBytes
    return !node.overLimit
  }

  finding(finding: Finding): void {
    const list = this.#findingsOf(finding.partId)
    if (list.length < MOST_FINDINGS_PER_PART) list.push(finding)
  }

  #findingsOf(id: PartId): Finding[] {
    if (id === '') return this.messageFindings
    const known = this.#nodes.get(id)?.findings ?? this.#early.get(id)
    if (known) return known
    const early: Finding[] = []
    this.#early.set(id, early)
    return early
  }

  /** Resolves when every type is known. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending)
    for (const findings of this.#early.values()) this.messageFindings.push(...findings)
    this.#early.clear()
  }

  /** A part that came out of another one: a file in winmail.dat, a uuencoded block. */
  async derive(parent: PartNode, source: DerivedSource): Promise<PartNode> {
    const node = newNode(derivedHead(parent, source), parent, true)
    parent.children.push(node)
    node.bytes = source.bytes.length
    node.sha256 = hash('sha256', source.bytes)
    node.findings.push(...(source.findings ?? []).map(finding => ({ ...finding, partId: node.head.id })))
    node.detected = await detect(source.bytes, factsOf(node.head, source.bytes.length, lastOctets(EMPTY, source.bytes)))
    node.findings.push(...node.detected.findings.map(finding => ({ ...finding, partId: node.head.id })))
    if (isTextCandidate(node.head) || this.#mayKeepFile(node, source.bytes)) node.content = new Uint8Array(source.bytes)
    return node
  }
}

export type DerivedSource = {
  readonly name: string
  readonly mediaType: string
  readonly bytes: Uint8Array
  readonly asBody: boolean
  readonly findings?: readonly { readonly code: FindingCode; readonly detail?: string }[]
}

const EMPTY = new Uint8Array(0)
const TEXT_TYPES = new Set([
  'text/plain',
  'text/html',
  'text/calendar',
  'text/enriched',
  'text/rfc822-headers',
  'message/delivery-status',
  'message/global-delivery-status',
  'message/disposition-notification',
  'message/feedback-report',
])
/** Containers that are opened in the reader's own process: their content is needed whole. */
const OPENED_TYPES = new Set(['application/ms-tnef', 'application/vnd.ms-tnef', 'application/pkcs7-mime', 'application/x-pkcs7-mime'])

/** Text that may become the body: by its label, not an attachment, without a file name of its own. */
export function isTextCandidate(head: PartHead): boolean {
  if (head.contentType.type === 'text/calendar') return true
  const named = head.names.contentDisposition !== '' || head.names.contentType !== ''
  return TEXT_TYPES.has(head.contentType.type) && head.contentDisposition !== 'attachment' && !named
}

/** Text between or behind the parts of a multipart: some readers show it, none was meant to. */
export function isStray(node: PartNode): boolean {
  return node.findings.some(finding => finding.code === 'structure.preamble' || finding.code === 'structure.epilogue')
}

/** Its transfer encoding left out what could not be decoded: what is there is not what was sent. */
export function isCut({ bytes, findings }: PartNode): boolean {
  return findings.some(({ code }) => code === 'uuencode.outside' || (bytes === 0 && code === 'base64.illegal'))
}

export function isOpenedContainer(type: string): boolean {
  return OPENED_TYPES.has(type)
}

export function nameOf(head: PartHead): string {
  return head.names.contentDisposition || head.names.contentType
}

/** Every part of the tree, a parent before its children, in the order of the message. */
export function everyNode(roots: readonly PartNode[]): PartNode[] {
  const found: PartNode[] = []
  const stack = [...roots].reverse()
  while (stack.length > 0) {
    const node = stack.pop()!
    found.push(node)
    for (let i = node.children.length - 1; i >= 0; i--) stack.push(node.children[i]!)
  }
  return found
}

function factsOf(head: PartHead, size: number, tail?: Uint8Array) {
  const facts = { size, name: nameOf(head), claimedType: head.contentType.type }
  return tail ? { ...facts, tail } : facts
}

function newNode(head: PartHead, parent: PartNode | undefined, derived: boolean): PartNode {
  return {
    head,
    parent,
    children: [],
    findings: [],
    derived,
    tail: undefined,
    bytes: 0,
    sha256: '',
    content: undefined,
    detected: undefined,
    text: undefined,
    overLimit: false,
  }
}

function derivedHead(parent: PartNode, source: DerivedSource): PartHead {
  const index = parent.children.length + 1
  const id = parent.head.id === '' ? String(index) : `${parent.head.id}.${index}`
  return {
    id,
    parentId: parent.head.id,
    kind: 'leaf',
    path: `${parent.head.path} > ${source.mediaType}`,
    depth: parent.head.depth + 1,
    offset: 0,
    header: [],
    contentType: { type: source.mediaType, params: new Map(source.asBody ? [['charset', 'utf-8']] : []) },
    hasContentType: true,
    contentDisposition: source.asBody ? 'inline' : 'attachment',
    contentId: '',
    names: { contentType: '', contentDisposition: source.asBody ? '' : source.name },
    transferEncoding: 'binary',
  }
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0]!
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

/** A copy of the window at the front; the rest is not even put together. */
function firstOctets(chunks: readonly Uint8Array[]): Uint8Array {
  const first: Uint8Array[] = []
  for (let index = 0, bytes = 0; index < chunks.length && bytes < SNIFF_BYTES; index++) {
    first.push(chunks[index]!)
    bytes += chunks[index]!.length
  }
  return new Uint8Array(concat(first).subarray(0, SNIFF_BYTES))
}

function lastOctets(before: Uint8Array, chunk: Uint8Array): Uint8Array {
  if (chunk.length >= TAIL_BYTES) return new Uint8Array(chunk.subarray(-TAIL_BYTES))
  return new Uint8Array(concat([before.subarray(Math.max(0, before.length + chunk.length - TAIL_BYTES)), chunk]))
}
