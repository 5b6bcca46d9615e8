/**
 * The open containers, and how their children are called.
 *
 * Ids are IMAP section numbers (RFC 3501 §6.4.5). The root multipart is '' and its children '1', '2' …; a root that
 * is no multipart is '1'. The children of a nested message '2' are '2.1', '2.2' …, whether it holds a multipart or
 * not; that multipart itself is '2.TEXT'. Text outside the delimiters becomes child '0' (before) or the number after
 * the last child (after).
 */
import type { PartId } from '../verdict.ts'
import type { Entity } from './entity.ts'
import type { HeaderField, PartHead } from './part.ts'

export type Frame = {
  readonly kind: 'multipart' | 'message'
  readonly id: PartId
  /** In front of the number of a child. */
  readonly childPrefix: string
  readonly type: string
  readonly path: string
  readonly depth: number
  readonly bodyOffset: number
  /** Latin1 octets, and the same with the two dashes in front; of no use for messages. */
  readonly boundary: string
  readonly delimiter: Buffer
  children: number
  place: 'preamble' | 'parts' | 'epilogue'
}

export type PartName = { readonly id: PartId; readonly childPrefix: string }

/** Names the entity that begins now inside `parent`. */
export function nameEntity(parent: Frame | undefined, kind: 'leaf' | 'multipart' | 'message'): PartName {
  if (parent?.kind === 'multipart') {
    const id = `${parent.childPrefix}${parent.children}`
    return { id, childPrefix: `${id}.` }
  }
  const prefix = parent ? parent.childPrefix : ''
  if (kind === 'multipart') return { id: parent ? `${prefix}TEXT` : '', childPrefix: prefix }
  return { id: `${prefix}1`, childPrefix: `${prefix}1.` }
}

type Opened = { readonly childPrefix: string; readonly boundary: string; readonly bodyOffset: number }

/** The container that `head` begins. */
export function openFrame(head: PartHead, { childPrefix, boundary, bodyOffset }: Opened): Frame {
  return {
    kind: head.kind === 'message' ? 'message' : 'multipart',
    id: head.id,
    childPrefix,
    type: head.contentType.type,
    path: head.path,
    depth: head.depth,
    bodyOffset,
    boundary,
    delimiter: Buffer.from(`--${boundary}`, 'latin1'),
    children: 0,
    place: 'preamble',
  }
}

type Place = {
  readonly name: PartName
  readonly parent: Frame | undefined
  readonly offset: number
  readonly header: readonly HeaderField[]
}

export function partHead(entity: Entity, place: Place): PartHead {
  const { parent } = place
  const { type } = entity.contentType
  return {
    id: place.name.id,
    parentId: parent?.id,
    kind: entity.kind,
    path: parent ? `${parent.path} > ${type}` : type,
    depth: parent ? parent.depth + 1 : 0,
    offset: place.offset,
    header: place.header,
    contentType: entity.contentType,
    hasContentType: entity.hasContentType,
    contentDisposition: entity.contentDisposition,
    contentId: entity.contentId,
    names: entity.names,
    transferEncoding: entity.transferEncoding,
  }
}

/** The leaf that text outside the delimiters of `frame` becomes. */
export function strayHead(frame: Frame, number: number, offset: number): PartHead {
  return {
    id: `${frame.childPrefix}${number}`,
    parentId: frame.id,
    kind: 'leaf',
    path: `${frame.path} > text/plain`,
    depth: frame.depth + 1,
    offset,
    header: [],
    contentType: { type: 'text/plain', params: new Map() },
    hasContentType: false,
    contentDisposition: undefined,
    contentId: '',
    names: { contentType: '', contentDisposition: '' },
    transferEncoding: '8bit',
  }
}
