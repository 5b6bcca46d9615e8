/**
 * The files of any archive, each disarmed, in a ZIP of our own.
 *
 *   entries ──▶ place ▸ read ▸ tools.member ──▶ [repack] ──▶ ZIP with folders and UTF-8 names (CP932 by policy)
 *
 * Where a file may not pass, a text file stands in its place that says why. An archive of which nothing may pass is
 * kept back whole: a ZIP of excuses helps nobody. Entries are read one after the other, so one is in memory at a time.
 */
import type { Finding } from '../../finding.ts'
import { uniqueNames } from '../../media/filename.ts'
import { type Removed, sumRemoved } from '../../objects.ts'
import { makeHarmlessLine } from '../../text/harmless.ts'
import type { ReasonKey } from '../../text/reasons.ts'
import type { Cannot, Disarmed, DisarmInput, Member } from '../contract.ts'
import { type ZipFile, writeZip } from '../zip-write.ts'
import { unpackLimit } from '../unpack-limit.ts'
import { type ArchiveContents, type ArchiveEntry, cannot } from './entry.ts'
import { keptText, mostTelling } from './kept-text.ts'
import { isSystemFile, type Place, placeOf, safeFolder } from './paths.ts'

const LONGEST_DETAIL = 100
const REASON_OF_UNREAD = { malformed: 'malformed', unsupported: 'cannot-disarm', encrypted: 'encrypted', blocked: 'blocked-object' } as const

type Placed = { readonly folders: readonly string[]; readonly name: string; readonly bytes: Uint8Array }

export async function repack({ entries, removed, findings }: ArchiveContents, input: DisarmInput): Promise<Disarmed> {
  const packing = new Packing(input)
  for (const entry of entries) {
    const problem = await packing.add(entry)
    if (problem) return problem
  }
  return packing.finish(removed, findings)
}

class Packing {
  readonly #input: DisarmInput
  readonly #files: Placed[] = []
  readonly #folders: (readonly string[])[] = []
  readonly #removed: Removed[] = []
  readonly #kept: ReasonKey[] = []
  readonly #escapes: string[] = []
  #bytesLeft: number
  #passed = 0

  constructor(input: DisarmInput) {
    this.#input = input
    this.#bytesLeft = unpackLimit(input.untrustedBytes.length, input.limits.outputBytes)
  }

  /** What ends the whole archive, if anything does. */
  async add(entry: ArchiveEntry): Promise<Cannot | undefined> {
    const place = placeOf(entry.untrustedPath)
    if (place.escapes) this.#escapes.push(entry.untrustedPath)
    if (isSystemFile(place)) this.#removed.push({ what: 'customData', count: 1 })
    else if (entry.kind === 'folder') this.#addFolder(place)
    else if (entry.kind === 'link') this.#keep(place, placeName(place), 'external-content')
    else return this.#addFile(entry, place)
    return undefined
  }

  #addFolder({ folders, untrustedName }: Place): void {
    if (untrustedName !== '') this.#folders.push([...folders, safeFolder(untrustedName)])
  }

  async #addFile(entry: ArchiveEntry, place: Place): Promise<Cannot | undefined> {
    const content = await entry.read(this.#bytesLeft)
    if (content === 'limit' || content === 'encrypted') return cannot(content)
    if (typeof content === 'string') {
      this.#keep(place, placeName(place), REASON_OF_UNREAD[content])
      return undefined
    }
    this.#bytesLeft -= content.length
    const member = await this.#input.tools.member({ untrustedName: place.untrustedName, untrustedBytes: content })
    // The budget of all levels is used up: nothing that follows could pass.
    if (member.kind === 'kept' && member.reason === 'limit-exceeded') return { ...cannot('limit'), why: 'limit-exceeded' }
    this.#addMember(place, member)
    return undefined
  }

  #addMember(place: Place, member: Member): void {
    if (member.kind === 'kept') return this.#keep(place, member.name, member.reason)
    this.#passed++
    this.#files.push({ folders: place.folders, name: member.name, bytes: member.bytes })
  }

  #keep({ folders }: Place, name: string, reason: ReasonKey): void {
    this.#kept.push(reason)
    this.#removed.push({ what: 'archiveMembers', count: 1, detail: makeHarmlessLine(name, LONGEST_DETAIL) })
    this.#files.push({ folders, name: `${name}.txt`, bytes: keptText(name, reason) })
  }

  finish(removed: readonly Removed[], findings: readonly Omit<Finding, 'partId'>[]): Disarmed {
    if (this.#passed === 0 && this.#kept.length > 0) return { ...cannot('unsupported'), why: mostTelling(this.#kept) }
    const bytes = writeZip(this.#inPlace(), this.#input.limits.outputBytes, this.#input.forms.zipNames)
    if (bytes === undefined) return cannot('limit')
    const escapes = this.#escapes.map(path => ({ code: 'archive.path', detail: makeHarmlessLine(path, LONGEST_DETAIL) }) as const)
    return {
      kind: 'rebuilt',
      bytes: new Uint8Array(bytes),
      mediaType: 'application/zip',
      extension: 'zip',
      removed: sumRemoved([...removed, ...this.#removed]),
      findings: [...findings, ...escapes.slice(0, 1)],
    }
  }

  /** Folders first, each once; then the files, in their order, none over another and none over a folder. */
  #inPlace(): ZipFile[] {
    const folders = new Map<string, string[]>()
    for (const path of [...this.#folders, ...this.#files.map(file => file.folders)]) registerFolder(folders, path)
    const names = this.#uniqueNames(folders)
    const listed = [...folders.keys()].filter(path => path !== '').map(path => ({ name: path, bytes: EMPTY, stored: true }))
    return [...listed, ...this.#files.map((file, index) => ({ name: `${pathOf(file.folders)}${names[index]}`, bytes: file.bytes }))]
  }

  #uniqueNames(folders: ReadonlyMap<string, readonly string[]>): string[] {
    const byFolder = Map.groupBy(this.#files.keys(), index => pathOf(this.#files[index]!.folders))
    const names: string[] = []
    for (const [path, indexes] of byFolder) {
      const taken = folders.get(path) ?? []
      const unique = uniqueNames([...taken, ...indexes.map(index => this.#files[index]!.name)]).slice(taken.length)
      indexes.forEach((index, position) => {
        names[index] = unique[position]!
      })
    }
    return names
  }
}

const EMPTY = new Uint8Array(0)

function placeName({ untrustedName }: Place): string {
  return safeFolder(untrustedName)
}

function pathOf(folders: readonly string[]): string {
  return folders.map(folder => `${folder}/`).join('')
}

/** Notes a folder and those above it, with the names of the folders in each. */
function registerFolder(folders: Map<string, string[]>, path: readonly string[]): void {
  for (let depth = 0; depth <= path.length; depth++) {
    const key = pathOf(path.slice(0, depth))
    if (folders.has(key)) continue
    folders.set(key, [])
    if (depth > 0) folders.get(pathOf(path.slice(0, depth - 1)))!.push(path[depth - 1]!)
  }
}
