/**
 * OpenDocument texts, sheets, slides and drawings: a new package from the parts that were understood.
 *
 *   octets ──▶ zip-package ──▶ parts by allow-list ──▶ part.ts │ tools.picture ──▶ manifest of our own ──▶ zip-write
 *
 * Parts: content, styles, settings of the view, properties by rule, pictures re-encoded, embedded charts and formulas by the
 * same lists (one level deep). Basic libraries, scripts, dialogs, versions, signatures, thumbnails and all others stay behind.
 * Standards: ODF 1.3 part 2 §3 (packages), §4 (manifest), §5 (signatures).
 */
import { Buffer } from 'node:buffer'
import { type ObjectKind, type Removed, ruleFor } from '../../objects.ts'
import type { Cannot, Disarmed, Disarmer, DisarmInput, Picture } from '../contract.ts'
import { type XmlWork, xmlWorkFor } from '../xml.ts'
import { openPackage, type PackageEntry } from '../zip-package.ts'
import { writeZip, type ZipFile } from '../zip-write.ts'
import { filterPart, type PartContext } from './part.ts'
import { NS } from './vocabulary.ts'

const EXTENSIONS: Readonly<Record<string, string>> = {
  text: 'odt',
  'text-template': 'ott',
  spreadsheet: 'ods',
  'spreadsheet-template': 'ots',
  presentation: 'odp',
  'presentation-template': 'otp',
  graphics: 'odg',
  'graphics-template': 'otg',
}

const OBJECT_PART = /^(Object \d{1,6})\/(content|styles)\.xml$/
const PICTURE_PART = /^(?:Pictures|ObjectReplacements)\//
const VECTOR = /\.(?:svm|emf|wmf|svg|gdi)$/i
/** Folders and parts that have a name of their own in the report. */
const LEFT_BEHIND: readonly (readonly [RegExp, ObjectKind])[] = [
  [/^(?:Basic|Dialogs)\//, 'macros'],
  [/^Scripts\//, 'scripts'],
  [/^META-INF\/.*signatures.*\.xml$/i, 'signatures'],
  [/^(?:Thumbnails|Configurations2)\/|^(?:manifest\.rdf|layout-cache|settings\.xml)$|\/(?:meta|settings)\.xml$/, 'customData'],
  [/^Fonts\//, 'fonts'],
  [/^(?:Versions\/|VersionList\.xml$)/, 'revisions'],
  [/^Object /, 'oleObjects'],
]
/** Parts that are read elsewhere, or written anew whatever they say. */
const ACCOUNTED = /^(?:mimetype|content\.xml|styles\.xml|meta\.xml|settings\.xml|META-INF\/manifest\.xml)$/

export const odfDisarmer: Disarmer = {
  table: [
    { object: 'text, cells, slides, drawings, styles, page set-up, headers and footers', becomes: 'rebuilt' },
    { object: 'merged cells, input rules, protection, print ranges, phonetic guides, conditional formats', becomes: 'rebuilt' },
    { object: 'formulas that compute from the file itself', becomes: 'rebuilt' },
    { object: 'formulas that reach outside: their stored values stay', becomes: 'removed', kind: 'formulas' },
    { object: 'embedded charts and mathematical formulas', becomes: 'rebuilt' },
    { object: 'pictures, re-encoded', becomes: 'rebuilt', kind: 'pictures' },
    { object: 'vector pictures (SVM, EMF, WMF, SVG)', becomes: 'removed', kind: 'vectorPictures' },
    { object: 'links to pages, mailboxes and places in the document', becomes: 'rebuilt', kind: 'hyperlinks' },
    { object: 'links, pictures, sections and sheets from other files', becomes: 'removed', kind: 'externalLinks' },
    { object: 'Basic macros and dialogs', becomes: 'removed', kind: 'macros' },
    { object: 'scripts and event listeners', becomes: 'removed', kind: 'scripts' },
    { object: 'actions of slides', becomes: 'removed', kind: 'actions' },
    { object: 'OLE and other embedded objects', becomes: 'removed', kind: 'oleObjects' },
    { object: 'form controls', becomes: 'removed', kind: 'forms' },
    { object: 'DDE sources, macro and database fields: their text stays', becomes: 'removed', kind: 'dynamicFields' },
    { object: 'pivot tables and databases', becomes: 'removed', kind: 'dataConnections' },
    { object: 'comments', becomes: 'rebuilt', kind: 'comments' },
    { object: 'tracked changes; when removed they count as accepted', becomes: 'rebuilt', kind: 'revisions' },
    { object: 'author and other properties', becomes: 'removed', kind: 'metadata' },
    { object: 'signatures', becomes: 'removed', kind: 'signatures' },
    { object: 'embedded fonts', becomes: 'removed', kind: 'fonts' },
    { object: 'sound, video, plug-ins', becomes: 'removed', kind: 'media' },
    { object: 'animations and what no list names', becomes: 'removed', kind: 'layout' },
    { object: 'thumbnails, settings of the program', becomes: 'removed', kind: 'customData' },
  ],
  async disarm(input: DisarmInput): Promise<Disarmed> {
    const extension = EXTENSIONS[input.detectedType.replace('application/vnd.oasis.opendocument.', '')]
    if (extension === undefined) return { kind: 'cannot', reason: 'unsupported' }
    const opened = openPackage(input.untrustedBytes, { entries: input.limits.entries, bytes: 8 * input.limits.outputBytes })
    if (opened.kind === 'cannot') return opened
    const entries = new Map(opened.entries.map(entry => [entry.name, entry]))
    if (entries.get('META-INF/manifest.xml')?.read()?.includes('encryption-data')) return { kind: 'cannot', reason: 'encrypted' }
    const rebuilding = new OdfRebuilding(input, entries)
    if (opened.strayBytes > 0) rebuilding.count('trailingData')
    const failure = await rebuilding.run()
    if (failure) return failure
    const bytes = writeZip(rebuilding.files(), input.limits.outputBytes)
    if (!bytes) return { kind: 'cannot', reason: 'limit' }
    return { kind: 'rebuilt', bytes: new Uint8Array(bytes), mediaType: input.detectedType, extension, removed: rebuilding.removed(), findings: [] }
  },
}

class OdfRebuilding {
  readonly #input: DisarmInput
  readonly #entries: ReadonlyMap<string, PackageEntry>
  readonly #counts = new Map<ObjectKind, number>()
  readonly #parts: ZipFile[] = []
  readonly #pictures = new Map<string, Picture>()
  /** Embedded documents that were understood, with their types. */
  readonly #objects = new Map<string, ZipFile[]>()
  /** Old names, in the order of their first use; the new name is the number. */
  readonly #usedPictures = new Map<string, string>()
  readonly #usedObjects = new Map<string, string>()
  readonly #work: XmlWork
  #outputLeft: number

  constructor(input: DisarmInput, entries: ReadonlyMap<string, PackageEntry>) {
    this.#input = input
    this.#entries = entries
    this.#work = xmlWorkFor(input.untrustedBytes.length)
    this.#outputLeft = 4 * input.limits.outputBytes
  }

  count = (what: ObjectKind, count = 1): void => void this.#counts.set(what, (this.#counts.get(what) ?? 0) + count)

  removed(): Removed[] {
    return [...this.#counts].map(([what, count]) => ({ what, count }))
  }

  async run(): Promise<Cannot | undefined> {
    await this.#encodePictures()
    this.#readObjects()
    for (const name of ['content.xml', 'styles.xml', 'settings.xml', 'meta.xml']) {
      const entry = this.#entries.get(name)
      if (!entry || (name === 'meta.xml' && !this.#keepsMetadata(entry))) continue
      const filtered = this.#filter(entry)
      if (filtered.kind === 'cannot') return filtered
      this.#parts.push({ name, bytes: filtered.bytes })
    }
    if (this.#parts[0]?.name !== 'content.xml') return { kind: 'cannot', reason: 'malformed' }
    this.#countLeftBehind()
    return undefined
  }

  /** The whole package in order: `mimetype` first and stored, the manifest last. */
  files(): ZipFile[] {
    const objects = [...this.#usedObjects].flatMap(([old, name]) =>
      this.#objects.get(old)!.map(part => ({ ...part, name: part.name.replace(old, name) })),
    )
    const pictures = [...this.#usedPictures].map(([old, name]) => ({ name, bytes: this.#pictures.get(old)!.bytes, stored: true }))
    const mimetype = { name: 'mimetype', bytes: Buffer.from(this.#input.detectedType), stored: true }
    const files = [mimetype, ...this.#parts, ...objects, ...pictures]
    return [...files, { name: 'META-INF/manifest.xml', bytes: Buffer.from(this.#manifest(files)) }]
  }

  #keepsMetadata(entry: PackageEntry): boolean {
    if (ruleFor('metadata', this.#input.rules) === 'keep') return true
    if (entry.bytes > 0) this.count('metadata')
    return false
  }

  #filter(entry: PackageEntry, context: PartContext = this.#context()): ReturnType<typeof filterPart> {
    const bytes = entry.read()
    if (!bytes) return { kind: 'cannot', reason: 'malformed' }
    const filtered = filterPart(bytes, context, this.#outputLeft)
    if (filtered.kind === 'filtered') this.#outputLeft -= filtered.bytes.length
    return filtered
  }

  #context(): PartContext {
    return {
      rules: this.#input.rules,
      count: what => this.count(what),
      pictureName: href => this.#pictureName(href),
      work: this.#work,
      objectName: href => this.#nameFor(href, this.#objects, this.#usedObjects, number => `Object ${number}`),
    }
  }

  #pictureName(href: string): string | undefined {
    const old = href.replace(/^\.\//, '')
    const name = this.#nameFor(href, this.#pictures, this.#usedPictures, number => `Pictures/${number}.${this.#pictures.get(old)!.extension}`)
    if (name !== undefined) return name
    if (!this.#entries.has(old)) this.count('externalLinks')
    // The picture of an object is made again by the program that shows it.
    else if (!old.startsWith('ObjectReplacements/')) this.count(VECTOR.test(old) ? 'vectorPictures' : 'pictures')
    return undefined
  }

  #nameFor(href: string, known: ReadonlyMap<string, unknown>, used: Map<string, string>, nameOf: (number: number) => string): string | undefined {
    const old = href.replace(/^\.\//, '').replace(/\/$/, '')
    if (!known.has(old)) return undefined
    const name = used.get(old) ?? nameOf(used.size + 1)
    used.set(old, name)
    return name
  }

  async #encodePictures(): Promise<void> {
    if (ruleFor('pictures', this.#input.rules) !== 'keep') return
    for (const [name, entry] of this.#entries) {
      if (!PICTURE_PART.test(name) || VECTOR.test(name)) continue
      const bytes = entry.read()
      const picture = bytes && (await this.#input.tools.picture(bytes))
      if (picture) this.#pictures.set(name, picture)
    }
  }

  /** Charts and formulas: documents of their own, in which nothing else may be embedded. */
  #readObjects(): void {
    const inside: PartContext = { ...this.#context(), pictureName: () => undefined, objectName: () => undefined }
    const broken = new Set<string>()
    for (const [name, entry] of this.#entries) {
      const folder = OBJECT_PART.exec(name)?.[1]
      if (folder === undefined) continue
      const filtered = this.#filter(entry, inside)
      if (filtered.kind === 'cannot') broken.add(folder)
      else this.#objects.set(folder, [...(this.#objects.get(folder) ?? []), { name, bytes: filtered.bytes }])
    }
    for (const [folder, parts] of this.#objects) {
      if (broken.has(folder) || !parts.some(({ name }) => name.endsWith('/content.xml'))) this.#objects.delete(folder)
    }
  }

  #countLeftBehind(): void {
    for (const name of this.#entries.keys()) {
      const isKnown = ACCOUNTED.test(name) || PICTURE_PART.test(name) || this.#objects.has(name.split('/')[0]!)
      if (!isKnown) this.count(LEFT_BEHIND.find(([pattern]) => pattern.test(name))?.[1] ?? 'unknownParts')
    }
  }

  #manifest(files: readonly ZipFile[]): string {
    const entry = (path: string, type: string) => `<manifest:file-entry manifest:full-path="${path}" manifest:media-type="${type}"/>`
    const entries = [entry('/', this.#input.detectedType)]
    for (const [old, name] of this.#usedObjects) entries.push(entry(`${name}/`, objectType(this.#objects.get(old)!)))
    const types = new Map([...this.#usedPictures].map(([old, name]) => [name, this.#pictures.get(old)!.mediaType]))
    for (const { name } of files.slice(1)) entries.push(entry(name, types.get(name) ?? 'text/xml'))
    return (
      '<?xml version="1.0" encoding="UTF-8"?>\n' +
      `<manifest:manifest xmlns:manifest="${NS.manifest}" manifest:version="1.3">${entries.join('')}</manifest:manifest>`
    )
  }
}

/** What an embedded document is, by the element in its body. */
function objectType(parts: readonly ZipFile[]): string {
  const content = Buffer.from(parts.find(({ name }) => name.endsWith('/content.xml'))!.bytes).toString('latin1')
  if (/<(?:math:)?math[ >]/.test(content.slice(0, 2000))) return 'application/vnd.oasis.opendocument.formula'
  const family = /<office:(chart|spreadsheet|presentation|drawing|text)>/.exec(content)?.[1] ?? 'chart'
  return `application/vnd.oasis.opendocument.${family === 'drawing' ? 'graphics' : family}`
}
