/**
 * A package rebuilt from its main part on: what no understood relationship leads to is not there.
 *
 *   _rels/.rels ▸ main part ▸ its relationships ▸ … ──▶ [PackageRebuild] ──▶ parts of ours, by names of ours
 *
 * Parts are visited in the order of their relationships, so equal packages give equal files and a rebuilt one is
 * rebuilt to itself. Before a part's markup is filtered it is known what became of each of its relationships.
 * Standards: ECMA-376 part 2 (OPC); ISO/IEC 29500-1 §9 (package structure).
 */
import type { ObjectKind } from '../../objects.ts'
import { ruleFor } from '../../objects.ts'
import type { DisarmInput } from '../contract.ts'
import { type XmlWork, xmlWorkFor } from '../xml.ts'
import type { OpenPackage, PackageEntry } from '../zip-package.ts'
import type { ZipFile } from '../zip-write.ts'
import { harmlessLink, kindOfBadLink } from './links.ts'
import { filterMarkup, type Link, type MarkupRules } from './markup.ts'
import { relationshipKind } from './namespaces.ts'
import { kindOfRemoved, type MainKind, type PartKind, PROPERTY_PARTS, partKind } from './parts.ts'
import { PLACEHOLDER } from './placeholder.ts'
import { programOf } from './program.ts'
import {
  type Relationship,
  readRelationships,
  relationshipsName,
  resolveTarget,
  targetFrom,
  writeContentTypes,
  writeRelationships,
} from './relationships.ts'

/** Ends the rebuilding; package-wide, so not a value of every step. */
export class CannotRebuild extends Error {
  readonly reason: 'malformed' | 'limit'

  constructor(reason: 'malformed' | 'limit') {
    super(reason)
    this.reason = reason
  }
}

type Visit = { readonly source: string; readonly name: string; readonly kind: PartKind }
type Written = ZipFile & { readonly contentType: string }
type Outcome = { readonly link: Link; readonly relationship?: Relationship }

const GONE: Outcome = { link: 'gone' }

export class PackageRebuild {
  readonly removed = new Map<ObjectKind, number>()
  readonly #input: DisarmInput
  readonly #main: MainKind
  readonly #rules: MarkupRules
  readonly #work: XmlWork
  #hasMain = false
  readonly #entries: ReadonlyMap<string, PackageEntry>
  readonly #queue: Visit[] = []
  /** Names in the output of parts that were reached, by their names in the source. */
  readonly #names = new Map<string, string>()
  readonly #numbers = new Map<string, number>()
  readonly #parts: Written[] = []
  readonly #relationships: Written[] = []
  /** Everything that a relationship led to, kept or not. */
  readonly #accounted = new Set<string>(['[content_types].xml'])

  constructor(input: DisarmInput, main: MainKind, { entries }: OpenPackage) {
    const keeps = (kind: ObjectKind) => ruleFor(kind, input.rules) === 'keep'
    this.#input = input
    this.#main = main
    this.#work = xmlWorkFor(input.untrustedBytes.length)
    this.#entries = new Map(entries.map(entry => [entry.name.toLowerCase(), entry]))
    this.#rules = {
      keepComments: keeps('comments'),
      keepRevisions: keeps('revisions'),
      keepLinks: keeps('hyperlinks'),
      keepForms: keeps('forms'),
    }
  }

  /** The files of the new package in order. Throws CannotRebuild. */
  async run(): Promise<readonly ZipFile[]> {
    const root: Relationship[] = []
    for (const relationship of this.#relationshipsOf('')) root.push(...this.#fromRoot(relationship))
    if (!this.#hasMain) throw new CannotRebuild('malformed')
    for (let visit = this.#queue.shift(); visit; visit = this.#queue.shift()) await this.#rebuild(visit)
    this.#countUnreached()
    const parts = this.#parts
    return [
      { name: '[Content_Types].xml', bytes: writeContentTypes(parts) },
      { name: '_rels/.rels', bytes: writeRelationships(root) },
      ...parts,
      ...this.#relationships,
    ]
  }

  #fromRoot(relationship: Relationship): Relationship[] {
    const kind = relationshipKind(relationship.type)
    const source = relationship.isExternal ? undefined : resolveTarget('', relationship.target)
    const isMain = kind === 'officeDocument' && !this.#hasMain
    const keepsProperties = ruleFor('metadata', this.#input.rules) === 'keep'
    const property = kind !== undefined && keepsProperties && Object.hasOwn(PROPERTY_PARTS, kind) ? PROPERTY_PARTS[kind] : undefined
    const part = isMain ? this.#main : property
    const name = source !== undefined && part ? this.#reach(source, part) : undefined
    if (isMain && name !== undefined) this.#hasMain = true
    const written = name ?? (kind === 'extended-properties' && !part ? this.#program(source) : undefined)
    if (written !== undefined) return [{ ...relationship, target: targetFrom('', written) }]
    this.#remove(kind, source)
    return []
  }

  /** The mark of the program, under the name of the properties that go; undefined when there is none. */
  #program(source: string | undefined): string | undefined {
    const content = source === undefined ? undefined : this.#entries.get(source.toLowerCase())?.read()
    const program = content && programOf(content)
    const kind = PROPERTY_PARTS['extended-properties']!
    if (!program || this.#names.has(source!.toLowerCase())) return undefined
    if (!program.isWhole) this.#remove('extended-properties', source)
    const name = this.#newName(source!, kind.path)
    if (name !== undefined) this.#parts.push({ name, bytes: program.bytes, contentType: kind.contentType })
    return name
  }

  async #rebuild({ source, name, kind }: Visit): Promise<void> {
    const links = new Map<string, Link>()
    const kept: Relationship[] = []
    for (const relationship of this.#relationshipsOf(source)) {
      const { link, relationship: written } = await this.#follow(relationship, source, kind)
      links.set(relationship.id, link)
      if (written) kept.push(written)
    }
    const content = this.#contentOf(source)
    const filtered = filterMarkup(kind.roots.includes(':xml') ? closeBreaks(content) : content, {
      roots: kind.roots,
      links,
      rules: this.#rules,
      outputLength: 2 * this.#input.limits.outputBytes,
      work: this.#work,
      count: (what, count) => this.#count(what, count),
    })
    if (filtered.kind === 'cannot') throw new CannotRebuild(filtered.reason)
    this.#parts.push({ name, bytes: filtered.bytes, contentType: kind.contentType })
    if (kept.length > 0) {
      this.#relationships.push({ name: relationshipsName(name), bytes: writeRelationships(kept), contentType: '' })
    }
  }

  async #follow(relationship: Relationship, source: string, from: PartKind): Promise<Outcome> {
    const kind = relationshipKind(relationship.type)
    if (kind === 'hyperlink' && (relationship.isExternal || relationship.target.startsWith('#'))) return this.#hyperlink(relationship)
    if (relationship.isExternal) {
      this.#count(kind === 'image' || kind === 'audio' || kind === 'video' || kind === 'media' ? 'remoteContent' : 'externalLinks')
      return GONE
    }
    const target = resolveTarget(source, relationship.target)
    const entry = target === undefined ? undefined : this.#entries.get(target.toLowerCase())
    if (target === undefined || !entry) return GONE
    const name = await this.#target(kind ?? '', target, from)
    if (name === undefined) {
      this.#remove(kind, target)
      return GONE
    }
    return { link: kind === 'package' ? 'embedded' : 'part', relationship: { ...relationship, target: targetFrom(source, name) } }
  }

  #hyperlink(relationship: Relationship): Outcome {
    const target = harmlessLink(relationship.target)
    const isKept = target !== undefined && (this.#rules.keepLinks || target.startsWith('#'))
    if (isKept) return { link: 'hyperlink', relationship: { ...relationship, target, isExternal: true } }
    this.#count(target === undefined ? kindOfBadLink(relationship.target) : 'hyperlinks')
    return GONE
  }

  /** The name of what an internal relationship leads to, or undefined for what stays behind. */
  async #target(kind: string, target: string, from: PartKind): Promise<string | undefined> {
    if (kind === 'image') return this.#picture(target)
    if (kind === 'package') return this.#embedded(target, from)
    const part = partKind(this.#main.family, kind)
    if (!part || !this.#isWanted(kind, target)) return undefined
    return this.#reach(target, part)
  }

  #isWanted(kind: string, target: string): boolean {
    if (/^(?:comments|commentsExtended|commentAuthors|threadedComment|person)$/.test(kind)) return this.#rules.keepComments
    if (kind === 'pivotCacheDefinition') return this.#isLocalCache(target)
    if (kind !== 'pivotTable') return true
    const caches = this.#relationshipsOf(target).filter(each => relationshipKind(each.type) === 'pivotCacheDefinition')
    return caches.every(each => this.#isLocalCache(resolveTarget(target, each.target) ?? ''))
  }

  /** A pivot table may be filled from this workbook only. */
  #isLocalCache(target: string): boolean {
    if (!this.#entries.has(target.toLowerCase())) return false
    const start = this.#contentOf(target).toString('latin1', 0, 64 * 1024)
    const sheet = /<(?:\w+:)?worksheetSource\s[^>]*>/.exec(start)?.[0]
    return /<(?:\w+:)?cacheSource\s[^>]*type\s*=\s*["']worksheet["']/.test(start) && sheet !== undefined && !/\s\w+:id\s*=/.test(sheet)
  }

  #reach(source: string, kind: PartKind): string | undefined {
    const known = this.#names.get(source.toLowerCase())
    if (known !== undefined) return known
    if (!this.#entries.has(source.toLowerCase())) return undefined
    const name = this.#newName(source, kind.path)
    if (name !== undefined) this.#queue.push({ source, name, kind })
    return name
  }

  /** A name of ours; undefined where a second part of its kind would take the name of the first. */
  #newName(source: string, path: string): string | undefined {
    const number = (this.#numbers.get(path) ?? 0) + 1
    if (number > 1 && !path.includes('#')) return undefined
    this.#numbers.set(path, number)
    const name = `${path.startsWith('docProps/') ? '' : `${this.#main.family}/`}${path.replace('#', String(number))}`
    this.#names.set(source.toLowerCase(), name)
    this.#accounted.add(source.toLowerCase())
    return name
  }

  async #picture(source: string): Promise<string | undefined> {
    const known = this.#names.get(source.toLowerCase())
    if (known !== undefined) return known
    const content = this.#contentOf(source)
    const isWanted = ruleFor('pictures', this.#input.rules) === 'keep'
    const isOurs = content.equals(PLACEHOLDER)
    const picture = isWanted && !isOurs ? await this.#input.tools.picture(content) : undefined
    if (!picture && !isOurs) this.#count(isWanted && isVector(source) ? 'vectorPictures' : 'pictures')
    const { bytes, mediaType, extension } = picture ?? { bytes: PLACEHOLDER, mediaType: 'image/png', extension: 'png' }
    const path = `media/image#.${extension}`
    const name = this.#newName(source, path)
    if (name !== undefined) this.#parts.push({ name, bytes, contentType: mediaType, stored: extension !== 'bmp' })
    return name
  }

  /** The sheet behind a chart, or a document in a document, is a file of its own. */
  async #embedded(source: string, from: PartKind): Promise<string | undefined> {
    const known = this.#names.get(source.toLowerCase())
    if (known !== undefined) return known
    const isReferable = from.roots.includes('c:chartSpace') || this.#main.family === 'word'
    if (!isReferable || ruleFor('embeddedFiles', this.#input.rules) !== 'keep') return undefined
    const untrustedName = source.slice(source.lastIndexOf('/') + 1)
    const member = await this.#input.tools.member({ untrustedName, untrustedBytes: this.#contentOf(source) })
    if (member.kind === 'kept' || !/officedocument/.test(member.mediaType)) return undefined
    const name = this.#newName(source, `embeddings/file#.${member.extension}`)
    if (name !== undefined) this.#parts.push({ name, bytes: member.bytes, contentType: member.mediaType, stored: true })
    return name
  }

  #relationshipsOf(source: string): readonly Relationship[] {
    const name = relationshipsName(source).toLowerCase()
    this.#accounted.add(name)
    const entry = this.#entries.get(name)
    if (!entry) return []
    const relationships = readRelationships(this.#read(entry))
    if (!relationships) throw new CannotRebuild('malformed')
    return relationships
  }

  #contentOf(source: string): Buffer {
    const entry = this.#entries.get(source.toLowerCase())
    if (!entry) throw new CannotRebuild('malformed')
    return this.#read(entry)
  }

  #read(entry: PackageEntry): Buffer {
    const content = entry.read()
    if (!content) throw new CannotRebuild('malformed')
    return content
  }

  #count(kind: ObjectKind, count = 1): void {
    this.removed.set(kind, (this.removed.get(kind) ?? 0) + count)
  }

  /** Says that something stays behind; what only it leads to is no news. */
  #remove(kind: string | undefined, source: string | undefined): void {
    const isNews = source === undefined || !this.#accounted.has(source.toLowerCase())
    const what = kindOfRemoved(kind)
    if (what && isNews) this.#count(what)
    if (source !== undefined && isNews) this.#accountFor(source)
  }

  #accountFor(source: string): void {
    const waiting = [source]
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (this.#accounted.has(next.toLowerCase())) continue
      this.#accounted.add(next.toLowerCase())
      const name = relationshipsName(next)
      const entry = this.#entries.get(name.toLowerCase())
      this.#accounted.add(name.toLowerCase())
      const content = entry?.read()
      for (const { target, isExternal } of (content && readRelationships(content)) ?? []) {
        const inner = isExternal ? undefined : resolveTarget(next, target)
        if (inner !== undefined) waiting.push(inner)
      }
    }
  }

  #countUnreached(): void {
    const unreached = [...this.#entries.keys()].filter(name => !this.#accounted.has(name))
    const programs = unreached.filter(name => /vbaproject|macrosheets\/|activex\//.test(name)).length
    if (programs > 0) this.#count('macros', programs)
    if (unreached.length > programs) this.#count('unknownParts', unreached.length - programs)
  }
}

function isVector(name: string): boolean {
  return /\.(?:emf|wmf|emz|wmz|svg|pict|wdp|eps)$/i.test(name)
}

/** Excel writes the line breaks of VML text as HTML has them. */
function closeBreaks(content: Buffer): Buffer {
  return content.includes('<br>') ? Buffer.from(content.toString('latin1').replaceAll('<br>', '<br/>'), 'latin1') : content
}
