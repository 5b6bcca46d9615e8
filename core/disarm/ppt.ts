/**
 * Old PowerPoint slides (.ppt): their text, slide by slide, as a text file.
 *
 *   octets ──▶ cfb.ts ──▶ last edit ▸ persist directory ▸ slides in order ──▶ text atoms ──▶ .txt
 *
 * Only what the last save shows is read: slides that were deleted may still stand in the stream. The record format is not
 * rebuilt (docs/decisions.md). Standards: MS-PPT §2.1.2 (part 1: how to read), §2.3.2–2.3.6, §2.4.14 (slide list),
 * §2.9.41–42 (text atoms).
 */
import { Buffer } from 'node:buffer'
import type { Disarmed, Disarmer, DisarmInput } from './contract.ts'
import { oleBaggage } from './ole/baggage.ts'
import { readCompound } from './ole/cfb.ts'
import { plainTextFile } from './ole/plain-text.ts'

const ENCRYPTED_TOKEN = 0xf3d1c4df
const USER_EDIT = 0x0ff5
const PERSIST_DIRECTORY = 0x1772
const DOCUMENT = 0x03e8
const SLIDE = 0x03ee
const NOTES = 0x03f0
const SLIDE_LIST = 0x0ff0
const [SLIDES, NOTES_OF_SLIDES] = [0, 2]
const SLIDE_PERSIST = 0x03f3
const TEXT_CHARACTERS = 0x0fa0
const TEXT_OCTETS = 0x0fa8
const MAX_DEPTH = 20
const MAX_EDITS = 10_000

export const pptDisarmer: Disarmer = {
  table: [
    { object: 'text of slides, notes of the speaker', becomes: 'rebuilt' },
    { object: 'pages as pictures, in a PDF beside the words, where LibreOffice is installed', becomes: 'rebuilt' },
    { object: 'layout, pictures, drawings, animations', becomes: 'removed', kind: 'layout' },
    { object: 'VBA', becomes: 'removed', kind: 'macros' },
    { object: 'embedded objects', becomes: 'removed', kind: 'oleObjects' },
    { object: 'author and other properties', becomes: 'removed', kind: 'metadata' },
  ],
  disarm(input: DisarmInput): Disarmed {
    const root = readCompound(input.untrustedBytes)
    const stream = root?.streams.get('PowerPoint Document')
    const user = root?.streams.get('Current User')
    if (!root || !stream || !user || user.length < 20) return { kind: 'cannot', reason: 'malformed' }
    const current = Buffer.from(user.buffer, user.byteOffset, user.byteLength)
    if (current.readUInt32LE(12) === ENCRYPTED_TOKEN) return { kind: 'cannot', reason: 'encrypted' }
    const slides = new PresentationReader(Buffer.from(stream.buffer, stream.byteOffset, stream.byteLength)).slides(current.readUInt32LE(16))
    if (!slides) return { kind: 'cannot', reason: 'malformed' }
    if (slides.length > input.limits.pages) return { kind: 'cannot', reason: 'limit' }
    const text = slides.map((lines, at) => `【スライド ${at + 1}】\n${lines.join('\n')}\n`).join('\n')
    return plainTextFile(text, oleBaggage(root), input)
  },
}

type Listed = { readonly listed: string[]; readonly own: string[] }
type Atom = { readonly type: number; readonly instance: number; readonly isContainer: boolean; readonly from: number; readonly to: number }

class PresentationReader {
  readonly #bytes: Buffer
  /** Octets that may still be read: no record need be read more than twice. */
  #budget: number

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.#budget = 4 * bytes.length
  }

  /** Lines of each slide; undefined when the stream cannot be followed. */
  slides(lastEditAt: number): string[][] | undefined {
    const directory = new Map<number, number>()
    const document = this.#readEdits(lastEditAt, directory)
    if (document?.type !== DOCUMENT) return undefined
    const lists = this.#children(document).filter(({ type }) => type === SLIDE_LIST)
    const listOf = (wanted: number) => lists.find(({ instance }) => instance === wanted)
    const slides = this.#listed(listOf(SLIDES), SLIDE, directory)
    const notes = this.#listed(listOf(NOTES_OF_SLIDES), NOTES, directory).flatMap(({ own }, at) => (own.length > 0 ? ['', `【ノート ${at + 1}】`, ...own] : []))
    if (this.#budget < 0) return undefined
    // Titles and bodies stand in the list and come before the slide's other texts.
    return slides.map(({ listed, own }, at) => [...listed, ...own, ...(at === slides.length - 1 ? notes : [])])
  }

  /** What one list names, in its order. */
  #listed(list: Atom | undefined, type: number, directory: ReadonlyMap<number, number>): Listed[] {
    const all: Listed[] = []
    for (const atom of list ? this.#children(list) : []) {
      if (atom.type === SLIDE_PERSIST && atom.to - atom.from >= 4) {
        const page = this.#atomAt(directory.get(this.#bytes.readUInt32LE(atom.from)) ?? -1)
        all.push({ listed: [], own: page?.type === type ? this.#texts(page, 0) : [] })
      } else {
        const text = this.#textOf(atom)
        if (text !== undefined) all.at(-1)?.listed.push(text)
      }
    }
    return all
  }

  /** Follows the saves from the last one back; the newest place of each object counts. */
  #readEdits(lastEditAt: number, directory: Map<number, number>): Atom | undefined {
    let documentId: number | undefined
    let editAt = lastEditAt
    for (let edits = 0; edits < MAX_EDITS; edits++) {
      const edit = this.#atomAt(editAt)
      if (edit?.type !== USER_EDIT || edit.to - edit.from < 20) break
      this.#readDirectory(this.#atomAt(this.#bytes.readUInt32LE(edit.from + 12)), directory)
      documentId ??= this.#bytes.readUInt32LE(edit.from + 16)
      const before = this.#bytes.readUInt32LE(edit.from + 8)
      if (before === 0 || before >= editAt) break
      editAt = before
    }
    return documentId === undefined ? undefined : this.#atomAt(directory.get(documentId) ?? -1)
  }

  #readDirectory(atom: Atom | undefined, directory: Map<number, number>): void {
    if (atom?.type !== PERSIST_DIRECTORY) return
    this.#budget -= atom.to - atom.from
    let at = atom.from
    while (at + 4 <= atom.to && this.#budget >= 0) {
      const head = this.#bytes.readUInt32LE(at)
      const count = head >>> 20
      for (let index = 0; index < count && at + 8 + 4 * index <= atom.to; index++) {
        const id = (head & 0xfffff) + index
        if (!directory.has(id)) directory.set(id, this.#bytes.readUInt32LE(at + 4 + 4 * index))
      }
      at += 4 + 4 * count
    }
  }

  #atomAt(at: number): Atom | undefined {
    if (at < 0 || at + 8 > this.#bytes.length) return undefined
    const head = this.#bytes.readUInt16LE(at)
    const to = at + 8 + this.#bytes.readUInt32LE(at + 4)
    if (to > this.#bytes.length) return undefined
    return { type: this.#bytes.readUInt16LE(at + 2), instance: head >> 4, isContainer: (head & 15) === 15, from: at + 8, to }
  }

  #children(parent: Atom): Atom[] {
    const children: Atom[] = []
    let at = parent.from
    while (at + 8 <= parent.to && this.#budget >= 0) {
      const child = this.#atomAt(at)
      this.#budget -= 8
      if (!child || child.to > parent.to) break
      children.push(child)
      at = child.to
    }
    return children
  }

  #texts(parent: Atom, depth: number): string[] {
    if (depth > MAX_DEPTH) return []
    return this.#children(parent).flatMap(child => {
      if (child.isContainer) return this.#texts(child, depth + 1)
      return this.#textOf(child) ?? []
    })
  }

  #textOf({ type, from, to }: Atom): string | undefined {
    if (type !== TEXT_CHARACTERS && type !== TEXT_OCTETS) return undefined
    this.#budget -= to - from
    if (this.#budget < 0) return undefined
    const text = this.#bytes.toString(type === TEXT_CHARACTERS ? 'utf16le' : 'latin1', from, to)
    return text.replace(/[\r\x0b]/g, '\n')
  }
}
