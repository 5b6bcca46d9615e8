/**
 * Relationships and content types of a package: read from the source, written anew from what was kept.
 *
 * Standards: ECMA-376 part 2 §6.5 (relationships), §6.2.3 (media types), §6.2.4 (growth), RFC 3986 §5.2 (targets).
 */
import { Buffer } from 'node:buffer'
import { filterXml } from '../xml-filter.ts'
import { escapeAttribute } from '../xml-write.ts'

export type Relationship = {
  readonly id: string
  readonly type: string
  readonly target: string
  readonly isExternal: boolean
}

const NAMESPACE = 'http://schemas.openxmlformats.org/package/2006/relationships'
const TYPES_NAMESPACE = 'http://schemas.openxmlformats.org/package/2006/content-types'
const MOST = 20_000
const PLAIN_ID = /^[A-Za-z_][A-Za-z0-9_.-]{0,99}$/

/** Undefined when the part is damaged, or says two things under one identifier. */
export function readRelationships(untrustedBytes: Uint8Array): Relationship[] | undefined {
  const found: Relationship[] = []
  const read = filterXml(untrustedBytes, {
    doctype: 'refuse',
    outputLength: Number.MAX_SAFE_INTEGER,
    work: { namesLeft: 6 * MOST },
    element({ namespace, local, attributes, depth }) {
      if (namespace !== NAMESPACE) return 'drop'
      if (depth === 1) return local === 'Relationships' ? [] : 'drop'
      const valueIn = (name: string) => attributes.find(each => each.namespace === '' && each.local === name)?.value ?? ''
      if (local === 'Relationship') {
        found.push({ id: valueIn('Id'), type: valueIn('Type'), target: valueIn('Target'), isExternal: valueIn('TargetMode') === 'External' })
      }
      return 'drop'
    },
  })
  if (read.kind === 'cannot' || found.length > MOST) return undefined
  const ids = new Set(found.map(({ id }) => id))
  return ids.size === found.length && found.every(({ id }) => PLAIN_ID.test(id)) ? found : undefined
}

/** The name of the relationships part of a part; of the package for ''. */
export function relationshipsName(part: string): string {
  const slash = part.lastIndexOf('/') + 1
  return `${part.slice(0, slash)}_rels/${part.slice(slash)}.rels`
}

/** The part that an internal target names; undefined when it leads out of the package. */
export function resolveTarget(source: string, target: string): string | undefined {
  const path = target.replace(/[?#].*$/s, '')
  if (path === '' || /^[A-Za-z][A-Za-z0-9+.-]*:/.test(path) || path.includes('\\') || path.startsWith('//')) return undefined
  const segments = path.startsWith('/') ? [] : source.split('/').slice(0, -1)
  for (const segment of path.split('/')) {
    if (segment === '..') {
      if (segments.length === 0) return undefined
      segments.pop()
    } else if (segment !== '.' && segment !== '') segments.push(segment)
  }
  try {
    return decodeURIComponent(segments.join('/'))
  } catch {
    return undefined
  }
}

/** The target that leads from one part to another. */
export function targetFrom(source: string, part: string): string {
  return source === '' ? part : `/${part}`
}

export function writeRelationships(relationships: readonly Relationship[]): Buffer {
  const lines = relationships.map(({ id, type, target, isExternal }) => {
    const mode = isExternal ? ' TargetMode="External"' : ''
    return `<Relationship Id="${id}" Type="${escapeAttribute(type)}" Target="${escapeAttribute(target)}"${mode}/>`
  })
  return document(`<Relationships xmlns="${NAMESPACE}">${lines.join('')}</Relationships>`)
}

export function writeContentTypes(parts: readonly { readonly name: string; readonly contentType: string }[]): Buffer {
  const defaults = new Map([
    ['rels', 'application/vnd.openxmlformats-package.relationships+xml'],
    ['xml', 'application/xml'],
  ])
  const overrides: string[] = []
  for (const { name, contentType } of parts) {
    const extension = name.slice(name.lastIndexOf('.') + 1)
    if (extension !== 'xml' && (defaults.get(extension) ?? contentType) === contentType) defaults.set(extension, contentType)
    else overrides.push(`<Override PartName="/${name}" ContentType="${contentType}"/>`)
  }
  const lines = [...defaults].map(([extension, contentType]) => `<Default Extension="${extension}" ContentType="${contentType}"/>`)
  return document(`<Types xmlns="${TYPES_NAMESPACE}">${lines.join('')}${overrides.join('')}</Types>`)
}

function document(content: string): Buffer {
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n${content}`)
}
